/* test_payments.h: the published test data of everything that is not a card: UPI addresses, banks, providers, the OTP.
 * Source: reference cashfree 5.1 to 5.3. The simulated acquirer acts by it; docs/TEST-PAYMENTS.md shows it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "domain/money.h"
#include "domain/pan.h"
#include "domain/payment.h"

#define TEST_OTP "111000"
#define TEST_OTP_PAYLATER "777777"
#define TEST_PHONE_PAYLATER "8714268343"
#define TEST_TPV_ACCOUNT "1111222233"
#define TEST_TPV_NAME "testtpvsuccess"            /* the address that pays from whatever account is asked for */

#define TEST_UPI_PAYER "testsuccess@gocash"       /* who pays by a link or QR code on the simulated page */

enum {
    TEST_PAYLATER_MIN_MINOR = 100000, /* pay later and cardless EMI: from 1000.00 on */
    TEST_BANK_TIMEOUT_MS = 5000,      /* after which a bank that does not answer counts as one that declined */
    TEST_REFUND_MS = 5000,            /* after which a refund has been paid out */
};

enum test_payment {
    TEST_PAYS,                        /* at once */
    TEST_WAITS,                       /* until somebody decides on the simulated page, or its time is up */
    TEST_DECLINES,                    /* with `verdict`, the name of an acquirer's */
};

/* What the amount of a card payment brings about once its OTP is right: by the last two digits, of currencies that have
 * two decimals. The verdict is a name as below. */
enum test_amount_manner {
    TEST_AMOUNT_SAYS,                 /* the verdict at once */
    TEST_AMOUNT_LATER,                /* no answer; the verdict after TEST_BANK_TIMEOUT_MS */
    TEST_AMOUNT_MUTE,                 /* the verdict at once, and no answer */
};
struct test_amount { int hundredths; enum test_amount_manner manner; const char *verdict, *what; };
const struct test_amount *test_amounts(size_t *n);
const struct test_amount *test_amount_find(struct money amount);      /* NULL: nothing special */

/* The card that takes its OTP on its bank's page only, by what an acquirer may know of it. */
#define TEST_REDIRECT_CARD "6528591234543575"
bool test_card_only_redirects(struct pan_bin8 bin8, struct pan_last4 last4);

struct test_vpa {
    const char *name;                 /* before "@gocash" */
    enum test_payment outcome;
    const char *verdict;              /* TEST_DECLINES: "VPA_INVALID"; acquirer/acquirer.h without its prefix */
    const char *what;                 /* for the published table */
};
const struct test_vpa *test_vpas(size_t *n);
/* By a full address, any case. NULL: not in the table. */
const struct test_vpa *test_vpa_find(struct span address);

struct test_bank { int code; const char *name, *title; };     /* 3333, "TESTR", "Test Bank" */
const struct test_bank *test_banks(size_t *n);
const struct test_bank *test_bank_find(struct span code_or_name);     /* NULL: not in the table */

/* The providers of wallets, pay later and cardless EMI (reference 2.7), each for one method. */
struct test_provider { enum payment_method method; const char *name; };
const struct test_provider *test_providers(size_t *n);
bool test_provider_is_known(enum payment_method m, struct span name);         /* any case */
