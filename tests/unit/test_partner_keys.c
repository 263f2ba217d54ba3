/* test_partner_keys.c: recipients' public keys kept by name, and what is signed and encrypted with partners' keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>

#include "keyholder/crypt.h"
#include "keyholder/jwe.h"
#include "keyholder/partner_keys.h"
#include "keyholder/paytm_checksum.h"

#include "unit/heart_bed.h"
#include "unit/vectors.h"

#include "base/banned.h"

#define ABOUT SPAN("recipients.key|7|key_1")
#define PAYTM SPAN("0123456789abcdef")
#define BODY SPAN("{\"mid\":\"TESTMID\"}")

static void name_of(uint8_t name[static PARTNER_KEY_NAME], size_t i)
{
    memset(name, (int)(i & 0xFF), PARTNER_KEY_NAME);
    name[PARTNER_KEY_NAME - 1] = (uint8_t)(i >> 8);
}

static struct rsa_public *public_key(void)
{
    struct heart_keys keys = test_card_keys();
    struct rsa_public *key = NULL;

    assert_int_equal(rsa_private_public(keys.jwe, &key), FAULT_NONE);
    rsa_private_free(keys.jwe);
    rsa_private_free(keys.rsa);
    return key;
}

static struct rsa_public *another(const struct rsa_public *key)
{
    uint8_t room[RSA_PUBLIC_DER_MAX];
    struct buf der = BUF(room);
    struct rsa_public *copy = NULL;

    assert_int_equal(rsa_public_der(key, &der), FAULT_NONE);
    assert_int_equal(rsa_public_read(&copy, buf_view(&der)), FAULT_NONE);
    return copy;
}

static bool is_kept(struct partner_keys *k, size_t i)
{
    uint8_t name[PARTNER_KEY_NAME];
    struct partner_key *found;

    name_of(name, i);
    found = partner_keys_find(k, name);
    if (found)
        partner_key_release(k, found);
    return found != NULL;
}

static void add(struct partner_keys *k, size_t i, struct rsa_public *key)
{
    uint8_t name[PARTNER_KEY_NAME];
    struct partner_key *held = NULL;

    name_of(name, i);
    assert_int_equal(partner_keys_add(k, &held, name, key), FAULT_NONE);
    partner_key_release(k, held);
}

static void a_key_is_found_by_its_name_and_held(void **state)
{
    uint8_t name[PARTNER_KEY_NAME];
    struct partner_keys *k = NULL;
    struct partner_key *first = NULL, *second;
    struct rsa_public *key = public_key();

    (void)state;
    name_of(name, 1);
    assert_int_equal(partner_keys_new(&k), FAULT_NONE);
    assert_null(partner_keys_find(k, name));
    assert_int_equal(partner_keys_add(k, &first, name, key), FAULT_NONE);
    assert_ptr_equal(partner_key_of(first), key);
    second = partner_keys_find(k, name);
    assert_ptr_equal(second, first);
    assert_false(is_kept(k, 2));
    partner_key_release(k, first);
    assert_int_equal(rsa_public_size(partner_key_of(second)), 256);
    partner_key_release(k, second);
    assert_true(is_kept(k, 1));
    partner_keys_free(k);
    partner_keys_free(NULL);
}

static void a_record_read_twice_at_once_is_kept_once(void **state)
{
    uint8_t name[PARTNER_KEY_NAME];
    struct partner_keys *k = NULL;
    struct partner_key *first = NULL, *second = NULL;
    struct rsa_public *key = public_key(), *copy = another(key);

    (void)state;
    name_of(name, 1);
    assert_int_equal(partner_keys_new(&k), FAULT_NONE);
    assert_int_equal(partner_keys_add(k, &first, name, key), FAULT_NONE);
    assert_int_equal(partner_keys_add(k, &second, name, copy), FAULT_NONE);
    assert_ptr_equal(first, second);
    partner_key_release(k, first);
    partner_key_release(k, second);
    partner_keys_free(k);
}

/* The keys come from the private one, since reading each from its text would be most of the time. */
static void the_least_recently_used_makes_room(void **state)
{
    struct heart_keys keys = test_card_keys();
    struct partner_keys *k = NULL;
    struct partner_key *held;
    uint8_t name[PARTNER_KEY_NAME];
    struct rsa_public *key = NULL;

    (void)state;
    assert_int_equal(partner_keys_new(&k), FAULT_NONE);
    for (size_t i = 0; i < PARTNER_KEYS_MAX; i++) {
        assert_int_equal(rsa_private_public(keys.jwe, &key), FAULT_NONE);
        add(k, i, key);
    }
    name_of(name, 1);
    held = partner_keys_find(k, name);
    for (size_t i = 2; i < PARTNER_KEYS_MAX; i++)
        assert_true(is_kept(k, i));   /* so that 0 is the oldest now, and then 1 */
    assert_int_equal(rsa_private_public(keys.jwe, &key), FAULT_NONE);
    add(k, 300, key);
    assert_false(is_kept(k, 0));
    assert_int_equal(rsa_private_public(keys.jwe, &key), FAULT_NONE);
    add(k, 301, key);                 /* takes the place of 1, which somebody still works with */
    assert_int_equal(rsa_public_size(partner_key_of(held)), 256);
    partner_key_release(k, held);
    assert_false(is_kept(k, 1));
    for (size_t i = 2; i < PARTNER_KEYS_MAX; i++)
        assert_true(is_kept(k, i));
    partner_keys_free(k);
    rsa_private_free(keys.jwe);
    rsa_private_free(keys.rsa);
}

