/* test_signing.c: what is signed with merchants' secrets, and whose signatures are believed. */
#include "service/signing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "fixture.h"
#include "service/hmac.h"
#include "service/partners.h"

#include "base/banned.h"

#define TEXT SPAN("1700000000000{\"data\":{\"amount\":170.00}}")

struct search { struct fixture *f; struct signing_keys *keys; int64_t merchant_id, now_ms; };

static enum fault search(struct store_tx *tx, void *arg)
{
    struct search *s = arg;

    return signing_find(tx, s->keys, s->f->arena, s->merchant_id, s->now_ms);
}

static enum fault find_at(struct fixture *f, struct signing_keys *out, int64_t merchant_id, int64_t now_ms)
{
    struct search s = { f, out, merchant_id, now_ms };

    return store_read(f->reader, search, &s);
}

static struct signing_keys keys_of(struct fixture *f)
{
    struct signing_keys keys;

    assert_int_equal(find_at(f, &keys, f->merchant.merchant_id, clock_now_ms(f->services.clock)), FAULT_NONE);
    return keys;
}

/* What the merchant computes himself, with the secret he was shown once. */
static void signed_by(char out[static SIGNING_TEXT], const char *secret, struct span text)
{
    uint8_t mac[HMAC_SHA256_SIZE];
    struct buf b = { (uint8_t *)out, 0, SIGNING_TEXT - 1, false };
    struct hmac *h = NULL;

    assert_int_equal(hmac_new(&h, HMAC_SHA256_SIZE), FAULT_NONE);
    assert_int_equal(hmac_key(h, span_of(secret)), FAULT_NONE);
    assert_int_equal(hmac_parts(h, mac, &text, 1), FAULT_NONE);
    hmac_free(h);
    base64_put(&b, (struct span){ mac, sizeof mac });
    assert_int_equal(b.n, SIGNING_TEXT - 1);
    out[b.n] = '\0';
}

static void sign(struct fixture *f, char out[static SIGNING_TEXT], const struct signing_key *k, struct span text)
{
    struct key_ask ask;

    assert_int_equal(signing_ask(&ask, f->arena, k, text), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(f->services.keyholder, &ask), FAULT_NONE);
    assert_int_equal(signing_read(out, &ask), FAULT_NONE);
}

static enum fault check(struct fixture *f, const struct signing_keys *keys, struct span text, const char *signature)
{
    return signing_check(&f->services, f->arena, keys, text, span_of(signature));
}

static void a_signature_is_the_one_the_merchant_computes(void **state)
{
    struct fixture *f = *state;
    struct signing_keys keys = keys_of(f);
    char ours[SIGNING_TEXT], theirs[SIGNING_TEXT];

    assert_int_equal(keys.n, 1);
    assert_string_equal(keys.all[0].client_id, f->merchant.client_id);
    sign(f, ours, &keys.all[0], TEXT);
    signed_by(theirs, f->merchant.client_secret, TEXT);
    assert_string_equal(ours, theirs);
    sign(f, ours, &keys.all[0], SPAN(""));
    signed_by(theirs, f->merchant.client_secret, SPAN(""));
    assert_string_equal(ours, theirs);
}

static void after_a_rotation_the_newest_secret_signs_and_both_are_believed(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials next;
    struct signing_keys keys;
    char ours[SIGNING_TEXT], old[SIGNING_TEXT], new[SIGNING_TEXT];

    assert_int_equal(merchant_rotate(&f->services, &next, f->merchant.merchant_id, 60), FAULT_NONE);
    keys = keys_of(f);
    assert_int_equal(keys.n, 2);
    signed_by(old, f->merchant.client_secret, TEXT);
    signed_by(new, next.client_secret, TEXT);
    sign(f, ours, &keys.all[0], TEXT);
    assert_string_equal(ours, new);
    assert_int_equal(check(f, &keys, TEXT, old), FAULT_NONE);
    assert_int_equal(check(f, &keys, TEXT, new), FAULT_NONE);
    fixture_set_clock(f, FIXTURE_NOW + 60 * 1000);
    keys = keys_of(f);
    assert_int_equal(keys.n, 1);
    assert_int_equal(check(f, &keys, TEXT, old), FAULT_DENIED);
    assert_int_equal(check(f, &keys, TEXT, new), FAULT_NONE);
}

static void no_more_keys_are_found_than_there_is_room_for_and_the_newest_stay(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials last;
    struct signing_keys keys;
    char ours[SIGNING_TEXT], theirs[SIGNING_TEXT];

    for (int i = 0; i < SIGNING_KEYS_MAX + 2; i++)
        assert_int_equal(merchant_rotate(&f->services, &last, f->merchant.merchant_id, 3600), FAULT_NONE);
    keys = keys_of(f);
    assert_int_equal(keys.n, SIGNING_KEYS_MAX);
    sign(f, ours, &keys.all[0], TEXT);
    signed_by(theirs, last.client_secret, TEXT);
    assert_string_equal(ours, theirs);
    signed_by(theirs, f->merchant.client_secret, TEXT);
    assert_int_equal(check(f, &keys, TEXT, theirs), FAULT_DENIED);
}

