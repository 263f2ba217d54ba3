/* test_payments.c: the published test data of payments without a card. */
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
    { "testexpired", TEST_DECLINES, "REQUEST_EXPIRED", "the collect request expires unanswered" },
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
    { "testtpvsuccess", TEST_PAYS, NULL, "pays at once, from account " TEST_TPV_ACCOUNT },
    { "testtpvfail", TEST_DECLINES, "TPV", "pays from another account than the registered one" },
};

static const struct test_bank banks[] = {
    { 3333, "TESTR", "Test Bank" },
    { 3003, "AXISR", "Axis Bank" },
    { 3021, "HDFCR", "HDFC Bank" },
    { 3022, "ICICR", "ICICI Bank" },
    { 3087, "TESTB", "Test Bank, business accounts" },
};

const struct test_vpa *test_vpas(size_t *n)
{
    *n = sizeof vpas / sizeof *vpas;
    return vpas;
}

static bool same_but_case(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        uint8_t x = a.p[i], y = b.p[i];

        x = x >= 'A' && x <= 'Z' ? (uint8_t)(x - 'A' + 'a') : x;
        y = y >= 'A' && y <= 'Z' ? (uint8_t)(y - 'A' + 'a') : y;
        if (x != y)
            return false;
    }
    return true;
}

const struct test_vpa *test_vpa_find(struct span address)
{
    struct span host = span_of(TEST_VPA_HOST);

    if (address.n <= host.n)
        return NULL;
    if (!same_but_case((struct span){ address.p + address.n - host.n, host.n }, host))
        return NULL;
    for (size_t i = 0; i < sizeof vpas / sizeof *vpas; i++)
        if (same_but_case((struct span){ address.p, address.n - host.n }, span_of(vpas[i].name)))
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
        if (digits ? (uint64_t)banks[i].code == code : same_but_case(code_or_name, span_of(banks[i].name)))
            return &banks[i];
    return NULL;
}
