/* Paying an order: what is refused and why, and what an attempt that is not refused becomes. */
#include "pay_bed.h"
#include "service/ids.h"

#include "base/banned.h"

static void a_typed_card_asks_for_its_otp_and_then_pays(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_job *job = pbed_do(b, pbed_card(b, o, VBED_VISA));
    struct payment_row p;

    assert_int_equal(pay_outcome(job), PAY_FINE);
    assert_int_equal(job->row.state, PAYMENT_FACTOR);
    assert_int_equal(job->row.native, 1);
    assert_true(span_equal(job->row.last4, SPAN("1111")));
    assert_int_equal(job->row.scheme, SCHEME_VISA);
    assert_true(b->bank.last.has_charge);
    assert_int_equal(b->bank.last.number[0], '\0');
    assert_int_equal(pbed_order_state(b, o), ORDER_ACTIVE);

    job = pbed_do(b, pbed_otp(&job->row, PBED_OTP));
    assert_int_equal(pay_outcome(job), PAY_FINE);
    assert_int_equal(job->answer.verdict, ACQUIRER_CHARGED);
    assert_int_equal(job->order.state, ORDER_PAID);
    p = pbed_row(b, &job->row);
    assert_int_equal(p.state, PAYMENT_SUCCESS);
    assert_int_equal(p.captured_minor, 1015);
    assert_int_equal(p.completed_ms, pbed_now(b));
    assert_int_equal(p.ask_ms, 0);
    assert_true(span_absent(p.flight));
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
    assert_int_equal(b->bank.charged, 1);
}

static void nothing_of_what_was_typed_stays_in_the_job(void **state)
{
    struct pbed *b = *state;
    static const uint8_t zeros[CARD_FLIGHT + CARD_CHARGE];
    struct pay_job *job = pbed_do(b, pbed_card(b, pbed_order(b), VBED_VISA));

    assert_memory_equal(job->call.ask.charge, zeros, CARD_CHARGE);
    assert_memory_not_equal(job->facts.charge, zeros, CARD_CHARGE);
    pay_wipe(job);
    assert_memory_equal(job->facts.charge, zeros, CARD_CHARGE);
    assert_memory_equal(job->facts.flight, zeros, CARD_FLIGHT);
}

static void another_session_finds_no_order_unless_it_is_trusted(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_wish w = pbed_upi(b, o);

    w.session[ORDER_SESSION - 1] ^= 1;
    (void)pbed_refused(b, w, FAULT_NOT_FOUND, PAY_NO_SESSION);
    w.trusted = true;
    assert_int_equal(pbed_do(b, w)->row.state, PAYMENT_FACTOR);
    w = pbed_upi(b, o);
    w.order_id = SPAN("order-of-nobody");
    (void)pbed_refused(b, w, FAULT_NOT_FOUND, PAY_NO_SESSION);
}

static void an_order_that_is_over_takes_no_attempt(void **state)
{
    struct pbed *b = *state;
    struct order_row *paid = pbed_order(b), *ended = pbed_order(b), *brief, *asked = pbed_order(b);

    (void)pbed_paid(b, pbed_card(b, paid, VBED_VISA));
    (void)pbed_refused(b, pbed_upi(b, paid), FAULT_WRONG_STATE, PAY_ORDER_PAID);
    assert_int_equal(pbed_terminate(b, ended), ORDER_TERMINATED);
    (void)pbed_refused(b, pbed_upi(b, ended), FAULT_WRONG_STATE, PAY_ORDER_TERMINATED);
    (void)pbed_do(b, pbed_upi(b, asked));
    assert_int_equal(pbed_terminate(b, asked), ORDER_TERMINATION_REQUESTED);
    (void)pbed_refused(b, pbed_upi(b, asked), FAULT_WRONG_STATE, PAY_ORDER_TERMINATED);
    brief = pbed_order_of(b, &(struct pbed_new){ .expires_ms = pbed_now(b) + PBED_MINUTE });
    pbed_later(b, PBED_MINUTE);
    (void)pbed_refused(b, pbed_upi(b, brief), FAULT_WRONG_STATE, PAY_ORDER_EXPIRED);
    assert_int_equal(pbed_attempts(b, brief), 0);
}

static void an_attempt_begun_before_the_expiry_may_still_pay(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .expires_ms = pbed_now(b) + PBED_MINUTE });
    struct pay_job *job = pbed_do(b, pbed_card(b, o, VBED_VISA));

    pbed_later(b, 2 * PBED_MINUTE);
    job = pbed_do(b, pbed_otp(&job->row, PBED_OTP));
    assert_int_equal(job->row.state, PAYMENT_SUCCESS);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
}

