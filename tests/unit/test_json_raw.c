/* The bytes of a member as they came: found where the parser finds its value, or the body is refused. */
#include "base/json_raw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "base/json_tree.h"

#include "base/banned.h"

enum { TEXT_MAX = 4096, DOCUMENTS = 1500, MUTANTS = 12, SEED = 20261020 };

static void the_bytes_are_the_senders_own(void **state)
{
    static const struct { const char *body, *value; } found[] = {
        { "{\"body\":{\"mid\":\"M\"}}", "{\"mid\":\"M\"}" },
        { "{\"body\": {\"mid\": \"M\", \"n\": 1} , \"head\":{}}", "{\"mid\": \"M\", \"n\": 1}" },
        { " \r\n\t{ \"head\" : { \"body\" : 1 } , \"body\" : [ 1 , 2 ] } \n", "[ 1 , 2 ]" },
        { "{\"head\":{\"x\":\"},\\\"body\\\":1\"},\"body\":{}}", "{}" },
        { "{\"body\":\"a\\\"b\\\\\"}", "\"a\\\"b\\\\\"" },
        { "{\"body\":{\"bod\\u0079\":1,\"\\u0062\":[{\"body\":2}]}}", "{\"bod\\u0079\":1,\"\\u0062\":[{\"body\":2}]}" },
        { "{\"body\":\"https:\\/\\/x\\u00e9\xc3\xa9\xf0\x9f\x94\x91\"}",
          "\"https:\\/\\/x\\u00e9\xc3\xa9\xf0\x9f\x94\x91\"" },
        { "{\"body\":\"\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xc2\x80\xdf\xbf\"}",
          "\"\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xc2\x80\xdf\xbf\"" },
        { "{\"body\":-1.50E+2}", "-1.50E+2" }, { "{\"body\":0}", "0" }, { "{\"body\": null\t}", "null" },
        { "{\"body\":true,\"bod\":false}", "true" }, { "{\"\":1,\"body\":false}", "false" },
        { "{\"Body\":1,\"body\":2,\"BODY\":3}", "2" }, { "{\"body\":{ }}", "{ }" }, { "{\"body\":[\n]}", "[\n]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        const char *why = NULL;
        struct span out, body = span_of(found[i].body);
        assert_int_equal(json_raw_member(&out, &why, body, SPAN("body")), FAULT_NONE);
        assert_null(why);
        if (!span_equal(out, span_of(found[i].value)))
            fail_msg("%s", found[i].body);
        assert_true(out.p >= body.p && out.p + out.n <= body.p + body.n);
    }
}

static void a_body_without_the_member_has_none(void **state)
{
    static const char *const bodies[] = {
        "{}", " { } ", "{\"head\":{\"body\":{}}}", "{\"bod\":1,\"bodyy\":2,\"Body\":3,\"\":4}", "{\"x\":\"body\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const char *why = NULL;
        struct span out = SPAN("old");
        assert_int_equal(json_raw_member(&out, &why, span_of(bodies[i]), SPAN("body")), FAULT_NOT_FOUND);
        assert_true(span_absent(out));
        assert_null(why);
    }
}

static void refused(struct span body, const char *says)
{
    const char *why = "nothing";
    struct span out = SPAN("old");

    if (json_raw_member(&out, &why, body, SPAN("body")) != FAULT_BAD_INPUT || !strstr(why, says))
        fail_msg("%.*s: %s, not %s", (int)body.n, (const char *)body.p, why, says);
    assert_true(span_absent(out));
}

/* Each of them is taken by some reader of JSON, and by some in another way. */
static void what_two_readers_might_take_differently_is_refused(void **state)
{
    static const struct { const char *body, *why; } hostile[] = {
        { "{\"bod\\u0079\":1}", "escapes" }, { "{\"body\":1,\"bod\\u0079\":2}", "escapes" },
        { "{\"bod\\u0079\":2,\"body\":1}", "escapes" }, { "{\"\\u0062ody\":1}", "escapes" },
        { "{\"body\":1,\"he\\/ad\":2}", "escapes" },
        { "{\"body\":1,\"body\":1}", "twice" }, { "{\"body\":1,\"head\":2,\"body\":3}", "twice" },
        { "{\"head\":1,\"head\":2,\"body\":3}", "twice" }, { "{\"\":1,\"\":2,\"body\":3}", "twice" },
        { "\xef\xbb\xbf{\"body\":1}", "not one JSON object" }, { "\xff\xfe{\"body\":1}", "not one JSON object" },
        { "{\"body\":1}{\"body\":2}", "behind" }, { "{\"body\":1},", "behind" }, { "{\"body\":1}}", "behind" },
        { "{\"body\":1} x", "behind" }, { "{\"body\":1}\x0b", "behind" }, { "{} {\"body\":1}", "behind" },
        { "[{\"body\":1}]", "not one JSON object" }, { "\"body\"", "not one JSON object" }, { "null", "not one" },
        { "", "too early" }, { "  ", "too early" }, { "{", "too early" }, { "{\"body\"", "too early" },
        { "{\"body\":1", "too early" }, { "{\"body\":\"x", "too early" }, { "{\"body\":{\"x\":[1", "too early" },
        { "{\"body\":1,}", "not JSON" }, { "{,\"body\":1}", "not JSON" }, { "{\"body\":[1,]}", "not JSON" },
        { "{\"body\":1 \"head\":2}", "not JSON" }, { "{\"body\" 1}", "not JSON" }, { "{\"body\":}", "not JSON" },
        { "{body:1}", "not JSON" }, { "{'body':1}", "not JSON" }, { "{\"body\":'x'}", "not JSON" },
        { "{\"body\":1}/* */", "behind" }, { "{/* \"body\":2, */\"body\":1}", "not JSON" },
        { "{//\n\"body\":1}", "not JSON" }, { "{\"body\":NaN}", "not JSON" }, { "{\"body\":Infinity}", "not JSON" },
        { "{\"body\":True}", "not JSON" }, { "{\"body\":nul}", "not JSON" }, { "{\"body\":trues}", "not JSON" },
        { "{\"body\":01}", "not JSON" }, { "{\"body\":+1}", "not JSON" }, { "{\"body\":.5}", "not JSON" },
        { "{\"body\":1.}", "not JSON" }, { "{\"body\":1e}", "not JSON" }, { "{\"body\":0x1}", "not JSON" },
        { "{\"body\":-}", "not JSON" }, { "{\"body\":\"\\x41\"}", "escape" }, { "{\"body\":\"\\u12g4\"}", "escape" },
        { "{\"body\":\"\\u12\"}", "escape" }, { "{\"body\":\"\\", "escape" }, { "{\"body\":\"\\'\"}", "escape" },
        { "{\"body\":\"\\u", "escape" }, { "{\"bo\ndy\":1}", "control" },
        { "{\"body\":\"a\nb\"}", "control" }, { "{\"body\":\"a\tb\"}", "control" },
        { "{\"body\":\"\x80\"}", "UTF-8" }, { "{\"body\":\"\xc3\"}", "UTF-8" }, { "{\"body\":\"\xc0\xaf\"}", "UTF-8" },
        { "{\"body\":\"\xe0\x80\x80\"}", "UTF-8" }, { "{\"body\":\"\xed\xa0\x80\"}", "UTF-8" },
        { "{\"body\":\"\xf0\x80\x80\x80\"}", "UTF-8" }, { "{\"body\":\"\xf4\x90\x80\x80\"}", "UTF-8" },
        { "{\"body\":\"\xf5\x80\x80\x80\"}", "UTF-8" }, { "{\"body\":\"\xe2\x82", "UTF-8" },
        { "{\"body\":\"\xe2\x82\x28\"}", "UTF-8" }, { "{\"b\xff\":1,\"body\":2}", "UTF-8" },
        { "{\"body\":1,\xc2\xa0\"head\":2}", "not JSON" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        refused(span_of(hostile[i].body), hostile[i].why);
    refused((struct span){ 0 }, "too early");
    refused(SPAN("{\"body\":1}\0"), "behind");
    refused(SPAN("{\"body\":\"a\0b\"}"), "control");
    refused(SPAN("{\"bo\0dy\":1}"), "control");
    refused(SPAN("{\0\"body\":1}"), "not JSON");
    refused(SPAN("{\"body\":1\0}"), "not JSON");
    refused(SPAN("{\"body\":[1\0,2]}"), "not JSON");
    refused(SPAN("\0{\"body\":1}"), "not one JSON object");
}

/* `depth` lists, one in the other, in a body. */
static struct span nested(uint8_t *text, size_t depth)
{
    struct buf b = { text, 0, TEXT_MAX, false };

    buf_text(&b, "{\"body\":");
    for (size_t i = 0; i < depth; i++)
        buf_text(&b, i % 2 ? "[" : "{\"a\":");
    buf_byte(&b, '1');
    for (size_t i = depth; i-- > 0;)
        buf_text(&b, i % 2 ? "]" : "}");
    buf_byte(&b, '}');
    assert_false(b.full);
    return buf_view(&b);
}

static void a_body_is_not_nested_deeper_than_the_parser_goes(void **state)
{
    uint8_t text[TEXT_MAX];
    const char *why;
    struct span out;

    (void)state;
    assert_int_equal(json_raw_member(&out, &why, nested(text, JSON_RAW_DEPTH - 1), SPAN("body")), FAULT_NONE);
    refused(nested(text, JSON_RAW_DEPTH), "too deep");
    refused(nested(text, 500), "too deep");
}

static void values_side_by_side_do_not_count_as_nesting(void **state)
{
    uint8_t text[TEXT_MAX];
    struct buf b = BUF(text);
    const char *why;
    struct span out;

    (void)state;
    buf_text(&b, "{\"body\":[");
    for (int i = 0; i < 2 * JSON_RAW_DEPTH; i++)
        buf_text(&b, "[],{},[1],{\"a\":{}},");
    buf_text(&b, "0]}");
    assert_int_equal(json_raw_member(&out, &why, buf_view(&b), SPAN("body")), FAULT_NONE);
}

/* `n` members with keys of two or three letters, and the body behind them. */
static struct span crowded(uint8_t *text, size_t n)
{
    struct buf b = { text, 0, TEXT_MAX, false };

    buf_byte(&b, '{');
    for (size_t i = 0; i < n; i++) {
        buf_text(&b, "\"k");
        buf_u64(&b, i);
        buf_text(&b, "\":0,");
    }
    buf_text(&b, "\"body\":7}");
    assert_false(b.full);
    return buf_view(&b);
}

static void a_body_has_no_more_members_than_the_limit(void **state)
{
    uint8_t text[TEXT_MAX];
    const char *why;
    struct span out;

    (void)state;
    assert_int_equal(json_raw_member(&out, &why, crowded(text, JSON_RAW_MEMBERS - 1), SPAN("body")), FAULT_NONE);
    assert_true(span_equal(out, SPAN("7")));
    refused(crowded(text, JSON_RAW_MEMBERS), "too many");
}

/* Every beginning of a body, in memory that ends with it, is refused and read no further. */
static void a_truncated_body_is_refused_wherever_it_ends(void **state)
{
    const struct span whole = SPAN("{\"head\":{\"v\":[true,null]},"
                                   "\"body\":{\"a\":\"\\u00e9\xf0\x9f\x94\x91\\n\",\"b\":-1.5e+3}}");

    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        uint8_t *copy = test_malloc(n ? n : 1);
        const char *why = NULL;
        struct span out;
        memcpy(copy, whole.p, n);
        assert_int_equal(json_raw_member(&out, &why, (struct span){ copy, n }, SPAN("body")), FAULT_BAD_INPUT);
        assert_non_null(why);
        test_free(copy);
    }
}

/* A generator of documents. */
struct maker { uint64_t state; struct buf b; };

static unsigned draw(struct maker *m, unsigned below)
{
    m->state = m->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(m->state >> 33) % below;
}

static void make_space(struct maker *m)
{
    for (unsigned n = draw(m, 6); n > 3; n--)
        buf_byte(&m->b, (uint8_t)" \t\r\n"[draw(m, 4)]);
}

static void make_key(struct maker *m)
{
    static const char *const keys[] = { "\"a\"", "\"head\"", "\"bod\"", "\"\"", "\"Body\"", "\"body\"",
                                        "\"k\xc3\xa9y\"", "\"x\"",
                                        "\"bod\\u0079\"", "\"bodyy\"", "\"{\"", "\"}\"", "\":\"", "\"z\"",
                                        "\"k\\u0031\"" };

    buf_text(&m->b, keys[draw(m, sizeof keys / sizeof *keys)]);
}

static void make_scalar(struct maker *m)
{
    static const char *const scalars[] = {
        "0", "-1", "17", "1.25", "-0.5e-3", "1E2", "true", "false", "null", "\"\"", "\"body\"", "\"\\\"body\\\":1\"",
        "\"}\"", "\"{[\"", "\"\\\\\"", "\"\\u00e9\\ud83d\\udd11\"", "\"\xe2\x82\xb9\"", "\"\\/\"", "\"a,b:c\"",
        "9007199254740993",
    };

    buf_text(&m->b, scalars[draw(m, sizeof scalars / sizeof *scalars)]);
}

static void make_value(struct maker *m, unsigned depth)
{
    unsigned kind = draw(m, 4), n = draw(m, 4);

    make_space(m);
    if (depth == 0 || kind < 2) {
        make_scalar(m);
    } else {
        buf_byte(&m->b, kind == 2 ? '{' : '[');
        make_space(m);
        for (unsigned i = 0; i < n; i++) {
            if (i)
                buf_byte(&m->b, ',');
            make_space(m);
            if (kind == 2) {
                make_key(m);
                make_space(m);
                buf_byte(&m->b, ':');
            }
            make_value(m, depth - 1);
        }
        buf_byte(&m->b, kind == 2 ? '}' : ']');
    }
    make_space(m);
}

static void make_document(struct maker *m)
{
    unsigned n = 1 + draw(m, 4), at = draw(m, n);

    m->b.n = 0;
    make_space(m);
    buf_byte(&m->b, '{');
    for (unsigned i = 0; i < n; i++) {
        if (i)
            buf_byte(&m->b, ',');
        make_space(m);
        if (i == at)
            buf_text(&m->b, "\"body\"");
        else
            make_key(m);
        make_space(m);
        buf_byte(&m->b, ':');
        make_value(m, 3);
    }
    buf_byte(&m->b, '}');
    make_space(m);
    assert_false(m->b.full);
}

/* Change, take away or put in one byte. */
static void mutate(struct maker *m)
{
    static const char bytes[] = "{}[]\":,\\ \n0-e.u\x80\xc3" "by1";
    size_t at = draw(m, (unsigned)m->b.n);
    uint8_t byte = (uint8_t)bytes[draw(m, sizeof bytes)];        /* its NUL, too */

    switch (draw(m, 3)) {
    case 0:
        m->b.p[at] = byte;
        break;
    case 1:
        memmove(m->b.p + at, m->b.p + at + 1, m->b.n - at - 1);
        m->b.n--;
        break;
    default:
        assert_true(m->b.n < m->b.cap);
        memmove(m->b.p + at + 1, m->b.p + at, m->b.n - at);
        m->b.p[at] = byte;
        m->b.n++;
    }
}

static void assert_same(const struct json_node *a, const struct json_node *b)
{
    enum json_kind kind = json_tree_kind(a);
    struct span key_a, key_b;
    const struct json_node *in_a, *in_b;
    void *at_a = NULL, *at_b = NULL;

    assert_int_equal(kind, json_tree_kind(b));
    if (kind == JSON_IS_TEXT) {
        assert_true(span_equal(json_tree_text(a), json_tree_text(b)));
    } else if (json_tree_is_number(kind)) {
        uint8_t text_a[JSON_TREE_DECIMAL], text_b[JSON_TREE_DECIMAL];
        struct buf n_a = BUF(text_a), n_b = BUF(text_b);
        json_tree_number(&n_a, a);
        json_tree_number(&n_b, b);
        assert_true(span_equal(buf_view(&n_a), buf_view(&n_b)));
    } else if (kind == JSON_IS_LIST) {
        assert_int_equal(json_tree_count(a), json_tree_count(b));
        for (size_t i = 0; i < json_tree_count(a); i++)
            assert_same(json_tree_member(a, i), json_tree_member(b, i));
    } else if (kind == JSON_IS_OBJECT) {
        assert_int_equal(json_tree_count(a), json_tree_count(b));
        while ((at_a = json_tree_next(a, at_a, &key_a, &in_a))) {
            at_b = json_tree_next(b, at_b, &key_b, &in_b);
            assert_non_null(at_b);
            assert_true(span_equal(key_a, key_b));
            assert_same(in_a, in_b);
        }
    }
}

/* How often scanner and parser were of which mind. */
struct tally { size_t found, none, escaped, scanner_only, neither; };

/* Parse the bytes found by themselves: they mean what the parser took for the member. */
static void check_found(struct arena *a, const struct json_node *root, struct span found)
{
    struct buf b = arena_buf(a, found.n + 8);
    struct json_complaint why;
    const struct json_node *alone, *in_body = json_tree_get(root, "body");

    buf_text(&b, "{\"v\":");
    buf_span(&b, found);
    buf_byte(&b, '}');
    assert_non_null(in_body);
    assert_int_equal(json_read(&alone, a, buf_view(&b), &why), FAULT_NONE);
    assert_same(json_tree_get(alone, "v"), in_body);
}

static void compare(struct arena *a, struct span text, struct tally *t)
{
    struct json_complaint complaint;
    const struct json_node *root = NULL;
    const char *why = NULL;
    struct span found;
    enum fault parsed = json_read(&root, a, text, &complaint);
    enum fault scanned = json_raw_member(&found, &why, text, SPAN("body"));

    if (scanned == FAULT_NONE) {
        t->scanner_only += parsed != FAULT_NONE;
        t->found += parsed == FAULT_NONE;
        if (!parsed)
            check_found(a, root, found);
    } else if (scanned == FAULT_NOT_FOUND) {
        t->none++;
        assert_true(parsed || !json_tree_get(root, "body"));
    } else {
        t->neither += parsed != FAULT_NONE;
        t->escaped += parsed == FAULT_NONE;
        if (!parsed && !strstr(why, "escapes") && !memchr(text.p, 0, text.n))    /* jansson loses a NUL behind digits */
            fail_msg("refused for %s: %.*s", why, (int)text.n, (const char *)text.p);
    }
    arena_reset(a);
}

/* The seed is fixed, so a failure comes again. */
static void scanner_and_parser_are_of_one_mind_about_random_bodies(void **state)
{
    uint8_t text[TEXT_MAX], kept[TEXT_MAX];
    struct maker m = { SEED, BUF(text) };
    struct tally whole = { 0 }, mutants = { 0 };
    struct arena *a;

    (void)state;
    assert_int_equal(arena_new(&a), FAULT_NONE);
    for (int i = 0; i < DOCUMENTS; i++) {
        size_t n;
        make_document(&m);
        n = m.b.n;
        compare(a, buf_view(&m.b), &whole);
        memcpy(kept, text, n);
        for (int j = 0; j < MUTANTS; j++) {
            mutate(&m);
            compare(a, buf_view(&m.b), &mutants);
            memcpy(text, kept, n);
            m.b.n = n;
        }
    }
    arena_free(a);
    assert_true(whole.found > DOCUMENTS / 4 && whole.neither > 0 && whole.none == 0);
    assert_true(whole.escaped > DOCUMENTS / 50);
    assert_true(mutants.found > DOCUMENTS && mutants.neither > DOCUMENTS);
    assert_true(mutants.escaped > DOCUMENTS / 10 && mutants.none > DOCUMENTS / 10 && mutants.scanner_only > 0);
}

static int start(void **state)
{
    (void)state;
    json_in_start();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_the_senders_own),
        cmocka_unit_test(a_body_without_the_member_has_none),
        cmocka_unit_test(what_two_readers_might_take_differently_is_refused),
        cmocka_unit_test(a_body_is_not_nested_deeper_than_the_parser_goes),
        cmocka_unit_test(values_side_by_side_do_not_count_as_nesting),
        cmocka_unit_test(a_body_has_no_more_members_than_the_limit),
        cmocka_unit_test(a_truncated_body_is_refused_wherever_it_ends),
        cmocka_unit_test(scanner_and_parser_are_of_one_mind_about_random_bodies),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
