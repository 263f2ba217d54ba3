/* test_courier_url.c: which URLs a webhook may go to, and which addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "courier/address.h"
#include "courier/courier.h"
#include "courier/url.h"

#include "base/banned.h"

static bool public_text(const char *text)
{
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };

    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return address_is_public((const struct sockaddr *)&four, sizeof four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return address_is_public((const struct sockaddr *)&six, sizeof six);
}

static void addresses_of_networks_that_are_nobodys_or_private_are_closed_to_their_ends(void **state)
{
    static const char *const closed[] = {
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255",
        "192.0.0.0", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0",
        "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1",
        "64:ff9b::192.168.1.1", "64:ff9b:1::8.8.8.8", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1", "2001:10::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "2002:a01:203::1",
        "2002:c0a8:101::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
        "fec0::1", "febf::1", "ff02::1", "ff0e::1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (public_text(closed[i]))
            fail_msg("%s is let through", closed[i]);
}

static void addresses_beside_those_networks_are_open(void **state)
{
    static const char *const open[] = {
        "1.0.0.0", "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
        "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",
        "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
        "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1",
        "2002:808:808::1", "2606:4700::1111", "3ffe:ffff::1", "3fff:1000::1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (!public_text(open[i]))
            fail_msg("%s is refused", open[i]);
}

static void an_address_of_another_family_or_a_cut_one_is_closed(void **state)
{
    const struct sockaddr_un local = { .sun_family = AF_UNIX };
    struct sockaddr_in four = { .sin_family = AF_INET };

    (void)state;
    assert_false(address_is_public((const struct sockaddr *)&local, sizeof local));
    assert_int_equal(inet_pton(AF_INET, "1.1.1.1", &four.sin_addr), 1);
    assert_true(address_is_public((const struct sockaddr *)&four, sizeof four));
    assert_false(address_is_public((const struct sockaddr *)&four, sizeof four - 1));
}

static const char *check(const char *url, bool live)
{
    const char *why = NULL;
    enum fault f = courier_url_check(span_of(url), live, &why);

    assert_non_null(why);
    assert_int_equal(f, *why ? FAULT_BAD_INPUT : FAULT_NONE);
    return why;
}

static void urls_that_two_readers_could_read_differently_are_refused(void **state)
{
    static const struct { const char *url, *part; } bad[] = {
        { "", "empty" }, { "ftp://a.example/", "begin" }, { "file:///etc/passwd", "begin" },
        { "gopher://a.example/", "begin" }, { "//a.example/", "begin" }, { "a.example", "begin" },
        { "https:/a.example", "begin" }, { "https:a.example", "begin" }, { "javascript:alert(1)", "begin" },
        { "https://", "host" }, { "https:///path", "host" }, { "https://?x", "host" }, { "https://:443/", "host" },
        { "https://user@a.example/", "user name" }, { "https://user:word@a.example/", "user name" },
        { "https://a.example:443@b.example/", "user name" }, { "https://@a.example/", "user name" },
        { "https://a.example\\@b.example/", "backslash" }, { "https://a.example/\\x", "backslash" },
        { "https://a .example/", "space" }, { " https://a.example/", "space" }, { "https://a.example/\n", "space" },
        { "https://a.example/\xc3\xa9", "ASCII" }, { "https://\xef\xbc\x91\x32\x37.0.0.1/", "ASCII" },
        { "https://a.example\x7f/", "ASCII" },
        { "https://a%2eexample/", "host" }, { "https://a..example/", "host" }, { "https://.example/", "host" },
        { "https://a,b/", "host" }, { "https://a.example../", "host" }, { "https://a;b.example/", "host" },
        { "https://[::1/", "host" }, { "https://[]/", "host" }, { "https://[127.0.0.1]/", "host" },
        { "https://[fe80::1%25eth0]/", "host" }, { "https://[::g]/", "host" }, { "https://::1/", "host" },
        { "https://1.2.3.4.5/", "host" }, { "https://256.1.1.1/", "host" }, { "https://4294967296/", "host" },
        { "https://08.1.1.1.0/", "host" }, { "https://1.2.3.09/", "host" }, { "https://a.example.0x7f/", "host" },
        { "https://1..2/", "host" }, { "https://1.2.65536/", "host" }, { "https://a.1/", "host" },
        { "https://a.example:/", "port" }, { "https://a.example:0/", "port" }, { "https://a.example:65536/", "port" },
        { "https://a.example:-1/", "port" }, { "https://a.example:+443/", "port" },
        { "https://a.example:44x/", "port" },
        { "https://a.example:0000443/", "port" }, { "https://[2606:4700::1111]443/", "port" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = check(bad[i].url, false);
        if (!strstr(why, bad[i].part))
            fail_msg("%s: \"%s\" does not speak of %s", bad[i].url, why, bad[i].part);
        assert_true(*check(bad[i].url, true));
    }
}

static void a_url_may_be_as_long_as_its_limit_and_no_longer(void **state)
{
    char url[COURIER_URL_MAX + 2];

    (void)state;
    memset(url, 'a', sizeof url);
    memcpy(url, "https://a.example/", 18);
    url[COURIER_URL_MAX] = '\0';
    assert_string_equal(check(url, true), "");
    url[COURIER_URL_MAX] = 'a';
    url[COURIER_URL_MAX + 1] = '\0';
    assert_true(*check(url, true));
}

static void labels_and_names_have_the_lengths_of_the_domain_name_system(void **state)
{
    char url[400] = "https://";

    (void)state;
    memset(url + 8, 'a', 63);
    assert_string_equal(check(url, true), "");
    url[8 + 63] = 'a';
    assert_true(*check(url, true));
    for (size_t i = 0; i < 253; i++)
        url[8 + i] = i % 2 ? '.' : 'a';
    assert_string_equal(check(url, true), "");
    url[8 + 253] = '.';
    url[8 + 254] = 'a';
    assert_true(*check(url, true));
}

static void live_wants_https_an_open_port_and_no_private_address_however_it_is_spelt(void **state)
{
    static const struct { const char *url, *part; } bad[] = {
        { "http://a.example/", "https" }, { "https://a.example:80/", "port" }, { "https://a.example:22/", "port" },
        { "https://a.example:25", "port" }, { "https://a.example:1023/", "port" }, { "https://localhost/", "address" },
        { "https://LocalHost./", "address" }, { "https://x.localhost/", "address" },
        { "https://127.0.0.1/", "address" },
        { "https://127.1/", "address" }, { "https://2130706433/", "address" }, { "https://0x7f000001/", "address" },
        { "https://0X7F.1/", "address" }, { "https://017700000001/", "address" }, { "https://0177.0.0.1/", "address" },
        { "https://0x7f.0x0.0x0.0x1/", "address" }, { "https://127.0.1/", "address" },
        { "https://127.0.0.1./", "address" },
        { "https://0/", "address" }, { "https://0x/", "address" }, { "https://10.1.2.3:8443/", "address" },
        { "https://3232235777/", "address" }, { "https://192.168.257/", "address" },
        { "https://169.254.169.254/", "address" },
        { "https://[::1]/", "address" }, { "https://[::]/", "address" }, { "https://[0:0:0:0:0:0:0:1]/", "address" },
        { "https://[::ffff:127.0.0.1]/", "address" }, { "https://[::FFFF:7f00:1]:8443/x", "address" },
        { "https://[64:ff9b::7f00:1]/", "address" }, { "https://[2002:7f00:1::]/", "address" },
        { "https://[fd00::1]/", "address" }, { "https://[fe80::1]/", "address" },
    };
    static const char *const fine[] = {
        "https://a.example", "https://a.example/", "HTTPS://A.Example/x?y=z#w", "https://a.example:443/",
        "https://a.example:8443/hook", "https://a.example:1024/", "https://a.example:65535/", "https://1.1.1.1/",
        "https://xn--bcher-kva.example/", "https://a_b.example/", "https://a.example./", "https://[2606:4700::1111]/",
        "https://[2606:4700::1111]:8443", "https://a.example?x=@y", "https://a.example/@x",
        "https://a.example#@b.example",
        "https://0x7fg.example/", "https://localhost.example/", "https://notlocalhost/", "https://1e100.example/",
        "https://a.0xfg/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = check(bad[i].url, true);
        if (!strstr(why, bad[i].part))
            fail_msg("%s: \"%s\" does not speak of %s", bad[i].url, why, bad[i].part);
        if (*check(bad[i].url, false))
            fail_msg("%s is refused in the sandbox", bad[i].url);
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (*check(fine[i], true))
            fail_msg("%s: %s", fine[i], check(fine[i], true));
}

static void a_url_is_taken_apart_where_it_is(void **state)
{
    const char *why;
    struct url u;

    (void)state;
    assert_int_equal(url_read(&u, SPAN("HTTP://[::1]:8080/a?b"), &why), FAULT_NONE);
    assert_false(u.secure);
    assert_int_equal(u.port, 8080);
    assert_true(span_equal(u.host, SPAN("::1")));
    assert_true(span_equal(u.origin, SPAN("HTTP://[::1]:8080")));
    assert_true(u.literal && !u.is_public);
    assert_int_equal(url_read(&u, SPAN("https://a.example?b"), &why), FAULT_NONE);
    assert_true(u.secure && !u.literal);
    assert_int_equal(u.port, 443);
    assert_true(span_equal(u.origin, SPAN("https://a.example")));
    assert_int_equal(url_read(&u, SPAN("http://a.example/"), &why), FAULT_NONE);
    assert_int_equal(u.port, 80);
}

static void ports_below_1024_are_closed_but_for_the_two_of_the_web(void **state)
{
    (void)state;
    for (unsigned port = 1; port <= 65535; port++) {
        const struct url u = { .port = port };
        assert_int_equal(url_port_is_open(&u), port == 80 || port == 443 || port >= 1024);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_of_networks_that_are_nobodys_or_private_are_closed_to_their_ends),
        cmocka_unit_test(addresses_beside_those_networks_are_open),
        cmocka_unit_test(an_address_of_another_family_or_a_cut_one_is_closed),
        cmocka_unit_test(urls_that_two_readers_could_read_differently_are_refused),
        cmocka_unit_test(a_url_may_be_as_long_as_its_limit_and_no_longer),
        cmocka_unit_test(labels_and_names_have_the_lengths_of_the_domain_name_system),
        cmocka_unit_test(live_wants_https_an_open_port_and_no_private_address_however_it_is_spelt),
        cmocka_unit_test(a_url_is_taken_apart_where_it_is),
        cmocka_unit_test(ports_below_1024_are_closed_but_for_the_two_of_the_web),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
