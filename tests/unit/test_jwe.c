/* test_jwe.c: what other implementations made, what must not open, and what we make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "base/json_in.h"
#include "keyholder/jwe.h"

#include "unit/vectors.h"

#include "base/banned.h"

struct bed { struct arena *arena; struct jwe_bench *bench; struct rsa_private *key; struct rsa_public *pub; };
static struct bed bed;

static int tear_down(void **state)
{
    (void)state;
    arena_free(bed.arena);
    jwe_bench_free(bed.bench);
    jwe_bench_free(NULL);
    rsa_private_free(bed.key);
    rsa_public_free(bed.pub);
    return 0;
}

static struct rsa_private *key_of_file(struct vectors *v)
{
    uint8_t der[2048];
    struct buf b = BUF(der);
    struct rsa_private *k = NULL;

    assert_true(vectors_next(v));
    assert_string_equal(v->column[0], "key");
    assert_int_equal(hex_read(&b, span_of(v->column[1])), FAULT_NONE);
    assert_int_equal(rsa_private_read(&k, buf_view(&b)), FAULT_NONE);
    return k;
}

static int set_up(void **state)
{
    struct vectors v = vectors_open("jwe_clients.tsv");

    (void)state;
    json_in_start();
    bed.key = key_of_file(&v);
    while (vectors_next(&v))
        continue;
    return arena_new(&bed.arena) || jwe_bench_new(&bed.bench) || rsa_private_public(bed.key, &bed.pub);
}

/* "opens", "denied" or "refused"; `out` gets the plaintext. */
static const char *verdict(struct buf *out, struct span text, const struct rsa_private *k)
{
    struct jwe j;
    enum fault f;

    arena_reset(bed.arena);
    f = jwe_read(&j, bed.arena, text);
    if (f) {
        assert_int_equal(f, FAULT_BAD_INPUT);
        assert_non_null(j.why);
        return "refused";
    }
    assert_null(j.why);
    f = jwe_open(bed.bench, out, &j, k);
    if (f)
        assert_int_equal(f, FAULT_DENIED);
    return f ? "denied" : "opens";
}

static size_t check_file(const char *name)
{
    struct vectors v = vectors_open(name);
    struct rsa_private *k = key_of_file(&v);
    uint8_t room[VECTOR_BYTES], expected[VECTOR_BYTES];

    while (vectors_next(&v)) {
        struct buf out = BUF(room);
        const char *is = verdict(&out, span_of(v.column[1]), k);
        if (strcmp(is, v.column[3]) != 0)
            fail_msg("%s: %s instead of %s", v.column[0], is, v.column[3]);
        assert_true(span_equal(buf_view(&out), vectors_hex(v.column[2], expected)));
    }
    rsa_private_free(k);
    return v.rows;
}

static void what_clients_send_is_opened(void **state)
{
    (void)state;
    assert_int_equal(check_file("jwe_clients.tsv"), 7);
}

static void another_implementation_agrees_on_what_opens_and_what_does_not(void **state)
{
    (void)state;
    assert_int_equal(check_file("jwe.tsv"), 1 + 9 + 12 + 50);
}

/* A compact text of that header and four segments that are shaped well. */
static const char *why_not(const char *header, const char *rest)
{
    static struct jwe j;
    uint8_t room[4096];
    struct buf b = BUF(room);

    arena_reset(bed.arena);
    base64url_put(&b, span_of(header));
    buf_text(&b, rest);
    assert_int_equal(jwe_read(&j, bed.arena, buf_view(&b)), FAULT_BAD_INPUT);
    return j.why;
}

static void what_is_refused_is_told_why(void **state)
{
    static const char rest[] = ".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA";
    static const struct { const char *header, *word; } rows[] = {
        { "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"crit\":[]}", "crit or zip" },
        { "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"zip\":null}", "crit or zip" },
        { "{\"alg\":\"none\",\"enc\":\"A128GCM\"}", "alg is not" },
        { "{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"}", "alg is not" },
        { "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A192GCM\"}", "enc is not" },
        { "{\"alg\":\"RSA-OAEP-256\"}", "missing" }, { "{\"alg\":1,\"enc\":\"A128GCM\"}", "not a string" },
        { "[]", "JSON object" }, { "{\"alg\":\"a\",\"alg\":\"b\"}", "twice" }, { "", "header is empty" },
    };
    static const char good[] = "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\"}";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_non_null(strstr(why_not(rows[i].header, rest), rows[i].word));
    assert_non_null(strstr(why_not(good, ".AAAA.AAAAAAAAAAAAAAAA.AAAA"), "five segments"));
    assert_non_null(strstr(why_not(good, "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"), "key is empty"));
    assert_non_null(strstr(why_not(good, ".AAAA.AAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"), "12 bytes"));
    assert_non_null(strstr(why_not(good, ".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAA"), "16 bytes"));
    assert_non_null(strstr(why_not(good, ".AAAA.AAAAAAAAAAAAAAAA.AA+A.AAAAAAAAAAAAAAAAAAAAAA"), "base64url"));
}

