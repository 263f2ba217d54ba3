/* test_options_check.c: which settings are too dangerous to start with. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/options.h"

#include "base/banned.h"

static char folder[] = "/tmp/tijori-check-XXXXXX";
static char key[64], certificate[64], why[2048];

static void put_path(char *out, size_t cap, const char *name)
{
    struct buf b = { (uint8_t *)out, 0, cap - 1, false };

    buf_text(&b, folder);
    buf_text(&b, name);
    out[b.n] = '\0';
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    put_path(key, sizeof key, "/key.pem");
    put_path(certificate, sizeof certificate, "/cert.pem");
    return close(open(key, O_CREAT | O_WRONLY, 0600)) + close(open(certificate, O_CREAT | O_WRONLY, 0644));
}

static int remove_folder(void **state)
{
    (void)state;
    return unlink(key) + unlink(certificate) + rmdir(folder);
}

/* Reads and checks; the reasons are in `why`. */
static enum fault check_words(const char *const *words)
{
    struct buf b = { (uint8_t *)why, 0, sizeof why - 1, false };
    struct options o;
    enum fault f;

    assert_int_equal(options_read(&o, words, &b), FAULT_NONE);
    f = options_check(&o, &b);
    why[b.n] = '\0';
    return f;
}
#define CHECK(...) check_words((const char *const[]){ __VA_ARGS__, NULL })
#define SERVE(...) CHECK("serve", "--data", folder, __VA_ARGS__)

static void assert_unsafe(enum fault f, const char *reason)
{
    assert_int_equal(f, FAULT_BAD_INPUT);
    assert_non_null(strstr(why, reason));
}

static void the_sandbox_starts_as_it_is(void **state)
{
    (void)state;
    assert_int_equal(CHECK("sandbox", "--data", "/tmp/tijori-is-not-there"), FAULT_NONE);
    assert_int_equal(CHECK("sandbox", "--listen=[::1]:0"), FAULT_NONE);
    assert_int_equal(CHECK("sandbox", "--listen=127.9.9.9:1"), FAULT_NONE);
    assert_string_equal(why, "");
}

static void a_sandbox_outside_loopback_needs_an_explicit_word(void **state)
{
    (void)state;
    assert_unsafe(CHECK("sandbox", "--listen=0.0.0.0:8080"), "needs --expose");
    assert_unsafe(CHECK("sandbox", "--listen=[::]:8080"), "needs --expose");
    assert_int_equal(CHECK("sandbox", "--listen=0.0.0.0:8080", "--expose"), FAULT_NONE);
}

static void the_admin_listener_stays_on_loopback_whatever_is_said(void **state)
{
    (void)state;
    assert_unsafe(CHECK("sandbox", "--admin-listen=0.0.0.0:1", "--expose"),
                  "admin-listen: 0.0.0.0:1 is outside loopback");
    assert_unsafe(SERVE("--behind-proxy", "--admin-listen=10.0.0.1:1"), "admin-listen: 10.0.0.1:1 is outside loopback");
}

static void listeners_are_numeric_addresses_with_a_port(void **state)
{
    (void)state;
    assert_unsafe(CHECK("sandbox", "--listen=localhost:1"), "listen: localhost:1 is not a numeric HOST:PORT");
    assert_unsafe(CHECK("sandbox", "--listen=127.0.0.1"), "is not a numeric HOST:PORT");
    assert_unsafe(CHECK("sandbox", "--listen=127.0.0.1:65536"), "is not a numeric HOST:PORT");
    assert_unsafe(CHECK("sandbox", "--admin-listen=:1"),
                  "admin-listen: :1 is neither a numeric HOST:PORT nor unix:PATH");
}

static void an_admin_socket_has_a_path_in_a_folder_that_others_do_not_write(void **state)
{
    char path[64], where[96], lengthy[256] = "--admin-listen=unix:/";

    (void)state;
    put_path(path, sizeof path, "/admin.sock");
    snprintf(where, sizeof where, "--admin-listen=unix:%s", path);
    memset(lengthy + strlen(lengthy), 'x', 120);
    assert_int_equal(SERVE("--behind-proxy", where), FAULT_NONE);
    assert_int_equal(SERVE("--behind-proxy", "--admin-listen=unix:/tmp/tijori.sock"), FAULT_NONE);
    assert_unsafe(SERVE("--behind-proxy", "--admin-listen=unix:here"), "unix:here is no absolute path");
    assert_unsafe(SERVE("--behind-proxy", "--admin-listen=unix:"), "unix: is no absolute path");
    assert_unsafe(SERVE("--behind-proxy", lengthy), "of at most 107 bytes");
    assert_unsafe(SERVE("--behind-proxy", "--admin-listen=unix:/nowhere-at-all/socket"),
                  "admin-listen: /nowhere-at-all/ is no folder");
    assert_int_equal(CHECK("sandbox", "--admin-listen=unix:/nowhere-at-all/socket"), FAULT_NONE);
    assert_int_equal(chmod(folder, 0770), 0);
    assert_unsafe(CHECK("sandbox", where), "can be written by others, who could put a socket of theirs there");
    assert_int_equal(chmod(folder, 0700), 0);
    assert_unsafe(CHECK("sandbox", "--listen=unix:/tmp/public.sock"), "is not a numeric HOST:PORT");
}

static void clients_authorities_are_for_our_own_tls(void **state)
{
    (void)state;
    assert_int_equal(SERVE("--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca", certificate),
                     FAULT_NONE);
    assert_unsafe(SERVE("--behind-proxy", "--tls-client-ca", certificate),
                  "tls-client-ca needs tls-certificate and tls-key: a proxy that ends TLS asks for clients'");
    assert_unsafe(SERVE("--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca=/nowhere.pem"),
                  "tls-client-ca: /nowhere.pem cannot be read");
}

