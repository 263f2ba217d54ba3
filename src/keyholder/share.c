/* share.c: shares in letters and digits. */
#include "keyholder/share.h"

#include "keyholder/wire.h"

#include "base/banned.h"

#define PREFIX "tijori-share-1-"

enum {
    BODY = 1 + KEYRING_SET + KEYRING_KEK,     /* bytes that are checked */
    CHECK = 4,
    SYMBOLS = SHARE_GROUPS * SHARE_GROUP,     /* characters behind the prefix, five bits each */
};

_Static_assert((BODY + CHECK) * 8 == SYMBOLS * 5, "no bit is left over");
_Static_assert(sizeof PREFIX - 1 + SYMBOLS + SHARE_GROUPS - 1 == SHARE_TEXT, "prefix, groups, and dashes between them");
_Static_assert((int)KEYRING_KEK <= (int)SHAMIR_SECRET_MAX, "a key-encryption key can be shared");

/* One cache line: which character is looked up does not show in what is fetched. */
static const _Alignas(64) char alphabet[32] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* CRC-32, reflected, bit by bit: the bytes are secret, and a table would be looked up by them. */
static uint32_t check_of(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & (0u - (crc & 1u)));
    }
    return ~crc;
}

/* Five bits from `bit` on, the highest first. */
static unsigned five_bits(const uint8_t *p, size_t bit)
{
    unsigned five = 0;

    for (size_t i = bit; i < bit + 5; i++)
        five = five << 1 | ((unsigned)p[i / 8] >> (7 - i % 8) & 1u);
    return five;
}

void share_write(struct buf *out, const struct share *s)
{
    uint8_t body[BODY + CHECK];
    struct buf b = BUF(body);

    buf_byte(&b, s->part.index);
    buf_put(&b, s->set, sizeof s->set);
    buf_put(&b, s->part.bytes, KEYRING_KEK);
    wire_put(&b, check_of(body, BODY), CHECK);
    buf_text(out, PREFIX);
    for (size_t i = 0; i < SYMBOLS; i++) {
        if (i && i % SHARE_GROUP == 0)
            buf_byte(out, '-');
        buf_byte(out, (uint8_t)alphabet[five_bits(body, 5 * i)]);
    }
    secret_wipe(body, sizeof body);
}

static bool is_skipped(uint8_t c)
{
    return c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n';
}

/* Large letters, and digits for what looks like them. */
static uint8_t plain(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        c = (uint8_t)(c - 'a' + 'A');
    return c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
}

/* What a character stands for; 32: nothing. Every place of the alphabet is looked at. */
static unsigned symbol(uint8_t c)
{
    unsigned found = 32;

    c = plain(c);
    for (unsigned i = 0; i < 32; i++)
        if (c == (uint8_t)alphabet[i])
            found = i;
    return found;
}

/* The prefix off the front of `typed`, however it is spaced. */
static bool take_prefix(struct span *typed)
{
    for (const char *at = PREFIX; *at; at++) {
        if (is_skipped((uint8_t)*at))
            continue;
        while (typed->n && is_skipped(*typed->p))
            typed->p++, typed->n--;
        if (!typed->n || plain(*typed->p) != plain((uint8_t)*at))
            return false;
        typed->p++, typed->n--;
    }
    return true;
}

/* SYMBOLS characters, and nothing else, into the bytes at `body`, which are zeros. */
static bool take_symbols(uint8_t *body, struct span typed)
{
    size_t n = 0;

    for (size_t i = 0; i < typed.n; i++) {
        unsigned five = is_skipped(typed.p[i]) ? 0 : symbol(typed.p[i]);
        if (is_skipped(typed.p[i]))
            continue;
        if (five > 31 || n == SYMBOLS)
            return false;
        for (size_t bit = 0; bit < 5; bit++) {
            size_t at = 5 * n + bit;
            body[at / 8] |= (uint8_t)((five >> (4 - bit) & 1u) << (7 - at % 8));
        }
        n++;
    }
    return n == SYMBOLS;
}

enum fault share_read(struct share *out, struct span typed)
{
    uint8_t body[BODY + CHECK] = { 0 };
    struct wire r = { { body, sizeof body }, false };
    struct share s = { .part = { .index = 0 } };
    bool good = typed.n <= SHARE_LINE_MAX && take_prefix(&typed) && take_symbols(body, typed);

    *out = s;
    if (good) {
        s.part.index = (uint8_t)wire_number(&r, 1);
        wire_copy(&r, s.set, sizeof s.set);
        wire_copy(&r, s.part.bytes, KEYRING_KEK);
        good = wire_number(&r, CHECK) == check_of(body, BODY) && s.part.index >= 1 &&
               s.part.index <= SHAMIR_SHARES_MAX;
    }
    if (good)
        *out = s;
    secret_wipe(&s, sizeof s);
    secret_wipe(body, sizeof body);
    return good ? FAULT_NONE : FAULT_BAD_INPUT;
}
