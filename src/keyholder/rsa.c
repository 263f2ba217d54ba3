/* rsa.c: RSA on OpenSSL 3's EVP: keys in and out, OAEP, and the raw operation under PKCS#1 v1.5. */
#include "keyholder/rsa.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "keyholder/pem.h"
#include "keyholder/rsa_pkcs1.h"

#include "base/banned.h"

enum {
    EXPONENT_MIN = 65537, EXPONENT_BITS_MAX = 32,     /* a longer one would make each encryption slow */
    WRAPPED_MAX = 64,                 /* bytes of a key that rsa_oaep_unwrap() gives */
    DIGEST = 32,                      /* bytes of SHA-256 */
    BLINDED = 64,                     /* operations after which libcrypto has made its blinding anew, and more */
};

struct rsa_private {
    EVP_PKEY *key;
    size_t size;
    uint8_t modulus[RSA_BYTES_MAX];   /* `size` bytes, to tell what is no ciphertext */
    struct secret *decoy;             /* SHA-256(d): what decoy messages come from */
    atomic_bool *doubtful;            /* memory was out in the last operation */
};
struct rsa_public { EVP_PKEY *key; size_t size; };

static enum fault failed(enum fault f)
{
    ERR_clear_error();
    return f;
}

/* Is the key of a size and with an exponent that we take? */
static bool is_fit(const EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);
    BIGNUM *e = NULL;
    bool fit = EVP_PKEY_is_a(key, "RSA") && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && bits % 8 == 0 &&
               EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) && BN_is_odd(e) &&
               BN_num_bits(e) <= EXPONENT_BITS_MAX && BN_get_word(e) >= EXPONENT_MIN;

    BN_free(e);
    return fit;
}

/* The one key of `type`, "PrivateKeyInfo" or "SubjectPublicKeyInfo", that `der` is. */
static EVP_PKEY *decode(struct span der, const char *type, int selection)
{
    EVP_PKEY *key = NULL;
    const unsigned char *at = der.p;
    size_t left = der.n;
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(&key, "DER", type, "RSA", selection, NULL, NULL);
    bool well = ctx && OSSL_DECODER_from_data(ctx, &at, &left) && left == 0;

    OSSL_DECODER_CTX_free(ctx);
    if (!well || !is_fit(key)) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* The key in DER, in memory that the caller frees with OPENSSL_clear_free(). */
static enum fault encode(unsigned char **out, size_t *n, const EVP_PKEY *key, bool whole)
{
    OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(
        key, whole ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, "DER",
        whole ? "PrivateKeyInfo" : "SubjectPublicKeyInfo", NULL);
    bool well;

    *out = NULL;
    *n = 0;
    well = ctx && OSSL_ENCODER_to_data(ctx, out, n);
    OSSL_ENCODER_CTX_free(ctx);
    return well ? FAULT_NONE : failed(FAULT_INTERNAL);
}

/* Was it the padding, by what libcrypto says of a failure? Where memory is out it says anything else, or nothing. */
static bool was_padding(void)
{
    bool padding = false;

    for (unsigned long e = ERR_get_error(); e; e = ERR_get_error())
        padding |= ERR_GET_LIB(e) == ERR_LIB_RSA && ERR_GET_REASON(e) == RSA_R_OAEP_DECODING_ERROR;
    return padding;
}

/* One RSA operation with one of libcrypto's paddings. `out` has room for the key's size; *n: how much was written. 1
 * when it worked, 0 when not: only a bad OAEP padding does that in a decryption of a number below the modulus. -1 when
 * it could not be begun, or memory was out. */
static int operate(EVP_PKEY *key, bool decrypts, int padding, struct span in, uint8_t *out, size_t *n)
{
    char digest[] = "SHA2-256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, &padding),
        OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int result = -1;

    if (padding == RSA_PKCS1_OAEP_PADDING) {
        params[1] = OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, digest, 0);
        params[2] = OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, digest, 0);
    }
    *n = (size_t)EVP_PKEY_get_size(key);
    if (ctx && decrypts && EVP_PKEY_decrypt_init_ex(ctx, params) > 0)
        result = EVP_PKEY_decrypt(ctx, out, n, in.p, in.n) > 0;
    else if (ctx && !decrypts && EVP_PKEY_encrypt_init_ex(ctx, params) > 0)
        result = EVP_PKEY_encrypt(ctx, out, n, in.p, in.n) > 0;
    EVP_PKEY_CTX_free(ctx);
    if (!was_padding() && result == 0)
        result = -1;
    return result;
}

