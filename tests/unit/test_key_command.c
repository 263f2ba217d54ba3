/* test_key_command.c: what `tijori key` shows of the admin listener's answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "cli/key_show.h"
#include "cli/options.h"

#include "base/banned.h"

static char text[8192];

static const char *shown(enum command c, const char *answer)
{
    struct buf b = { (uint8_t *)text, 0, sizeof text - 1, false };

    assert_int_equal(key_show(&b, c, span_of(answer)), FAULT_NONE);
    assert_false(b.full);
    text[b.n] = '\0';
    return text;
}

#define GENERATIONS \
    "\"source\":\"key file\",\"threshold\":0,\"shares\":0,\"set\":\"0011223344556677\",\"version\":3," \
    "\"generations\":[" \
    "{\"purpose\":\"data\",\"id\":\"1a2b3c4d\",\"created_at\":\"today\",\"age_days\":0,\"state\":\"newest\"}," \
    "{\"purpose\":\"data\",\"id\":\"99887766\",\"created_at\":null,\"age_days\":null,\"state\":\"overlap\"}]"
#define SEALING(stage, more) \
    "\"reencryption\":{\"stage\":\"" stage "\",\"paused\":false,\"to\":\"1a2b3c4d\",\"records\":200,\"done\":100," \
    "\"percent\":50" more "}"

static void the_status_has_generations_and_progress(void **state)
{
    (void)state;
    assert_string_equal(
        shown(COMMAND_KEY_STATUS, "{" GENERATIONS "," SEALING("working", "") ",\"tokens_under_older_fingerprint\":0}"),
        "the key of the keys: key file\nkeyring 0011223344556677, version 3\n"
        "PURPOSE  ID        CREATED            DAYS  STATE\n"
        "data     1a2b3c4d  today              0     newest\n"
        "data     99887766  with the key file  -     overlap\n"
        "50 %: 100 of 200 records are under the data key 1a2b3c4d, working\n");
}

static void custodians_old_tokens_and_damage_are_shown_where_there_are_some(void **state)
{
    const char *s;

    (void)state;
    s = shown(COMMAND_KEY_STATUS,
              "{\"source\":\"custodians' shares\",\"threshold\":3,\"shares\":5,\"set\":\"00\",\"version\":1,"
              "\"generations\":[],\"reencryption\":{\"stage\":\"done\",\"paused\":false,\"to\":\"1a2b3c4d\","
              "\"records\":3,\"done\":1,\"percent\":100,\"damaged\":2,\"damaged_in\":[{\"column\":"
              "\"orders.private_sealed\",\"merchant_id\":7,\"records\":2}]},\"tokens_under_older_fingerprint\":12}");
    assert_non_null(strstr(s, "custodians' shares, 3 of 5\n"));
    assert_non_null(strstr(s, "100 %: 1 of 3 records"));
    assert_non_null(strstr(s, "older fingerprint key: 12\n"));
    assert_non_null(strstr(s, "left as they are: 2\n  orders.private_sealed of merchant 7: 2\n"));
}

static void progress_is_one_line_until_it_is_over(void **state)
{
    static const struct { const char *answer, *line; bool over; } cases[] = {
        { "{" GENERATIONS "," SEALING("counting", "") "}", "records under older data keys are being counted", false },
        { "{" GENERATIONS "," SEALING("checking", "") "}",
          "50 %: 100 of 200 records are under the data key 1a2b3c4d, checking", false },
        { "{" GENERATIONS "," SEALING("done", "") "}",
          "50 %: 100 of 200 records are under the data key 1a2b3c4d, done", true },
        { "{" GENERATIONS "," SEALING("none", "") "}", "no record is under an older data key", true },
        { "{" GENERATIONS ",\"reencryption\":{\"stage\":\"counting\",\"paused\":true}}",
          "records under older data keys are being counted; it waits for keyholder or disk", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = { (uint8_t *)text, 0, sizeof text - 1, false };
        bool over = !cases[i].over;

        assert_int_equal(key_show_progress(&b, &over, span_of(cases[i].answer)), FAULT_NONE);
        text[b.n] = '\0';
        assert_string_equal(text, cases[i].line);
        assert_int_equal(over, cases[i].over);
    }
}

static void a_change_says_what_to_do_next(void **state)
{
    const char *s;

    (void)state;
    s = shown(COMMAND_KEY_ROTATE, "{\"purpose\":\"data\",\"id\":\"1a2b3c4d\",\"created_at\":\"now\",\"records\":1000}");
    assert_non_null(strstr(s, "data key 1a2b3c4d is made"));
    assert_non_null(strstr(s, "Copy the folder of the keys again"));
    assert_non_null(strstr(s, "sealed again: 1000\n"));
    s = shown(COMMAND_KEY_ROTATE, "{\"purpose\":\"data\",\"id\":\"1a2b3c4d\",\"records\":null}");
    assert_non_null(strstr(s, "being counted"));
    s = shown(COMMAND_KEY_ROTATE, "{\"purpose\":\"id\",\"id\":\"1a2b3c4d\",\"records\":0}");
    assert_null(strstr(s, "sealed again"));
    assert_string_equal(shown(COMMAND_KEY_DESTROY,
                              "{\"purpose\":\"data\",\"id\":\"1a2b3c4d\",\"destroyed\":true,\"tokens\":0}"),
                        "data key 1a2b3c4d is destroyed\n");
    assert_string_equal(shown(COMMAND_KEY_DESTROY,
                              "{\"purpose\":\"fingerprint\",\"id\":\"1a2b3c4d\",\"destroyed\":true,\"tokens\":3}"),
                        "fingerprint key 1a2b3c4d is destroyed\n"
                        "live tokens whose cards are not recognised any more: 3\n");
}

static void the_inventory_is_a_line_for_each_key_and_one_for_each_name(void **state)
{
    (void)state;
    assert_string_equal(
        shown(COMMAND_KEY_INVENTORY,
              "{\"keys\":[{\"name\":\"data\",\"id\":\"1a2b3c4d\",\"state\":\"newest\",\"algorithm\":\"AES-256-GCM\","
              "\"bits\":256,\"standard\":\"FIPS 197\",\"used_for\":\"records\",\"created_at\":\"t\",\"age_days\":400,"
              "\"period_days\":365,\"over\":true},{\"name\":\"data\",\"id\":\"99887766\",\"state\":\"old\","
              "\"algorithm\":\"AES-256-GCM\",\"bits\":256,\"standard\":\"FIPS 197\",\"used_for\":\"records\","
              "\"created_at\":null,\"age_days\":null,\"over\":false},{\"name\":\"secrets\",\"algorithm\":\"random\","
              "\"standard\":\"none\",\"used_for\":\"calls\",\"count\":2,\"over\":true,\"remark\":\"sealed\\u001b\"},"
              "{\"name\":\"TLS certificate\",\"algorithm\":\"EC\",\"standard\":\"RFC 8446\",\"used_for\":\"calls\","
              "\"created_at\":\"t\",\"age_days\":1,\"expires_at\":\"e\",\"over\":false}]}"),
        "NAME             KEY       STATE           BITS  CREATED OR EXPIRES  DAYS  PERIOD  ALGORITHM\n"
        "data             1a2b3c4d  newest, over    256   t                   400   365     AES-256-GCM\n"
        "data             99887766  old             256   -                   -     -       AES-256-GCM\n"
        "secrets          -         2 in use, over  -     -                   -     -       random\n"
        "TLS certificate  -         -               -     e                   1     -       EC\n"
        "\n"
        "NAME             USED FOR  STANDARD  REMARK\n"
        "data             records   FIPS 197  -\n"
        "secrets          calls     none      sealed?\n"
        "TLS certificate  calls     RFC 8446  -\n");
}

static void an_answer_of_another_kind_is_not_understood(void **state)
{
    static const enum command commands[] = { COMMAND_KEY_STATUS, COMMAND_KEY_INVENTORY, COMMAND_KEY_ROTATE };
    struct buf b = BUF(text);
    bool over;

    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_int_equal(key_show(&b, commands[i], SPAN("{\"merchants\":[]}")), FAULT_BAD_INPUT);
        assert_int_equal(key_show(&b, commands[i], SPAN("no json")), FAULT_BAD_INPUT);
    }
    assert_int_equal(key_show_progress(&b, &over, SPAN("{}")), FAULT_BAD_INPUT);
}

static enum fault read_args(struct options *o, const char *const *args)
{
    struct buf why = { (uint8_t *)text, 0, sizeof text - 1, false };
    enum fault f = options_read(o, args, &why);

    text[why.n] = '\0';
    return f;
}

static void what_a_command_is_told_is_read(void **state)
{
    static const char *const rotate[] = { "key", "rotate", NULL };
    static const char *const destroy[] = {
        "key", "destroy", "--generation", "1a2b3c4d", "--purpose", "id", "--yes", NULL,
    };
    static const char *const nothing[] = { "key", "destroy", NULL };
    static const char *const unknown[] = { "key", "rotate", "--purpose", "base", NULL };
    static const char *const follow[] = { "key", "status", "--follow", NULL };
    struct options o;

    (void)state;
    assert_int_equal(read_args(&o, rotate), FAULT_NONE);
    assert_string_equal(o.purpose, "data");
    assert_int_equal(read_args(&o, destroy), FAULT_NONE);
    assert_string_equal(o.purpose, "id");
    assert_string_equal(o.generation, "1a2b3c4d");
    assert_true(o.yes);
    assert_int_equal(read_args(&o, nothing), FAULT_BAD_INPUT);
    assert_non_null(strstr(text, "needs --generation ID"));
    assert_int_equal(read_args(&o, unknown), FAULT_BAD_INPUT);
    assert_int_equal(read_args(&o, follow), FAULT_NONE);
    assert_true(o.follow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_has_generations_and_progress),
        cmocka_unit_test(custodians_old_tokens_and_damage_are_shown_where_there_are_some),
        cmocka_unit_test(progress_is_one_line_until_it_is_over),
        cmocka_unit_test(a_change_says_what_to_do_next),
        cmocka_unit_test(the_inventory_is_a_line_for_each_key_and_one_for_each_name),
        cmocka_unit_test(an_answer_of_another_kind_is_not_understood),
        cmocka_unit_test(what_a_command_is_told_is_read),
    };

    json_in_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
