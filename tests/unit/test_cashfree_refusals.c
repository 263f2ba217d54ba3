/* test_cashfree_refusals.c: why a payment or an instrument was refused, each reason in Cashfree's words. */
#include "cashfree_bed.h"
#include "dialect/cashfree/instrument.h"
#include "dialect/cashfree/pay.h"

#include "base/banned.h"

/* A reason, as the start of what the caller is told; NULL: any message. */
struct told { unsigned status; const char *code, *message; };

static struct arena *arena_of(void **state)
{
    return ((const struct bed *)*state)->f->arena;
}

static void check_told(struct problem p, struct told t)
{
    if (p.status != t.status || !span_equal(p.code, span_of(t.code)) ||
        (t.message && !span_starts(p.message, span_of(t.message))))
        fail_msg("%u %.*s: %.*s instead of %u %s: %s", p.status, (int)p.code.n, (const char *)p.code.p,
                 (int)p.message.n, (const char *)p.message.p, t.status, t.code, t.message ? t.message : "");
}

static void each_reason_not_to_begin_or_go_on_has_its_words(void **state)
{
    static const struct { enum pay_why why; struct told told; } rows[] = {
        { PAY_NO_SESSION, { 400, "payment_session_id_invalid", "payment_session_id is not present or is invalid" } },
        { PAY_NO_PAYMENT, { 404, "payment_not_found", "transaction not found" } },
        { PAY_ORDER_PAID, { 400, "order_already_paid", NULL } },
        { PAY_ORDER_EXPIRED, { 400, "order_inactive", "order is not active: it has expired" } },
        { PAY_ORDER_TERMINATED, { 400, "order_inactive", "order is not active: it is terminated" } },
        { PAY_ORDER_BUSY, { 409, "orderpay_already_exists", NULL } },
        { PAY_TOO_MANY, { 429, "request_failed", "too many attempts to pay this order" } },
        { PAY_METHOD, { 400, "payment_method_unsupported", "payment_method : is not enabled" } },
        { PAY_ACCOUNT, { 400, "payment_method_unsupported", "payment_method : the order may be paid from" } },
        { PAY_FILTER, { 400, "card_unsupported", NULL } },
        { PAY_CURRENCY, { 400, "request_invalid", "orders in other currencies" } },
        { PAY_CUSTOMER, { 400, "customer_details.customer_id_missing", NULL } },
        { PAY_AUTHORISE_ONLY, { 400, "authorize_only_invalid", "authorize_only : is for orders" } },
        { PAY_NO_ACQUIRER, { 400, "request_failed", "transactions are not enabled" } },
        { PAY_OVER, { 400, "request_invalid", "Transaction is already processed" } },
        { PAY_NO_FACTOR, { 400, "native_otp_session_id_invalid", NULL } },
        { PAY_OTP_TRIES, { 400, "request_invalid", "Exceeded retry attempts" } },
        { PAY_OTP_LATE, { 400, "otp_expired_failed", NULL } },
        { PAY_RESENDS, { 400, "request_invalid", "Exceeded retry attempts" } },
        { PAY_RESEND_SOON, { 400, "request_invalid", "the otp was sent a moment ago" } },
        { PAY_NOT_AUTHORISED, { 400, "request_invalid", "the payment holds no authorised amount" } },
        { PAY_AMOUNT, { 400, "amount_invalid", "amount : Invalid amount entered" } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pay_job job = { .why = rows[i].why };

        check_told(orderpay_problem(arena_of(state), &job, FAULT_WRONG_STATE), rows[i].told);
    }
}

static void a_fault_without_a_reason_is_told_as_the_fault_it_is(void **state)
{
    const struct pay_job job = { .why = PAY_FINE };

    check_told(orderpay_problem(arena_of(state), &job, FAULT_SILENT), (struct told){ 503, "request_failed", NULL });
    check_told(orderpay_problem(arena_of(state), &job, FAULT_DISK), (struct told){ 500, "internal_error", NULL });
}

static void the_member_of_a_typed_card_that_is_wrong_is_named(void **state)
{
    static const struct { enum card_flaw flaw; struct told told; } rows[] = {
        { CARD_NUMBER, { 400, "card_number_invalid", "card_number : " } },
        { CARD_MONTH, { 400, "card_expiry_mm_invalid", "card_expiry_mm : should be 01 to 12" } },
        { CARD_YEAR, { 400, "card_expiry_yy_invalid", "card_expiry_yy : should be the last two digits" } },
        { CARD_EXPIRED, { 400, "card_expiry_yy_invalid", "card_expiry_yy : the card has expired" } },
        { CARD_CODE, { 400, "card_cvv_invalid", "card_cvv : should be as many digits" } },
        { CARD_UNREADABLE, { 400, "card_number_invalid", "card_number : is not valid" } },
        { CARD_SYNTAX, { 400, "card_number_invalid", "card_number : is not valid" } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct pay_job job = { .why = PAY_CARD, .facts = { .flaw = rows[i].flaw, .pan = PAN_LUHN } };

        check_told(orderpay_problem(arena_of(state), &job, FAULT_BAD_INPUT), rows[i].told);
    }
}

static void a_code_that_is_missing_is_told_from_one_that_is_wrong(void **state)
{
    const struct pay_job missing = { .why = PAY_CODE };
    const struct pay_job wrong = { .why = PAY_CODE, .wish.card.code = SPAN("12") };

    check_told(orderpay_problem(arena_of(state), &missing, FAULT_BAD_INPUT),
               (struct told){ 400, "card_cvv_missing", "card_cvv : is missing in the request" });
    check_told(orderpay_problem(arena_of(state), &wrong, FAULT_BAD_INPUT),
               (struct told){ 400, "card_cvv_invalid", "card_cvv : should be as many digits" });
}

/* Of a bank's name or number, by how it was named; and of a lender's customer. */
static void what_the_acquirer_does_not_know_is_named_by_the_member_that_said_it(void **state)
{
    static const struct { enum payment_method method; enum acquirer_verdict verdict; struct told told; } rows[] = {
        { PAYMENT_BY_NETBANKING, ACQUIRER_INVALID, { 400, "netbanking_bank_code_invalid", NULL } },
        { PAYMENT_BY_UPI, ACQUIRER_INVALID, { 400, "upi_id_invalid", NULL } },
        { PAYMENT_BY_UPI, ACQUIRER_VPA_INVALID, { 400, "upi_id_invalid", NULL } },
        { PAYMENT_BY_APP, ACQUIRER_INVALID, { 400, "provider_invalid", "provider : is not valid or not enabled" } },
        { PAYMENT_BY_PAYLATER, ACQUIRER_INVALID, { 400, "provider_invalid", NULL } },
        { PAYMENT_BY_CARDLESS_EMI, ACQUIRER_INVALID, { 400, "provider_invalid", NULL } },
        { PAYMENT_BY_CARD, ACQUIRER_INVALID, { 400, "payment_method_invalid", NULL } },
        { PAYMENT_BY_PAYLATER, ACQUIRER_NOT_REGISTERED, { 400, "invalid_request_error", "the phone number" } },
        { PAYMENT_BY_CARDLESS_EMI, ACQUIRER_NOT_REGISTERED, { 400, "invalid_request_error", "the phone number" } },
        { PAYMENT_BY_CARD, ACQUIRER_NOT_REGISTERED, { 502, "bank_processing_failure", NULL } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_told(orderpay_problem_of_verdict(arena_of(state), rows[i].method, rows[i].verdict), rows[i].told);
}

static void a_bank_named_by_its_name_is_told_by_its_name(void **state)
{
    struct pay_job job = { .why = PAY_ACQUIRER, .wish = { .method = PAYMENT_BY_NETBANKING, .handle = SPAN("NOBNK") },
                           .answer.verdict = ACQUIRER_INVALID };

    check_told(orderpay_problem(arena_of(state), &job, FAULT_WRONG_STATE),
               (struct told){ 400, "netbanking_bank_name_invalid", NULL });
    job.wish.handle = SPAN("9999");
    check_told(orderpay_problem(arena_of(state), &job, FAULT_WRONG_STATE),
               (struct told){ 400, "netbanking_bank_code_invalid", NULL });
}

static void what_a_bank_says_has_its_status_and_code(void **state)
{
    static const struct { enum acquirer_verdict verdict; struct told told; } rows[] = {
        { ACQUIRER_WRONG_CODE, { 400, "card_cvv_invalid", NULL } },
        { ACQUIRER_BAD_CRYPTOGRAM, { 400, "cryptogram_invalid", NULL } },
        { ACQUIRER_CRYPTOGRAM_USED, { 400, "cryptogram_already_used", NULL } },
        { ACQUIRER_CRYPTOGRAM_OLD, { 400, "cryptogram_expired", NULL } },
        { ACQUIRER_TOKEN_STATE, { 400, "instrument_inactive", NULL } },
        { ACQUIRER_WRONG_OTP, { 400, "otp_invalid_failed", NULL } },
        { ACQUIRER_TOO_MANY_OTPS, { 400, "otp_invalid_failed", NULL } },
        { ACQUIRER_OTP_EXPIRED, { 400, "otp_expired_failed", NULL } },
        { ACQUIRER_BAD_STATE, { 400, "request_invalid", NULL } },
        { ACQUIRER_GONE, { 400, "request_invalid", NULL } },
        { ACQUIRER_BAD_AMOUNT, { 400, "amount_invalid", NULL } },
        { ACQUIRER_SILENT, { 502, "bank_processing_failure", "the bank has not answered in time" } },
        { ACQUIRER_BUSY, { 503, "request_failed", NULL } },
        { ACQUIRER_CARD_GONE, { 503, "request_failed", NULL } },
        { ACQUIRER_NO_FUNDS, { 502, "bank_processing_failure", NULL } },
        { ACQUIRER_WAITS, { 500, "internal_error", NULL } },      /* no refusal: nobody asks what it is called */
        { ACQUIRER_VERDICTS, { 500, "internal_error", NULL } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_told(orderpay_problem_of_verdict(arena_of(state), PAYMENT_BY_CARD, rows[i].verdict), rows[i].told);
}

static void a_saved_card_that_may_not_pay_is_told_as_the_vault_says(void **state)
{
    const struct pay_job job = { .why = PAY_TOKEN, .vault.why = VAULT_NO_TOKEN };

    check_told(orderpay_problem(arena_of(state), &job, FAULT_NOT_FOUND),
               (struct told){ 404, "instrument_not_found", "instrument not found" });
}

static void each_reason_of_the_vault_has_its_words(void **state)
{
    static const struct { enum vault_why why; struct told told; } rows[] = {
        { VAULT_NO_TOKEN, { 404, "instrument_not_found", NULL } },
        { VAULT_OTHER_CUSTOMER, { 404, "instrument_not_found", NULL } },
        { VAULT_NO_REQUESTOR, { 403, "save_instrument_not_enabled", "the merchant is not registered" } },
        { VAULT_NO_NETWORK, { 403, "save_instrument_not_enabled", "this server has no card network" } },
        { VAULT_CARD_BUDGET, { 429, "request_failed", "more different cards" } },
        { VAULT_CONSENT, { 400, "order_inactive", NULL } },       /* no call here asks for it: the fault alone */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct vault_job job = { .why = rows[i].why };

        check_told(instrument_problem(&job, FAULT_WRONG_STATE), rows[i].told);
    }
}

static void a_rule_of_tokens_has_its_words(void **state)
{
    static const struct { enum token_rule rule; enum vault_op op; struct told told; } rows[] = {
        { TOKEN_RULE_DEAD, VAULT_DELETE, { 409, "instrument_already_deleted", NULL } },
        { TOKEN_RULE_DEAD, VAULT_DISCLOSE, { 404, "instrument_not_found", NULL } },
        { TOKEN_RULE_FAILED, VAULT_DISCLOSE, { 404, "instrument_not_found", NULL } },
        { TOKEN_RULE_EXPIRED, VAULT_DISCLOSE, { 400, "instrument_id_expired", NULL } },
        { TOKEN_RULE_ACTOR, VAULT_RESUME, { 400, "instrument_inactive", NULL } },
        { TOKEN_RULE_PENDING, VAULT_DISCLOSE, { 400, "instrument_inactive", NULL } },
        { TOKEN_RULE_SUSPENDED, VAULT_DISCLOSE, { 400, "instrument_inactive", NULL } },
        { TOKEN_RULE_ISSUER, VAULT_RESUME, { 400, "instrument_inactive", NULL } },
        { TOKEN_RULE_NONE, VAULT_DISCLOSE, { 500, "internal_error", NULL } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct vault_job job = { .why = VAULT_RULE, .rule = rows[i].rule, .wish.op = rows[i].op };

        check_told(instrument_problem(&job, FAULT_WRONG_STATE), rows[i].told);
    }
}

static void what_the_network_says_has_its_status_and_code(void **state)
{
    static const struct { enum network_verdict verdict; enum vault_op op; struct told told; } rows[] = {
        { NETWORK_NO_TOKEN, VAULT_PAR, { 400, "card_unsupported", NULL } },
        { NETWORK_NO_TOKEN, VAULT_DISCLOSE, { 404, "instrument_not_found", NULL } },
        { NETWORK_BAD_STATE, VAULT_DISCLOSE, { 400, "instrument_inactive", NULL } },
        { NETWORK_CARD_BLOCKED, VAULT_PAR, { 400, "card_unsupported", NULL } },
        { NETWORK_INELIGIBLE, VAULT_PAR, { 400, "card_unsupported", NULL } },
        { NETWORK_DECLINED, VAULT_DISCLOSE, { 400, "card_unsupported", NULL } },
        { NETWORK_NO_REQUESTOR, VAULT_DISCLOSE, { 403, "save_instrument_not_enabled", NULL } },
        { NETWORK_REQUESTOR_STATE, VAULT_DISCLOSE, { 403, "save_instrument_not_enabled", NULL } },
        { NETWORK_SILENT, VAULT_DISCLOSE, { 502, "cryptogram_request_failed", NULL } },
        { NETWORK_SILENT, VAULT_DELETE, { 502, "tokenization_service_unavailable", NULL } },
        { NETWORK_BUSY, VAULT_DISCLOSE, { 503, "request_failed", NULL } },
        { NETWORK_FLIGHT_GONE, VAULT_PAR, { 503, "request_failed", NULL } },
        { NETWORK_REPLAYED, VAULT_DISCLOSE, { 500, "internal_error", NULL } },    /* not said of such questions */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct vault_job job = { .why = VAULT_NETWORK, .answer.verdict = rows[i].verdict,
                                       .wish.op = rows[i].op };

        check_told(instrument_problem(&job, FAULT_WRONG_STATE), rows[i].told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_not_to_begin_or_go_on_has_its_words),
        cmocka_unit_test(a_fault_without_a_reason_is_told_as_the_fault_it_is),
        cmocka_unit_test(the_member_of_a_typed_card_that_is_wrong_is_named),
        cmocka_unit_test(a_code_that_is_missing_is_told_from_one_that_is_wrong),
        cmocka_unit_test(what_the_acquirer_does_not_know_is_named_by_the_member_that_said_it),
        cmocka_unit_test(a_bank_named_by_its_name_is_told_by_its_name),
        cmocka_unit_test(what_a_bank_says_has_its_status_and_code),
        cmocka_unit_test(a_saved_card_that_may_not_pay_is_told_as_the_vault_says),
        cmocka_unit_test(each_reason_of_the_vault_has_its_words),
        cmocka_unit_test(a_rule_of_tokens_has_its_words),
        cmocka_unit_test(what_the_network_says_has_its_status_and_code),
    };
    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