/* Do the two halves belong together? A number there and back tells. */
static bool is_pair(EVP_PKEY *key, size_t size)
{
    uint8_t number[RSA_BYTES_MAX] = { 0 }, there[RSA_BYTES_MAX], back[RSA_BYTES_MAX];
    size_t n = 0;

    memset(number + 1, 0xA5, size - 1);
    return operate(key, false, RSA_NO_PADDING, (struct span){ number, size }, there, &n) == 1 && n == size &&
           operate(key, true, RSA_NO_PADDING, (struct span){ there, n }, back, &n) == 1 && n == size &&
           memcmp(number, back, n) == 0;
}

/* Fill what the operations need beside the key itself. */
static enum fault learn(struct rsa_private *k)
{
    BIGNUM *n = NULL, *d = NULL;
    uint8_t exponent[RSA_BYTES_MAX];
    int size = EVP_PKEY_get_size(k->key);
    enum fault f = secret_new(&k->decoy, DIGEST);

    k->size = (size_t)size;
    if (!f && (!EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_RSA_N, &n) ||
               !EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_RSA_D, &d) ||
               BN_bn2binpad(n, k->modulus, size) != size || BN_bn2binpad(d, exponent, size) != size ||
               !EVP_Digest(exponent, k->size, k->decoy->bytes, NULL, EVP_sha256(), NULL)))
        f = failed(FAULT_INTERNAL);
    secret_wipe(exponent, sizeof exponent);
    BN_free(n);
    BN_clear_free(d);
    return f;
}

/* Own `key` as a private key, or free it. */
static enum fault adopt(struct rsa_private **out, EVP_PKEY *key)
{
    struct rsa_private *k = calloc(1, sizeof *k);
    enum fault f;

    if (!k) {
        EVP_PKEY_free(key);
        return FAULT_INTERNAL;
    }
    k->key = key;
    k->doubtful = calloc(1, sizeof *k->doubtful);
    f = k->doubtful ? learn(k) : FAULT_INTERNAL;
    if (!f && !is_pair(key, k->size))
        f = FAULT_BAD_INPUT;
    if (f) {
        rsa_private_free(k);
        return f;
    }
    *out = k;
    return FAULT_NONE;
}

enum fault rsa_private_generate(struct rsa_private **out, unsigned bits)
{
    EVP_PKEY *key;

    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX || bits % 8)
        return FAULT_BAD_INPUT;
    key = EVP_RSA_gen(bits);
    if (!key)
        return failed(FAULT_INTERNAL);
    return adopt(out, key);
}

enum fault rsa_private_read(struct rsa_private **out, struct span text)
{
    AUTO_SECRET der = NULL;
    EVP_PKEY *key;
    enum fault f;

    if (pem_is(text)) {
        f = pem_read(&der, "PRIVATE KEY", text);
        if (f)
            return f;
        text = secret_span(der);
    }
    if (text.n > SECRET_MAX)
        return FAULT_BAD_INPUT;
    key = decode(text, "PrivateKeyInfo", EVP_PKEY_KEYPAIR);
    return key ? adopt(out, key) : failed(FAULT_BAD_INPUT);
}

void rsa_private_free(struct rsa_private *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->key);
    secret_free(k->decoy);
    free(k->doubtful);
    free(k);
}

enum fault rsa_private_der(const struct rsa_private *k, struct secret **out)
{
    unsigned char *der;
    size_t n;
    enum fault f = encode(&der, &n, k->key, true);

