/* Public ids: shapes, the way back, and what they do not show. */
#include "service/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/order.h"

#include "base/banned.h"

static const uint8_t session_bytes[ORDER_SESSION] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static struct ids *make_ids(uint8_t fill)
{
    struct secret *key;
    struct ids *i;

    assert_int_equal(secret_new(&key, KEY_ID_SIZE), FAULT_NONE);
    memset(key->bytes, fill, key->n);
    assert_int_equal(ids_new(&i, key), FAULT_NONE);
    secret_free(key);
    return i;
}

static int setup(void **state)
{
    *state = make_ids(7);
    return 0;
}

static int teardown(void **state)
{
    ids_free(*state);
    return 0;
}

static struct order_row order(int64_t merchant_id, int64_t order_no, const char *order_id)
{
    return (struct order_row){ .merchant_id = merchant_id, .order_no = order_no, .order_id = span_of(order_id),
                               .session = { session_bytes, sizeof session_bytes } };
}

static bool is_one_of(const char *text, const char *alphabet)
{
    return text[strspn(text, alphabet)] == '\0';
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void order_numbers_become_distinct_numbers_below_two_to_the_53(void **state)
{
    enum { MANY = 2000 };
    uint64_t *seen = calloc(MANY, sizeof *seen);
    unsigned ascending = 0;

    assert_non_null(seen);
    for (int64_t n = 0; n < MANY; n++) {
        struct order_row o = order(1, n, "abc");
        seen[n] = ids_cf_order(*state, &o);
        assert_true(seen[n] < 1ULL << 53);
        ascending += n > 0 && seen[n] > seen[n - 1];
    }
    assert_in_range(ascending, MANY / 2 - 200, MANY / 2 + 200);      /* the order of creation does not show */
    qsort(seen, MANY, sizeof *seen, compare);
    for (size_t n = 1; n < MANY; n++)
        assert_true(seen[n] != seen[n - 1]);
    free(seen);
}

static void the_same_order_number_of_two_merchants_shows_unrelated_ids(void **state)
{
    uint64_t differences = 0;

    for (int64_t n = 0; n < 20; n++) {
        struct order_row one = order(1, n, "abc"), two = order(2, n, "abc");
        uint64_t a = ids_cf_order(*state, &one), b = ids_cf_order(*state, &two);
        assert_true(a != b);
        assert_true((a ^ b) != differences);      /* nor is the difference the same for every number */
        differences = a ^ b;
    }
}

static void another_key_shows_other_ids(void **state)
{
    struct ids *other = make_ids(8);
    struct order_row o = order(1, 42, "order-42");
    char a[IDS_SESSION_TEXT], b[IDS_SESSION_TEXT], c[IDS_ORDER_TOKEN_TEXT], d[IDS_ORDER_TOKEN_TEXT];
    struct ids_opened_session opened;

    assert_true(ids_cf_order(*state, &o) != ids_cf_order(other, &o));
    ids_session(*state, a, &o);
    ids_session(other, b, &o);
    assert_string_not_equal(a, b);
    assert_int_equal(ids_session_open(other, &opened, span_of(a)), FAULT_BAD_INPUT);
    ids_order_token(*state, c, &o);
    ids_order_token(other, d, &o);
    assert_string_not_equal(c, d);
    ids_free(other);
}

static void a_session_is_116_characters_and_opens_to_what_went_in(void **state)
{
    static const char *const ids[] = {
        "7", "42", "abc", "order_1234", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS",
    };

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct order_row o = order(INT64_MAX - (int64_t)i, 5, ids[i]);
        struct ids_opened_session back;
        char text[IDS_SESSION_TEXT];
        ids_session(*state, text, &o);
        assert_int_equal(strlen(text), 116);
        assert_memory_equal(text, "session_", 8);
        assert_true(is_one_of(text, LETTERS "-_"));
        assert_int_equal(ids_session_open(*state, &back, span_of(text)), FAULT_NONE);
        assert_int_equal(back.merchant_id, o.merchant_id);
        assert_string_equal(back.order_id, ids[i]);
        assert_memory_equal(back.session, session_bytes, ORDER_SESSION);
    }
}

