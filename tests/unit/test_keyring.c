/* test_keyring.c: generations of roots, and the file they rest in. */
#include "keyring_bed.h"

#include "base/base64.h"

#include "vectors.h"

#include "base/banned.h"

/* Behind the first line: source, threshold, shares, set, version, length; then the nonce. */
enum { FIRST = 17, HEAD = FIRST + 3 + 8 + 8 + 2, NONCE = 12, TAG = 16, ENTRY = 53 };

static const struct keyring_entry *at(const struct keyring *r, enum key_purpose purpose, size_t age)
{
    const struct keyring_entry *e = keyring_find(r, purpose, age);

    assert_non_null(e);
    return e;
}

/* Purpose by purpose, no two of one purpose with one id, and none beyond the last. */
static void is_in_order(const struct keyring *r)
{
    size_t n = keyring_count(r);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            assert_true(keyring_at(r, j)->purpose <= keyring_at(r, i)->purpose);
            if (keyring_at(r, j)->purpose == keyring_at(r, i)->purpose)
                assert_memory_not_equal(keyring_at(r, j)->id, keyring_at(r, i)->id, KEYRING_ID);
        }
    assert_null(keyring_at(r, n));
}

static void assert_same(const struct keyring *a, const struct keyring *b)
{
    assert_int_equal(keyring_count(a), keyring_count(b));
    for (size_t i = 0; i < keyring_count(a); i++) {
        const struct keyring_entry *x = keyring_at(a, i), *y = keyring_at(b, i);
        assert_int_equal(x->purpose, y->purpose);
        assert_memory_equal(x->id, y->id, KEYRING_ID);
        assert_int_equal(x->created_ms, y->created_ms);
        assert_int_equal(x->from, y->from);
        assert_memory_equal(x->root, y->root, KEYRING_ROOT);
    }
    assert_int_equal(keyring_head_of(a)->source, keyring_head_of(b)->source);
    assert_memory_equal(keyring_head_of(a)->set, keyring_head_of(b)->set, KEYRING_SET);
    assert_int_equal(keyring_head_of(a)->version, keyring_head_of(b)->version);
}

static void a_master_key_stands_for_every_purpose(void **state)
{
    struct keyring *r = rbed_ring(), *again = rbed_ring();
    struct vectors v = vectors_open("keyholder.tsv");
    uint8_t record[VECTOR_BYTES];
    bool compared = false;

    (void)state;
    assert_int_equal(keyring_count(r), KEY_PURPOSES);
    is_in_order(r);
    while (vectors_next(&v))
        if (strcmp(v.column[0], "record") == 0 && !compared) {
            (void)vectors_hex(v.column[4], record);
            compared = true;
        }
    for (enum key_purpose p = 0; p < KEY_PURPOSES; p++) {
        assert_memory_equal(at(r, p, 0)->root, rbed_master->bytes, KEYRING_ROOT);
        assert_memory_equal(at(r, p, 0)->id, record + 1, KEYRING_ID);      /* what records have always had */
        assert_int_equal(at(r, p, 0)->created_ms, 0);
        assert_null(keyring_find(r, p, 1));
    }
    assert_int_equal(keyring_head(r)->source, KEYRING_FILE);
    assert_same(r, again);
    keyring_free(r);
    keyring_free(again);
}

static void a_master_key_of_another_size_is_refused(void **state)
{
    struct secret *shorter = NULL, *kek = NULL;
    struct keyring *r = NULL;

    (void)state;
    assert_int_equal(secret_new(&shorter, KEYRING_ROOT - 1), FAULT_NONE);
    assert_int_equal(keyring_of_master(&r, shorter), FAULT_BAD_INPUT);
    assert_int_equal(keyring_kek_of_master(&kek, shorter), FAULT_BAD_INPUT);
    assert_null(r);
    assert_null(kek);
    secret_free(shorter);
}

static void a_new_ring_has_a_root_of_its_own_for_every_purpose(void **state)
{
    struct keyring *r = NULL, *other = NULL;

    (void)state;
    assert_int_equal(keyring_new(&r, T0), FAULT_NONE);
    assert_int_equal(keyring_new(&other, T0), FAULT_NONE);
    assert_int_equal(keyring_count(r), KEY_PURPOSES);
    for (enum key_purpose p = 0; p < KEY_PURPOSES; p++) {
        assert_int_equal(at(r, p, 0)->created_ms, T0);
        assert_memory_not_equal(at(r, p, 0)->root, at(other, p, 0)->root, KEYRING_ROOT);
        for (enum key_purpose q = 0; q < p; q++)
            assert_memory_not_equal(at(r, p, 0)->root, at(r, q, 0)->root, KEYRING_ROOT);
    }
    assert_memory_not_equal(keyring_head(r)->set, keyring_head(other)->set, KEYRING_SET);
    keyring_free(r);
    keyring_free(other);
}

