/* A card is saved by paying with it: only then, only with consent and a second factor, whatever the network does. */
#include "base/journal.h"
#include "pay_bed.h"
#include "sim_bed.h"

#include "base/banned.h"

/* What is on disk of the token of a payment. */
static struct token_row token_of(struct pbed *b, const struct payment_row *p)
{
    return vbed_read(b->v, p->merchant_id, p->token_no).row;
}

static bool is_empty(struct span s)
{
    return s.n == 0;
}

static void vault_looks(struct pbed *b)
{
    assert_int_equal(vault_sweep(b->s->vault, pbed_now(b)), FAULT_NONE);
}

/* Charged and kept, and then the process ends. */
static struct payment_row paid_and_gone(struct pbed *b, const char *number)
{
    struct pay_job *job = pbed_do(b, pbed_saving(b, pbed_order(b), number));

    job = pbed_job(b, pbed_otp(&job->row, PBED_OTP));
    assert_int_equal(pbed_lead_on(b, job), FAULT_NONE);
    assert_true(job->makes);
    return pbed_row(b, &job->row);
}

static void the_card_of_a_paid_order_becomes_a_token_and_pays_again(void **state)
{
    struct pbed *b = *state;
    struct pay_job *job = pbed_do(b, pbed_saving(b, pbed_order(b), VBED_VISA));
    struct payment_row p = pbed_row(b, &job->row);
    struct vbed_read token;
    char id[24];

    assert_int_equal(p.saves, PAY_SAVES_LATER);
    assert_int_equal(p.flight.n, PAY_FLIGHT);
    assert_int_equal(p.token_no, 0);
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 0);
    job = pbed_do(b, pbed_otp(&p, PBED_OTP));
    p = pbed_row(b, &job->row);
    assert_int_equal(p.state, PAYMENT_SUCCESS);
    assert_int_equal(p.saves, PAY_SAVES_ASKED);
    (void)vbed_wait(b->v, &(struct token_row){ .merchant_id = b->merchant_id, .token_no = p.token_no }, TOKEN_ACTIVE);
    pbed_later(b, PAYMENTS_SWEEP_MS);
    pbed_sweep(b);
    p = pbed_row(b, &p);
    assert_int_equal(p.saves, PAY_SAVES_SETTLED);
    assert_true(is_empty(p.flight));
    assert_int_equal(p.ask_ms, 0);
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 1);

    token = vbed_read(b->v, b->merchant_id, p.token_no);
    assert_true(span_equal(token.row.customer_id, SPAN("anna")));
    assert_true(span_equal(token.row.issuer, p.issuer));
    assert_true(span_equal(token.row.last4, SPAN("1111")));
    assert_int_equal(token.n_consents, 1);
    assert_int_equal(token.consents[0].channel, CONSENT_BY_CASHFREE);
    (void)snprintf(id, sizeof id, "%llu", (unsigned long long)pay_id(b->s, p.merchant_id, p.payment_no));
    assert_true(span_equal(token.consents[0].auth_ref, span_of(id)));
    assert_int_equal(pbed_do(b, pbed_saved(b, pbed_order(b), &token.row))->row.token_no, p.token_no);
}

