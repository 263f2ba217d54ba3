/* manage.c: modifyTokenStatus, tokenInfo and cardToPar (reference B.6.2, B.6.3, B.6.5). */
#include "dialect/paytm/routes.h"

#include <string.h>

#include "dialect/paytm/answer.h"

#include "base/banned.h"

enum { TIME_WINDOW_MS = PARTNER_SIGNATURE_MS };       /* how far a signed time may be from now */

struct manage {
    struct call call;
    struct span index, status, requested_by, par_type, par_value;
    struct span made_by;              /* the id of the request that made the token, where no index names it */
    uint8_t token[VAULT_ID];
    enum vault_op op;
    bool has_token;
};

static const struct json_field modify_fields[] = {
    { .name = "tokenIndexNumber", .type = JSON_TEXT, .required = true, .at = offsetof(struct manage, index) },
    { .name = "tokenStatus", .type = JSON_TEXT, .required = true, .at = offsetof(struct manage, status) },
    { .name = "requestedBy", .type = JSON_TEXT, .at = offsetof(struct manage, requested_by) },
    JSON_END,
};

static const struct json_field par_fields[] = {
    { .name = "requestType", .type = JSON_TEXT, .required = true, .at = offsetof(struct manage, par_type) },
    { .name = "requestValue", .type = JSON_TEXT, .required = true, .at = offsetof(struct manage, par_value) },
    JSON_END,
};

bool requester_is_known(struct span who)
{
    return !who.n || span_equal(who, SPAN("CARDHOLDER")) || span_equal(who, SPAN("MERCHANT")) ||
           span_equal(who, SPAN("TOKEN_REQUESTOR"));
}

static struct verdict read_token(struct manage *m, struct span index)
{
    m->has_token = true;
    if (vault_id_read(m->token, index))
        return head_fail(CODE_NO_TOKEN, "the token index number is none of ours");
    return head_fail(CODE_DONE, NULL);
}

static struct verdict check_modify(struct exchange *x)
{
    static const struct { const char *status; enum vault_op op; } ops[] = {
        { "ACTIVE", VAULT_RESUME }, { "SUSPENDED", VAULT_SUSPEND }, { "DEAD", VAULT_DELETE },
    };
    struct manage *m = x->state;

    if (!requester_is_known(m->requested_by))
        return head_fail(CODE_DETAILS, "requestedBy is none of CARDHOLDER, MERCHANT and TOKEN_REQUESTOR");
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (span_equal(m->status, span_of(ops[i].status))) {
            m->op = ops[i].op;
            return read_token(m, m->index);
        }
    return head_fail(CODE_DETAILS, "tokenStatus is none of ACTIVE, SUSPENDED and DEAD");
}

/* What names the token in a GET's query. An index, where there is one, is enough. */
#define INDEX SPAN("tokenIndexNumber")
#define MADE_BY SPAN("request-id")

/* The time is among what is signed, so that an old request that somebody kept is refused (reference B.6.2). */
static struct verdict check_info(struct exchange *x)
{
    struct manage *m = x->state;
    int64_t away = x->now_ms - m->call.sent_ms;

    m->op = VAULT_REFRESH;
    m->index = query_value(x->arena, x->query, INDEX);
    if (!m->index.n)
        m->made_by = query_value(x->arena, x->query, MADE_BY);
    if (!m->index.n && !m->made_by.n)
        return head_fail(CODE_MISSING, "tokenIndexNumber or request-id is mandatory");
    if (away > TIME_WINDOW_MS || away < -TIME_WINDOW_MS)
        return head_fail(CODE_DETAILS, "requestTimestamp is more than a day from now");
    return m->index.n ? read_token(m, m->index) : head_fail(CODE_DONE, NULL);
}

static struct verdict check_par(struct exchange *x)
{
    struct manage *m = x->state;

