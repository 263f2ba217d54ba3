/* test_base64.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base64.h"

#include "base/banned.h"

typedef void put_fn(struct buf *, struct span);
typedef enum fault read_fn(struct buf *, struct span);

static void check(put_fn *put, read_fn *get, struct span bytes, struct span text)
{
    uint8_t a[64], b[64];
    struct buf written = BUF(a), got = BUF(b);

    put(&written, bytes);
    assert_true(span_equal(buf_view(&written), text));
    assert_int_equal(get(&got, text), FAULT_NONE);
    assert_true(span_equal(buf_view(&got), bytes));
}

static void refuse(read_fn *get, struct span text)
{
    uint8_t a[64];
    struct buf out = BUF(a);

    assert_int_equal(get(&out, text), FAULT_BAD_INPUT);
    assert_int_equal(out.n, 0);
    assert_false(out.full);
}

/* RFC 4648 section 10. */
static void the_published_vectors_hold(void **state)
{
    (void)state;
    check(base64_put, base64_read, SPAN(""), SPAN(""));
    check(base64_put, base64_read, SPAN("f"), SPAN("Zg=="));
    check(base64_put, base64_read, SPAN("fo"), SPAN("Zm8="));
    check(base64_put, base64_read, SPAN("foo"), SPAN("Zm9v"));
    check(base64_put, base64_read, SPAN("foob"), SPAN("Zm9vYg=="));
    check(base64_put, base64_read, SPAN("fooba"), SPAN("Zm9vYmE="));
    check(base64_put, base64_read, SPAN("foobar"), SPAN("Zm9vYmFy"));
    check(hex_put, hex_read, SPAN("foobar"), SPAN("666f6f626172"));
}

static void the_url_form_has_no_padding_and_its_own_two_letters(void **state)
{
    (void)state;
    check(base64url_put, base64url_read, SPAN("f"), SPAN("Zg"));
    check(base64url_put, base64url_read, SPAN("fo"), SPAN("Zm8"));
    check(base64url_put, base64url_read, SPAN("\xfb\xff\xbf"), SPAN("-_-_"));
    check(base64_put, base64_read, SPAN("\xfb\xff\xbf"), SPAN("+/+/"));
    refuse(base64url_read, SPAN("+/+/"));
    refuse(base64_read, SPAN("-_-_"));
    refuse(base64url_read, SPAN("Zg=="));
}

static void every_byte_survives_the_way_there_and_back(void **state)
{
    uint8_t all[256], text[400], back[256];

    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    for (size_t n = 0; n <= sizeof all; n++) {
        struct buf t = BUF(text), b = BUF(back);
        base64url_put(&t, (struct span){ all, n });
        assert_int_equal(base64url_read(&b, buf_view(&t)), FAULT_NONE);
        assert_true(span_equal(buf_view(&b), (struct span){ all, n }));
    }
}

static void two_texts_never_stand_for_the_same_bytes(void **state)
{
    (void)state;
    refuse(base64url_read, SPAN("Zh"));                  /* as "Zg", with a bit too many */
    refuse(base64url_read, SPAN("Zm9"));                 /* as "Zm8" */
    refuse(base64_read, SPAN("Zh=="));
    refuse(base64_read, SPAN("Zm9="));
}

static void what_is_not_base64_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z", "Zg=", "Zg", "Zg===", "Z===", "====", "=", "Zg==Zg==", "Zm 9v", "Zm9v\n", " Zm9v", "Zm9v====", "Zm=v",
        "Zm9\x80", "Zm9.",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(base64_read, span_of(bad[i]));
    refuse(base64url_read, SPAN("Z"));
    refuse(base64url_read, SPAN("Zm9vY"));
    refuse(base64url_read, SPAN("Zm\0v"));
}

static void hexadecimal_takes_both_cases_and_writes_the_lower(void **state)
{
    uint8_t a[8];
    struct buf out = BUF(a);

    (void)state;
    assert_int_equal(hex_read(&out, SPAN("aBcDeF09")), FAULT_NONE);
    assert_true(span_equal(buf_view(&out), SPAN("\xab\xcd\xef\x09")));
    refuse(hex_read, SPAN("abc"));
    refuse(hex_read, SPAN("0g"));
    refuse(hex_read, SPAN("0x"));
    refuse(hex_read, SPAN("@0"));
}

static void what_does_not_fit_is_not_begun(void **state)
{
    uint8_t a[3];
    struct buf out = BUF(a);

    (void)state;
    assert_int_equal(base64_read(&out, SPAN("Zm9vYg==")), FAULT_INTERNAL);
    assert_int_equal(out.n, 0);
    assert_true(out.full);
    out = BUF(a);
    base64url_put(&out, SPAN("foo"));
    assert_int_equal(out.n, 0);
    assert_true(out.full);
    out = BUF(a);
    hex_put(&out, SPAN("fo"));
    assert_true(out.full);
    out = BUF(a);
    assert_int_equal(hex_read(&out, SPAN("00112233")), FAULT_INTERNAL);
    assert_true(out.full);
    out = BUF(a);
    assert_int_equal(base64_read(&out, SPAN("Zm9v")), FAULT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_hold),
        cmocka_unit_test(the_url_form_has_no_padding_and_its_own_two_letters),
        cmocka_unit_test(every_byte_survives_the_way_there_and_back),
        cmocka_unit_test(two_texts_never_stand_for_the_same_bytes),
        cmocka_unit_test(what_is_not_base64_is_refused),
        cmocka_unit_test(hexadecimal_takes_both_cases_and_writes_the_lower),
        cmocka_unit_test(what_does_not_fit_is_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
