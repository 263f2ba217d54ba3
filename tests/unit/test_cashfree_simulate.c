/* test_cashfree_simulate.c: payments decided in the payer's place, at a simulated acquirer (reference 5.3). */
#include "exchange_bed.h"

#include "acquirer/sim/sim_acquirer.h"
#include "dialect/cashfree/cashfree.h"
#include "service/pay.h"

#include "base/banned.h"

#define POST "POST /pg/simulate"
#define GET "GET /pg/simulate/{simulation_id}"

enum { TEXT = 512, ID = 29 };         /* bytes with NUL: of an answer; of a simulation's id */

struct sbed {
    struct fixture *f;
    struct services *s;
    struct xbed x;
    struct acquirer *front;
    struct sim_acquirer *sim;
    int64_t merchant_id;
};

static int setup(void **state)
{
    struct sbed *b = calloc(1, sizeof *b);
    char path[64];
    void *f = NULL;

    assert_non_null(b);
    json_in_start();
    assert_int_equal(fixture_setup(&f), 0);
    b->f = f;
    b->s = &b->f->services;
    b->merchant_id = b->f->merchant.merchant_id;
    (void)snprintf(path, sizeof path, "%s/till", b->f->folder);
    assert_int_equal(acquirer_new(&b->front, &(struct acquirer_options){ 0 }), FAULT_NONE);
    assert_int_equal(sim_acquirer_open(&b->sim, &(struct sim_acquirer_options){
        .path = path, .clock = b->s->clock, .acquirer = b->front }), FAULT_NONE);
    b->s->acquirer = b->front;
    b->s->sim_acquirer = b->sim;
    xbed_open(&b->x, b->f, &cashfree_dialect);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct sbed *b = *state;
    void *f = b->f;

    xbed_close(&b->x);
    acquirer_stop(b->front);
    sim_acquirer_close(b->sim);
    acquirer_free(b->front);
    b->s->acquirer = NULL;
    b->s->sim_acquirer = NULL;
    free(b);
    return fixture_teardown(&f);
}

/* A payment by net banking, which waits at the acquirer for its payer; its id as a text. */
static const char *waiting(struct sbed *b, int64_t payment_no)
{
    static char id[24];
    struct acquirer_call c = { .ask = {
        .op = ACQUIRER_PAY, .ref = { .merchant_id = b->merchant_id, .payment_no = payment_no },
        .amount = { 10000, "INR" }, .source = ACQUIRER_BY_BANK, .channel = PAYMENT_LINK, .handle = "3333",
        .now_ms = FIXTURE_NOW } };

    acquirer_ask_wait(b->front, &c);
    assert_int_equal(c.answer.verdict, ACQUIRER_WAITS);
    (void)snprintf(id, sizeof id, "%llu", (unsigned long long)pay_id(b->s, b->merchant_id, payment_no));
    return id;
}

static enum acquirer_verdict state_of(const struct sbed *b, int64_t payment_no)
{
    static struct acquirer_entry all[ACQUIRER_LIST_MAX];
    size_t n;

    assert_int_equal(sim_acquirer_list(b->sim, all, &n), FAULT_NONE);
    for (size_t i = 0; i < n; i++)
        if (all[i].ref.payment_no == payment_no)
            return all[i].state;
    fail_msg("the acquirer has no such payment");
    return ACQUIRER_VERDICTS;
}

static unsigned send(struct sbed *b, const char *route, const char *param, const char *version, const char *body)
{
    return xbed_send(&b->x, (struct xbed_sent){
        .route = route, .param = param, .body = body,
        .headers = { { "x-api-version", version }, { "x-client-id", b->f->merchant.client_id },
                     { "x-client-secret", b->f->merchant.client_secret } },
    });
}

static unsigned simulate(struct sbed *b, const char *id, const char *status, const char *code)
{
    char body[TEXT], why[96] = "";

    if (code)
        (void)snprintf(why, sizeof why, ",\"payment_error_code\":\"%s\"", code);
    (void)snprintf(body, sizeof body, "{\"entity\":\"PAYMENTS\",\"entity_id\":\"%s\",\"entity_simulation\":"
                   "{\"payment_status\":\"%s\"%s}}", id, status, why);
    return send(b, POST, NULL, "2025-01-01", body);
}

static void check(const struct sbed *b, unsigned status, const char *code)
{
    char want[96];

    (void)snprintf(want, sizeof want, "\"code\":\"%s\"", code);
    if (b->x.x.answer.status != status || !strstr(b->x.body, want))
        fail_msg("%u %s instead of %u %s", b->x.x.answer.status, b->x.body, status, code);
}

/* That of the last answer. */
static void simulation_id(const struct sbed *b, char id[static ID])
{
    static const char head[] = "{\"simulation_id\":\"";

    assert_int_equal(strncmp(b->x.body, head, strlen(head)), 0);
    (void)snprintf(id, ID, "%.28s", b->x.body + strlen(head));
}

static void what_is_simulated_happens_at_the_acquirer(void **state)
{
    static const struct { const char *status, *code; enum acquirer_verdict verdict; } cases[] = {
        { "SUCCESS", NULL, ACQUIRER_CHARGED },
        { "FAILED", NULL, ACQUIRER_DECLINED },
        { "FAILED", "ISSUER_NOT_AVAILABLE", ACQUIRER_BANK_DOWN },
        { "FAILED", "NO_FUNDS", ACQUIRER_NO_FUNDS },
        { "FAILED", "insufficient_funds", ACQUIRER_NO_FUNDS },
        { "FAILED", "whatever_else", ACQUIRER_DECLINED },
        { "USER_DROPPED", NULL, ACQUIRER_DROPPED },
        { "PENDING", NULL, ACQUIRER_WAITS },
    };
    struct sbed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t no = (int64_t)i + 1;

        assert_int_equal(simulate(b, waiting(b, no), cases[i].status, cases[i].code), 200);
        if (state_of(b, no) != cases[i].verdict)
            fail_msg("%s %s", cases[i].status, acquirer_says(state_of(b, no))->name);
    }
}

