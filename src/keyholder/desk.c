/* desk.c: keys by label, and records sealed under a key of their own. */
#include "keyholder/desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum { AAD_MAX = 3 + KEY_ABOUT_MAX, RECORD_HEAD = 1 + DESK_KEY_ID + DESK_SALT };

_Static_assert(RECORD_HEAD + CRYPT_TAG == KEY_SEAL_EXTRA, "keyholder.h promises this size");

/* Each label is hashed into its key: changing one orphans everything sealed under it. */
static const char *const labels[KEY_USES] = {
    [KEY_USE_CREDENTIAL] = "seal credential",
    [KEY_USE_PRIVATE]    = "seal private",
    [KEY_USE_ANSWER]     = "seal answer",
    [KEY_USE_DIGEST]     = "mac digest",
    [KEY_USE_CHECK]      = "mac check",
    [KEY_USE_PAYTM]      = "seal paytm",
    [KEY_USE_RECIPIENT]  = "seal recipient",
    [KEY_USE_CARD]       = "card",
    [KEY_USE_NETWORK]    = "network",
};

enum fault desk_derive(uint8_t *out, size_t n, const struct secret *master, const char *label)
{
    struct crypt_hkdf from = { secret_span(master), SPAN("tijori keyholder 1"), span_of(label) };

    return crypt_hkdf(out, n, &from);
}

static enum fault derive_mac(struct crypt_mac **out, size_t size, const struct secret *master, const char *label)
{
    AUTO_SECRET key = NULL;
    enum fault f = secret_new(&key, size);

    if (!f)
        f = desk_derive(key->bytes, key->n, master, label);
    return f ? f : crypt_mac_new(out, size, secret_span(key));
}

enum fault desk_new(struct desk **out, const struct secret *master)
{
    struct desk *d = calloc(1, sizeof *d);
    enum fault f;

    if (!d)
        return FAULT_INTERNAL;
    pthread_mutex_init(&d->lock, NULL);
    f = crypt_gcm_new(&d->gcm);
    for (size_t use = 0; use < KEY_USES && !f; use++)
        f = derive_mac(&d->keyed[use], CRYPT_SHA256, master, labels[use]);
    if (!f)
        f = derive_mac(&d->hourly, CRYPT_SHA384, master, "hourly root");
    if (!f)
        f = desk_derive(d->key_id, sizeof d->key_id, master, "key id");
    if (f) {
        desk_free(d);
        return f;
    }
    *out = d;
    return FAULT_NONE;
}

void desk_free(struct desk *d)
{
    if (!d)
        return;
    crypt_gcm_free(d->gcm);
    for (size_t use = 0; use < KEY_USES; use++)
        crypt_mac_free(d->keyed[use]);
    crypt_mac_free(d->hourly);
    pthread_mutex_destroy(&d->lock);
    secret_wipe(d, sizeof *d);
    free(d);
}

static void take_salt(struct desk *d, uint8_t *out)
{
    if (d->salts_left == 0) {
        secret_random(d->salts, sizeof d->salts);
        d->salts_left = DESK_SALTS;
    }
    d->salts_left--;
    memcpy(out, d->salts[d->salts_left], DESK_SALT);
}

static enum fault record_key(struct desk *d, uint8_t key[static CRYPT_KEY], enum key_use use, const uint8_t *salt)
{
    uint8_t byte = (uint8_t)use;
    struct span parts[] = { { salt, DESK_SALT }, { &byte, 1 } };

    return crypt_mac(d->keyed[use], key, parts, 2);
}

static struct span aad_of(uint8_t aad[static AAD_MAX], const struct key_ask *ask)
{
    size_t n = ask->about.n;

    aad[0] = (uint8_t)ask->use;
    aad[1] = (uint8_t)(n >> 8);
    aad[2] = (uint8_t)n;
    if (n)
        memcpy(aad + 3, ask->about.p, n);
    return (struct span){ aad, 3 + n };
}

enum fault desk_seal(struct desk *d, uint8_t *out, const struct key_ask *ask)
{
    static const uint8_t nonce[CRYPT_NONCE];
    uint8_t key[CRYPT_KEY], aad[AAD_MAX], *salt = out + 1 + DESK_KEY_ID;
    enum fault f;

    out[0] = DESK_RECORD;
    memcpy(out + 1, d->key_id, DESK_KEY_ID);
    take_salt(d, salt);
    f = record_key(d, key, ask->use, salt);
    if (!f)
        f = crypt_gcm_seal(d->gcm, out + RECORD_HEAD, &(struct crypt_gcm_job){ key, nonce, aad_of(aad, ask), ask->in });
    secret_wipe(key, sizeof key);
    return f;
}

enum fault desk_open(struct desk *d, uint8_t *out, const struct key_ask *ask)
{
    static const uint8_t nonce[CRYPT_NONCE];
    uint8_t key[CRYPT_KEY], aad[AAD_MAX];
    struct span sealed = { ask->in.p + RECORD_HEAD, ask->in.n - RECORD_HEAD };
    enum fault f;

    if (ask->in.p[0] != DESK_RECORD || memcmp(ask->in.p + 1, d->key_id, DESK_KEY_ID) != 0)
        return FAULT_DENIED;
    f = record_key(d, key, ask->use, ask->in.p + 1 + DESK_KEY_ID);
    if (!f)
        f = crypt_gcm_open(d->gcm, out, &(struct crypt_gcm_job){ key, nonce, aad_of(aad, ask), sealed });
    secret_wipe(key, sizeof key);
    return f;
}
