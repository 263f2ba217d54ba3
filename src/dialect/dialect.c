/* dialect.c: making an answer, and request ids. */
#include "dialect/dialect.h"

#include <string.h>

#include "base/base64.h"
#include "base/journal.h"
#include "base/secret.h"
#include "domain/cardscan.h"
#include "service/lockout.h"

#include "base/banned.h"

enum {
    REQUEST_ID_RANDOM = 16,           /* bytes of a request id of ours */
};

void exchange_tried_at(struct exchange *x, struct lockouts *l, struct span who, enum fault f)
{
    struct journal_text source;

    if (arena_is_starved(x->arena))   /* it may not have been read */
        return;
    if (f == FAULT_NONE)
        lockout_passed(l, x->peer, who);
    if (f != FAULT_UNKNOWN_CALLER || !lockout_failed(l, x->peer, who, x->now_ms))
        return;
    source = journal_text(span_of(x->peer));
    journal_event(x->services->journal, JOURNAL_WARNING, "locked out after too many wrong credentials", 0, &source);
}

void exchange_tried(struct exchange *x, struct span who, enum fault f)
{
    exchange_tried_at(x, x->services->lockouts, who, f);
}

struct buf *answer_start(struct exchange *x, unsigned status, const char *content_type, size_t cap)
{
    x->answer.status = status;
    x->answer.content_type = content_type;
    x->answer.n_headers = 0;
    x->answer.body = arena_buf(x->arena, cap);
    return &x->answer.body;
}

static bool is_printable(uint8_t byte)
{
    return byte >= ' ' && byte <= '~';
}

void answer_header(struct exchange *x, const char *name, struct span value)
{
    struct answer *a = &x->answer;
    size_t n = 0;

    while (n < value.n && is_printable(value.p[n]))
        n++;
    if (a->n_headers == EXCHANGE_HEADERS_MAX || !n)
        return;
    value = arena_copy(x->arena, (struct span){ value.p, n });
    if (span_absent(value))
        a->body.full = true;          /* without its Location or Set-Cookie an answer is none */
    else
        a->headers[a->n_headers++] = (struct answer_header){ name, value };
}

void answer_header_u64(struct exchange *x, const char *name, uint64_t value)
{
    uint8_t digits[20];
    struct buf text = BUF(digits);

    buf_u64(&text, value);
    answer_header(x, name, buf_view(&text));
}

enum fault exchange_work(struct exchange *x, struct store_tx *tx)
{
    enum fault f = x->route->work(x, tx);

    return !f && arena_is_starved(x->arena) ? FAULT_INTERNAL : f;
}

enum fault exchange_settle(struct exchange *x, struct store_tx *tx)
{
    bool was = arena_is_starved(x->arena);
    enum fault f = x->route->settle(x, tx);

    return !f && !was && arena_is_starved(x->arena) ? FAULT_INTERNAL : f;
}

bool exchange_starved(struct exchange *x)
{
    bool starved = arena_is_starved(x->arena);

    if (starved)
        x->dialect->refuse(x, REFUSE_MEMORY);
    return starved;
}

void exchange_request_id(struct exchange *x, struct span sent)
{
    struct buf out = { (uint8_t *)x->request_id, 0, REQUEST_ID_TEXT - 1, false };
    uint8_t random[REQUEST_ID_RANDOM];

    for (size_t i = 0; i < sent.n && out.n < out.cap; i++) {
        if (is_printable(sent.p[i]))
            buf_byte(&out, sent.p[i]);
    }
    if (cardscan_found_in_id(buf_view(&out)))         /* it goes to the journal and the audit log */
        out.n = 0;
    if (!out.n) {
        secret_random_few(random, sizeof random);
        hex_put(&out, (struct span){ random, sizeof random });
    }
    x->request_id[out.n] = '\0';
}

bool query_next(struct span *rest, struct span *name, struct span *value)
{
    const uint8_t *end, *equals;
    size_t n;

    if (rest->n == 0)
        return false;
    end = memchr(rest->p, '&', rest->n);
    n = end ? (size_t)(end - rest->p) : rest->n;
    equals = n ? memchr(rest->p, '=', n) : NULL;
    *name = (struct span){ rest->p, equals ? (size_t)(equals - rest->p) : n };
    *value = equals ? (struct span){ equals + 1, n - name->n - 1 } : (struct span){ 0 };
    *rest = end ? (struct span){ end + 1, rest->n - n - 1 } : (struct span){ 0 };
    return true;
}
