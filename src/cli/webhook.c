/* webhook.c: `tijori webhook`: ask the admin listener, show the answer. */
#include "cli/webhook.h"

#include <string.h>
#include <unistd.h>

#include "base/json_out.h"
#include "base/json_out.h"
#include "base/secret.h"
#include "cli/admin_client.h"
#include "cli/merchant_show.h"
#include "cli/tool.h"
#include "cli/webhook_show.h"

#include "base/banned.h"

enum { BODY_MAX = 16 * OPTIONS_TEXT, PATH_TEXT = 4 * OPTIONS_TEXT, SECRET_FILE_MAX = 1024 };

static void complain(struct span why)
{
    if (why.n && why.p[why.n - 1] == '\n')
        why.n--;
    tool_complain("webhook", why);
}

/* A part of a query: what might mean something there is escaped. */
static void put_escaped(struct buf *path, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; *text; text++) {
        uint8_t c = (uint8_t)*text;
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';

        if (plain) {
            buf_byte(path, c);
            continue;
        }
        buf_byte(path, '%');
        buf_byte(path, (uint8_t)hex[c >> 4]);
        buf_byte(path, (uint8_t)hex[c & 15]);
    }
}

static void put_filter(struct buf *path, const struct options *o)
{
    char join = '?';

    if (strcmp(o->state, "all") != 0) {
        buf_text(path, "?state=");
        buf_text(path, o->state);
        join = '&';
    }
    if (o->order[0]) {
        buf_byte(path, (uint8_t)join);
        buf_text(path, "order_id=");
        put_escaped(path, o->order);
        join = '&';
    }
    if (o->before) {
        buf_byte(path, (uint8_t)join);
        buf_text(path, "before=");
        buf_i64(path, o->before);
    }
}

static void put_path(struct buf *path, const struct options *o)
{
    bool of_delivery = o->command == COMMAND_WEBHOOK_SHOW || o->command == COMMAND_WEBHOOK_RESEND;

    buf_text(path, "/admin/merchants/");
    buf_i64(path, o->merchant_id);
    buf_text(path, of_delivery || o->command == COMMAND_WEBHOOK_DELIVERIES ? "/deliveries" : "/webhooks");
    if (of_delivery || o->command == COMMAND_WEBHOOK_REMOVE) {
        buf_byte(path, '/');
        buf_i64(path, of_delivery ? o->delivery : o->endpoint);
    }
    if (o->command == COMMAND_WEBHOOK_REMOVE)
        buf_text(path, "/remove");
    if (o->command == COMMAND_WEBHOOK_RESEND)
        buf_text(path, "/resend");
    if (o->command == COMMAND_WEBHOOK_DELIVERIES)
        put_filter(path, o);
    buf_byte(path, '\0');
}

/* The members of a list with commas between them. */
static void put_events(struct json_out *json, const char *events)
{
    json_key(json, "events");
    json_list(json);
    while (*events) {
        size_t n = strcspn(events, ",");

        json_text(json, (struct span){ (const uint8_t *)events, n });
        events += n + (events[n] == ',');
    }
    json_list_end(json);
}

static void put_endpoint(struct json_out *json, const struct options *o, struct span authorization)
{
    json_put_str(json, "url", o->url);
    json_put_str(json, "kind", o->kind);
    if (o->version[0])
        json_put_str(json, "version", o->version);
    if (o->events[0])
        put_events(json, o->events);
    json_put_str(json, "policy", o->policy);
    json_put_i64(json, "tries", o->tries);
    json_put_i64(json, "interval_seconds", o->interval_seconds);
    if (o->intervals[0])
        json_put_str(json, "intervals", o->intervals);
    if (authorization.n)
        json_put_text(json, "authorization", authorization);
}

static void put_body(struct buf *body, const struct options *o, struct span authorization)
{
    struct json_out json = json_out(body);

    json_object(&json);
    if (o->command == COMMAND_WEBHOOK_ADD)
        put_endpoint(&json, o, authorization);
    json_object_end(&json);
}

static const char *method_of(enum command c)
{
    bool reads = c == COMMAND_WEBHOOK_LIST || c == COMMAND_WEBHOOK_DELIVERIES || c == COMMAND_WEBHOOK_SHOW;

    return reads ? "GET" : "POST";
}

/* Show an answer; returns the exit status. */
static int show(const struct options *o, long status, struct span answer, struct buf *shown)
{
    bool fine = status >= 200 && status < 300;

    if (!fine)
        merchant_show_error(shown, status, answer);
    else if (!o->json && webhook_show(shown, o->command, answer)) {
        shown->n = 0;
        buf_text(shown, "the server's answer cannot be understood");
        fine = false;
    }
    if (!fine)
        complain(buf_view(shown));
    if (o->json && (!tool_write(STDOUT_FILENO, answer) || !tool_write(STDOUT_FILENO, SPAN("\n"))))
        return TOOL_REFUSED;
    if (!o->json && fine && !tool_write(STDOUT_FILENO, buf_view(shown)))
        return TOOL_REFUSED;
    return fine ? TOOL_DONE : TOOL_REFUSED;
}

/* The first line of the file with the receiver's secret, where one is named. */
static enum fault read_authorization(struct buf *out, const struct options *o, struct buf *why)
{
    enum fault f = o->authorization_file[0] ? tool_file(out, o->authorization_file, why) : FAULT_NONE;
    const uint8_t *end = f || !out->n ? NULL : memchr(out->p, '\n', out->n);

    if (end)
        out->n = (size_t)(end - out->p);
    return f;
}

static int ask_and_show(const struct options *o, const struct admin_access *access, struct buf *answer,
                        struct buf *shown, struct buf *why)
{
    uint8_t path_bytes[PATH_TEXT], body_bytes[BODY_MAX], secret[SECRET_FILE_MAX];
    struct buf path = BUF(path_bytes), body = BUF(body_bytes), authorization = BUF(secret);
    enum fault f = read_authorization(&authorization, o, why);
    struct admin_call call;
    long status = 0;

    put_path(&path, o);
    put_body(&body, o, buf_view(&authorization));
    call = (struct admin_call){ method_of(o->command), (const char *)path.p, buf_view(&body) };
    if (strcmp(call.method, "GET") == 0)
        call.body = (struct span){ 0 };
    if (!f && (path.full || body.full)) {
        buf_text(why, "the request is too long");
        f = FAULT_BAD_INPUT;
    }
    if (!f)
        f = admin_call(access, &call, &status, answer, why);
    secret_wipe(secret, sizeof secret);
    secret_wipe(body_bytes, sizeof body_bytes);
    if (!f)
        return show(o, status, buf_view(answer), shown);
    complain(buf_view(why));
    return TOOL_UNUSABLE;
}

int webhook_command(const struct options *o)
{
    struct admin_talk t;
    int status = TOOL_UNUSABLE;

    if (admin_talk_begin(&t, o))
        complain(buf_view(&t.why));
    else
        status = ask_and_show(o, &t.access, &t.answer, &t.shown, &t.why);
    admin_talk_end(&t);
    return status;
}
