/* test_cashfree_limits.c: every limit of POST /pg/orders, one row each (reference 2.4, 3.4, 3.5, 5.5). */
#include "cashfree_bed.h"

#define NO_CARD "must not contain a card number (PCI DSS requirement 3)"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define ISO "time should be ISO8601 string. Example 2021-07-02T10:20:12+05:30 for IST, 2021-07-02T10:20:12Z for UTC"
#define WINDOW "order_expiry_time : Expiry time should be more than 15 min and less than 30 days"
#define ID_WORDS " : should be alpha numeric and may contain underscore or hypens. Value received: "
#define MISSING " : is missing in the request. Value received: "

struct row { const char *version, *body, *code, *message; };

static void check(struct bed *b, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        (void)bed_send(b, (struct sent){ .route = BED_CREATE, .version = rows[i].version, .body = rows[i].body });
        bed_assert_error(b, 400, rows[i].code, rows[i].message);
        assert_has(b, "\"type\":\"invalid_request_error\"");
    }
}
#define CHECK(b, rows) check((b), (rows), sizeof (rows) / sizeof *(rows))

/* An order with amount and currency of its own, and one with a further part. */
#define MONEY(amount, currency) "{\"order_amount\":" amount ",\"order_currency\":" currency "," BED_CUSTOMER "}"
#define WITH(part) "{\"order_amount\":100,\"order_currency\":\"INR\"," BED_CUSTOMER "," part "}"
#define CUSTOMER(part) "{\"order_amount\":100,\"order_currency\":\"INR\",\"customer_details\":{" part "}}"
#define META(part) WITH("\"order_meta\":{" part "}")

static void amounts_and_currencies_have_limits(void **state)
{
    static const struct row rows[] = {
        { V2025, "{\"order_currency\":\"INR\"," BED_CUSTOMER "}", "order_amount_missing", "order_amount" MISSING },
        { V2025, "{}", "order_amount_missing", "order_amount" MISSING },
        { V2025, "{\"order_amount\":1," BED_CUSTOMER "}", "order_currency_missing", "order_currency" MISSING },
        { V2025, MONEY("1", "null"), "order_currency_missing", "order_currency" MISSING },
        { V2025, MONEY("1", "\"XYZ\""), "order_currency_invalid",
          "order_currency : is not valid or not enabled. Value received: XYZ" },
        { V2025, MONEY("1", "\"EUR\""), "order_currency_invalid",
          "order_currency : is not valid or not enabled. Value received: EUR" },
        { V2025, MONEY("1", "\"inr\""), "order_currency_invalid",
          "order_currency : is not valid or not enabled. Value received: inr" },
        { V2025, MONEY("1", "\"INR,USD\""), "order_currency_invalid",
          "order_currency : is not valid or not enabled. Value received: INR,USD" },
        { V2025, MONEY("0.99", "\"INR\""), "order_amount_invalid", "order_amount : Invalid amount entered " },
        { V2025, MONEY("0", "\"INR\""), "order_amount_invalid", "order_amount : Invalid amount entered " },
        { V2025, MONEY("-5", "\"INR\""), "order_amount_invalid", "order_amount : Invalid amount entered " },
        { V2025, MONEY("10.155", "\"INR\""), "order_amount_invalid", "order_amount : Invalid amount entered " },
        { V2025, MONEY("1000000.01", "\"INR\""), "order_amount_invalid", "order_amount : Invalid amount entered " },
        { V2025, MONEY("1e300", "\"INR\""), "order_amount_invalid", "order_amount : Invalid amount entered " },
        { V2025, MONEY("\"10\"", "\"INR\""), "order_amount_invalid", "order_amount : Invalid amount entered " },
    };
    CHECK(*state, rows);
}

static void order_ids_have_limits(void **state)
{
    static const struct row rows[] = {
        { V2025, WITH("\"order_id\":\"ab\""), "order_id_invalid", "order_id : should be at least 3" },
        { V2025, WITH("\"order_id\":\"" TEN TEN TEN TEN "123456\""), "order_id_invalid",
          "order_id : should be at max 45" },
        { V2025, WITH("\"order_id\":\"a b c\""), "order_id_invalid", "order_id" ID_WORDS "a b c" },
        { V2025, WITH("\"order_id\":77777"), "order_id_invalid",
          "order_id : should be a string. Value received: 77777" },
    };
    CHECK(*state, rows);
}

#define PHONE "\"customer_phone\":\"9908734801\""
#define ID "\"customer_id\":\"cust_1\""

