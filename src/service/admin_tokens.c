/* admin_tokens.c: admin tokens: made, used, revoked. */
#include "service/admin_tokens.h"

#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/base64.h"
#include "base/isotime.h"
#include "base/secret.h"
#include "store/admin_tokens.h"
#include "store/audit.h"
#include "store/settings.h"

#include "base/banned.h"

#define FIRST_SETTING SPAN("admin.token.sha256")
#define FIRST_NAME SPAN("admin")
#define PREFIX "tijori_admin_"        /* so that a token that leaked is known for what it is */
#define ABOUT SPAN("admin.token")

enum {
    RANDOM = 32,                      /* bytes of a token */
    TOKEN_SIZE = sizeof PREFIX - 1 + 2 * RANDOM,
    OBJECT_MAX = 256,                 /* bytes of what the audit log says of a new one */
};
static_assert((int)TOKEN_SIZE < (int)ADMIN_TOKEN_TEXT, "a token fits");

static const int64_t day_ms = 24 * 3600 * INT64_C(1000);

static const struct { const char *word; unsigned scope; } words[] = {
#define X(name, word, text) { word, ADMIN_##name },
    ADMIN_SCOPES(X)
#undef X
};

void admin_scopes_put(struct buf *out, unsigned scopes)
{
    const char *comma = "";

    for (size_t i = 0; i < ADMIN_SCOPE_COUNT; i++) {
        if (!(scopes & words[i].scope))
            continue;
        buf_text(out, comma);
        buf_text(out, words[i].word);
        comma = ",";
    }
}

static unsigned scope_of(struct span word)
{
    for (size_t i = 0; i < ADMIN_SCOPE_COUNT; i++)
        if (span_equal(word, span_of(words[i].word)))
            return words[i].scope;
    return 0;
}

enum fault admin_scopes_read(unsigned *out, struct span text)
{
    unsigned all = 0;

    for (size_t at = 0; at <= text.n;) {
        size_t n = 0;

        while (at + n < text.n && text.p[at + n] != ',')
            n++;
        unsigned one = scope_of(span_trim((struct span){ text.p + at, n }));
        if (!one)
            return FAULT_BAD_INPUT;
        all |= one;
        at += n + 1;
    }
    *out = all;
    return FAULT_NONE;
}

/* `digest`: of a token that is made as ours are; absent: it is not. */
struct search { const struct services *s; struct admin_use *use; struct arena *arena; struct span digest; bool first; };

/* A plain digest is enough: the token is 256 random bits, which nobody finds by trying. */
static enum fault is_first(struct span token, struct span stored_hex)
{
    uint8_t digest[SHA256_DIGEST_LENGTH], text[2 * SHA256_DIGEST_LENGTH];
    struct buf hex = BUF(text);

    if (!SHA256(token.p, token.n, digest))
        return FAULT_INTERNAL;
    hex_put(&hex, (struct span){ digest, sizeof digest });
    return secret_equal(buf_view(&hex), stored_hex) ? FAULT_NONE : FAULT_UNKNOWN_CALLER;
}

static enum fault find_first(struct store_tx *tx, struct search *q)
{
    struct span stored;
    enum fault f = settings_get(tx, &stored, q->arena, FIRST_SETTING);

    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_UNKNOWN_CALLER : f;
    f = is_first(q->use->token, stored);
    if (f)
        return f;
    q->first = true;
    q->use->scopes = ADMIN_EVERYTHING;
    return span_text(q->use->name, sizeof q->use->name, FIRST_NAME);
}

static void judge(struct admin_use *use, int64_t expires_ms, int64_t revoked_ms)
{
    use->ended_ms = revoked_ms ? revoked_ms : expires_ms;
    if (revoked_ms)
        use->verdict = ADMIN_REVOKED;
    else if (expires_ms && use->call.at_ms >= expires_ms)
        use->verdict = ADMIN_EXPIRED;
    else
        use->verdict = use->scopes & use->scope ? ADMIN_MAY : ADMIN_LACKS_SCOPE;
}

static enum fault find(struct store_tx *tx, void *arg)
{
    struct search *q = arg;
    struct admin_token_row row = { 0 };
    enum fault f = find_first(tx, q);

    if (f == FAULT_UNKNOWN_CALLER && !span_absent(q->digest)) {
        f = admin_tokens_find(tx, &row, q->arena, q->digest);
        if (f == FAULT_NOT_FOUND)
            return FAULT_UNKNOWN_CALLER;
        if (!f)
            f = span_text(q->use->name, sizeof q->use->name, row.name);
        /* Words of a later program are none of these. */
        if (!f && admin_scopes_read(&q->use->scopes, row.scopes))
            q->use->scopes = 0;
    }
    if (!f)
        judge(q->use, row.expires_ms, row.revoked_ms);
    return f;
}

/* Once more, for it may have been revoked since, and whatever came of it written down. */
static enum fault use_work(struct store_tx *tx, void *arg)
{
    struct search *q = arg;
    struct admin_use *use = q->use;
    enum fault f = find(tx, q);

    if (!f && !q->first && use->verdict == ADMIN_MAY)
        f = admin_tokens_put_used(tx, span_of(use->name), use->call.at_ms);
    use->call.actor = span_of(use->name);
    use->call.outcome = use->verdict;
    return f ? f : audit_admin(q->s, tx, &use->call);
}

static enum fault digest_of(const struct services *s, uint8_t out[static KEY_MAC_SIZE], struct span token)
{
    struct key_ask ask = { .op = KEY_MAC, .use = KEY_USE_DIGEST, .about = ABOUT, .in = token,
                           .out = { out, 0, KEY_MAC_SIZE, false } };
    enum fault f = s->keyholder ? keyholder_ask_one(s->keyholder, &ask) : FAULT_SILENT;

