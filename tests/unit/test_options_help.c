/* test_options_help.c: --help and the manual page say what the table says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cli/option_table.h"

#include "base/banned.h"

enum { TEXT_MAX = 64 * 1024 };
static char text[TEXT_MAX];

static const char *help_of(enum command c)
{
    struct buf b = { (uint8_t *)text, 0, sizeof text - 1, false };

    options_help(&b, c);
    assert_false(b.full);
    text[b.n] = '\0';
    return text;
}

static const char *manual(void)
{
    struct buf b = { (uint8_t *)text, 0, sizeof text - 1, false };

    options_manual(&b);
    assert_false(b.full);
    text[b.n] = '\0';
    return text;
}

static void the_overview_names_every_command(void **state)
{
    const char *help = help_of(COMMAND_HELP);

    (void)state;
    for (enum command c = 0; c < COMMANDS; c++)
        assert_non_null(strstr(help, command_rows[c].summary));
    assert_non_null(strstr(help, "merchant rotate-secret ID"));
    assert_non_null(strstr(help, "merchant add NAME"));
}

static void the_help_of_a_group_names_its_commands_and_no_other(void **state)
{
    unsigned groups = 0;

    (void)state;
    assert_int_equal(strncmp(help_of(COMMAND_MERCHANT), "usage: tijori merchant COMMAND [options]\n", 41), 0);
    for (enum command group = 0; group < COMMANDS; group++) {
        if (!command_is_group(group))
            continue;
        groups++;
        for (enum command c = 0; c < COMMANDS; c++)
            assert_int_equal(strstr(help_of(group), command_rows[c].summary) != NULL,
                             c != group && strcmp(command_rows[c].first, command_rows[group].first) == 0);
    }
    assert_int_equal(groups, 8);
    assert_true(command_is_group(COMMAND_MERCHANT) && command_is_group(COMMAND_WEBHOOK));
    assert_true(command_is_group(COMMAND_JWE) && command_is_group(COMMAND_PAYTM));
}

static void the_help_of_a_command_shows_its_options_and_no_other(void **state)
{
    (void)state;
    for (enum command c = COMMAND_SANDBOX; c < COMMANDS; c++) {
        const char *help = help_of(c);

        for (const struct option_row *r = option_rows; r->name; r++) {
            char flag[OPTION_ENV_TEXT] = "\n  --";
            struct buf b = { (uint8_t *)flag, 5, sizeof flag - 1, false };

            buf_text(&b, r->name);
            buf_byte(&b, r->argument ? ' ' : '\n');
            if (!r->argument && !r->flag_only)
                continue;             /* followed by its environment variable instead */
            assert_int_equal(strstr(help, flag) != NULL, option_belongs(r, c));
        }
    }
}

static void the_published_limits_are_the_live_servers_defaults(void **state)
{
    (void)state;
    assert_non_null(strstr(help_of(COMMAND_SERVE), "--rate-get-order N    (default 400)"));
    assert_non_null(strstr(help_of(COMMAND_SANDBOX), "--rate-get-order N    (default 0)"));
}

static void no_line_of_help_is_wider_than_a_terminal(void **state)
{
    (void)state;
    for (enum command c = 0; c < COMMANDS; c++)
        for (const char *line = help_of(c); *line; line += strcspn(line, "\n") + 1)
            assert_true(strcspn(line, "\n") <= 100);
}

static void every_option_has_a_help_and_a_distinct_name(void **state)
{
    (void)state;
    for (const struct option_row *r = option_rows; r->name; r++) {
        assert_true(r->help && strlen(r->help) > 10);
        assert_ptr_equal(option_find(span_of(r->name)), r);
        assert_true(r->commands != 0);
        assert_int_equal(r->argument == NULL, r->value == VALUE_SWITCH);
        assert_false(r->section && r->flag_only);
    }
    assert_null(option_find(SPAN("lis")));
    assert_null(option_find(SPAN("")));
}

static void environment_names_follow_from_option_names(void **state)
{
    char env[OPTION_ENV_TEXT];

    (void)state;
    option_env(env, option_find(SPAN("rate-create-order")));
    assert_string_equal(env, "TIJORI_RATE_CREATE_ORDER");
    option_env(env, option_find(SPAN("check")));
    assert_string_equal(env, "");
}

static void the_manual_names_every_option_once(void **state)
{
    const char *page = manual();

    (void)state;
    assert_int_equal(strncmp(page, ".TH TIJORI 1", 12), 0);
    for (const struct option_row *r = option_rows; r->name; r++) {
        char entry[128] = "";
        struct buf b = { (uint8_t *)entry, 0, sizeof entry - 1, false };
        const char *found;

        buf_text(&b, ".TP\n\\fB\\-\\-");
        for (const char *c = r->name; *c; c++)
            buf_text(&b, *c == '-' ? "\\-" : (const char[]){ *c, '\0' });
        buf_text(&b, "\\fR");
        found = strstr(page, entry);
        assert_non_null(found);
        assert_null(strstr(found + 1, entry));
    }
}

static void no_text_of_the_manual_is_taken_for_a_request(void **state)
{
    static const char *const requests[] = { ".TH ", ".SH ", ".TP\n", ".PP\n", ".nf\n", ".fi\n" };

    (void)state;
    for (const char *line = manual(); *line; line += strcspn(line, "\n") + 1) {
        bool known = *line != '.' && *line != '\'';

        for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
            known = known || strncmp(line, requests[i], strlen(requests[i])) == 0;
        assert_true(known);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_overview_names_every_command),
        cmocka_unit_test(the_help_of_a_group_names_its_commands_and_no_other),
        cmocka_unit_test(the_help_of_a_command_shows_its_options_and_no_other),
        cmocka_unit_test(the_published_limits_are_the_live_servers_defaults),
        cmocka_unit_test(no_line_of_help_is_wider_than_a_terminal),
        cmocka_unit_test(every_option_has_a_help_and_a_distinct_name),
        cmocka_unit_test(environment_names_follow_from_option_names),
        cmocka_unit_test(the_manual_names_every_option_once),
        cmocka_unit_test(no_text_of_the_manual_is_taken_for_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