static void customers_have_limits(void **state)
{
    static const struct row rows[] = {
        { V2025, "{\"order_amount\":1,\"order_currency\":\"INR\"}", "customer_details_missing", "customer_details"
          MISSING },
        { V2021, "{\"order_amount\":1,\"order_currency\":\"INR\"}", "customer_details_missing", "customer_details"
          MISSING },
        { V2026, CUSTOMER(PHONE), "customer_details.customer_id_missing", "customer_details.customer_id" MISSING },
        { V2025, CUSTOMER(ID), "customer_details.customer_phone_missing", "customer_details.customer_phone" MISSING },
        { V2025, CUSTOMER("\"customer_id\":\"ab\"," PHONE), "customer_details.customer_id_invalid",
          "customer_details.customer_id : should be at least 3" },
        { V2025, CUSTOMER("\"customer_id\":\"" TEN TEN TEN TEN TEN "1\"," PHONE),
          "customer_details.customer_id_invalid",
          "customer_details.customer_id : should be at max 50" },
        { V2025, CUSTOMER("\"customer_id\":\"john@example.com\"," PHONE), "customer_details.customer_id_invalid",
          "customer_details.customer_id" ID_WORDS "john@example.com" },
        { V2025, CUSTOMER(ID ",\"customer_phone\":\"990873480\""), "customer_details.customer_phone_invalid",
          "customer_details.customer_phone : should be a phone number of 10 digits. Value received: 990873480" },
        { V2025, CUSTOMER(ID ",\"customer_phone\":\"99087348011\""), "customer_details.customer_phone_invalid",
          "customer_details.customer_phone : should be a phone number of 10 digits. Value received: 99087348011" },
        { V2025, CUSTOMER(ID ",\"customer_phone\":\"+919908734801\""), "customer_details.customer_phone_invalid",
          "customer_details.customer_phone : should be a phone number of 10 digits. Value received: +919908734801" },
        { V2025, CUSTOMER(ID "," PHONE ",\"customer_email\":\"a@\""), "customer_details.customer_email_invalid",
          "customer_details.customer_email : should be at least 3" },
        { V2025, CUSTOMER(ID "," PHONE ",\"customer_email\":\"" HUNDRED "a\""),
          "customer_details.customer_email_invalid",
          "customer_details.customer_email : should be at max 100" },
        { V2025, CUSTOMER(ID "," PHONE ",\"customer_name\":\"Jo\""), "customer_details.customer_name_invalid",
          "customer_details.customer_name : should be at least 3" },
        { V2025, CUSTOMER(ID "," PHONE ",\"customer_bank_account_number\":\"12\""),
          "customer_details.customer_bank_account_number_invalid",
          "customer_details.customer_bank_account_number : should be at least 3" },
        { V2025, CUSTOMER(ID "," PHONE ",\"customer_bank_account_number\":\"" TEN TEN "1\""),
          "customer_details.customer_bank_account_number_invalid",
          "customer_details.customer_bank_account_number : should be at max 20" },
        { V2025, CUSTOMER(ID "," PHONE ",\"customer_bank_code\":\"3333\""),
          "customer_details.customer_bank_code_invalid",
          "customer_details.customer_bank_code : should be an integer. Value received: 3333" },
        { V2025, WITH("\"order_meta\":[]"), "order_meta_invalid",
          "order_meta : should be an object. Value received: " },
    };
    CHECK(*state, rows);
}

static void a_foreign_phone_number_is_good_from_2026_on(void **state)
{
    assert_int_equal(bed_send(*state, (struct sent){ .route = BED_CREATE, .version = V2026,
        .body = CUSTOMER(ID ",\"customer_phone\":\"+4915112345678\"") }), 200);
}

#define RETURN(url) META("\"return_url\":\"" url "\"")
#define METHODS_OLD "cc,dc,ccc,ppc,nb,upi,paypal,app,paylater,emi"
#define METHODS_NEW "cc,dc,ccc,ppc,nb,upi,paypal,app,paylater,cardlessemi,dcemi,ccemi,banktransfer"