static void only_what_the_order_offers_may_pay(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .meta = "{\"payment_methods\":\"cc,dc\"}" });
    struct order_row *debit = pbed_order_of(b, &(struct pbed_new){ .meta = "{\"payment_methods\":\"dc\"}" });

    (void)pbed_refused(b, pbed_upi(b, o), FAULT_DENIED, PAY_METHOD);
    (void)pbed_refused(b, pbed_wish(b, o, PAYMENT_BY_BANKTRANSFER), FAULT_DENIED, PAY_METHOD);
    (void)pbed_refused(b, pbed_card(b, debit, VBED_VISA), FAULT_DENIED, PAY_FILTER);
    assert_int_equal(pbed_attempts(b, debit), 0);
    assert_int_equal(pbed_do(b, pbed_card(b, o, VBED_VISA))->row.state, PAYMENT_FACTOR);
}

static void an_order_in_dollars_is_paid_by_no_indian_account(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .dollars = true });

    (void)pbed_refused(b, pbed_upi(b, o), FAULT_DENIED, PAY_METHOD);
    (void)pbed_refused(b, pbed_wish(b, o, PAYMENT_BY_NETBANKING), FAULT_DENIED, PAY_METHOD);
    (void)pbed_refused(b, pbed_wish(b, o, PAYMENT_BY_APP), FAULT_DENIED, PAY_METHOD);
    assert_int_equal(pbed_attempts(b, o), 0);
}

static void an_order_of_one_account_is_paid_only_where_the_account_is_told(void **state)
{
    static const enum payment_method tell_none[] = {
        PAYMENT_BY_APP, PAYMENT_BY_PAYLATER, PAYMENT_BY_CARDLESS_EMI, PAYMENT_BY_EMI,
    };
    struct pbed *b = *state;
    struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .one_account = true });
    struct pay_wish upi = pbed_upi(b, o);

    for (size_t i = 0; i < sizeof tell_none / sizeof *tell_none; i++)
        (void)pbed_refused(b, pbed_wish(b, o, tell_none[i]), FAULT_DENIED, PAY_ACCOUNT);
    (void)pbed_refused(b, pbed_card(b, o, VBED_VISA), FAULT_DENIED, PAY_ACCOUNT);
    (void)pbed_refused(b, upi, FAULT_INTERNAL, PAY_FINE);         /* and the account must not be forgotten */
    assert_int_equal(pbed_attempts(b, o), 0);
    assert_int_equal(b->bank.asked[ACQUIRER_PAY], 0);
    upi.account = SPAN("1111222233");
    (void)pbed_do(b, upi);
    assert_string_equal(b->bank.last.account, "1111222233");
    assert_int_equal(pbed_attempts(b, o), 1);
}

static void a_card_that_is_none_is_refused_before_anything_is_kept(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_wish w = pbed_card(b, o, "4111111111111112");
    struct pay_job *job = pbed_refused(b, w, FAULT_BAD_INPUT, PAY_CARD);

    assert_int_equal(job->facts.flaw, CARD_NUMBER);
    assert_int_equal(job->facts.pan, PAN_LUHN);
    w = pbed_card(b, o, VBED_VISA);
    w.card.year = SPAN("2020");
    assert_int_equal(pbed_refused(b, w, FAULT_BAD_INPUT, PAY_CARD)->facts.flaw, CARD_EXPIRED);
    w = pbed_card(b, o, VBED_VISA);
    w.card.code = SPAN("12");
    (void)pbed_refused(b, w, FAULT_BAD_INPUT, PAY_CODE);
    w.card.code = (struct span){ 0 };
    (void)pbed_refused(b, w, FAULT_BAD_INPUT, PAY_CODE);
    w.card.number = (struct span){ 0 };
    (void)pbed_refused(b, w, FAULT_BAD_INPUT, PAY_CARD);
    assert_int_equal(pbed_attempts(b, o), 0);
    assert_int_equal(b->bank.asked[ACQUIRER_PAY], 0);
}

static void without_an_acquirer_nothing_can_pay(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_job *job = pbed_do(b, pbed_card(b, o, VBED_VISA));

    b->s->acquirer = NULL;
    (void)pbed_refused(b, pbed_upi(b, pbed_order(b)), FAULT_WRONG_STATE, PAY_NO_ACQUIRER);
    (void)pbed_refused(b, pbed_otp(&job->row, PBED_OTP), FAULT_WRONG_STATE, PAY_NO_ACQUIRER);
    pbed_later(b, PBED_MINUTE);
    pbed_sweep(b);
    assert_int_equal(pbed_row(b, &job->row).state, PAYMENT_FACTOR);
    b->s->acquirer = b->bank.front;
}

