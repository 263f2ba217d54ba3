/* A token whose own expiry is past ends when its holder consents again, and its card has another. */
#include "vault_bed.h"

#include "base/banned.h"

#define EXPIRES_SOON "4111110000000187"

#define LATER_NOW (FIXTURE_NOW + INT64_C(40) * 24 * 3600 * 1000)      /* its month is past */

static struct token_row stored(struct vbed *b, const struct token_row *t)
{
    return vbed_read(b, t->merchant_id, t->token_no).row;
}

/* A token of anna's that has expired by now. */
static struct token_row expired(struct vbed *b)
{
    struct token_row t = vbed_make(b, vbed_anna(b), EXPIRES_SOON)->row;

    fixture_set_clock(b->f, LATER_NOW);
    assert_int_equal(t.status, TOKEN_ACTIVE);
    assert_true(vault_life(&t, LATER_NOW).expired);
    return t;
}

static struct vault_wish wish(struct vbed *b, bool wants_number)
{
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), EXPIRES_SOON);

    w.wants_number = wants_number;
    return w;
}

/* Wait until the network has deleted it. */
static void wait_for_the_network(struct vbed *b, const struct token_row *t)
{
    struct token_row row = stored(b, t);

    assert_int_equal(row.status, TOKEN_DEAD);
    for (int i = 0; i < VBED_TRIES && row.wanted; i++) {
        assert_int_equal(row.wanted, NETWORK_DELETE);
        assert_int_equal(vault_sweep(b->s->vault, row.ask_ms), FAULT_NONE);
        row = stored(b, t);
    }
    assert_int_equal(row.status, TOKEN_DEAD);
    assert_int_equal(row.wanted, 0);
    assert_int_equal(row.ask_ms, 0);
}

static enum token_status status_at_network(struct vbed *b, const struct token_row *t)
{
    struct sim_token tokens[SIM_LIST_MAX];
    size_t n;

    assert_int_equal(sim_tokens(b->f->sim, tokens, &n), FAULT_NONE);
    for (size_t i = 0; i < n; i++)
        if (tokens[i].ref.token_no == t->token_no)
            return tokens[i].life.status;
    fail_msg("the network has no such token");
    return TOKEN_FAILED;
}

static size_t count_audited(struct vbed *b, enum audit_event event, const struct token_row *t)
{
    struct vbed_read l = vbed_read(b, b->merchant_id, 0);
    size_t n = 0;

    for (size_t i = 0; i < l.n_audit; i++)
        n += l.audit[i].event == (int64_t)event && l.audit[i].token_no == t->token_no
             && l.audit[i].channel == CONSENT_BY_JUSPAY;
    return n;
}

struct living { struct vbed *b; size_t n; int64_t token_no; };

static enum fault see_living(void *arg, const struct token_row *t)
{
    struct living *l = arg;

    l->n++;
    l->token_no = t->token_no;
    return FAULT_NONE;
}

static enum fault list_living(struct store_tx *tx, void *arg)
{
    struct living *l = arg;
    struct vault_wish w = vbed_wish(l->b, VAULT_REFRESH, vbed_anna(l->b));

    return vault_list(tx, l->b->f->arena, &w, false, see_living, l);
}

static void assert_the_only_one(struct vbed *b, const struct token_row *t)
{
    struct living l = { .b = b };

    assert_int_equal(store_read(b->f->reader, list_living, &l), FAULT_NONE);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.token_no, t->token_no);
}

static void replace(struct vbed *b, bool wants_number)
{
    struct token_row old = expired(b);
    struct vault_job *job = vbed_do(b, wish(b, wants_number)), *refused;

    assert_int_equal(vault_outcome(job), VAULT_FINE);
    assert_false(job->existed);
    assert_int_not_equal(job->row.token_no, old.token_no);
    assert_int_equal(job->row.status, TOKEN_ACTIVE);
    assert_false(vault_life(&job->row, LATER_NOW).expired);
    assert_int_equal(strlen(job->answer.number), wants_number ? 16 : 0);
    assert_int_equal(stored(b, &old).status, TOKEN_DEAD);
    assert_int_equal(vbed_read(b, b->merchant_id, job->row.token_no).n_consents, 1);
    assert_int_equal(count_audited(b, AUDIT_TOKEN_DELETE, &old), 1);
    assert_int_equal(count_audited(b, wants_number ? AUDIT_TOKEN_MAKE_NUMBER : AUDIT_TOKEN_MAKE, &job->row), 1);
    assert_the_only_one(b, &job->row);
    refused = vbed_job(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &old));
    assert_int_equal(vbed_begin(b, refused), FAULT_WRONG_STATE);
    assert_int_equal(refused->rule, TOKEN_RULE_DEAD);
    assert_int_equal(vault_outcome(vbed_do(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &job->row))), VAULT_FINE);
}