static void what_is_rotated_is_the_newest_and_the_others_stay(void **state)
{
    struct keyring *r = rbed_ring(), *before = NULL;

    (void)state;
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_DATA, T0, 0), FAULT_NONE);
    assert_int_equal(keyring_copy(&before, r), FAULT_NONE);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_DATA, T0 + 5, 0), FAULT_NONE);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_ID, T0 + 6, 900), FAULT_NONE);
    assert_int_equal(keyring_count(r), KEY_PURPOSES + 3);
    is_in_order(r);
    assert_int_equal(at(r, KEY_PURPOSE_DATA, 0)->created_ms, T0 + 5);
    assert_memory_equal(at(r, KEY_PURPOSE_DATA, 1)->root, at(before, KEY_PURPOSE_DATA, 0)->root, KEYRING_ROOT);
    assert_memory_equal(at(r, KEY_PURPOSE_DATA, 2)->root, rbed_master->bytes, KEYRING_ROOT);
    assert_memory_not_equal(at(r, KEY_PURPOSE_DATA, 0)->root, at(r, KEY_PURPOSE_DATA, 1)->root, KEYRING_ROOT);
    assert_int_equal(at(r, KEY_PURPOSE_ID, 0)->from, 900);
    assert_int_equal(at(r, KEY_PURPOSE_ID, 1)->from, 0);
    assert_memory_equal(at(r, KEY_PURPOSE_FINGERPRINT, 0)->root, rbed_master->bytes, KEYRING_ROOT);
    assert_null(keyring_find(r, KEY_PURPOSE_SIGNING, 1));
    keyring_free(r);
    keyring_free(before);
}

/* Hours are told apart by when a generation was made: it must not lie before its forerunner. */
static void a_clock_that_went_back_makes_no_generation_older_than_the_one_before(void **state)
{
    struct keyring *r = rbed_ring();

    (void)state;
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_SIGNING, T0, 0), FAULT_NONE);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_SIGNING, T0 - 1000, 0), FAULT_NONE);
    assert_int_equal(at(r, KEY_PURPOSE_SIGNING, 0)->created_ms, T0);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_DATA, -5, 0), FAULT_NONE);
    assert_int_equal(at(r, KEY_PURPOSE_DATA, 0)->created_ms, 0);
    keyring_free(r);
}

static void what_must_not_be_rotated_is_not(void **state)
{
    struct keyring *r = rbed_ring();

    (void)state;
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_BASE, T0, 0), FAULT_BAD_INPUT);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSES, T0, 0), FAULT_BAD_INPUT);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_DATA, T0, 1), FAULT_BAD_INPUT);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_ID, T0, 70), FAULT_NONE);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_ID, T0, 69), FAULT_BAD_INPUT);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_ID, T0, 70), FAULT_NONE);
    assert_int_equal(keyring_count(r), KEY_PURPOSES + 2);
    keyring_free(r);
}

static void a_purpose_has_so_many_generations_and_no_more(void **state)
{
    struct keyring *r = rbed_ring(), *read;

    (void)state;
    for (enum key_purpose p = KEY_PURPOSE_DATA; p < KEY_PURPOSES; p++) {
        for (size_t i = 1; i < KEY_GENERATIONS; i++)
            assert_int_equal(keyring_rotate(r, p, T0, 0), FAULT_NONE);
        assert_int_equal(keyring_rotate(r, p, T0, 0), FAULT_WRONG_STATE);
    }
    is_in_order(r);
    assert_int_equal(keyring_count(r), 1 + (KEY_PURPOSES - 1) * KEY_GENERATIONS);
    memset(keyring_head(r)->for_source, 0xA5, KEYRING_FOR_SOURCE);
    keyring_head(r)->for_source_n = KEYRING_FOR_SOURCE;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);        /* the largest file */
    assert_int_equal(rbed_open(&read), FAULT_NONE);
    assert_same(r, read);
    assert_int_equal(keyring_head(read)->for_source_n, KEYRING_FOR_SOURCE);
    assert_memory_equal(keyring_head(read)->for_source, keyring_head(r)->for_source, KEYRING_FOR_SOURCE);
    keyring_free(r);
    keyring_free(read);
}

