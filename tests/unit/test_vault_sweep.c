/* What a crash or a silent network leaves open is settled by asking, and no card ever has two tokens. */
#include "vault_bed.h"

#include "base/banned.h"

#define TIMES_OUT "4111110000000104"
#define TIMES_OUT_LOST "4111110000000112"
#define LATER "4111110000000013"
#define LATER_FAILS "4111110000000021"

static struct token_row stored(struct vbed *b, const struct token_row *t)
{
    return vbed_read(b, t->merchant_id, t->token_no).row;
}

/* Sweep at the moment when `t` is due. */
static struct token_row sweep(struct vbed *b, const struct token_row *t)
{
    struct token_row row = stored(b, t);

    assert_true(row.ask_ms > 0);
    assert_int_equal(vault_sweep(b->s->vault, row.ask_ms), FAULT_NONE);
    return stored(b, t);
}

static struct vault_job *begin(struct vbed *b, struct vault_wish w)
{
    struct vault_job *job = vbed_job(b, w);

    assert_int_equal(vbed_begin(b, job), FAULT_NONE);
    return job;
}

static void a_token_that_comes_later_is_asked_for_until_it_is_there(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = vbed_make(b, vbed_anna(b), LATER);
    struct token_row t = stored(b, &job->row);

    assert_int_equal(vault_outcome(job), VAULT_NETWORK);
    assert_int_equal(job->answer.verdict, NETWORK_LATER);
    assert_int_equal(t.status, TOKEN_INIT);
    assert_int_equal(t.ask_ms, FIXTURE_NOW + VAULT_LATER_MS);
    assert_true(t.network_ref.n > 0);
    t = sweep(b, &t);
    assert_int_equal(t.status, TOKEN_INIT);      /* too early */
    assert_true(t.ask_ms > FIXTURE_NOW + VAULT_LATER_MS);
    fixture_listen(b->f, NULL, NULL);
    fixture_set_clock(b->f, FIXTURE_NOW + 2500);
    t = sweep(b, &t);
    assert_int_equal(t.status, TOKEN_ACTIVE);
    assert_int_equal(t.ask_ms, 0);
    assert_true(t.par.n > 0 && t.expiry > 0);
}

static void a_token_that_comes_later_may_fail(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), LATER_FAILS)->row;

    fixture_listen(b->f, NULL, NULL);
    fixture_set_clock(b->f, FIXTURE_NOW + 2500);
    t = sweep(b, &t);
    assert_int_equal(t.status, TOKEN_FAILED);
    assert_int_equal(t.verdict, NETWORK_DECLINED);
    assert_int_equal(t.ask_ms, 0);
}

static void the_network_tells_by_itself_when_it_is_there(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), LATER)->row;

    fixture_set_clock(b->f, FIXTURE_NOW + 2500);
    t = vbed_wait(b, &t, TOKEN_ACTIVE);
    assert_int_equal(t.ask_ms, 0);
}

static void a_token_whose_answer_never_came_is_found_and_there_is_no_second(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = vbed_make(b, vbed_anna(b), TIMES_OUT), *again;
    struct token_row t = stored(b, &job->row);

    assert_int_equal(job->answer.verdict, NETWORK_SILENT);
    assert_false(vault_settles(job));
    assert_int_equal(t.status, TOKEN_INIT);
    assert_true(t.ask_ms > FIXTURE_NOW);
    t = sweep(b, &t);
    assert_int_equal(t.status, TOKEN_ACTIVE);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].event, AUDIT_TOKEN_SETTLE);
    again = vbed_make(b, vbed_anna(b), TIMES_OUT);
    assert_true(again->existed);
    assert_int_equal(again->row.token_no, t.token_no);
    assert_int_equal(vbed_network_tokens(b), 1);
    assert_int_equal(vault_outcome(vbed_do(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &t))), VAULT_FINE);
}

static void a_token_that_was_never_made_has_failed(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), TIMES_OUT_LOST)->row;

    assert_int_equal(stored(b, &t).status, TOKEN_INIT);
    t = sweep(b, &t);
    assert_int_equal(t.status, TOKEN_FAILED);
    assert_int_equal(t.verdict, NETWORK_NO_TOKEN);
    assert_false(begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), TIMES_OUT_LOST))->existed);
}

static void a_crash_before_the_question_leaves_nothing_behind(void **state)
{
    struct vbed *b = *state;
    struct token_row t = begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA))->row;

    assert_int_equal(t.status, TOKEN_INIT);
    vbed_restart(b);
    assert_int_equal(vault_sweep(b->s->vault, t.ask_ms - 1), FAULT_NONE);
    assert_int_equal(stored(b, &t).status, TOKEN_INIT);      /* whoever asked may still be waiting */
    assert_int_equal(sweep(b, &t).status, TOKEN_FAILED);
    assert_int_equal(vbed_network_tokens(b), 0);
}