static void meta_has_limits(void **state)
{
    static const struct row rows[] = {
        { V2025, RETURN("shop.example"), "order_meta.return_url_invalid",
          "order_meta.return_url : invalid url entered. Value received: shop.example" },
        { V2025, RETURN("ftp://shop.example"), "order_meta.return_url_invalid",
          "order_meta.return_url : invalid url entered. Value received: ftp://shop.example" },
        { V2025, RETURN("https://"), "order_meta.return_url_invalid",
          "order_meta.return_url : invalid url entered. Value received: https://" },
        { V2025, RETURN("https://a/" HUNDRED HUNDRED TEN TEN TEN TEN "1"), "order_meta.return_url_invalid",
          "order_meta.return_url : should be at max 250" },
        { V2025, META("\"notify_url\":\"nowhere\""), "order_meta.notify_url_invalid",
          "order_meta.notify_url : invalid url entered. Value received: nowhere" },
        { V2021, RETURN("https://a/?o={order_id}"), "return_url_value_invalid",
          "return_url : return_url must contain {order_id} and {order_token}" },
        { V2022, RETURN("https://a/?o={order_token}"), "return_url_value_invalid",
          "return_url : return_url must contain {order_id} and {order_token}" },
        { V2022_09, RETURN("https://a/"), "return_url_value_invalid",
          "return_url : return_url must contain {order_id}" },
        { V2022, META("\"payment_methods\":\"cc,applepay\""), "order_meta.payment_methods_invalid",
          "order_meta.payment_methods : should be combination of " METHODS_OLD },
        { V2025, META("\"payment_methods\":\"cc,applepay\""), "order_meta.payment_methods_invalid",
          "order_meta.payment_methods : should be combination of " METHODS_NEW },
        { V2025, META("\"payment_methods\":\"cc,\""), "order_meta.payment_methods_invalid",
          "order_meta.payment_methods : should be combination of " METHODS_NEW },
        { V2026, META("\"payment_methods\":\"cc;dc\""), "order_meta.payment_methods_invalid",
          "order_meta.payment_methods : should be combination of " METHODS_NEW ",applepay" },
        { V2026, META("\"offer_filters\":{\"action\":\"MAYBE\",\"values\":[]}"),
          "order_meta.offer_filters.action_invalid",
          "order_meta.offer_filters.action : should be ALLOW DENY. Value received: MAYBE" },
    };
    CHECK(*state, rows);
}

static void urls_and_methods_that_a_version_knows_are_taken(void **state)
{
    static const struct { const char *version, *body; } rows[] = {
        { V2021, RETURN("https://a/?o={order_id}&t={order_token}") }, { V2022_09, RETURN("http://a/?o={order_id}") },
        { V2023, RETURN("http://localhost:3000/x") }, { V2025, META("\"notify_url\":\"http://a.example/hook\"") },
        { V2022, META("\"payment_methods\":\"emi\"") }, { V2026, META("\"payment_methods\":\"applepay, upi\"") },
        { V2025, META("\"payment_methods\":\"\"") },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = rows[i].version,
            .body = rows[i].body }), 200);
}

static void live_mode_wants_https(void **state)
{
    static const struct row rows[] = {
        { V2025, RETURN("http://shop.example"), "order_meta.return_url_invalid",
          "order_meta.return_url : url should be https. Value received: http://shop.example" },
        { V2025, META("\"notify_url\":\"http://shop.example\""), "order_meta.notify_url_invalid",
          "order_meta.notify_url : url should be https. Value received: http://shop.example" },
    };
    struct bed *b = *state;

    b->f->services.mode = MODE_LIVE;
    CHECK(b, rows);
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025,
        .body = RETURN("https://a.example") }), 200);
    b->f->services.mode = MODE_SANDBOX;
}

#define EXPIRY(text) WITH("\"order_expiry_time\":\"" text "\"")

/* The clock stands at 2023-11-14T22:13:20Z. */
static void an_expiry_has_a_window(void **state)
{
    static const struct row rows[] = {
        { V2025, EXPIRY("tomorrow"), "order_expiry_time_invalid", ISO },
        { V2025, EXPIRY("2023-02-30T10:00:00Z"), "order_expiry_time_invalid", ISO },
        { V2025, WITH("\"order_expiry_time\":1700001000"), "order_expiry_time_invalid", ISO },
        { V2025, EXPIRY("2023-11-14T22:28:20Z"), "order_expiry_time_invalid", WINDOW },
        { V2025, EXPIRY("2023-11-13T22:28:20Z"), "order_expiry_time_invalid", WINDOW },
        { V2025, EXPIRY("2023-12-14T22:13:20Z"), "order_expiry_time_invalid", WINDOW },
    };
    CHECK(*state, rows);
}

