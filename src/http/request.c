/* request.c: from the library's callbacks to a request that is complete and has a route. */
#include "http/request.h"

#include <string.h>

#include "base/secret.h"

#include "base/banned.h"

#define NS_PER_S INT64_C(1000000000)

enum { METHODS_MAX = 64 };            /* bytes of the methods that a path can be asked with */

static struct span header(const struct exchange *x, const char *name)
{
    const struct request *r = x->transport;
    const char *value = NULL;
    size_t n = 0;

    if (MHD_lookup_connection_value_n(r->connection, MHD_HEADER_KIND, name, strlen(name), &value, &n) != MHD_YES)
        return (struct span){ 0 };
    return value ? (struct span){ (const uint8_t *)value, n } : SPAN("");
}

void request_refuse(struct request *r, enum refusal why)
{
    if (!r->refused) {
        r->refused = true;
        r->refusal = why;
    }
}

/* The library does not let us refuse a connection when it comes, so none of its requests begins. */
static bool is_welcome(const struct http_server *s, const struct peer *peer)
{
    return peer ? peer->welcome : !s->local;
}

void *request_line(void *loop, const char *uri, struct MHD_Connection *connection)
{
    struct http_loop *l = loop;
    struct http_server *s = l->server;
    struct peer *peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    struct request *r = is_welcome(s, peer) ? http_loop_take(l) : NULL;
    const char *question;

    if (!r)
        return NULL;
    atomic_fetch_add(&s->in_flight, 1);
    r->server = s;
    r->loop = l;
    r->connection = connection;
    r->peer = peer;
    r->began_ns = clock_mono_ns();
    if (r->peer) {
        deadline_set(&r->peer->deadline, r->began_ns + HTTP_DEADLINE_S * NS_PER_S);
        memcpy(r->x.peer, r->peer->text, sizeof r->x.peer);
    }
    r->x.services = s->o.services;
    r->x.reader = http_loop_reader(l);
    r->x.header = header;
    r->x.resume = steps_resume;
    r->x.transport = r;
    question = strchr(uri, '?');
    r->x.path = (struct span){ (const uint8_t *)uri, question ? (size_t)(question - uri) : strlen(uri) };
    /* The library cuts the query into pieces where it stands. */
    if (question) {
        r->x.query = arena_copy(r->x.arena, span_of(question + 1));
        if (span_absent(r->x.query))
            request_refuse(r, REFUSE_MEMORY);
    }
    return r;
}

/* Are there no keys to work with? */
static bool is_sealed(const struct http_server *s)
{
    return s->o.sealed || (s->o.services->keyholder && keyholder_is_sealed(s->o.services->keyholder));
}

/* Find the route and decode its parameters. */
static void route_request(struct request *r, const char *method)
{
    struct router_match m;
    enum router_verdict verdict = router_find(r->server->router, &m, method, r->x.path);

    r->x.dialect = m.dialect;
    r->x.method = method;
    if (is_sealed(r->server) && !(verdict == ROUTER_FOUND && m.row->route->sealed_too))
        request_refuse(r, REFUSE_SEALED);
    if (verdict == ROUTER_UNKNOWN) {
        request_refuse(r, r->x.path.n && r->x.path.p[0] == '/' ? REFUSE_NO_ROUTE : REFUSE_PATH);
    } else if (verdict == ROUTER_METHOD) {
        request_refuse(r, REFUSE_METHOD);
    } else {
        r->row = m.row;
        r->x.route = m.row->route;
        memcpy(r->x.params, m.params, sizeof r->x.params);
        for (size_t i = 0; i < m.n_params; i++) {
            enum fault fault = router_decode(&r->x.params[i], r->x.arena);

            if (fault != FAULT_NONE)
                request_refuse(r, fault == FAULT_BAD_INPUT ? REFUSE_PATH : REFUSE_MEMORY);
        }
    }
}

/* Is `type` the content type `wanted`, alone or with parameters behind it? */
static bool is_type(struct span type, struct span wanted)
{
    if (type.n < wanted.n || !span_equal_nocase((struct span){ type.p, wanted.n }, wanted))
        return false;
    return type.n == wanted.n || type.p[wanted.n] == ';' || type.p[wanted.n] == ' ' || type.p[wanted.n] == '\t';
}

/* Is it one under which the request's dialect takes a JSON body? Who is not strict about it takes a body of no type. */
static bool is_json(const struct request *r)
{
    struct span type = header(&r->x, "Content-Type");
    const char *further = r->x.dialect->further_type;

    if (span_absent(type))
        return further != NULL;
    return is_type(type, SPAN("application/json")) || (further && is_type(type, span_of(further)));
}

static bool method_has_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

/* What the head says about the body, and whether the route can take it. */
static void check_body_head(struct request *r)
{
    const struct route *route = r->x.route;

    r->declared_known = span_u64(&r->declared, header(&r->x, "Content-Length"), UINT64_MAX) == FAULT_NONE;
    r->has_body |= r->declared > 0;
    if (r->refused || !r->has_body || !route->body_max)
        return;
    if (r->declared > route->body_max)
        request_refuse(r, REFUSE_BODY_TOO_LARGE);
    else if (method_has_body(r->x.method) && !is_json(r))
        request_refuse(r, REFUSE_CONTENT_TYPE);
}

