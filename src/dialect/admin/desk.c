/* desk.c: errors in our own words, and who may ask. */
#include "dialect/admin/desk.h"

#include <string.h>

#include "base/isotime.h"
#include "service/audit.h"
#include "service/lockout.h"

#include "base/banned.h"

enum {
    METHOD_MAX = 16,                  /* bytes of a method and a space */
    MESSAGE_MAX = 320,                /* bytes of what is told of a token, with NUL */
};

/* Whoever shows a wrong token shows no name with it, so that all count together; the first run's has this name. */
#define LOCKED_NAME SPAN("admin")

struct json_out admin_json(struct exchange *x, size_t cap)
{
    return json_out(answer_start(x, 200, "application/json", cap));
}

void admin_error(struct exchange *x, unsigned status, const char *error, const char *message)
{
    struct json_out o = json_out(answer_start(x, status, "application/json", ADMIN_SMALL_MAX));

    json_object(&o);
    json_put_str(&o, "error", error);
    json_put_str(&o, "message", message);
    json_object_end(&o);
}

void admin_fault(struct exchange *x, enum fault fault)
{
    switch (fault) {
    case FAULT_BAD_INPUT:
        admin_error(x, 400, "bad_input", "a value is malformed or out of range");
        return;
    case FAULT_UNKNOWN_CALLER:
    case FAULT_DENIED:
        admin_error(x, 401, "unauthorized", "the admin token is missing or wrong");
        return;
    case FAULT_NOT_FOUND:
        admin_error(x, 404, "not_found", "there is no such merchant");
        return;
    case FAULT_EXISTS:
        admin_error(x, 409, "exists", "a merchant of that name is there already");
        return;
    case FAULT_WRONG_STATE:
    case FAULT_MISMATCH:
        admin_error(x, 409, "wrong_state", "the merchant does not allow this now");
        return;
    case FAULT_TOO_MANY:
        admin_error(x, 429, "too_many", "slow down");
        return;
    case FAULT_BUSY:
    case FAULT_RETRY:
        admin_error(x, 503, "busy", "try again in a moment");
        return;
    case FAULT_DISK:
        admin_error(x, 503, "disk", "the disk is full or failing; nothing was kept");
        return;
    case FAULT_SILENT:
        admin_error(x, 503, "silent", "the keyholder does not answer");
        return;
    case FAULT_NONE:
    case FAULT_INTERNAL:
        break;
    }
    admin_error(x, 500, "internal", "see the journal");
}

enum fault admin_body(struct exchange *x, void *into, const struct json_field *fields, struct json_complaint *why)
{
    const struct json_node *root;
    enum fault f = json_read(&root, x->arena, x->body, why);

    if (!f)
        f = json_fill(into, root, fields, x->arena, why);
    if (f && f != FAULT_BAD_INPUT)
        admin_fault(x, f);
    return f;
}

/* Method and path, for the audit log. */
static struct span what_of(struct exchange *x)
{
    struct buf what = arena_buf(x->arena, x->path.n + METHOD_MAX);

    buf_text(&what, x->method ? x->method : "");
    buf_byte(&what, ' ');
    buf_span(&what, x->path);
    return buf_view(&what);
}

/* The token of "Authorization: Bearer TOKEN"; absent: there is none. */
static struct span presented(const struct exchange *x)
{
    struct span sent = x->header(x, "Authorization"), scheme = SPAN("Bearer ");

    if (sent.n <= scheme.n || !span_equal_nocase((struct span){ sent.p, scheme.n }, scheme))
        return (struct span){ 0 };
    return (struct span){ sent.p + scheme.n, sent.n - scheme.n };
}

static void ended(struct exchange *x, const struct admin_use *use, const char *error, const char *said)
{
    char at[ISOTIME_TEXT], message[MESSAGE_MAX];
    struct buf text = { (uint8_t *)message, 0, sizeof message - 1, false };

    isotime_ist(at, use->ended_ms);
    buf_text(&text, "the admin token ");
    buf_text(&text, use->name);
    buf_text(&text, said);
    buf_text(&text, at);
    message[text.n] = '\0';
    admin_error(x, 401, error, message);
    answer_header(x, "WWW-Authenticate", SPAN("Bearer error=\"invalid_token\""));
}