static void an_expiry_in_any_zone_is_shown_in_ist(void **state)
{
    static const struct { const char *body, *shown; } rows[] = {
        { EXPIRY("2023-11-14T22:28:21Z"), "2023-11-15T03:58:21+05:30" },
        { EXPIRY("2023-11-15T10:00:00+05:30"), "2023-11-15T10:00:00+05:30" },
        { EXPIRY("2023-11-15 10:00:00+05:30"), "2023-11-15T10:00:00+05:30" },
        { EXPIRY("2023-11-15T10:00:00"), "2023-11-15T10:00:00+05:30" },
        { EXPIRY("2023-12-14T22:13:19.000Z"), "2023-12-15T03:43:19+05:30" },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = rows[i].body }),
            200);
        assert_has(b, rows[i].shown);
    }
}

#define ELEVEN_TAGS \
    "\"a\":\"1\",\"b\":\"1\",\"c\":\"1\",\"d\":\"1\",\"e\":\"1\",\"f\":\"1\",\"g\":\"1\",\"h\":\"1\"," \
    "\"i\":\"1\",\"j\":\"1\",\"k\":\"1\""

static void notes_and_tags_have_limits(void **state)
{
    static const struct row rows[] = {
        { V2025, WITH("\"order_note\":\"ab\""), "order_note_invalid", "order_note : should be at least 3" },
        { V2025, WITH("\"order_note\":\"" HUNDRED HUNDRED "x\""), "order_note_invalid",
          "order_note : should be at max 200" },
        { V2025, WITH("\"order_tags\":{" ELEVEN_TAGS "}"), "order_tags_invalid", "order_tags : should be at max 10" },
        { V2025, WITH("\"order_tags\":{\"a\":\"\"}"), "order_tags_invalid", "order_tags : should be at least 1" },
        { V2025, WITH("\"order_tags\":{\"a\":\"" HUNDRED HUNDRED TEN TEN TEN TEN TEN "123456\"}"), "order_tags_invalid",
          "order_tags : should be at max 255" },
        { V2025, WITH("\"order_tags\":{\"a\":1}"), "order_tags_invalid",
          "order_tags : should be a string. Value received: 1" },
        { V2025, WITH("\"order_tags\":{\"a\":null}"), "order_tags_invalid",
          "order_tags : should be a string. Value received: " },
        { V2025, WITH("\"order_tags\":\"a\""), "order_tags_invalid",
          "order_tags : should be an object with string values. Value received: a" },
    };
    CHECK(*state, rows);
}

#define SPLITS(members) WITH("\"order_splits\":[" members "]")
#define TOO_MUCH "Total split amount can not be greater than transaction amount"

static void splits_have_limits(void **state)
{
    static const struct row rows[] = {
        { V2025, SPLITS("{\"amount\":1}"), "order_splits.vendor_id_missing", "order_splits.vendor_id" MISSING },
        { V2025, SPLITS("{\"vendor\":\"a\"}"), "order_splits.amount_missing", "order_splits.amount" MISSING },
        { V2025, SPLITS("{\"vendor\":\"a\",\"vendor_id\":\"b\",\"amount\":1}"), "order_splits.vendor_id_invalid",
          "order_splits.vendor_id : should not differ from vendor" },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"amount\":1,\"percentage\":1}"), "order_splits.percentage_invalid",
          "order_splits.percentage : should not be given together with amount" },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"amount\":1.001}"), "order_splits.amount_invalid",
          "order_splits.amount : Invalid amount entered " },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"amount\":0}"), "order_splits.amount_invalid",
          "order_splits.amount : Invalid amount entered " },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"percentage\":100.01}"), "order_splits.percentage_invalid",
          "order_splits.percentage : Invalid amount entered " },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"amount\":100.01}"), "api_request_failed", TOO_MUCH },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"amount\":60},{\"vendor_id\":\"b\",\"amount\":40.01}"),
          "api_request_failed", TOO_MUCH },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"percentage\":60},{\"vendor_id\":\"b\",\"percentage\":40.01}"),
          "api_request_failed",
          TOO_MUCH },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"percentage\":60},{\"vendor_id\":\"b\",\"amount\":40.01}"),
          "api_request_failed",
          TOO_MUCH },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"amount\":999999999}"), "api_request_failed", TOO_MUCH },
        { V2025, SPLITS("1"), "order_splits_invalid",
          "order_splits : should be a list of objects. Value received: 1" },
        { V2025, SPLITS("null"), "order_splits_invalid",
          "order_splits : should be a list of objects. Value received: " },
    };
    CHECK(*state, rows);
}

