/* instruments.c: the saved cards of a customer: all of them, one, and DELETE of one (reference 2.13). */
#include "dialect/cashfree/routes.h"

#include <string.h>

#include "dialect/cashfree/instrument.h"

#include "base/banned.h"

enum { AROUND_MAX = 64 };             /* bytes of a list without its members */

struct listed { struct token_row row; struct listed *next; };

struct list {
    struct instrument instrument;
    struct arena *arena;
    struct listed *first, **last;
    size_t n;
};

static enum step refuse(struct exchange *x, struct problem p)
{
    problem_answer(x, &p);
    return STEP_ANSWERED;
}

/* The next "name=value" of the query, which is taken from `rest`. False behind the last. */
static bool next_pair(struct span *rest, struct span *name, struct span *value)
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

/* instrument_type, which clients send once or twice, must be card each time. */
static enum step check_type(struct exchange *x)
{
    struct span rest = x->query, name, value;
    bool given = false;

    while (next_pair(&rest, &name, &value)) {
        if (!span_equal(name, SPAN("instrument_type")) || value.n == 0)
            continue;
        if (!span_equal(value, SPAN("card")))
            return refuse(x, problem_of_field(x->arena, "instrument_type", "should be card"));
        given = true;
    }
    return given ? STEP_GO : refuse(x, problem_of_missing(x->arena, "instrument_type"));
}

enum step instruments_parse(struct exchange *x)
{
    struct list *l;

    if (instrument_enter(x, sizeof *l, API_2022_01_01) == STEP_ANSWERED || check_type(x) == STEP_ANSWERED)
        return STEP_ANSWERED;
    l = x->state;
    l->arena = x->arena;
    return STEP_GO;
}

static enum fault keep(void *arg, const struct token_row *t)
{
    struct list *l = arg;
    struct listed *one = arena_take(l->arena, sizeof *one);

    if (!one)
        return FAULT_INTERNAL;
    one->row = *t;
    *l->last = one;
    l->last = &one->next;
    l->n++;
    return FAULT_NONE;
}

enum fault instruments_work(struct exchange *x, struct store_tx *tx)
{
    struct list *l = x->state;

    l->first = NULL;
    l->last = &l->first;
    l->n = 0;
    return vault_list(tx, x->arena, &l->instrument.job.wish, false, keep, l);
}

void instruments_show(struct exchange *x, enum fault outcome)
{
    const struct list *l = x->state;
    struct json_out o;

    if (outcome) {
        call_fail(x, outcome);
        return;
    }
    o = json_out(instrument_answer(x, AROUND_MAX + l->n * INSTRUMENT_MAX));
    json_list(&o);
    for (const struct listed *one = l->first; one; one = one->next)
        instrument_put(&o, x, &one->row);
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
    return f;
}

void instrument_show(struct exchange *x, enum fault outcome)
{
    const struct instrument *i = x->state;
    struct json_out o;

    if (instrument_failed(x, outcome))
        return;
    o = json_out(instrument_answer(x, INSTRUMENT_MAX));
    instrument_put(&o, x, &i->job.row);
}

enum step instrument_delete_parse(struct exchange *x)
{
    return instrument_named(x, VAULT_DELETE);
}
