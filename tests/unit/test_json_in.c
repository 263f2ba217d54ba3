/* test_json_in.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/json_in.h"

#include "base/banned.h"

struct fixture { struct arena *a; const struct json_node *node; struct json_complaint why; };

struct body {
    struct span id, amount, either, phone;
    int64_t count;
    bool notify;
    const struct json_node *customer, *items, *names, *tags;
};

static bool is_upper(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 'A' || s.p[i] > 'Z')
            return false;
    return true;
}

#define AT(member) .at = offsetof(struct body, member)

static const char *const currencies[] = { "INR", "USD", NULL };

static const struct json_field customer_fields[] = {
    { "phone", JSON_TEXT, .required = true, .min = 10, .max = 13, AT(phone) },
    { "name",  JSON_TEXT, .max = 5, .at = JSON_NOWHERE },
    JSON_END
};
static const struct json_field item_fields[] = {
    { "sku",   JSON_TEXT, .required = true, .at = 0 },          /* inside a list: never filled, wherever it says */
    { "price", JSON_DECIMAL, .at = JSON_NOWHERE },
    JSON_END
};
static const struct json_field tag_value[] = { { "", JSON_TEXT, .required = true, .min = 1, .max = 8 }, JSON_END };

static const struct json_field fields[] = {
    { "id",       JSON_TEXT, .min = 3, .max = 5, AT(id) },
    { "amount",   JSON_DECIMAL, AT(amount) },
    { "either",   JSON_DECIMAL_OR_TEXT, AT(either) },
    { "customer", JSON_OBJECT, .sub = customer_fields, AT(customer) },
    { "count",    JSON_INT, .min = -1, .max = 9, AT(count) },
    { "notify",   JSON_BOOL, AT(notify) },
    { "items",    JSON_LIST, .min = 1, .max = 2, .sub = item_fields, AT(items) },
    { "names",    JSON_LIST, .max = 3, AT(names) },
    { "tags",     JSON_MAP, .max = 2, .sub = tag_value, AT(tags) },
    { "currency", JSON_TEXT, .one_of = currencies, .at = JSON_NOWHERE },
    { "code",     JSON_TEXT, .rule = is_upper, .at = JSON_NOWHERE },
    { "note",     JSON_TEXT, .required = false, .keep_empty = true, .at = JSON_NOWHERE },
    JSON_END
};

static int setup(void **state)
{
    static struct fixture x;

    x = (struct fixture){ 0 };
    *state = &x;
    return arena_new(&x.a);
}

static int teardown(void **state)
{
    arena_free(((struct fixture *)*state)->a);
    return 0;
}

static void read_ok(struct fixture *x, struct span text)
{
    arena_reset(x->a);
    assert_int_equal(json_read(&x->node, x->a, text, &x->why), FAULT_NONE);
}

static void fill_ok(struct fixture *x, struct body *b, const char *text)
{
    *b = (struct body){ 0 };
    read_ok(x, span_of(text));
    assert_int_equal(json_fill(b, x->node, fields, x->a, &x->why), FAULT_NONE);
}

static void complains(struct fixture *x, const char *text, enum json_why why, const char *path, const char *received)
{
    struct body b = { 0 };

    read_ok(x, span_of(text));
    assert_int_equal(json_fill(&b, x->node, fields, x->a, &x->why), FAULT_BAD_INPUT);
    assert_int_equal(x->why.why, why);
    assert_string_equal(x->why.path, path);
    assert_non_null(x->why.field);
    assert_true(span_absent(x->why.received) == (received == NULL));
    assert_true(span_equal(x->why.received, span_of(received)));
}

static void no_syntax(struct fixture *x, struct span text, const char *says)
{
    arena_reset(x->a);
    assert_int_equal(json_read(&x->node, x->a, text, &x->why), FAULT_BAD_INPUT);
    assert_int_equal(x->why.why, JSON_WHY_SYNTAX);
    assert_null(x->why.field);
    if (!strstr(x->why.text, says))
        fail_msg("'%s' does not say '%s'", x->why.text, says);
}

