/* ff1.c: FF1 of NIST SP 800-38G on AES, for decimal digits. */
#include "keyholder/ff1.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/secret.h"

#include "base/banned.h"

enum {
    BLOCK = 16,
    ROUNDS = 10,
    HALF_MAX = FF1_DIGITS_MAX / 2,    /* digits */
    NUMBER_MAX = 12,                  /* bytes that any number of HALF_MAX digits fits in */
    INPUT_MAX = 4 * BLOCK,            /* P and the longest Q: 16 + 32 + 3 of padding + 1 + 12 */
};
_Static_assert(BLOCK + FF1_TWEAK_MAX + 1 + NUMBER_MAX <= INPUT_MAX, "the longest tweak and number fit");

struct ff1 { EVP_CIPHER *cipher; EVP_CIPHER_CTX *ctx; };

/* The names of the standard: n = u + v digits in two halves, which are numbers a and b here. */
struct work {
    unsigned n, u, v;
    unsigned number, wide;            /* bytes of a half in Q, and of the round function's value: b and d there */
    unsigned size;                    /* bytes of P and Q */
    unsigned __int128 a, b, power_u, power_v;
    uint8_t input[INPUT_MAX];         /* P | Q, but for the round and the number at its end */
    uint8_t first[BLOCK];             /* the CBC-MAC of P, the same in every round */
};

static bool is_fit(const struct ff1_job *job);
static enum fault begin(struct ff1 *f, struct work *w, const struct ff1_job *job);
static enum fault round_value(struct ff1 *f, unsigned __int128 *y, struct work *w, unsigned i, unsigned __int128 half);
static void put_digits(uint8_t *out, const struct work *w);

static enum fault failed(enum fault f)
{
    ERR_clear_error();
    return f;
}

enum fault ff1_new(struct ff1 **out, struct span key)
{
    const char *name = key.n == 16 ? "AES-128-ECB" : key.n == 24 ? "AES-192-ECB" : "AES-256-ECB";
    struct ff1 *f;

    if (key.n != 16 && key.n != 24 && key.n != 32)
        return FAULT_BAD_INPUT;
    f = calloc(1, sizeof *f);
    if (!f)
        return FAULT_INTERNAL;
    f->cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    f->ctx = EVP_CIPHER_CTX_new();
    if (!f->cipher || !f->ctx || !EVP_EncryptInit_ex2(f->ctx, f->cipher, key.p, NULL, NULL) ||
        !EVP_CIPHER_CTX_set_padding(f->ctx, 0)) {
        ff1_free(f);
        return failed(FAULT_INTERNAL);
    }
    *out = f;
    return FAULT_NONE;
}

void ff1_free(struct ff1 *f)
{
    if (!f)
        return;
    EVP_CIPHER_CTX_free(f->ctx);
    EVP_CIPHER_free(f->cipher);
    free(f);
}

enum fault ff1_encrypt(struct ff1 *f, uint8_t *out, const struct ff1_job *job)
{
    struct work w;
    unsigned __int128 y = 0;
    enum fault fault;

    if (!is_fit(job))
        return FAULT_BAD_INPUT;
    fault = begin(f, &w, job);
    for (unsigned i = 0; i < ROUNDS && !fault; i++) {
        unsigned __int128 power = i % 2 ? w.power_v : w.power_u;
        fault = round_value(f, &y, &w, i, w.b);
        y = (w.a + y % power) % power;
        w.a = w.b;
        w.b = y;
    }
    if (!fault)
        put_digits(out, &w);
    secret_wipe(&w, sizeof w);
    secret_wipe(&y, sizeof y);
    return fault;
}

enum fault ff1_decrypt(struct ff1 *f, uint8_t *out, const struct ff1_job *job)
{
    struct work w;
    unsigned __int128 y = 0;
    enum fault fault;

    if (!is_fit(job))
        return FAULT_BAD_INPUT;
    fault = begin(f, &w, job);
    for (unsigned i = ROUNDS; i-- > 0 && !fault;) {
        unsigned __int128 power = i % 2 ? w.power_v : w.power_u;
        fault = round_value(f, &y, &w, i, w.a);
        y = (w.b + power - y % power) % power;
        w.b = w.a;
        w.a = y;
    }
    if (!fault)
        put_digits(out, &w);
    secret_wipe(&w, sizeof w);
    secret_wipe(&y, sizeof y);
    return fault;
}