struct churner { pthread_t thread; struct partner_keys *k; const struct rsa_private *key; size_t seed; bool failed; };

static void *churn(void *arg)
{
    struct churner *c = arg;
    uint8_t name[PARTNER_KEY_NAME];

    for (size_t i = 0; i < 100 && !c->failed; i++) {
        struct partner_key *held;
        struct rsa_public *key = NULL;
        name_of(name, (i * 7 + c->seed) % 300);
        held = partner_keys_find(c->k, name);
        if (!held && (rsa_private_public(c->key, &key) || partner_keys_add(c->k, &held, name, key)))
            c->failed = true;
        if (held) {
            c->failed = c->failed || rsa_public_size(partner_key_of(held)) != 256;
            partner_key_release(c->k, held);
        }
    }
    return NULL;
}

static void several_threads_share_one_store_of_keys(void **state)
{
    struct heart_keys keys = test_card_keys();
    struct churner c[4];
    struct partner_keys *k = NULL;

    (void)state;
    assert_int_equal(partner_keys_new(&k), FAULT_NONE);
    for (size_t i = 0; i < 4; i++) {
        c[i] = (struct churner){ .k = k, .key = keys.jwe, .seed = i * 50 };
        assert_int_equal(pthread_create(&c[i].thread, NULL, churn, &c[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(c[i].thread, NULL);
        assert_false(c[i].failed);
    }
    partner_keys_free(k);
    rsa_private_free(keys.jwe);
    rsa_private_free(keys.rsa);
}

static struct span sealed(enum key_use use, struct span about, struct span in)
{
    struct key_ask ask = { .op = KEY_SEAL, .use = use, .about = about, .in = in,
                           .out = arena_buf(bed.arena, in.n + KEY_SEAL_EXTRA) };

    assert_int_equal(ask_heart(bed.heart, MAY_SEAL, &ask), FAULT_NONE);
    return buf_view(&ask.out);
}

/* The server's own public key, which stands in for a merchant's. */
static struct span public_text(void)
{
    struct key_ask ask = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = 0,
                           .out = arena_buf(bed.arena, KEY_PUBLIC_MAX) };

    assert_int_equal(ask_heart(bed.heart, MAY_CARD, &ask), FAULT_NONE);
    return buf_view(&ask.out);
}

static enum fault encrypt(struct key_ask *ask, struct span record, struct span about, struct span text)
{
    *ask = (struct key_ask){ .op = KEY_ENCRYPT, .use = KEY_USE_RECIPIENT, .about = about, .in = record,
                             .presented = text, .number = JWE_A128GCM,
                             .out = arena_buf(bed.arena, text.n * 4 / 3 + KEY_JWE_EXTRA) };
    return ask_heart(bed.heart, MAY_ENCRYPT, ask);
}

static void assert_opens_to(struct span jwe, enum jwe_enc enc, struct span text)
{
    struct heart_keys keys = test_card_keys();
    struct buf out = arena_buf(bed.arena, JWE_TEXT_MAX);
    struct jwe_bench *bench = NULL;
    struct jwe j;

    assert_int_equal(jwe_read(&j, bed.arena, jwe), FAULT_NONE);
    assert_int_equal(j.enc, enc);
    assert_true(span_absent(j.kid));
    assert_int_equal(jwe_bench_new(&bench), FAULT_NONE);
    assert_int_equal(jwe_open(bench, &out, &j, keys.jwe), FAULT_NONE);
    assert_true(span_equal(buf_view(&out), text));
    jwe_bench_free(bench);
    rsa_private_free(keys.jwe);
    rsa_private_free(keys.rsa);
}

static void a_text_is_encrypted_to_its_recipient_and_never_twice_the_same(void **state)
{
    static uint8_t longest[JWE_TEXT_MAX];
    struct span record = sealed(KEY_USE_RECIPIENT, ABOUT, public_text());
    struct key_ask first, second;

    (void)state;
    assert_int_equal(encrypt(&first, record, ABOUT, SPAN("{\"token\":1}")), FAULT_NONE);
    assert_int_equal(encrypt(&second, record, ABOUT, SPAN("{\"token\":1}")), FAULT_NONE);
    assert_opens_to(buf_view(&first.out), JWE_A128GCM, SPAN("{\"token\":1}"));
    assert_opens_to(buf_view(&second.out), JWE_A128GCM, SPAN("{\"token\":1}"));
    assert_false(span_equal(buf_view(&first.out), buf_view(&second.out)));
    memset(longest, 'x', sizeof longest);
    assert_int_equal(encrypt(&first, record, ABOUT, (struct span){ longest, sizeof longest }), FAULT_NONE);
    assert_opens_to(buf_view(&first.out), JWE_A128GCM, (struct span){ longest, sizeof longest });
    first.number = JWE_A256GCM;
    first.out.n = 0;
    assert_int_equal(ask_heart(bed.heart, MAY_ENCRYPT, &first), FAULT_NONE);
    assert_opens_to(buf_view(&first.out), JWE_A256GCM, (struct span){ longest, sizeof longest });
}

static void a_recipients_record_changed_or_moved_is_denied_though_its_key_is_kept(void **state)
{
    struct span record = sealed(KEY_USE_RECIPIENT, ABOUT, public_text());
    struct key_ask ask;

    (void)state;
    assert_int_equal(encrypt(&ask, record, ABOUT, SPAN("x")), FAULT_NONE);
    assert_int_equal(encrypt(&ask, record, SPAN("recipients.key|8|key_1"), SPAN("x")), FAULT_DENIED);
    for (size_t i = 0; i < record.n; i += 11) {
        ((uint8_t *)(uintptr_t)record.p)[i] ^= 1;
        assert_int_equal(encrypt(&ask, record, ABOUT, SPAN("x")), FAULT_DENIED);
        assert_int_equal(ask.out.n, 0);
        ((uint8_t *)(uintptr_t)record.p)[i] ^= 1;
    }
}

static void only_what_is_a_key_is_sealed_as_one(void **state)
{
    static const size_t lengths[] = { 0, 1, 15, 16, 17, 23, 24, 25, 31, 32, 33 };
    static const char *const bad[] = {
        "", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", TEST_KEY_JWE,
    };
    static uint8_t long_text[MSG_PUBLIC_TEXT_MAX + 1];
    uint8_t room[16384];
    struct key_ask ask = { .op = KEY_SEAL, .use = KEY_USE_PAYTM, .in = { long_text, 0 }, .out = BUF(room) };

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        bool fine = lengths[i] == 16 || lengths[i] == 24 || lengths[i] == 32;
        ask.in.n = lengths[i];
        ask.out.n = 0;
        assert_int_equal(ask_heart(bed.heart, MAY_SEAL, &ask), fine ? FAULT_NONE : FAULT_BAD_INPUT);
    }
    ask.use = KEY_USE_RECIPIENT;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ask.in = span_of(bad[i]);
        assert_int_equal(ask_heart(bed.heart, MAY_SEAL, &ask), FAULT_BAD_INPUT);
    }
    ask.in = (struct span){ long_text, sizeof long_text };
    assert_int_equal(ask_heart(bed.heart, MAY_SEAL, &ask), FAULT_BAD_INPUT);
}

