/* callers.c: credentials to merchants. */
#include "service/callers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "service/hmac.h"
#include "service/known.h"
#include "service/stripes.h"
#include "store/merchants.h"

#include "base/banned.h"

enum {
    BUCKETS = 2048,                   /* chains of the table; twice the entries keeps them short */
    NOBODY = -1,                      /* end of a chain */
    SECRETS_TRIED = 8,                /* live secrets of one client id that are tried, newest first */
    ASKS_MIN = 2,                     /* questions put in any case: an unknown id costs what a rotated one does */
    DUMMY_SECRET = 54,                /* bytes, as long as a real secret */
    KEY = 32,
};

#define ABOUT_NOBODY "credentials.secret|0||0"      /* no merchant has number 0 */

/* A secret that passed. `mac` is over client id and secret, so it is also where to look: nobody without the
 * key can tell which chain a guess will search. */
struct verified { uint8_t mac[HMAC_SHA256_SIZE]; int64_t ends_ms; struct caller caller; bool used; int next; };

struct callers {
    struct stripe stripes[STRIPES];
    struct hmac *macs[STRIPES];
    struct known *known;
    pthread_rwlock_t lock;            /* guards what follows */
    uint64_t generation;              /* of the memory; callers_forget() begins a new one */
    struct verified entries[CALLERS_REMEMBERED];
    size_t oldest;                    /* the entry to be replaced next */
    int buckets[BUCKETS];
    pthread_mutex_t dummy_lock;       /* guards what follows */
    uint8_t dummy[DUMMY_SECRET + KEY_SEAL_EXTRA];      /* a sealed secret that nobody has */
    bool has_dummy;
};

/* One question of who this may be. */
struct search {
    struct span client_id;
    int64_t now_ms;
    struct arena *arena;
    struct credential_row credentials[SECRETS_TRIED];
    size_t n;
    struct merchant_row merchant;
};

/* Writers go first, so that callers_forget() is not kept waiting by a stream of requests. */
static void init_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attr;

    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &attr);
    pthread_rwlockattr_destroy(&attr);
}

static void empty(struct callers *c)
{
    secret_wipe(c->entries, sizeof c->entries);
    c->oldest = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        c->buckets[i] = NOBODY;
}

enum fault callers_new(struct callers **out)
{
    struct callers *c = aligned_alloc(STRIPE_LINE, sizeof *c);
    uint8_t key[KEY];
    enum fault f = FAULT_NONE;

    if (!c)
        return FAULT_INTERNAL;
    memset(c, 0, sizeof *c);
    stripes_init(c->stripes);
    init_lock(&c->lock);
    pthread_mutex_init(&c->dummy_lock, NULL);
    empty(c);
    secret_random(key, sizeof key);
    for (size_t i = 0; i < STRIPES && !f; i++) {
        f = hmac_new(&c->macs[i], HMAC_SHA256_SIZE);
        if (!f)
            f = hmac_key(c->macs[i], (struct span){ key, sizeof key });
    }
    secret_wipe(key, sizeof key);
    if (!f)
        f = known_new(&c->known);
    if (f) {
        callers_free(c);
        return f;
    }
    *out = c;
    return FAULT_NONE;
}

void callers_free(struct callers *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < STRIPES; i++)
        hmac_free(c->macs[i]);
    known_free(c->known);
    pthread_rwlock_destroy(&c->lock);
    pthread_mutex_destroy(&c->dummy_lock);
    secret_wipe(c->entries, sizeof c->entries);
    free(c);
}

void callers_forget(struct callers *c)
{
    pthread_rwlock_wrlock(&c->lock);
    c->generation++;
    empty(c);
    pthread_rwlock_unlock(&c->lock);
    known_forget(c->known);
}

struct known *callers_known(const struct callers *c)
{
    return c ? c->known : NULL;
}

static enum fault mac_of(struct callers *c, uint8_t out[static HMAC_SHA256_SIZE], struct span client_id,
                         struct span secret)
{
    uint8_t length = (uint8_t)client_id.n;     /* first, so that no other split of the same bytes has the same MAC */
    size_t i = stripe_take(c->stripes);
    enum fault f = hmac_parts(c->macs[i], out, (struct span[]){ { &length, 1 }, client_id, secret }, 3);

    stripe_give(c->stripes, i);
    return f;
}

