/* keyring_bed.h: a folder with a key file in it, and rings made, written and read there. */
#pragma once

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

#include "base/secret.h"
#include "keyholder/keyring_parts.h"

#define T0 INT64_C(1700000000000)

enum { RBED_FILE = 4096 };            /* bytes: more than any keyring has */

static char rbed_dir[64], rbed_key[96], rbed_file[96];
static struct secret *rbed_master, *rbed_kek;

static inline int rbed_setup(void **state)
{
    (void)state;
    snprintf(rbed_dir, sizeof rbed_dir, "/tmp/tijori-keyring-XXXXXX");
    if (!mkdtemp(rbed_dir))
        return 1;
    snprintf(rbed_key, sizeof rbed_key, "%s/master.key", rbed_dir);
    snprintf(rbed_file, sizeof rbed_file, "%s/keyring", rbed_dir);
    assert_int_equal(secret_new(&rbed_master, KEYRING_ROOT), FAULT_NONE);
    for (size_t i = 0; i < rbed_master->n; i++)
        rbed_master->bytes[i] = (uint8_t)i;
    assert_int_equal(keyring_kek_of_master(&rbed_kek, rbed_master), FAULT_NONE);
    return 0;
}

static inline int rbed_teardown(void **state)
{
    char beside[112];

    (void)state;
    snprintf(beside, sizeof beside, "%s.new", rbed_file);
    (void)unlink(beside);
    (void)unlink(rbed_key);
    (void)unlink(rbed_file);
    secret_free(rbed_master);
    secret_free(rbed_kek);
    return rmdir(rbed_dir);
}

/* Before each test: no file is there. */
static inline int rbed_empty(void **state)
{
    (void)state;
    (void)unlink(rbed_key);
    (void)unlink(rbed_file);
    return 0;
}

static inline void rbed_write(const char *path, struct span text)
{
    int fd;

    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    close(fd);
}

static inline struct span rbed_read(uint8_t room[static RBED_FILE])
{
    FILE *f = fopen(rbed_file, "r");
    size_t n;

    assert_non_null(f);
    n = fread(room, 1, RBED_FILE, f);
    fclose(f);
    return (struct span){ room, n };
}

static inline struct keyring *rbed_ring(void)
{
    struct keyring *r = NULL;

    assert_int_equal(keyring_of_master(&r, rbed_master), FAULT_NONE);
    return r;
}

static inline enum fault rbed_open(struct keyring **out)
{
    *out = NULL;
    return keyring_open(out, rbed_key, rbed_kek);
}

/* A fault, and no ring. */
static inline enum fault rbed_try(void)
{
    struct keyring *r;
    enum fault f = rbed_open(&r);

    assert_true(f ? r == NULL : r != NULL);
    keyring_free(r);
    return f;
}