static void a_payment_that_comes_to_nothing_saves_nothing(void **state)
{
    static const enum acquirer_verdict ends[] = { ACQUIRER_DECLINED, ACQUIRER_DROPPED, ACQUIRER_TOO_MANY_OTPS };
    struct pbed *b = *state;
    struct vbed_read audit;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct pay_job *job = pbed_do(b, pbed_saving(b, pbed_order(b), VBED_VISA));
        struct payment_row p = job->row;

        assert_true(pbed_hear(b, &p, ends[i]));
        p = pbed_row(b, &p);
        assert_true(payment_is_over((enum payment_state)p.state));
        assert_true(is_empty(p.flight));
        assert_int_equal(p.saves, PAY_SAVES_NOT);
        assert_true(pbed_hear(b, &p, ACQUIRER_CHARGED));        /* and goes back: still nothing is saved */
        assert_int_equal(p.state, PAYMENT_CANCELLED);
        assert_int_equal(pbed_row(b, &p).token_no, 0);
    }
    b->bank.says = ACQUIRER_DECLINED;
    assert_true(is_empty(pbed_do(b, pbed_saving(b, pbed_order(b), VBED_VISA))->row.flight));
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 0);
    audit = vbed_read(b->v, b->merchant_id, 0);
    for (size_t i = 0; i < audit.n_audit; i++)                      /* of payments alone */
        assert_true(audit.audit[i].event == AUDIT_PAYMENT || audit.audit[i].event == AUDIT_PAYMENT_STATE);
}

static void without_consent_nothing_is_kept_of_the_card(void **state)
{
    struct pbed *b = *state;
    struct pay_wish w = pbed_saving(b, pbed_order(b), VBED_VISA);
    struct payment_row p;

    w.consent = false;
    p = pbed_paid(b, w);
    assert_int_equal(p.saves, PAY_SAVES_NOT);
    assert_true(is_empty(p.flight));
    assert_int_equal(p.token_no, 0);
}

static void without_a_second_factor_the_payment_stands_and_nothing_is_saved(void **state)
{
    struct pbed *b = *state;
    struct pay_job *job;

    b->bank.says = ACQUIRER_CHARGED;
    job = pbed_do(b, pbed_saving(b, pbed_order(b), VBED_VISA));
    assert_int_equal(job->row.state, PAYMENT_SUCCESS);
    assert_true(job->unsaved);
    assert_int_equal(job->vault.consent, CONSENT_FACTOR);
    assert_int_equal(pbed_row(b, &job->row).token_no, 0);
    assert_true(is_empty(pbed_row(b, &job->row).flight));
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 0);
}

static void without_a_requestor_the_payment_stands_and_nothing_is_saved(void **state)
{
    struct pbed *b = *state;
    struct pay_job *job;
    struct order_row *o;

    b->merchant_id = b->f->merchant.merchant_id;      /* which is onboarded nowhere */
    o = pbed_order(b);
    job = pbed_do(b, pbed_saving(b, o, VBED_VISA));
    job = pbed_do(b, pbed_otp(&job->row, PBED_OTP));
    assert_int_equal(job->vault.why, VAULT_NO_REQUESTOR);
    assert_true(job->unsaved);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
    assert_int_equal(pbed_row(b, &job->row).saves, PAY_SAVES_SETTLED);
    assert_true(is_empty(pbed_row(b, &job->row).flight));
}

static void without_a_network_the_payment_stands_and_nothing_is_saved(void **state)
{
    struct pbed *b = *state;
    struct network *network = b->s->network;
    struct pay_job *job = pbed_do(b, pbed_saving(b, pbed_order(b), VBED_VISA));

    b->s->network = NULL;
    job = pbed_do(b, pbed_otp(&job->row, PBED_OTP));
    b->s->network = network;
    assert_int_equal(job->row.state, PAYMENT_SUCCESS);
    assert_int_equal(job->vault.why, VAULT_NO_NETWORK);
    assert_true(is_empty(pbed_row(b, &job->row).flight));
}

static void that_a_card_was_not_saved_is_in_the_journal_without_the_card(void **state)
{
    struct pbed *b = *state;
    FILE *file = tmpfile();
    struct journal *j = NULL;
    char text[4096];
    size_t n;

    assert_non_null(file);
    assert_int_equal(journal_open(&j, fileno(file), "test", b->s->clock), FAULT_NONE);
    b->s->journal = j;
    b->bank.says = ACQUIRER_CHARGED;
    (void)pbed_do(b, pbed_saving(b, pbed_order(b), VBED_VISA));
    (void)pbed_do(b, pbed_card(b, pbed_order(b), VBED_VISA));          /* it was not to be saved: no line */
    b->s->journal = NULL;
    journal_close(j);
    rewind(file);
    n = fread(text, 1, sizeof text - 1, file);
    text[n] = '\0';
    assert_non_null(strstr(text, "could not be saved"));
    assert_null(strstr(strstr(text, "could not be saved") + 1, "could not be saved"));
    assert_null(strstr(text, "1111"));
    assert_int_equal(fclose(file), 0);
}