static void every_kind_of_field_goes_where_the_table_says(void **state)
{
    struct fixture *x = *state;
    struct body b;

    fill_ok(x, &b, "{\"id\":\"ord1\",\"amount\":10.15,\"either\":7,\"count\":-1,"
                   "\"customer\":{\"phone\":\"9876543210\"},"
                   "\"notify\":true,\"items\":[{\"sku\":\"a\"},{\"sku\":\"b\"}],\"names\":[\"x\",\"\"],"
                   "\"tags\":{\"k\":\"v\"},\"currency\":\"INR\",\"code\":\"ABC\",\"unknown\":[{}]}");
    assert_true(span_equal(b.id, SPAN("ord1")));
    assert_true(span_equal(b.amount, SPAN("10.15")));
    assert_true(span_equal(b.either, SPAN("7")));
    assert_true(span_equal(b.phone, SPAN("9876543210")));      /* a nested field lands in the same struct */
    assert_int_equal(b.count, -1);
    assert_true(b.notify);
    assert_non_null(b.customer);
    assert_int_equal(json_count(b.items), 2);
    assert_int_equal(json_count(b.names), 2);
    assert_non_null(b.tags);
}

static void absent_null_and_empty_are_all_not_given(void **state)
{
    struct fixture *x = *state;
    struct body b;

    fill_ok(x, &b, "{\"id\":null,\"either\":\"\",\"customer\":null,\"items\":null,\"count\":\"\",\"note\":\"\"}");
    assert_true(span_absent(b.id));
    assert_true(span_absent(b.amount));
    assert_true(span_absent(b.either));
    assert_null(b.customer);
    assert_int_equal(json_count(b.items), 0);
    complains(x, "{\"customer\":{}}", JSON_WHY_MISSING, "customer.phone", NULL);
    complains(x, "{\"customer\":{\"phone\":null}}", JSON_WHY_MISSING, "customer.phone", NULL);
    complains(x, "{\"customer\":{\"phone\":\"\"}}", JSON_WHY_MISSING, "customer.phone", "");
}

static void keep_empty_takes_the_empty_text_but_not_null(void **state)
{
    static const struct json_field kept[] = {
        { "id", JSON_TEXT, .required = true, .keep_empty = true, AT(id) }, JSON_END
    };
    struct fixture *x = *state;
    struct body b = { 0 };

    read_ok(x, SPAN("{\"id\":\"\"}"));
    assert_int_equal(json_fill(&b, x->node, kept, x->a, &x->why), FAULT_NONE);
    assert_false(span_absent(b.id));
    read_ok(x, SPAN("{\"id\":null}"));
    assert_int_equal(json_fill(&b, x->node, kept, x->a, &x->why), FAULT_BAD_INPUT);
    assert_int_equal(x->why.why, JSON_WHY_MISSING);
}

static void wrong_types_are_named_with_what_came(void **state)
{
    struct fixture *x = *state;

    complains(x, "{\"id\":1.50}", JSON_WHY_TYPE, "id", "1.5");
    complains(x, "{\"id\":true}", JSON_WHY_TYPE, "id", "true");
    complains(x, "{\"id\":{}}", JSON_WHY_TYPE, "id", NULL);
    complains(x, "{\"amount\":\"10\"}", JSON_WHY_TYPE, "amount", "10");
    complains(x, "{\"either\":false}", JSON_WHY_TYPE, "either", "false");
    complains(x, "{\"customer\":[]}", JSON_WHY_TYPE, "customer", NULL);
    complains(x, "{\"count\":1.0}", JSON_WHY_TYPE, "count", "1");
    complains(x, "{\"notify\":1}", JSON_WHY_TYPE, "notify", "1");
    complains(x, "{\"items\":{}}", JSON_WHY_TYPE, "items", NULL);
    complains(x, "{\"items\":[\"s\"]}", JSON_WHY_TYPE, "items", "s");
    complains(x, "{\"names\":[\"a\",2]}", JSON_WHY_TYPE, "names", "2");
    complains(x, "{\"names\":[null]}", JSON_WHY_TYPE, "names", NULL);
    complains(x, "{\"tags\":[]}", JSON_WHY_TYPE, "tags", NULL);
    complains(x, "{\"tags\":{\"k\":5}}", JSON_WHY_TYPE, "tags", "5");
    complains(x, "{\"tags\":{\"k\":null}}", JSON_WHY_TYPE, "tags", NULL);
}

