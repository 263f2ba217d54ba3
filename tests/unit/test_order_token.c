/* v2 order tokens: their shape, what they are bound to, and for how long. */
#include "service/order_token.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "domain/order.h"
#include "fixture.h"

#include "base/banned.h"

enum { NOW_S = FIXTURE_NOW / 1000, LATER_S = NOW_S + ORDER_TOKEN_LIFE_S };

/* The sample of the documentation (cftoken, iOS guide). */
static const char sample[] =
    "v79JCN4MzUIJiOicGbhJCLiQ1VKJiOiAXe0Jye."
    "s79BTM0AjNwUDN1EjOiAHelJCLiIlTJJiOik3YuVmcyV3QyVGZy9mIsEjOiQnb19WbBJXZkJ3biwiIxADMwIXZkJ3TiojIklkclRmcvJye."
    "K3NKICVS5DcEzXm2VQUO_ZagtWMIKKXzYOqPZ4x0r2P_N3-PRu2mowm-8UXoyqAgsG";

struct token { char text[ORDER_TOKEN_MAX]; size_t n; };

static struct span token_span(const struct token *t)
{
    return (struct span){ (const uint8_t *)t->text, t->n };
}

static struct order_claims claims_of(const char *order_id, const char *amount, const char *currency, int64_t expires_s)
{
    struct order_claims c = { .order_id = span_of(order_id), .expires_s = expires_s };

    assert_int_equal(money_read(&c.amount, span_of(amount), span_of(currency)), FAULT_NONE);
    return c;
}

static struct token mint(struct fixture *f, const char *app_id, const struct order_claims *c)
{
    struct token t;
    struct buf out = BUF(t.text);

    assert_int_equal(order_token_mint(&f->services, &out, span_of(app_id), c), FAULT_NONE);
    assert_true(out.n < ORDER_TOKEN_MAX);
    t.n = out.n;
    return t;
}

static enum fault verify_at(struct fixture *f, const char *app_id, struct span token, int64_t now_s)
{
    struct order_claims c = { 0 };

    return order_token_verify(&f->services, &c, f->arena, span_of(app_id), token, now_s * 1000);
}

/* Undo the obfuscation of segment `k`: turned round, two characters taken off, base64url read. */
static size_t undress(uint8_t out[static ORDER_TOKEN_MAX], struct span token, unsigned k)
{
    uint8_t text[ORDER_TOKEN_MAX];
    struct buf plain = { out, 0, ORDER_TOKEN_MAX, false };
    size_t begin = 0, end, n = 0;

    for (; k > 0; k--) {
        const uint8_t *dot = memchr(token.p + begin, '.', token.n - begin);
        assert_non_null(dot);
        begin = (size_t)(dot - token.p) + 1;
    }
    for (end = begin; end < token.n && token.p[end] != '.'; end++)
        continue;
    for (size_t i = end; i > begin + 2; i--)
        text[n++] = token.p[i - 1];
    assert_int_equal(base64url_read(&plain, (struct span){ text, n }), FAULT_NONE);
    return plain.n;
}

static unsigned dots(struct span s)
{
    unsigned n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '.';
    return n;
}

static void a_token_looks_like_the_documented_sample(void **state)
{
    static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"HS384\"}",
                      begins[] = "{\"orderId\":\"Order0001\",\"orderAmount\":1,"
                                 "\"orderCurrency\":\"INR\",\"exp\":";
    struct fixture *f = *state;
    struct order_claims c = claims_of("Order0001", "1.00", "INR", LATER_S);
    struct token t = mint(f, "app", &c);
    struct span both[2] = { token_span(&t), SPAN(sample) };
    uint8_t plain[ORDER_TOKEN_MAX];

    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(dots(both[i]), 2);
        assert_int_equal(undress(plain, both[i], 0), sizeof header - 1);
        assert_memory_equal(plain, header, sizeof header - 1);
        assert_true(undress(plain, both[i], 1) > sizeof begins);
        assert_memory_equal(plain, begins, sizeof begins - 1);
        assert_int_equal(undress(plain, both[i], 2), 48);
    }
}

