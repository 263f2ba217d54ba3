/* test_rsa.c: RSA keys and encryption against published figures, and paddings that must not tell what they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "keyholder/pem.h"
#include "keyholder/rsa.h"
#include "keyholder/rsa_pkcs1.h"

#include "unit/vectors.h"

#include "base/banned.h"

enum { KEY_MOST = 64, UNWRAPPED = 9, REFUSED = 22 };         /* bytes of a key; rows */

/* The private key of a row; the rows of a file mostly share one, so it is kept until another comes. */
struct kept { struct rsa_private *key; char hex[VECTOR_LINE]; };

static const struct rsa_private *key_of(struct kept *k, const char *hex)
{
    uint8_t der[2048];
    struct buf b = BUF(der);

    if (k->key && strcmp(k->hex, hex) == 0)
        return k->key;
    rsa_private_free(k->key);
    k->key = NULL;
    assert_int_equal(span_text(k->hex, sizeof k->hex, span_of(hex)), FAULT_NONE);
    assert_int_equal(hex_read(&b, span_of(hex)), FAULT_NONE);
    assert_int_equal(rsa_private_read(&k->key, buf_view(&b)), FAULT_NONE);
    return k->key;
}

/* One key for the tests that need any. */
static struct rsa_private *any_key;
static struct rsa_public *any_public;

static int make_key(void **state)
{
    (void)state;
    return rsa_private_generate(&any_key, 2048) || rsa_private_public(any_key, &any_public);
}

static int free_key(void **state)
{
    (void)state;
    rsa_private_free(any_key);
    rsa_public_free(any_public);
    return 0;
}

/* Those with a label, which we never use, and those whose padding is wrong must leave the key as it was. */
static void oaep_gives_the_published_figures(void **state)
{
    struct vectors v = vectors_open("rsa_oaep.tsv");
    uint8_t ct[VECTOR_BYTES], msg[VECTOR_BYTES], key[KEY_MOST], before[KEY_MOST];
    struct kept kept = { 0 };
    size_t unwrapped = 0, refused = 0;

    (void)state;
    memset(before, 'r', sizeof before);
    while (vectors_next(&v)) {
        const struct rsa_private *k = key_of(&kept, v.column[1]);
        struct span expected = vectors_hex(v.column[4], msg);
        bool valid = strcmp(v.column[5], "valid") == 0 && strcmp(v.column[2], "-") == 0;

        if (expected.n > KEY_MOST)
            continue;
        memcpy(key, before, sizeof key);
        assert_int_equal(rsa_oaep_unwrap(k, key, expected.n, vectors_hex(v.column[3], ct)), FAULT_NONE);
        assert_memory_equal(key, valid ? msg : before, expected.n);
        unwrapped += valid;
        refused += !valid;
    }
    assert_int_equal(v.rows, 37);
    assert_int_equal(unwrapped, UNWRAPPED);
    assert_int_equal(refused, REFUSED);
    rsa_private_free(kept.key);
}

static void oaep_comes_back_at_every_size_of_a_key(void **state)
{
    uint8_t in[RSA_BYTES_MAX], there[RSA_BYTES_MAX], back[KEY_MOST];
    const size_t most = 256 - RSA_OAEP_EXTRA, sizes[] = { 0, 1, 16, 32, KEY_MOST };
    struct buf b;

    (void)state;
    memset(in, 0x11, sizeof in);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf t = BUF(there);

        memset(back, 0, sizeof back);
        assert_int_equal(rsa_oaep_encrypt(any_public, &t, (struct span){ in, sizes[i] }), FAULT_NONE);
        assert_int_equal(t.n, 256);
        assert_int_equal(rsa_oaep_unwrap(any_key, back, sizes[i], buf_view(&t)), FAULT_NONE);
        assert_memory_equal(back, in, sizes[i]);
    }
    b = BUF(there);
    assert_int_equal(rsa_oaep_encrypt(any_public, &b, (struct span){ in, most }), FAULT_NONE);
    b = BUF(there);
    assert_int_equal(rsa_oaep_encrypt(any_public, &b, (struct span){ in, most + 1 }), FAULT_BAD_INPUT);
    assert_int_equal(b.n, 0);
}

