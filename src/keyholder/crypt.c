/* crypt.c: AES-256-GCM, HMAC and HKDF on OpenSSL 3's EVP. */
#include "keyholder/crypt.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "base/secret.h"

#include "base/banned.h"

struct crypt_gcm { EVP_CIPHER *cipher; EVP_CIPHER_CTX *ctx; };
struct crypt_mac { EVP_MAC *mac; EVP_MAC_CTX *ctx; size_t size; };

/* OpenSSL keeps a queue of errors for each thread; nobody reads it here, so it must not grow stale. */
static enum fault failed(enum fault f)
{
    ERR_clear_error();
    return f;
}

enum fault crypt_gcm_new(struct crypt_gcm **out)
{
    struct crypt_gcm *g = calloc(1, sizeof *g);

    if (!g)
        return FAULT_INTERNAL;
    g->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    g->ctx = EVP_CIPHER_CTX_new();
    if (!g->cipher || !g->ctx || !EVP_EncryptInit_ex2(g->ctx, g->cipher, NULL, NULL, NULL)) {
        crypt_gcm_free(g);
        return failed(FAULT_INTERNAL);
    }
    *out = g;
    return FAULT_NONE;
}

void crypt_gcm_free(struct crypt_gcm *g)
{
    if (!g)
        return;
    EVP_CIPHER_CTX_free(g->ctx);
    EVP_CIPHER_free(g->cipher);
    free(g);
}

/* OpenSSL takes a NULL input for something else, so an empty one is left out. */
static bool feed(EVP_CIPHER_CTX *ctx, uint8_t *out, struct span in)
{
    int n;

    return in.n == 0 || (in.n <= INT_MAX && EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n));
}

enum fault crypt_gcm_seal(struct crypt_gcm *g, uint8_t *out, const struct crypt_gcm_job *job)
{
    uint8_t *tag = out + job->in.n;
    int n;

    /* A NULL cipher keeps the one the context has, and with it the memory it took. */
    if (!EVP_EncryptInit_ex2(g->ctx, NULL, job->key, job->nonce, NULL) || !feed(g->ctx, NULL, job->aad) ||
        !feed(g->ctx, out, job->in) || !EVP_EncryptFinal_ex(g->ctx, tag, &n) ||
        !EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_GET_TAG, CRYPT_TAG, tag))
        return failed(FAULT_INTERNAL);
    return FAULT_NONE;
}

enum fault crypt_gcm_open(struct crypt_gcm *g, uint8_t *out, const struct crypt_gcm_job *job)
{
    struct span text = { job->in.p, job->in.n - CRYPT_TAG };
    uint8_t tag[CRYPT_TAG], none[1];
    int n;

    if (job->in.n < CRYPT_TAG)
        return FAULT_DENIED;
    for (size_t i = 0; i < CRYPT_TAG; i++)
        tag[i] = job->in.p[text.n + i];
    if (!EVP_DecryptInit_ex2(g->ctx, NULL, job->key, job->nonce, NULL) || !feed(g->ctx, NULL, job->aad) ||
        !feed(g->ctx, out, text) || !EVP_CIPHER_CTX_ctrl(g->ctx, EVP_CTRL_AEAD_SET_TAG, CRYPT_TAG, tag)) {
        secret_wipe(out, text.n);
        return failed(FAULT_INTERNAL);
    }
    if (EVP_DecryptFinal_ex(g->ctx, none, &n) <= 0) {
        secret_wipe(out, text.n);
        return failed(FAULT_DENIED);
    }
    return FAULT_NONE;
}

enum fault crypt_gcm_forget(struct crypt_gcm *g)
{
    static const uint8_t none[CRYPT_KEY];

    return EVP_EncryptInit_ex2(g->ctx, NULL, none, none, NULL) ? FAULT_NONE : failed(FAULT_INTERNAL);
}

enum fault crypt_mac_new(struct crypt_mac **out, size_t size, struct span key)
{
    char sha256[] = "SHA2-256", sha384[] = "SHA2-384";
    char *name = size == CRYPT_SHA256 ? sha256 : sha384;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0), OSSL_PARAM_construct_end(),
    };
    struct crypt_mac *m = calloc(1, sizeof *m);

    if (!m)
        return FAULT_INTERNAL;
    m->size = size;
    m->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    m->ctx = m->mac ? EVP_MAC_CTX_new(m->mac) : NULL;
    if (!m->ctx || !EVP_MAC_init(m->ctx, key.p, key.n, params) || EVP_MAC_CTX_get_mac_size(m->ctx) != size) {
        crypt_mac_free(m);
        return failed(FAULT_INTERNAL);
    }
    *out = m;
    return FAULT_NONE;
}

void crypt_mac_free(struct crypt_mac *m)
{
    if (!m)
        return;
    EVP_MAC_CTX_free(m->ctx);
    EVP_MAC_free(m->mac);
    free(m);
}

static enum fault mac_parts(struct crypt_mac *m, uint8_t *out, const struct span *parts, size_t n)
{
    size_t got = 0;

    for (size_t i = 0; i < n; i++)
        if (parts[i].n && !EVP_MAC_update(m->ctx, parts[i].p, parts[i].n))
            return failed(FAULT_INTERNAL);
    if (!EVP_MAC_final(m->ctx, out, &got, m->size) || got != m->size)
        return failed(FAULT_INTERNAL);
    return FAULT_NONE;
}

enum fault crypt_mac(struct crypt_mac *m, uint8_t *out, const struct span *parts, size_t n)
{
    /* Without a key the context starts over with the one it has. */
    if (!EVP_MAC_init(m->ctx, NULL, 0, NULL))
        return failed(FAULT_INTERNAL);
    return mac_parts(m, out, parts, n);
}

enum fault crypt_mac_under(struct crypt_mac *m, struct span key, uint8_t *out, const struct span *parts, size_t n)
{
    static const uint8_t none[CRYPT_KEY];
    enum fault f = EVP_MAC_init(m->ctx, key.p, key.n, NULL) ? mac_parts(m, out, parts, n) : failed(FAULT_INTERNAL);

    if (!EVP_MAC_init(m->ctx, none, sizeof none, NULL) && !f)
        f = failed(FAULT_INTERNAL);
    return f;
}

enum fault crypt_hkdf(uint8_t *out, size_t n, const struct crypt_hkdf *from)
{
    char sha256[] = "SHA2-256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)from->key.p, from->key.n),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)from->salt.p, from->salt.n),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)from->info.p, from->info.n),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool done = ctx && EVP_KDF_derive(ctx, out, n, params) > 0;

    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return done ? FAULT_NONE : failed(FAULT_INTERNAL);
}