static void the_kid_is_told_before_any_key_is_used(void **state)
{
    struct vectors v = vectors_open("jwe_clients.tsv");
    struct jwe j;

    (void)state;
    assert_true(vectors_next(&v));
    assert_true(vectors_next(&v));
    assert_int_equal(jwe_read(&j, bed.arena, span_of(v.column[1])), FAULT_NONE);
    assert_true(span_equal(j.kid, SPAN("2218168c-ee6b-49d7-a851-8b94e7d0068d")));
    assert_int_equal(j.enc, JWE_A128GCM);
    while (vectors_next(&v))
        continue;
}

static struct span sealed(struct buf *b, enum jwe_enc enc, struct span kid, struct span text)
{
    struct jwe_job job = { bed.pub, enc, kid, text };

    assert_int_equal(jwe_seal(bed.bench, b, &job), FAULT_NONE);
    return buf_view(b);
}

static void what_is_sealed_opens_again(void **state)
{
    static uint8_t text[JWE_TEXT_MAX], out[JWE_TEXT_MAX], compact[JWE_COMPACT_MAX];
    static const size_t lengths[] = { 0, 1, 2, 3, 15, 16, 17, 500, JWE_TEXT_MAX };

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 31);
    for (size_t i = 0; i < 2 * sizeof lengths / sizeof lengths[0]; i++) {
        struct span in = { text, lengths[i / 2] };
        struct buf b = BUF(compact), plain = BUF(out);
        struct span kid = i % 2 ? SPAN("key_\"\\/ 1") : (struct span){ 0 };
        struct span jwe = sealed(&b, i % 2 ? JWE_A256GCM : JWE_A128GCM, kid, in);
        struct jwe j;
        assert_string_equal(verdict(&plain, jwe, bed.key), "opens");
        assert_true(span_equal(buf_view(&plain), in));
        assert_int_equal(jwe_read(&j, bed.arena, jwe), FAULT_NONE);
        assert_int_equal(j.enc, i % 2 ? JWE_A256GCM : JWE_A128GCM);
        assert_true(span_equal(j.kid, kid));
    }
}

static void the_header_is_as_other_implementations_write_it(void **state)
{
    uint8_t compact[JWE_COMPACT_MAX], json[JWE_HEADER_MAX];
    struct buf b = BUF(compact), h = BUF(json);
    struct span jwe = sealed(&b, JWE_A128GCM, SPAN("key-1"), SPAN("{}"));
    const uint8_t *dot = memchr(jwe.p, '.', jwe.n);

    (void)state;
    assert_non_null(dot);
    assert_int_equal(base64url_read(&h, (struct span){ jwe.p, (size_t)(dot - jwe.p) }), FAULT_NONE);
    assert_true(span_equal(buf_view(&h), SPAN("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\",\"kid\":\"key-1\"}")));
}

static void no_two_sealings_share_anything_secret(void **state)
{
    uint8_t first[JWE_COMPACT_MAX], second[JWE_COMPACT_MAX];
    struct buf a = BUF(first), b = BUF(second);
    struct jwe x, y;

    (void)state;
    arena_reset(bed.arena);
    assert_int_equal(jwe_read(&x, bed.arena, sealed(&a, 0, SPAN("k"), SPAN("the same text"))), FAULT_NONE);
    assert_int_equal(jwe_read(&y, bed.arena, sealed(&b, 0, SPAN("k"), SPAN("the same text"))), FAULT_NONE);
    assert_false(span_equal(x.wrapped, y.wrapped));
    assert_false(span_equal(x.iv, y.iv));
    assert_false(span_equal(x.text, y.text));
    assert_false(span_equal(x.tag, y.tag));
}

static void no_changed_character_goes_unnoticed(void **state)
{
    uint8_t compact[JWE_COMPACT_MAX], out[64], zero[64] = { 0 };
    struct buf b = BUF(compact);
    struct span jwe = sealed(&b, JWE_A128GCM, SPAN("k"), SPAN("4111111111111111"));

    (void)state;
    /* Every third character, for speed: each byte has a part in the next one or the one before. */
    for (size_t i = 0; i < jwe.n; i += 3) {
        uint8_t was = compact[i];
        struct buf plain = BUF(out);
        memset(out, 0xEE, sizeof out);
        memset(out, 0, 16);
        compact[i] = was == 'A' ? 'B' : was == '.' ? '-' : 'A';
        assert_string_not_equal(verdict(&plain, jwe, bed.key), "opens");
        assert_int_equal(plain.n, 0);
        assert_memory_equal(out, zero, 16);
        compact[i] = was;
    }
    for (size_t n = 0; n < jwe.n; n += 7) {
        struct buf plain = BUF(out);
        assert_string_not_equal(verdict(&plain, (struct span){ jwe.p, n }, bed.key), "opens");
    }
}

