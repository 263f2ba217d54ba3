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
    [KEY_USE_CARD]       = NULL,
    [KEY_USE_NETWORK]    = NULL,
    [KEY_USE_AUDIT]      = NULL,
    [KEY_USE_BACKUP]     = "seal backup",
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

static enum fault derive_uses(struct desk *d, const struct secret *master)
{
    enum fault f = FAULT_NONE;

    for (size_t use = 0; use < KEY_USES && !f; use++)
        if (labels[use])
            f = derive_mac(&d->keyed[use], CRYPT_SHA256, master, labels[use]);
    return f;
}

static enum fault derive_others(struct desk *d, const struct secret *master)
{
    const struct { struct crypt_mac **out; size_t size; const char *label; } all[] = {
        { &d->hourly, CRYPT_SHA384, "hourly root" },
        { &d->fingerprint, CRYPT_SHA256, "card fingerprint" },
        { &d->owner, CRYPT_SHA256, "card owner" },
        { &d->pan, CRYPT_SHA256, "network pan" },
        { &d->par, CRYPT_SHA256, "network par" },
        { &d->cryptogram, CRYPT_SHA256, "network cryptogram" },
        { &d->acquirer_pan, CRYPT_SHA256, "acquirer pan" },
        { &d->chain, CRYPT_SHA256, "audit chain" },
    };
    enum fault f = desk_derive(d->key_id, sizeof d->key_id, master, "key id");

    for (size_t i = 0; i < sizeof all / sizeof *all && !f; i++)
        f = derive_mac(all[i].out, all[i].size, master, all[i].label);
    return f;
}

static enum fault derive_numbers(struct desk *d, const struct secret *master)
{
    AUTO_SECRET key = NULL;
    enum fault f = secret_new(&key, CRYPT_KEY);

    if (!f)
        f = desk_derive(key->bytes, key->n, master, "network number");
    return f ? f : ff1_new(&d->numbers, secret_span(key));
}

enum fault desk_new(struct desk **out, const struct secret *master)
{
    static const uint8_t none[CRYPT_KEY];
    struct desk *d = calloc(1, sizeof *d);
    enum fault f;

    if (!d)
        return FAULT_INTERNAL;
    pthread_mutex_init(&d->lock, NULL);
    f = crypt_gcm_new(&d->gcm);
    if (!f)
        f = derive_uses(d, master);
    if (!f)
        f = derive_others(d, master);
    if (!f)
        f = derive_numbers(d, master);
    if (!f)
        f = crypt_mac_new(&d->any, CRYPT_SHA256, (struct span){ none, sizeof none });
    if (!f)
        f = paytm_checksum_new(&d->checksum);
    if (!f)
        f = jwe_bench_new(&d->jwe);
    if (!f)
        f = arena_new(&d->arena);
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
    crypt_mac_free(d->hourly);
    crypt_mac_free(d->fingerprint);
    crypt_mac_free(d->owner);
    crypt_mac_free(d->pan);
    crypt_mac_free(d->par);
    crypt_mac_free(d->cryptogram);
    crypt_mac_free(d->acquirer_pan);
    crypt_mac_free(d->chain);
    for (size_t use = 0; use < KEY_USES; use++)
        crypt_mac_free(d->keyed[use]);
    crypt_mac_free(d->any);
    crypt_gcm_free(d->gcm);
    ff1_free(d->numbers);
    paytm_checksum_free(d->checksum);
    jwe_bench_free(d->jwe);
    arena_free(d->arena);
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

/* The key of one record: under that of its use, or under `k`. */
static enum fault record_key(struct desk *d, uint8_t out[static CRYPT_KEY], const struct desk_key *k,
                             const struct span parts[static 2])
{
    if (k)
        return crypt_mac_under(d->any, (struct span){ k->key, CRYPT_KEY }, out, parts, 2);
    return crypt_mac(d->keyed[parts[1].p[0]], out, parts, 2);
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

static enum fault seal(struct desk *d, uint8_t *out, const struct desk_key *k, const struct key_ask *ask)
{
    static const uint8_t nonce[CRYPT_NONCE];
    uint8_t key[CRYPT_KEY], aad[AAD_MAX], use = (uint8_t)ask->use, *salt = out + 1 + DESK_KEY_ID;
    enum fault f;

    out[0] = DESK_RECORD;
    memcpy(out + 1, k ? k->id : d->key_id, DESK_KEY_ID);
    take_salt(d, salt);
    f = record_key(d, key, k, (struct span[]){ { salt, DESK_SALT }, { &use, 1 } });
    if (!f)
        f = crypt_gcm_seal(d->gcm, out + RECORD_HEAD, &(struct crypt_gcm_job){ key, nonce, aad_of(aad, ask), ask->in });
    secret_wipe(key, sizeof key);
    return f;
}

static enum fault open_record(struct desk *d, uint8_t *out, const struct desk_key *k, const struct key_ask *ask)
{
    static const uint8_t nonce[CRYPT_NONCE];
    uint8_t key[CRYPT_KEY], aad[AAD_MAX], use = (uint8_t)ask->use;
    struct span salt = { ask->in.p + 1 + DESK_KEY_ID, DESK_SALT };
    struct span sealed = { ask->in.p + RECORD_HEAD, ask->in.n - RECORD_HEAD };
    enum fault f;

    if (ask->in.p[0] != DESK_RECORD || memcmp(ask->in.p + 1, k ? k->id : d->key_id, DESK_KEY_ID) != 0)
        return FAULT_DENIED;
    f = record_key(d, key, k, (struct span[]){ salt, { &use, 1 } });
    if (!f)
        f = crypt_gcm_open(d->gcm, out, &(struct crypt_gcm_job){ key, nonce, aad_of(aad, ask), sealed });
    secret_wipe(key, sizeof key);
    return f;
}

enum fault desk_seal(struct desk *d, uint8_t *out, const struct key_ask *ask)
{
    return seal(d, out, NULL, ask);
}

enum fault desk_open(struct desk *d, uint8_t *out, const struct key_ask *ask)
{
    return open_record(d, out, NULL, ask);
}

enum fault desk_seal_under(struct desk *d, uint8_t *out, const struct desk_key *k, const struct key_ask *ask)
{
    enum fault f = seal(d, out, k, ask), forgot = crypt_gcm_forget(d->gcm);

    return f ? f : forgot;
}

enum fault desk_open_under(struct desk *d, uint8_t *out, const struct desk_key *k, const struct key_ask *ask)
{
    enum fault f = open_record(d, out, k, ask), forgot = crypt_gcm_forget(d->gcm);

    return f ? f : forgot;
}
