/* Tokens suspended, resumed, deleted, by their customers and by issuers; the list of a customer. */
#include "vault_bed.h"

#include "base/banned.h"

static enum fault refused(struct vbed *b, struct vault_wish w, struct vault_job **job)
{
    *job = vbed_job(b, w);
    return vbed_begin(b, *job);
}

static struct token_row stored(struct vbed *b, const struct token_row *t)
{
    return vbed_read(b, t->merchant_id, t->token_no).row;
}

static struct vault_job *change(struct vbed *b, enum vault_op op, const struct token_row *t)
{
    return vbed_do(b, vbed_of_token(b, op, vbed_anna(b), t));
}

static void a_customer_suspends_resumes_and_deletes(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row, row;
    struct vault_job *job = change(b, VAULT_SUSPEND, &t);

    assert_int_equal(vault_outcome(job), VAULT_FINE);
    assert_int_equal(job->row.status, TOKEN_SUSPENDED);
    row = stored(b, &t);
    assert_int_equal(row.status, TOKEN_SUSPENDED);
    assert_int_equal(row.suspended_by, TOKEN_MARK(TOKEN_BY_REQUESTOR));
    assert_int_equal(row.ask_ms, 0);
    assert_int_equal(row.wanted, 0);
    assert_int_equal(refused(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &t), &job), FAULT_WRONG_STATE);
    assert_int_equal(job->rule, TOKEN_RULE_SUSPENDED);
    assert_int_equal(change(b, VAULT_RESUME, &t)->row.status, TOKEN_ACTIVE);
    assert_int_equal(vault_outcome(change(b, VAULT_DISCLOSE, &t)), VAULT_FINE);
    assert_int_equal(change(b, VAULT_DELETE, &t)->row.status, TOKEN_DEAD);
    assert_int_equal(refused(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &t), &job), FAULT_WRONG_STATE);
    assert_int_equal(job->rule, TOKEN_RULE_DEAD);
    assert_int_equal(refused(b, vbed_of_token(b, VAULT_RESUME, vbed_anna(b), &t), &job), FAULT_WRONG_STATE);
    assert_int_equal(job->rule, TOKEN_RULE_DEAD);
}

static void a_change_has_an_audit_row_and_one_that_was_refused_has_a_second(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vbed_read l;

    (void)change(b, VAULT_SUSPEND, &t);
    l = vbed_read(b, b->merchant_id, 0);
    assert_int_equal(l.audit[0].event, AUDIT_TOKEN_SUSPEND);
    assert_int_equal(l.audit[0].token_no, t.token_no);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    (void)change(b, VAULT_RESUME, &t);
    l = vbed_read(b, b->merchant_id, 0);
    assert_int_equal(l.audit[0].event, AUDIT_TOKEN_SETTLE);
    assert_int_equal(l.audit[0].channel, -1);
    assert_int_equal(l.audit[0].outcome, NETWORK_UNREACHABLE);
    assert_int_equal(l.audit[1].event, AUDIT_TOKEN_RESUME);
}

static void what_is_so_already_asks_nobody(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;

    assert_false(vault_asks(change(b, VAULT_RESUME, &t)));
    (void)change(b, VAULT_SUSPEND, &t);
    assert_false(vault_asks(change(b, VAULT_SUSPEND, &t)));
    assert_int_equal(vbed_network_asked(b, NETWORK_RESUME), 0);
    assert_int_equal(vbed_network_asked(b, NETWORK_SUSPEND), 1);
}

static void a_deleted_tokens_card_gets_another_token(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vault_job *again;

    (void)change(b, VAULT_DELETE, &t);
    again = vbed_make(b, vbed_anna(b), VBED_VISA);
    assert_false(again->existed);
    assert_int_not_equal(again->row.token_no, t.token_no);
    assert_true(span_equal(again->row.par, stored(b, &t).par));
}

