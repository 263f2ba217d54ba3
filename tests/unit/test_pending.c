/* test_pending.c: the keys under which cards wait: one a slot, destroyed in time by either clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "keyholder/parts.h"
#include "keyholder/pending.h"
#include "keyholder/serve.h"

#include "unit/heart_bed.h"

#include "base/banned.h"

#define SLOT INT64_C(60000)
#define LIFE INT64_C(1800000)         /* after a slot's end */
#define NOW (SLOT * 30000000)         /* the begin of a slot */
#define FAR_BACK (NOW - 100 * LIFE)

_Static_assert((int)CARD_PENDING_SLOT_MS == 60000 && (int)CARD_PENDING_MS == 1800000, "as the header says");

static struct pending *p;

static int set_up(void **state)
{
    (void)state;
    arena_reset(bed.arena);
    return pending_new(&p) != FAULT_NONE;
}

static int tear_down(void **state)
{
    (void)state;
    pending_free(p);
    return 0;
}

/* A record's head with a key's id, as pending_find() looks at it. */
struct record { uint8_t bytes[KEY_SEAL_EXTRA]; };

static struct record sealed_at(int64_t now_ms)
{
    struct pending_key k;
    struct record r = { { DESK_RECORD } };

    pending_current(p, &k, PENDING_FLIGHT, now_ms);
    memcpy(r.bytes + 1, k.key.id, DESK_KEY_ID);
    return r;
}

static bool opens(const struct record *r)
{
    struct pending_key k;

    return pending_find(p, &k, PENDING_FLIGHT, (struct span){ r->bytes, sizeof r->bytes }) == FAULT_NONE;
}

