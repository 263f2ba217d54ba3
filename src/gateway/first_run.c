/* first_run.c: mode stamp, key check, admin token, demo merchant. */
#include "gateway/first_run.h"

#include <openssl/sha.h>
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "gateway/demo.h"
#include "store/settings.h"

#include "base/banned.h"

enum { TOKEN_BYTES = 32 };            /* of randomness in an admin token */

#define TOKEN_SETTING SPAN("admin.token.sha256")

struct stamp { const struct parts *parts; struct span mode, check, token; struct buf *why; };

static enum fault key_check(const struct parts *p, uint8_t mac[static KEY_MAC_SIZE]);
static store_work stamp_work;
static enum fault stamp_one(struct store_tx *tx, struct arena *a, struct span name, struct span value,
                            const struct stamp *s, const char *complaint);
static void new_token(char out[static 2 * TOKEN_BYTES + 1]);

enum fault first_run(struct parts *p, struct credentials *c, struct buf *why)
{
    uint8_t mac[KEY_MAC_SIZE], digest[SHA256_DIGEST_LENGTH];
    uint8_t check_text[2 * KEY_MAC_SIZE], digest_text[2 * sizeof digest];
    struct buf check = BUF(check_text), token = BUF(digest_text);
    bool sandbox = p->services.mode == MODE_SANDBOX;
    struct stamp s = { .parts = p, .mode = sandbox ? SPAN("sandbox") : SPAN("live"), .why = why };
    struct arena *a;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    f = folder_read_credentials(c, &p->folder, a);
    arena_free(a);
    if (f == FAULT_BAD_INPUT || f == FAULT_DISK) {
        buf_text(why, "cannot read ");
        buf_text(why, p->folder.credentials);
        return f;
    }
    if (!c->admin_token[0])
        new_token(c->admin_token);

    f = key_check(p, mac);
    if (f) {
        buf_text(why, "the keyholder does not answer");
        return f;
    }
    hex_put(&check, (struct span){ mac, sizeof mac });
    s.check = buf_view(&check);
    SHA256((const uint8_t *)c->admin_token, strlen(c->admin_token), digest);
    hex_put(&token, (struct span){ digest, sizeof digest });
    s.token = buf_view(&token);
    f = store_write(p->services.store, stamp_work, &s);
    if (f) {
        if (!why->n)
            buf_text(why, "cannot write to the store");
        return f;
    }
    return sandbox ? demo_merchant(p, c, why) : FAULT_NONE;
}

/* The same master key gives the same MAC; another one would not open what the folder holds. */
static enum fault key_check(const struct parts *p, uint8_t mac[static KEY_MAC_SIZE])
{
    struct key_ask ask = { .op = KEY_MAC, .use = KEY_USE_CHECK, .about = SPAN("settings.key.check"),
                           .in = SPAN("tijori"), .out = { mac, 0, KEY_MAC_SIZE, false } };

    return keyholder_ask_one(p->services.keyholder, &ask);
}

static enum fault stamp_work(struct store_tx *tx, void *arg)
{
    struct stamp *s = arg;
    struct arena *a;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    f = stamp_one(tx, a, SPAN("mode"), s->mode, s,
                  "this data folder belongs to the other mode: sandbox and serve never share one");
    if (!f)
        f = stamp_one(tx, a, SPAN("key.check"), s->check, s, "this data folder was made with another master key");
    if (!f)
        f = settings_put(tx, TOKEN_SETTING, s->token);
    arena_free(a);
    return f;
}

/* Write `value` when the folder is new; refuse when it says something else. */
static enum fault stamp_one(struct store_tx *tx, struct arena *a, struct span name, struct span value,
                            const struct stamp *s, const char *complaint)
{
    struct span there;
    enum fault f = settings_get(tx, &there, a, name);

    if (f == FAULT_NOT_FOUND)
        return settings_put(tx, name, value);
    if (f || span_equal(there, value))
        return f;
    s->why->n = 0;
    buf_text(s->why, complaint);
    return FAULT_WRONG_STATE;
}

static void new_token(char out[static 2 * TOKEN_BYTES + 1])
{
    uint8_t random[TOKEN_BYTES];
    struct buf b = { (uint8_t *)out, 0, 2 * TOKEN_BYTES, false };

    secret_random(random, sizeof random);
    hex_put(&b, (struct span){ random, sizeof random });
    out[2 * TOKEN_BYTES] = '\0';
    secret_wipe(random, sizeof random);
}