static enum fault verify(struct span record, struct span signature, struct span body)
{
    struct buf both = arena_buf(bed.arena, signature.n + body.n);
    struct key_ask ask = { .op = KEY_CHECKSUM, .use = KEY_USE_PAYTM, .about = ABOUT, .in = record };

    buf_span(&both, signature);
    buf_span(&both, body);
    ask.presented = buf_view(&both);
    return ask_heart(bed.heart, MAY_SIGN, &ask);
}

static void a_checksum_that_was_made_verifies_and_any_other_is_denied(void **state)
{
    struct span record = sealed(KEY_USE_PAYTM, ABOUT, PAYTM);
    struct span other = sealed(KEY_USE_PAYTM, ABOUT, SPAN("0123456789abcdeF"));
    char signature[KEY_PAYTM_SIGNATURE];
    struct key_ask ask = { .op = KEY_SIGN, .use = KEY_USE_PAYTM, .about = ABOUT, .in = record, .presented = BODY,
                           .out = BUF(signature) };
    struct span s = { (uint8_t *)signature, sizeof signature };

    (void)state;
    assert_int_equal(ask_heart(bed.heart, MAY_SIGN, &ask), FAULT_NONE);
    assert_int_equal(ask.out.n, KEY_PAYTM_SIGNATURE);
    assert_int_equal(verify(record, s, BODY), FAULT_NONE);
    assert_int_equal(verify(record, s, SPAN("{\"mid\":\"TESTMIE\"}")), FAULT_DENIED);
    assert_int_equal(verify(other, s, BODY), FAULT_DENIED);
    signature[50] ^= 1;
    assert_int_equal(verify(record, s, BODY), FAULT_DENIED);
}