    m->op = VAULT_PAR;
    if (span_equal(m->par_type, SPAN("TIN")))
        return read_token(m, m->par_value);
    if (!span_equal(m->par_type, SPAN("PAN")))
        return head_fail(CODE_DETAILS, "requestType is neither PAN nor TIN");
    return head_fail(CODE_DONE, NULL);
}

/* The values that are there, by name: mid, request-id, requestId, requestTimestamp, tokenIndexNumber, version. */
static struct span info_text(struct exchange *x)
{
    struct call *c = call_of(x);
    const struct span parts[] = {
        c->mid, query_value(x->arena, x->query, MADE_BY), query_value(x->arena, x->query, SPAN("requestId")),
        c->head.timestamp, query_value(x->arena, x->query, INDEX), c->head.version,
    };
    struct buf b = arena_buf(x->arena, x->query.n + c->mid.n + c->head.timestamp.n + c->head.version.n + 5);

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].n)
            continue;
        if (b.n)
            buf_byte(&b, '|');
        buf_span(&b, parts[i]);
    }
    return buf_view(&b);
}

static void write_token(struct json_out *o, struct exchange *x, enum paytm_code code)
{
    const struct manage *m = x->state;
    char id[VAULT_ID_HEX];
    struct token_words words;

    if (code != CODE_DONE && code != CODE_PENDING)
        return;
    words = answer_row(x, id, &m->call.job.row, answer_trid(&m->call.job));
    if (m->op != VAULT_REFRESH)
        json_put_str(o, "tokenIndexNumber", id);
    answer_token(o, "tokenInfo", &words);
}

static void write_par(struct json_out *o, struct exchange *x, enum paytm_code code)
{
    const struct vault_job *job = &call_of(x)->job;
    struct span told = span_of(job->answer.par);

    if (code == CODE_DONE)
        answer_put(o, "panUniqueReference", told.n ? told : job->row.par);
}

static const struct call_form modify_form = {
    .size = sizeof(struct manage), .user = USER_INFO, .fields = modify_fields, .check = check_modify,
    .write = write_token,
};
static const struct call_form info_form = {
    .size = sizeof(struct manage), .headers = true, .check = check_info, .signed_text = info_text,
    .write = write_token,
};
static const struct call_form par_form = {
    .size = sizeof(struct manage), .loose_id = true, .fields = par_fields, .check = check_par, .write = write_par,
};

enum step modify_parse(struct exchange *x)
{
    return call_parse(x, &modify_form);
}

enum step info_parse(struct exchange *x)
{
    return call_parse(x, &info_form);
}

enum step par_parse(struct exchange *x)
{
    return call_parse(x, &par_form);
}

enum step par_prepare(struct exchange *x)
{
    struct manage *m = x->state;
    enum step step = call_prepare(x);

    if (step != STEP_GO || m->has_token)
        return step;
    return call_card(x, CARD_FORM_RSA_NUMBER, m->par_value);
}

/* The token that an earlier request made. */
static enum fault find_made(struct exchange *x, struct store_tx *tx)
{
    struct manage *m = x->state;
    struct token_row t = { .merchant_id = x->merchant_id };
    enum fault f = partner_request_token(tx, &t.token_no, x->merchant_id, m->made_by, x->now_ms);

    if (f == FAULT_NOT_FOUND)
        return call_refuse(x, CODE_NO_TOKEN, "no request with this id made a token in the last 24 hours");
    if (f)
        return f;
    m->has_token = true;
    vault_id(x->services, m->token, &t);
    return FAULT_NONE;
}

enum fault manage_work(struct exchange *x, struct store_tx *tx)
{
    struct manage *m = x->state;
    enum fault f = call_admit(x, tx);
    struct vault_wish wish;

    if (!f && m->made_by.n)
        f = find_made(x, tx);
    if (f)
        return f;
    wish = call_wish(x, m->op);
    wish.has_token = m->has_token;
    memcpy(wish.token, m->token, VAULT_ID);
    return call_vault(x, tx, &wish);
}
