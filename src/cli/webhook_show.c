/* webhook_show.c: tables and lines about endpoints and deliveries. */
#include "cli/webhook_show.h"

#include "base/json_in.h"
#include "cli/table.h"

#include "base/banned.h"

enum { ENDPOINT_COLUMNS = 7, DELIVERY_COLUMNS = 9, EVENTS_MAX = 256, RETRIES_MAX = 256 };

struct endpoint {
    struct span no, kind, url, version, policy, tries, interval, intervals, created;
    const struct json_node *events;
};
struct delivery {
    struct span no, endpoint, url, event, order, state, attempts, outcome, status, told, due, ended, body;
};
struct list { const struct json_node *all; };

#define AT(type, member) .at = offsetof(struct type, member)
static const struct json_field endpoint_fields[] = {
    { .name = "endpoint", .type = JSON_TEXT_OR_INT, .required = true, AT(endpoint, no) },
    { .name = "kind", .type = JSON_TEXT, AT(endpoint, kind) },
    { .name = "url", .type = JSON_TEXT, AT(endpoint, url) },
    { .name = "version", .type = JSON_TEXT, AT(endpoint, version) },
    { .name = "events", .type = JSON_LIST, AT(endpoint, events) },
    { .name = "policy", .type = JSON_TEXT, AT(endpoint, policy) },
    { .name = "tries", .type = JSON_TEXT_OR_INT, AT(endpoint, tries) },
    { .name = "interval_seconds", .type = JSON_TEXT_OR_INT, AT(endpoint, interval) },
    { .name = "intervals", .type = JSON_TEXT, AT(endpoint, intervals) },
    { .name = "created_at", .type = JSON_TEXT, AT(endpoint, created) },
    JSON_END,
};
static const struct json_field endpoints_fields[] = {
    { .name = "endpoints", .type = JSON_LIST, .required = true, .sub = endpoint_fields, AT(list, all) },
    JSON_END,
};
static const struct json_field delivery_fields[] = {
    { .name = "delivery", .type = JSON_TEXT_OR_INT, .required = true, AT(delivery, no) },
    { .name = "endpoint", .type = JSON_TEXT_OR_INT, AT(delivery, endpoint) },
    { .name = "url", .type = JSON_TEXT, AT(delivery, url) },
    { .name = "event", .type = JSON_TEXT, AT(delivery, event) },
    { .name = "order_id", .type = JSON_TEXT, AT(delivery, order) },
    { .name = "state", .type = JSON_TEXT, AT(delivery, state) },
    { .name = "attempts", .type = JSON_TEXT_OR_INT, AT(delivery, attempts) },
    { .name = "outcome", .type = JSON_TEXT, AT(delivery, outcome) },
    { .name = "status", .type = JSON_TEXT_OR_INT, AT(delivery, status) },
    { .name = "told_at", .type = JSON_TEXT, AT(delivery, told) },
    { .name = "due_at", .type = JSON_TEXT, AT(delivery, due) },
    { .name = "ended_at", .type = JSON_TEXT, AT(delivery, ended) },
    { .name = "body", .type = JSON_TEXT, AT(delivery, body) },
    JSON_END,
};
static const struct json_field deliveries_fields[] = {
    { .name = "deliveries", .type = JSON_LIST, .required = true, .sub = delivery_fields, AT(list, all) },
    JSON_END,
};

static enum fault fill(void *into, struct arena *a, struct span answer, const struct json_field *fields)
{
    const struct json_node *root;
    struct json_complaint why;
    enum fault f = json_read(&root, a, answer, &why);

    return f ? f : json_fill(into, root, fields, a, &why);
}

static struct span joined(struct arena *a, const struct json_node *events)
{
    struct buf b = arena_buf(a, EVENTS_MAX);

    for (size_t i = 0; i < json_count(events); i++) {
        if (i)
            buf_byte(&b, ',');
        buf_span(&b, json_value(events, i, a));
    }
    return buf_view(&b);
}

/* "fixed 5 x 60 s", "custom 60,300 s", "default". */
static struct span retries(struct arena *a, const struct endpoint *e)
{
    struct buf b = arena_buf(a, RETRIES_MAX);

    buf_span(&b, e->policy);
    if (e->tries.n) {
        buf_byte(&b, ' ');
        buf_span(&b, e->tries);
        buf_text(&b, " x ");
        buf_span(&b, e->interval);
        buf_text(&b, " s");
    }
    if (e->intervals.n) {
        buf_byte(&b, ' ');
        buf_span(&b, e->intervals);
        buf_text(&b, " s");
    }
    return buf_view(&b);
}

