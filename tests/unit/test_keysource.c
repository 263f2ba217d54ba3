/* test_keysource.c: the keyring opens by whatever keeps its key, and by nothing else; and it may move from one to
 * another. */
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

#include "keyholder/keyfile.h"
#include "keyholder/keymake.h"
#include "keyholder/share.h"

#include "base/banned.h"

enum { SHARES = 5, NEED = 3, NOW = 1700000000 };

static struct bed {
    char dir[64], key_file[96], keyring[96], replaced[128], kept[128];
    struct keysource_options source;
    char share[SHARES][SHARE_TEXT + 1];
    unsigned told, refuse_from;       /* refuse_from: the first share that cannot be told; 0: all can */
    const char *typed[16];            /* what the custodians type, ended by NULL */
    unsigned asked, need, have;       /* what the last question said */
    const char *why;
} bed;

static int set_up(void **state)
{
    (void)state;
    memset(&bed, 0, sizeof bed);
    snprintf(bed.dir, sizeof bed.dir, "/tmp/tijori-keysource-XXXXXX");
    assert_non_null(mkdtemp(bed.dir));
    snprintf(bed.key_file, sizeof bed.key_file, "%s/master.key", bed.dir);
    snprintf(bed.keyring, sizeof bed.keyring, "%s/keyring", bed.dir);
    snprintf(bed.replaced, sizeof bed.replaced, "%s.replaced", bed.key_file);
    snprintf(bed.kept, sizeof bed.kept, "%s.replaced", bed.keyring);
    bed.source.key_file = bed.key_file;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(bed.key_file);
    (void)unlink(bed.keyring);
    (void)unlink(bed.replaced);
    (void)unlink(bed.kept);
    return rmdir(bed.dir);
}

static bool tell(void *arg, unsigned i, struct span text)
{
    (void)arg;
    assert_in_range(i, 1, SHARES);
    assert_int_equal(text.n, SHARE_TEXT);
    memcpy(bed.share[i - 1], text.p, text.n);
    bed.told++;
    return i != bed.refuse_from;
}

static enum fault make(bool *converted)
{
    const struct keymake_options o = { .source = bed.source, .shares = SHARES, .threshold = NEED, .now_ms = NOW };

    bed.told = 0;
    return keymake(converted, &o, tell, NULL, &bed.why);
}

static bool type(void *arg, struct buf *line, unsigned have, unsigned need)
{
    const char *text = bed.typed[bed.asked];

    (void)arg;
    if (!text)
        return false;
    bed.asked++;
    bed.have = have;
    bed.need = need;
    buf_text(line, text);
    assert_false(line->full);
    return true;
}

static enum fault open_with(struct keysource_opened *out, const char *a, const char *b, const char *c)
{
    bed.asked = 0;
    memset(bed.typed, 0, sizeof bed.typed);
    bed.typed[0] = a;
    bed.typed[1] = b;
    bed.typed[2] = c;
    bed.why = NULL;
    return keysource_open(out, &bed.source, type, NULL, &bed.why);
}

static bool exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

static struct keyring_head head_of(void)
{
    struct keyring_head h;

    assert_int_equal(keysource_kind(&h, &bed.source), FAULT_NONE);
    return h;
}

static void a_key_file_alone_is_its_own_ring(void **state)
{
    AUTO_SECRET master = NULL;
    struct keysource_opened k;

    (void)state;
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, &bed.why), FAULT_NOT_FOUND);
    assert_non_null(bed.why);
    assert_null(k.ring);
    assert_int_equal(head_of().source, KEYRING_FILE);
    assert_int_equal(keyfile_create(bed.key_file), FAULT_NONE);
    assert_int_equal(keyfile_read(&master, bed.key_file), FAULT_NONE);
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, NULL), FAULT_NONE);
    for (enum key_purpose p = 0; p < KEY_PURPOSES; p++)
        assert_memory_equal(keyring_find(k.ring, p, 0)->root, master->bytes, KEYRING_ROOT);
    assert_int_not_equal(memcmp(k.kek->bytes, master->bytes, KEYRING_KEK), 0);
    keysource_close(&k);
}

