/* test_keyring_power.c: the power fails, or the disk does, at each step of writing a keyring: there is the old one or
 * the new one, whole. The linker puts the calls below in the place of the C library's. */
#include "keyring_bed.h"

#include <errno.h>
#include <sys/wait.h>

#include "base/banned.h"

enum { CUT = 77 };                    /* exit status of a process whose power failed */

/* Which call of those below is the one, counted from 1, and what happens at it. */
static int countdown;
static bool cuts_power;

ssize_t __real_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

/* Is this the call? */
static bool fails_now(void)
{
    return countdown > 0 && --countdown == 0;
}

static int fail_now(void)
{
    if (cuts_power)
        _exit(CUT);
    errno = EIO;
    return -1;
}

/* Half of it gets through. */
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    if (!fails_now())
        return __real_write(fd, p, n);
    (void)!__real_write(fd, p, n / 2);
    return fail_now();
}

int __wrap_fsync(int fd)
{
    return fails_now() ? fail_now() : __real_fsync(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    return fails_now() ? fail_now() : __real_rename(from, to);
}

/* A ring in its first version, with one generation of data keys. */
static struct keyring *saved(void)
{
    struct keyring *r = rbed_ring();

    assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
    return r;
}

/* What is there opens, and is either the ring from before or the one that was written. */
static uint64_t version_on_disk(void)
{
    struct keyring *r;
    uint64_t version;

    assert_int_equal(rbed_open(&r), FAULT_NONE);
    version = keyring_head(r)->version;
    assert_int_equal(keyring_count(r), KEY_PURPOSES + (version > 1));
    keyring_free(r);
    return version;
}

/* In a process that ends at the n-th call; *reached: there was such a call. */
static void save_until_the_power_fails(struct keyring *r, int n, bool *reached)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        cuts_power = true;
        countdown = n;
        _exit(keyring_save(r, rbed_key, rbed_kek) != FAULT_NONE);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == CUT || WEXITSTATUS(status) == 0));
    *reached = WEXITSTATUS(status) == CUT;
}

static void a_power_cut_at_any_step_leaves_one_ring_or_the_other(void **state)
{
    bool reached = true;
    int n = 0, old = 0;

    (void)state;
    while (reached) {
        struct keyring *r = saved();
        uint64_t version;
        assert_int_equal(keyring_rotate(r, KEY_PURPOSE_DATA, T0, 0), FAULT_NONE);
        save_until_the_power_fails(r, ++n, &reached);
        version = version_on_disk();
        assert_true(version == 1 || version == 2);
        assert_true(reached || version == 2);
        old += version == 1;
        /* What is left over beside it is in nobody's way. */
        assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_NONE);
        assert_int_equal(version_on_disk(), 2);
        keyring_free(r);
    }
    assert_int_equal(n, 5);           /* written, synced, renamed, the folder synced; and none of them */
    assert_int_equal(old, 3);
}

static void a_disk_that_fails_at_any_step_is_told_and_keeps_one_ring_or_the_other(void **state)
{
    (void)state;
    cuts_power = false;
    for (int n = 1; n <= 4; n++) {
        struct keyring *r = saved();
        assert_int_equal(keyring_rotate(r, KEY_PURPOSE_DATA, T0, 0), FAULT_NONE);
        countdown = n;
        assert_int_equal(keyring_save(r, rbed_key, rbed_kek), FAULT_DISK);
        assert_int_equal(countdown, 0);
        assert_int_equal(version_on_disk(), n < 4 ? 1 : 2);
        keyring_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_power_cut_at_any_step_leaves_one_ring_or_the_other, rbed_empty),
        cmocka_unit_test_setup(a_disk_that_fails_at_any_step_is_told_and_keeps_one_ring_or_the_other, rbed_empty),
    };

    return cmocka_run_group_tests(tests, rbed_setup, rbed_teardown);
}
