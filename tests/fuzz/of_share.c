/* of_share.c: what somebody types or sends as a custodian's share, and what a keyholder may answer him. */
#include "fuzz.h"

#include <string.h>

#include "keyholder/unseal.h"

#include "base/banned.h"

static bool same(const struct share *a, const struct share *b)
{
    return a->part.index == b->part.index && memcmp(a->set, b->set, sizeof a->set) == 0 &&
           memcmp(a->part.bytes, b->part.bytes, KEYRING_KEK) == 0;
}

/* Whatever is read can be written, and then reads as the same. */
static void read_typed(struct span typed)
{
    uint8_t text[SHARE_TEXT];
    struct buf b = BUF(text);
    struct share s, again;

    if (share_read(&s, typed) != FAULT_NONE)
        return;
    fuzz_check(s.part.index >= 1 && s.part.index <= SHAMIR_SHARES_MAX);
    share_write(&b, &s);
    fuzz_check(!b.full && b.n == SHARE_TEXT);
    fuzz_check(share_read(&again, buf_view(&b)) == FAULT_NONE && same(&s, &again));
}

/* A share of the caller's choice, and one character of it changed: it is the same, or none. */
static void mistype(const uint8_t *bytes)
{
    uint8_t text[SHARE_TEXT];
    struct buf b = BUF(text);
    struct share s = { .part = { .index = (uint8_t)(1 + bytes[0] % SHAMIR_SHARES_MAX) } }, read;
    enum fault f;

    memcpy(s.set, bytes + 1, sizeof s.set);
    memcpy(s.part.bytes, bytes + 1 + KEYRING_SET, KEYRING_KEK);
    share_write(&b, &s);
    text[bytes[1 + KEYRING_SET + KEYRING_KEK] % SHARE_TEXT] = bytes[2 + KEYRING_SET + KEYRING_KEK];
    f = share_read(&read, buf_view(&b));
    fuzz_check(f == FAULT_BAD_INPUT || (f == FAULT_NONE && same(&s, &read)));
}

/* The same share twice, then what was typed, to somebody who waits for two. */
static void collect(const uint8_t *bytes, struct span typed)
{
    const struct keyring_head head = { .threshold = 2, .shares = 3, .set = { bytes[0] } };
    struct share s = { .part = { .index = 1 } };
    uint8_t text[SHARE_TEXT];
    struct buf b = BUF(text);
    struct custody *c = NULL;
    unsigned index;

    fuzz_check(custody_new(&c, &head) == FAULT_NONE);
    memcpy(s.set, head.set, sizeof s.set);
    share_write(&b, &s);
    fuzz_check(custody_take(c, buf_view(&b), &index) == CUSTODY_TAKEN && index == 1);
    fuzz_check(custody_take(c, buf_view(&b), &index) == CUSTODY_AGAIN && custody_have(c) == 1);
    (void)custody_take(c, typed, &index);
    fuzz_check(custody_have(c) <= 2 && index <= SHAMIR_SHARES_MAX);
    custody_free(c);
}

void fuzz_share(const uint8_t *bytes, size_t n)
{
    const struct span all = { bytes, n };
    struct unseal_answer a;

    if (unseal_answer_read(&a, all) == FAULT_NONE)
        fuzz_check(n == UNSEAL_ANSWER && a.verdict <= UNSEAL_BROKEN);
    read_typed(all);
    if (n)
        collect(bytes, all);
    if (n >= 3 + KEYRING_SET + KEYRING_KEK)
        mistype(bytes);
}
