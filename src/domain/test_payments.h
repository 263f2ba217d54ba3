/* test_payments.h: the published test data of everything that is not a card: UPI addresses, banks, providers, the OTP.
 * Source: reference cashfree 5.1 to 5.3. The simulated acquirer acts by it; docs/TEST-PAYMENTS.md shows it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

#define TEST_OTP "111000"
#define TEST_OTP_PAYLATER "777777"
#define TEST_PHONE_PAYLATER "8714268343"
#define TEST_TPV_ACCOUNT "1111222233"

enum test_payment {
    TEST_PAYS,                        /* at once */
    TEST_WAITS,                       /* until somebody decides on the simulated page, or its time is up */
    TEST_DECLINES,                    /* with `saying`, the name of an acquirer verdict */
};

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
