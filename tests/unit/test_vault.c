/* Cards become tokens, with consent and an audit row; the same four have one; numbers are told only when covered. */
#include "vault_bed.h"

#include "service/card_budget.h"

#include "base/banned.h"

static struct token_row stored(struct vbed *b, const struct vault_job *job)
{
    return vbed_read(b, job->row.merchant_id, job->row.token_no).row;
}

static void a_card_becomes_a_token_with_what_may_be_kept(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = vbed_make(b, vbed_anna(b), VBED_VISA);
    struct token_row t = stored(b, job);
    struct expiry e = vault_expiry(&t);

    assert_int_equal(vault_outcome(job), VAULT_FINE);
    assert_false(job->existed);
    assert_int_equal(t.status, TOKEN_ACTIVE);
    assert_int_equal(t.scheme, SCHEME_VISA);
    assert_int_equal(t.channel, CONSENT_BY_JUSPAY);
    assert_true(span_equal(t.last4, SPAN("1111")) && span_equal(t.customer_id, SPAN("anna")));
    assert_true(span_absent(t.sub_merchant));
    assert_int_equal(t.par.n, 29);
    assert_int_equal(t.bin9.n, 9);
    assert_int_equal(t.token_last4.n, 4);
    assert_true(t.network_ref.n > 0 && t.issuer.n > 0);
    assert_int_equal(t.fingerprint.n, CARD_FINGERPRINT);
    assert_false(expiry_is_past(e, FIXTURE_NOW));
    assert_int_equal(t.ask_ms, 0);
    assert_int_equal(t.verdict, 0);
    assert_int_equal(vbed_network_tokens(b), 1);
}

static void the_outcome_holds_the_row_as_it_is_stored(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = vbed_make(b, vbed_anna(b), VBED_VISA);
    struct token_row t = stored(b, job);

    assert_int_equal(job->row.status, t.status);
    assert_int_equal(job->row.expiry, t.expiry);
    assert_true(span_equal(job->row.par, t.par) && span_equal(job->row.network_ref, t.network_ref));
}

static void consent_and_audit_rows_come_with_it(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = vbed_make(b, vbed_anna(b), VBED_VISA);
    struct vbed_read l = vbed_read(b, b->merchant_id, job->row.token_no);

    assert_int_equal(l.n_consents, 1);
    assert_true(span_equal(l.consents[0].consent_id, SPAN("consent-1")));
    assert_true(span_equal(l.consents[0].auth_ref, SPAN("auth-1")));
    assert_int_equal(l.consents[0].given_ms, FIXTURE_NOW);
    assert_int_equal(l.n_audit, 1);
    assert_int_equal(l.audit[0].event, AUDIT_TOKEN_MAKE);
    assert_int_equal(l.audit[0].channel, CONSENT_BY_JUSPAY);
    assert_int_equal(l.audit[0].token_no, job->row.token_no);
    assert_int_equal(l.audit[0].outcome, 0);
    assert_true(span_equal(l.audit[0].request_id, SPAN("request-1")));
    assert_true(span_equal(l.audit[0].source, SPAN("192.0.2.7")));
}

static void a_number_is_told_only_to_who_wants_it_and_under_an_audit_row(void **state)
{
    struct vbed *b = *state;
    struct vault_job *plain = vbed_make(b, vbed_anna(b), VBED_VISA), *told;
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), "4012888888881881");
    struct vbed_read l;

    assert_string_equal(plain->answer.number, "");
    assert_string_equal(plain->call.answer.number, "");
    w.wants_number = true;
    told = vbed_do(b, w);
    assert_int_equal(strlen(told->answer.number), 16);
    assert_int_equal(vbed_network_asked(b, NETWORK_NUMBER), 0);      /* it came with the token */
    assert_memory_equal(told->answer.number, told->row.bin9.p, 9);
    assert_memory_equal(told->answer.number + 12, told->row.token_last4.p, 4);
    l = vbed_read(b, b->merchant_id, told->row.token_no);
    assert_int_equal(l.audit[0].event, AUDIT_TOKEN_MAKE_NUMBER);
    assert_int_equal(l.audit[0].token_no, told->row.token_no);
    assert_int_equal(l.audit[1].event, AUDIT_TOKEN_MAKE);
}

static void the_number_is_committed_to_before_the_network_is_asked(void **state)
{
    struct vbed *b = *state;
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);
    struct vault_job *job;

    w.wants_number = true;
    job = vbed_job(b, w);
    assert_int_equal(vbed_begin(b, job), FAULT_NONE);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].event, AUDIT_TOKEN_MAKE_NUMBER);
    assert_int_equal(vbed_network_asked(b, NETWORK_PROVISION), 0);
    assert_true(vault_asks(job));
}

