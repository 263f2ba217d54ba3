/* paytm_checksum.c: Paytm's checksum, made and verified. */
#include "keyholder/paytm_checksum.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/secret.h"

#include "base/banned.h"

enum {
    DIGEST = 32,                      /* bytes of SHA-256 */
    HASH = 2 * DIGEST,                /* its digits */
    BLOCK = 16,                       /* bytes of AES */
    SEALED = (HASH + PAYTM_SALT) / BLOCK * BLOCK + BLOCK,
    PADDING = SEALED - HASH - PAYTM_SALT,
    CIPHERS = 3,
};
_Static_assert((SEALED + 2) / 3 * 4 == PAYTM_CHECKSUM, "the text of a signature");

static const struct { size_t key; const char *name; } ciphers[CIPHERS] = {
    { 16, "AES-128-CBC" }, { 24, "AES-192-CBC" }, { 32, "AES-256-CBC" },
};
static const uint8_t iv[BLOCK] = { "@@@@&&&&####$$$$" };

struct paytm_checksum { EVP_MD *sha256; EVP_MD_CTX *hash; EVP_CIPHER *cipher[CIPHERS]; EVP_CIPHER_CTX *ctx; };

static enum fault failed(enum fault f)
{
    ERR_clear_error();
    return f;
}

enum fault paytm_checksum_new(struct paytm_checksum **out)
{
    struct paytm_checksum *c = calloc(1, sizeof *c);
    bool well;

    if (!c)
        return FAULT_INTERNAL;
    c->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    c->hash = EVP_MD_CTX_new();
    c->ctx = EVP_CIPHER_CTX_new();
    well = c->sha256 && c->hash && c->ctx;
    for (size_t i = 0; i < CIPHERS && well; i++) {
        c->cipher[i] = EVP_CIPHER_fetch(NULL, ciphers[i].name, NULL);
        well = c->cipher[i] != NULL;
    }
    if (!well) {
        paytm_checksum_free(c);
        return failed(FAULT_INTERNAL);
    }
    *out = c;
    return FAULT_NONE;
}

void paytm_checksum_free(struct paytm_checksum *c)
{
    if (!c)
        return;
    EVP_MD_CTX_free(c->hash);
    EVP_MD_free(c->sha256);
    EVP_CIPHER_CTX_free(c->ctx);
    for (size_t i = 0; i < CIPHERS; i++)
        EVP_CIPHER_free(c->cipher[i]);
    free(c);
}

/* The cipher for a key of that length, or NULL. */
static const EVP_CIPHER *cipher_for(const struct paytm_checksum *c, struct span key)
{
    for (size_t i = 0; i < CIPHERS; i++)
        if (key.n == ciphers[i].key)
            return c->cipher[i];
    return NULL;
}

/* What a signature of `body` with `salt` is enciphered from, its padding included. */
static enum fault compose(struct paytm_checksum *c, uint8_t plain[SEALED], struct span body, const uint8_t *salt)
{
    uint8_t digest[DIGEST];
    struct buf b = { plain, 0, HASH, false };

    if (!EVP_DigestInit_ex2(c->hash, c->sha256, NULL) || (body.n && !EVP_DigestUpdate(c->hash, body.p, body.n)) ||
        !EVP_DigestUpdate(c->hash, "|", 1) || !EVP_DigestUpdate(c->hash, salt, PAYTM_SALT) ||
        !EVP_DigestFinal_ex(c->hash, digest, NULL))
        return failed(FAULT_INTERNAL);
    hex_put(&b, (struct span){ digest, DIGEST });
    memcpy(plain + HASH, salt, PAYTM_SALT);
    memset(plain + HASH + PAYTM_SALT, PADDING, PADDING);
    return FAULT_NONE;
}

/* SEALED bytes through the cipher, padding and all; `out` and `in` may be the same. No key stays in the context. */
static enum fault run(struct paytm_checksum *c, uint8_t *out, const uint8_t *in, struct span key, bool seals)
{
    const EVP_CIPHER *cipher = cipher_for(c, key);
    bool well;
    int n = 0;

    if (!cipher)
        return FAULT_BAD_INPUT;
    well = EVP_CipherInit_ex2(c->ctx, cipher, key.p, iv, seals, NULL) && EVP_CIPHER_CTX_set_padding(c->ctx, 0) &&
           EVP_CipherUpdate(c->ctx, out, &n, in, SEALED) && n == SEALED;
    (void)EVP_CIPHER_CTX_reset(c->ctx);
    return well ? FAULT_NONE : failed(FAULT_INTERNAL);
}

enum fault paytm_checksum_sign(struct paytm_checksum *c, char out[PAYTM_CHECKSUM],
                               const struct paytm_checksum_job *job, const uint8_t random[PAYTM_RANDOM])
{
    uint8_t plain[SEALED], sealed[SEALED], salt[PAYTM_SALT];
    struct buf s = BUF(salt), text = { (uint8_t *)out, 0, PAYTM_CHECKSUM, false };
    enum fault f;

    base64_put(&s, (struct span){ random, PAYTM_RANDOM });
    f = compose(c, plain, job->body, salt);
    if (!f)
        f = run(c, sealed, plain, job->key, true);
    if (!f)
        base64_put(&text, (struct span){ sealed, SEALED });
    return f;
}

/* The salt is taken as it comes out of the cipher, and the whole plaintext compared with the one it must be, so no part
 * of it is looked at by itself: there is no oracle about the padding. */
enum fault paytm_checksum_verify(struct paytm_checksum *c, const struct paytm_checksum_job *job, struct span signature)
{
    uint8_t plain[SEALED + 1] = { 0 }, expected[SEALED];
    struct buf b = { plain, 0, SEALED, false };
    bool shaped = signature.n == PAYTM_CHECKSUM && base64_read(&b, signature) == FAULT_NONE && b.n == SEALED;
    enum fault f = run(c, plain, plain, job->key, false);

    if (!f)
        f = compose(c, expected, job->body, plain + HASH);
    if (f)
        return f;
    return secret_equal((struct span){ plain, SEALED }, (struct span){ expected, SEALED }) && shaped ? FAULT_NONE
                                                                                                     : FAULT_DENIED;
}
