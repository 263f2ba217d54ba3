/* desk.c: keys by label, and records sealed under a key of their own. */
#include "keyholder/desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum { AAD_MAX = 3 + KEY_ABOUT_MAX, RECORD_HEAD = 1 + DESK_KEY_ID + DESK_SALT, HOUR_MS = 60 * 60 * 1000 };

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

enum fault desk_derive(uint8_t *out, size_t n, struct span root, const char *label)
{
    struct crypt_hkdf from = { root, SPAN("tijori keyholder 1"), span_of(label) };

    return crypt_hkdf(out, n, &from);
}

/* One context under a key derived from a root. */
struct derived { struct crypt_mac **out; size_t size; const struct keyring_entry *from; const char *label; };

static enum fault derive_mac(const struct derived *d)
{
    AUTO_SECRET key = NULL;
    enum fault f = d->from ? secret_new(&key, d->size) : FAULT_BAD_INPUT;

    if (!f)
        f = desk_derive(key->bytes, key->n, (struct span){ d->from->root, KEYRING_ROOT }, d->label);
    return f ? f : crypt_mac_new(d->out, d->size, secret_span(key));
}

static bool only_authenticates(size_t use)
{
    return use == KEY_USE_DIGEST || use == KEY_USE_CHECK;
}

static enum fault derive_data(struct desk *d, const struct keyring *ring)
{
    const struct keyring_entry *e;
    enum fault f = FAULT_NONE;

    while (!f && d->datas < KEY_GENERATIONS && (e = keyring_find(ring, KEY_PURPOSE_DATA, d->datas))) {
        struct desk_data *data = &d->data[d->datas++];
        memcpy(data->id, e->id, DESK_KEY_ID);
        for (size_t use = 0; use < KEY_USES && !f; use++)
            if (labels[use] && !only_authenticates(use))
                f = derive_mac(&(struct derived){ &data->keyed[use], CRYPT_SHA256, e, labels[use] });
    }
    return f;
}

static enum fault derive_signing(struct desk *d, const struct keyring *ring)
{
    const struct keyring_entry *e;
    enum fault f = FAULT_NONE;

    while (!f && d->signings < KEY_GENERATIONS && (e = keyring_find(ring, KEY_PURPOSE_SIGNING, d->signings))) {
        struct desk_signing *signing = &d->signing[d->signings++];
        signing->created_ms = e->created_ms;
        f = derive_mac(&(struct derived){ &signing->hourly, CRYPT_SHA384, e, "hourly root" });
    }
    return f;
}

static enum fault derive_digests(struct desk *d, const struct keyring *ring)
{
    const struct keyring_entry *e;
    enum fault f = FAULT_NONE;

    for (size_t age = 0; age < DESK_DIGESTS && !f && (e = keyring_find(ring, KEY_PURPOSE_FINGERPRINT, age)); age++) {
        f = derive_mac(&(struct derived){ &d->digests[age].fingerprint, CRYPT_SHA256, e, "card fingerprint" });
        if (!f)
            f = derive_mac(&(struct derived){ &d->digests[age].owner, CRYPT_SHA256, e, "card owner" });
    }
    return f;
}

static enum fault derive_others(struct desk *d, const struct keyring *ring)
{
    const struct keyring_entry *base = keyring_find(ring, KEY_PURPOSE_BASE, 0);
    const struct derived all[] = {
        { &d->keyed[KEY_USE_DIGEST], CRYPT_SHA256, base, labels[KEY_USE_DIGEST] },
        { &d->keyed[KEY_USE_CHECK], CRYPT_SHA256, base, labels[KEY_USE_CHECK] },
        { &d->pan, CRYPT_SHA256, base, "network pan" },
        { &d->par, CRYPT_SHA256, base, "network par" },
        { &d->cryptogram, CRYPT_SHA256, base, "network cryptogram" },
        { &d->acquirer_pan, CRYPT_SHA256, base, "acquirer pan" },
        { &d->chain, CRYPT_SHA256, keyring_find(ring, KEY_PURPOSE_SIGNING, 0), "audit chain" },
    };
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < sizeof all / sizeof *all && !f; i++)
        f = derive_mac(&all[i]);
    return f;
}

static enum fault derive_numbers(struct desk *d, const struct keyring *ring)
{
    const struct keyring_entry *base = keyring_find(ring, KEY_PURPOSE_BASE, 0);
    AUTO_SECRET key = NULL;
    enum fault f = base ? secret_new(&key, CRYPT_KEY) : FAULT_BAD_INPUT;

    if (!f)
        f = desk_derive(key->bytes, key->n, (struct span){ base->root, KEYRING_ROOT }, "network number");
    return f ? f : ff1_new(&d->numbers, secret_span(key));
}

static enum fault derive_all(struct desk *d, const struct keyring *ring)
{
    enum fault f = derive_data(d, ring);

    if (!f)
        f = derive_signing(d, ring);
    if (!f)
        f = derive_digests(d, ring);
    if (!f)
        f = derive_others(d, ring);
    return f ? f : derive_numbers(d, ring);
}

enum fault desk_new(struct desk **out, const struct keyring *ring)
{
    static const uint8_t none[CRYPT_KEY];
    struct desk *d = calloc(1, sizeof *d);
    enum fault f;