static void the_live_server_wants_tls_or_a_declared_proxy(void **state)
{
    (void)state;
    assert_unsafe(SERVE("--threads=1"), "serve needs tls-certificate and tls-key, or behind-proxy");
    assert_int_equal(SERVE("--behind-proxy"), FAULT_NONE);
    assert_int_equal(SERVE("--tls-certificate", certificate, "--tls-key", key), FAULT_NONE);
    assert_int_equal(SERVE("--tls-certificate", certificate, "--tls-key", key, "--listen=0.0.0.0:443"), FAULT_NONE);
}

static void a_proxy_does_not_excuse_plain_http_outside_loopback(void **state)
{
    (void)state;
    assert_unsafe(SERVE("--behind-proxy", "--listen=0.0.0.0:80"),
                  "0.0.0.0:80 is outside loopback and would be plain HTTP");
}

static void certificate_and_key_go_together_and_exist(void **state)
{
    (void)state;
    assert_unsafe(SERVE("--tls-certificate", certificate), "go together");
    assert_unsafe(SERVE("--tls-key", key), "go together");
    assert_unsafe(SERVE("--tls-certificate", "/nowhere/c", "--tls-key", "/nowhere/k"),
                  "tls-certificate: /nowhere/c cannot be read");
    assert_non_null(strstr(why, "tls-key: /nowhere/k does not exist"));
}

static void a_tls_key_everybody_can_read_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(key, 0644), 0);
    assert_unsafe(SERVE("--tls-certificate", certificate, "--tls-key", key), "can be read or written by everybody");
    assert_int_equal(chmod(key, 0640), 0);
    assert_int_equal(SERVE("--tls-certificate", certificate, "--tls-key", key), FAULT_NONE);
    assert_int_equal(chmod(key, 0600), 0);
}

static void a_master_key_everybody_can_read_is_refused(void **state)
{
    (void)state;
    assert_unsafe(SERVE("--behind-proxy", "--key-file", certificate), "key-file: ");
    assert_int_equal(SERVE("--behind-proxy", "--key-file", key), FAULT_NONE);
    assert_int_equal(SERVE("--behind-proxy", "--key-file", "/nowhere/yet"), FAULT_NONE);
}

static void the_live_data_folder_must_be_there_and_be_a_folder(void **state)
{
    (void)state;
    assert_unsafe(CHECK("serve", "--behind-proxy", "--data=/tmp/tijori-is-not-there"), "does not exist");
    assert_unsafe(CHECK("serve", "--behind-proxy", "--data", key), "is not a folder");
    assert_unsafe(CHECK("serve", "--behind-proxy", "--data="), "no folder is named");
    assert_int_equal(chmod(folder, 0750), 0);
    assert_unsafe(SERVE("--behind-proxy"), "is open to its group or to others; chmod 0700 it");
    assert_int_equal(chmod(folder, 0701), 0);
    assert_unsafe(SERVE("--behind-proxy"), "is open to its group or to others; chmod 0700 it");
    assert_int_equal(CHECK("sandbox", "--data", folder), FAULT_NONE);
    assert_int_equal(chmod(folder, 0700), 0);
}

static void a_data_folder_of_another_user_is_refused(void **state)
{
    char made[] = "/tmp/tijori-others-XXXXXX";
    const char *others = geteuid() == 0 ? made : "/";

    (void)state;
    if (geteuid() == 0)
        assert_int_equal(mkdtemp(made) && chown(made, 65534, 65534) == 0, 1);
    assert_unsafe(CHECK("serve", "--behind-proxy", "--data", others), "belongs to another user");
    assert_unsafe(CHECK("sandbox", "--data", others), "belongs to another user");
    if (geteuid() == 0)
        assert_int_equal(rmdir(others), 0);
}

static void every_reason_is_given_a_line_each(void **state)
{
    size_t lines = 0;

    (void)state;
    assert_unsafe(CHECK("serve", "--listen=0.0.0.0:1", "--admin-listen=0.0.0.0:2", "--data=/nowhere"), "serve needs");
    for (const char *c = why; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 4);
}

static void merchant_commands_have_nothing_to_check(void **state)
{
    (void)state;
    assert_int_equal(CHECK("merchant", "list", "--data=/nowhere"), FAULT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sandbox_starts_as_it_is),
        cmocka_unit_test(a_sandbox_outside_loopback_needs_an_explicit_word),
        cmocka_unit_test(the_admin_listener_stays_on_loopback_whatever_is_said),
        cmocka_unit_test(listeners_are_numeric_addresses_with_a_port),
        cmocka_unit_test(an_admin_socket_has_a_path_in_a_folder_that_others_do_not_write),
        cmocka_unit_test(clients_authorities_are_for_our_own_tls),
        cmocka_unit_test(the_live_server_wants_tls_or_a_declared_proxy),
        cmocka_unit_test(a_proxy_does_not_excuse_plain_http_outside_loopback),
        cmocka_unit_test(certificate_and_key_go_together_and_exist),
        cmocka_unit_test(a_tls_key_everybody_can_read_is_refused),
        cmocka_unit_test(a_master_key_everybody_can_read_is_refused),
        cmocka_unit_test(the_live_data_folder_must_be_there_and_be_a_folder),
        cmocka_unit_test(a_data_folder_of_another_user_is_refused),
        cmocka_unit_test(every_reason_is_given_a_line_each),
        cmocka_unit_test(merchant_commands_have_nothing_to_check),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