static enum fault endpoint_cells(struct span *cells, struct arena *a, const struct json_node *node)
{
    struct endpoint e = { 0 };
    struct json_complaint why;
    enum fault f = json_fill(&e, node, endpoint_fields, a, &why);
    const struct span row[ENDPOINT_COLUMNS] = {
        e.no, e.kind, e.version, retries(a, &e), e.url, joined(a, e.events), e.created,
    };

    for (size_t i = 0; i < ENDPOINT_COLUMNS; i++)
        cells[i] = row[i];
    return f;
}

static enum fault delivery_cells(struct span *cells, struct arena *a, const struct json_node *node)
{
    struct delivery d = { 0 };
    struct json_complaint why;
    enum fault f = json_fill(&d, node, delivery_fields, a, &why);
    const struct span row[DELIVERY_COLUMNS] = {
        d.no, d.endpoint, d.event, d.order, d.state, d.attempts, d.outcome, d.status, d.told,
    };

    for (size_t i = 0; i < DELIVERY_COLUMNS; i++)
        cells[i] = row[i];
    return f;
}

struct listing {
    const struct json_field *fields;
    const struct span *heads;
    size_t columns;
    enum fault (*cells)(struct span *cells, struct arena *a, const struct json_node *node);
};

static enum fault show_list(struct buf *out, struct arena *a, struct span answer, const struct listing *l)
{
    struct list all = { 0 };
    enum fault f = fill(&all, a, answer, l->fields);
    size_t n = f ? 0 : json_count(all.all);
    struct span *cells = f ? NULL : arena_take(a, (n + 1) * l->columns * sizeof *cells);

    if (!f && !cells)
        f = FAULT_INTERNAL;
    for (size_t i = 0; i < n && !f; i++)
        f = l->cells(cells + i * l->columns, a, json_member(all.all, i));
    if (!f)
        table_put(out, &(struct table){ l->heads, cells, l->columns, n });
    return f;
}

static enum fault show_delivery(struct buf *out, struct arena *a, struct span answer)
{
    struct delivery d = { 0 };
    enum fault f = fill(&d, a, answer, delivery_fields);

    if (f)
        return f;
    table_line(out, "delivery  ", d.no);
    table_line(out, "endpoint  ", d.endpoint);
    table_line(out, "URL       ", d.url);
    table_line(out, "event     ", d.event);
    table_line(out, "order     ", d.order);
    table_line(out, "state     ", d.state);
    table_line(out, "attempts  ", d.attempts);
    table_line(out, "outcome   ", d.outcome);
    table_line(out, "status    ", d.status);
    table_line(out, "told at   ", d.told);
    table_line(out, "due at    ", d.due);
    table_line(out, "ended at  ", d.ended);
    table_line(out, "", d.body);
    return FAULT_NONE;
}

static enum fault show_endpoint(struct buf *out, struct arena *a, struct span answer, const char *label)
{
    struct endpoint e = { 0 };
    enum fault f = fill(&e, a, answer, endpoint_fields);

    if (!f)
        table_line(out, label, e.no);
    return f;
}

enum fault webhook_show(struct buf *out, enum command c, struct span answer)
{
    static const struct span endpoint_heads[ENDPOINT_COLUMNS] = {
        SPAN("NO"), SPAN("KIND"), SPAN("VERSION"), SPAN("TRIED AGAIN"), SPAN("URL"), SPAN("EVENTS"), SPAN("CREATED"),
    };
    static const struct span delivery_heads[DELIVERY_COLUMNS] = {
        SPAN("NO"), SPAN("ENDPOINT"), SPAN("EVENT"), SPAN("ORDER"), SPAN("STATE"), SPAN("ATTEMPTS"), SPAN("OUTCOME"),
        SPAN("STATUS"), SPAN("TOLD"),
    };
    const struct listing endpoints = { endpoints_fields, endpoint_heads, ENDPOINT_COLUMNS, endpoint_cells };
    const struct listing deliveries = { deliveries_fields, delivery_heads, DELIVERY_COLUMNS, delivery_cells };
    struct arena *a = NULL;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    if (c == COMMAND_WEBHOOK_LIST)
        f = show_list(out, a, answer, &endpoints);
    else if (c == COMMAND_WEBHOOK_DELIVERIES)
        f = show_list(out, a, answer, &deliveries);
    else if (c == COMMAND_WEBHOOK_SHOW || c == COMMAND_WEBHOOK_RESEND)
        f = show_delivery(out, a, answer);
    else
        f = show_endpoint(out, a, answer, c == COMMAND_WEBHOOK_ADD ? "added endpoint " : "removed endpoint ");
    arena_free(a);
    return f;
}
