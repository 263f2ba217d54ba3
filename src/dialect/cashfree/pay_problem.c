/* pay_problem.c: why an attempt to pay came to nothing, in Cashfree's words (reference 2.8, 2.9, 3.5).
 *
 * Of a bank that says no the documents name one answer, 502 bank_processing_failure. It is given wherever no field of
 * the request is to blame; where one is, its own 400. Either way the attempt is kept, and shows as FAILED. (Of a UPI
 * collect request the payer's answer is no part of this one: see pay_show.c.) */
#include "dialect/cashfree/pay.h"

#include "dialect/cashfree/instrument.h"

#include "base/banned.h"

static struct problem bad(const char *code, const char *message)
{
    return problem_make(400, code, message);
}

/* Its type is one of its own (reference 3.5). */
static struct problem no_session(void)
{
    struct problem p = bad("payment_session_id_invalid", "payment_session_id is not present or is invalid");

    p.type = "request_failed";
    return p;
}

/* What is wrong with a typed card. */
static struct problem of_card(struct arena *a, const struct card_facts *facts)
{
    switch (facts->flaw) {
    case CARD_NUMBER:
        return problem_of_field(a, "card_number", pan_flaw_text(facts->pan));
    case CARD_MONTH:
        return problem_of_field(a, "card_expiry_mm", "should be 01 to 12");
    case CARD_YEAR:
        return problem_of_field(a, "card_expiry_yy", "should be the last two digits of a year");
    case CARD_EXPIRED:
        return problem_of_field(a, "card_expiry_yy", "the card has expired");
    case CARD_CODE:
        return problem_of_field(a, "card_cvv", "should be as many digits as the card's code has");
    case CARD_UNREADABLE:
    case CARD_SYNTAX:
    case CARD_FINE:
    case CARD_FLAWS:
        break;
    }
    return problem_of_field(a, "card_number", "is not valid");
}

static struct problem of_code(struct arena *a, const struct pay_job *job)
{
    return span_absent(job->wish.card.code)
               ? problem_of_missing(a, "card_cvv")
               : problem_of_field(a, "card_cvv", "should be as many digits as the card's code has");
}

static struct problem too_many(const char *message)
{
    struct problem p = problem_of_fault(FAULT_TOO_MANY);

    p.message = span_of(message);
    return p;
}

/* A bank that the acquirer does not know is told by the field that named it. */
static struct problem of_answer(struct arena *a, const struct pay_job *job)
{
    const struct pay_wish *w = &job->wish;

    if (job->answer.verdict == ACQUIRER_INVALID && w->method == PAYMENT_BY_NETBANKING
        && !orderpay_are_digits(w->handle, 1, SIZE_MAX))
        return problem_of_field(a, "netbanking_bank_name", "is not valid or not enabled");
    return orderpay_problem_of_verdict(a, w->method, job->answer.verdict);
}

/* One function for each, so that every way to be refused has its words; those of Cashfree where they are known. */
static struct problem of_why(struct arena *a, const struct pay_job *job, enum pay_why why, enum fault outcome)
{
    switch (why) {
    case PAY_NO_SESSION:
        return no_session();
    case PAY_NO_PAYMENT:
        return problem_make(404, "payment_not_found", "transaction not found");
    case PAY_ORDER_PAID:
        return bad("order_already_paid", "order is already paid");
    case PAY_ORDER_EXPIRED:
        return bad("order_inactive", "order is not active: it has expired");
    case PAY_ORDER_TERMINATED:
        return bad("order_inactive", "order is not active: it is terminated");
    case PAY_ORDER_BUSY:
        return problem_make(409, "orderpay_already_exists", "another attempt to pay this order is being processed");
    case PAY_TOO_MANY:
        return too_many("too many attempts to pay this order");
    case PAY_METHOD:
        return bad("payment_method_unsupported", "payment_method : is not enabled for this order");
    case PAY_ACCOUNT:
        return bad("payment_method_unsupported", "payment_method : the order may be paid from the bank account of "
                   "customer_details alone, so by upi or netbanking");
    case PAY_CARD:
        return of_card(a, &job->facts);
    case PAY_FILTER:
        return bad("card_unsupported", "the order may not be paid with this card");
    case PAY_CURRENCY:
        return bad("request_invalid", "orders in other currencies than INR are not paid with Indian cards");
    case PAY_CODE:
        return of_code(a, job);
    case PAY_TOKEN:
        return instrument_problem(&job->vault, outcome);
    case PAY_CUSTOMER:
        return bad("customer_details.customer_id_missing",
                   "customer_details.customer_id : the order must name its customer to save or use cards");
    case PAY_AUTHORISE_ONLY:
        return problem_of_field(a, "authorize_only", "is for orders whose order_note is preauth_transaction");
    case PAY_NO_ACQUIRER:
        return bad("request_failed", "transactions are not enabled for your payment gateway account");
    case PAY_OVER:
        return bad("request_invalid", "Transaction is already processed. Nothing more is awaited for it");
    case PAY_NO_FACTOR:
        return bad("native_otp_session_id_invalid", "no OTP is awaited for this transaction");
    case PAY_OTP_TRIES:
        return bad("request_invalid", "Exceeded retry attempts. No more OTPs are taken for this transaction");
    case PAY_OTP_LATE:
        return bad("otp_expired_failed", "the otp has expired");
    case PAY_RESENDS:
        return bad("request_invalid", "Exceeded retry attempts. The otp is not sent again for this transaction");
    case PAY_RESEND_SOON:
        return bad("request_invalid", "the otp was sent a moment ago, please try again in 30 seconds");
    case PAY_NOT_AUTHORISED:
        return bad("request_invalid", "the payment holds no authorised amount");
    case PAY_AMOUNT:
        return problem_of_field(a, "amount", "Invalid amount entered ");
    case PAY_ACQUIRER:
        return of_answer(a, job);
    case PAY_FINE:
        break;
    }
    return problem_of_fault(outcome ? outcome : FAULT_INTERNAL);
}