    return f && f != FAULT_SILENT ? FAULT_INTERNAL : f;
}

enum fault admin_token_use(const struct services *s, struct admin_use *use, struct store_reader *r, struct arena *a)
{
    struct search q = { .s = s, .use = use, .arena = a };
    uint8_t digest[KEY_MAC_SIZE];
    enum fault f = store_read(r, find, &q);

    if (f == FAULT_UNKNOWN_CALLER && use->token.n == TOKEN_SIZE && span_starts(use->token, SPAN(PREFIX))) {
        f = digest_of(s, digest, use->token);
        q.digest = (struct span){ digest, sizeof digest };
        if (!f)
            f = store_read(r, find, &q);
    }
    if (!f && use->verdict == ADMIN_MAY && use->known && strcmp(use->known, use->name) == 0)
        return FAULT_NONE;
    return f ? f : store_write(s->store, use_work, &q);
}

/* Words of the audit log and of paths: letters, digits, dot, dash, underscore. With no dot in front: "." and ".." mean
 * something else in a path, and clients take them out, so that nobody could revoke such a one. */
static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
            return false;
    }
    return name.n && name.p[0] != '.' && name.n <= ADMIN_NAME_MAX && !span_equal_nocase(name, FIRST_NAME);
}

struct making { const struct services *s; struct admin_token_row row; };

static enum fault make_work(struct store_tx *tx, void *arg)
{
    const struct making *m = arg;
    uint8_t object[OBJECT_MAX];
    struct buf what = BUF(object);
    char until[ISOTIME_TEXT];
    int64_t n = 0;
    enum fault f = admin_tokens_count(tx, &n);

    if (!f && n >= ADMIN_TOKENS_MAX)
        f = FAULT_TOO_MANY;
    if (!f)
        f = admin_tokens_insert(tx, &m->row);
    if (f)
        return f;
    isotime_ist(until, m->row.expires_ms);
    buf_text(&what, "admin token ");
    buf_span(&what, m->row.name);
    buf_text(&what, ": ");
    buf_span(&what, m->row.scopes);
    buf_text(&what, " until ");
    buf_text(&what, until);
    return audit_admin(m->s, tx, &(struct audit_call){ .at_ms = m->row.created_ms, .what = buf_view(&what),
                                                       .actor = m->row.created_by });
}

static void draw(char out[static ADMIN_TOKEN_TEXT])
{
    struct buf text = { (uint8_t *)out, 0, ADMIN_TOKEN_TEXT - 1, false };
    uint8_t random[RANDOM];

    secret_random(random, sizeof random);
    buf_text(&text, PREFIX);
    hex_put(&text, (struct span){ random, sizeof random });
    out[text.n] = '\0';
    secret_wipe(random, sizeof random);
}

enum fault admin_token_make(const struct services *s, char out[static ADMIN_TOKEN_TEXT], int64_t *expires_ms,
                            const struct admin_token_new *n)
{
    uint8_t digest[KEY_MAC_SIZE], list[ADMIN_SCOPES_TEXT];
    struct buf scopes = BUF(list);
    struct making m = { .s = s, .row = { .name = n->name, .created_by = n->by, .token_mac = { digest, sizeof digest },
                                         .created_ms = clock_now_ms(s->clock) } };
    enum fault f;

    if (!is_name(n->name) || !n->scopes || n->scopes & ~(unsigned)ADMIN_EVERYTHING || n->days < 1 ||
        n->days > ADMIN_DAYS_MAX)
        return FAULT_BAD_INPUT;
    if (n->scopes & ~n->by_scopes)
        return FAULT_DENIED;
    admin_scopes_put(&scopes, n->scopes);
    m.row.scopes = buf_view(&scopes);
    m.row.expires_ms = m.row.created_ms + n->days * day_ms;
    if (n->by_ends_ms && n->by_ends_ms < m.row.expires_ms)
        m.row.expires_ms = n->by_ends_ms;
    draw(out);
    f = digest_of(s, digest, span_of(out));
    if (!f)
        f = store_write(s->store, make_work, &m);
    if (f)
        secret_wipe(out, ADMIN_TOKEN_TEXT);
    *expires_ms = m.row.expires_ms;
    return f;
}

struct ending { struct span name; int64_t now_ms; };

static enum fault revoke_work(struct store_tx *tx, void *arg)
{
    const struct ending *e = arg;

    return admin_tokens_revoke(tx, e->name, e->now_ms);
}

enum fault admin_token_revoke(const struct services *s, struct span name)
{
    return store_write(s->store, revoke_work, &(struct ending){ name, clock_now_ms(s->clock) });
}

struct listing {
    int64_t now_ms;
    enum fault (*each)(void *arg, const struct admin_token_shown *t);
    void *arg;
};

static enum fault show(void *arg, const struct admin_token_row *t)
{
    const struct listing *l = arg;
    struct admin_token_shown shown = {
        t->name, t->scopes, t->created_by, t->created_ms, t->expires_ms, t->used_ms, t->revoked_ms,
        t->revoked_ms ? "revoked" : l->now_ms >= t->expires_ms ? "expired" : "live",
    };

    return l->each(l->arg, &shown);
}

static enum fault list_work(struct store_tx *tx, void *arg)
{
    return admin_tokens_each(tx, show, arg);
}

enum fault admin_tokens_list(const struct services *s, struct store_reader *r,
                             enum fault (*each)(void *arg, const struct admin_token_shown *t), void *arg)
{
    return store_read(r, list_work, &(struct listing){ clock_now_ms(s->clock), each, arg });
}
