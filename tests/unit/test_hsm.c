/* test_hsm.c: a key-encryption key under a key of SoftHSM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include "keyholder/hsm_token.h"
#include "softhsm_bed.h"

#include "base/banned.h"

enum { KEK = 32, WRAPPED = HSM_NONCE + KEK + HSM_TAG };

static struct hsm_options vault(const char *key)
{
    return (struct hsm_options){ .module = softhsm_module(), .token = "vault", .key = key, .pin_file = hsm_pin };
}

static void made(const char *key)
{
    const struct hsm_options o = vault(key);
    const char *why = NULL;

    if (hsm_make_key(&o, &why))
        fail_msg("no key: %s", why);
}

static struct secret *a_kek(void)
{
    struct secret *kek = NULL;

    assert_int_equal(secret_new(&kek, KEK), FAULT_NONE);
    secret_random(kek->bytes, KEK);
    return kek;
}

static void expect(enum fault f, enum fault as, const char **why, enum hsm_trouble trouble)
{
    assert_int_equal(f, as);
    assert_non_null(*why);
    assert_string_equal(*why, hsm_trouble_text(trouble));
    *why = NULL;
}

static void what_is_wrapped_is_unwrapped_and_is_not_the_key_itself(void **state)
{
    const struct hsm_options o = vault("one");
    AUTO_SECRET kek = a_kek();
    AUTO_SECRET again = NULL;
    uint8_t bytes[2 * WRAPPED];
    struct buf wrapped = BUF(bytes);
    const char *why = NULL;

    (void)state;
    made("one");
    assert_int_equal(hsm_wrap(&wrapped, &o, kek, &why), FAULT_NONE);
    assert_int_equal(wrapped.n, WRAPPED);
    assert_null(memmem(bytes, wrapped.n, kek->bytes, KEK));
    assert_int_equal(hsm_unwrap(&again, &o, buf_view(&wrapped), &why), FAULT_NONE);
    assert_true(secret_equal(secret_span(kek), secret_span(again)));

    /* Another time, another nonce. */
    assert_int_equal(hsm_wrap(&wrapped, &o, kek, &why), FAULT_NONE);
    assert_memory_not_equal(bytes, bytes + WRAPPED, HSM_NONCE);
}

static void a_changed_byte_anywhere_in_what_is_wrapped_is_noticed(void **state)
{
    const struct hsm_options o = vault("changed");
    static const size_t at[] = { 0, HSM_NONCE, HSM_NONCE + KEK, WRAPPED - 1 };
    AUTO_SECRET kek = a_kek();
    AUTO_SECRET again = NULL;
    uint8_t bytes[WRAPPED];
    struct buf wrapped = BUF(bytes);
    const char *why = NULL;

    (void)state;
    made("changed");
    assert_int_equal(hsm_wrap(&wrapped, &o, kek, &why), FAULT_NONE);
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        bytes[at[i]] ^= 1;
        expect(hsm_unwrap(&again, &o, buf_view(&wrapped), &why), FAULT_DENIED, &why, HSM_OTHER_TROUBLE);
        bytes[at[i]] ^= 1;
    }
    for (size_t n = 0; n < WRAPPED; n += HSM_NONCE)
        expect(hsm_unwrap(&again, &o, (struct span){ bytes, n }, &why), FAULT_DENIED, &why, HSM_OTHER_TROUBLE);
    assert_null(again);
}

static void another_key_of_the_same_token_does_not_open_it(void **state)
{
    const struct hsm_options mine = vault("mine"), theirs = vault("theirs");
    AUTO_SECRET kek = a_kek();
    AUTO_SECRET again = NULL;
    uint8_t bytes[WRAPPED];
    struct buf wrapped = BUF(bytes);
    const char *why = NULL;

    (void)state;
    made("mine");
    made("theirs");
    assert_int_equal(hsm_wrap(&wrapped, &mine, kek, &why), FAULT_NONE);
    expect(hsm_unwrap(&again, &theirs, buf_view(&wrapped), &why), FAULT_DENIED, &why, HSM_OTHER_TROUBLE);
}