static void the_same_four_have_one_token_and_each_consent_is_kept(void **state)
{
    struct vbed *b = *state;
    struct vault_job *first = vbed_make(b, vbed_anna(b), VBED_VISA), *again;
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);

    w.consent.id = SPAN("consent-2");
    w.consent.channel = CONSENT_BY_PAYTM;          /* through whichever dialect */
    again = vbed_do(b, w);
    assert_true(again->existed);
    assert_false(vault_asks(again));
    assert_int_equal(again->row.token_no, first->row.token_no);
    assert_int_equal(vbed_network_asked(b, NETWORK_PROVISION), 1);
    assert_int_equal(vbed_read(b, b->merchant_id, first->row.token_no).n_consents, 2);
}

static void a_known_tokens_number_comes_from_the_network_again(void **state)
{
    struct vbed *b = *state;
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);
    struct vault_job *first, *again;

    w.wants_number = true;
    first = vbed_do(b, w);
    again = vbed_do(b, w);
    assert_true(again->existed);
    assert_string_equal(again->answer.number, first->answer.number);
    assert_int_equal(vbed_network_asked(b, NETWORK_PROVISION), 1);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].event, AUDIT_TOKEN_MAKE_NUMBER);
    assert_int_equal(vbed_network_tokens(b), 1);
}

static void each_customer_and_sub_merchant_has_a_token_of_its_own(void **state)
{
    struct vbed *b = *state;
    struct vbed_who whos[] = {
        { b->merchant_id, NULL, "anna" }, { b->merchant_id, NULL, "berta" }, { b->merchant_id, "shop", "anna" },
        { b->merchant_id, "shopa", "nna" }, { b->merchant_id, NULL, NULL },
    };
    int64_t numbers[5];

    for (size_t i = 0; i < 5; i++) {
        numbers[i] = vbed_make(b, whos[i], VBED_VISA)->row.token_no;
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(numbers[k], numbers[i]);
    }
    assert_int_equal(vbed_network_tokens(b), 5);
}

static enum fault refused(struct vbed *b, struct vault_wish w, struct vault_job **job)
{
    *job = vbed_job(b, w);
    return vbed_begin(b, *job);
}

static void a_refused_consent_leaves_no_row(void **state)
{
    struct vbed *b = *state;
    struct vault_wish none = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);
    struct vault_wish amex = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), "378282246310005");
    struct vault_job *job;

    none.consent.given = false;
    assert_int_equal(refused(b, none, &job), FAULT_DENIED);
    assert_int_equal(job->why, VAULT_CONSENT);
    assert_int_equal(job->consent, CONSENT_MISSING);
    assert_int_equal(vault_outcome(job), VAULT_CONSENT);
    assert_false(vault_asks(job));
    amex.consent.auth_ref = (struct span){ 0 };
    assert_int_equal(refused(b, amex, &job), FAULT_DENIED);
    assert_int_equal(job->consent, CONSENT_AMEX);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).n_audit, 0);
}

static void strict_mode_and_rupay_ask_for_the_authentication(void **state)
{
    struct vbed *b = *state;
    struct vault_wish visa = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);
    struct vault_wish rupay = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), "6074825972083818");
    struct vault_job *job;

    visa.consent.auth_ref = rupay.consent.auth_ref = (struct span){ 0 };
    b->s->rupay_auth_ref = true;
    assert_int_equal(refused(b, rupay, &job), FAULT_DENIED);
    assert_int_equal(job->consent, CONSENT_RUPAY);
    b->s->strict_consent = true;
    assert_int_equal(refused(b, visa, &job), FAULT_DENIED);
    assert_int_equal(job->consent, CONSENT_STRICT);
    b->s->strict_consent = b->s->rupay_auth_ref = false;
    assert_int_equal(refused(b, visa, &job), FAULT_NONE);
    assert_int_equal(refused(b, rupay, &job), FAULT_NONE);
}

static void a_merchant_without_a_requestor_id_gets_no_token(void **state)
{
    struct vbed *b = *state;
    struct vbed_who demo = { b->f->merchant.merchant_id, NULL, "anna" };
    struct vault_job *job;

    assert_int_equal(refused(b, vbed_of_card(b, VAULT_MAKE, demo, VBED_VISA), &job), FAULT_WRONG_STATE);
    assert_int_equal(job->why, VAULT_NO_REQUESTOR);
    assert_int_equal(vbed_read(b, demo.merchant_id, 0).n_audit, 0);
}

static void without_a_network_every_use_is_refused(void **state)
{
    struct vbed *b = *state;
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);
    struct network *network = b->s->network;
    struct vault_job *job;

    b->s->network = NULL;
    assert_int_equal(refused(b, w, &job), FAULT_WRONG_STATE);
    assert_int_equal(job->why, VAULT_NO_NETWORK);
    b->s->network = network;
}

