/* lead_vault.c: tokens are made, used, changed, and changed by others. */
#include "lead.h"

#include <string.h>

#include "base/banned.h"

struct work { struct run *r; struct vault_job *job; };

static enum fault begin_work(struct store_tx *tx, void *arg)
{
    struct work *k = arg;

    return vault_begin(&k->r->w->s, tx, k->job);
}

static enum fault settle_work(struct store_tx *tx, void *arg)
{
    struct work *k = arg;

    return vault_settle(&k->r->w->s, tx, k->job);
}

static void asked(struct vault_job *job)
{
    *(bool *)job->arg = true;
}

static void lead(struct run *r, const struct vault_wish *wish)
{
    struct vault_job *job = arena_take(r->w->arena, sizeof *job);
    struct work k = { r, job };
    struct services *s = &r->w->s;
    uint64_t stop = dice_roll(&r->dice, 30);
    bool answered = false;
    enum fault f;

    memset(job, 0, sizeof *job);
    job->wish = *wish;
    job->now_ms = world_now(r->w);
    job->arena = r->w->arena;
    f = store_write(s->store, begin_work, &k);
    if (lead_refused(r, f, (int)job->why))
        return;
    r->broken = r->broken || stop == 0;
    if (!r->broken && vault_asks(job)) {
        vault_ask(s, job, asked, &answered);
        if (!answered)
            world_fail("a token's question was not answered at once");
        r->broken = stop == 1;
        f = !r->broken && vault_settles(job) ? store_write(s->store, settle_work, &k) : FAULT_NONE;
    }
    if (!f && !r->broken) {
        r->tally.done++;
        if (job->row.token_no)
            model_told(r->m, SEEN_TOKEN, &(struct seen){ job->row.merchant_id, job->row.token_no, job->row.status });
    }
    lead_fault(r, f);
}

static struct vault_wish wish(struct run *r, enum vault_op op, int64_t merchant_id)
{
    return (struct vault_wish){
        .op = op, .merchant_id = merchant_id, .payment = NETWORK_ECOM, .request_id = SPAN("request"),
        .source = SPAN("192.0.2.7"),
        .consent = { .channel = CONSENT_BY_JUSPAY, .given = true, .id = SPAN("consent"),
                     .given_ms = world_now(r->w), .auth_ref = SPAN("auth") },
    };
}

/* Through another API than Cashfree's: consent and factor are attested. */
void lead_make(struct run *r)
{
    static const char *const customers[] = { "anna", "bert", "carl" };
    struct world *w = r->w;
    struct vault_wish make = wish(r, VAULT_MAKE, w->merchants[dice_roll(&r->dice, WORLD_MERCHANTS)]);
    struct card_typed typed = { span_of(lead_card(r)), SPAN("03"), SPAN("2028"), { NULL, 0 } };
    struct card_facts *facts = arena_take(w->arena, sizeof *facts);
    uint8_t bytes[CARD_CLEAR_MAX];
    struct buf text = BUF(bytes);
    struct card_ask card = { .form = CARD_FORM_CLEAR, .merchant_id = make.merchant_id, .now_ms = world_now(w) };
    struct key_ask ask;

    make.customer_id = span_of(customers[dice_roll(&r->dice, 3)]);
    make.wants_number = dice_roll(&r->dice, 3) == 0;
    must(card_clear(&text, &typed));
    card.text = buf_view(&text);
    card.owner = vault_owner(w->arena, (struct span){ NULL, 0 }, make.customer_id);
    must(card_ask(&ask, w->arena, &card));
    must(keyholder_ask(w->s.keyholder, &ask, 1));
    must(card_read(facts, &ask));
    if (facts->flaw)
        return;                       /* its expiry is past by now */
    make.card = facts;
    lead(r, &make);
}

#define TOKENS "SELECT count(*) FROM tokens", \
    "SELECT merchant_id, token_no FROM tokens ORDER BY 1, 2 LIMIT 1 OFFSET ?1"

static void lead_token(struct run *r, enum vault_op op)
{
    struct token_row t = { 0 };
    struct vault_wish w;
    struct pick p;

    if (!lead_pick(r, &p, TOKENS))
        return;
    t.merchant_id = p.merchant_id;
    t.token_no = p.no;
    w = wish(r, op, p.merchant_id);
    w.has_token = true;
    w.later = op != VAULT_DISCLOSE && dice_roll(&r->dice, 4) == 0;
    vault_id(&r->w->s, w.token, &t);
    lead(r, &w);
}

void lead_change(struct run *r)
{
    static const enum vault_op ops[] = { VAULT_SUSPEND, VAULT_RESUME, VAULT_RESUME, VAULT_DELETE, VAULT_REFRESH };

    lead_token(r, ops[dice_roll(&r->dice, sizeof ops / sizeof *ops)]);
}

void lead_disclose(struct run *r)
{
    lead_token(r, VAULT_DISCLOSE);
}

struct look { struct run *r; struct pick pick; struct token_row row; struct requestor_row by; };

static enum fault look_work(struct store_tx *tx, void *arg)
{
    struct look *l = arg;
    struct arena *a = l->r->w->arena;
    enum fault f = tokens_find(tx, &l->row, a, l->pick.merchant_id, l->pick.no);

    return f ? f : requestors_find(tx, &l->by, a, l->pick.merchant_id, l->row.scheme);
}

static bool pick_known(struct run *r, struct look *l)
{
    l->r = r;
    if (!lead_pick(r, &l->pick, TOKENS))
        return false;
    must(store_read(r->w->reader, look_work, l));
    return !span_absent(l->row.network_ref);
}

void lead_issuer(struct run *r)
{
    enum sim_event e = (enum sim_event)dice_roll(&r->dice, SIM_EVENTS);
    struct look l;
    enum fault f;

    if (!pick_known(r, &l))
        return;
    f = sim_happen(r->w->sim, l.row.network_ref, e, world_now(r->w));
    if (f && f != FAULT_NOT_FOUND && f != FAULT_WRONG_STATE)
        lead_fault(r, f);
}

struct hear { struct run *r; struct pick pick; const struct network_answer *said; };

static enum fault hear_work(struct store_tx *tx, void *arg)
{
    struct hear *h = arg;
    struct vault_kept kept = { .event = AUDIT_TOKEN_NOTICE, .outcome = NETWORK_DONE, .now_ms = world_now(h->r->w) };
    struct token_row t;
    enum fault f = tokens_find(tx, &t, h->r->w->arena, h->pick.merchant_id, h->pick.no);

    if (f)
        return f;
    kept.was = vault_was(&t);
    return vault_hear_notice(&t, h->said, kept.now_ms) ? vault_keep(tx, &t, &kept) : FAULT_NONE;
}

/* The network tells how a token is. */
void lead_token_news(struct run *r)
{
    struct network_call call = { .ask.op = NETWORK_STATUS };
    struct hear h = { .r = r, .said = &call.answer };
    struct look l;

    if (!pick_known(r, &l))
        return;
    h.pick = l.pick;
    call.ask.ref = (struct network_ref){ l.row.merchant_id, l.row.token_no, 0 };
    call.ask.scheme = (enum scheme)l.row.scheme;
    call.ask.now_ms = world_now(r->w);
    must(span_text(call.ask.trid, sizeof call.ask.trid, l.by.trid));
    must(span_text(call.ask.token_ref, sizeof call.ask.token_ref, l.row.network_ref));
    network_ask_wait(r->w->net, &call);
    if (call.answer.verdict == NETWORK_DONE)
        lead_fault(r, store_write(r->w->s.store, hear_work, &h));
}