static void a_key_is_not_made_twice(void **state)
{
    const struct hsm_options o = vault("twice");
    const char *why = NULL;

    (void)state;
    made("twice");
    expect(hsm_make_key(&o, &why), FAULT_EXISTS, &why, HSM_KEY_THERE_TROUBLE);
}

static enum fault wrap_with(const struct hsm_options *o, const char **why)
{
    AUTO_SECRET kek = a_kek();
    uint8_t bytes[WRAPPED];
    struct buf wrapped = BUF(bytes);
    enum fault f = hsm_wrap(&wrapped, o, kek, why);

    assert_true(!f || wrapped.n == 0);
    return f;
}

static void what_does_not_lead_to_the_key_is_named(void **state)
{
    struct hsm_options o = vault("named");
    const char *why = NULL;
    char folder[80];

    (void)state;
    made("named");
    o.module = "/nonexistent.so";
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_NO_MODULE_TROUBLE);
    o.module = "libc.so.6";
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_NO_PKCS11_TROUBLE);
    o = vault("named");
    o.token = "somebody else's";
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_NO_TOKEN_TROUBLE);
    o.token = "a label that is longer than the thirty-two bytes of one";
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_NO_TOKEN_TROUBLE);
    o = vault("nobody's");
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_NO_KEY_TROUBLE);
    o = vault("");
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_NO_KEY_TROUBLE);
    expect(hsm_make_key(&o, &why), FAULT_SILENT, &why, HSM_NO_KEY_TROUBLE);
    o = vault("named");
    snprintf(folder, sizeof folder, "%s/gone.conf", hsm_dir);
    setenv("SOFTHSM2_CONF", folder, 1);
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_NO_START_TROUBLE);
    snprintf(folder, sizeof folder, "%s/softhsm2.conf", hsm_dir);
    setenv("SOFTHSM2_CONF", folder, 1);
    assert_int_equal(wrap_with(&o, &why), FAULT_NONE);
}

static void a_pin_that_is_wrong_or_lies_open_is_refused(void **state)
{
    struct hsm_options o = vault("pinned");
    static const char *const none[] = { "", "\n", SOFTHSM_PIN "\nand more\n" };
    const char *why = NULL;
    char missing[128];

    (void)state;
    made("pinned");
    assert_int_equal(softhsm_write(hsm_pin, "not the pin\n"), 0);
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_PIN_WRONG_TROUBLE);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(softhsm_write(hsm_pin, none[i]), 0);
        expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_PIN_FILE_TROUBLE);
    }
    assert_int_equal(softhsm_write(hsm_pin, "  " SOFTHSM_PIN "\r\n"), 0);
    assert_int_equal(wrap_with(&o, &why), FAULT_NONE);
    assert_int_equal(chmod(hsm_pin, 0640), 0);
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_PIN_FILE_TROUBLE);
    assert_int_equal(chmod(hsm_pin, 0600), 0);
    snprintf(missing, sizeof missing, "%s.gone", hsm_pin);
    o.pin_file = missing;
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_PIN_FILE_TROUBLE);
}

static void two_tokens_of_one_label_are_not_chosen_between(void **state)
{
    struct hsm_options o = vault("any");
    const char *why = NULL;

    (void)state;
    assert_int_equal(softhsm_token("twins"), 0);
    o.token = "twins";
    assert_int_equal(hsm_make_key(&o, &why), FAULT_NONE);
    assert_int_equal(softhsm_token("twins"), 0);
    expect(wrap_with(&o, &why), FAULT_SILENT, &why, HSM_TOKENS_TROUBLE);
}