static void lengths_are_characters_not_bytes(void **state)
{
    struct fixture *x = *state;
    struct body b;

    fill_ok(x, &b, "{\"id\":\"\xe2\x82\xb9\xe2\x82\xb9\xe2\x82\xb9\xe2\x82\xb9\xe2\x82\xb9\"}");
    assert_int_equal(b.id.n, 15);
    complains(x, "{\"id\":\"\xe2\x82\xb9\xe2\x82\xb9\"}", JSON_WHY_SHORT, "id", "\xe2\x82\xb9\xe2\x82\xb9");
    complains(x, "{\"id\":\"abcdef\"}", JSON_WHY_LONG, "id", "abcdef");
}

static void bounds_hold_for_integers_and_counts(void **state)
{
    struct fixture *x = *state;

    complains(x, "{\"count\":-2}", JSON_WHY_SMALL, "count", "-2");
    complains(x, "{\"count\":10}", JSON_WHY_LARGE, "count", "10");
    complains(x, "{\"items\":[]}", JSON_WHY_FEW, "items", NULL);
    complains(x, "{\"items\":[{\"sku\":\"a\"},{},{}]}", JSON_WHY_MANY, "items", NULL);
    complains(x, "{\"tags\":{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}}", JSON_WHY_MANY, "tags", NULL);
}

static void rules_and_choices_are_asked(void **state)
{
    struct fixture *x = *state;

    complains(x, "{\"currency\":\"inr\"}", JSON_WHY_ONE_OF, "currency", "inr");
    complains(x, "{\"code\":\"AbC\"}", JSON_WHY_RULE, "code", "AbC");
}

static void members_of_lists_and_maps_are_checked_but_never_filled(void **state)
{
    struct fixture *x = *state;
    struct body b;

    fill_ok(x, &b, "{\"items\":[{\"sku\":\"secret\"}]}");
    assert_true(span_absent(b.id));                            /* "sku" claims that place */
    complains(x, "{\"items\":[{\"sku\":\"a\"},{\"price\":1}]}", JSON_WHY_MISSING, "items.sku", NULL);
    complains(x, "{\"items\":[{\"sku\":\"a\",\"price\":\"1\"}]}", JSON_WHY_TYPE, "items.price", "1");
    complains(x, "{\"tags\":{\"k\":\"123456789\"}}", JSON_WHY_LONG, "tags", "123456789");
    assert_ptr_equal(x->why.field, tag_value);
    complains(x, "{\"tags\":{\"k\":\"\"}}", JSON_WHY_MISSING, "tags", "");
}

static void the_first_bad_field_in_table_order_is_named(void **state)
{
    struct fixture *x = *state;

    complains(x, "{\"count\":99,\"customer\":{\"phone\":\"1\"},\"code\":\"x\"}", JSON_WHY_SHORT, "customer.phone", "1");
    complains(x, "{\"count\":99,\"customer\":{\"phone\":\"1\"},\"amount\":\"x\"}", JSON_WHY_TYPE, "amount", "x");
}

static void numbers_are_plain_decimals(void **state)
{
    static const struct { const char *json, *text; } known[] = {
        { "10.15", "10.15" }, { "170.00", "170" }, { "1e2", "100" }, { "1E+2", "100" }, { "0.1", "0.1" }, { "0", "0" },
        { "0.0", "0" }, { "0.300000000000004", "0.300000000000004" }, { "1.10", "1.1" },
        { "99999999.99", "99999999.99" },
        { "1e-7", "0.0000001" }, { "12.5e-3", "0.0125" }, { "1.5e3", "1500" }, { "-0.05", "-0.05" }, { "-12", "-12" },
        { "9223372036854775807", "9223372036854775807" }, { "1e22", "10000000000000000000000" },
        { "1234567890123.45", "1234567890123.45" }, { "0.001234", "0.001234" }, { "100.5", "100.5" },
    };
    struct fixture *x = *state;
    struct body b;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"amount\":%s}", known[i].json);
        fill_ok(x, &b, text);
        if (!span_equal(b.amount, span_of(known[i].text)))
            fail_msg("%s became %.*s", known[i].json, (int)b.amount.n, (const char *)b.amount.p);
    }
}

