/* test_paytm_checksum.c: signatures of Paytm's own library, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "keyholder/paytm_checksum.h"
#include "keyholder/rsa.h"

#include "unit/vectors.h"

#include "base/banned.h"

static struct paytm_checksum *checksum;
static const struct paytm_checksum_job job = { SPAN("0123456789abcdef"), SPAN("{\"mid\":\"M\"}") };

static int set_up(void **state)
{
    (void)state;
    return paytm_checksum_new(&checksum);
}

static int tear_down(void **state)
{
    (void)state;
    paytm_checksum_free(checksum);
    paytm_checksum_free(NULL);
    return 0;
}

static void signatures_are_those_of_the_official_library(void **state)
{
    struct vectors v = vectors_open("paytm_checksum.tsv");
    uint8_t body[VECTOR_BYTES], random[PAYTM_RANDOM];
    char out[PAYTM_CHECKSUM];

    (void)state;
    while (vectors_next(&v)) {
        struct paytm_checksum_job j = { job.key, vectors_hex(v.column[1], body) };
        struct buf salt = BUF(random);
        assert_int_equal(base64_read(&salt, span_of(v.column[2])), FAULT_NONE);
        assert_int_equal(paytm_checksum_sign(checksum, out, &j, random), FAULT_NONE);
        assert_true(span_equal((struct span){ (uint8_t *)out, sizeof out }, span_of(v.column[3])));
        assert_int_equal(paytm_checksum_verify(checksum, &j, span_of(v.column[3])), FAULT_NONE);
        body[0] ^= 1;
        assert_int_equal(paytm_checksum_verify(checksum, &j, span_of(v.column[3])), FAULT_DENIED);
        body[0] ^= 1;
        j.body.n--;
        assert_int_equal(paytm_checksum_verify(checksum, &j, span_of(v.column[3])), FAULT_DENIED);
    }
    assert_int_equal(v.rows, 7);
}

static struct span signed_with(char out[PAYTM_CHECKSUM], const struct paytm_checksum_job *j)
{
    static const uint8_t random[PAYTM_RANDOM] = { 0xFF, 0, 0x7F };

    assert_int_equal(paytm_checksum_sign(checksum, out, j, random), FAULT_NONE);
    return (struct span){ (uint8_t *)out, PAYTM_CHECKSUM };
}

static void every_length_of_key_and_body_comes_back(void **state)
{
    static const uint8_t key[32] = "abcdefghijklmnopqrstuvwxyz01234";
    static uint8_t body[70000];
    static const size_t keys[] = { 16, 24, 32 }, bodies[] = { 0, 1, 55, 56, 64, 1000, sizeof body };
    char out[PAYTM_CHECKSUM];

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
            struct paytm_checksum_job j = { { key, keys[k] }, { body, bodies[i] } }, other = j;
            struct span s = signed_with(out, &j);
            other.key = (struct span){ key, keys[(k + 1) % 3] };
            assert_int_equal(paytm_checksum_verify(checksum, &j, s), FAULT_NONE);
            assert_int_equal(paytm_checksum_verify(checksum, &other, s), FAULT_DENIED);
            j.body = (struct span){ body, bodies[i] + 1 };
            if (j.body.n <= sizeof body)
                assert_int_equal(paytm_checksum_verify(checksum, &j, s), FAULT_DENIED);
        }
    }
}

static void a_key_of_another_length_is_refused(void **state)
{
    static const uint8_t key[64], random[PAYTM_RANDOM];
    char out[PAYTM_CHECKSUM];

    (void)state;
    for (size_t n = 0; n <= sizeof key; n++) {
        struct paytm_checksum_job j = { { key, n }, SPAN("{}") };
        if (n == 16 || n == 24 || n == 32)
            continue;
        assert_int_equal(paytm_checksum_sign(checksum, out, &j, random), FAULT_BAD_INPUT);
        assert_int_equal(paytm_checksum_verify(checksum, &j, SPAN("x")), FAULT_BAD_INPUT);
    }
}

static void no_changed_character_is_accepted(void **state)
{
    char out[PAYTM_CHECKSUM];
    struct span s = signed_with(out, &job);

    (void)state;
    assert_int_equal(out[PAYTM_CHECKSUM - 1], '=');
    for (size_t i = 0; i < PAYTM_CHECKSUM; i++) {
        char was = out[i];
        static const char others[] = "AZaz09+/=-_ \n";
        for (size_t k = 0; k < sizeof others; k++) {        /* the NUL too */
            out[i] = others[k];
            assert_int_equal(paytm_checksum_verify(checksum, &job, s), others[k] == was ? FAULT_NONE : FAULT_DENIED);
        }
        out[i] = was;
    }
    assert_int_equal(paytm_checksum_verify(checksum, &job, s), FAULT_NONE);
}