static void a_key_that_does_not_unwrap_stays_as_it_was(void **state)
{
    uint8_t there[RSA_BYTES_MAX + 1] = { 0 }, key[16], modulus[RSA_BYTES_MAX];
    struct buf b = BUF(there);

    (void)state;
    assert_int_equal(rsa_oaep_encrypt(any_public, &b, SPAN("sixteen byte key")), FAULT_NONE);
    assert_int_equal(rsa_oaep_unwrap(any_key, key, 16, buf_view(&b)), FAULT_NONE);
    assert_memory_equal(key, "sixteen byte key", 16);

    memset(modulus, 0xFF, sizeof modulus);
    const struct span bad[] = {
        { there, 0 }, { there, 255 }, { there, 257 }, { modulus, 256 }, { modulus, 512 }, { NULL, 0 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memset(key, 'r', sizeof key);
        assert_int_equal(rsa_oaep_unwrap(any_key, key, 16, bad[i]), FAULT_NONE);
        assert_memory_equal(key, "rrrrrrrrrrrrrrrr", 16);
    }
    /* A key of another length than asked for, and a block that was changed. */
    assert_int_equal(rsa_oaep_unwrap(any_key, key, 15, (struct span){ there, 256 }), FAULT_NONE);
    there[200] ^= 1;
    assert_int_equal(rsa_oaep_unwrap(any_key, key, 16, (struct span){ there, 256 }), FAULT_NONE);
    assert_memory_equal(key, "rrrrrrrrrrrrrrrr", 16);
}

static void pkcs1_gives_the_published_figures(void **state)
{
    struct vectors v = vectors_open("rsa_pkcs1.tsv"), decoys = vectors_open("rsa_rejection.tsv");
    uint8_t ct[VECTOR_BYTES], msg[VECTOR_BYTES], out[RSA_BYTES_MAX], zero[RSA_BYTES_MAX] = { 0 };
    struct kept kept = { 0 };
    size_t rejected = 0, refused = 0;

    (void)state;
    while (vectors_next(&v)) {
        const struct rsa_private *k = key_of(&kept, v.column[1]);
        const char *expected = v.column[4];
        if (strcmp(v.column[5], "invalid") == 0) {
            assert_true(vectors_next(&decoys));
            assert_string_equal(decoys.column[0], v.column[0]);
            expected = decoys.column[1];
            rejected++;
        }
        bool told = strcmp(expected, "!") == 0;
        for (int again = 0; again < 2; again++) {
            size_t n = 0;
            memset(out, 0xEE, sizeof out);
            enum fault f = rsa_pkcs1_decrypt(k, out, &n, vectors_hex(v.column[3], ct));
            assert_int_equal(f, told ? FAULT_BAD_INPUT : FAULT_NONE);
            if (told)
                continue;
            assert_int_equal(n, vectors_hex(expected, msg).n);
            assert_memory_equal(out, msg, n);
            assert_memory_equal(out + n, zero, 256 - RSA_PKCS1_EXTRA - n);
        }
        refused += told;
    }
    assert_false(vectors_next(&decoys));
    assert_int_equal(v.rows, 67);
    assert_int_equal(rejected, 25);
    assert_int_equal(refused, 6);
    rsa_private_free(kept.key);
}

static void pkcs1_comes_back_at_every_size_that_fits(void **state)
{
    const size_t most = 256 - RSA_PKCS1_EXTRA, sizes[] = { 0, 1, 100, most };
    uint8_t in[RSA_BYTES_MAX] = { 0 }, there[RSA_BYTES_MAX], out[RSA_BYTES_MAX];
    struct buf b;
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        b = BUF(there);
        assert_int_equal(rsa_pkcs1_encrypt(any_public, &b, (struct span){ in, sizes[i] }), FAULT_NONE);
        assert_int_equal(rsa_pkcs1_decrypt(any_key, out, &n, buf_view(&b)), FAULT_NONE);
        assert_int_equal(n, sizes[i]);
        assert_memory_equal(out, in, n);
    }
    b = BUF(there);
    assert_int_equal(rsa_pkcs1_encrypt(any_public, &b, (struct span){ in, most + 1 }), FAULT_BAD_INPUT);
}

