/* failing_crypto.c: one wrapper for each function that our code calls and that can fail. */
#include "failing_crypto.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>

#include "base/secret.h"

#include "base/banned.h"

static struct { unsigned at, seen; const char *name; } failing;

void failing_begin(unsigned n)
{
    failing.at = n;
    failing.seen = 0;
    failing.name = NULL;
}

const char *failing_end(void)
{
    failing.at = 0;
    return failing.name;
}

static bool fails(const char *name)
{
    if (!failing.at || ++failing.seen != failing.at)
        return false;
    failing.name = name;
    return true;
}

#define WRAPPED(type, failure, name, params, args) \
    type __real_##name params; \
    type __wrap_##name params; \
    type __wrap_##name params { return fails(#name) ? (failure) : __real_##name args; }

WRAPPED(void *, NULL, malloc, (size_t n), (n))
WRAPPED(void *, NULL, calloc, (size_t n, size_t size), (n, size))
WRAPPED(enum fault, FAULT_INTERNAL, secret_new, (struct secret **out, size_t n), (out, n))

WRAPPED(EVP_CIPHER *, NULL, EVP_CIPHER_fetch, (OSSL_LIB_CTX *c, const char *name, const char *p), (c, name, p))
WRAPPED(EVP_CIPHER_CTX *, NULL, EVP_CIPHER_CTX_new, (void), ())
WRAPPED(int, 0, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX *c, int type, int arg, void *p), (c, type, arg, p))
WRAPPED(int, 0, EVP_CIPHER_CTX_set_padding, (EVP_CIPHER_CTX *c, int pad), (c, pad))
WRAPPED(int, 0, EVP_CipherInit_ex2, (EVP_CIPHER_CTX *c, const EVP_CIPHER *e, const unsigned char *k,
        const unsigned char *iv, int enc, const OSSL_PARAM p[]), (c, e, k, iv, enc, p))
WRAPPED(int, 0, EVP_CipherUpdate, (EVP_CIPHER_CTX *c, unsigned char *o, int *n, const unsigned char *in, int size),
        (c, o, n, in, size))
WRAPPED(int, 0, EVP_CipherFinal_ex, (EVP_CIPHER_CTX *c, unsigned char *o, int *n), (c, o, n))
WRAPPED(int, 0, EVP_EncryptInit_ex2, (EVP_CIPHER_CTX *c, const EVP_CIPHER *e, const unsigned char *k,
        const unsigned char *iv, const OSSL_PARAM p[]), (c, e, k, iv, p))
WRAPPED(int, 0, EVP_EncryptUpdate, (EVP_CIPHER_CTX *c, unsigned char *o, int *n, const unsigned char *in, int size),
        (c, o, n, in, size))
WRAPPED(int, 0, EVP_EncryptFinal_ex, (EVP_CIPHER_CTX *c, unsigned char *o, int *n), (c, o, n))
WRAPPED(int, 0, EVP_DecryptInit_ex2, (EVP_CIPHER_CTX *c, const EVP_CIPHER *e, const unsigned char *k,
        const unsigned char *iv, const OSSL_PARAM p[]), (c, e, k, iv, p))
WRAPPED(int, 0, EVP_DecryptFinal_ex, (EVP_CIPHER_CTX *c, unsigned char *o, int *n), (c, o, n))

WRAPPED(EVP_MAC *, NULL, EVP_MAC_fetch, (OSSL_LIB_CTX *c, const char *name, const char *p), (c, name, p))
WRAPPED(EVP_MAC_CTX *, NULL, EVP_MAC_CTX_new, (EVP_MAC *m), (m))
WRAPPED(int, 0, EVP_MAC_init, (EVP_MAC_CTX *c, const unsigned char *k, size_t n, const OSSL_PARAM p[]), (c, k, n, p))
WRAPPED(int, 0, EVP_MAC_update, (EVP_MAC_CTX *c, const unsigned char *in, size_t n), (c, in, n))
WRAPPED(int, 0, EVP_MAC_final, (EVP_MAC_CTX *c, unsigned char *o, size_t *n, size_t room), (c, o, n, room))

WRAPPED(EVP_KDF *, NULL, EVP_KDF_fetch, (OSSL_LIB_CTX *c, const char *name, const char *p), (c, name, p))
WRAPPED(EVP_KDF_CTX *, NULL, EVP_KDF_CTX_new, (EVP_KDF *k), (k))
WRAPPED(int, 0, EVP_KDF_derive, (EVP_KDF_CTX *c, unsigned char *o, size_t n, const OSSL_PARAM p[]), (c, o, n, p))

WRAPPED(EVP_MD *, NULL, EVP_MD_fetch, (OSSL_LIB_CTX *c, const char *name, const char *p), (c, name, p))
WRAPPED(EVP_MD_CTX *, NULL, EVP_MD_CTX_new, (void), ())
WRAPPED(int, 0, EVP_DigestInit_ex2, (EVP_MD_CTX *c, const EVP_MD *m, const OSSL_PARAM p[]), (c, m, p))
WRAPPED(int, 0, EVP_DigestUpdate, (EVP_MD_CTX *c, const void *in, size_t n), (c, in, n))
WRAPPED(int, 0, EVP_DigestFinal_ex, (EVP_MD_CTX *c, unsigned char *o, unsigned int *n), (c, o, n))
WRAPPED(int, 0, EVP_Digest, (const void *in, size_t n, unsigned char *o, unsigned int *size, const EVP_MD *m,
        ENGINE *e), (in, n, o, size, m, e))

WRAPPED(EVP_PKEY_CTX *, NULL, EVP_PKEY_CTX_new_from_pkey, (OSSL_LIB_CTX *c, EVP_PKEY *k, const char *p), (c, k, p))
WRAPPED(int, 0, EVP_PKEY_encrypt_init_ex, (EVP_PKEY_CTX *c, const OSSL_PARAM p[]), (c, p))
WRAPPED(int, 0, EVP_PKEY_encrypt, (EVP_PKEY_CTX *c, unsigned char *o, size_t *n, const unsigned char *in, size_t size),
        (c, o, n, in, size))
WRAPPED(int, 0, EVP_PKEY_decrypt_init_ex, (EVP_PKEY_CTX *c, const OSSL_PARAM p[]), (c, p))
WRAPPED(int, 0, EVP_PKEY_get_bn_param, (const EVP_PKEY *k, const char *name, BIGNUM **n), (k, name, n))
WRAPPED(int, 0, EVP_PKEY_public_check, (EVP_PKEY_CTX *c), (c))
WRAPPED(OSSL_DECODER_CTX *, NULL, OSSL_DECODER_CTX_new_for_pkey, (EVP_PKEY **k, const char *form, const char *what,
        const char *type, int which, OSSL_LIB_CTX *c, const char *p), (k, form, what, type, which, c, p))
WRAPPED(OSSL_ENCODER_CTX *, NULL, OSSL_ENCODER_CTX_new_for_pkey, (const EVP_PKEY *k, int which, const char *form,
        const char *what, const char *p), (k, which, form, what, p))
WRAPPED(int, 0, OSSL_ENCODER_to_data, (OSSL_ENCODER_CTX *c, unsigned char **o, size_t *n), (c, o, n))
