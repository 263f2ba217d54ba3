/* test_test_payments.c: the published test data of payments are sound, and docs/TEST-PAYMENTS.md shows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "acquirer/acquirer.h"
#include "domain/test_payments.h"

#include "base/banned.h"

enum { PAGE_MAX = 64 * 1024 };

static bool is_verdict(const char *name)
{
    for (enum acquirer_verdict v = 0; v < ACQUIRER_VERDICTS; v++)
        if (strcmp(acquirer_says(v)->name, name) == 0)
            return true;
    return false;
}

static void every_upi_address_is_found_in_any_case_and_no_other(void **state)
{
    size_t n;
    const struct test_vpa *vpas = test_vpas(&n);

    (void)state;
    assert_true(n > 20);
    for (size_t i = 0; i < n; i++) {
        char address[64];

        (void)snprintf(address, sizeof address, "%s@gocash", vpas[i].name);
        assert_ptr_equal(test_vpa_find(span_of(address)), &vpas[i]);
        address[0] = 'T';
        assert_ptr_equal(test_vpa_find(span_of(address)), &vpas[i]);
        address[strlen(address) - 1] = '\0';
        assert_null(test_vpa_find(span_of(address)));
        assert_int_equal(vpas[i].outcome == TEST_DECLINES, vpas[i].verdict != NULL);
        if (vpas[i].verdict)
            assert_true(is_verdict(vpas[i].verdict));
    }
    assert_null(test_vpa_find(SPAN("@gocash")));
    assert_null(test_vpa_find(SPAN("")));
    assert_null(test_vpa_find(SPAN("testsuccess")));
}

static void every_bank_is_found_by_code_and_by_name(void **state)
{
    size_t n;
    const struct test_bank *banks = test_banks(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        char code[8];

        (void)snprintf(code, sizeof code, "%04d", banks[i].code);
        assert_ptr_equal(test_bank_find(span_of(code)), &banks[i]);
        assert_ptr_equal(test_bank_find(span_of(banks[i].name)), &banks[i]);
        assert_int_equal(strlen(banks[i].name), 5);
    }
    assert_int_equal(test_bank_find(SPAN("testr"))->code, 3333);
    assert_null(test_bank_find(SPAN("33333")));
    assert_null(test_bank_find(SPAN("333")));
    assert_null(test_bank_find(SPAN("")));
}

static void a_provider_is_known_for_its_method(void **state)
{
    (void)state;
    assert_true(test_provider_is_known(PAYMENT_BY_APP, SPAN("PhonePe")));
    assert_true(test_provider_is_known(PAYMENT_BY_PAYLATER, SPAN("kotak")));
    assert_true(test_provider_is_known(PAYMENT_BY_CARDLESS_EMI, SPAN("kotak")));
    assert_false(test_provider_is_known(PAYMENT_BY_APP, SPAN("kotak")));
    assert_false(test_provider_is_known(PAYMENT_BY_APP, SPAN("")));
}

static void amounts_count_only_where_there_are_hundredths(void **state)
{
    size_t n;
    const struct test_amount *amounts = test_amounts(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct money m = { 1200 + amounts[i].hundredths, "INR" };

        assert_ptr_equal(test_amount_find(m), &amounts[i]);
        memcpy(m.currency, "JPY", 4);
        assert_null(test_amount_find(m));
        memcpy(m.currency, "BHD", 4);
        assert_null(test_amount_find(m));
        assert_true(is_verdict(amounts[i].verdict));
        assert_int_not_equal(amounts[i].hundredths, 0);
    }
    assert_null(test_amount_find((struct money){ 1200, "INR" }));
}

static void one_card_only_redirects(void **state)
{
    struct pan p;

    (void)state;
    assert_int_equal(pan_read(&p, SPAN(TEST_REDIRECT_CARD)), PAN_FINE);
    assert_true(test_card_only_redirects(pan_bin8(&p), pan_last4(&p)));
    assert_int_equal(pan_scheme(&p), SCHEME_RUPAY);
    assert_int_equal(pan_read(&p, SPAN("4111111111111111")), PAN_FINE);
    assert_false(test_card_only_redirects(pan_bin8(&p), pan_last4(&p)));
    pan_fini(&p);
}

static void read_page(char page[static PAGE_MAX])
{
    FILE *f = fopen(TEST_PAYMENTS_MD, "r");

    assert_non_null(f);
    page[fread(page, 1, PAGE_MAX - 1, f)] = '\0';
    (void)fclose(f);
}

/* The table under `head` is exactly `rows`. */
static void assert_table(const char *head, const struct buf *rows)
{
    static char page[PAGE_MAX];
    char *table, *end;

    assert_false(rows->full);
    read_page(page);
    table = strstr(page, head);
    assert_non_null(table);
    table = strstr(table, "|---|");
    assert_non_null(table);
    table = strchr(table, '\n');
    assert_non_null(table);
    end = strstr(++table, "\n\n");
    assert_non_null(end);
    end[1] = '\0';
    assert_string_equal(table, (const char *)rows->p);
}