static void a_crash_between_question_and_answer_is_settled_without_a_second_token(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA));
    struct token_row t = job->row;

    vbed_ask(b, job);                            /* and then nobody keeps the answer */
    vbed_restart(b);
    t = sweep(b, &t);
    assert_int_equal(t.status, TOKEN_ACTIVE);
    assert_true(t.network_ref.n > 0 && t.bin9.n == 9);
    assert_true(vbed_make(b, vbed_anna(b), VBED_VISA)->existed);
    assert_int_equal(vbed_network_asked(b, NETWORK_PROVISION), 0);
}

static void a_crash_between_a_change_and_its_answer_is_settled(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vault_job *job = begin(b, vbed_of_token(b, VAULT_DELETE, vbed_anna(b), &t));

    assert_true(vault_asks(job));
    vbed_restart(b);
    assert_int_equal(sweep(b, &t).status, TOKEN_DEAD);
    assert_int_equal(vbed_network_asked(b, NETWORK_DELETE), 1);
}

static void who_asks_for_a_token_under_way_joins_it(void **state)
{
    struct vbed *b = *state;
    struct vault_job *first = begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA)), *second;

    second = vbed_make(b, vbed_anna(b), VBED_VISA);
    assert_true(second->existed);
    assert_int_equal(second->row.token_no, first->row.token_no);
    assert_int_equal(second->row.status, TOKEN_ACTIVE);
    vbed_ask(b, first);
    assert_int_equal(first->answer.verdict, NETWORK_DONE);
    assert_int_equal(vbed_settle(b, first), FAULT_NONE);
    assert_int_equal(first->row.status, TOKEN_ACTIVE);
    assert_int_equal(vault_outcome(first), VAULT_FINE);
    assert_int_equal(vbed_network_tokens(b), 1);
}

static void a_refusal_is_not_believed_while_another_still_asks(void **state)
{
    struct vbed *b = *state;
    struct vault_job *first = begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA)), *second;

    second = begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA));
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    vbed_ask(b, first);
    assert_int_equal(vbed_settle(b, first), FAULT_NONE);
    assert_int_equal(first->row.status, TOKEN_INIT);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    vbed_ask(b, second);
    assert_int_equal(vbed_settle(b, second), FAULT_NONE);
    assert_int_equal(second->row.status, TOKEN_ACTIVE);
}

static void a_second_question_that_was_not_heard_says_nothing_of_the_first(void **state)
{
    struct vbed *b = *state;
    struct vault_job *first = begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA)), *second;

    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    second = vbed_make(b, vbed_anna(b), VBED_VISA);
    assert_int_equal(vault_outcome(second), VAULT_NETWORK);
    assert_int_equal(stored(b, &first->row).status, TOKEN_INIT);
}

static void a_refresh_does_not_give_up_what_is_under_way(void **state)
{
    struct vbed *b = *state;
    struct vault_job *first = begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA)), *refresh;

    refresh = vbed_do(b, vbed_of_token(b, VAULT_REFRESH, vbed_anna(b), &first->row));
    assert_int_equal(refresh->answer.verdict, NETWORK_NO_TOKEN);
    assert_int_equal(stored(b, &first->row).status, TOKEN_INIT);
}

static void a_token_that_was_given_up_and_came_after_all_is_deleted_at_the_network(void **state)
{
    struct vbed *b = *state;
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);
    struct sim_token tokens[SIM_LIST_MAX];
    struct vault_job *job;
    struct token_row t;
    size_t n = 0;

    w.wants_number = true;
    job = begin(b, w);
    assert_int_equal(sweep(b, &job->row).status, TOKEN_FAILED);
    vbed_ask(b, job);
    assert_int_equal(vbed_settle(b, job), FAULT_NONE);
    assert_int_equal(vault_outcome(job), VAULT_NETWORK);
    assert_string_equal(job->answer.number, "");
    t = sweep(b, &job->row);
    assert_int_equal(t.status, TOKEN_FAILED);
    assert_int_equal(t.ask_ms, 0);
    assert_int_equal(sim_tokens(b->f->sim, tokens, &n), FAULT_NONE);
    assert_int_equal(n, 1);
    assert_int_equal(tokens[0].life.status, TOKEN_DEAD);
}

