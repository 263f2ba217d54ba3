/* permute.c: a balanced Feistel network over AES-256. */
#include "base/permute.h"

#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/banned.h"

enum { BLOCK = 16, SLOTS = 8, CACHE_LINE = 64, BITS_MIN = 16, BITS_MAX = 120 };

/* A cipher context must not be used by two threads at once, and building one costs more than the ten blocks of
 * a permutation. So there are a few, and a thread takes whichever is free; it holds it for about a microsecond. */
struct slot {
    _Alignas(CACHE_LINE) atomic_flag busy;
    EVP_CIPHER_CTX *cipher;
};

struct permute {
    unsigned bits;
    struct slot *slots;               /* behind a pointer: taking one is no change of the permutation */
};

static struct slot *slot_take(const struct permute *p)
{
    for (size_t i = 0;; i = (i + 1) % SLOTS) {
        if (!atomic_flag_test_and_set_explicit(&p->slots[i].busy, memory_order_acquire))
            return &p->slots[i];
        if (i == SLOTS - 1)
            (void)sched_yield();
    }
}

static void slot_give(struct slot *s)
{
    atomic_flag_clear_explicit(&s->busy, memory_order_release);
}

/* Each use of the id key works under a key of its own, so that equal numbers of two uses look unrelated. */
static bool derive(uint8_t out[static PERMUTE_KEY], const struct secret *key, const char *label)
{
    unsigned n = 0;

    return HMAC(EVP_sha256(), key->bytes, (int)key->n, (const uint8_t *)label, strlen(label), out, &n) != NULL
        && n == PERMUTE_KEY;
}

static bool slots_open(struct permute *p, const uint8_t key[static PERMUTE_KEY])
{
    p->slots = aligned_alloc(CACHE_LINE, SLOTS * sizeof *p->slots);
    if (!p->slots)
        return false;
    for (size_t i = 0; i < SLOTS; i++) {
        p->slots[i].cipher = NULL;
        atomic_flag_clear(&p->slots[i].busy);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        EVP_CIPHER_CTX *c = p->slots[i].cipher = EVP_CIPHER_CTX_new();
        if (!c || EVP_EncryptInit_ex2(c, EVP_aes_256_ecb(), key, NULL, NULL) != 1)
            return false;
        (void)EVP_CIPHER_CTX_set_padding(c, 0);
    }
    return true;
}

enum fault permute_new(struct permute **out, const struct secret *key, const char *label, unsigned bits)
{
    uint8_t derived[PERMUTE_KEY];
    struct permute *p;
    bool ok;

    assert(bits >= BITS_MIN && bits <= BITS_MAX && bits % 2 == 0);
    if (key->n != PERMUTE_KEY)
        return FAULT_INTERNAL;
    p = calloc(1, sizeof *p);
    if (!p)
        return FAULT_INTERNAL;
    p->bits = bits;
    ok = derive(derived, key, label) && slots_open(p, derived);
    secret_wipe(derived, sizeof derived);
    if (!ok) {
        permute_free(p);
        return FAULT_INTERNAL;
    }
    *out = p;
    return FAULT_NONE;
}

void permute_free(struct permute *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->slots && i < SLOTS; i++)
        EVP_CIPHER_CTX_free(p->slots[i].cipher);        /* which wipes its key schedule */
    free(p->slots);
    free(p);
}

/* The round function: as many bits as half a number has, of AES over round, width and the other half. */
static uint64_t mix(EVP_CIPHER_CTX *cipher, unsigned bits, unsigned round, uint64_t half)
{
    uint8_t in[BLOCK] = { (uint8_t)round, (uint8_t)bits }, out[BLOCK];
    uint64_t mixed = 0;
    int n = 0, ok;

    for (int i = 0; i < 8; i++)
        in[BLOCK - 1 - i] = (uint8_t)(half >> (8 * i));
    ok = EVP_EncryptUpdate(cipher, out, &n, in, BLOCK);
    assert(ok == 1 && n == BLOCK);
    for (int i = 0; i < 8; i++)
        mixed = mixed << 8 | out[i];
    return mixed & ((UINT64_C(1) << bits / 2) - 1);
}

unsigned __int128 permute_out(const struct permute *p, unsigned __int128 n)
{
    unsigned half = p->bits / 2;
    uint64_t left = (uint64_t)(n >> half), right = (uint64_t)n & ((UINT64_C(1) << half) - 1);
    struct slot *s;

    assert(n >> p->bits == 0);
    s = slot_take(p);
    for (unsigned round = 0; round < PERMUTE_ROUNDS; round++) {
        uint64_t next = left ^ mix(s->cipher, p->bits, round, right);
        left = right;
        right = next;
    }
    slot_give(s);
    return (unsigned __int128)left << half | right;
}

unsigned __int128 permute_in(const struct permute *p, unsigned __int128 n)
{
    unsigned half = p->bits / 2;
    uint64_t left = (uint64_t)(n >> half), right = (uint64_t)n & ((UINT64_C(1) << half) - 1);
    struct slot *s;

    assert(n >> p->bits == 0);
    s = slot_take(p);
    for (unsigned round = PERMUTE_ROUNDS; round-- > 0; ) {
        uint64_t before = right ^ mix(s->cipher, p->bits, round, left);
        right = left;
        left = before;
    }
    slot_give(s);
    return (unsigned __int128)left << half | right;
}

static void check_limit(const struct permute *p, uint64_t n, uint64_t limit)
{
    unsigned __int128 domain = (unsigned __int128)1 << p->bits;

    assert(n < limit && limit <= domain && limit >= domain / 4);
}

/* The walk ends: a permutation's cycle comes back to `n` itself, which is inside. With a quarter of the domain
 * inside it takes four steps on average at the most. */
uint64_t permute_out_below(const struct permute *p, uint64_t n, uint64_t limit)
{
    unsigned __int128 at = n;

    check_limit(p, n, limit);
    do
        at = permute_out(p, at);
    while (at >= limit);
    return (uint64_t)at;
}

uint64_t permute_in_below(const struct permute *p, uint64_t n, uint64_t limit)
{
    unsigned __int128 at = n;

    check_limit(p, n, limit);
    do
        at = permute_in(p, at);
    while (at >= limit);
    return (uint64_t)at;
}