static void sessions_of_neighbours_share_only_their_version(void **state)
{
    uint8_t other[ORDER_SESSION];
    struct order_row one = order(1, 5, "order-1"), two = one;
    char a[IDS_SESSION_TEXT], b[IDS_SESSION_TEXT];
    unsigned same = 0;

    memcpy(other, session_bytes, sizeof other);
    other[15] ^= 1;                   /* the last bit of the random bytes changes every block */
    two.session.p = other;
    ids_session(*state, a, &one);
    ids_session(*state, b, &two);
    for (size_t i = 10; i < 116; i++)
        same += a[i] == b[i];
    assert_in_range(same, 0, 20);
}

static void texts_that_are_no_session_are_refused(void **state)
{
    struct order_row o = order(1, 5, "order-1");
    struct ids_opened_session back;
    char text[IDS_SESSION_TEXT], changed[IDS_SESSION_TEXT];

    ids_session(*state, text, &o);
    for (size_t n = 0; n < 116; n++)
        assert_int_equal(ids_session_open(*state, &back, (struct span){ (const uint8_t *)text, n }), FAULT_BAD_INPUT);
    memcpy(changed, text, sizeof changed);
    changed[0] = 'S';
    assert_int_equal(ids_session_open(*state, &back, span_of(changed)), FAULT_BAD_INPUT);
    memcpy(changed, text, sizeof changed);
    changed[8] = text[8] == 'A' ? 'B' : 'A';      /* the version */
    assert_int_equal(ids_session_open(*state, &back, span_of(changed)), FAULT_BAD_INPUT);
    memcpy(changed, text, sizeof changed);
    changed[50] = '+';
    assert_int_equal(ids_session_open(*state, &back, span_of(changed)), FAULT_BAD_INPUT);
    memset(changed + 8, 'A', 108);
    changed[9] = 'Q';                 /* version 1 and 80 zero bytes */
    assert_int_equal(ids_session_open(*state, &back, span_of(changed)), FAULT_BAD_INPUT);
}

static void a_changed_session_never_opens_to_the_same(void **state)
{
    struct order_row o = order(1, 5, "order-1");
    char text[IDS_SESSION_TEXT];

    ids_session(*state, text, &o);
    for (size_t i = 8; i < 116; i++) {
        struct ids_opened_session back = { 0 };
        char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        if (ids_session_open(*state, &back, span_of(text)) == FAULT_NONE)
            assert_true(memcmp(back.session, session_bytes, ORDER_SESSION) != 0 || back.merchant_id != 1
                        || strcmp(back.order_id, "order-1") != 0);
        text[i] = was;
    }
}

static void an_order_token_is_20_characters_and_depends_on_all_that_is_in_it(void **state)
{
    uint8_t other[ORDER_SESSION] = { 0 };
    struct order_row rows[] = { order(1, 1, "abc"), order(2, 1, "abc"), order(1, 2, "abc"), order(1, 1, "abc") };
    char text[4][IDS_ORDER_TOKEN_TEXT], again[IDS_ORDER_TOKEN_TEXT];

    rows[3].session.p = other;
    for (size_t i = 0; i < 4; i++) {
        ids_order_token(*state, text[i], &rows[i]);
        assert_int_equal(strlen(text[i]), 20);
        assert_true(is_one_of(text[i], LETTERS "-_"));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(text[i], text[k]);
    }
    ids_order_token(*state, again, &rows[0]);
    assert_string_equal(again, text[0]);
}