static void a_card_that_is_saved_already_is_the_same_token(void **state)
{
    struct pbed *b = *state;
    struct token_row t = vbed_make(b->v, vbed_anna(b->v), VBED_VISA)->row;
    struct payment_row p = pbed_paid(b, pbed_saving(b, pbed_order(b), VBED_VISA));

    p = pbed_row(b, &p);
    assert_int_equal(p.token_no, t.token_no);
    assert_int_equal(p.saves, PAY_SAVES_SETTLED);
    assert_true(is_empty(p.flight));
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 1);
    assert_int_equal(vbed_read(b->v, b->merchant_id, t.token_no).n_consents, 2);
}

static void a_token_whose_question_was_never_put_is_asked_for_again(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = paid_and_gone(b, VBED_VISA);

    assert_int_equal(token_of(b, &p).status, TOKEN_INIT);
    pbed_later(b, PAYMENTS_SWEEP_MS);
    pbed_sweep(b);
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 0);   /* it may still be on its way */
    pbed_later(b, PBED_MINUTE);
    vault_looks(b);                           /* the vault's sweeper leaves it alone */
    assert_int_equal(token_of(b, &p).status, TOKEN_INIT);
    pbed_sweep(b);
    assert_int_equal(token_of(b, &p).status, TOKEN_ACTIVE);
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 1);
    p = pbed_row(b, &p);
    assert_int_equal(p.saves, PAY_SAVES_SETTLED);
    assert_true(is_empty(p.flight));
}

static void a_token_whose_answer_was_lost_is_made_once(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = paid_and_gone(b, VBED_VISA);

    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_MUTE, 0);
    pbed_later(b, PBED_MINUTE);
    pbed_sweep(b);
    assert_int_equal(token_of(b, &p).status, TOKEN_INIT);
    assert_int_equal(pbed_row(b, &p).flight.n, PAY_FLIGHT);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    pbed_later(b, PBED_MINUTE);
    pbed_sweep(b);
    assert_int_equal(token_of(b, &p).status, TOKEN_ACTIVE);
    assert_int_equal(vbed_network_tokens(b->v), 1);
    assert_true(is_empty(pbed_row(b, &p).flight));
}

struct spoil { struct pbed *b; const struct payment_row *p; };

/* As if the key that it was sealed with had died with the keyholder. */
static enum fault spoil_work(struct store_tx *tx, void *arg)
{
    const struct spoil *s = arg;
    struct payment_row p = *s->p;
    uint8_t flight[PAY_FLIGHT];

    memcpy(flight, p.flight.p, PAY_FLIGHT);
    flight[CARD_FLIGHT - 1] ^= 1;
    p.flight.p = flight;
    return payments_update(tx, &p);
}

static void where_the_flight_can_no_longer_be_opened_the_payment_stands_and_the_token_has_failed(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = paid_and_gone(b, VBED_VISA);

    assert_int_equal(store_write(b->s->store, spoil_work, &(struct spoil){ b, &p }), FAULT_NONE);
    pbed_later(b, PBED_MINUTE);
    pbed_sweep(b);
    p = pbed_row(b, &p);
    assert_int_equal(p.state, PAYMENT_SUCCESS);
    assert_int_equal(p.saves, PAY_SAVES_SETTLED);
    assert_true(is_empty(p.flight));
    vault_looks(b);
    assert_int_equal(token_of(b, &p).status, TOKEN_FAILED);
    assert_true(token_of(b, &p).verdict != NETWORK_DONE);
}

