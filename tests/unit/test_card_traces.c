/* test_card_traces.c: when a card has been told about, nothing of its number is left in the process's memory; nor of a
 * pending-key when its life is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "keyholder/card.h"
#include "keyholder/net_card.h"
#include "keyholder/pending.h"

#include "unit/heart_bed.h"
#include "unit/vectors.h"

#include "base/banned.h"

#define NOW INT64_C(1790000000000)

enum { CHUNK = 64 * 1024, REGION_MAX = 64 << 20 };      /* larger ones are a sanitizer's own */

/* What is looked for lies in read-only memory, which is not looked through. */
static const char number[] = "4111111111111111";

/* Is `text` anywhere in memory from `at` to `end`? Chunks overlap by its length. */
static bool is_in_region(int mem, const char *text, size_t n, uintptr_t at, uintptr_t end)
{
    static uint8_t chunk[CHUNK];

    for (; at < end; at += CHUNK - n) {
        size_t want = end - at < CHUNK ? end - at : CHUNK;
        ssize_t got = pread(mem, chunk, want, (off_t)at);
        bool found = got > 0 && memmem(chunk, (size_t)got, text, n);
        memset(chunk, 0, sizeof chunk);
        if (found)
            return true;
        if (got <= 0 || want < CHUNK)
            return false;
    }
    return false;
}

/* The same for bytes of which there is only the complement, so that looking for them leaves none about. */
static bool is_other_in_region(int mem, const uint8_t *complement, size_t n, uintptr_t at, uintptr_t end)
{
    static uint8_t chunk[CHUNK];
    bool found = false;

    for (; at < end && !found; at += CHUNK - n) {
        size_t want = end - at < CHUNK ? end - at : CHUNK;
        ssize_t got = pread(mem, chunk, want, (off_t)at);
        const uint8_t *p = chunk, *last = got < (ssize_t)n ? chunk : chunk + got - n + 1;
        while (!found && p < last && (p = memchr(p, complement[0] ^ 0xFF, (size_t)(last - p)))) {
            size_t same = 0;
            while (same < n && (p[same] ^ complement[same]) == 0xFF)
                same++;
            found = same == n;
            p++;
        }
        memset(chunk, 0, sizeof chunk);
        if (got <= 0 || want < CHUNK)
            break;
    }
    return found;
}

/* Is `text` anywhere in the memory that is written to? With `complement` set it is the complement that is given. */
static bool is_anywhere(const void *text, size_t n, bool complement)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    bool found = false;

    assert_non_null(maps);
    assert_true(mem >= 0);
    while (!found && fgets(line, sizeof line, maps)) {
        char *rest;
        uintptr_t at = (uintptr_t)strtoull(line, &rest, 16), end = (uintptr_t)strtoull(rest + 1, &rest, 16);
        if (strncmp(rest, " rw", 3) == 0 && end - at <= REGION_MAX)
            found = complement ? is_other_in_region(mem, text, n, at, end) : is_in_region(mem, text, n, at, end);
    }
    (void)fclose(maps);
    close(mem);
    return found;
}

static bool is_in_memory(const char *text, size_t n)
{
    return is_anywhere(text, n, false);
}

static void what_is_in_memory_is_found(void **state)
{
    char *volatile copy = strdup(number);

    (void)state;
    assert_true(is_in_memory(number, sizeof number - 1));
    free(copy);
}

static void a_card_that_was_opened_leaves_no_trace(void **state)
{
    struct vectors v = vectors_open("jwe_clients.tsv");
    size_t n = 0;

    (void)state;
    assert_false(is_in_memory(number, sizeof number - 1));
    while (vectors_next(&v)) {
        struct card_ask card = { CARD_FORM_JWE, span_of(v.column[1]), 7, NOW, SPAN("owner") };
        struct card_facts facts;
        struct net_card who;
        struct key_ask ask;
        if (strcmp(v.column[0], "key") == 0)
            continue;
        assert_int_equal(card_ask(&ask, bed.arena, &card), FAULT_NONE);
        assert_int_equal(ask_heart(bed.heart, MAY_GATEWAY, &ask), FAULT_NONE);
        assert_int_equal(card_read(&facts, &ask), FAULT_NONE);
        assert_int_equal(facts.flaw, CARD_FINE);
        if (n == 0)
            assert_false(is_in_memory(number, sizeof number - 1));
        assert_int_equal(net_card_ask(&ask, bed.arena, (struct span){ facts.flight, CARD_FLIGHT }), FAULT_NONE);
        assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_NONE);
        assert_int_equal(net_card_read(&who, &ask), FAULT_NONE);
        arena_reset(bed.arena);
        n++;
    }
    assert_int_equal(n, 6);
    assert_false(is_in_memory(number, sizeof number - 1));
}

static void a_paytm_card_leaves_no_trace_either(void **state)
{
    struct vectors v = vectors_open("paytm_card.tsv");
    uint8_t room[VECTOR_BYTES];
    struct heart_keys swapped = { 0 };
    struct card_ask card = { CARD_FORM_RSA, { 0 }, 7, NOW, SPAN("owner") };
    struct card_facts facts;
    struct heart *h;
    struct key_ask ask;

    (void)state;
    assert_int_equal(rsa_private_read(&swapped.rsa, SPAN(TEST_KEY_JWE)), FAULT_NONE);
    h = bed_heart(&swapped);
    assert_true(vectors_next(&v));
    card.text = vectors_hex(v.column[0], room);
    assert_int_equal(card_ask(&ask, bed.arena, &card), FAULT_NONE);
    assert_int_equal(ask_heart(h, MAY_GATEWAY, &ask), FAULT_NONE);
    assert_int_equal(card_read(&facts, &ask), FAULT_NONE);
    assert_int_equal(facts.flaw, CARD_FINE);
    assert_false(is_in_memory(number, sizeof number - 1));
    while (vectors_next(&v))
        continue;
    heart_free(h);
}

