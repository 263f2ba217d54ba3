/* test_card_traces.c: when a card has been told about, nothing of its number is left in the process's memory. */
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

static bool is_in_memory(const char *text, size_t n)
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
            found = is_in_region(mem, text, n, at, end);
    }
    (void)fclose(maps);
    close(mem);
    return found;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_that_was_opened_leaves_no_trace),
        cmocka_unit_test(a_paytm_card_leaves_no_trace_either),
        cmocka_unit_test(what_is_in_memory_is_found),
    };

    return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}