static void a_ring_beside_a_key_file_opens_with_it_and_with_no_other(void **state)
{
    struct keysource_opened k;
    uint8_t id[KEYRING_ID];

    (void)state;
    assert_int_equal(keyfile_create(bed.key_file), FAULT_NONE);
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, &bed.why), FAULT_NONE);
    assert_int_equal(keyring_rotate(k.ring, KEY_PURPOSE_DATA, NOW, 0), FAULT_NONE);
    assert_int_equal(keyring_save(k.ring, bed.key_file, k.kek), FAULT_NONE);
    memcpy(id, keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->id, sizeof id);
    keysource_close(&k);
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, &bed.why), FAULT_NONE);
    assert_memory_equal(keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->id, id, sizeof id);
    keysource_close(&k);

    assert_int_equal(unlink(bed.key_file), 0);
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, &bed.why), FAULT_NOT_FOUND);
    assert_int_equal(keyfile_create(bed.key_file), FAULT_NONE);
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, &bed.why), FAULT_DENIED);
    assert_null(k.ring);
    assert_null(k.kek);
}

static void a_new_ring_opens_with_enough_of_its_shares(void **state)
{
    struct keysource_opened k;
    bool converted = true;

    (void)state;
    assert_int_equal(make(&converted), FAULT_NONE);
    assert_false(converted);
    assert_int_equal(bed.told, SHARES);
    assert_false(exists(bed.key_file));
    assert_int_equal(head_of().source, KEYRING_SHARES);
    assert_int_equal(head_of().threshold, NEED);
    assert_int_equal(head_of().shares, SHARES);
    assert_int_equal(open_with(&k, bed.share[4], bed.share[0], bed.share[2]), FAULT_NONE);
    assert_int_equal(bed.have, 2);
    assert_int_equal(bed.need, NEED);
    assert_int_equal(keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->created_ms, NOW);
    assert_int_not_equal(memcmp(keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->root,
                                keyring_find(k.ring, KEY_PURPOSE_BASE, 0)->root, KEYRING_ROOT), 0);
    assert_int_equal(keyring_save(k.ring, bed.key_file, k.kek), FAULT_NONE);
    keysource_close(&k);
    assert_int_equal(open_with(&k, bed.share[1], bed.share[3], bed.share[2]), FAULT_NONE);
    assert_int_equal(keyring_head(k.ring)->version, 2);
    keysource_close(&k);
}

static void too_few_wrong_or_doubled_shares_open_nothing(void **state)
{
    char forged[SHARE_TEXT + 1];
    struct keysource_opened k;
    struct share s;
    struct buf b;
    bool converted;

    (void)state;
    assert_int_equal(make(&converted), FAULT_NONE);
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, &bed.why), FAULT_WRONG_STATE);
    assert_int_equal(open_with(&k, bed.share[0], bed.share[1], NULL), FAULT_WRONG_STATE);
    assert_int_equal(open_with(&k, bed.share[0], bed.share[1], bed.share[1]), FAULT_WRONG_STATE);
    assert_int_equal(open_with(&k, bed.share[0], bed.share[1], "nonsense"), FAULT_WRONG_STATE);
    assert_int_equal(share_read(&s, span_of(bed.share[2])), FAULT_NONE);
    s.part.bytes[31] ^= 1;
    b = (struct buf){ (uint8_t *)forged, 0, SHARE_TEXT, false };
    share_write(&b, &s);
    forged[SHARE_TEXT] = '\0';
    assert_int_equal(open_with(&k, bed.share[0], bed.share[1], forged), FAULT_DENIED);
    assert_non_null(bed.why);
    assert_null(k.ring);
    assert_null(k.kek);
}

/* A terminal that says the same for ever. */
static bool type_the_same(void *arg, struct buf *line, unsigned have, unsigned need)
{
    unsigned *n = arg;

    (void)have, (void)need;
    (*n)++;
    buf_text(line, "no share");
    return true;
}

static void whoever_types_nonsense_for_ever_is_not_listened_to_for_ever(void **state)
{
    struct keysource_opened k;
    unsigned n = 0;
    bool converted;

    (void)state;
    assert_int_equal(make(&converted), FAULT_NONE);
    assert_int_equal(keysource_open(&k, &bed.source, type_the_same, &n, &bed.why), FAULT_WRONG_STATE);
    assert_in_range(n, SHARES, 1000);
}