    if (!f)
        f = secret_copy(out, (struct span){ der, n });
    OPENSSL_clear_free(der, n);
    return f;
}

enum fault rsa_private_pem(const struct rsa_private *k, struct secret **out)
{
    AUTO_SECRET der = NULL;
    AUTO_SECRET room = NULL;
    struct buf b;
    enum fault f = rsa_private_der(k, &der);

    if (!f)
        f = secret_new(&room, SECRET_MAX);
    if (f)
        return f;
    b = (struct buf){ room->bytes, 0, room->n, false };
    pem_put(&b, "PRIVATE KEY", secret_span(der));
    return b.full ? FAULT_INTERNAL : secret_copy(out, buf_view(&b));
}

static enum fault own_public(struct rsa_public **out, EVP_PKEY *key)
{
    struct rsa_public *k = calloc(1, sizeof *k);

    if (!k) {
        EVP_PKEY_free(key);
        return FAULT_INTERNAL;
    }
    *k = (struct rsa_public){ key, (size_t)EVP_PKEY_get_size(key) };
    *out = k;
    return FAULT_NONE;
}

enum fault rsa_private_public(const struct rsa_private *k, struct rsa_public **out)
{
    unsigned char *der;
    size_t n;
    enum fault f = encode(&der, &n, k->key, false);

    if (!f) {
        EVP_PKEY *key = decode((struct span){ der, n }, "SubjectPublicKeyInfo", EVP_PKEY_PUBLIC_KEY);
        f = key ? own_public(out, key) : failed(FAULT_INTERNAL);
    }
    OPENSSL_free(der);
    return f;
}

/* libcrypto looks for small factors, and whether the modulus is a prime or a power of one. */
static bool is_modulus(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool sound = ctx && EVP_PKEY_public_check(ctx) == 1;

    EVP_PKEY_CTX_free(ctx);
    return sound;
}

static enum fault read_public(struct rsa_public **out, struct span text, bool known)
{
    AUTO_SECRET der = NULL;
    EVP_PKEY *key;
    enum fault f;

    if (pem_is(text)) {
        f = pem_read(&der, "PUBLIC KEY", text);
        if (f)
            return f;
        text = secret_span(der);
    }
    if (text.n > RSA_PUBLIC_DER_MAX)
        return FAULT_BAD_INPUT;
    key = decode(text, "SubjectPublicKeyInfo", EVP_PKEY_PUBLIC_KEY);
    if (key && (known || is_modulus(key)))
        return own_public(out, key);
    EVP_PKEY_free(key);
    return failed(FAULT_BAD_INPUT);
}

enum fault rsa_public_read(struct rsa_public **out, struct span text)
{
    return read_public(out, text, false);
}

enum fault rsa_public_read_again(struct rsa_public **out, struct span text)
{
    return read_public(out, text, true);
}

void rsa_public_free(struct rsa_public *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->key);
    free(k);
}

enum fault rsa_public_der(const struct rsa_public *k, struct buf *out)
{
    unsigned char *der;
    size_t n;
    enum fault f = encode(&der, &n, k->key, false);

    if (!f)
        buf_put(out, der, n);
    OPENSSL_free(der);
    return f ? f : out->full ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault rsa_public_pem(const struct rsa_public *k, struct buf *out)
{
    uint8_t room[RSA_PUBLIC_DER_MAX];
    struct buf der = BUF(room);
    enum fault f = rsa_public_der(k, &der);

    if (!f)
        pem_put(out, "PUBLIC KEY", buf_view(&der));
    return f ? f : out->full ? FAULT_INTERNAL : FAULT_NONE;
}

size_t rsa_private_size(const struct rsa_private *k)
{
    return k->size;
}

size_t rsa_public_size(const struct rsa_public *k)
{
    return k->size;
}

static enum fault encrypt(const struct rsa_public *k, struct buf *out, int padding, struct span in)
{
    uint8_t block[RSA_BYTES_MAX];
    size_t n = 0;