static void what_has_another_length_is_denied(void **state)
{
    char out[PAYTM_CHECKSUM + 8] = { 0 };
    static uint8_t large[100000];

    (void)state;
    (void)signed_with(out, &job);
    for (size_t n = 0; n <= sizeof out; n++)
        assert_int_equal(paytm_checksum_verify(checksum, &job, (struct span){ (uint8_t *)out, n }),
                         n == PAYTM_CHECKSUM ? FAULT_NONE : FAULT_DENIED);
    assert_int_equal(paytm_checksum_verify(checksum, &job, (struct span){ 0 }), FAULT_DENIED);
    memset(large, 'A', sizeof large);
    assert_int_equal(paytm_checksum_verify(checksum, &job, (struct span){ large, sizeof large }), FAULT_DENIED);
    assert_int_equal(paytm_checksum_verify(checksum, &job, (struct span){ large, PAYTM_CHECKSUM }), FAULT_DENIED);
}

/* A plaintext of 80 bytes under the job's key, whatever it is, as a signature. */
static enum fault verdict_on(const uint8_t plain[80])
{
    uint8_t sealed[96], text[PAYTM_CHECKSUM];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    struct buf b = BUF(text);
    const uint8_t *iv = SPAN("@@@@&&&&####$$$$").p;
    int n = 0;

    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, job.key.p, iv), 1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    assert_int_equal(EVP_EncryptUpdate(ctx, sealed, &n, plain, 80), 1);
    EVP_CIPHER_CTX_free(ctx);
    base64_put(&b, (struct span){ sealed, 80 });
    return paytm_checksum_verify(checksum, &job, buf_view(&b));
}

static void a_wrong_padding_is_no_other_answer_than_a_wrong_hash(void **state)
{
    uint8_t plain[81], digest[32], text[80];
    struct buf b = BUF(text), hex = BUF(plain);

    (void)state;
    buf_span(&b, job.body);
    buf_text(&b, "|AbC1");
    assert_int_equal(EVP_Digest(text, b.n, digest, NULL, EVP_sha256(), NULL), 1);
    hex_put(&hex, (struct span){ digest, 32 });
    buf_text(&hex, "AbC1");
    memset(plain + 68, 12, 12);
    assert_int_equal(verdict_on(plain), FAULT_NONE);
    for (size_t i = 0; i < 80; i++) {
        for (unsigned bit = 1; bit < 256; bit <<= 3) {
            plain[i] ^= (uint8_t)bit;
            assert_int_equal(verdict_on(plain), FAULT_DENIED);
            plain[i] ^= (uint8_t)bit;
        }
    }
    memset(plain + 68, 0, 12);
    assert_int_equal(verdict_on(plain), FAULT_DENIED);
    memset(plain, 16, 80);
    assert_int_equal(verdict_on(plain), FAULT_DENIED);
}

/* The other thing Paytm's clients encipher: a card, as one block of PKCS#1 v1.5. */
static void a_card_of_a_paytm_client_is_read(void **state)
{
    struct vectors keys = vectors_open("jwe_clients.tsv"), v = vectors_open("paytm_card.tsv");
    uint8_t der[2048], ct[VECTOR_BYTES], text[VECTOR_BYTES], out[RSA_BYTES_MAX];
    struct buf b = BUF(der);
    struct rsa_private *k = NULL;
    size_t n = 0;

    (void)state;
    assert_true(vectors_next(&keys));
    assert_int_equal(hex_read(&b, span_of(keys.column[1])), FAULT_NONE);
    assert_int_equal(rsa_private_read(&k, buf_view(&b)), FAULT_NONE);
    assert_true(vectors_next(&v));
    assert_int_equal(rsa_pkcs1_decrypt(k, out, &n, vectors_hex(v.column[0], ct)), FAULT_NONE);
    assert_true(span_equal((struct span){ out, n }, vectors_hex(v.column[1], text)));
    assert_false(vectors_next(&v));
    while (vectors_next(&keys))
        continue;
    rsa_private_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_are_those_of_the_official_library),
        cmocka_unit_test(every_length_of_key_and_body_comes_back),
        cmocka_unit_test(a_key_of_another_length_is_refused),
        cmocka_unit_test(no_changed_character_is_accepted),
        cmocka_unit_test(what_has_another_length_is_denied),
        cmocka_unit_test(a_wrong_padding_is_no_other_answer_than_a_wrong_hash),
        cmocka_unit_test(a_card_of_a_paytm_client_is_read),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
