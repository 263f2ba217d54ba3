/* HMAC against RFC 4231, and contexts that are shared by taking turns. */
#include "service/hmac.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/base64.h"
#include "service/stripes.h"

#include "base/banned.h"

static void check(size_t size, struct span key, const struct span *parts, size_t n, const char *expected)
{
    uint8_t mac[HMAC_SHA384_SIZE], right[HMAC_SHA384_SIZE];
    struct buf text = BUF(right);
    struct hmac *h;

    assert_int_equal(hex_read(&text, span_of(expected)), FAULT_NONE);
    assert_int_equal(text.n, size);
    assert_int_equal(hmac_new(&h, size), FAULT_NONE);
    assert_int_equal(hmac_key(h, SPAN("another key that is replaced")), FAULT_NONE);
    assert_int_equal(hmac_key(h, key), FAULT_NONE);
    for (int i = 0; i < 3; i++) {     /* the key stays in place from one to the next */
        assert_int_equal(hmac_parts(h, mac, parts, n), FAULT_NONE);
        assert_memory_equal(mac, right, size);
    }
    hmac_free(h);
}

static void macs_are_those_of_rfc_4231_however_the_message_is_cut(void **state)
{
    static const char sha256[] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    static const char sha384[] = "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                                 "8e2240ca5e69e2c78b3239ecfab21649";
    const struct span whole = SPAN("what do ya want for nothing?");
    const struct span cut[] = { SPAN("what do ya "), SPAN(""), SPAN("want for nothing"), SPAN("?") };

    (void)state;
    check(HMAC_SHA256_SIZE, SPAN("Jefe"), &whole, 1, sha256);
    check(HMAC_SHA256_SIZE, SPAN("Jefe"), cut, 4, sha256);
    check(HMAC_SHA384_SIZE, SPAN("Jefe"), &whole, 1, sha384);
    check(HMAC_SHA384_SIZE, SPAN("Jefe"), cut, 4, sha384);
}

static void every_stripe_is_given_to_one_at_a_time(void **state)
{
    struct stripe stripes[STRIPES];
    bool seen[STRIPES] = { false };

    (void)state;
    stripes_init(stripes);
    for (size_t n = 0; n < STRIPES; n++) {
        size_t i = stripe_take(stripes);
        assert_in_range(i, 0, STRIPES - 1);
        assert_false(seen[i]);
        seen[i] = true;
    }
    stripe_give(stripes, 5);
    assert_int_equal(stripe_take(stripes), 5);      /* the only one that is free */
}

struct crowd { struct stripe stripes[STRIPES]; long counts[STRIPES]; };

static void *count_up(void *arg)
{
    struct crowd *c = arg;

    for (int n = 0; n < 2000; n++) {
        size_t i = stripe_take(c->stripes);
        c->counts[i]++;               /* lost when two hold the same stripe */
        stripe_give(c->stripes, i);
    }
    return NULL;
}

static void more_threads_than_stripes_all_get_their_turn(void **state)
{
    enum { THREADS = STRIPES + 4 };
    struct crowd crowd = { .counts = { 0 } };
    pthread_t thread[THREADS];
    long sum = 0;

    (void)state;
    stripes_init(crowd.stripes);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, count_up, &crowd), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    for (size_t i = 0; i < STRIPES; i++)
        sum += crowd.counts[i];
    assert_int_equal(sum, THREADS * 2000L);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macs_are_those_of_rfc_4231_however_the_message_is_cut),
        cmocka_unit_test(every_stripe_is_given_to_one_at_a_time),
        cmocka_unit_test(more_threads_than_stripes_all_get_their_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
