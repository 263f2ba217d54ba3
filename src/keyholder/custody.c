/* custody.c: collecting shares. */
#include "keyholder/custody.h"

#include <string.h>

#include "base/banned.h"

struct custody {
    uint8_t set[KEYRING_SET];
    unsigned need, have;
    struct shamir_share shares[SHAMIR_SHARES_MAX];
};

/* It lives in the bytes of a secret, which begin where any type may. */
static struct secret *home_of(struct custody *c)
{
    return (struct secret *)(void *)((uint8_t *)c - offsetof(struct secret, bytes));
}

_Static_assert(sizeof(struct custody) <= SECRET_MAX, "one secret holds it");
_Static_assert(offsetof(struct secret, bytes) % _Alignof(struct custody) == 0, "and aligns it");

enum fault custody_new(struct custody **out, const struct keyring_head *head)
{
    struct secret *home = NULL;
    struct custody *c;
    enum fault f;

    if (head->threshold < SHAMIR_THRESHOLD_MIN || head->threshold > SHAMIR_SHARES_MAX)
        return FAULT_BAD_INPUT;
    f = secret_new(&home, sizeof *c);
    if (f)
        return f;
    c = (struct custody *)(void *)home->bytes;
    memcpy(c->set, head->set, sizeof c->set);
    c->need = head->threshold;
    *out = c;
    return FAULT_NONE;
}

void custody_free(struct custody *c)
{
    if (c)
        secret_free(home_of(c));
}

static struct span bytes_of(const struct shamir_share *s)
{
    return (struct span){ s->bytes, KEYRING_KEK };
}

static enum custody_verdict take(struct custody *c, const struct share *s)
{
    if (memcmp(s->set, c->set, sizeof s->set) != 0)
        return CUSTODY_OTHER_SET;
    for (unsigned i = 0; i < c->have; i++)
        if (c->shares[i].index == s->part.index)
            return secret_equal(bytes_of(&c->shares[i]), bytes_of(&s->part)) ? CUSTODY_AGAIN : CUSTODY_CONFLICT;
    if (c->have < c->need)
        c->shares[c->have++] = s->part;
    return c->have < c->need ? CUSTODY_TAKEN : CUSTODY_ENOUGH;
}

enum custody_verdict custody_take(struct custody *c, struct span typed, unsigned *index)
{
    enum custody_verdict v;
    struct share s;

    *index = 0;
    if (share_read(&s, typed) != FAULT_NONE)
        return CUSTODY_MISTYPED;
    *index = s.part.index;
    v = take(c, &s);
    secret_wipe(&s, sizeof s);
    return v;
}

unsigned custody_have(const struct custody *c)
{
    return c->have;
}

enum fault custody_join(struct custody *c, struct secret **kek)
{
    AUTO_SECRET key = NULL;
    enum fault f;

    if (c->have < c->need)
        return FAULT_WRONG_STATE;
    f = secret_new(&key, KEYRING_KEK);
    if (!f)
        f = shamir_join(key->bytes, key->n, c->shares, c->need);
    secret_wipe(c->shares, sizeof c->shares);
    c->have = 0;
    if (f)
        return f;
    *kek = key;
    key = NULL;
    return FAULT_NONE;
}