static void a_network_that_is_down_leaves_the_token_as_it_was(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row, row;
    struct vault_job *job;

    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    job = change(b, VAULT_SUSPEND, &t);
    assert_int_equal(vault_outcome(job), VAULT_NETWORK);
    row = stored(b, &t);
    assert_int_equal(row.status, TOKEN_ACTIVE);
    assert_int_equal(row.ask_ms, 0);
    assert_int_equal(row.wanted, 0);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    assert_int_equal(change(b, VAULT_SUSPEND, &t)->row.status, TOKEN_SUSPENDED);
}

static void a_second_wish_waits_for_the_first_unless_it_is_the_same(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vault_job *first, *same, *other;
    struct vault_wish number;

    assert_int_equal(refused(b, vbed_of_token(b, VAULT_SUSPEND, vbed_anna(b), &t), &first), FAULT_NONE);
    assert_int_equal(refused(b, vbed_of_token(b, VAULT_DELETE, vbed_anna(b), &t), &other), FAULT_WRONG_STATE);
    assert_int_equal(other->why, VAULT_RULE);
    assert_int_equal(refused(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &t), &other), FAULT_WRONG_STATE);
    assert_int_equal(other->rule, TOKEN_RULE_SUSPENDED);
    number = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);
    number.wants_number = true;
    assert_int_equal(refused(b, number, &other), FAULT_WRONG_STATE);
    assert_int_equal(other->rule, TOKEN_RULE_SUSPENDED);
    same = change(b, VAULT_SUSPEND, &t);         /* both ask under one reference */
    assert_int_equal(same->row.status, TOKEN_SUSPENDED);
    assert_int_equal(same->call.ask.ref.request, first->call.ask.ref.request);
    vbed_ask(b, first);
    assert_int_equal(first->answer.verdict, NETWORK_DONE);
    assert_int_equal(vbed_settle(b, first), FAULT_NONE);
    assert_int_equal(first->row.status, TOKEN_SUSPENDED);
    assert_int_equal(stored(b, &t).wanted, 0);
}

static void a_late_answer_does_not_undo_a_newer_change(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vault_job *first;

    assert_int_equal(refused(b, vbed_of_token(b, VAULT_SUSPEND, vbed_anna(b), &t), &first), FAULT_NONE);
    (void)change(b, VAULT_SUSPEND, &t);
    (void)change(b, VAULT_RESUME, &t);
    vbed_ask(b, first);
    assert_int_equal(vbed_settle(b, first), FAULT_NONE);
    assert_int_equal(stored(b, &t).status, TOKEN_ACTIVE);
}

static void an_issuers_suspension_arrives_as_a_notice_and_only_the_issuer_lifts_it(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row, row;
    struct vault_job *job;

    assert_int_equal(sim_happen(b->f->sim, t.network_ref, SIM_SUSPEND, FIXTURE_NOW), FAULT_NONE);
    row = vbed_wait(b, &t, TOKEN_SUSPENDED);
    assert_int_equal(row.suspended_by, TOKEN_MARK(TOKEN_BY_ISSUER));
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].event, AUDIT_TOKEN_NOTICE);
    assert_int_equal(refused(b, vbed_of_token(b, VAULT_RESUME, vbed_anna(b), &t), &job), FAULT_DENIED);
    assert_int_equal(job->rule, TOKEN_RULE_ISSUER);
    assert_int_equal(sim_happen(b->f->sim, t.network_ref, SIM_RESUME, FIXTURE_NOW), FAULT_NONE);
    (void)vbed_wait(b, &t, TOKEN_ACTIVE);
}

static void a_replaced_cards_token_ends_by_notice(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;

    assert_int_equal(sim_happen(b->f->sim, t.network_ref, SIM_REPLACE, FIXTURE_NOW), FAULT_NONE);
    (void)vbed_wait(b, &t, TOKEN_DEAD);
    assert_false(vbed_make(b, vbed_anna(b), VBED_VISA)->existed);
}

