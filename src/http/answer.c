/* answer.c: the exchange's answer becomes the library's response. */
#include "base/journal.h"
#include "base/metrics.h"
#include "http/request.h"

#include "base/banned.h"

#define UNMATCHED "unmatched"

static void journal_and_count(struct request *r, unsigned status)
{
    const struct http_server *s = r->server;
    struct metrics_route *counter = r->row ? s->counters[r->row - router_row(s->router, 0)] : s->unmatched;
    int64_t took_us;

    r->answered_ns = clock_mono_ns();
    took_us = (r->answered_ns - r->began_ns) / 1000;
    if (counter)
        metrics_count(counter, status, took_us);
    if (s->o.services->journal) {
        struct journal_request line = {
            .at_ms = r->x.now_ms, .took_us = took_us, .merchant = (uint64_t)r->x.merchant_id,
            .route = r->row ? r->row->name : UNMATCHED, .status = status,
            .request_id = journal_text(span_of(r->x.request_id)),
        };

        if (r->x.routing_id[0])
            line.routing_id = journal_text(span_of(r->x.routing_id));
        journal_request(s->o.services->journal, &line);
    }
}

void request_answered_for_us(struct request *r, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *status = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);

    if (!status)
        return;
    if (!r->x.now_ms)
        r->x.now_ms = clock_now_ms(r->server->o.services->clock);
    journal_and_count(r, status->http_status);
}

/* Header values were cut at the first odd byte and copied with a NUL by answer_header(). */
static void put_headers(struct MHD_Response *response, const struct request *r)
{
    const struct answer *a = &r->x.answer;

    if (a->content_type)
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, a->content_type);
    for (size_t i = 0; i < a->n_headers; i++)
        (void)MHD_add_response_header(response, a->headers[i].name, (const char *)a->headers[i].value.p);
    if (r->ambiguous || r->server->o.sealed || atomic_load_explicit(&r->server->stopping, memory_order_relaxed) ||
        atomic_load_explicit(&r->server->handing_over, memory_order_relaxed))
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

enum MHD_Result request_answer(struct request *r)
{
    struct answer *a = &r->x.answer;
    struct MHD_Response *response;
    enum MHD_Result queued;

    if (!a->status || a->body.full)
        r->x.dialect->refuse(&r->x, REFUSE_MEMORY);
    if (!a->status || a->body.full) {
        /* Not even the refusal has room: its status says enough. */
        a->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
        a->body = (struct buf){ 0 };
        a->n_headers = 0;
        a->content_type = NULL;
    }
    r->phase = PHASE_ANSWERED;
    if (r->x.dialect->done)
        r->x.dialect->done(&r->x);
    /* The body stays in the arena, which outlives the response (request_ended). */
    response = MHD_create_response_from_buffer(a->body.n, a->body.p, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    put_headers(response, r);
    if (r->peer)                      /* the library's own time-out is for readers who take nothing at all */
        deadline_set_end(&r->peer->deadline, clock_mono_ns() + HTTP_SEND_S * INT64_C(1000000000));
    queued = MHD_queue_response(r->connection, a->status, response);
    MHD_destroy_response(response);
    journal_and_count(r, a->status);
    return queued;
}
