/* test_payments.c: the published test data of payments. */
#include "domain/test_payments.h"

#include <string.h>

#include "base/banned.h"

#define TEST_VPA_HOST "@gocash"

static const struct test_vpa vpas[] = {
    { "testsuccess", TEST_PAYS, NULL, "pays at once" },
    { "testfailure", TEST_DECLINES, "DECLINED", "the payment fails" },
    { "testinvalid", TEST_DECLINES, "VPA_INVALID", "no such address" },
    { "testinvalidvpa", TEST_DECLINES, "VPA_INVALID", "no such address" },
    { "testdeclineuser", TEST_DECLINES, "PAYER_DECLINED", "the payer declines" },
    { "testexpired", TEST_WAITS, NULL, "nobody answers: the request expires with its time" },
    { "testtimeoutbank", TEST_DECLINES, "BANK_TIMEOUT", "the bank does not answer in time" },
    { "testremittertimeout", TEST_DECLINES, "BANK_TIMEOUT", "the payer's bank does not answer in time" },
    { "testbeneficiarytimeout", TEST_DECLINES, "BANK_TIMEOUT", "the merchant's bank does not answer in time" },
    { "testremitterunavailable", TEST_DECLINES, "BANK_DOWN", "the payer's bank is down" },
    { "testinsufficientfunds", TEST_DECLINES, "NO_FUNDS", "the account does not cover the amount" },
    { "testbankdeclined", TEST_DECLINES, "DECLINED", "the bank declines" },
    { "testbankriskrejected", TEST_DECLINES, "DECLINED", "the bank declines for risk" },
    { "testriskflagged", TEST_DECLINES, "RISK", "refused as too risky" },
    { "testtransactionrisk", TEST_DECLINES, "RISK", "refused as too risky" },
    { "testfraud", TEST_DECLINES, "RISK", "refused as fraud" },
    { "testnetworkerror", TEST_DECLINES, "BANK_DOWN", "the network fails" },
    { "testinvalidpin", TEST_DECLINES, "WRONG_PIN", "the payer gives a wrong PIN" },
    { "testuserdropped", TEST_DECLINES, "DROPPED", "the payer goes away" },
    { "testremitterdispatchfailed", TEST_DECLINES, "BANK_DOWN", "the payer's bank cannot be asked" },
    { "testfingerprintmismatch", TEST_DECLINES, "NOT_REGISTERED", "the payer's device is not the registered one" },
    { "testvalidationerror", TEST_DECLINES, "INVALID", "the request is refused as malformed" },
    { "testdebitfailed", TEST_DECLINES, "DECLINED", "the account cannot be debited" },
    { "testpspunregistered", TEST_DECLINES, "NOT_REGISTERED", "the payer's app is not registered" },
    { TEST_TPV_NAME, TEST_PAYS, NULL, "pays at once, from the registered account" },
    { "testtpvfail", TEST_DECLINES, "TPV", "pays from another account than the registered one" },
};

static const struct test_bank banks[] = {
    { 3333, "TESTR", "Test Bank" },
    { 3003, "AXISR", "Axis Bank" },
    { 3021, "HDFCR", "HDFC Bank" },
    { 3022, "ICICR", "ICICI Bank" },
    { 3087, "TESTB", "Test Bank, business accounts" },
};

/* The hundredths are the response codes banks give (ISO 8583), where there is one. */
static const struct test_amount amounts[] = {
    { 5,  TEST_AMOUNT_SAYS,  "DECLINED",     "the bank does not honour the payment" },
    { 51, TEST_AMOUNT_SAYS,  "NO_FUNDS",     "insufficient funds" },
    { 54, TEST_AMOUNT_SAYS,  "CARD_EXPIRED", "the bank says that the card has expired" },
    { 59, TEST_AMOUNT_SAYS,  "HELD",         "charged, and held for review (FLAGGED)" },
    { 62, TEST_AMOUNT_SAYS,  "CARD_BLOCKED", "the card is blocked" },
    { 68, TEST_AMOUNT_MUTE,  "CHARGED",      "charged, but the answer never comes: asking by reference finds it" },
    { 91, TEST_AMOUNT_LATER, "BANK_TIMEOUT", "no answer from the bank; failed after 5 s" },
};