    if (!d)
        return FAULT_INTERNAL;
    f = crypt_gcm_new(&d->gcm);
    if (!f)
        f = derive_all(d, ring);
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

static void free_generations(struct desk *d)
{
    for (size_t i = 0; i < d->datas; i++)
        for (size_t use = 0; use < KEY_USES; use++)
            crypt_mac_free(d->data[i].keyed[use]);
    for (size_t i = 0; i < d->signings; i++)
        crypt_mac_free(d->signing[i].hourly);
    for (size_t i = 0; i < DESK_DIGESTS; i++) {
        crypt_mac_free(d->digests[i].fingerprint);
        crypt_mac_free(d->digests[i].owner);
    }
}

void desk_free(struct desk *d)
{
    if (!d)
        return;
    free_generations(d);
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
    secret_wipe(d, sizeof *d);
    free(d);
}

/* Which generation sealed it? NULL: none that is there. */
static const struct desk_data *data_of(const struct desk *d, struct span record)
{
    for (size_t i = 0; i < d->datas; i++)
        if (memcmp(record.p + 1, d->data[i].id, DESK_KEY_ID) == 0)
            return &d->data[i];
    return NULL;
}

struct crypt_mac *desk_keyed(const struct desk *d, struct span record, enum key_use use)
{
    const struct desk_data *data = data_of(d, record);

    return data ? data->keyed[use] : NULL;
}

struct crypt_mac *desk_hourly(const struct desk *d, uint64_t hour)
{
    for (size_t i = 0; i < d->signings; i++)
        if (((uint64_t)d->signing[i].created_ms + HOUR_MS - 1) / HOUR_MS <= hour)
            return d->signing[i].hourly;
    return d->signing[d->signings - 1].hourly;
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

/* What a record is sealed under: a generation's key of its use, or a key of its own. */
struct under { struct crypt_mac *keyed; const struct desk_key *own; };

static enum fault record_key(struct desk *d, uint8_t out[static CRYPT_KEY], const struct under *u,
                             const struct span parts[static 2])
{
    if (u->own)
        return crypt_mac_under(d->any, (struct span){ u->own->key, CRYPT_KEY }, out, parts, 2);
    return u->keyed ? crypt_mac(u->keyed, out, parts, 2) : FAULT_DENIED;
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

static enum fault seal(struct desk *d, uint8_t *out, const struct under *u, const struct key_ask *ask)
{
    static const uint8_t nonce[CRYPT_NONCE];
    uint8_t key[CRYPT_KEY], aad[AAD_MAX], use = (uint8_t)ask->use, *salt = out + 1 + DESK_KEY_ID;
    enum fault f;

    out[0] = DESK_RECORD;
    memcpy(out + 1, u->own ? u->own->id : d->data[0].id, DESK_KEY_ID);
    take_salt(d, salt);
    f = record_key(d, key, u, (struct span[]){ { salt, DESK_SALT }, { &use, 1 } });
    if (!f)
        f = crypt_gcm_seal(d->gcm, out + RECORD_HEAD, &(struct crypt_gcm_job){ key, nonce, aad_of(aad, ask), ask->in });
    secret_wipe(key, sizeof key);
    return f;
}

static enum fault open_record(struct desk *d, uint8_t *out, const struct under *u, const struct key_ask *ask)
{
    static const uint8_t nonce[CRYPT_NONCE];
    uint8_t key[CRYPT_KEY], aad[AAD_MAX], use = (uint8_t)ask->use;
    struct span salt = { ask->in.p + 1 + DESK_KEY_ID, DESK_SALT };
    struct span sealed = { ask->in.p + RECORD_HEAD, ask->in.n - RECORD_HEAD };
    enum fault f;

    if (ask->in.p[0] != DESK_RECORD || (u->own && memcmp(ask->in.p + 1, u->own->id, DESK_KEY_ID) != 0))
        return FAULT_DENIED;
    f = record_key(d, key, u, (struct span[]){ salt, { &use, 1 } });
    if (!f)
        f = crypt_gcm_open(d->gcm, out, &(struct crypt_gcm_job){ key, nonce, aad_of(aad, ask), sealed });
    secret_wipe(key, sizeof key);
    return f;
}

enum fault desk_seal(struct desk *d, uint8_t *out, const struct key_ask *ask)
{
    return seal(d, out, &(struct under){ d->data[0].keyed[ask->use], NULL }, ask);
}

enum fault desk_open(struct desk *d, uint8_t *out, const struct key_ask *ask)
{
    return open_record(d, out, &(struct under){ desk_keyed(d, ask->in, ask->use), NULL }, ask);
}

enum fault desk_seal_under(struct desk *d, uint8_t *out, const struct desk_key *k, const struct key_ask *ask)
{
    enum fault f = seal(d, out, &(struct under){ NULL, k }, ask), forgot = crypt_gcm_forget(d->gcm);

    return f ? f : forgot;
}

enum fault desk_open_under(struct desk *d, uint8_t *out, const struct desk_key *k, const struct key_ask *ask)
{
    enum fault f = open_record(d, out, &(struct under){ NULL, k }, ask), forgot = crypt_gcm_forget(d->gcm);

    return f ? f : forgot;
}
