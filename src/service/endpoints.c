/* endpoints.c: adding and removing endpoints, and sending again. */
#include "service/endpoints.h"

#include "service/parts.h"
#include "service/schedule.h"
#include "store/merchants.h"

#include "base/banned.h"

#define NEWEST_VERSION SPAN("2025-01-01")

static const char *const versions[] = {
    "2021-09-21", "2022-09-01", "2023-08-01", "2025-01-01", "2026-01-01",
};

struct adding {
    const struct services *s;
    const struct endpoint_new *wish;
    struct arena *arena;
    struct endpoint_row row;
    size_t others;
};

struct number { int64_t merchant_id, no, now_ms; };

static bool is_version(struct span v)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (span_equal(v, span_of(versions[i])))
            return true;
    return false;
}

/* One header's value, and nothing that would end it. */
static bool is_header_value(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return s.n <= ENDPOINT_AUTH_MAX;
}

static const char *policy_flaw(const struct endpoint_new *n)
{
    bool counted = n->policy == ENDPOINT_FIXED || n->policy == ENDPOINT_EXPONENTIAL;

    if (counted && (n->tries < 1 || n->tries > ENDPOINT_TRIES_MAX))
        return "tries must be 1 to 10";
    if (counted && (n->interval_ms < SCHEDULE_INTERVAL_MIN_MS || n->interval_ms > SCHEDULE_INTERVAL_MAX_MS))
        return "interval_seconds must be 1 to 86400";
    if (n->policy == ENDPOINT_CUSTOM && !schedule_is_custom(n->intervals))
        return "intervals must be 1 to 10 numbers of seconds, each 1 to 86400, with commas between them";
    return NULL;
}

static const char *flaw(const struct endpoint_new *n)
{
    if (n->kind == ENDPOINT_FORM || (unsigned)n->kind >= ENDPOINT_KINDS)
        return "kind must be cashfree, paytm or juspay";
    if (n->url.n == 0 || n->url.n > ENDPOINT_URL_MAX)
        return "url must be given and have at most 512 characters";
    if (n->kind == ENDPOINT_CASHFREE && !span_absent(n->version) && !is_version(n->version))
        return "version must be 2021-09-21, 2022-09-01, 2023-08-01, 2025-01-01 or 2026-01-01";
    if (n->events & ~webhook_events_of(n->kind))
        return "events must be ones that an endpoint of this kind can be told";
    if (n->kind != ENDPOINT_JUSPAY && !span_absent(n->authorization))
        return "authorization goes with kind juspay only";
    if (!is_header_value(n->authorization))
        return "authorization must be printable ASCII of at most 256 characters";
    return policy_flaw(n);
}

static enum fault count(void *arg, const struct endpoint_row *e)
{
    struct adding *a = arg;

    (void)e;
    a->others++;
    return FAULT_NONE;
}

/* What binds the sealed value to its row. */
static struct span about_auth(struct arena *a, const struct endpoint_row *e)
{
    struct buf no = arena_buf(a, 24);

    buf_i64(&no, e->endpoint_no);
    return parts_about(a, "webhook_endpoints.auth", e->merchant_id, buf_view(&no));
}

/* Endpoints are added rarely, and the question is pure: it is put within the job. */
static enum fault seal_auth(struct adding *a)
{
    struct span plain = a->wish->authorization;
    struct key_ask ask = {
        .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = about_auth(a->arena, &a->row), .in = plain,
        .out = arena_buf(a->arena, plain.n + KEY_SEAL_EXTRA),
    };
    enum fault f;

    if (span_absent(plain))
        return FAULT_NONE;
    f = keyholder_ask_one(a->s->keyholder, &ask);
    a->row.auth_sealed = buf_view(&ask.out);
    return !f || f == FAULT_SILENT ? f : FAULT_INTERNAL;
}

static enum fault add_work(struct store_tx *tx, void *arg)
{
    struct adding *a = arg;
    struct merchant_row merchant;
    enum fault f = merchants_find(tx, &merchant, a->arena, a->wish->merchant_id);

    a->others = 0;
    if (!f)
        f = endpoints_each(tx, a->wish->merchant_id, count, a);
    if (!f && a->others >= ENDPOINTS_MAX)
        f = FAULT_TOO_MANY;
    if (!f)
        f = endpoints_next_no(tx, &a->row.endpoint_no, a->wish->merchant_id);
    if (!f)
        f = seal_auth(a);
    return f ? f : endpoints_insert(tx, &a->row);
}

static struct endpoint_row row_of(const struct endpoint_new *n, int64_t now_ms)
{
    struct span version = span_absent(n->version) ? NEWEST_VERSION : n->version;
    bool counted = n->policy == ENDPOINT_FIXED || n->policy == ENDPOINT_EXPONENTIAL;

    return (struct endpoint_row){
        .merchant_id = n->merchant_id, .kind = n->kind, .url = n->url,
        .version = n->kind == ENDPOINT_CASHFREE ? version : (struct span){ 0 },
        .events = n->events ? n->events : webhook_events_of(n->kind), .policy = n->policy,
        .tries = counted ? n->tries : 0, .interval_ms = counted ? n->interval_ms : 0,
        .intervals = n->policy == ENDPOINT_CUSTOM ? n->intervals : (struct span){ 0 }, .created_ms = now_ms,
    };
}

enum fault endpoint_add(const struct services *s, int64_t *endpoint_no, const struct endpoint_new *n, const char **why)
{
    struct adding a = { .s = s, .wish = n };
    enum fault f;

    *why = flaw(n);
    if (*why)
        return FAULT_BAD_INPUT;
    f = arena_new(&a.arena);
    if (f)
        return f;
    a.row = row_of(n, clock_now_ms(s->clock));
    f = store_write(s->store, add_work, &a);
    *endpoint_no = a.row.endpoint_no;
    arena_free(a.arena);
    return f;
}

static enum fault remove_work(struct store_tx *tx, void *arg)
{
    const struct number *n = arg;

    return endpoints_disable(tx, n->merchant_id, n->no);
}

enum fault endpoint_remove(const struct services *s, int64_t merchant_id, int64_t endpoint_no)
{
    struct number n = { .merchant_id = merchant_id, .no = endpoint_no };

    return store_write(s->store, remove_work, &n);
}

enum fault endpoint_ask_auth(struct key_ask *out, struct arena *a, const struct endpoint_row *e)
{
    *out = (struct key_ask){
        .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .about = about_auth(a, e), .in = e->auth_sealed,
        .out = arena_buf(a, ENDPOINT_AUTH_MAX),
    };
    return out->out.full || span_absent(out->about) ? FAULT_INTERNAL : FAULT_NONE;
}

static enum fault resend_work(struct store_tx *tx, void *arg)
{
    const struct number *n = arg;

    return outbox_resend(tx, n->merchant_id, n->no, n->now_ms);
}

enum fault delivery_resend(const struct services *s, int64_t merchant_id, int64_t delivery_no)
{
    struct number n = { merchant_id, delivery_no, clock_now_ms(s->clock) };

    return store_write(s->store, resend_work, &n);
}
