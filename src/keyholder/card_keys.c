/* card_keys.c: two private keys on disk, sealed. */
#include "keyholder/card_keys.h"

#include <limits.h>
#include <string.h>

#include "keyholder/crypt.h"
#include "keyholder/desk.h"
#include "keyholder/private_file.h"

#include "base/banned.h"

#define FIRST_LINE "tijori-card-key-1\n"

enum {
    FIRST = sizeof FIRST_LINE - 1, HEAD = FIRST + CRYPT_NONCE,
    FILE_MAX = HEAD + SECRET_MAX + CRYPT_TAG,
};

static const struct { const char *file, *label; } kinds[CARD_KEYS] = {
    [CARD_KEY_JWE] = { "card-jwe.key", "card key jwe" },
    [CARD_KEY_RSA] = { "card-rsa.key", "card key rsa" },
};

/* The cipher and the key of a kind's file. */
static enum fault begin(struct crypt_gcm **gcm, struct secret **key, enum card_key which, struct span root)
{
    enum fault f = secret_new(key, CRYPT_KEY);

    if (!f)
        f = desk_derive((*key)->bytes, CRYPT_KEY, root, kinds[which].label);
    return f ? f : crypt_gcm_new(gcm);
}

static enum fault save(enum card_key which, const struct rsa_private *key, struct span root, const char *key_file)
{
    AUTO_SECRET own = NULL;
    AUTO_SECRET der = NULL;
    uint8_t text[FILE_MAX];
    char path[PATH_MAX];
    struct crypt_gcm *gcm = NULL;
    struct crypt_gcm_job job = { .nonce = text + FIRST, .aad = SPAN(FIRST_LINE) };
    enum fault f = private_file_beside(path, sizeof path, key_file, kinds[which].file);

    if (!f)
        f = begin(&gcm, &own, which, root);
    if (!f)
        f = rsa_private_der(key, &der);
    if (!f) {
        memcpy(text, FIRST_LINE, FIRST);
        secret_random(text + FIRST, CRYPT_NONCE);
        job.key = own->bytes;
        job.in = secret_span(der);
        f = crypt_gcm_seal(gcm, text + HEAD, &job);
    }
    if (!f)
        f = private_file_create(path, (struct span){ text, HEAD + der->n + CRYPT_TAG });
    crypt_gcm_free(gcm);
    return f;
}

static enum fault open_text(struct rsa_private **out, enum card_key which, struct span root,
                            struct span text)
{
    AUTO_SECRET own = NULL;
    AUTO_SECRET der = NULL;
    struct crypt_gcm *gcm = NULL;
    struct crypt_gcm_job job = { .nonce = text.p + FIRST, .aad = SPAN(FIRST_LINE),
                                 .in = { text.p + HEAD, text.n - HEAD } };
    enum fault f;

    if (text.n <= HEAD + CRYPT_TAG || !span_starts(text, SPAN(FIRST_LINE)))
        return FAULT_BAD_INPUT;
    f = begin(&gcm, &own, which, root);
    if (!f)
        f = secret_new(&der, job.in.n - CRYPT_TAG);
    if (!f) {
        job.key = own->bytes;
        f = crypt_gcm_open(gcm, der->bytes, &job);
    }
    crypt_gcm_free(gcm);
    return f ? f : rsa_private_read(out, secret_span(der));
}

static enum fault load(struct rsa_private **out, enum card_key which, struct span root,
                       const char *key_file)
{
    uint8_t text[FILE_MAX];
    char path[PATH_MAX];
    struct buf b = BUF(text);
    enum fault f = private_file_beside(path, sizeof path, key_file, kinds[which].file);

    if (!f)
        f = private_file_read(&b, path);
    return f ? f : open_text(out, which, root, buf_view(&b));
}

static enum fault load_or_make(struct rsa_private **out, bool *made, enum card_key which, struct span root,
                               const char *key_file)
{
    enum fault f = load(out, which, root, key_file);

    if (f != FAULT_NOT_FOUND)
        return f;
    f = rsa_private_generate(out, CARD_KEY_BITS);
    if (!f)
        f = save(which, *out, root, key_file);
    *made = true;
    return f;
}

enum fault card_keys_of_ring(struct heart_keys *out, bool *made, const struct keyring *ring, const char *key_file)
{
    const struct keyring_entry *base = keyring_find(ring, KEY_PURPOSE_BASE, 0);
    struct heart_keys keys = { 0 };
    struct span root;
    enum fault f;

    *made = false;
    if (!base)
        return FAULT_BAD_INPUT;
    root = (struct span){ base->root, KEYRING_ROOT };
    f = load_or_make(&keys.jwe, made, CARD_KEY_JWE, root, key_file);
    if (!f)
        f = load_or_make(&keys.rsa, made, CARD_KEY_RSA, root, key_file);
    if (f) {
        rsa_private_free(keys.jwe);
        rsa_private_free(keys.rsa);
        return f;
    }
    *out = keys;
    return FAULT_NONE;
}

enum fault card_keys_save(enum card_key which, const struct rsa_private *key, const struct secret *master,
                          const char *key_file)
{
    return save(which, key, secret_span(master), key_file);
}