static void what_the_network_refuses_has_failed_and_may_be_tried_again(void **state)
{
    static const struct { const char *card; enum network_verdict verdict; } cases[] = {
        { "4111110000000039", NETWORK_DECLINED }, { "4111110000000047", NETWORK_INELIGIBLE },
        { "4111110000000054", NETWORK_AUTHENTICATE }, { "4111110000000120", NETWORK_UNREACHABLE },
        { "4111110000000138", NETWORK_NO_ROUTE }, { "4111110000000088", NETWORK_ERROR },
    };
    struct vbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vault_job *job = vbed_make(b, vbed_anna(b), cases[i].card), *again;
        struct token_row t = stored(b, job);
        struct vbed_read l;

        assert_int_equal(vault_outcome(job), VAULT_NETWORK);
        assert_int_equal(job->answer.verdict, cases[i].verdict);
        assert_int_equal(t.status, TOKEN_FAILED);
        assert_int_equal(t.verdict, cases[i].verdict);
        assert_int_equal(t.ask_ms, 0);
        l = vbed_read(b, b->merchant_id, 0);
        assert_int_equal(l.audit[0].event, AUDIT_TOKEN_SETTLE);
        assert_int_equal(l.audit[0].outcome, cases[i].verdict);
        assert_int_equal(l.audit[1].event, AUDIT_TOKEN_MAKE);
        again = vbed_make(b, vbed_anna(b), cases[i].card);
        assert_false(again->existed);
        assert_int_not_equal(again->row.token_no, t.token_no);
    }
    assert_int_equal(vbed_network_tokens(b), 0);
}

static void an_answer_that_makes_no_sense_leaves_it_open(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = vbed_make(b, vbed_anna(b), "4111110000000096");
    struct token_row t = stored(b, job);

    assert_int_equal(vault_outcome(job), VAULT_NETWORK);
    assert_int_equal(job->answer.verdict, NETWORK_FAULT);
    assert_int_equal(t.status, TOKEN_INIT);
    assert_true(t.ask_ms > FIXTURE_NOW);
}

static void a_suspended_token_is_returned_without_its_number_only(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job = vbed_make(b, vbed_anna(b), VBED_VISA);
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);

    assert_int_equal(vbed_do(b, vbed_of_token(b, VAULT_SUSPEND, vbed_anna(b), &job->row))->why, VAULT_FINE);
    job = vbed_do(b, w);
    assert_true(job->existed);
    assert_int_equal(job->row.status, TOKEN_SUSPENDED);
    w.wants_number = true;
    assert_int_equal(refused(b, w, &job), FAULT_WRONG_STATE);
    assert_int_equal(job->why, VAULT_RULE);
    assert_int_equal(job->rule, TOKEN_RULE_SUSPENDED);
}

static void nobody_tries_more_cards_than_the_budget_allows(void **state)
{
    struct vbed *b = *state;
    struct vault_job *job;

    assert_int_equal(card_budget_new(&b->s->card_budget, 2, NULL), FAULT_NONE);
    (void)vbed_make(b, vbed_anna(b), VBED_VISA);
    assert_int_equal(vbed_do(b, vbed_of_card(b, VAULT_PAR, vbed_anna(b), "4012888888881881"))->why, VAULT_FINE);
    assert_int_equal(refused(b, vbed_of_card(b, VAULT_GUEST, vbed_anna(b), "4242424242424242"), &job),
                     FAULT_TOO_MANY);
    assert_int_equal(job->why, VAULT_CARD_BUDGET);
    assert_int_equal(refused(b, vbed_of_card(b, VAULT_MAKE, vbed_anna(b), "4242424242424242"), &job),
                     FAULT_TOO_MANY);
    assert_true(vbed_make(b, vbed_anna(b), VBED_VISA)->existed);
    assert_false(vault_fingerprint_allowed(b->s, b->merchant_id, job->wish.card->fingerprint, FIXTURE_NOW));
    assert_true(vault_fingerprint_allowed(b->s, b->merchant_id, job->wish.card->fingerprint,
                                          FIXTURE_NOW + 3600 * 1000));
    card_budget_free(b->s->card_budget);
    b->s->card_budget = NULL;
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, vbed_setup, vbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_card_becomes_a_token_with_what_may_be_kept),
        FRESH(the_outcome_holds_the_row_as_it_is_stored),
        FRESH(consent_and_audit_rows_come_with_it),
        FRESH(a_number_is_told_only_to_who_wants_it_and_under_an_audit_row),
        FRESH(the_number_is_committed_to_before_the_network_is_asked),
        FRESH(the_same_four_have_one_token_and_each_consent_is_kept),
        FRESH(a_known_tokens_number_comes_from_the_network_again),
        FRESH(each_customer_and_sub_merchant_has_a_token_of_its_own),
        FRESH(a_refused_consent_leaves_no_row),
        FRESH(strict_mode_and_rupay_ask_for_the_authentication),
        FRESH(a_merchant_without_a_requestor_id_gets_no_token),
        FRESH(without_a_network_every_use_is_refused),
        FRESH(what_the_network_refuses_has_failed_and_may_be_tried_again),
        FRESH(an_answer_that_makes_no_sense_leaves_it_open),
        FRESH(a_suspended_token_is_returned_without_its_number_only),
        FRESH(nobody_tries_more_cards_than_the_budget_allows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