static void splits_of_the_whole_order_are_kept(void **state)
{
    struct bed *b = *state;

    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = SPLITS(
        "{\"vendor_id\":\"a\",\"percentage\":60,\"tags\":{\"k\":\"v\"}},{\"vendor_id\":\"b\",\"amount\":40}") }), 200);
    assert_has(b, "\"order_splits\":[{\"vendor_id\":\"a\",\"amount\":null,\"percentage\":60,\"tags\":{\"k\":\"v\"}},"
                  "{\"vendor_id\":\"b\",\"amount\":40,\"percentage\":null,\"tags\":null}]");
}

static void terminals_products_and_carts_have_limits(void **state)
{
    static const struct row rows[] = {
        { V2025, WITH("\"terminal\":{\"terminal_phone_no\":\"6309291183\"}"), "terminal.terminal_type_missing",
          "terminal.terminal_type" MISSING },
        { V2025, WITH("\"terminal\":{\"terminal_type\":\"POS\",\"cf_terminal_id\":1}"),
          "terminal.terminal_type_invalid",
          "terminal.terminal_type : should be at least 4" },
        { V2025, WITH("\"terminal\":{\"terminal_type\":\"STOREFRONTS\",\"cf_terminal_id\":1}"),
          "terminal.terminal_type_invalid",
          "terminal.terminal_type : should be at max 10" },
        { V2025, WITH("\"terminal\":{\"terminal_type\":\"SPOS\"}"), "terminal.terminal_phone_no_missing",
          "terminal.terminal_phone_no" MISSING },
        { V2025, WITH("\"terminal\":{\"terminal_type\":\"SPOS\",\"terminal_id\":\"ab\",\"cf_terminal_id\":1}"),
          "terminal.terminal_id_invalid", "terminal.terminal_id : should be at least 3" },
        { V2025, WITH("\"terminal\":{\"terminal_type\":\"SPOS\",\"cf_terminal_id\":\"x\"}"),
          "terminal.cf_terminal_id_invalid",
          "terminal.cf_terminal_id : should be a number of 1 to 15 digits. Value received: x" },
        { V2025, WITH("\"products\":{\"verify_pay\":{\"enabled\":1}}"), "products.verify_pay.enabled_invalid",
          "products.verify_pay.enabled : should be a boolean. Value received: 1" },
        { V2025, WITH("\"products\":{\"verify_pay\":{\"conditions\":[{\"action\":\"X\",\"key\":\"k\"}]}}"),
          "products.verify_pay.conditions.action_invalid",
          "products.verify_pay.conditions.action : should be ALLOW DENY. Value received: X" },
        { V2025, WITH("\"products\":{\"verify_pay\":{\"conditions\":[{\"action\":\"DENY\",\"key\":\""
          TEN TEN TEN TEN TEN "x\"}]}}"),
          "products.verify_pay.conditions.key_invalid", "products.verify_pay.conditions.key : should be at max 50" },
        { V2025, WITH("\"products\":{\"verify_pay\":{\"conditions\":[{\"action\":\"DENY\",\"key\":\"k\",\"values\":"
                      "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\"]}]}}"),
          "products.verify_pay.conditions.values_invalid",
          "products.verify_pay.conditions.values : should be at max 10" },
        { V2025, WITH("\"cart_details\":{\"shipping_charge\":\"1\"}"), "cart_details.shipping_charge_invalid",
          "cart_details.shipping_charge : should be a number. Value received: 1" },
        { V2025, WITH("\"cart_details\":{\"cart_items\":[{\"item_quantity\":-1}]}"),
          "cart_details.cart_items.item_quantity_invalid",
          "cart_details.cart_items.item_quantity : should be at least 0" },
        { V2025, WITH("\"cart_details\":{\"cart_items\":[{\"item_original_unit_price\":-1}]}"),
          "cart_details.cart_items.item_original_unit_price_invalid",
          "cart_details.cart_items.item_original_unit_price : Invalid amount entered " },
    };
    CHECK(*state, rows);
}

#define CARD "4111 1111-1111 1111"