static int *bucket_of(struct callers *c, const uint8_t mac[static HMAC_SHA256_SIZE])
{
    return &c->buckets[(mac[0] | (unsigned)mac[1] << 8) % BUCKETS];
}

/* With the lock held: the entry of this MAC, or NULL. */
static const struct verified *lookup(struct callers *c, const uint8_t mac[static HMAC_SHA256_SIZE])
{
    for (int i = *bucket_of(c, mac); i != NOBODY; i = c->entries[i].next) {
        const struct verified *v = &c->entries[i];
        if (secret_equal((struct span){ v->mac, sizeof v->mac }, (struct span){ mac, HMAC_SHA256_SIZE }))
            return v;
    }
    return NULL;
}

/* Is this pair remembered and still valid? *generation says of which memory the answer is. */
static bool recall(struct callers *c, struct caller *out, uint64_t *generation,
                   const uint8_t mac[static HMAC_SHA256_SIZE], int64_t now_ms)
{
    const struct verified *v;
    bool valid;

    pthread_rwlock_rdlock(&c->lock);
    *generation = c->generation;
    v = lookup(c, mac);
    valid = v && (v->ends_ms == 0 || now_ms < v->ends_ms);
    if (valid)
        *out = v->caller;
    pthread_rwlock_unlock(&c->lock);
    return valid;
}

static void unlink_entry(struct callers *c, int i)
{
    int *at = bucket_of(c, c->entries[i].mac);

    while (*at != i)
        at = &c->entries[*at].next;
    *at = c->entries[i].next;
}

/* Remember, unless the memory was emptied since the answer was looked for: it may be what was changed. */
static void remember(struct callers *c, const struct verified *v, uint64_t generation)
{
    int i, *bucket;

    pthread_rwlock_wrlock(&c->lock);
    if (c->generation == generation && !lookup(c, v->mac)) {
        i = (int)c->oldest;
        c->oldest = (c->oldest + 1) % CALLERS_REMEMBERED;
        if (c->entries[i].used)
            unlink_entry(c, i);
        bucket = bucket_of(c, v->mac);
        c->entries[i] = *v;
        c->entries[i].used = true;
        c->entries[i].next = *bucket;
        *bucket = i;
    }
    pthread_rwlock_unlock(&c->lock);
}

static enum fault keep_credential(void *arg, const struct credential_row *row)
{
    struct search *s = arg;
    struct credential_row *kept = &s->credentials[s->n];

    if (s->n == SECRETS_TRIED)
        return FAULT_NONE;
    *kept = *row;
    kept->client_id = s->client_id;
    kept->secret_sealed = arena_copy(s->arena, row->secret_sealed);
    s->n++;
    return span_absent(kept->secret_sealed) ? FAULT_INTERNAL : FAULT_NONE;
}

static enum fault search_work(struct store_tx *tx, void *arg)
{
    struct search *s = arg;
    enum fault f;

    s->n = 0;
    f = credentials_each(tx, s->client_id, s->now_ms, keep_credential, s);
    if (f || s->n == 0)
        return f;
    f = merchants_find(tx, &s->merchant, s->arena, s->credentials[0].merchant_id);
    return f == FAULT_NOT_FOUND ? FAULT_INTERNAL : f;
}

void caller_about_secret(struct buf *out, int64_t merchant_id, struct span client_id, int64_t secret_no)
{
    buf_span(out, SPAN("credentials.secret|"));
    buf_i64(out, merchant_id);
    buf_byte(out, '|');
    buf_span(out, client_id);
    buf_byte(out, '|');
    buf_i64(out, secret_no);
}

static struct span about_credential(struct arena *a, const struct credential_row *c)
{
    struct buf about = arena_buf(a, CALLER_ABOUT_MAX);

    caller_about_secret(&about, c->merchant_id, c->client_id, c->secret_no);
    return about.full ? (struct span){ 0 } : buf_view(&about);
}

/* The sealed secret that nobody has, made when it is first needed; it opens under any keyholder of this key. */
static enum fault dummy_record(const struct services *s, struct span *out)
{
    struct callers *c = s->callers;
    uint8_t secret[DUMMY_SECRET];
    struct key_ask ask = { .op = KEY_SEAL, .use = KEY_USE_CREDENTIAL, .about = SPAN(ABOUT_NOBODY),
                           .in = { secret, sizeof secret } };
    enum fault f = FAULT_NONE;

