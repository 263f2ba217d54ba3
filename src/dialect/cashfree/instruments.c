/* instruments.c: the saved cards of a customer: all of them, one, and DELETE of one (reference 2.13). */
#include "dialect/cashfree/routes.h"

#include "dialect/cashfree/instrument.h"

#include "base/banned.h"

enum { AROUND_MAX = 64 };             /* bytes of a list without its members */

struct list {
    struct instrument instrument;
    struct vault_chain chain;
    struct span *afas;                /* of its members, in their order */
};

static enum step refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

/* The official Python client writes its query twice, with a second "?" between. */
static bool is_card(struct span value)
{
    return span_equal(value, SPAN("card")) || span_equal(value, SPAN("card?instrument_type=card"));
}

/* instrument_type, which clients send once or twice, must be card each time. */
static enum step check_type(struct exchange *x)
{
    struct span rest = x->query, name, value;
    bool given = false;

    while (query_next(&rest, &name, &value)) {
        if (!span_equal(name, SPAN("instrument_type")) || value.n == 0)
            continue;
        if (!is_card(value))
            return refuse(x, problem_of_field(x->arena, "instrument_type", "should be card"));
        given = true;
    }
    return given ? STEP_GO : refuse(x, problem_of_missing(x->arena, "instrument_type"));
}

enum step instruments_parse(struct exchange *x)
{
    if (instrument_enter(x, sizeof(struct list), API_2022_01_01) == STEP_ANSWERED)
        return STEP_ANSWERED;
    return check_type(x);
}

enum fault instruments_work(struct exchange *x, struct store_tx *tx)
{
    struct list *l = x->state;
    enum fault f = vault_chain(tx, &l->chain, x->arena, &l->instrument.job.wish);
    size_t i = 0;

    if (f || l->chain.n == 0)
        return f;
    l->afas = arena_take(x->arena, l->chain.n * sizeof *l->afas);
    if (!l->afas)
        return FAULT_INTERNAL;
    for (const struct vault_listed *one = l->chain.first; !f && one; one = one->next)
        f = instrument_afa(tx, &l->afas[i++], x->arena, &one->row);
    return f;
}

void instruments_show(struct exchange *x, enum fault outcome)
{
    const struct list *l = x->state;
    struct json_out o;
    size_t i = 0;

    if (outcome) {
        call_fail(x, outcome);
        return;
    }
    o = json_out(instrument_answer(x, AROUND_MAX + l->chain.n * INSTRUMENT_MAX));
    json_list(&o);
    for (const struct vault_listed *one = l->chain.first; one; one = one->next)
        instrument_put(&o, x, &one->row, l->afas[i++]);
    json_list_end(&o);
}

enum step instrument_get_parse(struct exchange *x)
{
    return instrument_named(x, VAULT_REFRESH);
}

enum fault instrument_get_work(struct exchange *x, struct store_tx *tx)
{
    struct instrument *i = x->state;
    struct vault_job *job = &i->job;
    enum fault f = vault_find(x->services, tx, &job->row, x->arena, &job->wish, job->now_ms, &job->why);

    if (!f && instrument_is_gone(&job->row, job->now_ms)) {
        job->why = VAULT_NO_TOKEN;
        f = FAULT_NOT_FOUND;
    }
    return f ? f : instrument_afa(tx, &i->afa, x->arena, &job->row);
}

void instrument_show(struct exchange *x, enum fault outcome)
{
    const struct instrument *i = x->state;
    struct json_out o;

    if (instrument_failed(x, outcome))
        return;
    o = json_out(instrument_answer(x, INSTRUMENT_MAX));
    instrument_put(&o, x, &i->job.row, i->afa);
}

enum step instrument_delete_parse(struct exchange *x)
{
    return instrument_named(x, VAULT_DELETE);
}