static void lacks_scope(struct exchange *x, const struct admin_use *use)
{
    char message[MESSAGE_MAX];
    struct buf text = { (uint8_t *)message, 0, sizeof message - 1, false };

    buf_text(&text, "this needs the scope ");
    admin_scopes_put(&text, use->scope);
    buf_text(&text, "; the admin token ");
    buf_text(&text, use->name);
    buf_text(&text, " has ");
    admin_scopes_put(&text, use->scopes);
    message[text.n] = '\0';
    admin_error(x, 403, "scope", message);
    answer_header(x, "WWW-Authenticate", SPAN("Bearer error=\"insufficient_scope\""));
}

/* RFC 6750 section 3.1 has these statuses. */
static bool told_why(struct exchange *x, const struct admin_use *use)
{
    switch (use->verdict) {
    case ADMIN_MAY:
        return false;
    case ADMIN_EXPIRED:
        ended(x, use, "expired", " expired at ");
        break;
    case ADMIN_REVOKED:
        ended(x, use, "revoked", " was revoked at ");
        break;
    case ADMIN_LACKS_SCOPE:
        lacks_scope(x, use);
        break;
    }
    audit_refused(x->services, AUDIT_DOOR_ADMIN);
    return true;
}

static void unknown(struct exchange *x)
{
    audit_refused(x->services, AUDIT_DOOR_ADMIN);
    admin_fault(x, FAULT_UNKNOWN_CALLER);
    answer_header(x, "WWW-Authenticate", SPAN("Bearer"));
}

/* A token that has ended is a wrong credential; one that is good for something else is none. */
static enum fault tried(const struct admin_use *use, enum fault f)
{
    return !f && (use->verdict == ADMIN_EXPIRED || use->verdict == ADMIN_REVOKED) ? FAULT_UNKNOWN_CALLER : f;
}

void admin_done(struct exchange *x)
{
    if (!x->actor || !x->method || strcmp(x->method, "GET") == 0)
        return;
    audit_admin_ended(x->services, &(struct audit_call){
        .at_ms = clock_now_ms(x->services->clock), .what = what_of(x), .request_id = span_of(x->request_id),
        .source = span_of(x->peer), .actor = span_of(x->actor), .outcome = (int64_t)x->answer.status });
}

/* A copy that lives as long as the request; NULL: memory is out, which answers for itself. */
static const char *keep_name(struct exchange *x, const char *name)
{
    struct buf b = arena_buf(x->arena, ADMIN_NAME_MAX + 1);

    buf_put(&b, name, strlen(name) + 1);
    return b.full ? NULL : (const char *)b.p;
}

bool admin_may(struct exchange *x, struct admin_who *who)
{
    return admin_may_again(x, who, NULL);
}

bool admin_may_again(struct exchange *x, struct admin_who *who, const char *known)
{
    struct admin_use use = { .token = presented(x), .scope = x->route->scope, .known = known };
    enum fault f = FAULT_UNKNOWN_CALLER;

    exchange_request_id(x, x->header(x, "x-request-id"));
    use.call = (struct audit_call){ .at_ms = x->now_ms, .what = what_of(x), .request_id = span_of(x->request_id),
                                    .source = span_of(x->peer) };
    if (lockout_holds(x->services->admin_lockouts, x->peer, LOCKED_NAME, x->now_ms)) {
        audit_refused(x->services, AUDIT_DOOR_ADMIN);
        admin_error(x, 429, "locked_out", "too many wrong admin tokens came from here; half an hour passes first");
        return false;
    }
    if (!x->reader) {
        admin_error(x, 503, "busy", "the store cannot be read");
        return false;
    }
    if (use.token.n)
        f = admin_token_use(x->services, &use, x->reader, x->arena);
    /* One that has ended counts for itself, so that what was forgotten to be changed locks out nobody beside it. */
    exchange_tried_at(x, x->services->admin_lockouts, use.name[0] ? span_of(use.name) : LOCKED_NAME, tried(&use, f));
    if (f == FAULT_UNKNOWN_CALLER)
        unknown(x);
    else if (f == FAULT_SILENT && !audit_trouble(x->services))
        admin_fault(x, f);
    else if (f)
        admin_error(x, 503, "audit", "the audit log cannot be written, so nothing was done; /readyz says why");
    if (f || told_why(x, &use))
        return false;
    x->actor = keep_name(x, use.name);
    if (who) {
        who->scopes = use.scopes;
        who->ends_ms = use.ended_ms;
        memcpy(who->name, use.name, sizeof who->name);
    }
    return true;
}