static enum fault disable(struct store_tx *tx, void *merchant_id)
{
    return merchants_disable(tx, *(const int64_t *)merchant_id);
}

static void a_disabled_merchant_is_paid_nothing_more_but_what_was_begun(void **state)
{
    struct pbed *b = *state;
    struct order_row *begun = pbed_order(b), *o = pbed_order(b);
    struct pay_job *job = pbed_do(b, pbed_card(b, begun, VBED_VISA));

    assert_int_equal(store_write(b->s->store, disable, &b->merchant_id), FAULT_NONE);
    (void)pbed_refused(b, pbed_upi(b, o), FAULT_WRONG_STATE, PAY_NO_ACQUIRER);
    (void)pbed_refused(b, pbed_card(b, o, VBED_VISA), FAULT_WRONG_STATE, PAY_NO_ACQUIRER);
    assert_int_equal(pbed_attempts(b, o), 0);
    assert_int_equal(pbed_do(b, pbed_otp(&job->row, PBED_OTP))->row.state, PAYMENT_SUCCESS);
}

static void saving_or_using_a_card_needs_a_customer(void **state)
{
    struct pbed *b = *state;
    struct token_row t = vbed_make(b->v, vbed_anna(b->v), VBED_VISA)->row;
    struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .guest = true });

    (void)pbed_refused(b, pbed_saved(b, o, &t), FAULT_WRONG_STATE, PAY_CUSTOMER);
    (void)pbed_refused(b, pbed_saving(b, o, VBED_VISA), FAULT_WRONG_STATE, PAY_CUSTOMER);
    assert_int_equal(pbed_do(b, pbed_card(b, o, VBED_VISA))->row.state, PAYMENT_FACTOR);
}

static void a_saved_card_pays_with_a_number_and_cryptogram_that_only_the_acquirer_sees(void **state)
{
    struct pbed *b = *state;
    struct token_row t = vbed_make(b->v, vbed_anna(b->v), VBED_VISA)->row;
    struct pay_job *job = pbed_job(b, pbed_saved(b, pbed_order(b), &t));
    struct vbed_read audit;

    assert_false(pay_prepares(job));
    assert_int_equal(pbed_begin(b, job), FAULT_NONE);
    audit = vbed_read(b->v, b->merchant_id, 0);
    assert_int_equal(audit.audit[1].event, AUDIT_TOKEN_CRYPTOGRAM);     /* before the network was asked */
    assert_int_equal(vbed_network_asked(b->v, NETWORK_CRYPTOGRAM), 0);
    pbed_ask(b, job);
    assert_int_equal(b->bank.last.source, ACQUIRER_BY_TOKEN);
    assert_int_equal(strlen(b->bank.last.number), 16);
    assert_true(strlen(b->bank.last.tavv) > 0);
    assert_false(b->bank.last.has_charge);
    assert_int_equal(job->call.ask.number[0], '\0');
    assert_int_equal(job->call.ask.tavv[0], '\0');
    assert_int_equal(job->vault.answer.number[0], '\0');
    assert_int_equal(pbed_settle(b, job), FAULT_NONE);
    assert_int_equal(job->row.state, PAYMENT_FACTOR);
    assert_int_equal(job->row.token_no, t.token_no);
    assert_true(span_equal(job->row.last4, SPAN("1111")));
    job = pbed_do(b, pbed_otp(&job->row, PBED_OTP));
    assert_int_equal(job->row.state, PAYMENT_SUCCESS);
    assert_int_equal(job->row.saves, PAY_SAVES_NOT);
}

static void a_saved_card_may_be_named_by_its_uid_and_bring_its_code(void **state)
{
    struct pbed *b = *state;
    struct token_row t = vbed_make(b->v, vbed_anna(b->v), VBED_VISA)->row;
    struct pay_wish w = pbed_wish(b, pbed_order(b), PAYMENT_BY_CARD);
    struct pay_job *job;

    w.by_uid = true;
    memcpy(w.uid, t.fingerprint.p, CARD_FINGERPRINT);
    w.card.code = SPAN(PBED_CVV);
    job = pbed_job(b, w);
    assert_true(pay_prepares(job));
    assert_int_equal(pbed_lead(b, job), FAULT_NONE);
    assert_int_equal(job->row.token_no, t.token_no);
    assert_true(b->bank.last.has_charge);
    w.uid[0] ^= 1;
    assert_int_equal(pbed_refused(b, w, FAULT_NOT_FOUND, PAY_TOKEN)->vault.why, VAULT_NO_TOKEN);
}