static void a_silent_network_is_asked_less_and_less_and_fills_no_log(void **state)
{
    struct vbed *b = *state;
    struct token_row t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    struct vault_wish w = vbed_of_token(b, VAULT_SUSPEND, vbed_anna(b), &t);
    size_t rows;

    w.later = true;
    (void)vbed_do(b, w);
    assert_int_equal(stored(b, &t).ask_ms, FIXTURE_NOW);
    rows = vbed_read(b, b->merchant_id, 0).n_audit;
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    t = sweep(b, &t);
    assert_int_equal(t.status, TOKEN_ACTIVE);
    assert_int_equal(t.wanted, NETWORK_SUSPEND);
    assert_int_equal(t.ask_ms, FIXTURE_NOW + 1000);
    t = sweep(b, &t);
    t = sweep(b, &t);
    assert_int_equal(t.ask_ms, FIXTURE_NOW + 4000);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).n_audit, rows);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    assert_int_equal(sweep(b, &t).status, TOKEN_SUSPENDED);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).n_audit, rows + 1);
}

static void a_job_that_nobody_waits_for_is_led_to_its_end(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA));
    struct token_row t = { .merchant_id = job->row.merchant_id, .token_no = job->row.token_no };

    vault_ask_alone(b->s, job);
    arena_reset(b->f->arena);                    /* nothing of the exchange is needed any more */
    t = vbed_wait(b, &t, TOKEN_ACTIVE);
    assert_true(t.par.n > 0);
}

static void the_vault_ends_with_questions_under_way(void **state)
{
    struct vbed *b = *state;

    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DEAF, 0);
    for (int i = 0; i < 3; i++)
        vault_ask_alone(b->s, begin(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA)));
    vbed_restart(b);
    assert_int_equal(vbed_network_tokens(b), 0);
}

enum { MANY = VAULT_SWEEP_MAX + 20 };

/* Open tokens of which the network knows nothing. */
static enum fault insert_many(struct store_tx *tx, void *arg)
{
    const struct vbed *b = arg;
    enum fault f = FAULT_NONE;

    for (int64_t i = 1; i <= MANY && !f; i++) {
        uint8_t owner[CARD_OWNER] = { (uint8_t)i }, fingerprint[CARD_FINGERPRINT] = { 0 };
        struct token_row t = {
            .merchant_id = b->merchant_id, .token_no = i, .owner = { owner, sizeof owner },
            .fingerprint = { fingerprint, sizeof fingerprint }, .scheme = SCHEME_VISA, .last4 = SPAN("1111"),
            .created_ms = FIXTURE_NOW, .updated_ms = FIXTURE_NOW, .ask_ms = FIXTURE_NOW + 5000 + i,
        };

        f = tokens_insert(tx, &t);
    }
    return f;
}

static void one_look_is_bounded_and_the_next_goes_on(void **state)
{
    struct vbed *b = *state;
    struct token_row last = { .merchant_id = b->merchant_id, .token_no = MANY };

    assert_int_equal(store_write(b->s->store, insert_many, b), FAULT_NONE);
    assert_int_equal(vault_sweep(b->s->vault, FIXTURE_NOW + 6000), FAULT_NONE);
    assert_int_equal(vbed_network_asked(b, NETWORK_STATUS), VAULT_SWEEP_MAX);
    assert_int_equal(stored(b, &last).status, TOKEN_INIT);
    assert_int_equal(vault_sweep(b->s->vault, FIXTURE_NOW + 6000), FAULT_NONE);
    assert_int_equal(vbed_network_asked(b, NETWORK_STATUS), MANY);
    assert_int_equal(stored(b, &last).status, TOKEN_FAILED);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, vbed_setup, vbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_token_that_comes_later_is_asked_for_until_it_is_there),
        FRESH(a_token_that_comes_later_may_fail),
        FRESH(the_network_tells_by_itself_when_it_is_there),
        FRESH(a_token_whose_answer_never_came_is_found_and_there_is_no_second),
        FRESH(a_token_that_was_never_made_has_failed),
        FRESH(a_crash_before_the_question_leaves_nothing_behind),
        FRESH(a_crash_between_question_and_answer_is_settled_without_a_second_token),
        FRESH(a_crash_between_a_change_and_its_answer_is_settled),
        FRESH(who_asks_for_a_token_under_way_joins_it),
        FRESH(a_refusal_is_not_believed_while_another_still_asks),
        FRESH(a_second_question_that_was_not_heard_says_nothing_of_the_first),
        FRESH(a_refresh_does_not_give_up_what_is_under_way),
        FRESH(a_token_that_was_given_up_and_came_after_all_is_deleted_at_the_network),
        FRESH(a_silent_network_is_asked_less_and_less_and_fills_no_log),
        FRESH(a_job_that_nobody_waits_for_is_led_to_its_end),
        FRESH(the_vault_ends_with_questions_under_way),
        FRESH(one_look_is_bounded_and_the_next_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
