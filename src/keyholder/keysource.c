/* keysource.c: the key-encryption key from a file, from shares or from an HSM, and the keyring under it. */
#include "keyholder/keysource.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "keyholder/custody.h"
#include "keyholder/hsm.h"
#include "keyholder/keyfile.h"

#include "base/banned.h"

enum { ASKS_MAX = 4 * SHAMIR_SHARES_MAX };    /* shares typed, right or wrong, before it is given up */

enum fault keysource_kind(struct keyring_head *out, const struct keysource_options *o)
{
    enum fault f = keyring_peek(out, o->key_file);

    if (f != FAULT_NOT_FOUND)
        return f;
    *out = (struct keyring_head){ .source = KEYRING_FILE };
    return FAULT_NONE;
}

static enum fault from_file(struct keysource_opened *out, const struct keysource_options *o, bool has_ring,
                            const char **why)
{
    AUTO_SECRET master = NULL;
    enum fault f = keyfile_read(&master, o->key_file);

    *why = f == FAULT_NOT_FOUND ? "there is no such file" :
           f == FAULT_DENIED    ? "it must be a regular file of mode 0600 that belongs to the user who runs tijori" :
           f == FAULT_BAD_INPUT ? "it must hold the line tijori-key-1 and a line of 64 hexadecimal digits" :
           f == FAULT_DISK      ? "it cannot be read" : "no locked memory could be had (see ulimit -l)";
    if (!f)
        f = keyring_kek_of_master(&out->kek, master);
    if (f)
        return f;
    *why = "the keyring beside it cannot be opened with it";
    return has_ring ? keyring_open(&out->ring, o->key_file, out->kek) : keyring_of_master(&out->ring, master);
}

/* Have shares typed until there are enough. */
static enum fault collect(struct secret **kek, struct custody *c, const struct keyring_head *head, keysource_ask *ask,
                          void *arg)
{
    AUTO_SECRET line = NULL;
    enum fault f = secret_new(&line, SHARE_LINE_MAX + 1);
    enum custody_verdict v = CUSTODY_TAKEN;

    for (unsigned i = 0; i < ASKS_MAX && !f && v != CUSTODY_ENOUGH; i++) {
        struct buf typed = { line->bytes, 0, line->n, false };
        unsigned index;
        if (!ask(arg, &typed, custody_have(c), head->threshold))
            return FAULT_WRONG_STATE;
        v = custody_take(c, buf_view(&typed), &index);
        secret_wipe(line->bytes, line->n);
    }
    return f ? f : v == CUSTODY_ENOUGH ? custody_join(c, kek) : FAULT_WRONG_STATE;
}

static enum fault from_shares(struct keysource_opened *out, const struct keysource_options *o,
                              const struct keyring_head *head, keysource_ask *ask, void *arg, const char **why)
{
    struct custody *c = NULL;
    enum fault f;

    *why = "the keyring needs its custodians' shares, and there were too few";
    if (!ask)
        return FAULT_WRONG_STATE;
    f = custody_new(&c, head);
    if (!f)
        f = collect(&out->kek, c, head, ask, arg);
    custody_free(c);
    if (f)
        return f;
    *why = "the shares do not open the keyring: one of them is not genuine, or the keyring was changed";
    return keyring_open(&out->ring, o->key_file, out->kek);
}

static enum fault from_hsm(struct keysource_opened *out, const struct keysource_options *o,
                           const struct keyring_head *head, const char **why)
{
    const struct hsm_options h = { .module = o->hsm_module, .token = o->hsm_token, .key = o->hsm_key,
                                   .pin_file = o->hsm_pin_file };
    enum fault f;

    *why = "the keyring needs its HSM, and none is named (--hsm-module)";
    if (!o->hsm_module || !o->hsm_module[0])
        return FAULT_SILENT;
    *why = "the HSM's key does not open the keyring";
    f = hsm_unwrap(&out->kek, &h, (struct span){ head->for_source, head->for_source_n }, why);
    if (f)
        return f;
    *why = "the HSM's key does not open the keyring";
    return keyring_open(&out->ring, o->key_file, out->kek);
}

static enum fault open_by(struct keysource_opened *out, const struct keysource_options *o, keysource_ask *ask,
                          void *arg, const char **why)
{
    struct keyring_head head;
    enum fault f = keyring_peek(&head, o->key_file);

    if (f == FAULT_NOT_FOUND)
        return from_file(out, o, false, why);
    *why = f == FAULT_DENIED    ? "the keyring must be a regular file of mode 0600 that is the user's who runs tijori" :
           f == FAULT_BAD_INPUT ? "the keyring beside the key file is none" : "the keyring cannot be read";
    if (f)
        return f;
    switch (head.source) {
    case KEYRING_FILE:   return from_file(out, o, true, why);
    case KEYRING_SHARES: return from_shares(out, o, &head, ask, arg, why);
    case KEYRING_HSM:    return from_hsm(out, o, &head, why);
    }
    return FAULT_BAD_INPUT;
}

enum fault keysource_open(struct keysource_opened *out, const struct keysource_options *o, keysource_ask *ask,
                          void *arg, const char **why)
{
    const char *ignored;
    enum fault f;

    *out = (struct keysource_opened){ 0 };
    f = open_by(out, o, ask, arg, why ? why : &ignored);
    if (f)
        keysource_close(out);
    return f;
}

void keysource_close(struct keysource_opened *k)
{
    keyring_free(k->ring);
    secret_free(k->kek);
    *k = (struct keysource_opened){ 0 };
}