static bool same(const struct record *a, const struct record *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static void a_slot_has_one_key_and_the_next_another(void **state)
{
    struct record first = sealed_at(NOW), last = sealed_at(NOW + SLOT - 1), next = sealed_at(NOW + SLOT);

    (void)state;
    assert_true(same(&first, &last));
    assert_false(same(&first, &next));
    assert_true(opens(&first));
    assert_true(opens(&next));
    assert_int_equal(pending_count(p), 2);
}

static void a_slots_keys_for_flights_and_charges_are_two(void **state)
{
    struct pending_key flight, charge, found;
    struct record r = sealed_at(NOW);

    (void)state;
    pending_current(p, &flight, PENDING_FLIGHT, NOW);
    pending_current(p, &charge, PENDING_CHARGE, NOW);
    assert_memory_equal(flight.key.id, charge.key.id, DESK_KEY_ID);
    assert_memory_not_equal(flight.key.key, charge.key.key, CRYPT_KEY);
    assert_int_equal(pending_find(p, &found, PENDING_CHARGE, (struct span){ r.bytes, sizeof r.bytes }), FAULT_NONE);
    assert_memory_equal(found.key.key, charge.key.key, CRYPT_KEY);
    assert_int_equal(found.kind, PENDING_CHARGE);
    assert_int_equal(pending_find(p, &found, PENDING_FLIGHT, (struct span){ r.bytes, sizeof r.bytes }), FAULT_NONE);
    assert_memory_equal(found.key.key, flight.key.key, CRYPT_KEY);
}

static void a_key_is_destroyed_by_the_told_time(void **state)
{
    struct record r = sealed_at(NOW), next = sealed_at(NOW + SLOT);

    (void)state;
    pending_tell(p, NOW + SLOT + LIFE - 1);
    assert_true(opens(&r));
    pending_tell(p, NOW + SLOT + LIFE);
    assert_false(opens(&r));
    assert_true(opens(&next));
    pending_tell(p, NOW + 2 * SLOT + LIFE);
    assert_false(opens(&next));
    assert_int_equal(pending_count(p), 0);
    pending_tell(p, NOW);             /* and no way back */
    assert_false(opens(&r));
}

static void sealing_tells_the_time_too(void **state)
{
    struct record r = sealed_at(NOW);

    (void)state;
    (void)sealed_at(NOW + SLOT + LIFE);
    assert_false(opens(&r));
}

static void a_key_is_destroyed_by_real_time_whatever_is_told(void **state)
{
    struct record r = sealed_at(NOW);

    (void)state;
    pending_pass(p, SLOT + LIFE - 1);
    pending_tell(p, NOW);
    assert_true(opens(&r));
    pending_pass(p, 1);
    assert_false(opens(&r));
    assert_int_equal(pending_count(p), 0);
    assert_int_equal(pending_passed_ms(p), SLOT + LIFE);
}

static void while_the_told_clock_stands_still_keys_change_all_the_same(void **state)
{
    struct record first = sealed_at(NOW), second;

    (void)state;
    pending_pass(p, SLOT - 1);
    second = sealed_at(NOW);
    assert_true(same(&first, &second));
    pending_pass(p, 1);
    second = sealed_at(NOW);
    assert_false(same(&first, &second));
    assert_true(opens(&first));
    pending_pass(p, LIFE);
    assert_false(opens(&first));
    assert_true(opens(&second));
}

/* However long it stands, there are no more than live: one a slot of real time. */
static void a_clock_that_stands_still_for_a_day_keeps_no_key_for_longer(void **state)
{
    struct record old[40];

    (void)state;
    for (size_t i = 0; i < 24 * 60; i++) {
        old[i % 40] = sealed_at(NOW);
        pending_pass(p, SLOT);
        assert_in_range(pending_count(p), 1, 31);
        if (i >= 39)
            assert_false(opens(&old[(i + 1) % 40]));
        assert_true(opens(&old[i % 40]));
    }
}

static void a_clock_that_only_goes_on_needs_few_slots(void **state)
{
    (void)state;
    for (int64_t t = NOW; t < NOW + 3 * LIFE; t += SLOT / 4) {
        struct record r = sealed_at(t);
        assert_true(opens(&r));
        pending_pass(p, SLOT / 4);
        assert_in_range(pending_count(p), 1, 32);
    }
}

static void a_jump_forward_destroys_at_once(void **state)
{
    struct record r[3] = { sealed_at(NOW), sealed_at(NOW + SLOT), sealed_at(NOW + 2 * SLOT) }, later;

    (void)state;
    later = sealed_at(NOW + 100 * LIFE);
    for (size_t i = 0; i < 3; i++)
        assert_false(opens(&r[i]));
    assert_true(opens(&later));
    assert_int_equal(pending_count(p), 1);
}

static void a_jump_back_loses_no_fresh_key_and_extends_none_without_end(void **state)
{
    struct record before = sealed_at(NOW), after = sealed_at(FAR_BACK), again;

    (void)state;
    assert_false(same(&before, &after));
    assert_true(opens(&before));
    pending_pass(p, SLOT / 2);
    again = sealed_at(FAR_BACK);      /* the slot in which the clock is now goes on with its own key */
    assert_true(same(&after, &again));
    pending_pass(p, SLOT / 2 + LIFE - 1);
    pending_tell(p, FAR_BACK);
    assert_true(opens(&before));
    pending_pass(p, 1);
    assert_false(opens(&before));
    assert_false(opens(&after));
}

static void back_and_forth_over_a_slots_end_makes_two_keys_only(void **state)
{
    struct record first = sealed_at(NOW - 1), second = sealed_at(NOW);

    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct record r = sealed_at(NOW - 1 + i % 2);
        assert_true(same(&r, i % 2 ? &second : &first));
    }
    assert_int_equal(pending_count(p), 2);
}

static void one_key_too_many_destroys_the_one_that_was_made_first(void **state)
{
    struct record r[PENDING_SLOTS + 3];

    (void)state;
    for (size_t i = 0; i < PENDING_SLOTS + 3; i++) {
        r[i] = sealed_at(NOW - (int64_t)i * SLOT);    /* backwards, so that no told time ends one */
        assert_int_equal(pending_count(p), i < PENDING_SLOTS ? i + 1 : PENDING_SLOTS);
    }
    for (size_t i = 0; i < PENDING_SLOTS + 3; i++)
        assert_int_equal(opens(&r[i]), i >= 3);
}

static void the_ends_of_time_do_no_harm(void **state)
{
    static const int64_t times[] = { INT64_MIN, -1, 0, 1, SLOT, INT64_MAX - 1, INT64_MAX };
    struct record first = sealed_at(INT64_MIN), zero = sealed_at(0);

    (void)state;
    assert_true(same(&first, &zero));
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct record r = sealed_at(times[i]);
        pending_tell(p, times[i]);
        assert_true(opens(&r));
    }
    pending_pass(p, UINT64_MAX / 2);
    assert_int_equal(pending_count(p), 0);
}