/* Nothing has to be encrypted anew: the roots are what they were. */
static void a_key_file_and_its_ring_are_given_to_custodians(void **state)
{
    uint8_t roots[2][KEYRING_ROOT], set[KEYRING_SET];
    struct keysource_opened k;
    bool converted = false;

    (void)state;
    assert_int_equal(keyfile_create(bed.key_file), FAULT_NONE);
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, &bed.why), FAULT_NONE);
    assert_int_equal(keyring_rotate(k.ring, KEY_PURPOSE_DATA, NOW, 0), FAULT_NONE);
    assert_int_equal(keyring_save(k.ring, bed.key_file, k.kek), FAULT_NONE);
    memcpy(roots[0], keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->root, KEYRING_ROOT);
    memcpy(roots[1], keyring_find(k.ring, KEY_PURPOSE_DATA, 1)->root, KEYRING_ROOT);
    memcpy(set, keyring_head(k.ring)->set, sizeof set);
    keysource_close(&k);

    assert_int_equal(make(&converted), FAULT_NONE);
    assert_true(converted);
    assert_false(exists(bed.key_file));
    assert_true(exists(bed.replaced));
    assert_int_equal(open_with(&k, bed.share[2], bed.share[1], bed.share[0]), FAULT_NONE);
    assert_memory_equal(keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->root, roots[0], KEYRING_ROOT);
    assert_memory_equal(keyring_find(k.ring, KEY_PURPOSE_DATA, 1)->root, roots[1], KEYRING_ROOT);
    assert_int_not_equal(memcmp(keyring_head(k.ring)->set, set, sizeof set), 0);
    keysource_close(&k);

    /* The shares are lost: the folder goes back to its key file, and misses nothing. */
    assert_int_equal(rename(bed.replaced, bed.key_file), 0);
    assert_int_equal(rename(bed.kept, bed.keyring), 0);
    assert_int_equal(keysource_open(&k, &bed.source, NULL, NULL, &bed.why), FAULT_NONE);
    assert_memory_equal(keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->root, roots[0], KEYRING_ROOT);
    assert_memory_equal(keyring_find(k.ring, KEY_PURPOSE_DATA, 1)->root, roots[1], KEYRING_ROOT);
    keysource_close(&k);
}

static void what_is_there_already_is_left_as_it_is(void **state)
{
    struct keysource_opened k;
    char first[SHARES][SHARE_TEXT + 1];
    bool converted;

    (void)state;
    assert_int_equal(make(&converted), FAULT_NONE);
    memcpy(first, bed.share, sizeof first);
    assert_int_equal(make(&converted), FAULT_EXISTS);
    assert_int_equal(bed.told, 0);
    assert_int_equal(open_with(&k, first[0], first[1], first[2]), FAULT_NONE);
    keysource_close(&k);

    assert_int_equal(unlink(bed.keyring), 0);
    assert_int_equal(keyfile_create(bed.replaced), FAULT_NONE);
    assert_int_equal(keyfile_create(bed.key_file), FAULT_NONE);
    assert_int_equal(make(&converted), FAULT_EXISTS);
    assert_int_equal(bed.told, 0);
    assert_true(exists(bed.key_file) && exists(bed.replaced) && !exists(bed.keyring));
}

/* Somebody leaves: his share opens an old copy of the keyring, and not the one that is there. */
static void a_keyring_is_given_to_other_custodians_by_those_who_have_it(void **state)
{
    struct keymake_options o = { .source = bed.source, .shares = 3, .threshold = 2, .now_ms = NOW, .replace = true,
                                 .ask = type };
    char old[SHARES][SHARE_TEXT + 1];
    struct keysource_opened k;
    uint8_t root[KEYRING_ROOT];
    bool converted = true;

    (void)state;
    assert_int_equal(make(&converted), FAULT_NONE);
    memcpy(old, bed.share, sizeof old);
    assert_int_equal(open_with(&k, old[0], old[1], old[2]), FAULT_NONE);
    memcpy(root, keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->root, sizeof root);
    keysource_close(&k);

    bed.asked = 0;
    bed.typed[0] = old[0];
    bed.typed[1] = old[4];
    bed.typed[2] = NULL;
    assert_int_equal(keymake(&converted, &o, tell, NULL, &bed.why), FAULT_WRONG_STATE);
    bed.asked = 0;
    bed.typed[2] = old[3];
    bed.typed[3] = NULL;
    assert_int_equal(keymake(&converted, &o, tell, NULL, &bed.why), FAULT_NONE);
    assert_false(converted);
    assert_int_equal(head_of().threshold, 2);
    assert_int_equal(head_of().shares, 3);
    assert_int_equal(open_with(&k, old[0], old[1], old[2]), FAULT_WRONG_STATE);
    assert_int_equal(open_with(&k, bed.share[2], bed.share[0], NULL), FAULT_NONE);
    assert_memory_equal(keyring_find(k.ring, KEY_PURPOSE_DATA, 0)->root, root, sizeof root);
    keysource_close(&k);
}