    pthread_mutex_lock(&c->dummy_lock);
    if (!c->has_dummy) {
        secret_random(secret, sizeof secret);
        ask.out = BUF(c->dummy);
        f = keyholder_ask_one(s->keyholder, &ask);
        c->has_dummy = !f;
    }
    pthread_mutex_unlock(&c->dummy_lock);
    *out = (struct span){ c->dummy, sizeof c->dummy };
    return f;
}

/* Ask the keyholder about every live secret, and about one that nobody has where there are fewer than ASKS_MIN.
 * *winner is the index of the credential that matched, or s->n. */
static enum fault ask_which(const struct services *sv, size_t *winner, const struct search *s, struct span secret)
{
    struct key_ask asks[SECRETS_TRIED] = { 0 };
    size_t n = s->n > ASKS_MIN ? s->n : ASKS_MIN;
    struct span dummy;
    enum fault f = dummy_record(sv, &dummy);

    if (f)
        return f;
    for (size_t i = 0; i < n; i++) {
        struct key_ask *ask = &asks[i];
        bool real = i < s->n;
        ask->op = KEY_VERIFY;
        ask->use = KEY_USE_CREDENTIAL;
        ask->about = real ? about_credential(s->arena, &s->credentials[i])
                          : SPAN(ABOUT_NOBODY);
        ask->in = real ? s->credentials[i].secret_sealed : dummy;
        ask->presented = secret;
        if (span_absent(ask->about))
            return FAULT_INTERNAL;
    }
    f = keyholder_ask(sv->keyholder, asks, n);
    if (f)
        return f;
    *winner = s->n;
    for (size_t i = s->n; i-- > 0;)
        if (asks[i].fault == FAULT_NONE)
            *winner = i;
    return FAULT_NONE;
}

static enum fault fill_caller(struct caller *out, const struct search *s)
{
    *out = (struct caller){ .merchant_id = s->merchant.merchant_id };
    if (span_text(out->client_id, sizeof out->client_id, s->client_id) != FAULT_NONE
        || span_text(out->currencies, sizeof out->currencies, s->merchant.currencies) != FAULT_NONE)
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

/* Client ids are plain text; anything else is nobody's and is not worth a look. */
static bool is_plain(struct span client_id)
{
    for (size_t i = 0; i < client_id.n; i++)
        if (client_id.p[i] <= ' ' || client_id.p[i] > '~')
            return false;
    return true;
}

enum fault callers_find(const struct services *s, struct caller *out, struct store_reader *r, struct arena *a,
                        struct span client_id, struct span secret, int64_t now_ms)
{
    struct search search = { .client_id = client_id, .now_ms = now_ms, .arena = a };
    struct verified v = { 0 };
    uint64_t generation;
    size_t winner = 0;
    enum fault f;

    if (client_id.n == 0 || client_id.n > CALLER_ID_MAX || secret.n == 0 || secret.n > CALLER_SECRET_MAX
        || !is_plain(client_id))
        return FAULT_UNKNOWN_CALLER;      /* no credential looks like that, and this is no secret */
    f = mac_of(s->callers, v.mac, client_id, secret);
    if (f)
        return f;
    if (recall(s->callers, out, &generation, v.mac, now_ms))
        return FAULT_NONE;

    f = store_read(r, search_work, &search);
    if (!f)
        f = ask_which(s, &winner, &search, secret);
    if (f)
        return f;
    /* A client id is of one merchant; a row that was moved to another must not speak for either. */
    if (winner == search.n || search.merchant.disabled
        || search.credentials[winner].merchant_id != search.merchant.merchant_id)
        return FAULT_UNKNOWN_CALLER;
    f = fill_caller(&v.caller, &search);
    if (f)
        return f;
    v.ends_ms = search.credentials[winner].ends_ms;
    remember(s->callers, &v, generation);
    *out = v.caller;
    return FAULT_NONE;
}

bool caller_has_currency(const struct caller *c, struct span currency)
{
    struct span all = span_of(c->currencies);

    if (currency.n != 3)
        return false;
    for (size_t at = 0; at + 3 <= all.n; at += 4)      /* three letters and a comma */
        if (memcmp(all.p + at, currency.p, 3) == 0)
            return true;
    return false;
}
