/* test_hsm_library.c: PKCS#11 libraries that misbehave (fake_pkcs11.c), each told in a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keyholder/hsm_token.h"

#include "base/banned.h"

enum { KEK = 32 };

static char pin_file[64];
static struct hsm_options options = { .module = FAKE_PKCS11, .token = "fake", .key = "any", .pin_file = pin_file };
static struct secret *kek;

static int setup(void **state)
{
    int fd;

    (void)state;
    snprintf(pin_file, sizeof pin_file, "/tmp/tijori-pin-XXXXXX");
    fd = mkstemp(pin_file);
    if (fd < 0 || write(fd, "1234\n", 5) != 5 || secret_new(&kek, KEK))
        return -1;
    memset(kek->bytes, 'K', KEK);
    return close(fd);
}

static int teardown(void **state)
{
    (void)state;
    secret_free(kek);
    return unlink(pin_file);
}

static enum fault wrap(const char *how, struct buf *out, const char **why)
{
    *why = NULL;
    setenv("FAKE_HSM", how, 1);
    return hsm_wrap(out, &options, kek, why);
}

static void every_way_to_fail_has_its_sentence(void **state)
{
    static const struct { const char *how; enum hsm_trouble why; } ways[] = {
        { "no list", HSM_NO_PKCS11_TROUBLE }, { "of version 3", HSM_NO_PKCS11_TROUBLE },
        { "does not start", HSM_NO_START_TROUBLE }, { "too many slots", HSM_NO_TOKEN_TROUBLE },
        { "blank token", HSM_NO_TOKEN_TROUBLE }, { "two tokens", HSM_TOKENS_TROUBLE },
        { "no session", HSM_REFUSED_TROUBLE }, { "locks", HSM_PIN_LOCKED_TROUBLE }, { "no login", HSM_REFUSED_TROUBLE },
        { "no pin yet", HSM_NO_PIN_TROUBLE }, { "no search", HSM_REFUSED_TROUBLE }, { "two keys", HSM_KEYS_TROUBLE },
        { "extractable", HSM_KEY_OPEN_TROUBLE }, { "not sensitive", HSM_KEY_OPEN_TROUBLE },
        { "short key", HSM_KEY_KIND_TROUBLE }, { "other key", HSM_KEY_KIND_TROUBLE },
        { "no decrypting", HSM_KEY_KIND_TROUBLE }, { "no attributes", HSM_KEY_KIND_TROUBLE },
        { "no gcm", HSM_NO_GCM_TROUBLE }, { "no key use", HSM_REFUSED_TROUBLE },
        { "short answer", HSM_REFUSED_TROUBLE },
    };
    uint8_t bytes[HSM_WRAPPED_MAX];
    struct buf out = BUF(bytes);
    const char *why;

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (wrap(ways[i].how, &out, &why) != FAULT_SILENT || out.n)
            fail_msg("%s: it was not refused", ways[i].how);
        assert_string_equal(why, hsm_trouble_text(ways[i].why));
    }
    assert_int_equal(wrap("behaves", &out, &why), FAULT_NONE);
    assert_int_equal(out.n, HSM_NONCE + KEK + HSM_TAG);
}

/* The library ends the process when it is tried, so the sentence is another one then. */
static void the_last_try_of_a_pin_is_not_used_up(void **state)
{
    uint8_t bytes[HSM_WRAPPED_MAX];
    struct buf out = BUF(bytes);
    const char *why;

    (void)state;
    assert_int_equal(wrap("last try", &out, &why), FAULT_SILENT);
    assert_string_equal(why, hsm_trouble_text(HSM_PIN_LAST_TROUBLE));
    assert_int_equal(wrap("locked", &out, &why), FAULT_SILENT);
    assert_string_equal(why, hsm_trouble_text(HSM_PIN_LOCKED_TROUBLE));
}

static void a_nonce_of_the_hsms_own_is_kept(void **state)
{
    static const uint8_t own[HSM_NONCE] = "NNNNNNNNNNNN";
    uint8_t bytes[HSM_WRAPPED_MAX];
    struct buf out = BUF(bytes);
    const char *why;

    (void)state;
    assert_int_equal(wrap("own nonce", &out, &why), FAULT_NONE);
    assert_memory_equal(bytes, own, sizeof own);
}