/* Signatures of the official library, whose key is sealed here as a merchant's would be. */
static void signatures_of_the_official_library_verify(void **state)
{
    struct vectors v = vectors_open("paytm_checksum.tsv");
    uint8_t room[VECTOR_BYTES];
    struct span record = sealed(KEY_USE_PAYTM, ABOUT, PAYTM);
    size_t n = 0;

    (void)state;
    while (vectors_next(&v)) {
        assert_int_equal(verify(record, span_of(v.column[3]), vectors_hex(v.column[1], room)), FAULT_NONE);
        n++;
    }
    assert_true(n >= 6);
}

static void a_jws_is_hmac_under_the_merchants_key(void **state)
{
    uint8_t both[KEY_JWS_MAC + 24];
    struct crypt_mac *m = NULL;
    struct span text = SPAN("eyJhbGciOiJIUzI1NiJ9.e30");
    struct key_ask ask = { .op = KEY_JWS, .use = KEY_USE_PAYTM, .about = ABOUT,
                           .presented = { both, sizeof both } };

    (void)state;
    ask.in = sealed(KEY_USE_PAYTM, ABOUT, PAYTM);
    assert_int_equal(crypt_mac_new(&m, CRYPT_SHA256, PAYTM), FAULT_NONE);
    assert_int_equal(crypt_mac(m, both, &text, 1), FAULT_NONE);
    crypt_mac_free(m);
    memcpy(both + KEY_JWS_MAC, text.p, text.n);
    assert_int_equal(ask_heart(bed.heart, MAY_SIGN, &ask), FAULT_NONE);
    for (size_t i = 0; i < sizeof both; i++) {
        both[i] ^= 1;
        assert_int_equal(ask_heart(bed.heart, MAY_SIGN, &ask), FAULT_DENIED);
        both[i] ^= 1;
    }
    assert_int_equal(ask_heart(bed.heart, MAY_SIGN, &ask), FAULT_NONE);
}

static void a_paytm_key_moved_or_of_another_use_signs_nothing(void **state)
{
    struct span record = sealed(KEY_USE_PAYTM, ABOUT, PAYTM);
    struct span credential = sealed(KEY_USE_CREDENTIAL, ABOUT, PAYTM);
    uint8_t room[KEY_PAYTM_SIGNATURE];

    (void)state;
    for (enum key_op op = KEY_SIGN; op <= KEY_JWS; op++) {
        struct key_ask ask = { .op = op, .use = KEY_USE_PAYTM, .about = SPAN("elsewhere"), .in = record,
                               .out = BUF(room) };
        ask.presented = (struct span){ (const uint8_t *)TEST_KEY_JWE, 200 };
        assert_int_equal(ask_heart(bed.heart, MAY_SIGN, &ask), FAULT_DENIED);
        assert_int_equal(ask.out.n, 0);
        ask.about = ABOUT;
        ask.in = credential;
        assert_int_equal(ask_heart(bed.heart, MAY_SIGN, &ask), FAULT_DENIED);
        ask.use = KEY_USE_CREDENTIAL;
        assert_int_equal(ask_heart(bed.heart, MAY_ALL, &ask), FAULT_DENIED);
    }
}

#define T(name) cmocka_unit_test_setup(name, bed_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_key_is_found_by_its_name_and_held),
        T(a_record_read_twice_at_once_is_kept_once),
        T(the_least_recently_used_makes_room),
        T(several_threads_share_one_store_of_keys),
        T(a_text_is_encrypted_to_its_recipient_and_never_twice_the_same),
        T(a_recipients_record_changed_or_moved_is_denied_though_its_key_is_kept),
        T(only_what_is_a_key_is_sealed_as_one),
        T(a_checksum_that_was_made_verifies_and_any_other_is_denied),
        T(signatures_of_the_official_library_verify),
        T(a_jws_is_hmac_under_the_merchants_key),
        T(a_paytm_key_moved_or_of_another_use_signs_nothing),
    };

    return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}