static void the_smallest_and_largest_doubles_have_room(void **state)
{
    struct fixture *x = *state;
    struct body b;

    fill_ok(x, &b, "{\"amount\":-2.22507385850721e-308}");
    assert_int_equal(b.amount.n, 2 + 1 + 307 + 15);
    fill_ok(x, &b, "{\"amount\":1.79769313486231e308}");
    assert_int_equal(b.amount.n, 309);
}

static void text_or_integer_gives_text(void **state)
{
    uint8_t array[64];
    struct buf copy = BUF(array);
    struct json_out o = json_out(&copy);
    static const struct json_field row[] = {
        { "id", JSON_TEXT_OR_INT, .min = 3, .max = 4, AT(id) }, JSON_END
    };
    struct fixture *x = *state;
    struct body b = { 0 };

    read_ok(x, SPAN("{\"id\":1234}"));
    assert_int_equal(json_fill(&b, x->node, row, x->a, &x->why), FAULT_NONE);
    assert_true(span_equal(b.id, SPAN("1234")));
    json_copy(&o, x->node, row);
    assert_true(span_equal(buf_view(&copy), SPAN("{\"id\":\"1234\"}")));
    read_ok(x, SPAN("{\"id\":\"123\"}"));
    assert_int_equal(json_fill(&b, x->node, row, x->a, &x->why), FAULT_NONE);
    assert_true(span_equal(b.id, SPAN("123")));
    read_ok(x, SPAN("{\"id\":12345}"));
    assert_int_equal(json_fill(&b, x->node, row, x->a, &x->why), FAULT_BAD_INPUT);
    assert_int_equal(x->why.why, JSON_WHY_LONG);
    read_ok(x, SPAN("{\"id\":123.5}"));
    assert_int_equal(json_fill(&b, x->node, row, x->a, &x->why), FAULT_BAD_INPUT);
    assert_int_equal(x->why.why, JSON_WHY_TYPE);
}

static void what_is_not_one_json_object_is_refused(void **state)
{
    struct fixture *x = *state;

    no_syntax(x, SPAN(""), "empty");
    no_syntax(x, (struct span){ 0 }, "empty");
    no_syntax(x, SPAN("[]"), "not one JSON object");
    no_syntax(x, SPAN("\"a\""), "not JSON");
    no_syntax(x, SPAN("{\"a\":1"), "ends too early");
    no_syntax(x, SPAN("{\"a\":1} x"), "further bytes");
    no_syntax(x, SPAN("{}{}"), "further bytes");
    no_syntax(x, SPAN("{'a':1}"), "not JSON");
    no_syntax(x, SPAN("{\"a\":01}"), "not JSON");
    no_syntax(x, SPAN("{\"a\":NaN}"), "not JSON");
    no_syntax(x, SPAN("{\"a\":1,}"), "not JSON");
    no_syntax(x, SPAN("\xef\xbb\xbf{}"), "not JSON");
    no_syntax(x, SPAN("{}\0"), "NUL");
    read_ok(x, SPAN(" \r\n\t{} \n"));
}

static void ambiguous_or_dangerous_bodies_are_refused(void **state)
{
    struct fixture *x = *state;

    no_syntax(x, SPAN("{\"a\":1,\"a\":2}"), "twice");
    no_syntax(x, SPAN("{\"z\":{\"a\":1,\"\\u0061\":2}}"), "twice");
    no_syntax(x, SPAN("{\"a\":\"x\\u0000y\"}"), "NUL");
    no_syntax(x, SPAN("{\"x\\u0000y\":1}"), "NUL");
    no_syntax(x, SPAN("{\"a\":\"\0\"}"), "NUL");
    no_syntax(x, SPAN("{\"a\":\"\xff\"}"), "UTF-8");
    no_syntax(x, SPAN("{\"a\":\"\xc0\x80\"}"), "UTF-8");
    no_syntax(x, SPAN("{\"a\":\"\xed\xa0\x80\"}"), "UTF-8");
    no_syntax(x, SPAN("{\"a\":\"\\ud800\"}"), "not JSON");
    no_syntax(x, SPAN("{\"a\":\"line\nend\"}"), "not JSON");
    no_syntax(x, SPAN("{\"a\":12345678901234567890}"), "out of range");
    no_syntax(x, SPAN("{\"a\":1e999}"), "out of range");
    no_syntax(x, SPAN("{\"a\":1\0}"), "NUL");
}