static void an_older_generation_is_destroyed_and_the_newest_never(void **state)
{
    struct keyring *r = rbed_ring();
    uint8_t first[KEYRING_ID], second[KEYRING_ID], none[KEYRING_ID] = { 1, 2, 3, 4 };

    (void)state;
    memcpy(first, at(r, KEY_PURPOSE_DATA, 0)->id, KEYRING_ID);
    assert_int_equal(keyring_destroy(r, KEY_PURPOSE_DATA, first), FAULT_WRONG_STATE);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_DATA, T0, 0), FAULT_NONE);
    memcpy(second, at(r, KEY_PURPOSE_DATA, 0)->id, KEYRING_ID);
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_DATA, T0, 0), FAULT_NONE);
    assert_int_equal(keyring_destroy(r, KEY_PURPOSE_DATA, none), FAULT_NOT_FOUND);
    assert_int_equal(keyring_destroy(r, KEY_PURPOSE_SIGNING, second), FAULT_NOT_FOUND);
    assert_int_equal(keyring_destroy(r, KEY_PURPOSE_DATA, second), FAULT_NONE);
    assert_int_equal(keyring_destroy(r, KEY_PURPOSE_DATA, second), FAULT_NOT_FOUND);
    assert_memory_equal(at(r, KEY_PURPOSE_DATA, 1)->id, first, KEYRING_ID);
    assert_int_equal(keyring_destroy(r, KEY_PURPOSE_BASE, at(r, KEY_PURPOSE_BASE, 0)->id), FAULT_WRONG_STATE);
    is_in_order(r);
    assert_int_equal(keyring_count(r), KEY_PURPOSES + 1);
    keyring_free(r);
}

