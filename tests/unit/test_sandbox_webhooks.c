/* test_sandbox_webhooks.c: faults of webhooks, asked for and shown, without HTTP. */
#include "sandbox_bed.h"

#include "webhook_plain.h"

#include "base/banned.h"

#define BEHAVIOUR "/sandbox/webhooks/behaviour"
#define MANNERS "\"manners\":[\"well\",\"late\",\"twice\",\"out-of-order\",\"lost\"]}"

static int begin(void **state)
{
    struct wbed *b;

    if (setup(state))
        return -1;
    b = *state;
    b->f->services.webhooks = b->webhooks;
    return sandbox_bed_start(b->f);
}

static int end(void **state)
{
    sem_destroy(&resumed);
    return teardown(state);
}

static void each_manner_is_taken_and_shown(void **state)
{
    static const struct { const char *body, *shows; } rows[] = {
        { "{\"manner\":\"late\",\"ms\":60000}", "{\"manner\":\"late\",\"ms\":60000,\"count\":0,\"held\":0," MANNERS },
        { "{\"manner\":\"twice\"}", "{\"manner\":\"twice\",\"ms\":0,\"count\":0,\"held\":0," MANNERS },
        { "{\"manner\":\"Out-Of-Order\"}", "{\"manner\":\"out-of-order\",\"ms\":0,\"count\":0,\"held\":0," MANNERS },
        { "{\"manner\":\"lost\",\"count\":1000}", "{\"manner\":\"lost\",\"ms\":0,\"count\":1000,\"held\":0," MANNERS },
        { "{\"manner\":\"well\"}", "{\"manner\":\"well\",\"ms\":0,\"count\":0,\"held\":0," MANNERS },
    };
    struct wbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ask(b->f, "POST", BEHAVIOUR, rows[i].body), 200);
        assert_string_equal(shown, rows[i].shows);
        assert_int_equal(ask(b->f, "GET", "/sandbox/webhooks", NULL), 200);
        assert_string_equal(shown, rows[i].shows);
    }
}

static void what_is_held_and_what_is_still_to_be_lost_is_counted(void **state)
{
    struct wbed *b = *state;

    endpoint_at(b, merchant(b), URL);
    assert_int_equal(ask(b->f, "POST", BEHAVIOUR, "{\"manner\":\"out-of-order\"}"), 200);
    wbed_tell(b, news(b, 7, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    assert_int_equal(ask(b->f, "GET", "/sandbox/webhooks", NULL), 200);
    assert_shows("\"manner\":\"out-of-order\",\"ms\":0,\"count\":0,\"held\":1,");
    assert_int_equal(ask(b->f, "POST", BEHAVIOUR, "{\"manner\":\"lost\",\"count\":2}"), 200);
    assert_shows("\"count\":2,\"held\":0,");
    wbed_tell(b, news(b, 8, 1));
    wbed_wait(b, merchant(b), 0, DELIVERY_DONE, 1);
    assert_int_equal(ask(b->f, "GET", "/sandbox/webhooks", NULL), 200);
    assert_shows("\"manner\":\"lost\",\"ms\":0,\"count\":1,");
    assert_int_equal(wbed_n_calls(b), 1);
}

static void a_manner_that_makes_no_sense_is_refused(void **state)
{
    static const struct { const char *body, *field; } rows[] = {
        { "{}", "manner" }, { "{\"manner\":\"rudely\"}", "manner" }, { "{\"manner\":[]}", "manner" },
        { "{\"manner\":\"late\"}", "ms" }, { "{\"manner\":\"late\",\"ms\":0}", "ms" },
        { "{\"manner\":\"late\",\"ms\":60001}", "ms" }, { "{\"manner\":\"twice\",\"ms\":5}", "ms" },
        { "{\"manner\":\"lost\"}", "count" }, { "{\"manner\":\"lost\",\"count\":1001}", "count" },
        { "{\"manner\":\"lost\",\"count\":-1}", "count" }, { "{\"manner\":\"well\",\"count\":1}", "count" },
    };
    struct wbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char field[BODY_MAX];

        assert_int_equal(ask(b->f, "POST", BEHAVIOUR, rows[i].body), 400);
        (void)snprintf(field, sizeof field, "\"field\":\"%s\"}", rows[i].field);
        assert_shows(field);
    }
    assert_int_equal(ask(b->f, "GET", "/sandbox/webhooks", NULL), 200);
    assert_shows("{\"manner\":\"well\",");
}

static void a_server_that_sends_no_webhooks_says_so(void **state)
{
    struct wbed *b = *state;

    b->f->services.webhooks = NULL;
    assert_int_equal(ask(b->f, "GET", "/sandbox/webhooks", NULL), 409);
    assert_shows("{\"error\":\"no_webhooks\"");
    assert_int_equal(ask(b->f, "POST", BEHAVIOUR, "{\"manner\":\"well\"}"), 409);
}

#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_manner_is_taken_and_shown),
        T(what_is_held_and_what_is_still_to_be_lost_is_counted),
        T(a_manner_that_makes_no_sense_is_refused),
        T(a_server_that_sends_no_webhooks_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