static void a_saved_card_of_another_customer_or_suspended_is_refused_and_the_order_stays_open(void **state)
{
    struct pbed *b = *state;
    struct token_row t = vbed_make(b->v, vbed_anna(b->v), VBED_VISA)->row;
    struct order_row *o = pbed_order_of(b, &(struct pbed_new){ .customer = "berta" });

    assert_int_equal(pbed_refused(b, pbed_saved(b, o, &t), FAULT_NOT_FOUND, PAY_TOKEN)->vault.why,
                     VAULT_OTHER_CUSTOMER);
    (void)vbed_do(b->v, vbed_of_token(b->v, VAULT_SUSPEND, vbed_anna(b->v), &t));
    assert_int_equal(pbed_refused(b, pbed_saved(b, pbed_order(b), &t), FAULT_WRONG_STATE, PAY_TOKEN)->vault.why,
                     VAULT_RULE);
    assert_int_equal(pbed_attempts(b, o), 0);
    assert_int_equal(vbed_network_asked(b->v, NETWORK_CRYPTOGRAM), 0);
}

static void where_the_network_gives_no_cryptogram_the_attempt_fails_and_the_acquirer_hears_nothing(void **state)
{
    struct pbed *b = *state;
    struct token_row t = vbed_make(b->v, vbed_anna(b->v), VBED_VISA)->row;
    struct order_row *o = pbed_order(b);
    struct pay_job *job;

    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_DOWN, 0);
    job = pbed_do(b, pbed_saved(b, o, &t));
    assert_int_equal(pay_outcome(job), PAY_ACQUIRER);
    assert_int_equal(job->answer.verdict, ACQUIRER_BANK_DOWN);
    assert_int_equal(pbed_row(b, &job->row).state, PAYMENT_FAILED);
    assert_int_equal(b->bank.asked[ACQUIRER_PAY], 0);
    sim_behave(b->f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    assert_int_equal(pbed_do(b, pbed_saved(b, o, &t))->row.state, PAYMENT_FACTOR);
}

static struct pay_wish external(const struct pbed *b, const struct order_row *o)
{
    struct pay_wish w = pbed_wish(b, o, PAYMENT_BY_CARD);

    w.token_number = SPAN(VBED_VISA);
    w.cryptogram = SPAN("AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    w.trid = SPAN("40010030273");
    w.token_expiry = (struct expiry){ .year = 2028, .month = 3 };
    w.display = SPAN("4242");
    return w;
}

static void a_token_of_another_vault_pays_with_its_cryptogram(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_wish w = external(b, o);
    struct pay_job *job = pbed_job(b, w);

    assert_false(pay_prepares(job));
    assert_int_equal(pbed_lead(b, job), FAULT_NONE);
    assert_string_equal(b->bank.last.number, VBED_VISA);
    assert_string_equal(b->bank.last.trid, "40010030273");
    assert_true(span_equal(pbed_row(b, &job->row).last4, SPAN("4242")));
    assert_int_equal(job->row.token_no, 0);
    w.cryptogram = (struct span){ 0 };
    (void)pbed_refused(b, w, FAULT_BAD_INPUT, PAY_CODE);
    w = external(b, o);
    w.token_number = SPAN("4111111111111112");
    (void)pbed_refused(b, w, FAULT_BAD_INPUT, PAY_CARD);
    w = external(b, o);
    w.token_expiry.year = 2020;
    assert_int_equal(pbed_refused(b, w, FAULT_BAD_INPUT, PAY_CARD)->facts.flaw, CARD_EXPIRED);
}

static void a_bank_and_an_address_are_told_to_the_acquirer(void **state)
{
    struct pbed *b = *state;
    struct pay_wish w = pbed_wish(b, pbed_order(b), PAYMENT_BY_APP);
    struct pay_private private;
    struct pay_job *job;

    b->bank.says = ACQUIRER_WAITS;
    w.handle = SPAN("gpay");
    w.phone = SPAN("9876543210");
    job = pbed_do(b, w);
    assert_int_equal(job->row.state, PAYMENT_APPROVAL);
    assert_int_equal(b->bank.last.source, ACQUIRER_BY_APP);
    assert_string_equal(b->bank.last.phone, "9876543210");
    job->row = pbed_row(b, &job->row);
    assert_int_equal(pay_open_private(b->s, &private, b->f->arena, &job->row), FAULT_NONE);
    assert_true(span_equal(private.phone, SPAN("9876543210")));
    assert_true(span_absent(private.holder));
    w = pbed_upi(b, pbed_order(b));
    w.upi_minutes = 5;
    job = pbed_do(b, w);
    assert_int_equal(b->bank.last.limit_minutes, 5);
    assert_int_equal(job->row.limit_ms, pbed_now(b) + 5 * PBED_MINUTE);
    assert_true(span_equal(job->row.handle, SPAN("testsuccess@gocash")));
}

static void an_order_has_so_many_attempts_and_no_more(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);