static enum MHD_Result refuse_now(struct request *r)
{
    uint8_t text[METHODS_MAX];
    struct buf methods = BUF(text);

    r->x.dialect->refuse(&r->x, r->refusal);
    if (r->refusal == REFUSE_METHOD) {
        router_methods(r->server->router, &methods, r->x.path);
        answer_header(&r->x, "Allow", buf_view(&methods));
    }
    return request_answer(r);
}

/* Is it better to refuse and close now than to read the body and let the connection live? So it is when the
 * sender waits for our "continue", announces too much to discard, or leaves its end in doubt. */
static bool refuses_at_once(const struct request *r)
{
    if (!r->refused)
        return false;
    return r->ambiguous || r->declared > HTTP_DISCARD_MAX || (r->has_body && !span_absent(header(&r->x, "Expect")));
}

/* The head is complete. A refusal usually waits until the body was read, so that its sender is there to see it. */
static enum MHD_Result take_head(struct request *r, const char *method, const char *version)
{
    r->phase = PHASE_BODY;
    request_check_head(r, method, version);
    route_request(r, method);
    check_body_head(r);
    if (refuses_at_once(r)) {
        r->x.now_ms = clock_now_ms(r->server->o.services->clock);
        return refuse_now(r);
    }
    return MHD_YES;
}

/* Room for `n` more bytes of body: all of it at once when its length was declared, else by doubling. */
static bool body_room(struct request *r, size_t n)
{
    size_t max = r->x.route->body_max, need = r->body.n + n, cap = r->body.cap ? 2 * r->body.cap : HTTP_BODY_FIRST;
    struct buf larger;

    if (need > max) {
        request_refuse(r, REFUSE_BODY_TOO_LARGE);
        return false;
    }
    if (need <= r->body.cap)
        return true;
    cap = r->declared_known ? (size_t)r->declared : cap;
    cap = cap < need ? need : cap > max ? max : cap;
    larger = arena_buf(r->x.arena, cap);
    buf_put(&larger, r->body.p, r->body.n);
    r->body = larger;
    if (larger.full)
        request_refuse(r, REFUSE_MEMORY);
    return !larger.full;
}

static enum MHD_Result take_body(struct request *r, const char *upload, size_t n)
{
    r->received += n;
    if (!r->refused && r->x.route->body_max && body_room(r, n))
        buf_put(&r->body, upload, n);
    /* The library frees this memory as it is when the sender goes away in the middle, and a card may be in it. */
    secret_wipe((void *)(uintptr_t)upload, n);
    /* Without a declared length there is no other end to what we would discard. */
    return r->received > HTTP_DISCARD_MAX ? MHD_NO : MHD_YES;
}

/* All of the request is there. */
static enum MHD_Result run(struct request *r)
{
    struct http_server *s = r->server;

    if (r->peer)
        deadline_set(&r->peer->deadline, DEADLINE_NEVER);
    r->x.now_ms = clock_now_ms(s->o.services->clock);
    if (atomic_load(&s->stopping))
        request_refuse(r, REFUSE_STOPPING);
    if (r->declared_known && r->received < r->declared)
        request_refuse(r, REFUSE_BODY_TRUNCATED);
    if (r->has_body && clock_mono_ns() - r->began_ns > HTTP_DEADLINE_S * NS_PER_S)
        request_refuse(r, REFUSE_TIMEOUT);
    if (r->refused)
        return refuse_now(r);
    r->x.body = buf_view(&r->body);
    return steps_begin(r);
}

enum MHD_Result request_step(void *loop, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *upload, size_t *upload_size, void **con_cls)
{
    struct request *r = *con_cls;

    (void)loop, (void)connection, (void)url;
    if (!r)
        return MHD_NO;
    switch (r->phase) {
    case PHASE_HEAD:
        return take_head(r, method, version);
    case PHASE_BODY:
        if (*upload_size) {
            size_t n = *upload_size;

            *upload_size = 0;
            return take_body(r, upload, n);
        }
        return run(r);
    case PHASE_PREPARED:
    case PHASE_BACK:
        return r->refused ? refuse_now(r) : steps_go_on(r);
    case PHASE_AWAY:
    case PHASE_ASKING:
    case PHASE_ANSWERED:
        return MHD_YES;
    }
    return MHD_NO;
}

void request_ended(void *loop, struct MHD_Connection *connection, void **con_cls,
                   enum MHD_RequestTerminationCode how)
{
    struct http_loop *l = loop;
    struct request *r = *con_cls;

    (void)how;
    if (!r)
        return;
    *con_cls = NULL;
    if (r->phase == PHASE_ASKING)
        http_loop_forget(l, &r->job);
    if (r->phase != PHASE_ANSWERED)
        request_answered_for_us(r, connection);
    if (r->peer)
        deadline_set(&r->peer->deadline, (r->answered_ns ? r->answered_ns : clock_mono_ns()) +
                                             (HTTP_IDLE_S + HTTP_DEADLINE_S) * NS_PER_S);
    http_loop_keep(l, r);
    atomic_fetch_sub(&l->server->in_flight, 1);
}
