/* test_ring_memory.c: memory runs out anywhere in a rotation, a destruction or the making of a heart: nothing has
 * changed, and nothing is lost. The linker puts the calls below in the place of the program's own. */
#include "ring_bed.h"

#include "keyholder/crypt.h"

#include "base/banned.h"

enum { CLOSE = 60, STRIDE = 41 };     /* each of the first calls, and then one in so many, for time's sake */

/* Which call of those below fails, counted from 1; 0: none. */
static int countdown;

enum fault __real_secret_new(struct secret **out, size_t n);
enum fault __real_crypt_mac_new(struct crypt_mac **out, size_t size, struct span key);
enum fault __real_crypt_hkdf(uint8_t *out, size_t n, const struct crypt_hkdf *from);
enum fault __real_crypt_gcm_new(struct crypt_gcm **out);
enum fault __wrap_secret_new(struct secret **out, size_t n);
enum fault __wrap_crypt_mac_new(struct crypt_mac **out, size_t size, struct span key);
enum fault __wrap_crypt_hkdf(uint8_t *out, size_t n, const struct crypt_hkdf *from);
enum fault __wrap_crypt_gcm_new(struct crypt_gcm **out);

static bool fails_now(void)
{
    return countdown > 0 && --countdown == 0;
}

enum fault __wrap_secret_new(struct secret **out, size_t n)
{
    return fails_now() ? FAULT_INTERNAL : __real_secret_new(out, n);
}

enum fault __wrap_crypt_mac_new(struct crypt_mac **out, size_t size, struct span key)
{
    return fails_now() ? FAULT_INTERNAL : __real_crypt_mac_new(out, size, key);
}

enum fault __wrap_crypt_hkdf(uint8_t *out, size_t n, const struct crypt_hkdf *from)
{
    return fails_now() ? FAULT_INTERNAL : __real_crypt_hkdf(out, n, from);
}

enum fault __wrap_crypt_gcm_new(struct crypt_gcm **out)
{
    return fails_now() ? FAULT_INTERNAL : __real_crypt_gcm_new(out);
}

static int next(int n)
{
    return n + (n < CLOSE ? 1 : STRIDE);
}

/* What is told, and what works, is what was before. */
static void assert_unchanged(const struct key_ring *before, struct span record)
{
    struct key_ring now = told();
    uint8_t room[64];
    struct buf out = BUF(room);

    assert_memory_equal(&now, before, sizeof now);
    assert_int_equal(try_record(KEY_USE_PRIVATE, record, SPAN("text")), FAULT_NONE);
    seal(&out, KEY_USE_PRIVATE, SPAN("text"));
    assert_memory_equal(room + 1, generation(before, KEY_PURPOSE_DATA, 0)->id, KEY_RING_ID);
}

static void a_rotation_without_memory_changes_nothing(void **state)
{
    struct key_ring before = told();
    uint8_t bytes[64];
    struct buf record = BUF(bytes);
    int n = 1, refused = 0;

    (void)state;
    seal(&record, KEY_USE_PRIVATE, SPAN("text"));
    for (;; n = next(n), refused++) {
        countdown = n;
        enum fault f = rotate(KEY_PURPOSE_DATA, 0);
        if (countdown > 0)
            break;
        assert_int_equal(f, FAULT_INTERNAL);
        assert_int_equal(kept.n, 0);
        assert_unchanged(&before, buf_view(&record));
    }
    countdown = 0;
    assert_true(refused > CLOSE);
    assert_int_equal(kept.n, 1);
    assert_int_equal(told().n, before.n + 1);
}

static void a_destruction_without_memory_changes_nothing(void **state)
{
    uint8_t bytes[64], id[KEY_RING_ID];
    struct buf record = BUF(bytes);
    struct key_ring before;
    int n = 1, refused = 0;

    (void)state;
    seal(&record, KEY_USE_PRIVATE, SPAN("text"));
    newest_id(id, KEY_PURPOSE_DATA);
    assert_int_equal(rotate(KEY_PURPOSE_DATA, 0), FAULT_NONE);
    before = told();
    for (;; n = next(n), refused++) {
        countdown = n;
        enum fault f = destroy(KEY_PURPOSE_DATA, id);
        if (countdown > 0)
            break;
        assert_int_equal(f, FAULT_INTERNAL);
        assert_unchanged(&before, buf_view(&record));
    }
    countdown = 0;
    assert_true(refused > CLOSE);
    assert_int_equal(try_record(KEY_USE_PRIVATE, buf_view(&record), SPAN("text")), FAULT_DENIED);
}

static void a_heart_without_memory_is_none(void **state)
{
    int n = 1, refused = 0;

    (void)state;
    for (;; n = next(n), refused++) {
        struct heart_keys cards = test_card_keys();
        struct keyring *ring = rbed_ring();
        struct heart *h = NULL;
        countdown = n;
        enum fault f = heart_of_ring(&h, ring, &cards, NULL);
        bool reached = countdown == 0;
        countdown = 0;
        keyring_free(ring);
        assert_true(reached ? f == FAULT_INTERNAL && !h : f == FAULT_NONE);
        heart_free(h);
        if (!reached)
            break;
    }
    assert_true(refused > CLOSE);
}

static enum fault open_on_disk(int n, bool *reached)
{
    struct keyring *r = NULL;
    enum fault f;

    countdown = n;
    f = keyring_open(&r, rbed_key, rbed_kek);
    *reached = countdown == 0;
    countdown = 0;
    assert_true(f ? !r : r != NULL);
    keyring_free(r);
    return f;
}

static void a_keyring_is_read_and_written_whole_or_not_at_all(void **state)
{
    struct keyring *r = rbed_ring();
    bool reached = true;

    (void)state;
    for (int n = 1; reached; n++) {
        countdown = n;
        enum fault f = keyring_save(r, rbed_key, rbed_kek);
        reached = countdown == 0;
        countdown = 0;
        assert_int_equal(f, reached ? FAULT_INTERNAL : FAULT_NONE);
        assert_int_equal(access(rbed_file, F_OK), reached ? -1 : 0);
    }
    reached = true;
    for (int n = 1; reached; n++) {
        enum fault f = open_on_disk(n, &reached);
        assert_int_equal(f, reached ? FAULT_INTERNAL : FAULT_NONE);
    }
    keyring_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_rotation_without_memory_changes_nothing, fresh),
        cmocka_unit_test_setup(a_destruction_without_memory_changes_nothing, fresh),
        cmocka_unit_test_setup(a_heart_without_memory_is_none, fresh),
        cmocka_unit_test_setup(a_keyring_is_read_and_written_whole_or_not_at_all, fresh),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