static void card_numbers_are_refused_and_not_repeated(void **state)
{
    static const struct row rows[] = {
        { V2025, WITH("\"order_note\":\"card " CARD " ok\""), "order_note_invalid", "order_note : " NO_CARD },
        { V2025, WITH("\"order_tags\":{\"a\":\"" CARD "\"}"), "order_tags_invalid", "order_tags : " NO_CARD },
        { V2025, WITH("\"order_tags\":{\"4111111111111111\":\"a\"}"), "order_tags_invalid", "order_tags : " NO_CARD },
        { V2025, CUSTOMER(ID "," PHONE ",\"customer_name\":\"" CARD "\""), "customer_details.customer_name_invalid",
          "customer_details.customer_name : " NO_CARD },
        { V2025, WITH("\"cart_details\":{\"customer_note\":\"" CARD "\"}"), "cart_details.customer_note_invalid",
          "cart_details.customer_note : " NO_CARD },
        { V2025, WITH("\"cart_details\":{\"customer_billing_address\":{\"address_2\":\"" CARD "\"}}"),
          "cart_details.customer_billing_address.address_2_invalid",
          "cart_details.customer_billing_address.address_2 : " NO_CARD },
        { V2025, WITH("\"cart_details\":{\"cart_items\":[{\"item_tags\":[\"x\"]},{\"item_tags\":[\"a\",\"" CARD
          "\"]}]}"),
          "cart_details.cart_items.item_tags_invalid", "cart_details.cart_items.item_tags : " NO_CARD },
        { V2025, SPLITS("{\"vendor_id\":\"a\",\"amount\":1,\"tags\":{\"4111111111111111\":\"v\"}}"),
          "order_splits.tags_invalid",
          "order_splits.tags : " NO_CARD },
        { V2026, META("\"upi_app_priority\":[\"" CARD "\"]"), "order_meta.upi_app_priority_invalid",
          "order_meta.upi_app_priority : " NO_CARD },
        { V2025, WITH("\"products\":{\"verify_pay\":{\"conditions\":[{\"action\":\"ALLOW\",\"key\":\"k\","
          "\"values\":[\"" CARD "\"]}]}}"),
          "products.verify_pay.conditions.values_invalid", "products.verify_pay.conditions.values : " NO_CARD },
        /* Wrong for another reason, and repeated in a message: the value is left out. */
        { V2025, MONEY("1", "\"4111111111111111\""), "order_currency_invalid",
          "order_currency : is not valid or not enabled. Value received: " },
        { V2025, WITH("\"order_id\":4111111111111111"), "order_id_invalid",
          "order_id : should be a string. Value received: " },
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check(b, &rows[i], 1);
        assert_has_not(b, "1111");
    }
}

/* 100 characters of the value and no half of the 101st; a character may have several bytes. */
#define NUMBER "4111111111111111"
#define ITEM(name) \
    { "cart_details.cart_items." name, \
      WITH("\"cart_details\":{\"cart_items\":[{\"" name "\":\"" NUMBER "\"}]}") }
#define TERMINAL(name, value) \
    { "terminal." name, \
      WITH("\"terminal\":{\"terminal_type\":\"SPOS\",\"cf_terminal_id\":1,\"" name "\":" value "}") }
#define PERSON(name) { "customer_details." name, CUSTOMER(ID "," PHONE ",\"" name "\":\"" NUMBER "\"") }

