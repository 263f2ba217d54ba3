/* test_crypt.c: published figures through the primitives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "keyholder/crypt.h"

#include "unit/vectors.h"

#include "base/banned.h"

static void aes_gcm_gives_the_published_figures(void **state)
{
    struct vectors v = vectors_open("aes_gcm.tsv");
    uint8_t key[VECTOR_BYTES], iv[VECTOR_BYTES], aad[VECTOR_BYTES], text[VECTOR_BYTES];
    uint8_t sealed[VECTOR_BYTES], out[VECTOR_BYTES];
    struct crypt_gcm *g = NULL;

    (void)state;
    assert_int_equal(crypt_gcm_new(&g), FAULT_NONE);
    while (vectors_next(&v)) {
        bool valid = strcmp(v.column[7], "valid") == 0;
        struct span m = vectors_hex(v.column[4], text), ct = vectors_hex(v.column[5], sealed);
        struct crypt_gcm_job job = { key, iv, vectors_hex(v.column[3], aad), m };
        struct span tag = vectors_hex(v.column[6], sealed + ct.n);
        assert_int_equal(vectors_hex(v.column[1], key).n, CRYPT_KEY);
        assert_int_equal(vectors_hex(v.column[2], iv).n, CRYPT_NONCE);
        assert_int_equal(tag.n, CRYPT_TAG);
        assert_int_equal(crypt_gcm_seal(g, out, &job), FAULT_NONE);
        assert_int_equal(memcmp(out, sealed, m.n + CRYPT_TAG) == 0, valid);
        job.in = (struct span){ sealed, ct.n + CRYPT_TAG };
        assert_int_equal(crypt_gcm_open(g, out, &job), valid ? FAULT_NONE : FAULT_DENIED);
        if (valid)
            assert_memory_equal(out, text, m.n);
    }
    assert_int_equal(v.rows, 30);
    crypt_gcm_free(g);
}

static void what_does_not_open_leaves_no_plaintext(void **state)
{
    uint8_t key[CRYPT_KEY] = { 1 }, nonce[CRYPT_NONCE] = { 2 }, sealed[48], out[32], zero[32] = { 0 };
    struct crypt_gcm_job job = { key, nonce, { 0 }, SPAN("thirty-two bytes of a plain text.") };
    struct crypt_gcm *g = NULL;

    (void)state;
    job.in.n = 32;
    assert_int_equal(crypt_gcm_new(&g), FAULT_NONE);
    assert_int_equal(crypt_gcm_seal(g, sealed, &job), FAULT_NONE);
    sealed[47] ^= 1;
    job.in = (struct span){ sealed, sizeof sealed };
    memset(out, 0xFF, sizeof out);
    assert_int_equal(crypt_gcm_open(g, out, &job), FAULT_DENIED);
    assert_memory_equal(out, zero, sizeof out);
    job.in.n = CRYPT_TAG - 1;
    assert_int_equal(crypt_gcm_open(g, out, &job), FAULT_DENIED);
    crypt_gcm_free(g);
}

static void hmac_gives_the_published_figures(void **state)
{
    struct vectors v = vectors_open("hmac_sha256.tsv");
    uint8_t key[VECTOR_BYTES], text[VECTOR_BYTES], tag[VECTOR_BYTES], out[CRYPT_SHA256];

    (void)state;
    while (vectors_next(&v)) {
        bool valid = strcmp(v.column[5], "valid") == 0;
        struct span m = vectors_hex(v.column[2], text);
        /* In three parts, one of them absent, to show that parts are simply joined. */
        struct span parts[] = { { m.p, m.n / 2 }, { 0 }, { m.p + m.n / 2, m.n - m.n / 2 } };
        struct crypt_mac *mac = NULL;
        assert_int_equal(vectors_hex(v.column[3], tag).n, CRYPT_SHA256);
        assert_int_equal(crypt_mac_new(&mac, CRYPT_SHA256, vectors_hex(v.column[1], key)), FAULT_NONE);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(crypt_mac(mac, out, parts, 3), FAULT_NONE);
            assert_int_equal(memcmp(out, tag, sizeof out) == 0, valid);
        }
        crypt_mac_free(mac);
    }
    assert_int_equal(v.rows, 22);
}

/* RFC 4231, test cases 1 and 2, on one context whose own key is another. */
static void hmac_under_a_key_at_hand_forgets_it(void **state)
{
    uint8_t twenty[20], expected[CRYPT_SHA256], out[CRYPT_SHA256];
    const struct { struct span key, text; const char *mac; } rows[] = {
        { { twenty, sizeof twenty }, SPAN("Hi There"),
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { SPAN("Jefe"), SPAN("what do ya want for nothing?"),
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    };
    struct crypt_mac *m = NULL;

    (void)state;
    memset(twenty, 0x0b, sizeof twenty);
    assert_int_equal(crypt_mac_new(&m, CRYPT_SHA256, SPAN("another")), FAULT_NONE);
    for (size_t i = 0; i < 4; i++) {
        struct buf b = BUF(expected);
        assert_int_equal(hex_read(&b, span_of(rows[i % 2].mac)), FAULT_NONE);
        assert_int_equal(crypt_mac_under(m, rows[i % 2].key, out, &rows[i % 2].text, 1), FAULT_NONE);
        assert_memory_equal(out, expected, sizeof out);
        assert_int_equal(crypt_mac(m, out, &rows[i % 2].text, 1), FAULT_NONE);
        assert_memory_not_equal(out, expected, sizeof out);
    }
    crypt_mac_free(m);
}

/* RFC 5869, appendix A, test cases 1 and 3. */
static void hkdf_gives_the_figures_of_its_rfc(void **state)
{
    uint8_t key[22], salt[13], info[10], out[42], expected[42];
    struct crypt_hkdf from = { { key, sizeof key }, { salt, sizeof salt }, { info, sizeof info } };
    struct buf b = BUF(expected);

    (void)state;
    memset(key, 0x0b, sizeof key);
    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof info; i++)
        info[i] = (uint8_t)(0xf0 + i);
    assert_int_equal(hex_read(&b, SPAN("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf"
                                       "1a5a4c5db02d56ecc4c5bf34007208d5b887185865")),
                     FAULT_NONE);
    assert_int_equal(crypt_hkdf(out, sizeof out, &from), FAULT_NONE);
    assert_memory_equal(out, expected, sizeof out);

    b = BUF(expected);
    from.salt = from.info = SPAN("");
    assert_int_equal(hex_read(&b, SPAN("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1"
                                       "879ec3454e5f3c738d2d9d201395faa4b61a96c8")),
                     FAULT_NONE);
    assert_int_equal(crypt_hkdf(out, sizeof out, &from), FAULT_NONE);
    assert_memory_equal(out, expected, sizeof out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aes_gcm_gives_the_published_figures),
        cmocka_unit_test(what_does_not_open_leaves_no_plaintext),
        cmocka_unit_test(hmac_gives_the_published_figures),
        cmocka_unit_test(hmac_under_a_key_at_hand_forgets_it),
        cmocka_unit_test(hkdf_gives_the_figures_of_its_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
