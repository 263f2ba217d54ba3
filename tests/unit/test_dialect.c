/* test_dialect.c: answers, their headers, and request ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/dialect.h"

static struct exchange x;

static int open_exchange(void **state)
{
    (void)state;
    memset(&x, 0, sizeof x);
    return arena_new(&x.arena) == FAULT_NONE ? 0 : -1;
}

static int close_exchange(void **state)
{
    (void)state;
    arena_free(x.arena);
    return 0;
}

static void an_answer_has_status_type_and_room(void **state)
{
    struct buf *b = answer_start(&x, 201, "application/json", 8);

    (void)state;
    assert_int_equal(x.answer.status, 201);
    assert_string_equal(x.answer.content_type, "application/json");
    buf_text(b, "12345678");
    assert_false(b->full);
    buf_text(b, "9");
    assert_true(x.answer.body.full);
}

static void an_answer_can_start_over(void **state)
{
    (void)state;
    buf_text(answer_start(&x, 200, "text/plain", 8), "first");
    answer_header(&x, "x-one", SPAN("1"));
    buf_text(answer_start(&x, 500, "text/plain", 8), "other");
    assert_int_equal(x.answer.status, 500);
    assert_int_equal(x.answer.n_headers, 0);
    assert_true(span_equal(buf_view(&x.answer.body), SPAN("other")));
}

static void an_answer_without_memory_is_full_from_birth(void **state)
{
    (void)state;
    assert_true(answer_start(&x, 200, "text/plain", ARENA_MAX + 1)->full);
}

static void header_values_are_copied_and_end_with_a_nul(void **state)
{
    char value[] = "abc";

    (void)state;
    answer_header(&x, "x-a", (struct span){ (const uint8_t *)value, 3 });
    value[0] = 'z';
    assert_int_equal(x.answer.n_headers, 1);
    assert_string_equal((const char *)x.answer.headers[0].value.p, "abc");
    assert_string_equal(x.answer.headers[0].name, "x-a");
}

static void header_values_are_cut_at_the_first_odd_byte(void **state)
{
    (void)state;
    answer_header(&x, "x-a", SPAN("good\r\nx-evil: 1"));
    answer_header(&x, "x-b", SPAN("caf\xc3\xa9"));
    answer_header(&x, "x-c", SPAN("\nnothing"));
    assert_int_equal(x.answer.n_headers, 2);
    assert_string_equal((const char *)x.answer.headers[0].value.p, "good");
    assert_string_equal((const char *)x.answer.headers[1].value.p, "caf");
}

static void headers_beyond_the_limit_are_dropped(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < EXCHANGE_HEADERS_MAX + 3; i++)
        answer_header_u64(&x, "x-n", i);
    assert_int_equal(x.answer.n_headers, EXCHANGE_HEADERS_MAX);
    assert_string_equal((const char *)x.answer.headers[EXCHANGE_HEADERS_MAX - 1].value.p, "23");
}

static void the_largest_number_fits_a_header(void **state)
{
    (void)state;
    answer_header_u64(&x, "x-n", UINT64_MAX);
    assert_string_equal((const char *)x.answer.headers[0].value.p, "18446744073709551615");
}

static void a_request_id_that_was_sent_is_kept(void **state)
{
    (void)state;
    exchange_request_id(&x, SPAN("req-17\x01\x80!"));
    assert_string_equal(x.request_id, "req-17!");
}

static void a_request_id_that_is_a_card_number_is_replaced(void **state)
{
    static const char *const sent[] = { "4111111111111111", "req 4111-1111-1111-1111", "41111\x80" "11111111111" };

    (void)state;
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        exchange_request_id(&x, span_of(sent[i]));
        assert_int_equal(strlen(x.request_id), 32);
        assert_int_equal(strspn(x.request_id, "0123456789abcdef"), 32);
    }
}

static void a_long_request_id_is_cut(void **state)
{
    uint8_t sent[3 * REQUEST_ID_TEXT];

    (void)state;
    memset(sent, 'r', sizeof sent);
    exchange_request_id(&x, (struct span){ sent, sizeof sent });
    assert_int_equal(strlen(x.request_id), REQUEST_ID_TEXT - 1);
}

static void request_ids_of_ours_are_32_hex_digits_and_differ(void **state)
{
    char seen[200][REQUEST_ID_TEXT];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        exchange_request_id(&x, i % 2 ? SPAN("") : (struct span){ 0 });
        assert_int_equal(strlen(x.request_id), 32);
        assert_int_equal(strspn(x.request_id, "0123456789abcdef"), 32);
        memcpy(seen[i], x.request_id, sizeof seen[i]);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(seen[i], seen[j]);
    }
}

static void a_query_is_taken_pair_by_pair(void **state)
{
    static const struct { const char *name, *value; } pairs[] = {
        { "a", "1" }, { "b", NULL }, { "", NULL }, { "c", "" }, { "d", "x=y" },
    };
    struct span rest = SPAN("a=1&b&&c=&d=x=y"), name, value;

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_true(query_next(&rest, &name, &value));
        assert_true(span_equal(name, span_of(pairs[i].name)));
        assert_int_equal(span_absent(value), pairs[i].value == NULL);
        assert_true(span_equal(value, span_of(pairs[i].value)));
    }
    assert_false(query_next(&rest, &name, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_answer_has_status_type_and_room, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(an_answer_can_start_over, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(an_answer_without_memory_is_full_from_birth, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(header_values_are_copied_and_end_with_a_nul, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(header_values_are_cut_at_the_first_odd_byte, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(headers_beyond_the_limit_are_dropped, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(the_largest_number_fits_a_header, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(a_request_id_that_was_sent_is_kept, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(a_request_id_that_is_a_card_number_is_replaced, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(a_long_request_id_is_cut, open_exchange, close_exchange),
        cmocka_unit_test_setup_teardown(request_ids_of_ours_are_32_hex_digits_and_differ,
                                        open_exchange, close_exchange),
        cmocka_unit_test(a_query_is_taken_pair_by_pair),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
