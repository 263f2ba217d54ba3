/* ids_keys.c: the id keys that the gateway holds, and a newer one beside the older. */
#include <stdlib.h>
#include <string.h>

#include "service/hmac.h"
#include "service/ids_own.h"

#include "base/banned.h"

enum { BLOCK = IDS_TOKEN, KEY = 32 }; /* bytes; of AES-256 */

static const char *const digits_labels[IDS_OFS] = { "ids.payment", "ids.refund", "ids.settlement" };

static EVP_CIPHER_CTX *keyed(const char *algorithm, const uint8_t key[static KEY], bool encrypts)
{
    static const uint8_t zero[BLOCK];
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, algorithm, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

    if (!cipher || !ctx || EVP_CipherInit_ex2(ctx, cipher, key, zero, encrypts, NULL) != 1
        || EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_CIPHER_free(cipher);          /* the context keeps its own reference */
    return ctx;
}

/* A key of its own for each purpose, out of the id key. */
static enum fault derive(uint8_t out[static KEY], const struct secret *id_key, struct span label)
{
    struct hmac *h = NULL;
    enum fault f = hmac_new(&h, HMAC_SHA256_SIZE);

    if (!f)
        f = hmac_key(h, secret_span(id_key));
    if (!f)
        f = hmac_parts(h, out, &label, 1);
    hmac_free(h);
    return f;
}

static enum fault make_ciphers(struct ids_key *key, const struct secret *id_key)
{
    uint8_t session[KEY], merchant[KEY], token[KEY];
    enum fault f = derive(session, id_key, SPAN("ids.session"));

    if (!f)
        f = derive(merchant, id_key, SPAN("ids.merchant"));
    if (!f)
        f = derive(token, id_key, SPAN("ids.vault"));
    for (size_t k = 0; k < STRIPES && !f; k++) {
        struct ids_ciphers *c = &key->ciphers[k];
        c->session_out = keyed("AES-256-CBC", session, true);
        c->session_in = keyed("AES-256-CBC", session, false);
        c->merchant = keyed("AES-256-ECB", merchant, true);
        c->token_out = keyed("AES-256-ECB", token, true);
        c->token_in = keyed("AES-256-ECB", token, false);
        if (!c->session_out || !c->session_in || !c->merchant || !c->token_out || !c->token_in)
            f = FAULT_INTERNAL;
    }
    secret_wipe(session, sizeof session);
    secret_wipe(merchant, sizeof merchant);
    secret_wipe(token, sizeof token);
    return f;
}

static void free_key(struct ids_key *key)
{
    for (size_t k = 0; k < STRIPES; k++) {
        EVP_CIPHER_CTX_free(key->ciphers[k].session_out);
        EVP_CIPHER_CTX_free(key->ciphers[k].session_in);
        EVP_CIPHER_CTX_free(key->ciphers[k].merchant);
        EVP_CIPHER_CTX_free(key->ciphers[k].token_out);
        EVP_CIPHER_CTX_free(key->ciphers[k].token_in);
    }
    permute_free(key->number);
    permute_free(key->token);
    free(key);
}

/* A generation; it belongs to `i` from then on. */
static enum fault make_key(struct ids *i, const struct ids_key **out, const struct secret *id_key,
                           const struct key_generation *g)
{
    struct ids_key *key = id_key->n == KEY_ID_SIZE ? calloc(1, sizeof *key) : NULL;
    enum fault f;

    if (!key)
        return id_key->n == KEY_ID_SIZE ? FAULT_INTERNAL : FAULT_BAD_INPUT;
    memcpy(key->id, g->id, sizeof key->id);
    key->from = g->from;
    f = make_ciphers(key, id_key);
    if (!f)
        f = permute_new(&key->number, id_key, "ids.number", IDS_ORDER_BITS + 1);
    if (!f)
        f = permute_new(&key->token, id_key, "ids.token", IDS_ORDER_TOKEN_BITS);
    if (f) {
        free_key(key);
        return f;
    }
    key->made_before = i->last_made;
    i->last_made = key;
    *out = key;
    return FAULT_NONE;
}

static void show(struct ids *i, struct ids_shelf *shelf)
{
    shelf->made_before = atomic_load(&i->shelf);
    atomic_store(&i->shelf, shelf);
}

static enum fault make_first(struct ids *i, const struct secret *id_key)
{
    const struct key_generation only = { .purpose = KEY_PURPOSE_ID };
    struct ids_shelf *shelf = calloc(1, sizeof *shelf);
    enum fault f = shelf ? make_key(i, &shelf->keys[0], id_key, &only) : FAULT_INTERNAL;

    for (size_t of = 0; of < IDS_OFS && !f; of++)
        f = permute_new(&i->digits[of], id_key, digits_labels[of], IDS_ORDER_BITS + 1);
    if (f) {
        free(shelf);
        return f;
    }
    shelf->n = 1;
    show(i, shelf);
    return FAULT_NONE;
}

enum fault ids_new(struct ids **out, const struct secret *id_key)
{
    struct ids *i = calloc(1, sizeof *i);
    enum fault f = FAULT_NONE;

    if (!i)
        return FAULT_INTERNAL;
    pthread_mutex_init(&i->lock, NULL);
    i->stripes = aligned_alloc(STRIPE_LINE, STRIPES * sizeof *i->stripes);
    if (i->stripes)
        stripes_init(i->stripes);
    else
        f = FAULT_INTERNAL;
    if (!f)
        f = make_first(i, id_key);
    if (f) {
        ids_free(i);
        return f;
    }
    *out = i;
    return FAULT_NONE;
}

void ids_free(struct ids *i)
{
    struct ids_shelf *shelf;

    if (!i)
        return;
    shelf = atomic_load(&i->shelf);
    while (shelf) {
        struct ids_shelf *before = shelf->made_before;
        free(shelf);
        shelf = before;
    }
    while (i->last_made) {
        struct ids_key *key = i->last_made;
        i->last_made = key->made_before;
        free_key(key);
    }
    for (size_t of = 0; of < IDS_OFS; of++)
        permute_free(i->digits[of]);
    pthread_mutex_destroy(&i->lock);
    free(i->stripes);
    free(i);
}

const struct ids_shelf *ids_shelf(const struct ids *i)
{
    return atomic_load_explicit(&i->shelf, memory_order_acquire);
}

const struct ids_key *ids_key_of(const struct ids *i, int64_t number)
{
    const struct ids_shelf *shelf = ids_shelf(i);
    size_t age = 0;

    while (age + 1 < shelf->n && (uint64_t)number < shelf->keys[age]->from)
        age++;
    return shelf->keys[age];
}

static enum fault fetch(struct ids *i, const struct ids_key **out, struct keyholder *k, uint64_t age,
                        const struct key_generation *g)
{
    AUTO_SECRET key = NULL;
    struct key_ask ask = { .op = KEY_ID, .number = age };
    enum fault f = secret_new(&key, KEY_ID_SIZE);

    if (f)
        return f;
    ask.out = (struct buf){ key->bytes, 0, key->n, false };
    f = keyholder_ask_one(k, &ask);
    return f ? f : make_key(i, out, key, g);
}

static const struct ids_key *find_key(const struct ids_shelf *shelf, const struct key_generation *g)
{
    for (size_t n = 0; n < shelf->n; n++)
        if (memcmp(shelf->keys[n]->id, g->id, sizeof g->id) == 0)
            return shelf->keys[n];
    return NULL;
}

/* Those of the ring, each taken over from what is there or asked for. */
static enum fault fill(struct ids *i, struct ids_shelf *shelf, const struct key_ring *r, struct keyholder *k)
{
    enum fault f = FAULT_NONE;

    for (size_t n = 0; n < r->n && !f; n++) {
        const struct key_generation *g = &r->generations[n];
        const struct ids_key *key = g->purpose == KEY_PURPOSE_ID ? find_key(ids_shelf(i), g) : NULL;
        if (g->purpose != KEY_PURPOSE_ID)
            continue;
        if (shelf->n == KEY_GENERATIONS)
            return FAULT_INTERNAL;
        if (!key)
            f = fetch(i, &key, k, shelf->n, g);
        if (!f)
            shelf->keys[shelf->n++] = key;
    }
    return f || shelf->n ? f : FAULT_INTERNAL;
}

static bool is_same(const struct ids_shelf *a, const struct ids_shelf *b)
{
    if (a->n != b->n)
        return false;
    for (size_t n = 0; n < a->n; n++)
        if (a->keys[n] != b->keys[n])
            return false;
    return true;
}

enum fault ids_take(struct ids *i, const struct key_ring *r, struct keyholder *k)
{
    struct ids_shelf *shelf = calloc(1, sizeof *shelf);
    enum fault f;

    if (!shelf)
        return FAULT_INTERNAL;
    pthread_mutex_lock(&i->lock);
    f = fill(i, shelf, r, k);
    if (!f && !is_same(shelf, ids_shelf(i))) {
        show(i, shelf);
        shelf = NULL;
    }
    pthread_mutex_unlock(&i->lock);
    free(shelf);
    return f;
}