static void a_new_consent_ends_an_expired_token_and_makes_another(void **state)
{
    replace(*state, false);
}

static void the_new_tokens_number_comes_with_it(void **state)
{
    replace(*state, true);
}

static void the_new_token_is_then_the_one(void **state)
{
    struct vbed *b = *state;
    struct token_row new;

    (void)expired(b);
    new = vbed_do(b, wish(b, false))->row;
    for (int i = 0; i < 2; i++) {
        struct vault_job *job = vbed_do(b, wish(b, i == 1));

        assert_true(job->existed);
        assert_int_equal(job->row.token_no, new.token_no);
    }
    assert_int_equal(vbed_network_tokens(b), 2);
}

struct replacing { struct vbed *b; struct vault_job *job; struct token_row old; };

static enum fault replace_and_look(struct store_tx *tx, void *arg)
{
    struct replacing *r = arg;
    enum fault f = vault_begin(r->b->s, tx, r->job);

    return f ? f : tokens_find(tx, &r->old, r->b->f->arena, r->old.merchant_id, r->old.token_no);
}

static void one_transaction_ends_it_and_the_network_is_to_be_told_at_once(void **state)
{
    struct vbed *b = *state;
    struct replacing r = { .b = b, .old = expired(b) };

    r.job = vbed_job(b, wish(b, false));
    assert_int_equal(store_write(b->s->store, replace_and_look, &r), FAULT_NONE);
    assert_int_equal(r.old.status, TOKEN_DEAD);
    assert_int_equal(r.old.wanted, NETWORK_DELETE);
    assert_int_equal(r.old.ask_ms, LATER_NOW);
    assert_true(r.old.request > 0);
    assert_int_equal(r.job->row.status, TOKEN_INIT);
    assert_int_not_equal(r.job->row.token_no, r.old.token_no);
}

static void the_sweeper_has_the_network_delete_it(void **state)
{
    struct vbed *b = *state;
    struct token_row old = expired(b), new = vbed_do(b, wish(b, false))->row;

    wait_for_the_network(b, &old);
    assert_int_equal(status_at_network(b, &old), TOKEN_DEAD);
    assert_int_equal(status_at_network(b, &new), TOKEN_ACTIVE);
    assert_int_equal(stored(b, &new).status, TOKEN_ACTIVE);
}

static void a_crash_in_between_leaves_one_that_is_joined_and_one_to_delete(void **state)
{
    struct vbed *b = *state;
    struct token_row old = expired(b), new;
    struct vault_job *job = vbed_job(b, wish(b, false)), *again;

    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    assert_int_equal(vbed_begin(b, job), FAULT_NONE);
    new = job->row;
    vbed_restart(b);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    assert_int_equal(stored(b, &old).status, TOKEN_DEAD);
    again = vbed_do(b, wish(b, false));
    assert_true(again->existed);
    assert_int_equal(again->row.token_no, new.token_no);
    assert_int_equal(again->row.status, TOKEN_ACTIVE);
    wait_for_the_network(b, &old);
    assert_int_equal(status_at_network(b, &old), TOKEN_DEAD);
    assert_the_only_one(b, &new);
}

static void an_issuers_renewal_comes_too_late(void **state)
{
    struct vbed *b = *state;
    struct token_row old = expired(b), row = old;
    struct vault_job *job = vbed_job(b, wish(b, false));

    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    assert_int_equal(vbed_begin(b, job), FAULT_NONE);
    assert_int_equal(sim_happen(b->f->sim, old.network_ref, SIM_RENEW, LATER_NOW), FAULT_NONE);
    for (int i = 0; i < VBED_TRIES && row.expiry == old.expiry; i++) {
        (void)usleep(VBED_TRY_US);
        row = stored(b, &old);
    }
    assert_true(row.expiry > old.expiry);        /* it was heard */
    assert_int_equal(row.status, TOKEN_DEAD);
    assert_int_equal(row.wanted, NETWORK_DELETE);
    assert_int_equal(vault_life(&row, LATER_NOW).status, TOKEN_DEAD);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    wait_for_the_network(b, &old);
    assert_int_equal(status_at_network(b, &old), TOKEN_DEAD);
}