static void sizes_over_their_limits_are_refused(void **state)
{
    static uint8_t large[1024 * 1024], text[JWE_TEXT_MAX + 1], compact[JWE_COMPACT_MAX];
    struct buf b = BUF(compact);
    struct jwe_job job = { bed.pub, JWE_A128GCM, SPAN("k"), { text, sizeof text } };
    struct jwe j;

    (void)state;
    memset(large, 'A', sizeof large);
    assert_int_equal(jwe_read(&j, bed.arena, (struct span){ large, sizeof large }), FAULT_BAD_INPUT);
    assert_string_equal(j.why, "the text is too long");
    memset(large, '.', sizeof large);
    assert_int_equal(jwe_read(&j, bed.arena, (struct span){ large, JWE_COMPACT_MAX }), FAULT_BAD_INPUT);
    assert_int_equal(jwe_read(&j, bed.arena, (struct span){ 0 }), FAULT_BAD_INPUT);

    assert_int_equal(jwe_seal(bed.bench, &b, &job), FAULT_BAD_INPUT);
    job.text.n = 1;
    job.kid = (struct span){ large, JWE_KID_MAX + 1 };
    assert_int_equal(jwe_seal(bed.bench, &b, &job), FAULT_BAD_INPUT);
    job.kid = SPAN("");
    assert_int_equal(jwe_seal(bed.bench, &b, &job), FAULT_BAD_INPUT);
    job.kid = SPAN("k\n");
    assert_int_equal(jwe_seal(bed.bench, &b, &job), FAULT_BAD_INPUT);
    job.kid = SPAN("k\xC3\xA9");
    assert_int_equal(jwe_seal(bed.bench, &b, &job), FAULT_BAD_INPUT);
    assert_int_equal(b.n, 0);
    job.kid = SPAN("k");
    /* The text would have some 500 bytes: too little room for each of its segments. */
    for (size_t room = 0; room < 480; room += 37) {
        struct buf tiny = { compact, 0, room, false };
        assert_int_equal(jwe_seal(bed.bench, &tiny, &job), FAULT_INTERNAL);
        assert_int_equal(tiny.n, 0);
    }
}

/* Whoever knew the content key that stands in for a wrong one could seal what he likes under it. */
static void no_known_key_stands_in_for_a_wrong_one(void **state)
{
    uint8_t key[16] = { 0 }, sealed_text[4], tag[JWE_TAG], wrong[256] = { 0, 7 }, room[JWE_COMPACT_MAX], out[64];
    struct buf b = BUF(room), plain = BUF(out);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;

    (void)state;
    base64url_put(&b, SPAN("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128GCM\"}"));
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, SPAN("twelve bytes").p), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, room, (int)b.n), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, sealed_text, &n, SPAN("card").p, 4), 1);
    assert_int_equal(EVP_EncryptFinal_ex(ctx, tag, &n), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, JWE_TAG, tag), 1);
    EVP_CIPHER_CTX_free(ctx);
    buf_byte(&b, '.');
    size_t at = b.n;
    for (int right = 0; right < 2; right++) {
        uint8_t wrapped[256];
        struct buf w = BUF(wrapped);
        b.n = at;
        assert_int_equal(rsa_oaep_encrypt(bed.pub, &w, (struct span){ key, sizeof key }), FAULT_NONE);
        base64url_put(&b, right ? buf_view(&w) : (struct span){ wrong, sizeof wrong });
        buf_byte(&b, '.');
        base64url_put(&b, SPAN("twelve bytes"));
        buf_byte(&b, '.');
        base64url_put(&b, (struct span){ sealed_text, sizeof sealed_text });
        buf_byte(&b, '.');
        base64url_put(&b, (struct span){ tag, sizeof tag });
        /* With the key wrapped as it should be the same text opens, so it was the wrong key that did not. */
        assert_string_equal(verdict(&plain, buf_view(&b), bed.key), right ? "opens" : "denied");
    }
}

static void a_buffer_too_small_is_our_own_fault(void **state)
{
    uint8_t compact[JWE_COMPACT_MAX], out[4];
    struct buf b = BUF(compact), plain = BUF(out);
    struct jwe j;

    (void)state;
    arena_reset(bed.arena);
    assert_int_equal(jwe_read(&j, bed.arena, sealed(&b, JWE_A128GCM, SPAN("k"), SPAN("five!"))), FAULT_NONE);
    assert_int_equal(jwe_open(bed.bench, &plain, &j, bed.key), FAULT_INTERNAL);
    assert_int_equal(plain.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_clients_send_is_opened),
        cmocka_unit_test(another_implementation_agrees_on_what_opens_and_what_does_not),
        cmocka_unit_test(what_is_refused_is_told_why),
        cmocka_unit_test(the_kid_is_told_before_any_key_is_used),
        cmocka_unit_test(what_is_sealed_opens_again),
        cmocka_unit_test(the_header_is_as_other_implementations_write_it),
        cmocka_unit_test(no_two_sealings_share_anything_secret),
        cmocka_unit_test(no_changed_character_goes_unnoticed),
        cmocka_unit_test(sizes_over_their_limits_are_refused),
        cmocka_unit_test(no_known_key_stands_in_for_a_wrong_one),
        cmocka_unit_test(a_buffer_too_small_is_our_own_fault),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
