/* shamir.c: polynomials over GF(2^8), the field of AES: x^8 + x^4 + x^3 + x + 1. */
#include "keyholder/shamir.h"

#include "base/banned.h"

/* All bits when the lowest bit of `bit` is set, else none: what a branch would be, without one. */
static uint8_t mask_of(unsigned bit)
{
    return (uint8_t)(0u - (bit & 1u));
}

static uint8_t times(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (unsigned i = 0; i < 8; i++) {
        product ^= (uint8_t)(a & mask_of((unsigned)b >> i));
        a = (uint8_t)((unsigned)a << 1) ^ (uint8_t)(0x1b & mask_of((unsigned)a >> 7));
    }
    return product;
}

/* a^254, which is 1/a; of 0 it is 0. */
static uint8_t inverse(uint8_t a)
{
    uint8_t power = a, product = 1;

    for (unsigned i = 1; i < 8; i++) {
        power = times(power, power);
        product = times(product, power);
    }
    return product;
}

/* The value at x of constant + c[0] x + c[1] x^2 + ... */
static uint8_t value_at(uint8_t x, uint8_t constant, const uint8_t *c, size_t n)
{
    uint8_t sum = 0;

    while (n--)
        sum = times((uint8_t)(sum ^ c[n]), x);
    return sum ^ constant;
}

enum fault shamir_split(struct shamir_share *out, unsigned n, unsigned k, struct span secret)
{
    AUTO_SECRET coefficients = NULL;
    enum fault f;

    if (k < SHAMIR_THRESHOLD_MIN || k > n || n > SHAMIR_SHARES_MAX || !secret.n || secret.n > SHAMIR_SECRET_MAX)
        return FAULT_BAD_INPUT;
    f = secret_new(&coefficients, k - 1);
    for (size_t at = 0; at < secret.n && !f; at++) {
        secret_random(coefficients->bytes, coefficients->n);
        for (unsigned i = 0; i < n; i++) {
            out[i].index = (uint8_t)(i + 1);
            out[i].bytes[at] = value_at((uint8_t)(i + 1), secret.p[at], coefficients->bytes, coefficients->n);
        }
    }
    return f;
}

/* What share `i` counts at 0: the product over the others of x_j / (x_j - x_i); minus is exclusive or. Indices are no
 * secret. */
static uint8_t weight(const struct shamir_share *shares, unsigned k, unsigned i)
{
    uint8_t w = 1;

    for (unsigned j = 0; j < k; j++)
        if (j != i)
            w = times(w, times(shares[j].index, inverse(shares[j].index ^ shares[i].index)));
    return w;
}

static bool are_distinct(const struct shamir_share *shares, unsigned k)
{
    for (unsigned i = 0; i < k; i++) {
        if (shares[i].index == 0)
            return false;
        for (unsigned j = 0; j < i; j++)
            if (shares[j].index == shares[i].index)
                return false;
    }
    return true;
}

enum fault shamir_join(uint8_t *out, size_t size, const struct shamir_share *shares, unsigned k)
{
    if (!k || !size || size > SHAMIR_SECRET_MAX || !are_distinct(shares, k))
        return FAULT_BAD_INPUT;
    for (size_t at = 0; at < size; at++)
        out[at] = 0;
    for (unsigned i = 0; i < k; i++) {
        uint8_t w = weight(shares, k, i);
        for (size_t at = 0; at < size; at++)
            out[at] ^= times(w, shares[i].bytes[at]);
    }
    return FAULT_NONE;
}
