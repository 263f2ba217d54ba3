/* instrument.c: the steps of a use of the vault, and a token as an instrument. */
#include "dialect/cashfree/instrument.h"

#include "base/base64.h"
#include "base/isotime.h"

#include "base/banned.h"

enum { UID = 2 * CARD_FINGERPRINT + 1, DISPLAY = 17 };    /* bytes of text with NUL */

enum step instrument_enter(struct exchange *x, size_t size, enum api_version since)
{
    struct instrument *i = call_new(x, size);

    if (!i || call_enter(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    if (i->call.version < since) {
        problem_refuse(x, REFUSE_NO_ROUTE);
        return STEP_ANSWERED;
    }
    i->job = (struct vault_job){ .now_ms = x->now_ms, .arena = x->arena };
    i->job.wish = (struct vault_wish){
        .op = VAULT_REFRESH, .merchant_id = x->merchant_id, .customer_id = x->params[0],
        .consent.channel = CONSENT_BY_CASHFREE, .request_id = span_of(x->request_id), .source = span_of(x->peer),
    };
    return STEP_GO;
}

enum step instrument_named(struct exchange *x, enum vault_op op)
{
    struct instrument *i;
    struct problem p;

    if (instrument_enter(x, sizeof *i, API_2022_01_01) == STEP_ANSWERED)
        return STEP_ANSWERED;
    i = x->state;
    i->job.wish.op = op;
    i->job.wish.has_token = true;
    if (span_absent(i->job.wish.customer_id))         /* which would mean anybody's */
        i->job.wish.customer_id = SPAN("");
    if (!vault_id_read(i->job.wish.token, x->params[1]))
        return STEP_GO;
    p = problem_of_field(x->arena, "instrument_id", "should be a UUID");
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

enum fault instrument_work(struct exchange *x, struct store_tx *tx)
{
    struct instrument *i = x->state;

    enum fault f = vault_begin(x->services, tx, &i->job);

    return f || i->job.wish.op != VAULT_DELETE ? f : instrument_afa(tx, &i->afa, x->arena, &i->job.row);
}

static void asked(struct vault_job *job)
{
    struct exchange *x = job->arg;

    x->resume(x, vault_settles(job));
}

enum next instrument_call(struct exchange *x)
{
    struct instrument *i = x->state;

    if (!vault_asks(&i->job))
        return NEXT_SHOW;
    vault_ask(x->services, &i->job, asked, x);
    return NEXT_WAIT;
}

enum fault instrument_settle(struct exchange *x, struct store_tx *tx)
{
    struct instrument *i = x->state;

    return vault_settle(x->services, tx, &i->job);
}

bool instrument_failed(struct exchange *x, enum fault outcome)
{
    const struct instrument *i = x->state;
    struct problem p;

    if (!outcome && vault_outcome(&i->job) == VAULT_FINE)
        return false;
    p = instrument_problem(&i->job, outcome);
    problem_answer(x, &p);
    return true;
}

bool instrument_is_gone(const struct token_row *t, int64_t now_ms)
{
    struct token_life life = vault_life(t, now_ms);

    return life.status == TOKEN_DEAD || life.status == TOKEN_FAILED;
}

struct buf *instrument_answer(struct exchange *x, size_t cap)
{
    struct buf *body = call_answer(x, 200, cap);

    answer_header(x, "cache-control", SPAN("no-store"));
    return body;
}

void instrument_id(char out[static INSTRUMENT_ID], const struct services *s, const struct token_row *t)
{
    static const size_t groups[] = { 4, 2, 2, 2, 6 };
    struct buf b = { (uint8_t *)out, 0, INSTRUMENT_ID - 1, false };
    uint8_t id[VAULT_ID];
    size_t at = 0;

    vault_id(s, id, t);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (i)
            buf_byte(&b, '-');
        hex_put(&b, (struct span){ id + at, groups[i] });
        at += groups[i];
    }
    out[b.n] = '\0';
}

/* Up to 2025-01-01 the names are in capitals. */
static const char *network_name(const struct token_row *t, enum api_version v)
{
    enum scheme_words words = v < API_2026_01_01 ? SCHEME_WORDS_CASHFREE_UPPER : SCHEME_WORDS_CASHFREE;

    return t->scheme > SCHEME_UNKNOWN && t->scheme < SCHEMES ? scheme_name((enum scheme)t->scheme, words) : NULL;
}

static const char *type_name(const struct token_row *t, enum api_version v)
{
    enum bin_words words = v < API_2026_01_01 ? BIN_WORDS_CASHFREE_UPPER : BIN_WORDS_CASHFREE;

    return t->type > BIN_TYPE_UNKNOWN && t->type < BIN_TYPES ? bin_type_name((enum bin_type)t->type, words) : NULL;
}

/* null until there is a token. The expiry is the token's own: the card's is not kept (RBI CO.DPSS.POLC.No.S-516). */
void instrument_put_token(struct json_out *o, const struct token_row *t)
{
    struct expiry_text expiry;

    if (t->expiry == 0) {
        json_put_null(o, "card_token_details");
        return;
    }
    expiry = expiry_text(vault_expiry(t));
    json_key(o, "card_token_details");
    json_object(o);
    json_put_text(o, "par", t->par);
    json_put_str(o, "expiry_month", expiry.mm);
    json_put_str(o, "expiry_year", expiry.yy);
    json_object_end(o);
}

static void put_meta(struct json_out *o, const struct token_row *t, enum api_version v)
{
    json_key(o, "instrument_meta");
    json_object(o);
    json_put_str(o, "card_network", network_name(t, v));
    json_put_text(o, "card_bank_name", t->issuer);
    json_put_text(o, "card_country", t->country);
    json_put_str(o, "card_type", type_name(t, v));
    if (v >= API_2026_01_01)
        json_put_str(o, "card_sub_type",
                     t->sub > BIN_SUB_UNKNOWN && t->sub < BIN_SUBS ? bin_sub_letter((enum bin_sub)t->sub) : NULL);
    instrument_put_token(o, t);
    json_object_end(o);
}

static const char *status_name(const struct exchange *x, const struct token_row *t)
{
    struct token_life life = vault_life(t, x->now_ms);

    return life.status == TOKEN_ACTIVE && !life.expired && t->wanted == NETWORK_PROVISION ? "ACTIVE" : "INACTIVE";
}

/* Consents are shown one by one, and their text is gone when the next is. */
struct afa { struct arena *arena; struct span out; };

static enum fault first_afa(void *arg, const struct consent_row *consent)
{
    struct afa *afa = arg;

    if (!span_absent(afa->out) || consent->channel != CONSENT_BY_CASHFREE || consent->auth_ref.n == 0)
        return FAULT_NONE;
    afa->out = arena_copy(afa->arena, consent->auth_ref);
    return span_absent(afa->out) ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault instrument_afa(struct store_tx *tx, struct span *out, struct arena *a, const struct token_row *t)
{
    struct afa afa = { .arena = a };
    enum fault f = FAULT_NONE;

    if (t->channel == CONSENT_BY_CASHFREE)
        f = consents_each(tx, t->merchant_id, t->token_no, first_afa, &afa);
    *out = afa.out;
    return f;
}

void instrument_put_afa(struct json_out *o, enum api_version v, struct span afa)
{
    if (api_has_number_ids(v))
        json_put_raw(o, "afa_reference", afa);
    else
        json_put_text(o, "afa_reference", afa);
}

void instrument_put(struct json_out *o, const struct exchange *x, const struct token_row *t, struct span afa)
{
    const struct call *c = x->state;
    char id[INSTRUMENT_ID], uid[UID], display[DISPLAY], created[ISOTIME_TEXT];
    struct buf digits = BUF(uid), masked = BUF(display);

    instrument_id(id, x->services, t);
    hex_put(&digits, t->fingerprint);
    buf_text(&masked, "XXXXXXXXXXXX");
    buf_span(&masked, t->last4);
    isotime_ist(created, t->created_ms);
    json_object(o);
    json_put_text(o, "customer_id", t->customer_id);
    instrument_put_afa(o, c->version, afa);
    json_put_str(o, "instrument_id", id);
    json_put_str(o, "instrument_type", "card");
    json_put_text(o, "instrument_uid", buf_view(&digits));
    json_put_text(o, "instrument_display", buf_view(&masked));
    json_put_str(o, "instrument_status", status_name(x, t));
    json_put_str(o, "created_at", created);
    put_meta(o, t, c->version);
    json_object_end(o);
}