static void no_field_takes_a_card_number(void **state)
{
    static const struct { const char *path, *body; } rows[] = {
        { "order_id", WITH("\"order_id\":\"" NUMBER "\"") },
        { "order_id", WITH("\"order_id\":\"o-4111-1111-1111-1111\"") },
        { "customer_details.customer_id", CUSTOMER("\"customer_id\":\"" NUMBER "\"," PHONE) },
        { "customer_details.customer_phone", CUSTOMER(ID ",\"customer_phone\":\"+378282246310005\"") },
        PERSON("customer_email"), PERSON("customer_name"), PERSON("customer_uid"), PERSON("customer_bank_ifsc"),
        { "order_meta.return_url", META("\"return_url\":\"https://a.example/?o={order_id}&n=" NUMBER "\"") },
        { "order_meta.notify_url", META("\"notify_url\":\"https://a.example/4111%201111%201111%201111\"") },
        { "order_meta.payment_methods_filters.methods.values",
          META("\"payment_methods_filters\":{\"methods\":{\"action\":\"ALLOW\",\"values\":[\"" NUMBER "\"]}}") },
        { "order_meta.payment_methods_filters.filters.card_bins",
          META("\"payment_methods_filters\":{\"filters\":{\"card_bins\":[411111," NUMBER "]}}") },
        { "order_meta.offer_filters.values",
          META("\"offer_filters\":{\"action\":\"ALLOW\",\"values\":[\"" NUMBER "\"]}") },
        { "order_splits.vendor_id", SPLITS("{\"vendor_id\":\"" NUMBER "\",\"amount\":1}") },
        { "order_splits.vendor", SPLITS("{\"vendor\":\"" NUMBER "\",\"amount\":1}") },
        { "order_note", WITH("\"order_note\":\"4111\\u00a01111\\u00a01111\\u00a01111\"") },
        { "order_tags", WITH("\"order_tags\":{\"4111\\n1111\\n1111\\n1111\":\"a\"}") },
        { "cart_details.cart_name", WITH("\"cart_details\":{\"cart_name\":\"2223003122003222\"}") },
        { "cart_details.customer_shipping_address.pincode",
          WITH("\"cart_details\":{\"customer_shipping_address\":{\"pincode\":" NUMBER "}}") },
        ITEM("item_id"), ITEM("item_variant_id"), ITEM("item_name"), ITEM("item_description"),
        ITEM("item_details_url"), ITEM("item_image_url"),
        { "cart_details.cart_items.item_id", WITH("\"cart_details\":{\"cart_items\":[{\"item_id\":" NUMBER "}]}") },
        { "cart_details.cart_items.item_original_unit_price",
          WITH("\"cart_details\":{\"cart_items\":[{\"item_original_unit_price\":378282246310005}]}") },
        TERMINAL("terminal_id", "\"" NUMBER "\""), TERMINAL("terminal_name", "\"" NUMBER "\""),
        TERMINAL("terminal_note", "\"" NUMBER "\""), TERMINAL("added_on", "\"" NUMBER "\""),
        { "terminal.cf_terminal_id",
          WITH("\"terminal\":{\"terminal_type\":\"SPOS\",\"cf_terminal_id\":378282246310005}") },
        { "terminal.terminal_phone_no",
          WITH("\"terminal\":{\"terminal_type\":\"SPOS\",\"terminal_phone_no\":\"+378282246310005\"}") },
    };
    struct bed *b = *state;
    char code[160], message[256];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool flat = strstr(rows[i].path, "card_bins") != NULL;
        (void)snprintf(code, sizeof code, "%s_invalid", rows[i].path);
        (void)snprintf(message, sizeof message, "%s : " NO_CARD, rows[i].path);
        (void)bed_send(b, (struct sent){ .route = BED_CREATE, .version = flat ? V2026 : V2025, .body = rows[i].body });
        bed_assert_error(b, 400, code, message);
        assert_has_not(b, "1111");
    }
}

static void a_bank_code_is_too_short_for_a_card_number(void **state)
{
    struct bed *b = *state;

    (void)bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025,
        .body = CUSTOMER(ID "," PHONE ",\"customer_bank_code\":" NUMBER) });
    bed_assert_error(b, 400, "customer_details.customer_bank_code_invalid",
                     "customer_details.customer_bank_code : should be at max 2147483647");
}

/* Row numbers, unix times, bar codes, and account numbers, one in ten of which would pass for a card's. */
static void long_numbers_are_taken_where_they_are_usual(void **state)
{
    static const char *const rows[] = {
        WITH("\"order_id\":\"1734567890127\""), WITH("\"order_id\":\"order_20261120101405\""),
        WITH("\"order_id\":\"4412345678901234567\""), CUSTOMER("\"customer_id\":\"4006381333932\"," PHONE),
        CUSTOMER(ID "," PHONE ",\"customer_bank_account_number\":\"" NUMBER "\",\"customer_bank_code\":3333"),
        WITH("\"cart_details\":{\"cart_items\":[{\"item_id\":\"4006381333932\",\"item_quantity\":1}]}"),
        META("\"payment_methods_filters\":{\"filters\":{\"card_bins\":{\"action\":\"ALLOW\",\"values\":"
             "[\"411111\",\"111111\",\"1111\"]}}}"),
        WITH("\"order_tags\":{\"4111\":\"1111\",\"1112\":\"1111\"}"),
    };
    struct bed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = rows[i] }) != 200)
            fail_msg("%s: %s", rows[i], b->body);
}

static void a_long_value_is_repeated_only_so_far(void **state)
{
    static const struct row row = {
        V2025, WITH("\"order_meta\":{\"return_url\":\"\xe0\xa4\xa4" HUNDRED "\"}"), "order_meta.return_url_invalid",
        "order_meta.return_url : invalid url entered. Value received: \xe0\xa4\xa4"
        TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345678" };

    check(*state, &row, 1);
}

static void what_is_not_json_is_refused_with_where(void **state)
{
    static const struct { const char *body; size_t n; const char *text; } rows[] = {
        { "", 0, "the body is empty" },
        { "{", 1, "the body ends too early at line 1" },
        { "[]", 2, "the body is not one JSON object" },
        { "{}x", 3, "further bytes behind the body" },
        { "{\"a\":1,\"a\":2}", 13, "a key given twice" },
        { "{\"a\":\"\xff\"}", 9, "bytes that are not UTF-8" },
        { "{\"a\":\"\\u0000\"}", 14, "a NUL character" },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 40, "nested too deep" },
    };
    struct bed *b = *state;
    char want[128];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025, .body = rows[i].body }),
            400);
        (void)snprintf(want, sizeof want, "{\"message\":\"invalid request body: %s", rows[i].text);
        assert_int_equal(strncmp(b->body, want, strlen(want)), 0);
        assert_has(b, "\"code\":\"request_failed\",\"type\":\"invalid_request_error\"");
    }
}