static void a_flight_older_than_its_key_is_forgotten(void **state)
{
    struct pbed *b = *state;
    struct payment_row p = paid_and_gone(b, VBED_VISA);

    pbed_later(b, CARD_PENDING_MS);
    pbed_sweep(b);
    assert_true(is_empty(pbed_row(b, &p).flight));
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 0);
    pbed_later(b, PBED_MINUTE);
    vault_looks(b);
    assert_int_equal(token_of(b, &p).status, TOKEN_FAILED);
}

static void whatever_the_network_says_the_payment_stands(void **state)
{
    static const struct { enum test_outcome outcome; enum token_status status; } cases[] = {
        { TEST_APPROVE, TOKEN_ACTIVE }, { TEST_DECLINE, TOKEN_FAILED }, { TEST_INELIGIBLE, TOKEN_FAILED },
        { TEST_AUTHENTICATE, TOKEN_FAILED }, { TEST_ERROR, TOKEN_FAILED }, { TEST_DOWN, TOKEN_FAILED },
        { TEST_LATER, TOKEN_INIT },
    };
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct payment_row p;
        struct pay_job *job = pbed_do(b, pbed_saving(b, pbed_order(b), bed_card(SCHEME_VISA, cases[i].outcome)));

        job = pbed_do(b, pbed_otp(&job->row, PBED_OTP));
        p = pbed_row(b, &job->row);
        assert_int_equal(p.state, PAYMENT_SUCCESS);
        (void)vbed_wait(b->v, &(struct token_row){ .merchant_id = p.merchant_id, .token_no = p.token_no },
                        cases[i].status);
        pbed_later(b, PBED_MINUTE);
        pbed_sweep(b);
        p = pbed_row(b, &p);
        assert_int_equal(p.saves, PAY_SAVES_SETTLED);
        assert_true(is_empty(p.flight));
    }
}

/* A success that only the sweeper learns of saves the card as well. */
static void a_success_that_nobody_waits_for_saves_the_card_too(void **state)
{
    struct pbed *b = *state;
    struct pay_job *job = pbed_do(b, pbed_saving(b, pbed_order(b), VBED_VISA));
    struct payment_row p;

    job = pbed_job(b, pbed_otp(&job->row, PBED_OTP));
    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    pbed_ask(b, job);
    pbed_later(b, PAY_LEASE_MS);
    pbed_sweep(b);
    p = pbed_row(b, &job->row);
    assert_int_equal(p.state, PAYMENT_SUCCESS);
    (void)vbed_wait(b->v, &(struct token_row){ .merchant_id = p.merchant_id, .token_no = p.token_no }, TOKEN_ACTIVE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pbed_setup, pbed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_card_of_a_paid_order_becomes_a_token_and_pays_again),
        TEST(a_payment_that_comes_to_nothing_saves_nothing),
        TEST(without_consent_nothing_is_kept_of_the_card),
        TEST(without_a_second_factor_the_payment_stands_and_nothing_is_saved),
        TEST(without_a_requestor_the_payment_stands_and_nothing_is_saved),
        TEST(without_a_network_the_payment_stands_and_nothing_is_saved),
        TEST(that_a_card_was_not_saved_is_in_the_journal_without_the_card),
        TEST(a_card_that_is_saved_already_is_the_same_token),
        TEST(a_token_whose_question_was_never_put_is_asked_for_again),
        TEST(a_token_whose_answer_was_lost_is_made_once),
        TEST(where_the_flight_can_no_longer_be_opened_the_payment_stands_and_the_token_has_failed),
        TEST(a_flight_older_than_its_key_is_forgotten),
        TEST(whatever_the_network_says_the_payment_stands),
        TEST(a_success_that_nobody_waits_for_saves_the_card_too),
    };

    return cmocka_run_group_tests_name("pay_save", tests, NULL, NULL);
}