    b->bank.says = ACQUIRER_WAITS;
    for (int i = 0; i < PAYMENT_OPEN_MAX; i++)
        (void)pbed_do(b, pbed_upi(b, o));
    (void)pbed_refused(b, pbed_upi(b, o), FAULT_TOO_MANY, PAY_TOO_MANY);
    o = pbed_order(b);
    b->bank.says = ACQUIRER_DECLINED;
    for (int i = 0; i < PAYMENT_ORDER_MAX; i++)
        (void)pbed_do(b, pbed_upi(b, o));
    (void)pbed_refused(b, pbed_upi(b, o), FAULT_TOO_MANY, PAY_TOO_MANY);
}

static void a_declined_attempt_has_failed_and_the_next_may_pay(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct pay_job *job;

    b->bank.says = ACQUIRER_NO_FUNDS;
    job = pbed_do(b, pbed_card(b, o, VBED_VISA));
    assert_int_equal(pay_outcome(job), PAY_ACQUIRER);
    assert_int_equal(job->row.state, PAYMENT_FAILED);
    assert_int_equal(job->row.verdict, ACQUIRER_NO_FUNDS);
    assert_int_equal(pbed_row(b, &job->row).ask_ms, 0);
    (void)pbed_refused(b, pbed_otp(&job->row, PBED_OTP), FAULT_WRONG_STATE, PAY_OVER);
    b->bank.says = ACQUIRER_CHARGED;
    assert_int_equal(pbed_do(b, pbed_upi(b, o))->row.state, PAYMENT_SUCCESS);
    assert_int_equal(pbed_order_state(b, o), ORDER_PAID);
}

static void ids_of_payments_lead_back_and_show_nothing(void **state)
{
    struct pbed *b = *state;
    uint64_t one = pay_id(b->s, 1, 1), two = pay_id(b->s, 1, 2), other = pay_refund_id(b->s, 1, 1);
    int64_t merchant_id = 0, no = 0;

    assert_true(one != two && one != other && one < UINT64_C(1) << 53 && two < UINT64_C(1) << 53);
    assert_int_equal(pay_id_open(b->s, &merchant_id, &no, two), FAULT_NONE);
    assert_int_equal(merchant_id, 1);
    assert_int_equal(no, 2);
    assert_int_equal(pay_id_open(b->s, &merchant_id, &no, UINT64_C(1) << 53), FAULT_BAD_INPUT);
    one = pay_id(b->s, 65535, (INT64_C(1) << 37) - 1);
    assert_int_equal(pay_id_open(b->s, &merchant_id, &no, one), FAULT_NONE);
    assert_int_equal(merchant_id, 65535);
    assert_int_equal(no, (INT64_C(1) << 37) - 1);
}

struct open { struct pbed *b; struct span text; bool token; struct order_row out; };

static enum fault open_work(struct store_tx *tx, void *arg)
{
    struct open *o = arg;

    return (o->token ? pay_order_of_token : pay_order_of_session)(o->b->s, tx, &o->out, o->b->f->arena, o->text);
}

static struct order_row opened(struct pbed *b, const char *text, bool token, enum fault fault)
{
    struct open o = { .b = b, .text = span_of(text), .token = token };

    assert_int_equal(store_read(b->f->reader, open_work, &o), fault);
    return o.out;
}

