/* test_schema.c: the numbered steps of the schema, and files of older and newer programs. */
#include "store_bed.h"

#include "store/schema.h"
#include "store/settings.h"

#include "base/banned.h"

static int setup(void **state)
{
    struct bed *b = calloc(1, sizeof *b);

    bed_init(b);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bed_fini(*state);
    free(*state);
    return 0;
}

static struct db *open_db(const struct bed *b)
{
    struct db *db = NULL;

    assert_int_equal(db_open(&db, &(struct db_options){ .path = b->path, .cache_kib = 64 }), FAULT_NONE);
    return db;
}

/* A file as a program that knew only the first `n` steps leaves it, with one setting in it. */
static void make_old_file(const struct bed *b, size_t n)
{
    const char *steps[32] = { 0 };
    struct db *db = open_db(b);
    struct store_tx tx = { .db = db };

    for (size_t i = 0; i < n; i++)
        steps[i] = schema_steps[i];
    assert_int_equal(schema_migrate(db, steps), FAULT_NONE);
    if (n)
        assert_int_equal(settings_put(&tx, SPAN("mode"), SPAN("kept")), FAULT_NONE);
    db_close(db);
}

static enum fault look_for_mode(struct store_tx *tx, void *arena)
{
    struct span value;
    enum fault f = settings_get(tx, &value, arena, SPAN("mode"));

    return f ? f : span_equal(value, SPAN("kept")) ? FAULT_NONE : FAULT_MISMATCH;
}

static void a_file_of_every_older_program_is_brought_up_and_keeps_its_data(void **state)
{
    const struct bed *b = *state;
    size_t last = 0;

    while (schema_steps[last])
        last++;
    for (size_t n = 0; n <= last; n++) {
        struct arena *a;
        struct db *db;
        int64_t version = -1;

        bed_empty(b);
        make_old_file(b, n);
        struct store *s = bed_open(b, NULL);
        assert_int_equal(arena_new(&a), FAULT_NONE);
        assert_int_equal(store_write(s, look_for_mode, a), n ? FAULT_NONE : FAULT_NOT_FOUND);
        assert_int_equal(bed_add(s, 1), FAULT_NONE);
        arena_free(a);
        store_close(s);
        db = open_db(b);
        assert_int_equal(schema_version(db, &version), FAULT_NONE);
        assert_int_equal(version, last);
        db_close(db);
    }
}

static void a_file_of_a_newer_program_is_refused_and_left_alone(void **state)
{
    const struct bed *b = *state;
    struct db *db = open_db(b);
    struct store *s = NULL;
    int64_t version = 0;

    assert_int_equal(schema_migrate(db, schema_steps), FAULT_NONE);
    assert_int_equal(db_script(db, "UPDATE schema_version SET version = 1000"), FAULT_NONE);
    db_close(db);
    assert_int_equal(store_open(&s, &(struct store_options){ .path = b->path }), FAULT_WRONG_STATE);
    assert_null(s);
    db = open_db(b);
    assert_int_equal(schema_version(db, &version), FAULT_NONE);
    assert_int_equal(version, 1000);
    db_close(db);
}

static void a_step_that_fails_leaves_the_file_as_it_was_before_it(void **state)
{
    static const char *const broken[] = {
        "CREATE TABLE one (a $int NOT NULL) $heap",
        "CREATE TABLE two (a $int NOT NULL) $heap; CREATE TABLE one (a $int NOT NULL) $heap",
        NULL,
    };
    static const char *const mended[] = {
        "CREATE TABLE one (a $int NOT NULL) $heap",
        "CREATE TABLE two (a $text NOT NULL) $heap",
        NULL,
    };
    struct db *db = open_db(*state);
    int64_t version = 0;

    assert_int_equal(schema_migrate(db, broken), FAULT_INTERNAL);
    assert_int_equal(schema_version(db, &version), FAULT_NONE);
    assert_int_equal(version, 1);
    assert_int_equal(schema_migrate(db, mended), FAULT_NONE);  /* "two" was not left behind */
    assert_int_equal(schema_version(db, &version), FAULT_NONE);
    assert_int_equal(version, 2);
    db_close(db);
}

static void words_become_the_engines_own(void **state)
{
    char text[64];
    struct buf b = BUF(text), again = BUF(text);

    (void)state;
    assert_int_equal(schema_text(&b, "a $int, b $bytes) $ordered", schema_words_sqlite), FAULT_NONE);
    assert_string_equal(text, "a INTEGER, b BLOB) STRICT, WITHOUT ROWID");
    assert_int_equal(schema_text(&again, "a $float", schema_words_sqlite), FAULT_INTERNAL);
}

static void a_text_too_long_for_its_buffer_is_refused(void **state)
{
    char text[8];
    struct buf b = BUF(text);

    (void)state;
    assert_int_equal(schema_text(&b, "CREATE TABLE", schema_words_sqlite), FAULT_INTERNAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_file_of_every_older_program_is_brought_up_and_keeps_its_data),
        T(a_file_of_a_newer_program_is_refused_and_left_alone),
        T(a_step_that_fails_leaves_the_file_as_it_was_before_it),
        T(words_become_the_engines_own),
        T(a_text_too_long_for_its_buffer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
