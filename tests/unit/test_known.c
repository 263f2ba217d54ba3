/* What requests remember of merchants: keys and requestor ids. */
#include "service/known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/banned.h"

#define INIT(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

enum { NOW = 1000, MERCHANT = 7 };

struct bed { struct known *known; struct arena *arena; };

static const struct known_names names = { INIT("MID1"), INIT("client"), INIT("v1") };
static const struct partner_key key = { MERCHANT, INIT("v1"), INIT("sealed"), INIT("about"), INIT("client") };

static int setup(void **state)
{
    static struct bed b;

    assert_int_equal(known_new(&b.known), FAULT_NONE);
    assert_int_equal(arena_new(&b.arena), FAULT_NONE);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;

    known_free(b->known);
    arena_free(b->arena);
    return 0;
}

static bool find(struct bed *b, struct partner_key *out, const struct known_names *n, int64_t now_ms)
{
    uint64_t ticket;

    return known_key(b->known, out, b->arena, n, now_ms, &ticket);
}

static void keep(struct bed *b, int64_t ends_ms)
{
    struct partner_key none;
    uint64_t ticket;

    assert_false(known_key(b->known, &none, b->arena, &names, NOW, &ticket));
    known_keep_key(b->known, &names, &key, NOW, ends_ms, ticket);
}

static void a_key_is_known_by_all_its_names(void **state)
{
    struct known_names other[] = { names, names, names, { INIT("MID1client"), INIT(""), INIT("v1") } };
    struct bed *b = *state;
    struct partner_key k;

    keep(b, 0);
    assert_true(find(b, &k, &names, NOW));
    assert_int_equal(k.merchant_id, MERCHANT);
    assert_true(span_equal(k.id, key.id));
    assert_true(span_equal(k.sealed, key.sealed));
    assert_true(span_equal(k.about, key.about));
    assert_true(span_equal(k.client_id, key.client_id));
    assert_ptr_not_equal(k.sealed.p, key.sealed.p);
    other[0].mid = SPAN("MID2");
    other[1].client_id = (struct span){ 0 };
    other[2].version = SPAN("v2");
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_false(find(b, &k, &other[i], NOW));
}

static void a_key_is_known_from_when_it_was_found_until_it_ends(void **state)
{
    struct bed *b = *state;
    struct partner_key k;

    keep(b, NOW + 10);
    assert_false(find(b, &k, &names, NOW - 1));      /* the sandbox's clock can be put back */
    assert_true(find(b, &k, &names, NOW + 9));
    assert_false(find(b, &k, &names, NOW + 10));
}

static void what_was_looked_for_before_a_change_is_not_kept(void **state)
{
    char trid[KNOWN_TRID] = "12345678901";
    uint64_t keys, requestors;
    struct bed *b = *state;
    struct partner_key k;

    assert_false(known_key(b->known, &k, b->arena, &names, NOW, &keys));
    assert_false(known_requestor(b->known, trid, MERCHANT, 1, &requestors));
    known_forget(b->known);
    known_keep_key(b->known, &names, &key, NOW, 0, keys);
    known_keep_requestor(b->known, trid, MERCHANT, 1, requestors);
    assert_false(find(b, &k, &names, NOW));
    assert_false(known_requestor(b->known, trid, MERCHANT, 1, &requestors));
}

static void all_is_forgotten_at_a_change(void **state)
{
    char trid[KNOWN_TRID] = "12345678901";
    struct bed *b = *state;
    struct partner_key k;
    uint64_t ticket;

    keep(b, 0);
    assert_false(known_requestor(b->known, trid, MERCHANT, 1, &ticket));
    known_keep_requestor(b->known, trid, MERCHANT, 1, ticket);
    assert_true(find(b, &k, &names, NOW));
    known_forget(b->known);
    assert_false(find(b, &k, &names, NOW));
    assert_false(known_requestor(b->known, trid, MERCHANT, 1, &ticket));
}

static void a_requestor_is_of_one_merchant_at_one_scheme(void **state)
{
    char trid[KNOWN_TRID] = "12345678901", found[KNOWN_TRID] = "";
    struct bed *b = *state;
    uint64_t ticket;

    assert_false(known_requestor(b->known, found, MERCHANT, 2, &ticket));
    known_keep_requestor(b->known, trid, MERCHANT, 2, ticket);
    assert_true(known_requestor(b->known, found, MERCHANT, 2, &ticket));
    assert_string_equal(found, trid);
    /* The next two may share its place. */
    assert_false(known_requestor(b->known, found, MERCHANT, 1, &ticket));
    assert_false(known_requestor(b->known, found, MERCHANT + KNOWN_REQUESTORS, 2, &ticket));
    assert_false(known_requestor(b->known, found, 0, 0, &ticket));      /* an empty place is nobody's */
}

static void what_has_no_room_is_not_kept(void **state)
{
    static const uint8_t long_text[1024] = { 1 };
    struct partner_key big = key, k;
    struct bed *b = *state;
    uint64_t ticket;

    big.sealed = (struct span){ long_text, sizeof long_text };
    assert_false(known_key(b->known, &k, b->arena, &names, NOW, &ticket));
    known_keep_key(b->known, &names, &big, NOW, 0, ticket);
    assert_false(find(b, &k, &names, NOW));
}

static void the_memory_is_bounded_and_the_newest_is_known(void **state)
{
    enum { MANY = 4 * KNOWN_KEYS };
    struct bed *b = *state;
    size_t n_known = 0;
    struct partner_key k;
    char mid[24];

    for (int i = 0; i < MANY; i++) {
        struct known_names n = names;
        uint64_t ticket;

        assert_in_range(snprintf(mid, sizeof mid, "MID%d", i), 1, sizeof mid - 1);
        n.mid = span_of(mid);
        (void)known_key(b->known, &k, b->arena, &n, NOW, &ticket);
        known_keep_key(b->known, &n, &key, NOW, 0, ticket);
        assert_true(find(b, &k, &n, NOW));
        arena_reset(b->arena);
    }
    for (int i = 0; i < MANY; i++) {
        struct known_names n = names;

        assert_in_range(snprintf(mid, sizeof mid, "MID%d", i), 1, sizeof mid - 1);
        n.mid = span_of(mid);
        n_known += find(b, &k, &n, NOW);
        arena_reset(b->arena);
    }
    assert_in_range(n_known, KNOWN_KEYS / 2, KNOWN_KEYS);
}

static void nothing_known_is_no_memory_at_all(void **state)
{
    char trid[KNOWN_TRID] = "";
    struct bed *b = *state;
    struct partner_key k;
    uint64_t ticket;

    assert_false(known_key(NULL, &k, b->arena, &names, NOW, &ticket));
    known_keep_key(NULL, &names, &key, NOW, 0, ticket);
    assert_false(known_requestor(NULL, trid, MERCHANT, 1, &ticket));
    known_keep_requestor(NULL, trid, MERCHANT, 1, ticket);
    known_forget(NULL);
    known_free(NULL);
}

#define WITH_BED(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(a_key_is_known_by_all_its_names),
        WITH_BED(a_key_is_known_from_when_it_was_found_until_it_ends),
        WITH_BED(what_was_looked_for_before_a_change_is_not_kept),
        WITH_BED(all_is_forgotten_at_a_change),
        WITH_BED(a_requestor_is_of_one_merchant_at_one_scheme),
        WITH_BED(what_has_no_room_is_not_kept),
        WITH_BED(the_memory_is_bounded_and_the_newest_is_known),
        WITH_BED(nothing_known_is_no_memory_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