/* Nothing that was refused is stored. */
static void a_refused_order_does_not_exist(void **state)
{
    struct bed *b = *state;

    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2025,
                                                .body = WITH("\"order_id\":\"refused-1\",\"order_note\":\"ab\"") }),
                                                    400);
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_GET, .version = V2025, .param = "refused-1" }), 404);
}

static char *repeat(const char *head, const char *part, unsigned n, const char *tail)
{
    size_t size = strlen(head) + n * strlen(part) + strlen(tail) + 1;
    char *text = malloc(size);
    struct buf b = { (uint8_t *)text, 0, size, false };

    assert_non_null(text);
    buf_text(&b, head);
    for (unsigned i = 0; i < n; i++)
        buf_text(&b, part);
    buf_text(&b, tail);
    buf_byte(&b, '\0');
    assert_false(b.full);
    return text;
}

/* Every absent field of an item is written as null, so the answer is far longer than the question. */
static void the_largest_cart_fits_its_answer_and_one_item_more_does_not(void **state)
{
    struct bed *b = *state;
    char *body = repeat("{\"order_amount\":1,\"order_currency\":\"INR\",\"cart_details\":{\"cart_items\":[{}", ",{}",
        49, "]}}");

    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2026, .body = body, .key = "cart" }),
        200);
    free(body);
    body = repeat("{\"order_amount\":1,\"order_currency\":\"INR\",\"cart_details\":{\"cart_items\":[{}", ",{}", 50,
        "]}}");
    (void)bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2026, .body = body });
    bed_assert_error(b, 400, "cart_details.cart_items_invalid", "cart_details.cart_items : should be at max 50");
    free(body);
}

static void a_body_as_large_as_the_route_takes_is_answered(void **state)
{
    struct bed *b = *state;
    char *body = repeat("{\"order_amount\":1,\"order_currency\":\"INR\",\"cart_details\":{\"cart_items\":[{}", ",{}",
        49,
                        "],\"cart_name\":\"");
    char *whole = repeat(body, "\\u0001", 5300, "\"}}");

    assert_true(strlen(whole) < 32 * 1024);
    assert_int_equal(bed_send(b, (struct sent){ .route = BED_CREATE, .version = V2026, .body = whole, .key = "large"
        }), 200);
    free(whole);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_and_currencies_have_limits),
        cmocka_unit_test(order_ids_have_limits),
        cmocka_unit_test(customers_have_limits),
        cmocka_unit_test(a_foreign_phone_number_is_good_from_2026_on),
        cmocka_unit_test(meta_has_limits),
        cmocka_unit_test(urls_and_methods_that_a_version_knows_are_taken),
        cmocka_unit_test(live_mode_wants_https),
        cmocka_unit_test(an_expiry_has_a_window),
        cmocka_unit_test(an_expiry_in_any_zone_is_shown_in_ist),
        cmocka_unit_test(notes_and_tags_have_limits),
        cmocka_unit_test(splits_have_limits),
        cmocka_unit_test(splits_of_the_whole_order_are_kept),
        cmocka_unit_test(terminals_products_and_carts_have_limits),
        cmocka_unit_test(card_numbers_are_refused_and_not_repeated),
        cmocka_unit_test(no_field_takes_a_card_number),
        cmocka_unit_test(a_bank_code_is_too_short_for_a_card_number),
        cmocka_unit_test(long_numbers_are_taken_where_they_are_usual),
        cmocka_unit_test(a_long_value_is_repeated_only_so_far),
        cmocka_unit_test(what_is_not_json_is_refused_with_where),
        cmocka_unit_test(a_refused_order_does_not_exist),
        cmocka_unit_test(the_largest_cart_fits_its_answer_and_one_item_more_does_not),
        cmocka_unit_test(a_body_as_large_as_the_route_takes_is_answered),
    };
    return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