static void unknown_ids_and_short_records_are_denied(void **state)
{
    struct record r = sealed_at(NOW);
    struct pending_key k;

    (void)state;
    assert_int_equal(pending_find(p, &k, PENDING_FLIGHT, (struct span){ r.bytes, KEY_SEAL_EXTRA - 1 }), FAULT_DENIED);
    r.bytes[1] ^= 1;
    assert_false(opens(&r));
    memset(r.bytes + 1, 0, DESK_KEY_ID);      /* what a free slot has for an id */
    assert_false(opens(&r));
}

/* What the heart makes of it: leftovers of a payment, on whose disk they may still be. */

static const struct card_typed visa = { SPAN("4111111111111111"), SPAN("10"), SPAN("90"), SPAN("123") };

static struct card_facts leftovers(const struct heart *h)
{
    struct card_facts facts = bed_typed(h, &visa, NOW);
    struct charge_card c;
    struct net_card net;

    assert_int_equal(bed_charge(h, &c, &facts), FAULT_NONE);
    assert_int_equal(bed_flight(h, &net, &facts), FAULT_NONE);
    return facts;
}

static void assert_gone(const struct heart *h, const struct card_facts *facts)
{
    struct charge_card c;
    struct net_card net;

    assert_int_equal(bed_charge(h, &c, facts), FAULT_DENIED);
    assert_int_equal(c.last4.text[0], '\0');
    assert_int_equal(bed_flight(h, &net, facts), FAULT_DENIED);
    assert_int_equal(net.last4.text[0], '\0');
}

static void leftovers_do_not_open_once_a_tick_told_the_end(void **state)
{
    struct heart *h = bed_heart(NULL);
    struct card_facts facts = leftovers(h);
    struct charge_card c;

    (void)state;
    bed_tick(h, NOW + SLOT + LIFE - 1);
    assert_int_equal(bed_charge(h, &c, &facts), FAULT_NONE);
    bed_tick(h, NOW + SLOT + LIFE);
    assert_gone(h, &facts);
    bed_tick(h, NOW);
    assert_gone(h, &facts);
    heart_free(h);
}

static void leftovers_do_not_open_once_another_card_told_the_end_even_a_flawed_one(void **state)
{
    struct heart *h = bed_heart(NULL);
    struct card_facts facts = leftovers(h);
    struct card_typed wrong = visa;

    (void)state;
    wrong.number = SPAN("4111111111111112");
    assert_int_equal(bed_typed(h, &wrong, NOW + SLOT + LIFE).flaw, CARD_NUMBER);
    assert_gone(h, &facts);
    heart_free(h);
}

static void leftovers_do_not_open_once_real_time_has_passed(void **state)
{
    struct heart *h = bed_heart(NULL);
    struct card_facts facts = leftovers(h);

    (void)state;
    for (int64_t t = 0; t < SLOT + LIFE; t += 1000) {
        bed_tick(h, NOW);             /* a clock that is told to stand still */
        heart_time_passed(h, 1000);
        arena_reset(bed.arena);
    }
    assert_gone(h, &facts);
    heart_free(h);
}

static void leftovers_do_not_open_after_a_restart(void **state)
{
    struct heart *h = bed_heart(NULL), *next = bed_heart(NULL);
    struct card_facts facts = leftovers(h);

    (void)state;
    assert_gone(next, &facts);
    (void)bed_typed(next, &visa, NOW);        /* also when it has keys of its own */
    assert_gone(next, &facts);
    heart_free(h);
    heart_free(next);
}

/* Nobody calls heart_time_passed() here but the threads that serve a heart. */
static void who_serves_a_heart_tells_it_the_real_time(void **state)
{
    struct heart *h = bed_heart(NULL);
    struct serve *s = NULL;

    (void)state;
    assert_int_equal(serve_new(&s, h, NULL), FAULT_NONE);
    for (int i = 0; i < 1000 && pending_passed_ms(h->pending) == 0; i++)
        usleep(5000);
    assert_true(pending_passed_ms(h->pending) > 0);
    serve_free(s);
    heart_free(h);
}

