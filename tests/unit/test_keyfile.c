/* test_keyfile.c: which files are taken for a key. */
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

#include "keyholder/heart.h"
#include "keyholder/keyfile.h"

#include "base/banned.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static char dir[64], path[96];

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tijori-keyfile-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/key", dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(dir);
}

static void write_file(const char *text, mode_t mode)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void a_new_key_file_is_private_and_reads_back(void **state)
{
    AUTO_SECRET one = NULL;
    AUTO_SECRET two = NULL;
    struct stat st;

    (void)state;
    assert_int_equal(keyfile_create(path), FAULT_NONE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(st.st_size, 78);
    assert_int_equal(keyfile_read(&one, path), FAULT_NONE);
    assert_int_equal(one->n, HEART_MASTER);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyfile_create(path), FAULT_NONE);
    assert_int_equal(keyfile_read(&two, path), FAULT_NONE);
    assert_memory_not_equal(one->bytes, two->bytes, HEART_MASTER);
}

static void a_key_that_is_there_is_never_replaced(void **state)
{
    AUTO_SECRET key = NULL;

    (void)state;
    write_file("tijori-key-1\n" HEX "\n", 0600);
    assert_int_equal(keyfile_create(path), FAULT_EXISTS);
    assert_int_equal(keyfile_read(&key, path), FAULT_NONE);
    assert_int_equal(key->bytes[1], 0x11);
}

static void what_a_crash_left_beside_does_not_hinder(void **state)
{
    char beside[128];
    int fd;

    (void)state;
    snprintf(beside, sizeof beside, "%s.new", path);
    fd = open(beside, O_WRONLY | O_CREAT, 0644);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(keyfile_create(path), FAULT_NONE);
    assert_int_equal(access(beside, F_OK), -1);
}

static void a_missing_file_or_folder_is_not_found(void **state)
{
    AUTO_SECRET key = NULL;
    char below[128];

    (void)state;
    assert_int_equal(keyfile_read(&key, path), FAULT_NOT_FOUND);
    snprintf(below, sizeof below, "%s/none/key", dir);
    assert_int_equal(keyfile_create(below), FAULT_NOT_FOUND);
    assert_null(key);
}

static void a_file_that_others_may_touch_is_denied(void **state)
{
    static const mode_t open_modes[] = { 0640, 0604, 0660, 0602, 0610, 0601, 0644, 0777 };
    static const mode_t private_modes[] = { 0600, 0400, 0700 };

    (void)state;
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        AUTO_SECRET key = NULL;
        write_file("tijori-key-1\n" HEX "\n", open_modes[i]);
        assert_int_equal(keyfile_read(&key, path), FAULT_DENIED);
    }
    for (size_t i = 0; i < sizeof private_modes / sizeof *private_modes; i++) {
        AUTO_SECRET key = NULL;
        write_file("tijori-key-1\n" HEX "\n", private_modes[i]);
        assert_int_equal(keyfile_read(&key, path), FAULT_NONE);
    }
}

static void a_file_of_another_user_is_denied(void **state)
{
    AUTO_SECRET key = NULL;

    (void)state;
    if (geteuid() != 0)
        skip();                       /* only root can give a file away */
    write_file("tijori-key-1\n" HEX "\n", 0600);
    assert_int_equal(chown(path, 12345, 12345), 0);
    assert_int_equal(keyfile_read(&key, path), FAULT_DENIED);
}

static void a_link_folder_or_pipe_is_denied(void **state)
{
    AUTO_SECRET key = NULL;
    char to[128];

    (void)state;
    snprintf(to, sizeof to, "%s/real", dir);
    assert_int_equal(keyfile_create(to), FAULT_NONE);
    assert_int_equal(symlink(to, path), 0);
    assert_int_equal(keyfile_read(&key, path), FAULT_DENIED);
    assert_int_equal(unlink(to), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(keyfile_read(&key, dir), FAULT_DENIED);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(keyfile_read(&key, path), FAULT_DENIED);
}

static void a_file_that_holds_no_key_is_refused(void **state)
{
    static const char *const wrong[] = {
        "", "\n", "tijori-key-1\n", "tijori-key-2\n" HEX "\n", HEX "\n", "tijori-key-1\n" HEX "\n\n",
        "tijori-key-1\n" HEX "0\n",
        "tijori-key-1\n" HEX " ", "tijori-key-1 " HEX "\n", "tijori-key-1\r\n" HEX "\n",
        "tijori-key-1\nzz112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n",
        "tijori-key-1\n00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEE\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        AUTO_SECRET key = NULL;
        write_file(wrong[i], 0600);
        assert_int_equal(keyfile_read(&key, path), FAULT_BAD_INPUT);
        assert_null(key);
    }
}

static void the_last_line_end_may_be_missing(void **state)
{
    AUTO_SECRET key = NULL;

    (void)state;
    write_file("tijori-key-1\n" HEX, 0600);
    assert_int_equal(keyfile_read(&key, path), FAULT_NONE);
    assert_int_equal(key->bytes[HEART_MASTER - 1], 0xFF);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_key_file_is_private_and_reads_back),
        T(a_key_that_is_there_is_never_replaced),
        T(what_a_crash_left_beside_does_not_hinder),
        T(a_missing_file_or_folder_is_not_found),
        T(a_file_that_others_may_touch_is_denied),
        T(a_file_of_another_user_is_denied),
        T(a_link_folder_or_pipe_is_denied),
        T(a_file_that_holds_no_key_is_refused),
        T(the_last_line_end_may_be_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