static const struct test_provider providers[] = {
    { PAYMENT_BY_APP, "gpay" }, { PAYMENT_BY_APP, "phonepe" }, { PAYMENT_BY_APP, "ola" }, { PAYMENT_BY_APP, "paytm" },
    { PAYMENT_BY_APP, "amazon" }, { PAYMENT_BY_APP, "airtel" }, { PAYMENT_BY_APP, "freecharge" },
    { PAYMENT_BY_APP, "mobikwik" }, { PAYMENT_BY_APP, "jio" },
    { PAYMENT_BY_PAYLATER, "kotak" }, { PAYMENT_BY_PAYLATER, "flexipay" }, { PAYMENT_BY_PAYLATER, "zestmoney" },
    { PAYMENT_BY_PAYLATER, "lazypay" }, { PAYMENT_BY_PAYLATER, "olapostpaid" }, { PAYMENT_BY_PAYLATER, "simpl" },
    { PAYMENT_BY_PAYLATER, "freechargepaylater" },
    { PAYMENT_BY_CARDLESS_EMI, "flexmoney" }, { PAYMENT_BY_CARDLESS_EMI, "zestmoney" },
    { PAYMENT_BY_CARDLESS_EMI, "hdfc" }, { PAYMENT_BY_CARDLESS_EMI, "icici" }, { PAYMENT_BY_CARDLESS_EMI, "cashe" },
    { PAYMENT_BY_CARDLESS_EMI, "idfc" }, { PAYMENT_BY_CARDLESS_EMI, "kotak" },
    { PAYMENT_BY_CARDLESS_EMI, "snapmint" }, { PAYMENT_BY_CARDLESS_EMI, "bharatx" },
};

const struct test_vpa *test_vpas(size_t *n)
{
    *n = sizeof vpas / sizeof *vpas;
    return vpas;
}

const struct test_vpa *test_vpa_find(struct span address)
{
    struct span host = span_of(TEST_VPA_HOST);

    if (address.n <= host.n)
        return NULL;
    if (!span_equal_nocase((struct span){ address.p + address.n - host.n, host.n }, host))
        return NULL;
    for (size_t i = 0; i < sizeof vpas / sizeof *vpas; i++)
        if (span_equal_nocase((struct span){ address.p, address.n - host.n }, span_of(vpas[i].name)))
            return &vpas[i];
    return NULL;
}

const struct test_bank *test_banks(size_t *n)
{
    *n = sizeof banks / sizeof *banks;
    return banks;
}

const struct test_bank *test_bank_find(struct span code_or_name)
{
    uint64_t code = 0;
    bool digits = code_or_name.n == 4 && !span_u64(&code, code_or_name, 9999);

    for (size_t i = 0; i < sizeof banks / sizeof *banks; i++)
        if (digits ? (uint64_t)banks[i].code == code : span_equal_nocase(code_or_name, span_of(banks[i].name)))
            return &banks[i];
    return NULL;
}

const struct test_amount *test_amounts(size_t *n)
{
    *n = sizeof amounts / sizeof *amounts;
    return amounts;
}

const struct test_amount *test_amount_find(struct money amount)
{
    unsigned exponent;

    if (money_exponent(&exponent, money_currency(&amount)) || exponent != 2)
        return NULL;
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        if (amount.minor % 100 == amounts[i].hundredths)
            return &amounts[i];
    return NULL;
}

bool test_card_only_redirects(struct pan_bin8 bin8, struct pan_last4 last4)
{
    const char *digits = TEST_REDIRECT_CARD;
    struct span eight = { (const uint8_t *)digits, 8 };
    uint64_t number = 0;

    return !span_u64(&number, eight, UINT32_MAX) && bin8.number == number &&
           strcmp(last4.text, digits + strlen(digits) - 4) == 0;
}

const struct test_provider *test_providers(size_t *n)
{
    *n = sizeof providers / sizeof *providers;
    return providers;
}

bool test_provider_is_known(enum payment_method m, struct span name)
{
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (providers[i].method == m && span_equal_nocase(name, span_of(providers[i].name)))
            return true;
    return false;
}