static void a_notice_that_was_missed_comes_again_after_a_restart(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;

    fixture_listen(b->f, NULL, NULL);
    assert_int_equal(sim_happen(b->f->sim, t.network_ref, SIM_DELETE, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(stored(b, &t).status, TOKEN_ACTIVE);
    vbed_restart(b);
    (void)vbed_wait(b, &t, TOKEN_DEAD);
}

static void a_disclosure_learns_what_no_notice_told(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vault_job *job;

    fixture_listen(b->f, NULL, NULL);
    assert_int_equal(sim_happen(b->f->sim, t.network_ref, SIM_SUSPEND, FIXTURE_NOW), FAULT_NONE);
    job = change(b, VAULT_DISCLOSE, &t);
    assert_int_equal(vault_outcome(job), VAULT_NETWORK);
    assert_int_equal(job->answer.verdict, NETWORK_BAD_STATE);
    assert_string_equal(job->answer.number, "");
    assert_int_equal(stored(b, &t).suspended_by, TOKEN_MARK(TOKEN_BY_ISSUER));
}

static void a_refresh_takes_over_life_and_expiry(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), "4111110000000187")->row, row;
    struct vault_job *job;

    assert_false(vault_settles(change(b, VAULT_REFRESH, &t)));
    fixture_listen(b->f, NULL, NULL);
    assert_int_equal(sim_happen(b->f->sim, t.network_ref, SIM_RENEW, FIXTURE_NOW), FAULT_NONE);
    job = change(b, VAULT_REFRESH, &t);
    assert_true(vault_settles(job));
    row = stored(b, &t);
    assert_true(expiry_compare(vault_expiry(&row), vault_expiry(&t)) > 0);
    assert_int_equal(job->row.expiry, row.expiry);
    assert_string_equal(job->answer.number, "");
    (void)change(b, VAULT_DELETE, &t);
    assert_false(vault_asks(change(b, VAULT_REFRESH, &t)));      /* the end is final */
}

static enum fault update(struct store_tx *tx, void *row)
{
    return tokens_update(tx, row);
}

static void a_row_that_nobody_here_wrote_is_not_used(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vault_job *job;

    t.expiry = 203013;
    assert_int_equal(store_write(b->s->store, update, &t), FAULT_NONE);
    assert_int_equal(refused(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &t), &job), FAULT_INTERNAL);
    assert_int_equal(refused(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA), &job), FAULT_INTERNAL);
}

struct list { struct token_row rows[8]; size_t n; struct vault_wish wish; bool all; struct arena *arena; };

static enum fault see(void *arg, const struct token_row *t)
{
    struct list *l = arg;

    l->rows[l->n++] = *t;
    return FAULT_NONE;
}

static enum fault list_work(struct store_tx *tx, void *arg)
{
    struct list *l = arg;

    return vault_list(tx, l->arena, &l->wish, l->all, see, l);
}

static struct list list(struct vbed *b, struct vbed_who who, bool all)
{
    struct list l = { .wish = vbed_wish(b, VAULT_MAKE, who), .all = all, .arena = b->f->arena };

    assert_int_equal(store_read(b->f->reader, list_work, &l), FAULT_NONE);
    return l;
}

static void a_customers_list_has_live_tokens_newest_first(void **state)
{
    struct vbed *b = *state;
    struct vbed_who shop = { b->merchant_id, "shop", "anna" };
    struct token_row one = vbed_make(b, vbed_anna(b), VBED_VISA)->row,
                     two = vbed_make(b, vbed_anna(b), "4012888888881881")->row,
                     dead = vbed_make(b, vbed_anna(b), "4242424242424242")->row;
    struct list l;

    (void)vbed_make(b, shop, VBED_VISA);
    (void)change(b, VAULT_DELETE, &dead);
    l = list(b, vbed_anna(b), false);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.rows[0].token_no, two.token_no);
    assert_int_equal(l.rows[1].token_no, one.token_no);
    assert_true(span_equal(l.rows[1].last4, SPAN("1111")) && span_equal(l.rows[0].last4, SPAN("1881")));
    assert_int_equal(list(b, vbed_anna(b), true).n, 3);
    assert_int_equal(list(b, shop, true).n, 1);
    assert_int_equal(list(b, (struct vbed_who){ b->merchant_id, NULL, "berta" }, true).n, 0);
}

static enum fault insert_many(struct store_tx *tx, void *arg)
{
    const struct vbed *b = arg;
    enum fault f = FAULT_NONE;

