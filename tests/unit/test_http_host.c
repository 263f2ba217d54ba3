/* test_http_host.c: whose Host is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/host.h"

#include "base/banned.h"

#define OURS SPAN("pay.example.com, api.example.com")

static void addresses_cannot_be_rebound_and_are_ours(void **state)
{
    static const char *const addresses[] = {
        "127.0.0.1", "127.0.0.1:8080", "192.0.2.7:1", "[::1]", "[::1]:8080", "[2001:db8::1]:443", "0.0.0.0:80",
    };

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        assert_true(host_is_ours(span_of(addresses[i]), SPAN("")));
}

static void the_names_of_loopback_and_the_names_we_were_given_are_ours(void **state)
{
    static const char *const names[] = {
        "localhost", "LOCALHOST:8080", "localhost.", "shop.localhost:1", "pay.example.com", "Pay.Example.Com:443",
        "api.example.com.", "api.example.com",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(host_is_ours(span_of(names[i]), OURS));
}

static void any_other_name_is_a_strangers(void **state)
{
    static const char *const names[] = {
        "evil.example", "evil.example:8080", "pay.example.com.evil.example", "evilpay.example.com", "xlocalhost",
        "localhost.evil.example", ".localhost", "127.0.0.1.evil.example", "2130706433", "0x7f000001", "", ".", ":80",
        "pay.example.com:", "pay.example.com:x", "pay.example.com:65536", "[::1", "[::1]x", "::1", "[127.0.0.1]",
        "pay.example.com, api.example.com", "*", "127.0.0.1:80:80", "127.0.0.1@evil.example",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (host_is_ours(span_of(names[i]), OURS))
            fail_msg("%s is not ours", names[i]);
    assert_false(host_is_ours(SPAN("pay.example.com"), SPAN("")));
    assert_false(host_is_ours(SPAN("evil.example"), SPAN(",,")));
}

static void a_star_lets_any_name(void **state)
{
    (void)state;
    assert_true(host_is_ours(SPAN("whatever.example:1"), SPAN("pay.example.com,*")));
    assert_false(host_is_ours(SPAN("whatever.example:x"), SPAN("*")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_cannot_be_rebound_and_are_ours),
        cmocka_unit_test(the_names_of_loopback_and_the_names_we_were_given_are_ours),
        cmocka_unit_test(any_other_name_is_a_strangers),
        cmocka_unit_test(a_star_lets_any_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