static void a_card_that_was_typed_leaves_no_trace(void **state)
{
    static const char typed[] = "4111 1111 1111 1111", code[] = "\x03" "739";
    const struct card_typed card = { SPAN("4111 1111 1111 1111"), SPAN("10"), SPAN("90"), SPAN("739") };
    struct card_facts facts = bed_typed(bed.heart, &card, NOW);
    struct charge_card told;

    (void)state;
    assert_int_equal(facts.flaw, CARD_FINE);
    assert_int_equal(bed_charge(bed.heart, &told, &facts), FAULT_NONE);
    arena_reset(bed.arena);           /* where the payer's text was: the caller's to wipe */
    assert_false(is_in_memory(number, sizeof number - 1));
    assert_false(is_in_memory(typed, sizeof typed - 1));
    assert_false(is_in_memory(code, sizeof code - 1));
}

/* The complement of a key of now, and nothing else of it. */
static void take_complement(uint8_t out[static CRYPT_KEY], struct pending *p, enum pending_kind kind, int64_t now_ms)
{
    struct pending_key key;

    pending_current(p, &key, kind, now_ms);
    for (size_t i = 0; i < CRYPT_KEY; i++)
        out[i] = key.key.key[i] ^ 0xFF;
    secret_wipe(&key, sizeof key);
}

static void a_pending_key_whose_life_is_over_is_nowhere(void **state)
{
    uint8_t other[PENDING_KINDS][CRYPT_KEY];
    struct pending *p = NULL;

    (void)state;
    assert_int_equal(pending_new(&p), FAULT_NONE);
    for (int turn = 0; turn < 3; turn++) {
        for (enum pending_kind kind = 0; kind < PENDING_KINDS; kind++) {
            take_complement(other[kind], p, kind, NOW);
            assert_true(is_anywhere(other[kind], CRYPT_KEY, true));
        }
        if (turn == 0)
            pending_tell(p, NOW + 2 * CARD_PENDING_MS);
        else if (turn == 1)
            pending_pass(p, 2 * CARD_PENDING_MS);
        else
            pending_free(p);
        for (enum pending_kind kind = 0; kind < PENDING_KINDS; kind++)
            assert_false(is_anywhere(other[kind], CRYPT_KEY, true));
    }
}

/* The complement of the key of one record (docs/KEYHOLDER-PROTOCOL.md). */
static void take_record_key(uint8_t out[static CRYPT_KEY], const struct desk_key *k, const uint8_t *record)
{
    uint8_t use = KEY_USE_CARD, key[CRYPT_KEY];
    struct span parts[] = { { record + 1 + DESK_KEY_ID, DESK_SALT }, { &use, 1 } };
    struct crypt_mac *m = NULL;

    assert_int_equal(crypt_mac_new(&m, CRYPT_SHA256, (struct span){ k->key, CRYPT_KEY }), FAULT_NONE);
    assert_int_equal(crypt_mac(m, key, parts, 2), FAULT_NONE);
    crypt_mac_free(m);
    for (size_t i = 0; i < CRYPT_KEY; i++)
        out[i] = key[i] ^ 0xFF;
    secret_wipe(key, sizeof key);
}

/* What the cipher was last given would open a record whose pending-key is gone. */
static void nothing_of_a_pending_key_stays_on_the_desk(void **state)
{
    uint8_t record[4 + KEY_SEAL_EXTRA], text[4], other[CRYPT_KEY];
    struct desk_key key = { .id = { 1 } };
    struct key_ask ask = { .use = KEY_USE_CARD, .in = SPAN("text") };
    struct keyring *ring = NULL;
    struct desk *d = NULL;

    (void)state;
    assert_int_equal(keyring_new(&ring, 0), FAULT_NONE);
    assert_int_equal(desk_new(&d, ring), FAULT_NONE);
    secret_random(key.key, sizeof key.key);
    assert_int_equal(desk_seal_under(d, record, &key, &ask), FAULT_NONE);
    take_record_key(other, &key, record);
    assert_false(is_anywhere(other, CRYPT_KEY, true));
    ask.in = (struct span){ record, sizeof record };
    assert_int_equal(desk_open_under(d, text, &key, &ask), FAULT_NONE);
    assert_memory_equal(text, "text", 4);
    assert_false(is_anywhere(other, CRYPT_KEY, true));
    for (size_t i = 0; i < CRYPT_KEY; i++)
        other[i] = key.key[i] ^ 0xFF;
    secret_wipe(&key, sizeof key);
    assert_false(is_anywhere(other, CRYPT_KEY, true));
    desk_free(d);
    keyring_free(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_that_was_opened_leaves_no_trace),
        cmocka_unit_test(a_paytm_card_leaves_no_trace_either),
        cmocka_unit_test(a_card_that_was_typed_leaves_no_trace),
        cmocka_unit_test(a_pending_key_whose_life_is_over_is_nowhere),
        cmocka_unit_test(nothing_of_a_pending_key_stays_on_the_desk),
        cmocka_unit_test(what_is_in_memory_is_found),
    };

    return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}