/* A padded block of `size` with `padding` bytes before the separator, given to the part that works on blocks. */
static size_t unpad(uint8_t *out, size_t size, size_t padding, const uint8_t head[2], const struct rsa_pkcs1_decoy *d)
{
    uint8_t room[512];
    struct buf block = { room, size, size, false };
    size_t n = 0;

    for (size_t i = 0; i < size; i++)
        room[i] = (uint8_t)(i % 255 + 1);
    memcpy(room, head, 2);
    if (2 + padding < size)
        room[2 + padding] = 0;
    rsa_pkcs1_unpad(out, &n, &block, d);
    return n;
}

static void a_message_is_found_wherever_it_begins(void **state)
{
    static const struct rsa_pkcs1_decoy decoy = { .lengths = { [1] = 5 }, .message = { 0 } };
    uint8_t out[512];

    (void)state;
    for (size_t size = 256; size <= 512; size += 128) {
        for (size_t padding = 0; padding <= size - 2; padding++) {
            size_t n = unpad(out, size, padding, (const uint8_t[]){ 0, 2 }, &decoy), start = 2 + padding + 1;
            /* The decoy's last fitting candidate is its pair 127, which is zero. */
            bool valid = padding >= RSA_PKCS1_PADDING_MIN && padding < size - 2;
            assert_int_equal(n, valid ? size - start : 0);
            for (size_t i = 0; i < size - RSA_PKCS1_EXTRA; i++)
                assert_int_equal(out[i], i < n ? (start + i) % 255 + 1 : 0);
        }
    }
}

static void a_block_of_another_kind_is_a_decoy(void **state)
{
    static const uint8_t heads[][2] = {
        { 0, 1 }, { 0, 0 }, { 1, 2 }, { 0x80, 2 }, { 0, 3 }, { 0, 0x82 }, { 0xFF, 0xFF },
    };
    struct rsa_pkcs1_decoy decoy = { .lengths = { 0 }, .message = { 0 } };
    uint8_t out[512];

    (void)state;
    for (size_t i = 0; i < sizeof decoy.message; i++)
        decoy.message[i] = (uint8_t)(i * 3);
    /* 246 is too long for a block of 256 and is passed over; of 0xFF09 only the low eight bits count. */
    decoy.lengths[252] = 0xFF, decoy.lengths[253] = 9, decoy.lengths[255] = 246;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        assert_int_equal(unpad(out, 256, 20, heads[i], &decoy), 9);
        assert_memory_equal(out, decoy.message + 247, 9);
        assert_int_equal(out[9] | out[10] | out[244], 0);
    }
    decoy.lengths[255] = 245;
    assert_int_equal(unpad(out, 256, 7, (const uint8_t[]){ 0, 2 }, &decoy), 245);
    assert_memory_equal(out, decoy.message + 11, 245);
}

static void a_decoy_depends_on_key_and_ciphertext(void **state)
{
    uint8_t key[32] = { 1 }, text[256] = { 2 };
    struct rsa_pkcs1_decoy first, again, other;

    (void)state;
    assert_int_equal(rsa_pkcs1_decoy(&first, (struct span){ key, 32 }, (struct span){ text, 256 }), FAULT_NONE);
    assert_int_equal(rsa_pkcs1_decoy(&again, (struct span){ key, 32 }, (struct span){ text, 256 }), FAULT_NONE);
    assert_memory_equal(first.lengths, again.lengths, sizeof first.lengths);
    assert_memory_equal(first.message, again.message, 256);
    key[31] = 1;
    assert_int_equal(rsa_pkcs1_decoy(&other, (struct span){ key, 32 }, (struct span){ text, 256 }), FAULT_NONE);
    assert_memory_not_equal(first.lengths, other.lengths, sizeof first.lengths);
    key[31] = 0;
    text[255] = 1;
    assert_int_equal(rsa_pkcs1_decoy(&other, (struct span){ key, 32 }, (struct span){ text, 256 }), FAULT_NONE);
    assert_memory_not_equal(first.message, other.message, 256);
}

