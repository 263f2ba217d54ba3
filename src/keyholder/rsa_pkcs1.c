/* rsa_pkcs1.c: PKCS#1 v1.5 padding taken off with implicit rejection, in constant time. */
#include "keyholder/rsa_pkcs1.h"

#include <assert.h>
#include <string.h>

#include "base/secret.h"
#include "keyholder/crypt.h"

#include "base/banned.h"

enum {
    FRAME = 3,                        /* bytes of a block that are neither padding nor message: 00 02 and 00 */
    SEPARATOR_MIN = 2 + RSA_PKCS1_PADDING_MIN,        /* where the 00 in front of the message may be at the earliest */
    SIZE_BITS = 10,                   /* of a position in a block: at most 512 */
};
_Static_assert(sizeof ((struct rsa_pkcs1_decoy *)0)->message < 1 << SIZE_BITS, "a position fits");

/* A mask is all ones for true and zero for false. Values stay below 2^31. The compiler must not learn that a mask is
 * one of two values, or it may branch on it. */
static uint32_t hidden(uint32_t x)
{
    __asm__("" : "+r"(x));
    return x;
}

static uint32_t is_less(uint32_t a, uint32_t b)
{
    return hidden(0 - ((a - b) >> 31));
}

static uint32_t is_equal(uint32_t a, uint32_t b)
{
    uint32_t d = a ^ b;

    return hidden(0 - (~(d | (0 - d)) >> 31));
}

static uint32_t choose(uint32_t mask, uint32_t yes, uint32_t no)
{
    return (hidden(mask) & yes) | (~hidden(mask) & no);
}

/* The draft's PRF: HMAC-SHA-256 over counter, label and length in bits, as often as needed. */
static enum fault prf(struct crypt_mac *m, uint8_t *out, size_t n, struct span label)
{
    uint8_t mac[CRYPT_SHA256], counter[2] = { 0 }, bits[2] = { (uint8_t)(n * 8 >> 8), (uint8_t)(n * 8) };
    struct span parts[] = { { counter, 2 }, label, { bits, 2 } };
    enum fault f = FAULT_NONE;

    for (size_t at = 0; at < n && !f; at += sizeof mac, counter[1]++) {
        f = crypt_mac(m, mac, parts, 3);
        memcpy(out + at, mac, n - at < sizeof mac ? n - at : sizeof mac);
    }
    secret_wipe(mac, sizeof mac);
    return f;
}

enum fault rsa_pkcs1_decoy(struct rsa_pkcs1_decoy *out, struct span key, struct span ciphertext)
{
    uint8_t derived[CRYPT_SHA256] = { 0 };
    struct crypt_mac *m = NULL;
    enum fault f = crypt_mac_new(&m, CRYPT_SHA256, key);

    assert(ciphertext.n <= sizeof out->message);
    if (!f)
        f = crypt_mac(m, derived, &ciphertext, 1);
    crypt_mac_free(m);
    m = NULL;
    if (!f)
        f = crypt_mac_new(&m, CRYPT_SHA256, (struct span){ derived, sizeof derived });
    secret_wipe(derived, sizeof derived);
    if (!f)
        f = prf(m, out->lengths, sizeof out->lengths, SPAN("length"));
    if (!f)
        f = prf(m, out->message, ciphertext.n, SPAN("message"));
    crypt_mac_free(m);
    return f;
}

/* Where the decoy's message begins: its length is the last candidate, cut to as many bits as the longest message
 * needs, that is no longer than that. */
static uint32_t decoy_start(const struct rsa_pkcs1_decoy *d, uint32_t size)
{
    uint32_t longest = size - SEPARATOR_MIN, bits = 1, length = 0;

    while (bits < longest)
        bits = bits << 1 | 1;
    for (size_t i = 0; i < sizeof d->lengths; i += 2) {
        uint32_t candidate = ((uint32_t)d->lengths[i] << 8 | d->lengths[i + 1]) & bits;
        length = choose(is_less(candidate, longest), candidate, length);
    }
    return size - length;
}

/* Where the message begins, or 0 when the padding is not valid. */
static uint32_t message_start(const struct buf *block)
{
    uint32_t good = is_equal(block->p[0], 0) & is_equal(block->p[1], 2), found = 0, zero = 0;

    for (uint32_t i = 2; i < block->n; i++) {
        uint32_t here = is_equal(block->p[i], 0) & ~found;
        zero = choose(here, i, zero);
        found |= here;
    }
    good &= found & ~is_less(zero, SEPARATOR_MIN);
    return choose(good, zero + 1, 0);
}

/* Move what begins at `start` to the front, zeros behind it: one pass for each bit of `start`. */
static void move_to_front(struct buf *block, uint32_t start)
{
    for (unsigned bit = 0; bit < SIZE_BITS; bit++) {
        uint32_t mask = 0 - (start >> bit & 1);
        size_t by = (size_t)1 << bit;
        for (size_t i = 0; i < block->n; i++)
            block->p[i] = (uint8_t)choose(mask, i + by < block->n ? block->p[i + by] : 0, block->p[i]);
    }
}

void rsa_pkcs1_unpad(uint8_t *out, size_t *n, struct buf *block, const struct rsa_pkcs1_decoy *decoy)
{
    uint32_t size = (uint32_t)block->n, start = message_start(block), good = ~is_equal(start, 0);

    assert(size > SEPARATOR_MIN + 1 && size <= sizeof decoy->message);
    for (size_t i = 0; i < size; i++)
        block->p[i] = (uint8_t)choose(good, block->p[i], decoy->message[i]);
    start = choose(good, start, decoy_start(decoy, size));
    move_to_front(block, start);
    memcpy(out, block->p, size - FRAME - RSA_PKCS1_PADDING_MIN);
    *n = size - start;
}