    /* libcrypto takes a NULL input for a question about sizes. */
    if (!in.p)
        in.p = block;
    if (operate(k->key, false, padding, in, block, &n) != 1)
        return FAULT_INTERNAL;
    buf_put(out, block, n);
    return out->full ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault rsa_oaep_encrypt(const struct rsa_public *k, struct buf *out, struct span in)
{
    if (in.n > k->size - RSA_OAEP_EXTRA)
        return FAULT_BAD_INPUT;
    return encrypt(k, out, RSA_PKCS1_OAEP_PADDING, in);
}

enum fault rsa_pkcs1_encrypt(const struct rsa_public *k, struct buf *out, struct span in)
{
    if (in.n > k->size - RSA_PKCS1_EXTRA)
        return FAULT_BAD_INPUT;
    return encrypt(k, out, RSA_PKCS1_PADDING, in);
}

/* operate() with a private key. What blinds it is made anew every so many times, and where memory is out for that, what
 * is left opens nothing, until it is made anew again (3.0). So after such a failure a number must come back first. */
static int decrypt(const struct rsa_private *k, int padding, struct span in, uint8_t *out, size_t *n)
{
    bool doubtful = atomic_load(k->doubtful);
    int result;

    for (int i = 0; doubtful && i < BLINDED; i++)
        doubtful = !is_pair(k->key, k->size);
    result = doubtful ? -1 : operate(k->key, true, padding, in, out, n);
    atomic_store(k->doubtful, result < 0);
    return result;
}

/* Is `in` of the key's size and below its modulus? Everybody knows both, so this may take its time. */
static bool is_ciphertext(const struct rsa_private *k, struct span in)
{
    return in.n == k->size && memcmp(in.p, k->modulus, in.n) < 0;
}

/* All ones for true, in a way that the compiler does not see through. */
static uint8_t mask_of(bool good)
{
    uint32_t x = good;

    __asm__("" : "+r"(x));
    return (uint8_t)(0 - x);
}

enum fault rsa_oaep_unwrap(const struct rsa_private *k, uint8_t *key, size_t n, struct span in)
{
    uint8_t block[RSA_BYTES_MAX] = { 0 }, dummy[RSA_BYTES_MAX] = { 0 };
    bool fit = is_ciphertext(k, in);
    size_t got = 0;
    uint8_t good;
    int result;

    if (n > WRAPPED_MAX)
        return FAULT_INTERNAL;
    /* What cannot be a ciphertext is replaced by one that opens to nothing, so that the work is the same. */
    if (!fit) {
        memset(dummy + 1, 0x5A, k->size - 1);
        in = (struct span){ dummy, k->size };
    }
    result = decrypt(k, RSA_PKCS1_OAEP_PADDING, in, block, &got);
    good = mask_of(fit) & mask_of(result > 0) & mask_of(got == n);
    for (size_t i = 0; i < n; i++)
        key[i] = (uint8_t)((block[i] & good) | (key[i] & ~good));
    secret_wipe(block, sizeof block);
    return result < 0 ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault rsa_pkcs1_decrypt(const struct rsa_private *k, uint8_t *out, size_t *n, struct span in)
{
    uint8_t room[RSA_BYTES_MAX];
    struct buf block = BUF(room);
    struct rsa_pkcs1_decoy decoy;
    enum fault f;

    if (!is_ciphertext(k, in))
        return FAULT_BAD_INPUT;
    f = rsa_pkcs1_decoy(&decoy, secret_span(k->decoy), in);
    if (!f && (decrypt(k, RSA_NO_PADDING, in, room, &block.n) != 1 || block.n != k->size))
        f = FAULT_INTERNAL;
    if (!f)
        rsa_pkcs1_unpad(out, n, &block, &decoy);
    secret_wipe(room, sizeof room);
    secret_wipe(&decoy, sizeof decoy);
    return f;
}
