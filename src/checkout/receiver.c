/* receiver.c: the sandbox's own receiver of webhooks: it keeps what came, says whether the signature is good, and
 * answers as its address asks for, so that a sender's tries can be watched. */
#include <time.h>

#include "checkout/demo.h"
#include "service/signing.h"
#include "store/merchants.h"

#include "base/banned.h"

struct receiver {
    struct visit visit;               /* x->state */
    unsigned status;
    int wait_s;
    struct signing_keys keys;
    struct span timestamp, signature, headers;
    const char *verified;
};

static const struct { const char *name; unsigned status; int wait_s; } manners[] = {
    { "ok", 200, 0 }, { "fail", 500, 0 }, { "slow", 200, DEMO_SLOW_MS / 1000 }, { "gone", 410, 0 },
    { "hang", 504, DEMO_HANG_MS / 1000 },
};

unsigned demo_manner(struct span name)
{
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++)
        if (span_equal(span_of(manners[i].name), name))
            return manners[i].status;
    return 0;
}

static enum fault find_keys(struct store_tx *tx, void *arg)
{
    struct exchange *x = arg;
    struct receiver *r = x->state;
    struct merchant_row m;
    enum fault f = merchants_find_name(tx, &m, x->arena, SPAN("Demo merchant"));

    if (f)
        return f;
    x->merchant_id = m.merchant_id;
    return signing_find(tx, &r->keys, x->arena, m.merchant_id, x->now_ms);
}

enum step receiver_parse(struct exchange *x)
{
    struct receiver *r = arena_take(x->arena, sizeof *r);
    enum fault f;

    exchange_request_id(x, (struct span){ 0 });
    if (!r || x->services->mode != MODE_SANDBOX || !demo_manner(x->params[0])) {
        page_fault(x, r ? FAULT_NOT_FOUND : FAULT_BUSY);
        return STEP_ANSWERED;
    }
    x->state = r;
    r->status = demo_manner(x->params[0]);
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++)
        if (span_equal(span_of(manners[i].name), x->params[0]))
            r->wait_s = manners[i].wait_s;
    r->timestamp = x->header(x, "x-webhook-timestamp");
    r->signature = x->header(x, "x-webhook-signature");
    f = store_read(x->reader, find_keys, x);
    if (!f)
        return STEP_GO;
    page_fault(x, f);
    return STEP_ANSWERED;
}

/* Of a form: what reference 1.6 signs. */
static enum fault form_text(struct exchange *x, struct buf *out, struct span *signature)
{
    struct form { struct span values[7], signature; } form = { 0 };
    static const char *const names[] = {
        "orderId", "orderAmount", "referenceId", "txStatus", "paymentMode", "txMsg", "txTime",
    };
    struct form_field fields[sizeof names / sizeof *names + 2] = {
        { "signature", 64, offsetof(struct form, signature) },
    };
    enum fault f;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        fields[i + 1] = (struct form_field){ names[i], 256, offsetof(struct form, values) + i * sizeof(struct span) };
    f = form_read(&form, fields, x->arena, x->body, NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names && !f; i++)
        buf_span(out, form.values[i]);
    *signature = form.signature;
    return f;
}

static const char *verify(struct exchange *x)
{
    struct receiver *r = x->state;
    struct span signature = r->signature;
    struct buf text = arena_buf(x->arena, x->body.n + r->timestamp.n + 1);
    enum fault f = FAULT_NONE;

    if (span_absent(signature)) {
        f = form_text(x, &text, &signature);
    } else {
        buf_span(&text, r->timestamp);
        buf_span(&text, x->body);
    }
    if (!f && span_absent(signature))
        return "absent";
    if (!f)
        f = signing_check(x->services, x->arena, &r->keys, buf_view(&text), signature);
    return f ? "wrong" : "good";
}

static void put_line(struct buf *b, const char *name, struct span value)
{
    if (span_absent(value))
        return;
    buf_text(b, name);
    buf_text(b, ": ");
    buf_span(b, value);
    buf_byte(b, '\n');
}

/* Workers are for payments: one of them may be held here, and whoever comes meanwhile is not taken. */
static void wait_as_asked(struct exchange *x)
{
    atomic_bool *waits = x->services->demo_waits;
    struct receiver *r = x->state;

    if (!waits || atomic_exchange(waits, true)) {
        r->status = DEMO_BUSY;
        return;
    }
    (void)nanosleep(&(struct timespec){ .tv_sec = r->wait_s }, NULL);
    atomic_store(waits, false);
}

/* On a worker. */
enum step receiver_prepare(struct exchange *x)
{
    static const char *const kept[] = {
        "Content-Type", "x-webhook-version", "x-webhook-attempt", "x-webhook-timestamp", "x-idempotency-key",
    };
    struct receiver *r = x->state;
    struct buf b = arena_buf(x->arena, 4096);

    put_line(&b, "signature", span_of(verify(x)));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        put_line(&b, kept[i], x->header(x, kept[i]));
    r->headers = buf_view(&b);
    if (r->wait_s)
        wait_as_asked(x);
    return STEP_GO;
}

enum fault receiver_work(struct exchange *x, struct store_tx *tx)
{
    const struct receiver *r = x->state;
    struct received_row row = {
        .merchant_id = x->merchant_id, .at_ms = x->now_ms, .status = r->status, .headers = r->headers,
        .body = span_absent(x->body) ? SPAN("") : x->body,
    };

    return received_insert(tx, &row, DEMO_KEPT);
}

void receiver_show(struct exchange *x, enum fault outcome)
{
    const struct receiver *r = x->state;
    struct buf *body;

    if (outcome) {
        page_fault(x, outcome);
        return;
    }
    body = answer_start(x, r->status, "text/plain; charset=utf-8", 32);
    page_headers(x, (struct span){ 0 });
    buf_text(body, r->status == 200 ? "kept\n" : r->status == DEMO_BUSY ? "another waits here\n" : "as you asked\n");
}