static void claims_stand_in_order_with_the_shortest_amount(void **state)
{
    static const char expected[] =
        "{\"orderId\":\"order-7\",\"orderAmount\":170.5,\"orderCurrency\":\"USD\",\"exp\":1700001800,\"_salt\":\"";
    struct fixture *f = *state;
    struct order_claims c = claims_of("order-7", "170.50", "USD", 1700001800);
    struct token t = mint(f, "app", &c);
    uint8_t plain[ORDER_TOKEN_MAX];
    size_t n = undress(plain, token_span(&t), 1);

    assert_int_equal(n, sizeof expected - 1 + 13 + 2);
    assert_memory_equal(plain, expected, sizeof expected - 1);
    assert_memory_equal(plain + n - 2, "\"}", 2);
    for (size_t i = sizeof expected - 1; i < n - 2; i++)
        assert_non_null(memchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", plain[i], 62));
}

static void what_a_token_is_bound_to_comes_back(void **state)
{
    struct fixture *f = *state;
    struct order_claims c = claims_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS", "1000000000.000", "BHD",
                                      LATER_S), back;
    struct token t = mint(f, "app", &c);

    assert_int_equal(order_token_verify(&f->services, &back, f->arena, SPAN("app"), token_span(&t), FIXTURE_NOW),
                     FAULT_NONE);
    assert_true(span_equal(back.order_id, c.order_id));
    assert_int_equal(back.amount.minor, 1000000000000);
    assert_string_equal(back.amount.currency, "BHD");
    assert_int_equal(back.expires_s, LATER_S);
}

static void every_single_byte_is_authenticated(void **state)
{
    struct fixture *f = *state;
    struct order_claims c = claims_of("order-1", "10.15", "INR", LATER_S);
    struct token t = mint(f, "app", &c);

    for (size_t i = 0; i < t.n; i++) {
        char was = t.text[i];
        static const char others[] = { 'A', 'z', '.', '0' };
        for (size_t k = 0; k < sizeof others; k++) {
            if (others[k] == was)
                continue;
            t.text[i] = others[k];
            assert_int_equal(verify_at(f, "app", token_span(&t), NOW_S), FAULT_DENIED);
        }
        t.text[i] = was;
    }
    assert_int_equal(verify_at(f, "app", token_span(&t), NOW_S), FAULT_NONE);
}

static void a_token_is_for_one_app_id(void **state)
{
    struct fixture *f = *state;
    struct order_claims c = claims_of("order-1", "10", "INR", LATER_S);
    struct token t = mint(f, "app", &c);

    assert_int_equal(verify_at(f, "apq", token_span(&t), NOW_S), FAULT_DENIED);
    assert_int_equal(verify_at(f, "", token_span(&t), NOW_S), FAULT_DENIED);
    assert_int_equal(verify_at(f, "ap", token_span(&t), NOW_S), FAULT_DENIED);
    assert_int_equal(verify_at(f, "app", token_span(&t), NOW_S), FAULT_NONE);
}

static void anything_that_is_no_token_is_denied(void **state)
{
    static const char *const wrong[] = { "", ".", "..", "...", "a.b.c", "abc.def.ghi", "e.e.e.e",
                                         "eyJhbGciOiJub25lIn0..", sample };
    struct fixture *f = *state;
    struct order_claims c = claims_of("order-1", "10", "INR", LATER_S);
    struct token t = mint(f, "app", &c);
    uint8_t huge[ORDER_TOKEN_MAX * 2];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(verify_at(f, "app", span_of(wrong[i]), NOW_S), FAULT_DENIED);
    memset(huge, 'A', sizeof huge);
    assert_int_equal(verify_at(f, "app", (struct span){ huge, sizeof huge }, NOW_S), FAULT_DENIED);
    huge[100] = huge[200] = '.';
    assert_int_equal(verify_at(f, "app", (struct span){ huge, 300 }, NOW_S), FAULT_DENIED);
    for (size_t n = 0; n < t.n; n++)
        assert_int_equal(verify_at(f, "app", (struct span){ (const uint8_t *)t.text, n }, NOW_S), FAULT_DENIED);
    t.text[t.n] = 'A';
    assert_int_equal(verify_at(f, "app", (struct span){ (const uint8_t *)t.text, t.n + 1 }, NOW_S), FAULT_DENIED);
}

static void a_token_lives_until_its_expiry_and_no_longer(void **state)
{
    struct fixture *f = *state;
    struct order_claims c = claims_of("order-1", "10", "INR", LATER_S);
    struct token t = mint(f, "app", &c);

    assert_int_equal(verify_at(f, "app", token_span(&t), LATER_S - 1), FAULT_NONE);
    assert_int_equal(verify_at(f, "app", token_span(&t), LATER_S), FAULT_WRONG_STATE);
    t.text[5] ^= 1;                   /* a forged token is not told whether it is old */
    assert_int_equal(verify_at(f, "app", token_span(&t), LATER_S), FAULT_DENIED);
}

static void tokens_of_many_hours_verify_side_by_side(void **state)
{
    enum { HOURS = 10 };
    struct fixture *f = *state;
    int64_t start = (NOW_S / 3600 + 1) * 3600 - 1;      /* the last second of an hour */
    struct token t[HOURS];

    for (size_t i = 0; i < HOURS; i++) {
        struct order_claims c = claims_of("order-1", "10", "INR", start + (i ? (int64_t)(i - 1) * 3600 + 1 : 0));
        t[i] = mint(f, "app", &c);
    }
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < HOURS; i++)
            assert_int_equal(verify_at(f, "app", token_span(&t[i]), start - 1), FAULT_NONE);
}