struct problem orderpay_problem(struct arena *a, const struct pay_job *job, enum fault outcome)
{
    return of_why(a, job, outcome ? job->why : pay_outcome(job), outcome);
}

static struct problem bank(enum acquirer_verdict v)
{
    const char *message = acquirer_says(v)->message;

    return problem_make(502, "bank_processing_failure", message ? message : "the bank could not process the payment");
}

/* A bank's or a provider's name or number that the acquirer does not know. */
static struct problem unknown_handle(struct arena *a, enum payment_method m)
{
    switch (m) {
    case PAYMENT_BY_NETBANKING:
        return problem_of_field(a, "netbanking_bank_code", "is not valid or not enabled");
    case PAYMENT_BY_UPI:
        return problem_of_field(a, "upi_id", "is not valid");
    case PAYMENT_BY_APP:
        return problem_of_field(a, "provider", "is not valid or not enabled");
    case PAYMENT_BY_PAYLATER:
    case PAYMENT_BY_CARDLESS_EMI:
        return problem_of_field(a, "provider", "is not valid or not enabled, or not for this amount");
    case PAYMENT_BY_CARD:
    case PAYMENT_BY_EMI:
    case PAYMENT_BY_BANKTRANSFER:
    case PAYMENT_METHODS:
        break;
    }
    return problem_of_field(a, "payment_method", "is not valid");
}

/* Of lenders the documents give this answer type and code alike (reference 2.7). */
static struct problem not_registered(enum payment_method m)
{
    if (m != PAYMENT_BY_CARDLESS_EMI && m != PAYMENT_BY_PAYLATER)
        return bank(ACQUIRER_NOT_REGISTERED);
    return bad("invalid_request_error", "the phone number is not eligible");
}

struct problem orderpay_problem_of_verdict(struct arena *a, enum payment_method m, enum acquirer_verdict v)
{
    switch (v) {
    case ACQUIRER_VPA_INVALID:
        return problem_of_field(a, "upi_id", "is not valid");
    case ACQUIRER_INVALID:
        return unknown_handle(a, m);
    case ACQUIRER_NOT_REGISTERED:
        return not_registered(m);
    case ACQUIRER_WRONG_CODE:
        return problem_of_field(a, "card_cvv", "is not the code of the card");
    case ACQUIRER_BAD_CRYPTOGRAM:
        return problem_of_field(a, "cryptogram", "is not one of this token");
    case ACQUIRER_CRYPTOGRAM_USED:
        return bad("cryptogram_already_used", "cryptogram : was used before");
    case ACQUIRER_CRYPTOGRAM_OLD:
        return bad("cryptogram_expired", "cryptogram : has expired");
    case ACQUIRER_TOKEN_STATE:
        return bad("instrument_inactive", "the token is not active");
    case ACQUIRER_WRONG_OTP:
    case ACQUIRER_TOO_MANY_OTPS:
        return bad("otp_invalid_failed", "otp is invalid");
    case ACQUIRER_OTP_EXPIRED:
        return bad("otp_expired_failed", "the otp has expired");
    case ACQUIRER_BAD_STATE:
    case ACQUIRER_GONE:
    case ACQUIRER_NO_PAYMENT:
        return bad("request_invalid", "Transaction is already processed. Nothing is awaited for it");
    case ACQUIRER_BAD_AMOUNT:
        return problem_of_field(a, "amount", "Invalid amount entered ");
    case ACQUIRER_SILENT:
        return problem_make(502, "bank_processing_failure",
                            "the bank has not answered in time: the payment's status tells what came of it");
    case ACQUIRER_BUSY:
    case ACQUIRER_CARD_GONE:
        return problem_of_fault(FAULT_BUSY);
    case ACQUIRER_DECLINED:
    case ACQUIRER_NO_FUNDS:
    case ACQUIRER_CARD_EXPIRED:
    case ACQUIRER_CARD_BLOCKED:
    case ACQUIRER_PAYER_DECLINED:
    case ACQUIRER_REQUEST_EXPIRED:
    case ACQUIRER_BANK_DOWN:
    case ACQUIRER_BANK_TIMEOUT:
    case ACQUIRER_RISK:
    case ACQUIRER_WRONG_PIN:
    case ACQUIRER_TPV:
    case ACQUIRER_UNREACHABLE:
    case ACQUIRER_DROPPED:
    case ACQUIRER_REVERSED:
    case ACQUIRER_VOIDED:
        return bank(v);
    case ACQUIRER_CHARGED:            /* another attempt was quicker, or the order has ended */
        return bad("order_inactive", "the order takes no more payments: the amount is returned");
    case ACQUIRER_FACTOR:
    case ACQUIRER_WAITS:
    case ACQUIRER_HELD:
    case ACQUIRER_REFUND_PENDING:
    case ACQUIRER_REFUND_DONE:
    case ACQUIRER_REFUND_FAILED:
    case ACQUIRER_REFUND_ONHOLD:
    case ACQUIRER_REFUND_CANCELLED:
    case ACQUIRER_VERDICTS:
        break;
    }
    return problem_of_fault(FAULT_INTERNAL);
}
