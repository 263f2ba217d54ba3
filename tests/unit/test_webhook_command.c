/* test_webhook_command.c: what `tijori webhook` shows of the admin listener's answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "cli/options.h"
#include "cli/table.h"
#include "cli/webhook_show.h"

#include "base/banned.h"

static char text[4096];

static const char *shown(enum command c, const char *answer)
{
    struct buf b = { (uint8_t *)text, 0, sizeof text - 1, false };

    assert_int_equal(webhook_show(&b, c, span_of(answer)), FAULT_NONE);
    assert_false(b.full);
    text[b.n] = '\0';
    return text;
}

static void endpoints_are_a_table(void **state)
{
    (void)state;
    assert_string_equal(
        shown(COMMAND_WEBHOOK_LIST,
              "{\"endpoints\":[{\"endpoint\":1,\"kind\":\"cashfree\",\"url\":\"https://a.example\",\"version\":"
              "\"2025-01-01\",\"events\":[\"REFUND\",\"AUTO_REFUND\"],\"policy\":\"fixed\",\"tries\":5,"
              "\"interval_seconds\":60,\"created_at\":\"now\"},{\"endpoint\":12,\"kind\":\"paytm\",\"url\":"
              "\"https://b.example\",\"version\":null,\"events\":[\"TOKEN\"],\"policy\":\"default\",\"created_at\":"
              "\"now\"}]}"),
        "NO  KIND      VERSION     TRIED AGAIN     URL                EVENTS              CREATED\n"
        "1   cashfree  2025-01-01  fixed 5 x 60 s  https://a.example  REFUND,AUTO_REFUND  now\n"
        "12  paytm                 default         https://b.example  TOKEN               now\n");
}

static void a_delivery_is_lines_and_its_body(void **state)
{
    (void)state;
    assert_string_equal(
        shown(COMMAND_WEBHOOK_SHOW,
              "{\"delivery\":7,\"endpoint\":1,\"url\":null,\"event\":\"REFUND\",\"order_id\":\"order_1\",\"state\":"
              "\"due\",\"attempts\":2,\"outcome\":\"ANSWERED\",\"status\":503,\"told_at\":\"t\",\"due_at\":\"d\","
              "\"ended_at\":\"e\",\"body\":\"{\\\"a\\\":1}\\u001b\"}"),
        "delivery  7\nendpoint  1\nevent     REFUND\norder     order_1\nstate     due\nattempts  2\n"
        "outcome   ANSWERED\nstatus    503\ntold at   t\ndue at    d\nended at  e\n{\"a\":1}?\n");
    assert_string_equal(shown(COMMAND_WEBHOOK_RESEND, "{\"merchant_id\":1,\"delivery\":7,\"due\":true}"),
                        "delivery  7\n");
    assert_string_equal(shown(COMMAND_WEBHOOK_ADD, "{\"merchant_id\":1,\"endpoint\":2,\"added\":true}"),
                        "added endpoint 2\n");
}

static void an_answer_of_another_kind_is_not_understood(void **state)
{
    struct buf b = BUF(text);

    (void)state;
    assert_int_equal(webhook_show(&b, COMMAND_WEBHOOK_LIST, SPAN("{\"merchants\":[]}")), FAULT_BAD_INPUT);
    assert_int_equal(webhook_show(&b, COMMAND_WEBHOOK_DELIVERIES, SPAN("[]")), FAULT_BAD_INPUT);
}

static enum fault read_args(struct options *o, const char *const *args)
{
    struct buf why = { (uint8_t *)text, 0, sizeof text - 1, false };
    enum fault f = options_read(o, args, &why);

    text[why.n] = '\0';
    return f;
}

static void what_a_command_cannot_do_without_is_asked_for(void **state)
{
    static const struct { const char *args[6], *why; } cases[] = {
        { { "webhook", "add", "1" }, "webhook add needs --url URL" },
        { { "webhook", "list" }, "webhook list needs an ID" },
        { { "webhook", "remove", "1" }, "webhook remove needs --endpoint N" },
        { { "webhook", "show", "1" }, "webhook show needs --delivery N" },
        { { "webhook", "resend", "1" }, "webhook resend needs --delivery N" },
        { { "webhook", "deliveries", "1", "--state", "lost" }, "is none of" },
    };
    struct options o;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_args(&o, cases[i].args), FAULT_BAD_INPUT);
        assert_non_null(strstr(text, cases[i].why));
    }
    assert_int_equal(read_args(&o, (const char *const[]){ "webhook", "show", "3", "--delivery", "9", NULL }),
                     FAULT_NONE);
    assert_int_equal(o.merchant_id, 3);
    assert_int_equal(o.delivery, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_are_a_table),
        cmocka_unit_test(a_delivery_is_lines_and_its_body),
        cmocka_unit_test(an_answer_of_another_kind_is_not_understood),
        cmocka_unit_test(what_a_command_cannot_do_without_is_asked_for),
    };

    json_in_start();
    return cmocka_run_group_tests_name("webhook_command", tests, NULL, NULL);
}
