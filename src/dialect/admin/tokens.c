/* tokens.c: admin tokens: made, listed, revoked. Their use cases wait for their commits: on a worker. */
#include "base/isotime.h"
#include "dialect/admin/desk.h"

#include "base/banned.h"

/* Wiped with the arena. */
struct token_call {
    struct admin_who who;
    struct span name, scopes;
    int64_t days, expires_ms;
    unsigned wanted;                  /* the scopes, read */
    char token[ADMIN_TOKEN_TEXT];
};

static const struct json_field fields[] = {
    { .name = "name", .type = JSON_TEXT, .required = true, .max = ADMIN_NAME_MAX,
      .at = offsetof(struct token_call, name) },
    { .name = "scopes", .type = JSON_TEXT, .required = true, .max = ADMIN_SCOPES_TEXT,
      .at = offsetof(struct token_call, scopes) },
    { .name = "days", .type = JSON_INT, .required = true, .min = 1, .max = ADMIN_DAYS_MAX,
      .at = offsetof(struct token_call, days) },
    JSON_END,
};

/* The call, when the caller may make it. */
static struct token_call *enter(struct exchange *x)
{
    struct token_call *call = arena_take(x->arena, sizeof *call);

    if (!call) {
        admin_fault(x, FAULT_BUSY);
        return NULL;
    }
    x->state = call;
    return admin_may(x, &call->who) ? call : NULL;
}

enum step token_make_parse(struct exchange *x)
{
    struct token_call *call = enter(x);
    struct json_complaint why = { 0 };
    char message[ADMIN_SMALL_MAX / 2];
    struct buf text = { (uint8_t *)message, 0, sizeof message - 1, false };
    enum fault f;

    if (!call)
        return STEP_ANSWERED;
    f = admin_body(x, call, fields, &why);
    if (f == FAULT_BAD_INPUT)
        admin_error(x, 400, "bad_input", "name and scopes, which are texts, and days, from 1 to 3650, are needed");
    if (f)
        return STEP_ANSWERED;
    if (admin_scopes_read(&call->wanted, call->scopes) == FAULT_NONE)
        return STEP_GO;
    buf_text(&text, "scopes are words with commas between them, of these: ");
    admin_scopes_put(&text, ADMIN_EVERYTHING);
    message[text.n] = '\0';
    admin_error(x, 400, "bad_input", message);
    return STEP_ANSWERED;
}

enum fault token_make_work(struct exchange *x, struct store_tx *tx)
{
    struct token_call *call = x->state;
    const struct admin_token_new new = { call->name, call->wanted, call->days, span_of(call->who.name),
                                         call->who.scopes, call->who.ends_ms };

    (void)tx;
    return admin_token_make(x->services, call->token, &call->expires_ms, &new);
}

static void put_time(struct json_out *o, const char *key, int64_t at_ms)
{
    char text[ISOTIME_TEXT];

    if (!at_ms)
        return;
    isotime_ist(text, at_ms);
    json_put_str(o, key, text);
}

static void refuse(struct exchange *x, enum fault f)
{
    if (f == FAULT_BAD_INPUT)
        admin_error(x, 400, "bad_input",
                    "a name has letters, digits, dots, dashes and underscores, no dot in front, and is not admin");
    else if (f == FAULT_DENIED)
        admin_error(x, 403, "scope", "an admin token makes no other with scopes that it has not itself");
    else if (f == FAULT_EXISTS)
        admin_error(x, 409, "exists", "an admin token has, or had, this name; names are not given twice");
    else if (f == FAULT_TOO_MANY)
        admin_error(x, 409, "too_many", "there are as many admin tokens as there may be");
    else if (f == FAULT_NOT_FOUND)
        admin_error(x, 404, "not_found", "there is no admin token of this name");
    else
        admin_fault(x, f);
}

void token_make_show(struct exchange *x, enum fault outcome)
{
    const struct token_call *call = x->state;
    struct json_out o;

    if (outcome) {
        refuse(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_text(&o, "name", call->name);
    json_put_str(&o, "token", call->token);
    json_put_text(&o, "scopes", call->scopes);
    put_time(&o, "expires_at", call->expires_ms);
    json_object_end(&o);
    answer_header(x, "Cache-Control", SPAN("no-store"));
}

enum step token_revoke_parse(struct exchange *x)
{
    return enter(x) ? STEP_GO : STEP_ANSWERED;
}

enum fault token_revoke_work(struct exchange *x, struct store_tx *tx)
{
    (void)tx;
    return admin_token_revoke(x->services, x->params[0]);
}

void token_revoke_show(struct exchange *x, enum fault outcome)
{
    struct json_out o;

    if (outcome) {
        refuse(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_text(&o, "name", x->params[0]);
    json_put_bool(&o, "revoked", true);
    json_object_end(&o);
}

enum step tokens_list_parse(struct exchange *x)
{
    return admin_may(x, NULL) ? STEP_GO : STEP_ANSWERED;
}

static enum fault show_one(void *arg, const struct admin_token_shown *t)
{
    struct json_out *o = arg;

    json_object(o);
    json_put_text(o, "name", t->name);
    json_put_text(o, "scopes", t->scopes);
    json_put_str(o, "state", t->state);
    json_put_text(o, "created_by", t->created_by);
    put_time(o, "created_at", t->created_ms);
    put_time(o, "expires_at", t->expires_ms);
    put_time(o, "used_at", t->used_ms);
    put_time(o, "revoked_at", t->revoked_ms);
    json_object_end(o);
    return FAULT_NONE;
}

void tokens_list_show(struct exchange *x, enum fault outcome)
{
    struct json_out o = admin_json(x, ADMIN_LIST_MAX);

    json_object(&o);
    json_key(&o, "tokens");
    json_list(&o);
    if (!outcome)
        outcome = admin_tokens_list(x->services, x->reader, show_one, &o);
    json_list_end(&o);
    json_object_end(&o);
    if (outcome)
        admin_fault(x, outcome);
}