static void a_renewal_that_came_in_time_keeps_the_token(void **state)
{
    struct vbed *b = *state;
    struct token_row old = expired(b), row = old;
    struct vault_job *job;

    assert_int_equal(sim_happen(b->f->sim, old.network_ref, SIM_RENEW, LATER_NOW), FAULT_NONE);
    for (int i = 0; i < VBED_TRIES && row.expiry == old.expiry; i++) {
        (void)usleep(VBED_TRY_US);
        row = stored(b, &old);
    }
    job = vbed_do(b, wish(b, true));
    assert_true(job->existed);
    assert_int_equal(job->row.token_no, old.token_no);
    assert_int_equal(strlen(job->answer.number), 16);
}

static void one_that_is_suspended_too_has_expired_all_the_same(void **state)
{
    struct vbed *b = *state;
    struct token_row old = vbed_make(b, vbed_anna(b), EXPIRES_SOON)->row;
    struct vault_job *job;

    (void)vbed_do(b, vbed_of_token(b, VAULT_SUSPEND, vbed_anna(b), &old));
    assert_true(vbed_do(b, wish(b, false))->existed);
    fixture_set_clock(b->f, LATER_NOW);
    job = vbed_do(b, wish(b, true));
    assert_false(job->existed);
    assert_int_equal(job->row.status, TOKEN_ACTIVE);
    assert_int_equal(stored(b, &old).suspended_by, 0);
    wait_for_the_network(b, &old);
}

static enum fault update(struct store_tx *tx, void *row)
{
    return tokens_update(tx, row);
}

static void one_that_the_network_said_had_expired_gives_way_before_its_date(void **state)
{
    struct vbed *b = *state;
    struct token_row old = vbed_make(b, vbed_anna(b), EXPIRES_SOON)->row;

    old.expired = 1;
    assert_int_equal(store_write(b->s->store, update, &old), FAULT_NONE);
    assert_false(vbed_do(b, wish(b, false))->existed);
    assert_int_equal(stored(b, &old).status, TOKEN_DEAD);
    assert_int_equal(stored(b, &old).expired, 0);
}

static void a_refusal_leaves_the_expired_token_as_it_was(void **state)
{
    struct vbed *b = *state;
    struct token_row old = expired(b);
    struct vault_wish w = wish(b, true);
    struct vault_job *job;

    w.consent.given = false;
    job = vbed_job(b, w);
    assert_int_equal(vbed_begin(b, job), FAULT_DENIED);
    assert_int_equal(job->why, VAULT_CONSENT);
    assert_int_equal(stored(b, &old).status, TOKEN_ACTIVE);
    assert_int_equal(stored(b, &old).wanted, 0);
}

/* The moment of an effect tells it from every other, also from one that is still open. */
static void a_change_that_is_still_open_gives_way(void **state)
{
    struct vbed *b = *state;
    struct token_row old = vbed_make(b, vbed_anna(b), EXPIRES_SOON)->row;
    struct vault_job *suspend = vbed_job(b, vbed_of_token(b, VAULT_SUSPEND, vbed_anna(b), &old));

    assert_int_equal(vbed_begin(b, suspend), FAULT_NONE);
    fixture_set_clock(b->f, LATER_NOW);
    assert_int_equal(vault_outcome(vbed_do(b, wish(b, false))), VAULT_FINE);
    vbed_ask(b, suspend);
    assert_int_equal(vbed_settle(b, suspend), FAULT_NONE);
    assert_int_equal(stored(b, &old).status, TOKEN_DEAD);
    wait_for_the_network(b, &old);
    assert_int_equal(status_at_network(b, &old), TOKEN_DEAD);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, vbed_setup, vbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_new_consent_ends_an_expired_token_and_makes_another),
        FRESH(the_new_tokens_number_comes_with_it),
        FRESH(the_new_token_is_then_the_one),
        FRESH(one_transaction_ends_it_and_the_network_is_to_be_told_at_once),
        FRESH(the_sweeper_has_the_network_delete_it),
        FRESH(a_crash_in_between_leaves_one_that_is_joined_and_one_to_delete),
        FRESH(an_issuers_renewal_comes_too_late),
        FRESH(a_renewal_that_came_in_time_keeps_the_token),
        FRESH(one_that_is_suspended_too_has_expired_all_the_same),
        FRESH(one_that_the_network_said_had_expired_gives_way_before_its_date),
        FRESH(a_refusal_leaves_the_expired_token_as_it_was),
        FRESH(a_change_that_is_still_open_gives_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