static void a_library_that_hangs_is_ended_and_one_that_breaks_down_is_named(void **state)
{
    uint8_t bytes[HSM_WRAPPED_MAX];
    struct buf out = BUF(bytes);
    const char *why;

    (void)state;
    assert_int_equal(wrap("crashes", &out, &why), FAULT_SILENT);
    assert_string_equal(why, hsm_trouble_text(HSM_BROKE_TROUBLE));
    options.wait_ms = 50;
    assert_int_equal(wrap("hangs", &out, &why), FAULT_SILENT);
    options.wait_ms = 0;
    assert_string_equal(why, hsm_trouble_text(HSM_SLOW_TROUBLE));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void an_answer_of_another_length_unwraps_nothing(void **state)
{
    uint8_t bytes[HSM_WRAPPED_MAX];
    struct buf out = BUF(bytes);
    struct secret *again = NULL;
    const char *why;

    (void)state;
    assert_int_equal(wrap("behaves", &out, &why), FAULT_NONE);
    setenv("FAKE_HSM", "short answer", 1);
    assert_int_equal(hsm_unwrap(&again, &options, buf_view(&out), &why), FAULT_DENIED);
    assert_string_equal(why, hsm_trouble_text(HSM_OTHER_TROUBLE));
    setenv("FAKE_HSM", "no gcm", 1);
    assert_int_equal(hsm_unwrap(&again, &options, buf_view(&out), &why), FAULT_SILENT);
    assert_string_equal(why, hsm_trouble_text(HSM_NO_GCM_TROUBLE));
    assert_null(again);
}

static void a_room_that_is_too_small_gets_nothing(void **state)
{
    uint8_t bytes[HSM_NONCE + KEK];
    struct buf out = BUF(bytes);
    const char *why;

    (void)state;
    assert_int_equal(wrap("behaves", &out, &why), FAULT_INTERNAL);
    assert_non_null(why);
    assert_int_equal(out.n, 0);
}

static void a_key_that_cannot_be_made_is_a_refusal(void **state)
{
    const char *why = NULL;

    (void)state;
    setenv("FAKE_HSM", "no search", 1);
    assert_int_equal(hsm_make_key(&options, &why), FAULT_SILENT);
    assert_string_equal(why, hsm_trouble_text(HSM_REFUSED_TROUBLE));
    setenv("FAKE_HSM", "two keys", 1);
    assert_int_equal(hsm_make_key(&options, &why), FAULT_EXISTS);
    setenv("FAKE_HSM", "no key at all", 1);
    assert_int_equal(hsm_make_key(&options, &why), FAULT_SILENT);
    assert_string_equal(why, hsm_trouble_text(HSM_REFUSED_TROUBLE));
}

static bool is_mapped(const char *name)
{
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "re");
    bool found = false;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps))
        found = found || strstr(line, name);
    fclose(maps);
    return found;
}

/* The same in this process, where a leak of it would be seen. */
static void what_one_question_took_is_given_back(void **state)
{
    uint8_t bytes[HSM_WRAPPED_MAX], plain[HSM_KEK_MAX];
    struct buf out = BUF(bytes), again = BUF(plain);
    enum hsm_trouble why;

    (void)state;
    setenv("FAKE_HSM", "behaves", 1);
    assert_int_equal(hsm_token_ask(&out, HSM_WRAP, &options, secret_span(kek), &why), FAULT_NONE);
    assert_int_equal(hsm_token_ask(&again, HSM_UNWRAP, &options, buf_view(&out), &why), FAULT_NONE);
    assert_memory_equal(plain, kek->bytes, KEK);
    setenv("FAKE_HSM", "two tokens", 1);
    assert_int_equal(hsm_token_ask(&again, HSM_UNWRAP, &options, buf_view(&out), &why), FAULT_SILENT);
    assert_int_equal(why, HSM_TOKENS_TROUBLE);
    assert_false(is_mapped("fake_pkcs11"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_fail_has_its_sentence),
        cmocka_unit_test(the_last_try_of_a_pin_is_not_used_up),
        cmocka_unit_test(a_nonce_of_the_hsms_own_is_kept),
        cmocka_unit_test(a_library_that_hangs_is_ended_and_one_that_breaks_down_is_named),
        cmocka_unit_test(an_answer_of_another_length_unwraps_nothing),
        cmocka_unit_test(a_room_that_is_too_small_gets_nothing),
        cmocka_unit_test(a_key_that_cannot_be_made_is_a_refusal),
        cmocka_unit_test(what_one_question_took_is_given_back),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
