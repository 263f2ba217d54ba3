/* What an order may be paid with, read back from its meta fragment in both of its forms. */
#include "service/offer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_in.h"

#include "base/banned.h"

static int setup(void **state)
{
    struct arena *a;

    json_in_start();
    assert_int_equal(arena_new(&a), FAULT_NONE);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static struct offer offer_of(void **state, const char *meta)
{
    struct offer o;

    assert_int_equal(offer_read(&o, *state, span_of(meta)), FAULT_NONE);
    return o;
}

static struct bin bin_of(uint32_t bin8)
{
    return bin_of8(bin_test_cards(), (struct pan_bin8){ bin8 });
}

static bool allows(const struct offer *o, uint32_t bin8, const char *last4)
{
    struct bin bin = bin_of(bin8);
    struct pan_last4 last = { "" };

    assert_int_equal(span_text(last.text, sizeof last.text, span_of(last4)), FAULT_NONE);
    return offer_allows_card(o, &bin, (struct pan_bin8){ bin8 }, last);
}

static bool allows_emi(const struct offer *o, uint32_t bin8, int64_t months)
{
    struct bin bin = bin_of(bin8);

    return offer_allows_emi(o, &bin, (struct pan_bin8){ bin8 }, (struct pan_last4){ "1111" }, months);
}

enum { VISA_DEBIT = 47061312, VISA_CREDIT = 44443333, MASTER_CREDIT = 51051051, VISA_CORPORATE = 40749700,
       RUPAY_DEBIT = 60748259, HDFC_DEBIT = 43862412, AXIS_CREDIT = 41114647, NOBODY = 40000000 };

static void an_order_without_meta_offers_everything(void **state)
{
    struct offer o = offer_of(state, NULL);

    assert_int_equal(o.methods, OFFER_ALL);
    for (int m = 0; m < PAYMENT_METHODS; m++)
        assert_true(offer_allows(&o, (enum payment_method)m));
    assert_true(allows(&o, VISA_DEBIT, "2123") && allows(&o, VISA_CORPORATE, "3075") && allows(&o, NOBODY, "0000"));
    assert_true(span_absent(o.return_url) && span_absent(o.notify_url));
}

static void the_urls_are_read_too(void **state)
{
    struct offer o = offer_of(state, "{\"return_url\":\"https://shop.example/r\","
                                     "\"notify_url\":\"https://shop.example/n\",\"payment_methods\":null}");

    assert_true(span_equal(o.return_url, SPAN("https://shop.example/r")));
    assert_true(span_equal(o.notify_url, SPAN("https://shop.example/n")));
    assert_int_equal(o.methods, OFFER_ALL);
}

/* Every word of payment_methods, and what it lets pay. */
static void each_word_offers_its_own(void **state)
{
    static const struct { const char *meta; unsigned methods; } cases[] = {
        { "{\"payment_methods\":\"cc\"}", OFFER_CREDIT }, { "{\"payment_methods\":\"dc\"}", OFFER_DEBIT },
        { "{\"payment_methods\":\"ccc\"}", OFFER_CORPORATE }, { "{\"payment_methods\":\"ppc\"}", OFFER_PREPAID },
        { "{\"payment_methods\":\"nb\"}", OFFER_NETBANKING }, { "{\"payment_methods\":\"upi\"}", OFFER_UPI },
        { "{\"payment_methods\":\"paypal\"}", OFFER_PAYPAL }, { "{\"payment_methods\":\"app\"}", OFFER_APP },
        { "{\"payment_methods\":\"paylater\"}", OFFER_PAYLATER },
        { "{\"payment_methods\":\"emi\"}", OFFER_CREDIT_EMI | OFFER_DEBIT_EMI },
        { "{\"payment_methods\":\"cardlessemi\"}", OFFER_CARDLESS_EMI },
        { "{\"payment_methods\":\"dcemi\"}", OFFER_DEBIT_EMI }, { "{\"payment_methods\":\"ccemi\"}", OFFER_CREDIT_EMI },
        { "{\"payment_methods\":\"banktransfer\"}", OFFER_BANKTRANSFER }, { "{\"payment_methods\":\"applepay\"}", 0 },
        { "{\"payment_methods\":\" cc, upi ,nb\"}", OFFER_CREDIT | OFFER_UPI | OFFER_NETBANKING },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(offer_of(state, cases[i].meta).methods, cases[i].methods);
}

static void a_method_that_is_not_offered_is_refused(void **state)
{
    struct offer o = offer_of(state, "{\"payment_methods\":\"upi,dc\"}");

    assert_true(offer_allows(&o, PAYMENT_BY_UPI));
    assert_true(offer_allows(&o, PAYMENT_BY_CARD));
    assert_false(offer_allows(&o, PAYMENT_BY_NETBANKING));
    assert_false(offer_allows(&o, PAYMENT_BY_EMI));
    assert_true(allows(&o, VISA_DEBIT, "2123"));
    assert_false(allows(&o, VISA_CREDIT, "1111"));
}

static void a_company_s_credit_card_is_a_kind_of_its_own(void **state)
{
    struct offer cc = offer_of(state, "{\"payment_methods\":\"cc\"}");
    struct offer ccc = offer_of(state, "{\"payment_methods\":\"ccc\"}");

    assert_true(allows(&cc, VISA_CREDIT, "1111") && !allows(&cc, VISA_CORPORATE, "3075"));
    assert_true(allows(&ccc, VISA_CORPORATE, "3075") && !allows(&ccc, VISA_CREDIT, "1111"));
}

static void a_card_of_unknown_kind_counts_as_credit(void **state)
{
    struct offer cc = offer_of(state, "{\"payment_methods\":\"cc\"}");
    struct offer dc = offer_of(state, "{\"payment_methods\":\"dc\"}");

    assert_true(allows(&cc, NOBODY, "0000"));
    assert_false(allows(&dc, NOBODY, "0000"));
}

#define FILTERS(text) "{\"payment_methods\":null,\"payment_methods_filters\":" text "}"
#define METHODS(values) FILTERS("{\"methods\":{\"action\":\"ALLOW\",\"values\":[" values "]},\"filters\":null}")
#define NESTED(text) FILTERS("{\"methods\":null,\"filters\":" text "}")

static void methods_of_the_filters_narrow_the_list(void **state)
{
    struct offer o = offer_of(state, METHODS("\"debit_card\",\"wallet\",\"upi_ppi\",\"sbc_something\""));

    assert_int_equal(o.methods, OFFER_DEBIT | OFFER_APP | OFFER_UPI);
    o = offer_of(state, "{\"payment_methods\":\"upi,nb\",\"payment_methods_filters\":{\"methods\":"
                        "{\"action\":\"ALLOW\",\"values\":[\"upi\",\"debit_card\"]}}}");
    assert_int_equal(o.methods, OFFER_UPI);
}

static void nested_filters_allow_only_what_they_name(void **state)
{
    struct offer o = offer_of(state, NESTED("{\"card_bins\":{\"action\":\"ALLOW\","
                                            "\"values\":[\"470613\",\"44443333\"]},"
                                            "\"card_schemes\":null,\"card_suffix\":null,\"card_issuing_bank\":null}"));

    assert_true(allows(&o, VISA_DEBIT, "2123") && allows(&o, VISA_CREDIT, "1111"));
    assert_false(allows(&o, MASTER_CREDIT, "5100") || allows(&o, 44443334, "1111"));
}

static void nested_filters_deny_what_they_name(void **state)
{
    struct offer o = offer_of(state, NESTED("{\"card_schemes\":{\"action\":\"DENY\",\"values\":[\"visa\"]},"
                                            "\"card_suffix\":{\"action\":\"DENY\",\"values\":[\"5100\",\"59\"]}}"));

    assert_false(allows(&o, VISA_DEBIT, "2123"));
    assert_true(allows(&o, RUPAY_DEBIT, "3818"));
    assert_false(allows(&o, MASTER_CREDIT, "5100") || allows(&o, RUPAY_DEBIT, "3859"));
}

static void a_bank_is_named_by_code_or_name(void **state)
{
    struct offer o = offer_of(state, NESTED("{\"card_issuing_bank\":{\"action\":\"ALLOW\",\"values\":[\"hdfc\","
                                            "\"axis bank\"]}}"));

    assert_true(allows(&o, HDFC_DEBIT, "5159") && allows(&o, AXIS_CREDIT, "4152"));
    assert_false(allows(&o, VISA_DEBIT, "2123") || allows(&o, NOBODY, "0000"));
}

static void the_flat_form_of_2026_is_read_as_well(void **state)
{
    struct offer o = offer_of(state, NESTED("{\"card_bins\":[470613,\"510510\"],"
                                            "\"card_schemes\":[\"visa\",\"mastercard\"],"
                                            "\"card_suffix\":[\"2123\"],\"card_emi_tenure\":null}"));

    assert_true(allows(&o, VISA_DEBIT, "2123") && allows(&o, MASTER_CREDIT, "2123"));
    assert_false(allows(&o, VISA_DEBIT, "2124") || allows(&o, VISA_CREDIT, "2123"));
}

static void a_list_of_schemes_nobody_serves_is_not_none(void **state)
{
    struct offer o = offer_of(state, NESTED("{\"card_schemes\":[\"discover\"]}"));

    assert_false(allows(&o, VISA_DEBIT, "2123"));
    assert_false(allows(&o, MASTER_CREDIT, "5100"));
}

static void instalments_have_filters_beside_those_of_all_cards(void **state)
{
    struct offer o = offer_of(state, NESTED("{\"card_schemes\":[\"visa\"],\"card_emi_bins\":[\"411146\"],"
                                            "\"card_emi_tenure\":6}"));

    assert_true(allows_emi(&o, AXIS_CREDIT, 6));
    assert_false(allows_emi(&o, AXIS_CREDIT, 9));
    assert_false(allows_emi(&o, VISA_CREDIT, 6));
    assert_true(allows(&o, VISA_CREDIT, "1111"));
    o = offer_of(state, "{\"payment_methods\":\"dcemi\"}");
    assert_true(allows_emi(&o, HDFC_DEBIT, 3) && !allows_emi(&o, AXIS_CREDIT, 3));
    o = offer_of(state, NESTED("{\"card_bins\":[\"438624\"]}"));
    assert_true(allows_emi(&o, HDFC_DEBIT, 3) && !allows_emi(&o, AXIS_CREDIT, 3));
}

static void a_fragment_we_did_not_write_is_our_fault(void **state)
{
    static const char *const cases[] = {
        "", "[]", "{", "{\"payment_methods\":1}", "{\"payment_methods_filters\":[]}",
        NESTED("{\"card_bins\":1}"), NESTED("{\"card_bins\":[{}]}"),
    };
    struct offer o;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(offer_read(&o, *state, span_of(cases[i])), FAULT_INTERNAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_without_meta_offers_everything),
        TEST(the_urls_are_read_too),
        TEST(each_word_offers_its_own),
        TEST(a_method_that_is_not_offered_is_refused),
        TEST(a_company_s_credit_card_is_a_kind_of_its_own),
        TEST(a_card_of_unknown_kind_counts_as_credit),
        TEST(methods_of_the_filters_narrow_the_list),
        TEST(nested_filters_allow_only_what_they_name),
        TEST(nested_filters_deny_what_they_name),
        TEST(a_bank_is_named_by_code_or_name),
        TEST(the_flat_form_of_2026_is_read_as_well),
        TEST(a_list_of_schemes_nobody_serves_is_not_none),
        TEST(instalments_have_filters_beside_those_of_all_cards),
        TEST(a_fragment_we_did_not_write_is_our_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