static void a_number_is_kept_exactly_or_refused(void **state)
{
    static const char *const refused[] = {
        "1.99999999999999999", "10.1500000000000000001", "-1.99999999999999999", "1234567890.123456",
        "1234567890123456e0", "1234567890123456E-2", "1234567890123456.0", "0.1234567890123456",
        "[1,1.99999999999999999]", "{\"b\":1.99999999999999999}", "1e2,\"b\":1.99999999999999999",
    };
    static const struct { const char *literal, *kept; } taken[] = {
        { "123456789012345", "123456789012345" }, { "1234567890123456", "1234567890123456" },
        { "9223372036854775807", "9223372036854775807" }, { "1e2", "100" },
        { "0.000000000000000010", "0.00000000000000001" },
        { "10.150000000000000000000", "10.15" }, { "123456789012.345", "123456789012.345" }, { "1.5e-3", "0.0015" },
        { "100000000000000000.0", "100000000000000000" }, { "0.0", "0" },
    };
    struct fixture *x = *state;
    char text[128];

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        (void)snprintf(text, sizeof text, "{\"a\":%s}", refused[i]);
        no_syntax(x, span_of(text), "more digits than can be kept exactly");
    }
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        struct body b;
        (void)snprintf(text, sizeof text, "{\"amount\":%s}", taken[i].literal);
        fill_ok(x, &b, text);
        assert_true(span_equal(b.amount, span_of(taken[i].kept)));
    }
    read_ok(x, SPAN("{\"a\":\"1.99999999999999999\",\"2.99999999999999999\":\"\\\"1.99999999999999999\"}"));
}

static const struct json_field ruled_fields[] = {
    { "names",  JSON_LIST, .rule = is_upper, .at = JSON_NOWHERE },
    { "values", JSON_VALUES, .rule = is_upper, .at = JSON_NOWHERE },
    { "tags",   JSON_MAP, .rule = is_upper, .at = JSON_NOWHERE },
    JSON_END
};

static void a_rule_of_a_list_is_on_its_members_and_one_of_a_map_on_its_keys(void **state)
{
    static const struct { const char *text, *path, *received; } rows[] = {
        { "{\"names\":[\"A\",\"b\"]}", "names", "b" }, { "{\"values\":[\"A\",7]}", "values", "7" },
        { "{\"tags\":{\"A\":\"b\",\"c\":\"D\"}}", "tags", NULL },
    };
    struct fixture *x = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        read_ok(x, span_of(rows[i].text));
        assert_int_equal(json_fill(NULL, x->node, ruled_fields, x->a, &x->why), FAULT_BAD_INPUT);
        assert_int_equal(x->why.why, JSON_WHY_RULE);
        assert_string_equal(x->why.path, rows[i].path);
        assert_true(span_equal(x->why.received, span_of(rows[i].received)));
    }
    read_ok(x, SPAN("{\"names\":[\"A\"],\"values\":[\"B\"],\"tags\":{\"A\":\"b\"}}"));
    assert_int_equal(json_fill(NULL, x->node, ruled_fields, x->a, &x->why), FAULT_NONE);
}

static void a_complaint_about_syntax_never_quotes_the_body(void **state)
{
    struct fixture *x = *state;

    no_syntax(x, SPAN("{\"card\":\"4111111111111111\" \"cvv\"}"), "line 1 column");
    assert_null(strstr(x->why.text, "4111"));
    assert_null(strstr(x->why.text, "cvv"));
}

