/* test_json_out.c */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/json_out.h"

#include "base/banned.h"

#define IS(b, lit) assert_true(span_equal(buf_view(&(b)), SPAN(lit)))

static void members_come_in_order_with_commas_between(void **state)
{
    uint8_t array[256];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);

    (void)state;
    json_object(&o);
    json_put_str(&o, "order_id", "o1");
    json_put_raw(&o, "order_amount", SPAN("170.00"));
    json_put_i64(&o, "n", -3);
    json_put_bool(&o, "yes", true);
    json_put_null(&o, "none");
    json_object_end(&o);
    IS(b, "{\"order_id\":\"o1\",\"order_amount\":170.00,\"n\":-3,\"yes\":true,\"none\":null}");
}

static void objects_and_lists_nest(void **state)
{
    uint8_t array[256];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);

    (void)state;
    json_list(&o);
    json_object(&o);
    json_object_end(&o);
    json_object(&o);
    json_key(&o, "a");
    json_list(&o);
    json_i64(&o, 1);
    json_i64(&o, INT64_MIN);
    json_list(&o);
    json_list_end(&o);
    json_list_end(&o);
    json_put_bool(&o, "b", false);
    json_object_end(&o);
    json_text(&o, SPAN("x"));
    json_list_end(&o);
    IS(b, "[{},{\"a\":[1,-9223372036854775808,[]],\"b\":false},\"x\"]");
}

static void only_what_must_be_escaped_is_escaped(void **state)
{
    uint8_t array[256];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);

    (void)state;
    json_text(&o, SPAN("a\"b\\c/d\b\f\n\r\t\0\x01\x1f\x7f\xe2\x82\xb9 end"));
    IS(b, "\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\x7f\xe2\x82\xb9 end\"");
}

static void text_that_is_all_escapes_or_empty_is_written(void **state)
{
    uint8_t array[64];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);

    (void)state;
    json_list(&o);
    json_text(&o, SPAN("\"\""));
    json_text(&o, SPAN(""));
    json_list_end(&o);
    IS(b, "[\"\\\"\\\"\",\"\"]");
}

static void bytes_that_are_no_characters_are_replaced(void **state)
{
    static const struct { const char *bytes, *shown; } rows[] = {
        { "a\xF4" "b", "\"a\xEF\xBF\xBD" "b\"" },          { "\xE2\x82\xB9", "\"\xE2\x82\xB9\"" },
        { "\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },  { "\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
        { "\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\"" },  { "\xC3\"", "\"\xEF\xBF\xBD\\\"\"" },
        { "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t array[64];
        struct buf b = BUF(array);
        struct json_out o = json_out(&b);

        json_text(&o, span_of(rows[i].bytes));
        assert_true(span_equal(buf_view(&b), span_of(rows[i].shown)));
    }
}

static void absent_values_become_null(void **state)
{
    uint8_t array[64];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);

    (void)state;
    json_list(&o);
    json_text(&o, (struct span){ 0 });
    json_raw(&o, (struct span){ 0 });
    json_null(&o);
    json_object(&o);
    json_put_str(&o, "a", NULL);
    json_put_text(&o, "b", (struct span){ 0 });
    json_object_end(&o);
    json_list_end(&o);
    IS(b, "[null,null,null,{\"a\":null,\"b\":null}]");
}

static void keys_from_outside_are_escaped(void **state)
{
    uint8_t array[64];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);

    (void)state;
    json_object(&o);
    json_key_text(&o, SPAN("a\":1,\"b"));
    json_i64(&o, 1);
    json_key_text(&o, SPAN(""));
    json_i64(&o, 2);
    json_object_end(&o);
    IS(b, "{\"a\\\":1,\\\"b\":1,\"\":2}");
}

static void an_answer_too_long_is_noticed_at_the_end(void **state)
{
    uint8_t array[12];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);
    struct span out;

    (void)state;
    json_object(&o);
    json_put_str(&o, "key", "a long value");
    json_put_i64(&o, "k", 1);
    json_object_end(&o);
    assert_int_equal(buf_done(&b, &out), FAULT_INTERNAL);
}

static void levels_up_to_the_limit_are_fine(void **state)
{
    uint8_t array[64];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);

    (void)state;
    for (int i = 0; i < JSON_OUT_DEPTH; i++)
        json_list(&o);
    for (int i = 0; i < JSON_OUT_DEPTH; i++)
        json_list_end(&o);
    IS(b, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
}

/* Does `misuse` end the process? It is tried in a child, whose words nobody needs to hear. */
static bool aborts(void (*misuse)(struct json_out *))
{
    uint8_t array[64];
    struct buf b = BUF(array);
    struct json_out o = json_out(&b);
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        json_object(&o);
        misuse(&o);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void value_without_key(struct json_out *o) { json_i64(o, 1); }
static void key_without_value(struct json_out *o) { json_key(o, "a"); json_object_end(o); }
static void two_keys(struct json_out *o)          { json_key(o, "a"); json_key(o, "b"); }
static void wrong_close(struct json_out *o)       { json_list_end(o); }
static void close_twice(struct json_out *o)       { json_object_end(o); json_object_end(o); }
static void key_in_a_list(struct json_out *o)     { json_key(o, "a"); json_list(o); json_key(o, "b"); }
static void no_mistake(struct json_out *o)        { json_object_end(o); }

static void misuse_is_our_own_bug_and_ends_the_process(void **state)
{
    (void)state;
    assert_true(aborts(value_without_key));
    assert_true(aborts(key_without_value));
    assert_true(aborts(two_keys));
    assert_true(aborts(wrong_close));
    assert_true(aborts(close_twice));
    assert_true(aborts(key_in_a_list));
    assert_false(aborts(no_mistake));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_order_with_commas_between),
        cmocka_unit_test(objects_and_lists_nest),
        cmocka_unit_test(only_what_must_be_escaped_is_escaped),
        cmocka_unit_test(text_that_is_all_escapes_or_empty_is_written),
        cmocka_unit_test(bytes_that_are_no_characters_are_replaced),
        cmocka_unit_test(absent_values_become_null),
        cmocka_unit_test(keys_from_outside_are_escaped),
        cmocka_unit_test(an_answer_too_long_is_noticed_at_the_end),
        cmocka_unit_test(levels_up_to_the_limit_are_fine),
        cmocka_unit_test(misuse_is_our_own_bug_and_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