/* Many threads at a slot's end, while the real clock goes on and the told one shakes. */
struct worker { pthread_t thread; const struct heart *h; unsigned seed; bool failed; };

static bool asked(const struct heart *h, struct key_ask *ask)
{
    uint8_t q[512], r[1024];
    struct key_ask *const one[] = { ask };
    struct buf frame = BUF(q), reply = BUF(r);

    msg_question_pack(&frame, 1, one, 1);
    return heart_answer(h, MAY_ALL, &reply, buf_view(&frame)) == FAULT_NONE &&
           msg_reply_unpack(one, 1, buf_view(&reply)) == FAULT_NONE;
}

static bool round_trip(const struct heart *h, struct arena *a, int64_t now_ms)
{
    struct buf text = arena_buf(a, CARD_CLEAR_MAX);
    struct card_ask clear = { .form = CARD_FORM_CLEAR, .merchant_id = 7, .now_ms = now_ms };
    struct card_facts facts;
    struct charge_card c;
    struct net_card net;
    struct key_ask card, charge, flight;

    if (card_clear(&text, &visa) != FAULT_NONE)
        return false;
    clear.text = buf_view(&text);
    return card_ask(&card, a, &clear) == FAULT_NONE &&
           asked(h, &card) && card_read(&facts, &card) == FAULT_NONE && facts.flaw == CARD_FINE &&
           charge_ask(&charge, a, (struct span){ facts.charge, CARD_CHARGE }) == FAULT_NONE && asked(h, &charge) &&
           charge_read(&c, &charge) == FAULT_NONE && c.code_is_right &&
           net_card_ask(&flight, a, (struct span){ facts.flight, CARD_FLIGHT }) == FAULT_NONE && asked(h, &flight) &&
           net_card_read(&net, &flight) == FAULT_NONE;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct arena *a = NULL;

    w->failed = arena_new(&a) != FAULT_NONE;
    for (int i = 0; i < 100 && !w->failed; i++) {
        w->seed = w->seed * 1103515245 + 12345;
        w->failed = !round_trip(w->h, a, NOW + (int64_t)(w->seed >> 8) % (3 * SLOT));
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

static void threads_at_the_ends_of_slots_lose_no_card(void **state)
{
    struct heart *h = bed_heart(NULL);
    struct worker w[6];

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        w[i] = (struct worker){ .h = h, .seed = i };
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    for (int i = 0; i < 200; i++)
        heart_time_passed(h, 100);
    for (size_t i = 0; i < 6; i++) {
        pthread_join(w[i].thread, NULL);
        assert_false(w[i].failed);
    }
    assert_int_equal(pending_count(h->pending), 3);
    assert_int_equal(heart_cards_opened(h), 2 * 6 * 100);
    heart_free(h);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_slot_has_one_key_and_the_next_another),
        T(a_slots_keys_for_flights_and_charges_are_two),
        T(a_key_is_destroyed_by_the_told_time),
        T(sealing_tells_the_time_too),
        T(a_key_is_destroyed_by_real_time_whatever_is_told),
        T(while_the_told_clock_stands_still_keys_change_all_the_same),
        T(a_clock_that_stands_still_for_a_day_keeps_no_key_for_longer),
        T(a_clock_that_only_goes_on_needs_few_slots),
        T(a_jump_forward_destroys_at_once),
        T(a_jump_back_loses_no_fresh_key_and_extends_none_without_end),
        T(back_and_forth_over_a_slots_end_makes_two_keys_only),
        T(one_key_too_many_destroys_the_one_that_was_made_first),
        T(the_ends_of_time_do_no_harm),
        T(unknown_ids_and_short_records_are_denied),
        T(leftovers_do_not_open_once_a_tick_told_the_end),
        T(leftovers_do_not_open_once_another_card_told_the_end_even_a_flawed_one),
        T(leftovers_do_not_open_once_real_time_has_passed),
        T(leftovers_do_not_open_after_a_restart),
        T(who_serves_a_heart_tells_it_the_real_time),
        T(threads_at_the_ends_of_slots_lose_no_card),
    };

    return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}
