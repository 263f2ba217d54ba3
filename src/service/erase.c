/* erase.c: the tokens first, then the orders in batches, the record last: what was cut off is begun again. */
#include "service/erase.h"

#include "service/vault.h"
#include "store/audit.h"
#include "store/erase.h"
#include "store/merchants.h"

#include "base/banned.h"

enum { OBJECT_MAX = 200 };            /* bytes of what the audit row says */

struct erasing {
    const struct services *services;
    struct arena *arena;
    struct erase_tally *out;
    int64_t merchant_id, now_ms;
    struct span customer_id;
    struct erase_tally part;          /* of one transaction, which may run again */
    int64_t after, found[ERASE_BATCH];
    size_t n;
};

static enum fault note(struct store_tx *tx, const struct erasing *e)
{
    uint8_t text[OBJECT_MAX];
    struct buf object = BUF(text);

    buf_text(&object, "erase customer ");
    buf_span(&object, e->customer_id);
    return audit_insert(tx, &(struct audit_row){ .merchant_id = e->merchant_id, .at_ms = e->now_ms,
                                                 .event = AUDIT_ADMIN, .channel = -1, .actor = SPAN("admin"),
                                                 .object = buf_view(&object) });
}

/* The intent is committed here; the vault's sweeper asks the network. */
static enum fault delete_token(struct store_tx *tx, struct erasing *e, const struct token_row *t)
{
    struct vault_job *job = arena_take(e->arena, sizeof *job);
    enum fault f;

    if (!job)
        return FAULT_INTERNAL;
    *job = (struct vault_job){ .arena = e->arena, .now_ms = e->now_ms };
    job->wish = (struct vault_wish){ .op = VAULT_DELETE, .merchant_id = e->merchant_id, .has_token = true,
                                     .sub_merchant = t->sub_merchant, .later = true };
    job->wish.consent.channel = (enum consent_channel)t->channel;
    vault_id(e->services, job->wish.token, t);
    f = vault_begin(e->services, tx, job);
    if (f == FAULT_WRONG_STATE || f == FAULT_DENIED) {
        e->part.open++;
        return FAULT_NONE;
    }
    e->part.tokens += !f;
    return f;
}

static enum fault erase_tokens(struct store_tx *tx, void *arg)
{
    struct erasing *e = arg;
    struct vault_wish wish = { .merchant_id = e->merchant_id, .customer_id = e->customer_id };
    struct vault_chain all = { 0 };
    struct merchant_row merchant;
    enum fault f;

    e->part = (struct erase_tally){ 0 };
    f = merchants_find(tx, &merchant, e->arena, e->merchant_id);
    if (!f)
        f = note(tx, e);
    if (!f)
        f = vault_chain(tx, &all, e->arena, &wish);
    for (const struct vault_listed *t = all.first; t && !f; t = t->next)
        f = delete_token(tx, e, &t->row);
    return f;
}

static enum fault find_orders(struct store_tx *tx, void *arg)
{
    struct erasing *e = arg;

    return erase_find_orders(tx, e->found, &e->n, ERASE_BATCH, e->merchant_id, e->customer_id, e->after);
}

static enum fault erase_orders(struct store_tx *tx, void *arg)
{
    struct erasing *e = arg;
    enum fault f = FAULT_NONE;

    e->part = (struct erase_tally){ 0 };
    for (size_t i = 0; i < e->n && !f; i++) {
        bool open = false;

        f = erase_is_open(tx, &open, e->merchant_id, e->found[i]);
        if (!f && !open)
            f = erase_order(tx, e->merchant_id, e->found[i]);
        e->part.orders += !open;
        e->part.open += open;
    }
    return f;
}

static enum fault erase_record(struct store_tx *tx, void *arg)
{
    const struct erasing *e = arg;

    return erase_customer(tx, e->merchant_id, e->customer_id);
}

static enum fault run(struct erasing *e, store_work *work)
{
    enum fault f = store_write(e->services->store, work, e);

    if (f)
        return f;
    e->out->tokens += e->part.tokens;
    e->out->orders += e->part.orders;
    e->out->open += e->part.open;
    e->part = (struct erase_tally){ 0 };
    return FAULT_NONE;
}

enum fault customer_erase(const struct services *s, struct erase_tally *out, struct arena *a, int64_t merchant_id,
                          struct span customer_id)
{
    struct erasing e = { .services = s, .arena = a, .out = out, .merchant_id = merchant_id,
                         .customer_id = customer_id, .now_ms = clock_now_ms(s->clock) };
    struct store_reader *reader;
    enum fault f;

    *out = (struct erase_tally){ 0 };
    f = run(&e, erase_tokens);
    if (f)
        return f;
    f = store_reader_open(&reader, s->store);
    if (f)
        return f;
    do {
        f = store_read(reader, find_orders, &e);
        if (!f && e.n)
            f = run(&e, erase_orders);
        if (!f && e.n)
            e.after = e.found[e.n - 1];
    } while (!f && e.n);
    store_reader_close(reader);
    return f ? f : run(&e, erase_record);
}
