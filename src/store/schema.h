/* schema.h: the tables, and how a data file of an older program becomes one of this program.
 *
 * The schema is a list of numbered steps that only ever grows. A file remembers how many steps it has seen;
 * the others run when it is opened, each in a transaction of its own. The text of a step is one source for
 * all engines: words such as $int are replaced by the engine's own. */
#pragma once

#include "store/driver.h"

enum {
    SCHEMA_TEXT_MAX = 8 * 1024,       /* bytes of one step after its words are replaced */
};

/* One word of the source text and what an engine calls it. */
struct schema_word { const char *word, *means; };
extern const struct schema_word schema_words_sqlite[];   /* ended by a NULL word */

/* The steps of this program, ended by NULL; step 1 is the first. */
extern const char *const schema_steps[];

/* Append `text` to `out` with every word of `words` replaced. INTERNAL when it does not fit or a word is unknown. */
MUST_CHECK enum fault schema_text(struct buf *out, const char *text, const struct schema_word *words);

/* Bring the file of `db` up to the last of `steps`. WRONG_STATE when it has seen more steps than there are;
 * DISK. A step that fails leaves the file as it was before that step. */
MUST_CHECK enum fault schema_migrate(struct db *db, const char *const *steps);

/* How many steps the file has seen; 0 for a new one. */
MUST_CHECK enum fault schema_version(struct db *db, int64_t *version);