    for (int64_t i = 1; i <= VAULT_LIST_MAX + 1 && !f; i++) {
        uint8_t owner[CARD_OWNER] = { (uint8_t)i, (uint8_t)(i >> 8) }, fingerprint[CARD_FINGERPRINT] = { 0 };
        struct token_row t = {
            .merchant_id = b->merchant_id, .token_no = i, .owner = { owner, sizeof owner },
            .fingerprint = { fingerprint, sizeof fingerprint }, .customer_id = SPAN("anna"), .scheme = SCHEME_VISA,
            .status = TOKEN_ACTIVE, .last4 = SPAN("1111"), .created_ms = FIXTURE_NOW, .updated_ms = FIXTURE_NOW,
        };

        f = tokens_insert(tx, &t);
    }
    return f;
}

struct counted { struct list list; size_t n; int64_t last; };

static enum fault count(void *arg, const struct token_row *t)
{
    struct counted *c = arg;

    c->n++;
    c->last = t->token_no;
    return FAULT_NONE;
}

static enum fault count_work(struct store_tx *tx, void *arg)
{
    struct counted *c = arg;

    return vault_list(tx, c->list.arena, &c->list.wish, true, count, c);
}

static void a_list_ends_with_the_oldest_that_has_a_place(void **state)
{
    struct vbed *b = *state;
    struct counted c = { .list = { .wish = vbed_wish(b, VAULT_MAKE, vbed_anna(b)), .arena = b->f->arena } };

    assert_int_equal(store_write(b->s->store, insert_many, b), FAULT_NONE);
    assert_int_equal(store_read(b->f->reader, count_work, &c), FAULT_NONE);
    assert_int_equal(c.n, VAULT_LIST_MAX);
    assert_int_equal(c.last, 2);
}

static void what_is_to_be_deleted_later_is_gone_at_once_for_its_customer(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vault_wish w = vbed_of_token(b, VAULT_DELETE, vbed_anna(b), &t);
    struct vault_job *job;

    w.later = true;
    job = vbed_do(b, w);
    assert_false(vault_asks(job));
    assert_int_equal(list(b, vbed_anna(b), false).n, 0);
    assert_int_equal(refused(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &t), &job), FAULT_WRONG_STATE);
    assert_int_equal(job->rule, TOKEN_RULE_DEAD);
    assert_int_equal(refused(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA), &job), FAULT_WRONG_STATE);
    assert_int_equal(job->rule, TOKEN_RULE_DEAD);      /* one live token of each owner: not before it is gone */
    assert_int_equal(vault_sweep(b->s->vault, FIXTURE_NOW), FAULT_NONE);
    (void)vbed_wait(b, &t, TOKEN_DEAD);
    assert_int_equal(vbed_network_asked(b, NETWORK_DELETE), 1);
    assert_false(vbed_make(b, vbed_anna(b), VBED_VISA)->existed);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, vbed_setup, vbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_customer_suspends_resumes_and_deletes),
        FRESH(a_change_has_an_audit_row_and_one_that_was_refused_has_a_second),
        FRESH(what_is_so_already_asks_nobody),
        FRESH(a_deleted_tokens_card_gets_another_token),
        FRESH(a_network_that_is_down_leaves_the_token_as_it_was),
        FRESH(a_second_wish_waits_for_the_first_unless_it_is_the_same),
        FRESH(a_late_answer_does_not_undo_a_newer_change),
        FRESH(an_issuers_suspension_arrives_as_a_notice_and_only_the_issuer_lifts_it),
        FRESH(a_replaced_cards_token_ends_by_notice),
        FRESH(a_notice_that_was_missed_comes_again_after_a_restart),
        FRESH(a_disclosure_learns_what_no_notice_told),
        FRESH(a_refresh_takes_over_life_and_expiry),
        FRESH(a_row_that_nobody_here_wrote_is_not_used),
        FRESH(a_customers_list_has_live_tokens_newest_first),
        FRESH(a_list_ends_with_the_oldest_that_has_a_place),
        FRESH(what_is_to_be_deleted_later_is_gone_at_once_for_its_customer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