/* Make a key of 16 or 32 bytes by hand, extractable or not. */
static void key_by_hand(CK_SESSION_HANDLE session, CK_FUNCTION_LIST *call, const char *label, CK_ULONG size, bool open)
{
    CK_BBOOL yes = CK_TRUE, is_open = open ? CK_TRUE : CK_FALSE, sensitive = open ? CK_FALSE : CK_TRUE;
    CK_MECHANISM how = { CKM_AES_KEY_GEN, NULL, 0 };
    char name[32];
    CK_OBJECT_HANDLE key;
    CK_ATTRIBUTE as[] = {
        { CKA_TOKEN, &yes, sizeof yes }, { CKA_SENSITIVE, &sensitive, sizeof sensitive },
        { CKA_EXTRACTABLE, &is_open, sizeof is_open }, { CKA_ENCRYPT, &yes, sizeof yes },
        { CKA_DECRYPT, &yes, sizeof yes }, { CKA_VALUE_LEN, &size, sizeof size }, { CKA_LABEL, name, strlen(label) },
    };

    snprintf(name, sizeof name, "%s", label);
    assert_int_equal(call->C_GenerateKey(session, &how, as, sizeof as / sizeof *as, &key), CKR_OK);
}

/* A session of the token "vault". In a process of its own: the library leaves this one alone. */
static CK_FUNCTION_LIST *log_in_by_hand(CK_SESSION_HANDLE *session)
{
    uint8_t pin[] = SOFTHSM_PIN;
    void *library = dlopen(softhsm_module(), RTLD_NOW), *found = library ? dlsym(library, "C_GetFunctionList") : NULL;
    CK_C_GetFunctionList list = NULL;
    CK_FUNCTION_LIST *call;
    CK_SLOT_ID slots[16];
    CK_TOKEN_INFO info;
    CK_ULONG n = 16, i = 0;

    assert_non_null(found);
    memcpy(&list, &found, sizeof list);
    assert_int_equal(list(&call), CKR_OK);
    assert_int_equal(call->C_Initialize(NULL), CKR_OK);
    assert_int_equal(call->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
    while (i < n && (call->C_GetTokenInfo(slots[i], &info) != CKR_OK || memcmp(info.label, "vault   ", 8) != 0))
        i++;
    assert_true(i < n);
    assert_int_equal(call->C_OpenSession(slots[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, session), CKR_OK);
    assert_int_equal(call->C_Login(*session, CKU_USER, pin, sizeof pin - 1), CKR_OK);
    return call;
}

static void keys_by_hand(int fd)
{
    CK_SESSION_HANDLE session;
    CK_FUNCTION_LIST *call = log_in_by_hand(&session);

    (void)fd;
    key_by_hand(session, call, "open", 32, true);
    key_by_hand(session, call, "short", 16, false);
    key_by_hand(session, call, "double", 32, false);
    key_by_hand(session, call, "double", 32, false);
    key_by_hand(session, call, "good", 32, false);
}

/* What somebody else has this key encrypt, who does not say what for. */
static void encrypt_by_hand(int fd)
{
    uint8_t nonce[HSM_NONCE] = "other nonce", plain[KEK] = { 0 }, out[HSM_NONCE + KEK + HSM_TAG];
    CK_GCM_PARAMS gcm = { .iv_ptr = nonce, .iv_len = HSM_NONCE, .iv_bits = 8 * HSM_NONCE, .tag_bits = 8 * HSM_TAG };
    CK_MECHANISM how = { CKM_AES_GCM, &gcm, sizeof gcm }, make = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG size = 32, n = KEK + HSM_TAG;
    char label[] = "shared";
    CK_ATTRIBUTE as[] = {
        { CKA_TOKEN, &yes, sizeof yes }, { CKA_SENSITIVE, &yes, sizeof yes }, { CKA_EXTRACTABLE, &no, sizeof no },
        { CKA_ENCRYPT, &yes, sizeof yes }, { CKA_DECRYPT, &yes, sizeof yes }, { CKA_VALUE_LEN, &size, sizeof size },
        { CKA_LABEL, label, sizeof label - 1 },
    };
    CK_SESSION_HANDLE session;
    CK_FUNCTION_LIST *call = log_in_by_hand(&session);
    CK_OBJECT_HANDLE key;

    assert_int_equal(call->C_GenerateKey(session, &make, as, sizeof as / sizeof *as, &key), CKR_OK);
    assert_int_equal(call->C_EncryptInit(session, &how, key), CKR_OK);
    memcpy(out, nonce, sizeof nonce);
    assert_int_equal(call->C_Encrypt(session, plain, sizeof plain, out + HSM_NONCE, &n), CKR_OK);
    assert_int_equal(write(fd, out, sizeof out), sizeof out);
}

/* Up to `cap` bytes that `work` writes; how many. */
static ssize_t in_another_process(void (*work)(int fd), uint8_t *out, size_t cap)
{
    int ends[2], status = -1;
    ssize_t n;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        work(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    n = read(ends[0], out, cap);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return n;
}

static void what_the_key_encrypted_for_others_is_no_keyring_of_ours(void **state)
{
    const struct hsm_options o = vault("shared");
    uint8_t bytes[WRAPPED];
    struct secret *kek = NULL;
    const char *why = NULL;

    (void)state;
    assert_int_equal(in_another_process(encrypt_by_hand, bytes, sizeof bytes), WRAPPED);
    expect(hsm_unwrap(&kek, &o, (struct span){ bytes, WRAPPED }, &why), FAULT_DENIED, &why, HSM_OTHER_TROUBLE);
    assert_null(kek);
}

static void a_key_that_could_be_read_out_is_refused_and_so_is_a_short_one(void **state)
{
    static const struct { const char *label; enum hsm_trouble why; } keys[] = {
        { "open", HSM_KEY_OPEN_TROUBLE }, { "short", HSM_KEY_KIND_TROUBLE }, { "double", HSM_KEYS_TROUBLE },
    };
    struct hsm_options o = vault("good");
    const char *why = NULL;
    uint8_t none;

    (void)state;
    assert_int_equal(in_another_process(keys_by_hand, &none, 1), 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        o.key = keys[i].label;
        expect(wrap_with(&o, &why), FAULT_SILENT, &why, keys[i].why);
    }
    o.key = "good";
    assert_int_equal(wrap_with(&o, &why), FAULT_NONE);
}

/* No library, file or process of the HSM stays with who asked. */
static void nothing_of_the_hsm_stays_behind(void **state)
{
    const struct hsm_options o = vault("nothing");
    const char *why = NULL;
    char maps[1 << 16];
    FILE *f;
    size_t n;

    (void)state;
    made("nothing");
    assert_int_equal(wrap_with(&o, &why), FAULT_NONE);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    f = fopen("/proc/self/maps", "re");
    assert_non_null(f);
    while ((n = fread(maps, 1, sizeof maps, f)) > 0)
        assert_null(memmem(maps, n, "softhsm", 7));
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_wrapped_is_unwrapped_and_is_not_the_key_itself),
        cmocka_unit_test(a_changed_byte_anywhere_in_what_is_wrapped_is_noticed),
        cmocka_unit_test(another_key_of_the_same_token_does_not_open_it),
        cmocka_unit_test(a_key_is_not_made_twice),
        cmocka_unit_test(what_does_not_lead_to_the_key_is_named),
        cmocka_unit_test(a_pin_that_is_wrong_or_lies_open_is_refused),
        cmocka_unit_test(two_tokens_of_one_label_are_not_chosen_between),
        cmocka_unit_test(a_key_that_could_be_read_out_is_refused_and_so_is_a_short_one),
        cmocka_unit_test(what_the_key_encrypted_for_others_is_no_keyring_of_ours),
        cmocka_unit_test(nothing_of_the_hsm_stays_behind),
    };

    return cmocka_run_group_tests(tests, softhsm_setup, softhsm_teardown);
}