static void what_was_saved_opens_and_each_time_as_a_new_version(void **state)
{
    uint8_t one[RBED_FILE], two[RBED_FILE];
    struct keyring *r = rbed_ring(), *read;
    struct keyring_head head;
    struct stat st;
    struct span first, second;

    (void)state;
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_FINGERPRINT, T0, 0), FAULT_NONE);
    keyring_head(r)->source = KEYRING_SHARES;
    keyring_head(r)->threshold = 3;
    keyring_head(r)->shares = 5;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    first = rbed_read(one);
    assert_int_equal(stat(rbed_file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    second = rbed_read(two);
    assert_memory_not_equal(one + HEAD, two + HEAD, NONCE);
    assert_int_equal(first.n, second.n);
    assert_null(memmem(two, second.n, rbed_master->bytes, 8));

    assert_int_equal(keyring_peek(&head, rbed_key), FAULT_NONE);
    assert_true(head.source == KEYRING_SHARES && head.threshold == 3 && head.shares == 5 && head.version == 2);
    assert_memory_equal(head.set, keyring_head(r)->set, KEYRING_SET);
    assert_int_equal(rbed_open(&read), FAULT_NONE);
    assert_same(r, read);
    keyring_free(r);
    keyring_free(read);
}

/* Both halves of the document: what another implementation wrote is read, and the same bytes come out. */
static void the_ring_of_the_description_opens(void **state)
{
    struct vectors v = vectors_open("keyring.tsv");
    uint8_t bytes[VECTOR_BYTES];
    struct span file = { 0 };
    struct keyring *r;

    (void)state;
    while (vectors_next(&v))
        if (strcmp(v.column[0], "file") == 0)
            file = vectors_hex(v.column[1], bytes);
    rbed_write(rbed_file, file);
    assert_int_equal(rbed_open(&r), FAULT_NONE);
    assert_int_equal(keyring_count(r), 12);
    assert_int_equal(keyring_head(r)->version, 41);
    assert_memory_equal(keyring_head(r)->set, "ring-set", KEYRING_SET);
    assert_int_equal(at(r, KEY_PURPOSE_DATA, 1)->created_ms, INT64_C(1600000000000));
    assert_int_equal(at(r, KEY_PURPOSE_ID, 0)->from, 100001);
    assert_int_equal(at(r, KEY_PURPOSE_SIGNING, 2)->created_ms, 0);
    keyring_free(r);
}

static void a_file_changed_at_any_bit_of_any_byte_does_not_open(void **state)
{
    uint8_t bytes[RBED_FILE];
    struct keyring *r = rbed_ring();
    struct keyring_head head;
    struct span file;

    (void)state;
    keyring_head(r)->for_source_n = 4;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    file = rbed_read(bytes);
    assert_int_equal(file.n, HEAD + 4 + NONCE + KEY_PURPOSES * ENTRY + TAG);
    for (size_t i = 0; i < file.n; i++) {
        enum fault f;
        bytes[i] ^= (uint8_t)(1u << i % 8);
        rbed_write(rbed_file, file);
        f = rbed_try();
        assert_true(f == FAULT_DENIED || f == FAULT_BAD_INPUT);
        if (i < FIRST)
            assert_int_equal(keyring_peek(&head, rbed_key), FAULT_BAD_INPUT);
        bytes[i] ^= (uint8_t)(1u << i % 8);
    }
    rbed_write(rbed_file, file);
    assert_int_equal(rbed_try(), FAULT_NONE);
    keyring_free(r);
}

static void a_file_cut_anywhere_or_with_a_tail_does_not_open(void **state)
{
    uint8_t bytes[RBED_FILE] = { 0 };
    struct keyring *r = rbed_ring();
    struct keyring_head head;
    struct span file;

    (void)state;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    file = rbed_read(bytes);
    for (size_t n = 0; n < file.n + 2 * ENTRY; n++) {
        enum fault f, expected = n < file.n || (n - file.n) % ENTRY ? FAULT_BAD_INPUT : FAULT_DENIED;
        if (n == file.n)
            continue;
        rbed_write(rbed_file, (struct span){ bytes, n });
        f = rbed_try();
        assert_int_equal(f, expected);
        assert_int_equal(keyring_peek(&head, rbed_key), expected == FAULT_DENIED ? FAULT_NONE : FAULT_BAD_INPUT);
    }
    rbed_write(rbed_file, (struct span){ bytes, RBED_FILE });
    assert_int_equal(rbed_try(), FAULT_BAD_INPUT);
    keyring_free(r);
}

static void another_key_does_not_open_it(void **state)
{
    struct keyring *r = rbed_ring(), *none = NULL;
    struct secret *other = NULL, *shorter = NULL;

    (void)state;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(secret_copy(&other, secret_span(rbed_master)), FAULT_NONE);      /* the root is not the key */
    assert_int_equal(keyring_open(&none, rbed_key, other), FAULT_DENIED);
    assert_int_equal(secret_new(&shorter, KEYRING_KEK - 1), FAULT_NONE);
    assert_int_equal(keyring_open(&none, rbed_key, shorter), FAULT_DENIED);
    assert_int_equal(keyring_save(r, rbed_key, shorter), FAULT_BAD_INPUT);
    assert_null(none);
    keyring_free(r);
    secret_free(other);
    secret_free(shorter);
}

/* Written by somebody who has the key, and still no ring. */
static void entries_that_make_no_ring_are_refused(void **state)
{
    static const struct { size_t n; uint8_t purpose[10]; } wrong[] = {
        { 5, { 0, 1, 2, 3, 3 } }, { 5, { 0, 1, 2, 4, 4 } }, { 5, { 1, 1, 2, 3, 4 } }, { 6, { 0, 0, 1, 2, 3, 4 } },
        { 6, { 0, 1, 2, 1, 3, 4 } }, { 6, { 0, 1, 2, 3, 4, 5 } }, { 5, { 4, 3, 2, 1, 0 } },
        { 5, { 0, 1, 2, 3, 200 } }, { 10, { 0, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
    };
    struct keyring *good = rbed_ring();

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct keyring *r = rbed_ring();
        for (r->n = 0; r->n < wrong[i].n; r->n++) {
            r->entries[r->n] = good->entries[0];
            r->entries[r->n].purpose = (enum key_purpose)wrong[i].purpose[r->n];
        }
        assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
        assert_int_equal(rbed_try(), FAULT_BAD_INPUT);
        keyring_free(r);
    }
    good->entries[2].id[0] ^= 1;      /* not that of its root */
    assert_int_equal(keyring_save(good, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_BAD_INPUT);
    good->entries[2].id[0] ^= 1;
    good->entries[2].created_ms = -1;
    assert_int_equal(keyring_save(good, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_BAD_INPUT);
    good->entries[2].created_ms = 0;
    good->entries[2].from = 1;        /* which ids alone have */
    assert_int_equal(keyring_save(good, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_BAD_INPUT);
    good->entries[2].from = 0;
    assert_int_equal(keyring_save(good, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_NONE);
    keyring_free(good);
}

static void a_generation_newer_than_the_newest_is_refused(void **state)
{
    struct keyring *r = rbed_ring();
    struct keyring_entry *older = &r->entries[KEY_PURPOSE_ID + 1];

    (void)state;
    assert_int_equal(keyring_rotate(r, KEY_PURPOSE_ID, T0, 9), FAULT_NONE);
    older->created_ms = T0 + 1;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_BAD_INPUT);
    older->created_ms = T0;
    older->from = 10;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_BAD_INPUT);
    older->from = 9;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_NONE);
    keyring_free(r);
}

static void nine_generations_in_a_file_are_refused(void **state)
{
    struct keyring *r = rbed_ring();

    (void)state;
    for (size_t i = 1; i < KEY_GENERATIONS; i++)
        assert_int_equal(keyring_rotate(r, KEY_PURPOSE_SIGNING, T0, 0), FAULT_NONE);
    r->entries[r->n] = r->entries[r->n - 1];
    r->n++;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_BAD_INPUT);
    r->n--;
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(rbed_try(), FAULT_NONE);
    keyring_free(r);
}

static void a_file_that_is_not_ours_alone_is_refused(void **state)
{
    struct keyring *r = rbed_ring();
    struct keyring_head head;
    char elsewhere[112];

    (void)state;
    assert_int_equal(keyring_peek(&head, rbed_key), FAULT_NOT_FOUND);
    assert_int_equal(rbed_try(), FAULT_NOT_FOUND);
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    assert_int_equal(chmod(rbed_file, 0640), 0);
    assert_int_equal(keyring_peek(&head, rbed_key), FAULT_DENIED);
    assert_int_equal(rbed_try(), FAULT_DENIED);
    assert_int_equal(chmod(rbed_file, 0600), 0);
    snprintf(elsewhere, sizeof elsewhere, "%s.other", rbed_file);
    assert_int_equal(rename(rbed_file, elsewhere), 0);
    assert_int_equal(symlink(elsewhere, rbed_file), 0);
    assert_int_equal(rbed_try(), FAULT_DENIED);
    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);        /* takes the link's place */
    assert_int_equal(rbed_try(), FAULT_NONE);
    assert_int_equal(unlink(elsewhere), 0);
    keyring_free(r);
}

static void a_folder_that_cannot_be_written_is_told(void **state)
{
    char path[6000] = "/nowhere/at/all/key";
    struct keyring *r = rbed_ring();

    (void)state;
    assert_true(keyring_save(r, path, rbed_kek) != FAULT_NONE);
    memset(path, 'x', sizeof path - 1);
    path[4000] = '/';
    path[sizeof path - 1] = '\0';
    path[5000] = '/';
    assert_int_equal(keyring_save(r, path, rbed_kek), FAULT_BAD_INPUT);
    keyring_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_master_key_stands_for_every_purpose, rbed_empty),
        cmocka_unit_test_setup(a_master_key_of_another_size_is_refused, rbed_empty),
        cmocka_unit_test_setup(a_new_ring_has_a_root_of_its_own_for_every_purpose, rbed_empty),
        cmocka_unit_test_setup(what_is_rotated_is_the_newest_and_the_others_stay, rbed_empty),
        cmocka_unit_test_setup(a_clock_that_went_back_makes_no_generation_older_than_the_one_before, rbed_empty),
        cmocka_unit_test_setup(what_must_not_be_rotated_is_not, rbed_empty),
        cmocka_unit_test_setup(a_purpose_has_so_many_generations_and_no_more, rbed_empty),
        cmocka_unit_test_setup(an_older_generation_is_destroyed_and_the_newest_never, rbed_empty),
        cmocka_unit_test_setup(what_was_saved_opens_and_each_time_as_a_new_version, rbed_empty),
        cmocka_unit_test_setup(the_ring_of_the_description_opens, rbed_empty),
        cmocka_unit_test_setup(a_file_changed_at_any_bit_of_any_byte_does_not_open, rbed_empty),
        cmocka_unit_test_setup(a_file_cut_anywhere_or_with_a_tail_does_not_open, rbed_empty),
        cmocka_unit_test_setup(another_key_does_not_open_it, rbed_empty),
        cmocka_unit_test_setup(entries_that_make_no_ring_are_refused, rbed_empty),
        cmocka_unit_test_setup(a_generation_newer_than_the_newest_is_refused, rbed_empty),
        cmocka_unit_test_setup(nine_generations_in_a_file_are_refused, rbed_empty),
        cmocka_unit_test_setup(a_file_that_is_not_ours_alone_is_refused, rbed_empty),
        cmocka_unit_test_setup(a_folder_that_cannot_be_written_is_told, rbed_empty),
    };

    return cmocka_run_group_tests(tests, rbed_setup, rbed_teardown);
}