static void new_order_ids_are_valid_distinct_and_in_order_of_time(void **state)
{
    static const int64_t merchants[] = { 1, 12, 123, 1234, 12345, INT64_MAX };
    char last[IDS_ORDER_ID_TEXT] = "", text[IDS_ORDER_ID_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof merchants / sizeof *merchants; i++) {
        ids_new_order_id(text, merchants[i], 1700000000000);
        assert_in_range(strlen(text), 36, 39);
        assert_true(order_id_is_valid(span_of(text)));
        assert_memory_equal(text, "order_", 6);
        assert_true(is_one_of(text + 6, LETTERS));
    }
    for (int64_t ms = 1700000000000; ms < 1700000000100; ms++) {
        ids_new_order_id(text, 1, ms);
        assert_true(strcmp(text, last) > 0);
        memcpy(last, text, sizeof last);
    }
    ids_new_order_id(text, 1, 1700000000099);
    assert_string_not_equal(text, last);
    assert_memory_equal(text, last, 15);      /* prefix, merchant and time; the rest is chance */
}

static void a_tokens_id_opens_to_what_went_in(void **state)
{
    static const int64_t whats[][2] = { { 0, 0 }, { 1, 1 }, { 7, INT64_C(1) << 52 }, { UINT32_MAX, INT64_MAX } };
    struct ids *i = make_ids(1);
    uint8_t id[IDS_TOKEN];

    (void)state;
    for (size_t k = 0; k < sizeof whats / sizeof whats[0]; k++) {
        int64_t merchant_id = -1, token_no = -1;

        ids_token(i, id, whats[k][0], whats[k][1]);
        assert_int_equal(ids_token_open(i, &merchant_id, &token_no, id), FAULT_NONE);
        assert_int_equal(merchant_id, whats[k][0]);
        assert_int_equal(token_no, whats[k][1]);
    }
    ids_free(i);
}

static void a_changed_token_id_or_one_of_another_key_opens_to_nothing(void **state)
{
    struct ids *i = make_ids(1), *other = make_ids(2);
    int64_t merchant_id = -1, token_no = -1;
    uint8_t id[IDS_TOKEN], neighbour[IDS_TOKEN];
    size_t same = 0;

    (void)state;
    ids_token(i, id, 7, 1000);
    ids_token(i, neighbour, 7, 1001);
    for (size_t k = 0; k < IDS_TOKEN; k++)
        same += id[k] == neighbour[k];
    assert_true(same < IDS_TOKEN / 2);           /* neighbours look nothing alike */
    assert_int_equal(ids_token_open(other, &merchant_id, &token_no, id), FAULT_BAD_INPUT);
    for (size_t bit = 0; bit < 8 * IDS_TOKEN; bit++) {
        id[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(ids_token_open(i, &merchant_id, &token_no, id), FAULT_BAD_INPUT);
        id[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(merchant_id, -1);
    ids_free(i);
    ids_free(other);
}

static void a_key_of_another_size_is_refused(void **state)
{
    struct secret *key;
    struct ids *i;

    (void)state;
    assert_int_equal(secret_new(&key, KEY_ID_SIZE - 1), FAULT_NONE);
    assert_int_equal(ids_new(&i, key), FAULT_BAD_INPUT);
    secret_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_numbers_become_distinct_numbers_below_two_to_the_53),
        cmocka_unit_test(the_same_order_number_of_two_merchants_shows_unrelated_ids),
        cmocka_unit_test(another_key_shows_other_ids),
        cmocka_unit_test(a_session_is_116_characters_and_opens_to_what_went_in),
        cmocka_unit_test(sessions_of_neighbours_share_only_their_version),
        cmocka_unit_test(texts_that_are_no_session_are_refused),
        cmocka_unit_test(a_changed_session_never_opens_to_the_same),
        cmocka_unit_test(an_order_token_is_20_characters_and_depends_on_all_that_is_in_it),
        cmocka_unit_test(new_order_ids_are_valid_distinct_and_in_order_of_time),
        cmocka_unit_test(a_tokens_id_opens_to_what_went_in),
        cmocka_unit_test(a_changed_token_id_or_one_of_another_key_opens_to_nothing),
        cmocka_unit_test(a_key_of_another_size_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