static void nesting_is_bounded_before_the_tree_is_built(void **state)
{
    struct fixture *x = *state;
    char text[256];
    struct buf b = BUF(text);

    buf_text(&b, "{\"a\":");
    for (int i = 1; i < JSON_IN_DEPTH; i++)
        buf_byte(&b, '[');
    for (int i = 1; i < JSON_IN_DEPTH; i++)
        buf_byte(&b, ']');
    buf_byte(&b, '}');
    read_ok(x, buf_view(&b));
    b = BUF(text);
    buf_text(&b, "{\"a\":");
    for (int i = 0; i < JSON_IN_DEPTH; i++)
        buf_byte(&b, '[');
    no_syntax(x, buf_view(&b), "too deep");
    read_ok(x, SPAN("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\"}"));
}

static void a_copy_has_the_known_fields_in_table_order(void **state)
{
    struct fixture *x = *state;
    uint8_t array[1024];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);
    struct body body;

    fill_ok(x, &body, "{\"code\":\"\",\"zzz\":1,\"note\":\"\",\"tags\":{\"z\\\"\":\"1\",\"a\":\"2\"},"
                      "\"names\":[\"x\\n\",\"\"],\"items\":[{\"price\":1.50,\"x\":1,\"sku\":\"s\"}],"
                      "\"notify\":false,\"either\":\"7.0\","
                      "\"customer\":{\"phone\":\"9876543210\"},\"amount\":1e2,\"count\":0}");
    json_copy(&o, x->node, fields);
    assert_true(span_equal(buf_view(&b), SPAN(
        "{\"id\":null,\"amount\":100,\"either\":\"7.0\","
        "\"customer\":{\"phone\":\"9876543210\",\"name\":null},\"count\":0,\"notify\":false,"
        "\"items\":[{\"sku\":\"s\",\"price\":1.5}],\"names\":[\"x\\n\",\"\"],"
        "\"tags\":{\"z\\\"\":\"1\",\"a\":\"2\"},\"currency\":null,\"code\":null,\"note\":\"\"}")));
}

static void an_absent_list_or_map_is_copied_as_null(void **state)
{
    uint8_t array[64];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);

    (void)state;
    json_list(&o);
    json_copy_list(&o, NULL, item_fields);
    json_copy_map(&o, NULL);
    json_list_end(&o);
    assert_true(span_equal(buf_view(&b), SPAN("[null,null]")));
    assert_int_equal(json_count(NULL), 0);
}

struct seen { char text[64]; size_t n, stop; };

static bool note_member(void *arg, struct span key, struct span value)
{
    struct seen *s = arg;

    memcpy(s->text + s->n, key.p, key.n);
    s->n += key.n;
    memcpy(s->text + s->n, value.p, value.n);
    s->n += value.n;
    return --s->stop > 0;
}

static void a_map_is_walked_in_the_order_received_until_told_to_stop(void **state)
{
    struct fixture *x = *state;
    struct seen all = { .stop = 99 }, one = { .stop = 1 };
    struct body b;

    fill_ok(x, &b, "{\"tags\":{\"zeta\":\"1\",\"alpha\":\"2\"}}");
    json_each(b.tags, note_member, &all);
    assert_string_equal(all.text, "zeta1alpha2");
    json_each(b.tags, note_member, &one);
    assert_string_equal(one.text, "zeta1");
    json_each(NULL, note_member, &one);
    assert_string_equal(one.text, "zeta1");
}

static bool note_absent(void *arg, struct span key, struct span value)
{
    return note_member(arg, key, span_absent(value) ? SPAN("-") : value);
}

static void an_object_is_walked_with_what_is_no_text_absent(void **state)
{
    struct fixture *x = *state;
    struct seen all = { .stop = 99 };

    read_ok(x, SPAN("{\"a\":1,\"b\":null,\"c\":{\"z\":\"0\"},\"d\":[\"0\"],\"e\":true,\"f\":\"text\"}"));
    json_each(x->node, note_absent, &all);
    assert_string_equal(all.text, "a-b-c-d-e-ftext");
}

