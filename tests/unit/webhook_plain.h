/* webhook_plain.h: a sender whose letters need no rows, only the news they tell of. */
#pragma once

#include "webhook_bed.h"

#define URL "https://shop.example/hook"
#define ALL_EVENTS 0x7f

/* A writer that needs no rows but says which news it was. */
static inline enum fault gather(struct webhook_letter *l, struct store_tx *tx)
{
    (void)l;
    (void)tx;
    return FAULT_NONE;
}

static inline enum fault write_plain(struct webhook_letter *l)
{
    struct buf b = arena_buf(l->arena, 256);

    buf_text(&b, "order ");
    buf_i64(&b, l->delivery->order_no);
    buf_text(&b, " state ");
    buf_i64(&b, l->delivery->subject_state);
    l->signed_text = l->body = buf_view(&b);
    l->content_type = "text/plain";
    return FAULT_NONE;
}

static inline enum fault sign(struct webhook_letter *l)
{
    char text[SIGNING_TEXT];
    enum fault f = signing_read(text, &l->signature);

    return f ? f : webhook_header(l, "x-signature", span_of(text));
}

static const struct webhook_writer writer = {
    .kind = ENDPOINT_CASHFREE, .wants = ALL_EVENTS, .with_secret = true, .gather = gather, .write = write_plain,
    .sign = sign,
};
static const struct webhook_writer *const writers[] = { &writer, NULL };

static inline int setup(void **state)
{
    return wbed_open(state, writers) ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct wbed *b = *state;

    *state = b->f;
    wbed_free(b);
    return fixture_teardown(state);
}

static inline int64_t merchant(const struct wbed *b)
{
    return b->f->merchant.merchant_id;
}

static inline int64_t endpoint_at(struct wbed *b, int64_t merchant_id, const char *url)
{
    return wbed_endpoint(b, (struct endpoint_row){ .merchant_id = merchant_id, .kind = ENDPOINT_CASHFREE,
                                                   .url = span_of(url), .version = SPAN("2025-01-01"),
                                                   .events = ALL_EVENTS });
}

static inline struct webhook_news news(const struct wbed *b, int64_t order_no, int64_t state)
{
    return (struct webhook_news){ .event = WEBHOOK_PAYMENT_SUCCESS, .merchant_id = merchant(b), .order_no = order_no,
                                  .subject_no = 1, .state = state, .at_ms = clock_now_ms(b->s->clock) };
}