static void a_token_of_the_first_hour_of_time_is_as_good_as_any(void **state)
{
    struct fixture *f = *state;
    struct order_claims c = claims_of("order-1", "10", "INR", 100);
    struct token t = mint(f, "app", &c);

    assert_int_equal(verify_at(f, "app", token_span(&t), 99), FAULT_NONE);
    t.text[1] ^= 1;
    assert_int_equal(verify_at(f, "app", token_span(&t), 99), FAULT_DENIED);
}

static void two_tokens_for_one_order_differ(void **state)
{
    struct fixture *f = *state;
    struct order_claims c = claims_of("order-1", "10", "INR", LATER_S);
    struct token one = mint(f, "app", &c), two = mint(f, "app", &c);

    assert_int_equal(one.n, two.n);
    assert_memory_not_equal(one.text, two.text, one.n);
}

static void claims_that_nobody_checked_do_not_reach_a_token(void **state)
{
    struct fixture *f = *state;
    struct order_claims c = claims_of("a\",\"x\":\"", "10", "INR", LATER_S);
    uint8_t text[ORDER_TOKEN_MAX], small[40];
    struct buf out = BUF(text), little = BUF(small);

    assert_int_equal(order_token_mint(&f->services, &out, SPAN("app"), &c), FAULT_INTERNAL);
    c = claims_of("order-1", "10", "INR", LATER_S);
    assert_int_equal(order_token_mint(&f->services, &little, SPAN("app"), &c), FAULT_INTERNAL);
}

static void without_a_keyholder_only_known_hours_go_on(void **state)
{
    struct fixture *f = *state;
    struct order_claims c = claims_of("order-1", "10", "INR", LATER_S),
        next = claims_of("order-1", "10", "INR", LATER_S + 3600);
    struct token t = mint(f, "app", &c);
    uint8_t text[ORDER_TOKEN_MAX];
    struct buf out = BUF(text);

    fixture_keyholder_stop(f);
    assert_int_equal(verify_at(f, "app", token_span(&t), NOW_S), FAULT_NONE);
    assert_int_equal(order_token_mint(&f->services, &out, SPAN("app"), &next), FAULT_SILENT);
    fixture_keyholder_start(f);
    assert_int_equal(order_token_mint(&f->services, &out, SPAN("app"), &next), FAULT_NONE);
}

struct busy { struct fixture *f; unsigned failures; };

static void *mint_and_verify(void *arg)
{
    struct busy *b = arg;
    struct arena *a;

    if (arena_new(&a) != FAULT_NONE)
        return NULL;
    for (int i = 0; i < 200; i++) {
        struct order_claims c = { SPAN("order-1"), { 1000, "INR" }, LATER_S + i % 5 * 3600 }, back;
        struct token t;
        struct buf out = BUF(t.text);
        b->failures += order_token_mint(&b->f->services, &out, SPAN("app"), &c) != FAULT_NONE;
        b->failures += order_token_verify(&b->f->services, &back, a, SPAN("app"), buf_view(&out),
                                          FIXTURE_NOW) != FAULT_NONE;
    }
    arena_free(a);
    return b;
}

static void threads_mint_and_verify_at_once(void **state)
{
    enum { THREADS = 12 };            /* more than there are contexts */
    struct busy busy[THREADS];
    pthread_t thread[THREADS];
    void *ended;

    for (size_t i = 0; i < THREADS; i++) {
        busy[i] = (struct busy){ *state, 0 };
        assert_int_equal(pthread_create(&thread[i], NULL, mint_and_verify, &busy[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(thread[i], &ended), 0);
        assert_non_null(ended);
        assert_int_equal(busy[i].failures, 0);
    }
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_token_looks_like_the_documented_sample),
        WITH_FIXTURE(claims_stand_in_order_with_the_shortest_amount),
        WITH_FIXTURE(what_a_token_is_bound_to_comes_back),
        WITH_FIXTURE(every_single_byte_is_authenticated),
        WITH_FIXTURE(a_token_is_for_one_app_id),
        WITH_FIXTURE(anything_that_is_no_token_is_denied),
        WITH_FIXTURE(a_token_lives_until_its_expiry_and_no_longer),
        WITH_FIXTURE(tokens_of_many_hours_verify_side_by_side),
        WITH_FIXTURE(a_token_of_the_first_hour_of_time_is_as_good_as_any),
        WITH_FIXTURE(two_tokens_for_one_order_differ),
        WITH_FIXTURE(claims_that_nobody_checked_do_not_reach_a_token),
        WITH_FIXTURE(without_a_keyholder_only_known_hours_go_on),
        WITH_FIXTURE(threads_mint_and_verify_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
