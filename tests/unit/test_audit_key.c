/* test_audit_key.c: links of the audit chain against the description, and what makes one of them another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/secret.h"
#include "keyholder/audit_key.h"
#include "keyholder/heart.h"

#include "vectors.h"

#include "base/banned.h"

/* The link of the vectors: number 7, first row 40, at 1700000000000, `n` rows. */
static struct chain_link link_of(struct span bytes)
{
    struct chain_link l = { .link_no = 7, .first_row = 40, .at_ms = INT64_C(1700000000000) };

    l.rows = (int64_t)(bytes.n - CHAIN_HEAD) / CHAIN_DIGEST;
    memcpy(l.before, bytes.p + CHAIN_HEAD - CHAIN_MAC, CHAIN_MAC);
    l.digests = (struct span){ bytes.p + CHAIN_HEAD, bytes.n - CHAIN_HEAD };
    return l;
}

static struct audit_key *key(void)
{
    AUTO_SECRET master = NULL;
    struct audit_key *k = NULL;

    assert_int_equal(secret_new(&master, HEART_MASTER), FAULT_NONE);
    for (size_t i = 0; i < master->n; i++)
        master->bytes[i] = (uint8_t)i;
    assert_int_equal(audit_key_of(&k, master), FAULT_NONE);
    return k;
}

static void the_vectors_of_the_description_hold(void **state)
{
    struct vectors v = vectors_open("chain.tsv");
    uint8_t bytes[VECTOR_BYTES], life[VECTOR_BYTES], mac[VECTOR_BYTES], packed[CHAIN_HEAD + 2 * CHAIN_DIGEST];
    struct audit_key *k = key();

    (void)state;
    while (vectors_next(&v)) {
        struct span said = vectors_hex(v.column[0], bytes);
        struct chain_link l = link_of(said);
        struct chain_seal seal = { .cards = 0 };
        struct buf b = BUF(packed);
        unsigned age;
        uint64_t n;

        chain_put(&b, &l);
        assert_true(span_equal(buf_view(&b), said));
        memcpy(seal.life, vectors_hex(v.column[1], life).p, CHAIN_LIFE);
        assert_int_equal(span_u64(&n, span_of(v.column[2]), UINT64_MAX), FAULT_NONE);
        seal.cards = (int64_t)n;
        assert_int_equal(span_u64(&n, span_of(v.column[3]), UINT64_MAX), FAULT_NONE);
        seal.numbers = (int64_t)n;
        memcpy(seal.mac, vectors_hex(v.column[4], mac).p, CHAIN_MAC);
        assert_int_equal(audit_key_link(k, &age, &l, &seal), FAULT_NONE);
        seal.numbers++;
        assert_int_equal(audit_key_link(k, &age, &l, &seal), FAULT_DENIED);
    }
    assert_int_equal(v.rows, 3);
    audit_key_free(k);
}

static void a_link_of_too_many_rows_is_not_asked_for(void **state)
{
    struct chain_link l = { .rows = CHAIN_ROWS_MAX + 1 };
    struct key_ask ask;
    struct arena *a;

    (void)state;
    assert_int_equal(arena_new(&a), FAULT_NONE);
    assert_int_equal(chain_ask(&ask, a, &l), FAULT_BAD_INPUT);
    l.rows = 1;
    assert_int_equal(chain_ask(&ask, a, &l), FAULT_BAD_INPUT);       /* one row, and no digest of it */
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_description_hold),
        cmocka_unit_test(a_link_of_too_many_rows_is_not_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