static void members_of_a_list_are_filled_one_by_one(void **state)
{
    static const struct json_field row[] = { { "sku", JSON_TEXT, AT(id) }, JSON_END };
    struct fixture *x = *state;
    struct body b, item = { 0 };

    fill_ok(x, &b, "{\"items\":[{\"sku\":\"one\"},{\"sku\":\"two\"}]}");
    assert_int_equal(json_fill(&item, json_member(b.items, 1), row, x->a, &x->why), FAULT_NONE);
    assert_true(span_equal(item.id, SPAN("two")));
}

static void a_list_of_values_takes_strings_and_integers_and_copies_them_as_they_were(void **state)
{
    static const struct json_field lists[] = { { "bins", JSON_VALUES, .max = 3, .at = JSON_NOWHERE }, JSON_END };
    struct fixture *x = *state;
    uint8_t array[64];
    struct buf text = BUF(array);
    struct json_out o = json_out(&text);

    read_ok(x, SPAN("{\"bins\":[411111,\"0042\"]}"));
    assert_int_equal(json_fill(NULL, x->node, lists, x->a, &x->why), FAULT_NONE);
    json_copy(&o, x->node, lists);
    assert_true(span_equal(buf_view(&text), SPAN("{\"bins\":[411111,\"0042\"]}")));
    read_ok(x, SPAN("{\"bins\":[1.5]}"));
    assert_int_equal(json_fill(NULL, x->node, lists, x->a, &x->why), FAULT_BAD_INPUT);
    assert_int_equal(x->why.why, JSON_WHY_TYPE);
    read_ok(x, SPAN("{\"bins\":[1,2,3,4]}"));
    assert_int_equal(json_fill(NULL, x->node, lists, x->a, &x->why), FAULT_BAD_INPUT);
    assert_int_equal(x->why.why, JSON_WHY_MANY);
}

static void no_memory_for_a_number_is_our_fault(void **state)
{
    struct fixture *x = *state;
    struct body b = { 0 };

    read_ok(x, SPAN("{\"amount\":5}"));
    while (arena_take(x->a, 16))
        ;
    while (arena_take(x->a, 1))
        ;
    assert_int_equal(json_fill(&b, x->node, fields, x->a, &x->why), FAULT_INTERNAL);
}

static void a_body_with_more_values_than_the_arena_holds_is_refused(void **state)
{
    struct fixture *x = *state;

    assert_non_null(arena_take(x->a, ARENA_MAX));
    assert_int_equal(json_read(&x->node, x->a, SPAN("{\"amount\":5}"), &x->why), FAULT_BAD_INPUT);
    assert_int_equal(x->why.why, JSON_WHY_SYNTAX);
    assert_string_equal(x->why.text, "more values than one request may hold");
}

static int start(void **state)
{
    (void)state;
    json_in_start();
    return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_kind_of_field_goes_where_the_table_says),
        T(absent_null_and_empty_are_all_not_given),
        T(keep_empty_takes_the_empty_text_but_not_null),
        T(wrong_types_are_named_with_what_came),
        T(lengths_are_characters_not_bytes),
        T(bounds_hold_for_integers_and_counts),
        T(rules_and_choices_are_asked),
        T(members_of_lists_and_maps_are_checked_but_never_filled),
        T(the_first_bad_field_in_table_order_is_named),
        T(numbers_are_plain_decimals),
        T(the_smallest_and_largest_doubles_have_room),
        T(text_or_integer_gives_text),
        T(what_is_not_one_json_object_is_refused),
        T(ambiguous_or_dangerous_bodies_are_refused),
        T(a_number_is_kept_exactly_or_refused),
        T(a_rule_of_a_list_is_on_its_members_and_one_of_a_map_on_its_keys),
        T(a_complaint_about_syntax_never_quotes_the_body),
        T(nesting_is_bounded_before_the_tree_is_built),
        T(a_copy_has_the_known_fields_in_table_order),
        T(an_absent_list_or_map_is_copied_as_null),
        T(a_map_is_walked_in_the_order_received_until_told_to_stop),
        T(an_object_is_walked_with_what_is_no_text_absent),
        T(members_of_a_list_are_filled_one_by_one),
        T(a_list_of_values_takes_strings_and_integers_and_copies_them_as_they_were),
        T(no_memory_for_a_number_is_our_fault),
        T(a_body_with_more_values_than_the_arena_holds_is_refused),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
