/* test_options_file.c: the configuration file, and what is said of a bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/options.h"

#include "base/banned.h"

static struct options o;
static char path[] = "/tmp/tijori-config-XXXXXX";
static char why[1024];

static int open_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 || close(fd) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* Reads `command` with a file that holds `text`; the reason, without the path, is in `why`. */
static enum fault read_as(const char *command, const char *second, const char *text)
{
    const char *const one[] = { command, "--config", path, NULL };
    const char *const two[] = { command, second, "--config", path, NULL };
    struct buf b = { (uint8_t *)why, 0, sizeof why - 1, false };
    FILE *file = fopen(path, "w");
    enum fault f;

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    f = options_read(&o, second ? two : one, &b);
    why[b.n] = '\0';
    if (b.n > sizeof path && strncmp(why, path, sizeof path - 1) == 0)
        memmove(why, why + sizeof path, b.n + 1 - sizeof path);
    return f;
}

static void assert_refused(const char *text, const char *reason)
{
    assert_int_equal(read_as("serve", NULL, text), FAULT_BAD_INPUT);
    assert_string_equal(why, reason);
}

static void every_section_is_read(void **state)
{
    (void)state;
    assert_int_equal(read_as("serve", NULL,
        "; a comment\n# another\n[server]\nlisten = 0.0.0.0:8443\ndata=/srv/tijori ; where it lives\n"
        "behind-proxy = yes\n"
        "threads: 3\n\n[tls]\ntls-certificate = /a.pem\ntls-key = /b.pem\n[keys]\nkey-file = /k\n"
        "[journal]\njournal = -\n[limits]\nrate-get-order = 0\nidempotency-hours = 48\n"), FAULT_NONE);
    assert_string_equal(why, "");
    assert_string_equal(o.listen, "0.0.0.0:8443");
    assert_string_equal(o.data, "/srv/tijori");
    assert_true(o.behind_proxy);
    assert_int_equal(o.threads, 3);
    assert_string_equal(o.tls_certificate, "/a.pem");
    assert_string_equal(o.tls_key, "/b.pem");
    assert_string_equal(o.key_file, "/k");
    assert_string_equal(o.journal, "-");
    assert_int_equal(o.rate[2], 0);
    assert_int_equal(o.rate[1], 200);
    assert_int_equal(o.idempotency_hours, 48);
}

static void an_unknown_key_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_refused("[server]\n\nlisten = 127.0.0.1:1\nlissen = 127.0.0.1:2\n", "line 4: lissen is not an option");
}

static void a_key_in_another_section_is_refused(void **state)
{
    (void)state;
    assert_refused("[tls]\nlisten = 127.0.0.1:1\n", "line 2: listen belongs into section [server]");
    assert_refused("listen = 127.0.0.1:1\n", "line 1: listen belongs into section [server]");
}

static void what_is_for_the_command_line_only_is_refused(void **state)
{
    (void)state;
    assert_refused("[server]\ncheck = true\n", "line 2: check cannot be set in a file");
    assert_refused("[server]\nexpose = true\n", "line 2: expose cannot be set in a file");
}

static void a_key_given_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("[server]\nthreads = 1\n[server]\nthreads = 1\n", "line 4: threads is given twice");
}

static void a_bad_value_is_refused_with_line_and_name(void **state)
{
    (void)state;
    assert_refused("[server]\nthreads = 1\nworkers = lots\n",
                   "line 3: workers: \"lots\" is not a whole number from 0 to 16");
}

static void a_line_that_is_nothing_is_refused(void **state)
{
    (void)state;
    assert_refused("[server]\nthreads\n", "line 2: this is neither [section], key = value, nor a comment");
    assert_refused("[server]\nthreads\nnope = 1\n", "line 2: this is neither [section], key = value, nor a comment");
    assert_refused("[server]\nnope = 1\nthreads\n", "line 2: nope is not an option");
    assert_refused("[server\n", "line 1: this is neither [section], key = value, nor a comment");
}

static void a_line_that_does_not_fit_is_refused_not_cut(void **state)
{
    char text[1200] = "[server]\ndata = /";

    (void)state;
    memset(text + strlen(text), 'd', sizeof text - 1 - strlen(text));
    assert_refused(text, "line 2: the line is too long");
}

static void one_file_serves_all_commands(void **state)
{
    static const char text[] = "[server]\ndata = /srv/tijori\nbehind-proxy = true\n[limits]\nrate-other = 9\n";

    (void)state;
    assert_int_equal(read_as("merchant", "list", text), FAULT_NONE);
    assert_string_equal(o.data, "/srv/tijori");
    assert_int_equal(read_as("sandbox", NULL, text), FAULT_NONE);
    assert_int_equal(o.rate[4], 9);
    assert_false(o.behind_proxy);
    assert_int_equal(read_as("unseal", NULL, "[server]\ndata = /d\n[keys]\nkey-file = /k\nhsm-key = t\n"), FAULT_NONE);
    assert_string_equal(o.data, "/d");
    assert_string_equal(o.key_file, "/k");
    assert_int_equal(read_as("audit", "tail", "[server]\ndata = /e\n[keys]\nkey-file = /k\n"), FAULT_NONE);
    assert_string_equal(o.data, "/e");
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct buf b = { (uint8_t *)why, 0, sizeof why - 1, false };

    (void)state;
    assert_int_equal(options_read(&o, (const char *const[]){ "serve", "--config=/nowhere/x.ini", NULL }, &b),
                     FAULT_BAD_INPUT);
    why[b.n] = '\0';
    assert_string_equal(why, "cannot read /nowhere/x.ini: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_section_is_read),
        cmocka_unit_test(an_unknown_key_is_refused_with_its_line),
        cmocka_unit_test(a_key_in_another_section_is_refused),
        cmocka_unit_test(what_is_for_the_command_line_only_is_refused),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(a_bad_value_is_refused_with_line_and_name),
        cmocka_unit_test(a_line_that_is_nothing_is_refused),
        cmocka_unit_test(a_line_that_does_not_fit_is_refused_not_cut),
        cmocka_unit_test(one_file_serves_all_commands),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, open_file, remove_file);
}