static void keys_come_back_from_der_and_pem(void **state)
{
    struct secret *der = NULL, *pem = NULL, *second = NULL;
    struct rsa_private *k = NULL;
    struct rsa_public *p = NULL;
    uint8_t room[RSA_PUBLIC_PEM_MAX], spki[RSA_PUBLIC_DER_MAX], again[RSA_PUBLIC_DER_MAX];
    struct buf text = BUF(room), b = BUF(spki), c = BUF(again);

    (void)state;
    assert_int_equal(rsa_private_der(any_key, &der), FAULT_NONE);
    assert_int_equal(rsa_private_pem(any_key, &pem), FAULT_NONE);
    assert_true(pem_is(secret_span(pem)));
    assert_int_equal(rsa_private_read(&k, secret_span(pem)), FAULT_NONE);
    assert_int_equal(rsa_private_der(k, &second), FAULT_NONE);
    assert_true(secret_equal(secret_span(der), secret_span(second)));
    assert_int_equal(rsa_private_size(k), 256);

    assert_int_equal(rsa_public_pem(any_public, &text), FAULT_NONE);
    assert_int_equal(rsa_public_der(any_public, &b), FAULT_NONE);
    assert_int_equal(rsa_public_read(&p, buf_view(&text)), FAULT_NONE);
    assert_int_equal(rsa_public_der(p, &c), FAULT_NONE);
    assert_true(span_equal(buf_view(&b), buf_view(&c)));
    assert_int_equal(rsa_public_size(p), 256);
    rsa_private_free(k);
    rsa_public_free(p);
    secret_free(der);
    secret_free(pem);
    secret_free(second);
}

static void what_is_no_key_is_refused(void **state)
{
    struct secret *der = NULL;
    struct rsa_private *k = NULL;
    struct rsa_public *p = NULL;
    uint8_t room[SECRET_MAX + 1] = { 0 };
    struct buf b = BUF(room);
    size_t n;

    (void)state;
    assert_int_equal(rsa_private_der(any_key, &der), FAULT_NONE);
    n = der->n;
    memcpy(room, der->bytes, n);
    assert_int_equal(rsa_private_read(&k, (struct span){ room, n }), FAULT_NONE);
    rsa_private_free(k);
    k = NULL;
    const struct span bad[] = {
        { room, 0 }, { room, 1 }, { room, n - 1 }, { room, n + 1 }, { room, sizeof room }, SPAN("not a key"),
        SPAN("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"),
        SPAN("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(rsa_private_read(&k, bad[i]), FAULT_BAD_INPUT);
        assert_int_equal(rsa_public_read(&p, bad[i]), FAULT_BAD_INPUT);
    }
    /* The modulus begins 38 bytes into a PKCS#8 key of this size: with another, the halves are strangers. */
    room[60] ^= 1;
    assert_int_equal(rsa_private_read(&k, (struct span){ room, n }), FAULT_BAD_INPUT);
    assert_int_equal(rsa_public_read(&p, (struct span){ der->bytes, n }), FAULT_BAD_INPUT);
    assert_int_equal(rsa_public_der(any_public, &b), FAULT_NONE);
    assert_int_equal(rsa_private_read(&k, buf_view(&b)), FAULT_BAD_INPUT);
    assert_null(k);
    assert_null(p);
    rsa_private_free(NULL);
    rsa_public_free(NULL);
    secret_free(der);
}

/* Who reads a key again says that it was looked at before: only the look at the modulus is left out. */
static void a_key_that_is_read_again_is_not_looked_at_again(void **state)
{
    struct vectors v = vectors_open("rsa_public.tsv");
    uint8_t der[VECTOR_BYTES];
    size_t more = 0;

    (void)state;
    while (vectors_next(&v)) {
        struct span text = vectors_hex(v.column[1], der);
        bool small = strcmp(v.column[0], "a modulus with a small factor") == 0;
        bool taken = strcmp(v.column[2], "taken") == 0 || small;
        struct rsa_public *p = NULL;

        assert_int_equal(rsa_public_read_again(&p, text), taken ? FAULT_NONE : FAULT_BAD_INPUT);
        rsa_public_free(p);
        more += small;
    }
    assert_int_equal(more, 1);
}

static void public_keys_are_taken_up_to_the_limits_only(void **state)
{
    struct vectors v = vectors_open("rsa_public.tsv");
    uint8_t der[VECTOR_BYTES], again[RSA_PUBLIC_DER_MAX];
    size_t taken = 0;

    (void)state;
    while (vectors_next(&v)) {
        struct span text = vectors_hex(v.column[1], der);
        struct rsa_public *p = NULL;
        struct buf b = BUF(again);
        enum fault f = rsa_public_read(&p, text);
        if (f != (strcmp(v.column[2], "taken") == 0 ? FAULT_NONE : FAULT_BAD_INPUT))
            fail_msg("%s: %s", v.column[0], fault_name(f));
        if (f)
            continue;
        assert_int_equal(rsa_public_der(p, &b), FAULT_NONE);
        assert_true(span_equal(buf_view(&b), text));
        rsa_public_free(p);
        der[text.n] = 0;
        assert_int_equal(rsa_public_read(&p, (struct span){ der, text.n + 1 }), FAULT_BAD_INPUT);
        taken++;
    }
    assert_int_equal(v.rows, 16);
    assert_int_equal(taken, 5);
}

static void a_key_is_made_in_range_only(void **state)
{
    struct rsa_private *k = NULL;

    (void)state;
    assert_int_equal(rsa_private_generate(&k, 2047), FAULT_BAD_INPUT);
    assert_int_equal(rsa_private_generate(&k, 1024), FAULT_BAD_INPUT);
    assert_int_equal(rsa_private_generate(&k, 4104), FAULT_BAD_INPUT);
    assert_int_equal(rsa_private_generate(&k, 2052), FAULT_BAD_INPUT);
    assert_null(k);
}

static void pem_is_read_as_it_is_written(void **state)
{
    uint8_t der[300], room[1024];
    struct secret *back = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof der; i++)
        der[i] = (uint8_t)(i * 5);
    for (size_t n = 1; n <= sizeof der; n += 23) {
        struct buf b = BUF(room);
        pem_put(&b, "PUBLIC KEY", (struct span){ der, n });
        assert_int_equal(pem_read(&back, "PUBLIC KEY", buf_view(&b)), FAULT_NONE);
        assert_true(span_equal(secret_span(back), (struct span){ der, n }));
        secret_free(back);
        back = NULL;
        assert_int_equal(pem_read(&back, "PRIVATE KEY", buf_view(&b)), FAULT_BAD_INPUT);
    }
    assert_int_equal(pem_read(&back, "K", SPAN("\r\n-----BEGIN K-----\r\nAQI=\r\n-----END K-----\r\n")), FAULT_NONE);
    assert_int_equal(back->n, 2);
    secret_free(back);
}