static void a_simulation_can_be_looked_at_later(void **state)
{
    struct sbed *b = *state;
    char want[TEXT], id[ID], first[TEXT];
    const char *payment = waiting(b, 1);

    assert_int_equal(simulate(b, payment, "FAILED", "ISSUER_NOT_AVAILABLE"), 200);
    (void)snprintf(want, sizeof want, "\"entity\":\"PAYMENTS\",\"entity_id\":\"%s\",\"entity_simulation\":"
                   "{\"payment_status\":\"FAILED\",\"payment_error_code\":\"ISSUER_NOT_AVAILABLE\"}}", payment);
    assert_has(&b->x, want);
    simulation_id(b, id);
    assert_int_equal(strncmp(id, "sim_", 4), 0);
    (void)snprintf(first, sizeof first, "%.500s", b->x.body);
    assert_int_equal(send(b, GET, id, "2025-01-01", NULL), 200);
    assert_string_equal(b->x.body, first);
    (void)send(b, GET, "sim_0123", "2025-01-01", NULL);
    check(b, 404, "simulation_id_invalid");
}

static void another_merchant_sees_neither_payment_nor_simulation(void **state)
{
    struct sbed *b = *state;
    struct merchant_credentials other;
    const char *payment = waiting(b, 1);
    char id[ID];

    assert_int_equal(simulate(b, payment, "PENDING", NULL), 200);
    simulation_id(b, id);
    assert_int_equal(merchant_add(b->s, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    b->f->merchant = other;
    (void)simulate(b, payment, "SUCCESS", NULL);
    check(b, 404, "payment_not_found");
    (void)send(b, GET, id, "2025-01-01", NULL);
    check(b, 404, "simulation_id_invalid");
    assert_int_equal(state_of(b, 1), ACQUIRER_WAITS);
}

static void what_is_decided_stays_decided(void **state)
{
    struct sbed *b = *state;
    const char *payment = waiting(b, 1);

    assert_int_equal(simulate(b, payment, "SUCCESS", NULL), 200);
    (void)simulate(b, payment, "FAILED", NULL);
    check(b, 400, "request_invalid");
    assert_int_equal(state_of(b, 1), ACQUIRER_CHARGED);
}

static void bodies_are_checked(void **state)
{
    static const struct { const char *body; unsigned status; const char *code; } cases[] = {
        { "{}", 400, "entity_missing" },
        { "{\"entity\":\"ORDERS\",\"entity_id\":\"1\",\"entity_simulation\":{\"payment_status\":\"SUCCESS\"}}", 400,
          "entity_invalid" },
        { "{\"entity\":\"SUBS_PAYMENTS\",\"entity_id\":\"1\",\"entity_simulation\":{\"payment_status\":\"SUCCESS\"}}",
          400, "entity_unsupported" },
        { "{\"entity\":\"PAYMENTS\",\"entity_simulation\":{\"payment_status\":\"SUCCESS\"}}", 400,
          "entity_id_missing" },
        { "{\"entity\":\"PAYMENTS\",\"entity_id\":\"abc\",\"entity_simulation\":{\"payment_status\":\"SUCCESS\"}}", 400,
          "entity_id_invalid" },
        { "{\"entity\":\"PAYMENTS\",\"entity_id\":1}", 400, "entity_simulation_missing" },
        { "{\"entity\":\"PAYMENTS\",\"entity_id\":1,\"entity_simulation\":{\"payment_status\":\"GONE\"}}", 400,
          "entity_simulation.payment_status_invalid" },
        { "{\"entity\":\"PAYMENTS\",\"entity_id\":9007199254740993,\"entity_simulation\":"
          "{\"payment_status\":\"SUCCESS\"}}", 404, "payment_not_found" },
    };
    struct sbed *b = *state;
    char mine[24];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)send(b, POST, NULL, "2025-01-01", cases[i].body);
        check(b, cases[i].status, cases[i].code);
    }
    (void)snprintf(mine, sizeof mine, "%llu", (unsigned long long)pay_id(b->s, b->merchant_id, 99));
    (void)simulate(b, mine, "SUCCESS", NULL);         /* ours, and the acquirer has never heard of it */
    check(b, 404, "payment_not_found");
}

static void nothing_is_simulated_where_money_is_real(void **state)
{
    struct sbed *b = *state;
    const char *payment = waiting(b, 1);

    b->s->mode = MODE_LIVE;
    (void)simulate(b, payment, "SUCCESS", NULL);
    check(b, 403, "request_failed");
    (void)send(b, GET, "sim_0123", "2025-01-01", NULL);
    check(b, 403, "request_failed");
    b->s->mode = MODE_SANDBOX;
    b->s->sim_acquirer = NULL;
    (void)simulate(b, payment, "SUCCESS", NULL);
    check(b, 403, "request_failed");
    b->s->sim_acquirer = b->sim;
    assert_int_equal(state_of(b, 1), ACQUIRER_WAITS);
    assert_int_equal(send(b, GET, "sim_0123", "2022-09-01", NULL), 404);
    assert_has(&b->x, "endpoint or method is not valid");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_is_simulated_happens_at_the_acquirer),
        T(a_simulation_can_be_looked_at_later),
        T(another_merchant_sees_neither_payment_nor_simulation),
        T(what_is_decided_stays_decided),
        T(bodies_are_checked),
        T(nothing_is_simulated_where_money_is_real),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
