/* vault_find.c: one token by its public id, and the tokens of a customer. */
#include "service/callers.h"
#include "service/ids.h"
#include "service/known.h"
#include "service/vault_own.h"

#include "base/banned.h"

/* Absent and empty name the same: nobody. */
static bool is_same(struct span a, struct span b)
{
    return a.n == 0 ? b.n == 0 : span_equal(a, b);
}

static enum vault_why stranger(const struct token_row *t, const struct vault_wish *wish)
{
    if (!is_same(t->sub_merchant, wish->sub_merchant))
        return VAULT_NO_TOKEN;
    if (!span_absent(wish->customer_id) && !is_same(t->customer_id, wish->customer_id))
        return VAULT_OTHER_CUSTOMER;
    return VAULT_FINE;
}

bool vault_row_is_sound(const struct token_row *t)
{
    struct token_life life = vault_stored_life(t);
    bool dated = t->expiry == 0 || (t->expiry > 0 && t->expiry / 100 <= UINT16_MAX && expiry_is_valid(vault_expiry(t)));

    return dated && t->status >= 0 && t->status < TOKEN_STATUSES && t->suspended_by >= 0 && t->suspended_by <= UINT8_MAX
        && t->scheme > 0 && t->scheme < SCHEMES && token_life_is_sound(&life);
}

/* The row as it is stored. */
static enum fault find(const struct services *s, struct store_tx *tx, struct token_row *out, struct arena *a,
                       const struct vault_wish *wish, enum vault_why *why)
{
    int64_t merchant_id = 0, token_no = 0;
    struct token_row row;
    enum fault f;

    *why = VAULT_NO_TOKEN;
    if (!wish->has_token || ids_token_open(s->ids, &merchant_id, &token_no, wish->token)
        || merchant_id != wish->merchant_id)
        return FAULT_NOT_FOUND;
    f = tokens_find(tx, &row, a, merchant_id, token_no);
    if (f)
        return f;
    if (!vault_row_is_sound(&row))
        return FAULT_INTERNAL;
    *why = stranger(&row, wish);
    if (*why)
        return FAULT_NOT_FOUND;
    *out = row;
    return FAULT_NONE;
}

enum fault vault_find(const struct services *s, struct store_tx *tx, struct token_row *out, struct arena *a,
                      const struct vault_wish *wish, int64_t now_ms, enum vault_why *why)
{
    enum fault f = find(s, tx, out, a, wish, why);

    if (!f)
        out->expired = vault_life(out, now_ms).expired;
    return f;
}

struct listing {
    const struct vault_wish *wish;
    struct arena *arena;
    bool all, full;
    size_t n;
    enum fault (*each)(void *arg, const struct token_row *t);
    void *arg;
};

static bool copy_span(struct arena *a, struct span *s)
{
    if (span_absent(*s))
        return true;
    *s = arena_copy(a, *s);
    return !span_absent(*s);
}

bool vault_copy_spans(struct arena *a, struct token_row *t)
{
    struct span *const spans[] = {
        &t->owner, &t->fingerprint, &t->customer_id, &t->sub_merchant, &t->last4, &t->issuer, &t->issuer_code,
        &t->country, &t->par, &t->network_ref, &t->bin9, &t->token_last4,
    };
    bool copied = true;

    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
        copied = copied && copy_span(a, spans[i]);
    return copied;
}

static bool is_live(const struct token_row *t)
{
    enum token_status s = t->wanted == NETWORK_DELETE ? TOKEN_DEAD : (enum token_status)t->status;

    return s == TOKEN_INIT || s == TOKEN_ACTIVE || s == TOKEN_SUSPENDED;
}

static enum fault list_one(void *arg, const struct token_row *t)
{
    struct listing *l = arg;
    struct token_row row = *t;

    if (stranger(t, l->wish) || (!l->all && !is_live(t)))
        return FAULT_NONE;
    if (l->n == VAULT_LIST_MAX) {
        l->full = true;
        return FAULT_BUSY;            /* ends the loop; nobody sees it */
    }
    if (!vault_row_is_sound(t) || !vault_copy_spans(l->arena, &row))
        return FAULT_INTERNAL;
    l->n++;
    return l->each(l->arg, &row);
}

enum fault vault_list(struct store_tx *tx, struct arena *a, const struct vault_wish *wish, bool all,
                      enum fault (*each)(void *arg, const struct token_row *t), void *arg)
{
    struct listing l = { .wish = wish, .arena = a, .all = all, .each = each, .arg = arg };
    enum fault f = tokens_each(tx, wish->merchant_id, wish->customer_id, list_one, &l);

    return l.full ? FAULT_NONE : f;
}

/* A chain as it grows. */
struct growing { struct vault_chain *chain; struct vault_listed **last; struct arena *arena; };

static enum fault chain_one(void *arg, const struct token_row *t)
{
    struct growing *g = arg;
    struct vault_listed *one = arena_take(g->arena, sizeof *one);

    if (!one)
        return FAULT_INTERNAL;
    one->row = *t;
    *g->last = one;
    g->last = &one->next;
    g->chain->n++;
    return FAULT_NONE;
}

enum fault vault_chain(struct store_tx *tx, struct vault_chain *out, struct arena *a, const struct vault_wish *wish)
{
    struct growing g = { out, &out->first, a };

    *out = (struct vault_chain){ NULL, 0 };
    return vault_list(tx, a, wish, false, chain_one, &g);
}

enum fault vault_find_row(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    enum vault_why why;
    enum fault f = find(s, tx, &job->row, job->arena, &job->wish, &why);

    if (f)
        return vault_refuse(job, f == FAULT_NOT_FOUND ? why : VAULT_FINE, f);
    job->seen = job->row.updated_ms;
    return FAULT_NONE;
}

enum fault vault_find_requestor(const struct services *s, struct store_tx *tx, struct vault_job *job, int64_t scheme)
{
    struct known *known = callers_known(s->callers);
    char *trid = job->call.ask.trid;
    struct requestor_row r;
    uint64_t ticket;
    enum fault f;

    if (known_requestor(known, trid, job->wish.merchant_id, scheme, &ticket))
        return FAULT_NONE;
    f = requestors_find(tx, &r, job->arena, job->wish.merchant_id, scheme);
    if (f)
        return f == FAULT_NOT_FOUND ? vault_refuse(job, VAULT_NO_REQUESTOR, FAULT_WRONG_STATE) : f;
    if (span_text(trid, KNOWN_TRID, r.trid))
        return FAULT_INTERNAL;
    known_keep_requestor(known, trid, job->wish.merchant_id, scheme, ticket);
    return FAULT_NONE;
}
