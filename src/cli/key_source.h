/* key_source.h: the keys for a tool that works without a server: from the key file, from custodians' shares, or from an
 * HSM, as the keyring says (keyholder/keysource.h). Private to this folder. */
#pragma once

#include "cli/options.h"
#include "keyholder/keyring.h"

/* Open the keyring of `o`, which the caller frees. Shares are asked for one by one: typed without being shown, or a
 * line each on standard input; never on the command line. A fault comes with a sentence in `why`: NOT_FOUND: there are
 * no keys; DENIED: they do not open, or lie open to others; WRONG_STATE: too few shares; SILENT: the HSM. */
MUST_CHECK enum fault key_source_open(struct keyring **out, const struct options *o, struct buf *why);

/* Around all of it: no core file, and no debugger or reader of /proc of the same user, until everything that was made
 * of the keys is wiped. False, with a sentence in `why`, when the system refuses. */
bool key_source_begin(struct buf *why);
void key_source_end(void);

/* Ask for a share so; it fits keysource_ask, with a struct key_source_asked of zeros. */
struct key_source_asked { unsigned have; bool any; };
bool key_source_ask(void *asked, struct buf *line, unsigned have, unsigned need);

enum { KEY_SOURCE_PATH = 2 * OPTIONS_TEXT };

/* The path of the key file of `o`, beside which the keyring lies. */
void key_source_file(char out[static KEY_SOURCE_PATH], const struct options *o);