static bool is_fit(const struct ff1_job *job)
{
    if (job->digits.n < FF1_DIGITS_MIN || job->digits.n > FF1_DIGITS_MAX || job->tweak.n > FF1_TWEAK_MAX)
        return false;
    for (size_t i = 0; i < job->digits.n; i++)
        if (job->digits.p[i] < '0' || job->digits.p[i] > '9')
            return false;
    return true;
}

static unsigned __int128 power_of_ten(unsigned digits)
{
    unsigned __int128 p = 1;

    while (digits-- > 0)
        p *= 10;
    return p;
}

static unsigned __int128 number_of(const uint8_t *digits, unsigned n)
{
    unsigned __int128 x = 0;

    for (unsigned i = 0; i < n; i++)
        x = 10 * x + (unsigned)(digits[i] - '0');
    return x;
}

/* Bytes that every number below `power` fits in: ceil(ceil(v * log2(10)) / 8), since no power of ten is one of two. */
static unsigned bytes_below(unsigned __int128 power)
{
    unsigned n = 0;

    for (; power; power >>= 8)
        n++;
    return n;
}

/* AES in CBC over `n` whole blocks, whose last block is the MAC; `mac` holds what the chain starts from. */
static enum fault chain(struct ff1 *f, uint8_t mac[BLOCK], const uint8_t *blocks, size_t n)
{
    int length;

    for (size_t at = 0; at < n; at += BLOCK) {
        for (size_t i = 0; i < BLOCK; i++)
            mac[i] ^= blocks[at + i];
        if (!EVP_EncryptUpdate(f->ctx, mac, &length, mac, BLOCK) || length != BLOCK)
            return failed(FAULT_INTERNAL);
    }
    return FAULT_NONE;
}

/* Steps 1 to 5 of Algorithm 7, and of step 6i what no round changes. */
static enum fault begin(struct ff1 *f, struct work *w, const struct ff1_job *job)
{
    unsigned n = (unsigned)job->digits.n, t = (unsigned)job->tweak.n;

    memset(w, 0, sizeof *w);
    w->n = n;
    w->u = n / 2;
    w->v = n - w->u;
    w->power_u = power_of_ten(w->u);
    w->power_v = power_of_ten(w->v);
    w->a = number_of(job->digits.p, w->u);
    w->b = number_of(job->digits.p + w->u, w->v);
    w->number = bytes_below(w->power_v);
    w->wide = 4 * ((w->number + 3) / 4) + 4;
    w->size = BLOCK + (t + w->number + 1 + BLOCK - 1) / BLOCK * BLOCK;
    assert(w->number <= NUMBER_MAX && w->wide <= BLOCK && w->size <= INPUT_MAX);

    const uint8_t p[BLOCK] = { 1, 2, 1, 0, 0, 10, ROUNDS, (uint8_t)w->u, 0, 0, 0, (uint8_t)n, 0, 0, 0, (uint8_t)t };
    memcpy(w->input, p, BLOCK);
    if (t)
        memcpy(w->input + BLOCK, job->tweak.p, t);
    return chain(f, w->first, w->input, BLOCK);
}

/* Steps 6i to 6iv for round `i`, whose NUM(B) is `half`: the number y. */
static enum fault round_value(struct ff1 *f, unsigned __int128 *y, struct work *w, unsigned i, unsigned __int128 half)
{
    uint8_t mac[BLOCK];
    enum fault fault;

    memcpy(mac, w->first, BLOCK);
    for (unsigned k = 1; k <= w->number; k++, half >>= 8)
        w->input[w->size - k] = (uint8_t)half;
    w->input[w->size - w->number - 1] = (uint8_t)i;
    fault = chain(f, mac, w->input + BLOCK, w->size - BLOCK);
    *y = 0;
    for (unsigned k = 0; k < w->wide; k++)
        *y = *y << 8 | mac[k];
    secret_wipe(mac, sizeof mac);
    return fault;
}

static void put_digits(uint8_t *out, const struct work *w)
{
    unsigned __int128 x = w->b;

    for (unsigned i = w->n; i-- > w->u; x /= 10)
        out[i] = (uint8_t)('0' + (unsigned)(x % 10));
    x = w->a;
    for (unsigned i = w->u; i-- > 0; x /= 10)
        out[i] = (uint8_t)('0' + (unsigned)(x % 10));
}
