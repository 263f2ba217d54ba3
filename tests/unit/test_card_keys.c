/* test_card_keys.c: the server's keys for cards on disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyholder/card_keys.h"
#include "keyholder/private_file.h"

#include "unit/card_keys.h"

#include "base/banned.h"

static char dir[64], key_file[96], jwe_file[96], rsa_file[96];
static struct secret *master;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/dev/shm/tijori-cardkeys-XXXXXX");
    if (!mkdtemp(dir) || secret_new(&master, HEART_MASTER))
        return 1;
    snprintf(key_file, sizeof key_file, "%s/key", dir);
    snprintf(jwe_file, sizeof jwe_file, "%s/card-jwe.key", dir);
    snprintf(rsa_file, sizeof rsa_file, "%s/card-rsa.key", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    secret_free(master);
    (void)unlink(jwe_file);
    (void)unlink(rsa_file);
    return rmdir(dir);
}

static void free_keys(struct heart_keys *k)
{
    rsa_private_free(k->jwe);
    rsa_private_free(k->rsa);
    *k = (struct heart_keys){ 0 };
}

/* Both test keys written, as if they had been made here. */
static void save_both(void)
{
    struct heart_keys keys = test_card_keys();

    assert_int_equal(card_keys_save(CARD_KEY_JWE, keys.jwe, master, key_file), FAULT_NONE);
    assert_int_equal(card_keys_save(CARD_KEY_RSA, keys.rsa, master, key_file), FAULT_NONE);
    free_keys(&keys);
}

static bool is_same(const struct rsa_private *a, const struct rsa_private *b)
{
    AUTO_SECRET x = NULL;
    AUTO_SECRET y = NULL;

    assert_int_equal(rsa_private_der(a, &x), FAULT_NONE);
    assert_int_equal(rsa_private_der(b, &y), FAULT_NONE);
    return span_equal(secret_span(x), secret_span(y));
}

static enum fault open_both(void)
{
    struct heart_keys keys = { 0 };
    bool made = true;
    enum fault f = card_keys_of_master(&keys, &made, master, key_file);

    if (!f)
        assert_false(made);
    free_keys(&keys);
    return f;
}

static void missing_keys_are_made_once_and_found_again(void **state)
{
    struct heart_keys first = { 0 }, second = { 0 };
    struct stat st;
    bool made = false;

    (void)state;
    assert_int_equal(card_keys_of_master(&first, &made, master, key_file), FAULT_NONE);
    assert_true(made);
    assert_int_equal(rsa_private_size(first.jwe), 256);
    assert_false(is_same(first.jwe, first.rsa));
    assert_int_equal(stat(jwe_file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(rsa_file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(card_keys_of_master(&second, &made, master, key_file), FAULT_NONE);
    assert_false(made);
    assert_true(is_same(first.jwe, second.jwe));
    assert_true(is_same(first.rsa, second.rsa));
    free_keys(&first);
    free_keys(&second);
}

/* They are under the root that is never rotated. */
static void rotated_rings_open_the_same_files(void **state)
{
    struct heart_keys keys = { 0 };
    struct keyring *ring = NULL, *other = NULL;
    bool made = true;

    (void)state;
    save_both();
    assert_int_equal(keyring_of_master(&ring, master), FAULT_NONE);
    for (enum key_purpose p = KEY_PURPOSE_DATA; p < KEY_PURPOSES; p++)
        assert_int_equal(keyring_rotate(ring, p, 1, 0), FAULT_NONE);
    assert_int_equal(card_keys_of_ring(&keys, &made, ring, key_file), FAULT_NONE);
    assert_false(made);
    free_keys(&keys);
    assert_int_equal(keyring_new(&other, 1), FAULT_NONE);
    assert_int_equal(card_keys_of_ring(&keys, &made, other, key_file), FAULT_DENIED);
    keyring_free(ring);
    keyring_free(other);
}

static void a_file_holds_nothing_of_its_key_in_the_clear(void **state)
{
    struct heart_keys keys = test_card_keys();
    AUTO_SECRET der = NULL;
    uint8_t room[8192];
    struct buf b = BUF(room);

    (void)state;
    save_both();
    assert_int_equal(rsa_private_der(keys.jwe, &der), FAULT_NONE);
    assert_int_equal(private_file_read(&b, jwe_file), FAULT_NONE);
    assert_true(span_starts(buf_view(&b), SPAN("tijori-card-key-1\n")));
    for (size_t i = 0; i + 16 < der->n; i += 16)
        assert_null(memmem(b.p, b.n, der->bytes + i, 16));
    free_keys(&keys);
}

static void a_file_under_another_name_or_master_key_does_not_open(void **state)
{
    (void)state;
    save_both();
    assert_int_equal(open_both(), FAULT_NONE);
    master->bytes[0] ^= 1;
    assert_int_equal(open_both(), FAULT_DENIED);
    master->bytes[0] ^= 1;
    assert_int_equal(unlink(jwe_file), 0);
    assert_int_equal(link(rsa_file, jwe_file), 0);
    assert_int_equal(open_both(), FAULT_DENIED);
}

static void a_file_changed_anywhere_does_not_open(void **state)
{
    struct stat st;
    char byte;
    int fd;

    (void)state;
    save_both();
    assert_int_equal(stat(rsa_file, &st), 0);
    for (off_t at = 0; at < st.st_size; at += 37) {
        fd = open(rsa_file, O_RDWR);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 4;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        assert_int_equal(open_both(), at < 18 ? FAULT_BAD_INPUT : FAULT_DENIED);
        byte ^= 4;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
    assert_int_equal(open_both(), FAULT_NONE);
    assert_int_equal(truncate(rsa_file, 40), 0);
    assert_int_equal(open_both(), FAULT_BAD_INPUT);
    assert_int_equal(truncate(rsa_file, 1000), 0);
    assert_int_equal(open_both(), FAULT_DENIED);
    assert_int_equal(truncate(rsa_file, 100000), 0);
    assert_int_equal(open_both(), FAULT_BAD_INPUT);
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    (void)state;
    save_both();
    assert_int_equal(chmod(jwe_file, 0640), 0);
    assert_int_equal(open_both(), FAULT_DENIED);
    assert_int_equal(unlink(jwe_file), 0);
    assert_int_equal(symlink(rsa_file, jwe_file), 0);
    assert_int_equal(open_both(), FAULT_DENIED);
}

static void a_key_that_is_there_is_not_replaced(void **state)
{
    struct heart_keys keys = test_card_keys();

    (void)state;
    save_both();
    assert_int_equal(card_keys_save(CARD_KEY_JWE, keys.rsa, master, key_file), FAULT_EXISTS);
    assert_int_equal(open_both(), FAULT_NONE);
    free_keys(&keys);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(missing_keys_are_made_once_and_found_again),
        T(rotated_rings_open_the_same_files),
        T(a_file_holds_nothing_of_its_key_in_the_clear),
        T(a_file_under_another_name_or_master_key_does_not_open),
        T(a_file_changed_anywhere_does_not_open),
        T(a_file_that_others_may_read_is_refused),
        T(a_key_that_is_there_is_not_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