static void shares_that_cannot_all_be_told_change_nothing(void **state)
{
    bool converted;

    (void)state;
    assert_int_equal(keyfile_create(bed.key_file), FAULT_NONE);
    bed.refuse_from = SHARES;
    assert_int_equal(make(&converted), FAULT_INTERNAL);
    assert_true(exists(bed.key_file) && !exists(bed.replaced) && !exists(bed.keyring));
    bed.refuse_from = 0;
    assert_int_equal(make(&converted), FAULT_NONE);
    assert_true(converted);
}

static void impossible_numbers_of_shares_make_nothing(void **state)
{
    static const struct { unsigned shares, threshold; } bad[] = { { 5, 1 }, { 3, 4 }, { 17, 3 } };
    bool converted;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct keymake_options o = { .source = bed.source, .shares = bad[i].shares,
                                           .threshold = bad[i].threshold, .now_ms = NOW };
        assert_int_equal(keymake(&converted, &o, tell, NULL, &bed.why), FAULT_BAD_INPUT);
        assert_false(exists(bed.keyring));
    }
}

static void a_ring_of_an_hsm_says_that_it_needs_one(void **state)
{
    AUTO_SECRET kek = NULL;
    struct keyring *r = NULL;
    struct keysource_opened k;

    (void)state;
    assert_int_equal(secret_new(&kek, KEYRING_KEK), FAULT_NONE);
    assert_int_equal(keyring_new(&r, NOW), FAULT_NONE);
    keyring_head(r)->source = KEYRING_HSM;
    keyring_head(r)->for_source_n = 60;
    assert_int_equal(keyring_save(r, bed.key_file, kek), FAULT_NONE);
    keyring_free(r);
    assert_int_equal(head_of().source, KEYRING_HSM);
    assert_int_equal(keysource_open(&k, &bed.source, type, NULL, &bed.why), FAULT_SILENT);
    assert_non_null(strstr(bed.why, "--hsm-module"));
}

static void a_ring_that_lies_open_or_is_none_is_not_used(void **state)
{
    struct keysource_opened k;
    struct keyring_head h;
    bool converted;
    int fd;

    (void)state;
    assert_int_equal(make(&converted), FAULT_NONE);
    assert_int_equal(chmod(bed.keyring, 0640), 0);
    assert_int_equal(keysource_kind(&h, &bed.source), FAULT_DENIED);
    assert_int_equal(open_with(&k, bed.share[0], bed.share[1], bed.share[2]), FAULT_DENIED);
    assert_int_equal(unlink(bed.keyring), 0);
    fd = open(bed.keyring, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(fd, "tijori-keyring-1\n", 17), 17);
    close(fd);
    assert_int_equal(keysource_kind(&h, &bed.source), FAULT_BAD_INPUT);
    assert_int_equal(open_with(&k, NULL, NULL, NULL), FAULT_BAD_INPUT);
    assert_non_null(bed.why);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_key_file_alone_is_its_own_ring),
        T(a_ring_beside_a_key_file_opens_with_it_and_with_no_other),
        T(a_new_ring_opens_with_enough_of_its_shares),
        T(too_few_wrong_or_doubled_shares_open_nothing),
        T(whoever_types_nonsense_for_ever_is_not_listened_to_for_ever),
        T(a_key_file_and_its_ring_are_given_to_custodians),
        T(what_is_there_already_is_left_as_it_is),
        T(a_keyring_is_given_to_other_custodians_by_those_who_have_it),
        T(shares_that_cannot_all_be_told_change_nothing),
        T(impossible_numbers_of_shares_make_nothing),
        T(a_ring_of_an_hsm_says_that_it_needs_one),
        T(a_ring_that_lies_open_or_is_none_is_not_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