static void an_order_is_found_by_its_session_and_by_its_token_also_when_it_is_over(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b), *other = pbed_order(b);
    char session[IDS_SESSION_TEXT], token[IDS_ORDER_TOKEN_TEXT];

    ids_session(b->s->ids, session, o);
    ids_order_token(b->s->ids, token, o);
    assert_int_equal(opened(b, session, false, FAULT_NONE).order_no, o->order_no);
    assert_int_equal(opened(b, token, true, FAULT_NONE).order_no, o->order_no);
    (void)pbed_terminate(b, o);
    assert_int_equal(opened(b, session, false, FAULT_NONE).state, ORDER_TERMINATED);
    assert_int_equal(opened(b, token, true, FAULT_NONE).state, ORDER_TERMINATED);
    ids_order_token(b->s->ids, token, other);
    assert_int_equal(opened(b, token, true, FAULT_NONE).order_no, other->order_no);
}

static void a_session_or_token_that_was_made_up_finds_nothing(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b), forged = *o;
    char session[IDS_SESSION_TEXT], token[IDS_ORDER_TOKEN_TEXT];
    uint8_t bytes[ORDER_SESSION];

    memcpy(bytes, o->session.p, ORDER_SESSION);
    bytes[0] ^= 1;
    forged.session.p = bytes;                 /* the right order and not its random bytes */
    ids_session(b->s->ids, session, &forged);
    ids_order_token(b->s->ids, token, &forged);
    (void)opened(b, session, false, FAULT_NOT_FOUND);
    (void)opened(b, token, true, FAULT_NOT_FOUND);
    (void)opened(b, "session_", false, FAULT_NOT_FOUND);
    (void)opened(b, "aaaaaaaaaaaaaaaaaaaa", true, FAULT_NOT_FOUND);
    (void)opened(b, "aaaaaaaaaaaaaaaaaaa", true, FAULT_NOT_FOUND);
    (void)opened(b, "!!!!!!!!!!!!!!!!!!!!", true, FAULT_NOT_FOUND);
}

static void an_emi_is_checked_as_one(void **state)
{
    struct pbed *b = *state;
    struct order_row *cards = pbed_order_of(b, &(struct pbed_new){ .meta = "{\"payment_methods\":\"cc\"}" });
    struct order_row *emi = pbed_order_of(b, &(struct pbed_new){ .meta = "{\"payment_methods\":\"ccemi\"}" });
    struct pay_wish w = pbed_card(b, emi, VBED_VISA);

    (void)pbed_refused(b, w, FAULT_DENIED, PAY_METHOD);
    w.method = PAYMENT_BY_EMI;
    w.emi_months = 6;
    assert_int_equal(pbed_do(b, w)->row.emi_months, 6);
    w = pbed_card(b, cards, VBED_VISA);
    w.method = PAYMENT_BY_EMI;
    (void)pbed_refused(b, w, FAULT_DENIED, PAY_METHOD);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pbed_setup, pbed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_typed_card_asks_for_its_otp_and_then_pays),
        TEST(nothing_of_what_was_typed_stays_in_the_job),
        TEST(another_session_finds_no_order_unless_it_is_trusted),
        TEST(an_order_that_is_over_takes_no_attempt),
        TEST(an_attempt_begun_before_the_expiry_may_still_pay),
        TEST(only_what_the_order_offers_may_pay),
        TEST(an_order_in_dollars_is_paid_by_no_indian_account),
        TEST(an_order_of_one_account_is_paid_only_where_the_account_is_told),
        TEST(a_card_that_is_none_is_refused_before_anything_is_kept),
        TEST(without_an_acquirer_nothing_can_pay),
        TEST(a_disabled_merchant_is_paid_nothing_more_but_what_was_begun),
        TEST(saving_or_using_a_card_needs_a_customer),
        TEST(a_saved_card_pays_with_a_number_and_cryptogram_that_only_the_acquirer_sees),
        TEST(a_saved_card_may_be_named_by_its_uid_and_bring_its_code),
        TEST(a_saved_card_of_another_customer_or_suspended_is_refused_and_the_order_stays_open),
        TEST(where_the_network_gives_no_cryptogram_the_attempt_fails_and_the_acquirer_hears_nothing),
        TEST(a_token_of_another_vault_pays_with_its_cryptogram),
        TEST(a_bank_and_an_address_are_told_to_the_acquirer),
        TEST(an_order_has_so_many_attempts_and_no_more),
        TEST(a_declined_attempt_has_failed_and_the_next_may_pay),
        TEST(ids_of_payments_lead_back_and_show_nothing),
        TEST(an_order_is_found_by_its_session_and_by_its_token_also_when_it_is_over),
        TEST(a_session_or_token_that_was_made_up_finds_nothing),
        TEST(an_emi_is_checked_as_one),
    };

    return cmocka_run_group_tests_name("pay", tests, NULL, NULL);
}
