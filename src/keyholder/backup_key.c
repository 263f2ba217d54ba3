/* backup_key.c: a desk that only opens backups. */
#include "keyholder/backup_key.h"

#include <stdlib.h>

#include "keyholder/desk.h"

#include "base/banned.h"

struct backup_key { struct desk *desk; };

enum fault backup_key_of_ring(struct backup_key **out, const struct keyring *ring)
{
    struct backup_key *k = calloc(1, sizeof *k);
    enum fault f;

    if (!k)
        return FAULT_INTERNAL;
    f = desk_new(&k->desk, ring);
    if (f) {
        backup_key_free(k);
        return f;
    }
    *out = k;
    return FAULT_NONE;
}

void backup_key_free(struct backup_key *k)
{
    if (!k)
        return;
    desk_free(k->desk);
    free(k);
}

enum fault backup_key_open(struct backup_key *k, struct buf *out, struct span sealed, struct span about)
{
    struct key_ask ask = { .op = KEY_OPEN, .use = KEY_USE_BACKUP, .about = about, .in = sealed };
    size_t n = sealed.n - KEY_SEAL_EXTRA;
    enum fault f;

    if (sealed.n < KEY_SEAL_EXTRA || sealed.n > KEY_IN_MAX + KEY_SEAL_EXTRA || about.n > KEY_ABOUT_MAX)
        return FAULT_DENIED;
    if (out->full || n > out->cap - out->n)
        return FAULT_INTERNAL;
    f = desk_open(k->desk, out->p + out->n, &ask);
    if (!f)
        out->n += n;
    return f;
}