static void what_is_no_pem_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "-----BEGIN K-----", "-----END K-----", "-----BEGIN K-----END K-----",
        "-----BEGIN K-----\n-----END K-----",
        "-----BEGIN K-----\nAQI\n-----END K-----", "-----BEGIN K-----\nAQJ=\n-----END K-----",
        "-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END K-----",
        "-----BEGIN K-----\n====\n-----END K-----",
        "-----BEGIN K-----\nAQID\n-----END K-----\n-----BEGIN K-----\nAQID\n-----END K-----",
        "x-----BEGIN K-----\nAQID\n-----END K-----", "-----BEGIN K-----\nAQID\n-----END K-----x",
    };
    struct secret *back = NULL;
    uint8_t *large = calloc(1, PEM_MAX + 1);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(pem_read(&back, "K", span_of(bad[i])), FAULT_BAD_INPUT);
    assert_non_null(large);
    assert_int_equal(pem_read(&back, "K", (struct span){ large, PEM_MAX + 1 }), FAULT_BAD_INPUT);
    assert_null(back);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oaep_gives_the_published_figures),
        cmocka_unit_test(oaep_comes_back_at_every_size_of_a_key),
        cmocka_unit_test(a_key_that_does_not_unwrap_stays_as_it_was),
        cmocka_unit_test(pkcs1_gives_the_published_figures),
        cmocka_unit_test(pkcs1_comes_back_at_every_size_that_fits),
        cmocka_unit_test(a_message_is_found_wherever_it_begins),
        cmocka_unit_test(a_block_of_another_kind_is_a_decoy),
        cmocka_unit_test(a_decoy_depends_on_key_and_ciphertext),
        cmocka_unit_test(keys_come_back_from_der_and_pem),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(public_keys_are_taken_up_to_the_limits_only),
        cmocka_unit_test(a_key_that_is_read_again_is_not_looked_at_again),
        cmocka_unit_test(a_key_is_made_in_range_only),
        cmocka_unit_test(pem_is_read_as_it_is_written),
        cmocka_unit_test(what_is_no_pem_is_refused),
    };

    return cmocka_run_group_tests(tests, make_key, free_key);
}
