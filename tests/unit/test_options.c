/* test_options.c: command lines, environment, precedence. */
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
static char why[1024];

/* Reads the words and keeps the reason, as text, in `why`. */
static enum fault read_words(const char *const *words)
{
    struct buf b = { (uint8_t *)why, 0, sizeof why - 1, false };
    enum fault f = options_read(&o, words, &b);

    why[b.n] = '\0';
    return f;
}
#define READ(...) read_words((const char *const[]){ __VA_ARGS__, NULL })

static void assert_refused(enum fault f, const char *reason)
{
    assert_int_equal(f, FAULT_BAD_INPUT);
    assert_string_equal(why, reason);
}

static int clean_environment(void **state)
{
    (void)state;
    unsetenv("TIJORI_LISTEN");
    unsetenv("TIJORI_THREADS");
    unsetenv("TIJORI_CONFIG");
    unsetenv("TIJORI_BEHIND_PROXY");
    unsetenv("TIJORI_JSON");
    return 0;
}

static void the_sandbox_needs_no_options(void **state)
{
    (void)state;
    assert_int_equal(READ("sandbox"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_SANDBOX);
    assert_string_equal(o.listen, "127.0.0.1:8080");
    assert_string_equal(o.admin_listen, "127.0.0.1:8081");
    assert_string_equal(o.data, "./tijori-data");
    assert_string_equal(o.journal, "");
    assert_int_equal(o.idempotency_hours, 24);
    assert_string_equal(o.network, "simulated");
    assert_int_equal(o.network_wait_ms, 3000);
    assert_string_equal(o.acquirer, "simulated");
    assert_int_equal(o.acquirer_wait_ms, 3000);
    assert_string_equal(o.webhooks, "on");
    assert_int_equal(o.card_budget, 0);
    assert_false(o.strict_consent || o.rupay_auth_ref || o.paytm_short_status);
    for (size_t i = 0; i < OPTIONS_RATES; i++)
        assert_int_equal(o.rate[i], 0);
    assert_false(o.help || o.check || o.expose || o.behind_proxy);
    assert_string_equal(why, "");
}

static void the_live_server_limits_calls_as_published(void **state)
{
    static const int64_t published[OPTIONS_RATES] = { 200, 200, 400, 100, 200, 0, 100, 60, 100, 30, 30 };

    (void)state;
    assert_int_equal(READ("serve", "--check"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_SERVE);
    assert_true(o.check);
    assert_string_equal(o.data, "/var/lib/tijori");
    for (size_t i = 0; i < OPTIONS_RATES; i++)
        assert_int_equal(o.rate[i], published[i]);
}

static void the_live_server_has_no_network_until_one_is_named(void **state)
{
    (void)state;
    assert_int_equal(READ("serve"), FAULT_NONE);
    assert_string_equal(o.network, "none");
    assert_int_equal(o.card_budget, 1000);
    assert_int_equal(READ("serve", "--network", "simulated", "--network-wait=250", "--strict-consent",
                          "--rupay-auth-ref", "--paytm-short-status", "--card-budget", "7"), FAULT_NONE);
    assert_string_equal(o.network, "simulated");
    assert_int_equal(o.network_wait_ms, 250);
    assert_int_equal(o.card_budget, 7);
    assert_true(o.strict_consent && o.rupay_auth_ref && o.paytm_short_status);
}

static void the_live_server_has_no_acquirer_until_one_is_named_and_sends_webhooks(void **state)
{
    (void)state;
    assert_int_equal(READ("serve"), FAULT_NONE);
    assert_string_equal(o.acquirer, "none");
    assert_string_equal(o.webhooks, "on");
    assert_int_equal(READ("serve", "--acquirer", "simulated", "--acquirer-wait=250", "--webhooks", "off"), FAULT_NONE);
    assert_string_equal(o.acquirer, "simulated");
    assert_int_equal(o.acquirer_wait_ms, 250);
    assert_string_equal(o.webhooks, "off");
    assert_int_equal(READ("serve", "--acquirer", "bank"), FAULT_BAD_INPUT);
    assert_int_equal(READ("serve", "--acquirer-wait", "30001"), FAULT_BAD_INPUT);
    assert_int_equal(READ("serve", "--webhooks", "yes"), FAULT_BAD_INPUT);
}

static void a_choice_is_one_of_its_words(void **state)
{
    static const char *const wrong[] = { "", "simulate", "simulatedx", "simulated|none", "|", "NONE" };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(READ("sandbox", "--network", wrong[i]), FAULT_BAD_INPUT);
        assert_non_null(strstr(why, "is none of simulated|none"));
    }
    assert_int_equal(READ("sandbox", "--network-wait", "0"), FAULT_BAD_INPUT);
}

static void a_command_may_have_three_words(void **state)
{
    static const char needs[] = "admin needs one of token create, token list, token revoke, not token";

    (void)state;
    assert_int_equal(READ("admin", "token", "create", "nightly", "--scope", "read,backup", "--days", "30"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_ADMIN_TOKEN_CREATE);
    assert_string_equal(o.name, "nightly");
    assert_string_equal(o.scopes, "read,backup");
    assert_int_equal(o.days, 30);
    assert_int_equal(READ("admin", "token", "revoke", "--name", "nightly"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_ADMIN_TOKEN_REVOKE);
    assert_int_equal(READ("help", "admin", "token", "list"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_ADMIN_TOKEN_LIST);
    assert_refused(READ("admin", "token", "nightly"), needs);
    assert_refused(READ("admin", "token"), needs);
    assert_int_equal(READ("admin", "tok", "--help"), FAULT_BAD_INPUT);
    assert_int_equal(READ("admin", "token", "--help"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_ADMIN);
    assert_true(o.help);
    assert_int_equal(READ("admin", "token list"), FAULT_BAD_INPUT);
    assert_refused(READ("admin", "token", "create", "nightly"), "admin token create needs --scope LIST");
    assert_refused(READ("admin", "token", "revoke"), "admin token revoke needs a NAME");
}

static void a_value_is_the_next_word_or_stands_behind_an_equals_sign(void **state)
{
    (void)state;
    assert_int_equal(READ("sandbox", "--listen", "127.0.0.1:9", "--data=/tmp/a=b", "--threads=4", "--expose"),
                     FAULT_NONE);
    assert_string_equal(o.listen, "127.0.0.1:9");
    assert_string_equal(o.data, "/tmp/a=b");
    assert_int_equal(o.threads, 4);
    assert_true(o.expose);
    assert_int_equal(READ("sandbox", "--expose=false", "--public-url="), FAULT_NONE);
    assert_false(o.expose);
    assert_string_equal(o.public_url, "");
}

static void a_free_public_port_means_a_free_admin_port(void **state)
{
    (void)state;
    assert_int_equal(READ("sandbox", "--listen", "127.0.0.1:0"), FAULT_NONE);
    assert_string_equal(o.admin_listen, "127.0.0.1:0");
    assert_int_equal(READ("sandbox", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:7"), FAULT_NONE);
    assert_string_equal(o.admin_listen, "127.0.0.1:7");
    assert_int_equal(READ("sandbox", "--listen", "127.0.0.1:80"), FAULT_NONE);
    assert_string_equal(o.admin_listen, "127.0.0.1:8081");
}

static void what_a_command_does_not_take_is_refused(void **state)
{
    (void)state;
    assert_refused(READ("sandbox", "--no-such"), "there is no option --no-such");
    assert_refused(READ("sandbox", "--no-such=3"), "there is no option --no-such");
    assert_refused(READ("sandbox", "--check"), "this command does not take --check");
    assert_refused(READ("serve", "--expose"), "this command does not take --expose");
    assert_refused(READ("sandbox", "--listen"), "--listen needs a value");
    assert_refused(READ("sandbox", "--data=a", "--data=b"), "--data is given twice");
    assert_refused(READ("sandbox", "-l"), "there is no option -l");
    assert_refused(READ("sandbox", "extra"), "\"extra\" is one word too many");
}

static void numbers_keep_to_their_range(void **state)
{
    (void)state;
    assert_refused(READ("sandbox", "--threads", "17"), "--threads: \"17\" is not a whole number from 0 to 16");
    assert_refused(READ("sandbox", "--threads=-1"), "--threads: \"-1\" is not a whole number from 0 to 16");
    assert_refused(READ("sandbox", "--threads=two"), "--threads: \"two\" is not a whole number from 0 to 16");
    assert_refused(READ("sandbox", "--threads="), "--threads: \"\" is not a whole number from 0 to 16");
    assert_refused(READ("sandbox", "--idempotency-hours=0"),
                   "--idempotency-hours: \"0\" is not a whole number from 1 to 720");
    assert_refused(READ("serve", "--check=maybe"), "--check: \"maybe\" is neither true nor false");
}

static void a_value_that_does_not_fit_is_refused_not_cut(void **state)
{
    char value[OPTIONS_TEXT + 1];

    (void)state;
    memset(value, 'x', sizeof value);
    value[OPTIONS_TEXT] = '\0';
    assert_refused(READ("sandbox", "--data", value), "--data: the value is too long");
    value[OPTIONS_TEXT - 1] = '\0';
    assert_int_equal(READ("sandbox", "--data", value), FAULT_NONE);
    assert_string_equal(o.data, value);
}

static void a_flag_wins_over_the_environment_and_that_over_the_file(void **state)
{
    char path[] = "/tmp/tijori-options-XXXXXX";
    int fd = mkstemp(path);
    static const char text[] = "[server]\nlisten = 127.0.0.1:1\nthreads = 1\nworkers = 1\n";

    (void)state;
    assert_true(fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && close(fd) == 0);
    setenv("TIJORI_LISTEN", "127.0.0.1:2", 1);
    setenv("TIJORI_THREADS", "2", 1);
    assert_int_equal(READ("sandbox", "--config", path, "--listen", "127.0.0.1:3"), FAULT_NONE);
    assert_string_equal(o.listen, "127.0.0.1:3");
    assert_int_equal(o.threads, 2);
    assert_int_equal(o.workers, 1);

    setenv("TIJORI_CONFIG", path, 1);
    assert_int_equal(READ("sandbox"), FAULT_NONE);
    assert_string_equal(o.listen, "127.0.0.1:2");
    assert_int_equal(o.workers, 1);
    assert_int_equal(unlink(path), 0);
}

static void an_empty_environment_variable_counts_as_not_set(void **state)
{
    (void)state;
    setenv("TIJORI_LISTEN", "", 1);
    assert_int_equal(READ("sandbox"), FAULT_NONE);
    assert_string_equal(o.listen, "127.0.0.1:8080");
}

static void a_bad_environment_variable_is_named(void **state)
{
    (void)state;
    setenv("TIJORI_THREADS", "many", 1);
    assert_refused(READ("sandbox"), "TIJORI_THREADS: \"many\" is not a whole number from 0 to 16");
    assert_int_equal(READ("merchant", "list"), FAULT_NONE);          /* which does not take it */
}

static void switches_can_be_set_by_the_environment_unless_they_are_for_one_call(void **state)
{
    (void)state;
    setenv("TIJORI_BEHIND_PROXY", "yes", 1);
    assert_int_equal(READ("serve"), FAULT_NONE);
    assert_true(o.behind_proxy);
    assert_int_equal(READ("serve", "--behind-proxy=off"), FAULT_NONE);
    assert_false(o.behind_proxy);
    setenv("TIJORI_JSON", "yes", 1);
    assert_int_equal(READ("merchant", "list"), FAULT_NONE);
    assert_false(o.json);
}

static void merchant_commands_take_their_object_with_or_without_a_flag(void **state)
{
    (void)state;
    assert_int_equal(READ("merchant", "add", "Chai Point", "--currencies", "INR,USD"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_MERCHANT_ADD);
    assert_string_equal(o.name, "Chai Point");
    assert_string_equal(o.currencies, "INR,USD");
    assert_int_equal(READ("merchant", "add", "--name=Chai"), FAULT_NONE);
    assert_string_equal(o.name, "Chai");
    assert_string_equal(o.currencies, "INR");
    assert_int_equal(READ("merchant", "disable", "7", "--json"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_MERCHANT_DISABLE);
    assert_int_equal(o.merchant_id, 7);
    assert_true(o.json);
    assert_int_equal(READ("merchant", "rotate-secret", "--id", "8", "--overlap=0"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_MERCHANT_ROTATE);
    assert_int_equal(o.merchant_id, 8);
    assert_int_equal(o.overlap_seconds, 0);
    assert_int_equal(READ("merchant", "rotate-secret", "9"), FAULT_NONE);
    assert_int_equal(o.overlap_seconds, 86400);
}

static void merchant_commands_without_their_object_are_refused(void **state)
{
    (void)state;
    assert_refused(READ("merchant", "add"), "merchant add needs a NAME");
    assert_refused(READ("merchant", "add", ""), "merchant add needs a NAME");
    assert_refused(READ("merchant", "disable"), "merchant disable needs an ID (see tijori merchant list)");
    assert_refused(READ("merchant", "disable", "0"), "--id: \"0\" is not a whole number from 1 to 9223372036854775807");
    assert_refused(READ("merchant", "disable", "1", "2"), "--id is given twice");
    assert_refused(READ("merchant", "list", "1"), "\"1\" is one word too many");
}

static void a_name_may_begin_with_a_dash_behind_two_dashes(void **state)
{
    (void)state;
    assert_int_equal(READ("merchant", "add", "--", "--help"), FAULT_NONE);
    assert_string_equal(o.name, "--help");
    assert_false(o.help);
}

#define VERBS "add, list, disable, rotate-secret, juspay-key, public-key, paytm-key, onboard, origin"

static void unknown_commands_are_named(void **state)
{
    (void)state;
    assert_refused(READ("sandbx"), "there is no command \"sandbx\" (see tijori help)");
    assert_refused(READ("merchant", "--json"), "merchant needs one of " VERBS ", not --json");
    assert_refused(READ("help", "merchant", "sell"), "merchant needs one of " VERBS ", not sell");
    assert_refused(READ("merchant", "sell"), "merchant needs one of " VERBS ", not sell");
}

static void the_merchants_further_keys_have_commands(void **state)
{
    (void)state;
    assert_int_equal(READ("merchant", "juspay-key", "7", "--replace"), FAULT_NONE);
    assert_true(o.command == COMMAND_MERCHANT_JUSPAY_KEY && o.merchant_id == 7 && o.replace);
    assert_int_equal(READ("merchant", "juspay-key"), FAULT_BAD_INPUT);
    assert_non_null(strstr(why, "merchant juspay-key needs an ID"));
    assert_int_equal(READ("merchant", "public-key", "7", "--public-key", "k.pem", "--key-id=key_1"), FAULT_NONE);
    assert_string_equal(o.public_key, "k.pem");
    assert_string_equal(o.key_id, "key_1");
    assert_int_equal(READ("merchant", "public-key", "7"), FAULT_BAD_INPUT);
    assert_non_null(strstr(why, "needs --public-key FILE"));
    assert_int_equal(READ("merchant", "paytm-key", "7"), FAULT_NONE);
    assert_string_equal(o.client_id, "tijori");
    assert_string_equal(o.key_version, "v1");
    assert_int_equal(READ("merchant", "onboard", "7"), FAULT_NONE);
    assert_string_equal(o.scheme, "all");
    assert_int_equal(READ("merchant", "onboard", "7", "--scheme", "rupay"), FAULT_NONE);
    assert_int_equal(READ("merchant", "onboard", "7", "--scheme", "maestro"), FAULT_BAD_INPUT);
    assert_int_equal(READ("merchant", "origin", "7"), FAULT_BAD_INPUT);
    assert_non_null(strstr(why, "needs --origin ORIGIN"));
    assert_int_equal(READ("merchant", "origin", "7", "--origin", "https://shop.example", "--remove"), FAULT_NONE);
    assert_true(o.remove);
}

static void the_tools_read_their_keys_from_the_sandbox_by_default(void **state)
{
    (void)state;
    assert_int_equal(READ("jwe", "encrypt"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_JWE_ENCRYPT);
    assert_string_equal(o.data, "./tijori-data");
    assert_string_equal(o.enc, "A256GCM");
    assert_string_equal(o.public_key, "");
    assert_string_equal(o.kid, "");
    assert_false(o.double_encoded);
    assert_int_equal(READ("jwe", "encrypt", "--enc", "A192GCM"), FAULT_BAD_INPUT);
    assert_int_equal(READ("jwe", "decrypt", "--private-key", "k"), FAULT_NONE);
    assert_int_equal(READ("jwe", "decrypt", "--public-key", "k"), FAULT_BAD_INPUT);
    assert_int_equal(READ("paytm", "sign", "--raw", "--credentials", "c"), FAULT_NONE);
    assert_true(o.raw);
    assert_int_equal(READ("paytm", "verify"), FAULT_BAD_INPUT);
    assert_non_null(strstr(why, "needs --signature TEXT"));
    assert_int_equal(READ("paytm", "sing"), FAULT_BAD_INPUT);
    assert_string_equal(why, "paytm needs one of sign, verify, not sing");
    assert_int_equal(READ("jwe"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_JWE);
}

static void help_can_be_asked_in_every_way(void **state)
{
    static const char *const verbs[] = { "add", "list", "disable", "rotate-secret", "juspay-key", "public-key",
                                         "paytm-key", "onboard", "origin", NULL };

    (void)state;
    assert_int_equal(read_words((const char *const[]){ NULL }), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_HELP);
    assert_int_equal(READ("help"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_HELP);
    assert_int_equal(READ("-h"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_HELP);
    assert_int_equal(READ("merchant"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_MERCHANT);
    assert_int_equal(READ("merchant", "--help"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_MERCHANT);
    assert_int_equal(READ("help", "merchant"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_MERCHANT);
    assert_int_equal(READ("help", "serve"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_SERVE);
    assert_int_equal(READ("help", "merchant", "add"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_MERCHANT_ADD);
    for (const char *const *verb = verbs; *verb; verb++) {
        enum command whose;

        assert_int_equal(READ("help", "merchant", *verb), FAULT_NONE);
        whose = o.command;
        assert_true(o.help && whose > COMMAND_MERCHANT);
        assert_int_equal(READ("merchant", *verb, "-h"), FAULT_NONE);
        assert_true(o.help && o.command == whose);
    }
    assert_int_equal(READ("sandbox", "--wrong", "--help"), FAULT_NONE);
    assert_true(o.help && o.command == COMMAND_SANDBOX);
}

static void the_version_is_a_command_and_a_flag(void **state)
{
    (void)state;
    assert_int_equal(READ("version"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_VERSION);
    assert_int_equal(READ("--version"), FAULT_NONE);
    assert_int_equal(o.command, COMMAND_VERSION);
}

#define FRESH(test) cmocka_unit_test_setup(test, clean_environment)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(the_sandbox_needs_no_options),
        FRESH(the_live_server_limits_calls_as_published),
        FRESH(the_live_server_has_no_network_until_one_is_named),
        FRESH(the_live_server_has_no_acquirer_until_one_is_named_and_sends_webhooks),
        FRESH(a_choice_is_one_of_its_words),
        FRESH(the_merchants_further_keys_have_commands),
        FRESH(the_tools_read_their_keys_from_the_sandbox_by_default),
        FRESH(a_command_may_have_three_words),
        FRESH(a_value_is_the_next_word_or_stands_behind_an_equals_sign),
        FRESH(a_free_public_port_means_a_free_admin_port),
        FRESH(what_a_command_does_not_take_is_refused),
        FRESH(numbers_keep_to_their_range),
        FRESH(a_value_that_does_not_fit_is_refused_not_cut),
        FRESH(a_flag_wins_over_the_environment_and_that_over_the_file),
        FRESH(an_empty_environment_variable_counts_as_not_set),
        FRESH(a_bad_environment_variable_is_named),
        FRESH(switches_can_be_set_by_the_environment_unless_they_are_for_one_call),
        FRESH(merchant_commands_take_their_object_with_or_without_a_flag),
        FRESH(merchant_commands_without_their_object_are_refused),
        FRESH(a_name_may_begin_with_a_dash_behind_two_dashes),
        FRESH(unknown_commands_are_named),
        FRESH(help_can_be_asked_in_every_way),
        FRESH(the_version_is_a_command_and_a_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