static void another_text_merchant_or_signature_is_denied(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials other;
    struct signing_keys keys = keys_of(f), none = { .n = 0 };
    char good[SIGNING_TEXT], bad[SIGNING_TEXT + 1];

    signed_by(good, f->merchant.client_secret, TEXT);
    assert_int_equal(check(f, &keys, TEXT, good), FAULT_NONE);
    assert_int_equal(check(f, &keys, SPAN("1700000000000{\"data\":{\"amount\":170.01}}"), good), FAULT_DENIED);
    assert_int_equal(check(f, &none, TEXT, good), FAULT_DENIED);
    for (size_t i = 0; i < SIGNING_TEXT - 1; i++) {
        memcpy(bad, good, SIGNING_TEXT);
        bad[i] = bad[i] == 'A' ? 'E' : 'A';
        assert_int_equal(check(f, &keys, TEXT, bad), FAULT_DENIED);
    }
    assert_int_equal(merchant_add(&f->services, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(find_at(f, &keys, other.merchant_id, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(check(f, &keys, TEXT, good), FAULT_DENIED);
}

static void a_signature_of_another_form_is_denied(void **state)
{
    struct fixture *f = *state;
    struct signing_keys keys = keys_of(f);
    char good[SIGNING_TEXT], longer[SIGNING_TEXT + 1] = "";

    signed_by(good, f->merchant.client_secret, TEXT);
    memcpy(longer, good, SIGNING_TEXT - 1);
    longer[SIGNING_TEXT - 1] = '=';
    assert_int_equal(check(f, &keys, TEXT, longer), FAULT_DENIED);
    assert_int_equal(check(f, &keys, TEXT, ""), FAULT_DENIED);
    assert_int_equal(check(f, &keys, TEXT, NULL), FAULT_DENIED);
    good[SIGNING_TEXT - 2] = '\0';
    assert_int_equal(check(f, &keys, TEXT, good), FAULT_DENIED);
    assert_int_equal(check(f, &keys, TEXT, "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!="), FAULT_DENIED);
}

static void a_secret_that_was_moved_to_another_merchant_signs_nothing(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials other;
    struct signing_keys keys = keys_of(f), theirs;
    char text[SIGNING_TEXT];
    struct key_ask ask;

    assert_int_equal(merchant_add(&f->services, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(find_at(f, &theirs, other.merchant_id, FIXTURE_NOW), FAULT_NONE);
    keys.all[0].about = theirs.all[0].about;
    assert_int_equal(signing_ask(&ask, f->arena, &keys.all[0], TEXT), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(f->services.keyholder, &ask), FAULT_DENIED);
    assert_int_equal(signing_read(text, &ask), FAULT_DENIED);
    assert_string_equal(text, "");
    signed_by(text, f->merchant.client_secret, TEXT);
    assert_int_equal(check(f, &keys, TEXT, text), FAULT_DENIED);
}

static void other_providers_callers_sign_nothing(void **state)
{
    struct fixture *f = *state;
    struct merchant_whole whole;
    struct signing_keys keys;

    assert_int_equal(merchant_add_whole(&f->services, &whole, SPAN("Whole"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(find_at(f, &keys, whole.cashfree.merchant_id, FIXTURE_NOW), FAULT_NONE);
    assert_int_equal(keys.n, 1);
    assert_string_equal(keys.all[0].client_id, whole.cashfree.client_id);
}

static void a_merchant_without_a_valid_secret_has_no_keys(void **state)
{
    struct fixture *f = *state;
    struct signing_keys keys;

    assert_int_equal(find_at(f, &keys, 999, FIXTURE_NOW), FAULT_NOT_FOUND);
    assert_int_equal(keys.n, 0);
    assert_int_equal(merchant_disable(&f->services, f->merchant.merchant_id), FAULT_NONE);
    assert_int_equal(find_at(f, &keys, f->merchant.merchant_id, FIXTURE_NOW), FAULT_NOT_FOUND);
}

static void a_keyholder_that_does_not_answer_is_told_apart(void **state)
{
    struct fixture *f = *state;
    struct signing_keys keys = keys_of(f);
    char good[SIGNING_TEXT], text[SIGNING_TEXT];
    struct key_ask ask;

    signed_by(good, f->merchant.client_secret, TEXT);
    fixture_keyholder_stop(f);
    assert_int_equal(check(f, &keys, TEXT, good), FAULT_SILENT);
    assert_int_equal(signing_ask(&ask, f->arena, &keys.all[0], TEXT), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(f->services.keyholder, &ask), FAULT_SILENT);
    assert_int_equal(signing_read(text, &ask), FAULT_SILENT);
    fixture_keyholder_start(f);
    assert_int_equal(check(f, &keys, TEXT, good), FAULT_NONE);
}

static void a_text_too_long_for_a_question_is_not_asked(void **state)
{
    static const uint8_t big[KEY_IN_MAX + 1];
    struct fixture *f = *state;
    struct signing_keys keys = keys_of(f);
    char good[SIGNING_TEXT];
    struct key_ask ask;

    signed_by(good, f->merchant.client_secret, (struct span){ big, KEY_IN_MAX });
    assert_int_equal(check(f, &keys, (struct span){ big, KEY_IN_MAX }, good), FAULT_NONE);
    assert_int_equal(check(f, &keys, (struct span){ big, KEY_IN_MAX + 1 }, good), FAULT_DENIED);
    assert_int_equal(signing_ask(&ask, f->arena, &keys.all[0], (struct span){ big, KEY_IN_MAX + 1 }), FAULT_BAD_INPUT);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_signature_is_the_one_the_merchant_computes),
        T(after_a_rotation_the_newest_secret_signs_and_both_are_believed),
        T(no_more_keys_are_found_than_there_is_room_for_and_the_newest_stay),
        T(another_text_merchant_or_signature_is_denied),
        T(a_signature_of_another_form_is_denied),
        T(a_secret_that_was_moved_to_another_merchant_signs_nothing),
        T(other_providers_callers_sign_nothing),
        T(a_merchant_without_a_valid_secret_has_no_keys),
        T(a_keyholder_that_does_not_answer_is_told_apart),
        T(a_text_too_long_for_a_question_is_not_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