static void cells(struct buf *out, const char *a, const char *b, const char *c)
{
    buf_text(out, "| ");
    buf_text(out, a);
    buf_text(out, " | ");
    buf_text(out, b);
    if (c) {
        buf_text(out, " | ");
        buf_text(out, c);
    }
    buf_text(out, " |\n");
}

static void the_page_shows_the_upi_addresses(void **state)
{
    static char text[PAGE_MAX];
    struct buf rows = BUF(text);
    size_t n;
    const struct test_vpa *vpas = test_vpas(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        char address[64];

        (void)snprintf(address, sizeof address, "`%s@gocash`", vpas[i].name);
        cells(&rows, address, vpas[i].what, NULL);
    }
    buf_byte(&rows, '\0');
    assert_table("\n## UPI\n", &rows);
}

static void the_page_shows_the_amounts(void **state)
{
    static char text[PAGE_MAX];
    struct buf rows = BUF(text);
    size_t n;
    const struct test_amount *amounts = test_amounts(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        char ends[16];

        (void)snprintf(ends, sizeof ends, ".%02d", amounts[i].hundredths);
        cells(&rows, ends, amounts[i].what, NULL);
    }
    buf_byte(&rows, '\0');
    assert_table("\n## Cards\n", &rows);
}

static void the_page_shows_the_banks(void **state)
{
    static char text[PAGE_MAX];
    struct buf rows = BUF(text);
    size_t n;
    const struct test_bank *banks = test_banks(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        char code[8];

        (void)snprintf(code, sizeof code, "%04d", banks[i].code);
        cells(&rows, code, banks[i].name, banks[i].title);
    }
    buf_byte(&rows, '\0');
    assert_table("\n## Net banking\n", &rows);
}

static void the_page_names_every_single_datum(void **state)
{
    static char page[PAGE_MAX];
    static const char *const data[] = {
        "`" TEST_OTP "`", "`" TEST_OTP_PAYLATER "`", "`" TEST_PHONE_PAYLATER "`", "`" TEST_TPV_ACCOUNT "`",
        "`" TEST_UPI_PAYER "`", "6528 5912 3454 3575", /* TEST_REDIRECT_CARD, as people write it */
        "1000.00",
    };
    size_t n;
    const struct test_provider *providers = test_providers(&n);

    (void)state;
    read_page(page);
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        if (!strstr(page, data[i]))
            fail_msg("the page does not name %s", data[i]);
    for (size_t i = 0; i < n; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "`%s`", providers[i].name);
        if (!strstr(page, name))
            fail_msg("the page does not name %s", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_upi_address_is_found_in_any_case_and_no_other),
        cmocka_unit_test(every_bank_is_found_by_code_and_by_name),
        cmocka_unit_test(a_provider_is_known_for_its_method),
        cmocka_unit_test(amounts_count_only_where_there_are_hundredths),
        cmocka_unit_test(one_card_only_redirects),
        cmocka_unit_test(the_page_shows_the_upi_addresses),
        cmocka_unit_test(the_page_shows_the_amounts),
        cmocka_unit_test(the_page_shows_the_banks),
        cmocka_unit_test(the_page_names_every_single_datum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
