/* test_tools.c: `tijori jwe` and `tijori paytm`, from standard input to standard output. */
#include "cli/tools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/base64.h"
#include "base/json_out.h"
#include "card_keys.h"
#include "cli/options.h"
#include "keyholder/jwe.h"
#include "keyholder/paytm_checksum.h"

#include "base/banned.h"

enum { SAID = 64 * 1024, PATHS = 128 };

#define PAYTM_KEY "0123456789abcdef"
#define CARD "{\"cardNumber\":\"4111111111111111\",\"nameOnCard\":\"\xe0\xa4\x9a\xe0\xa4\xbe\xe0\xa4\xaf \\\"x\\\"\"}"

static char folder[] = "/tmp/tijori-tools-XXXXXX";
static char said_out[SAID], said_err[SAID];
static char private_path[PATHS], public_path[PATHS], key_path[PATHS], credentials_path[PATHS];

static void write_span(const char *path, struct span text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
    assert_int_equal(fclose(f), 0);
}

static void read_back(FILE *f, char *out)
{
    size_t n;

    rewind(f);
    n = fread(out, 1, SAID - 1, f);
    out[n] = '\0';
    assert_int_equal(fclose(f), 0);
}

/* Run the words with `input` on standard input; both outputs are kept. */
static int run_words(const char *input, const char *const *words)
{
    char why[512];
    struct buf b = BUF(why);
    FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
    int kept[3], status;
    struct options o;

    assert_true(in && out && err);
    assert_true(fputs(input, in) >= 0);
    rewind(in);
    assert_int_equal(options_read(&o, words, &b), FAULT_NONE);
    assert_int_equal(fflush(stdout), 0);
    for (int fd = 0; fd < 3; fd++)
        kept[fd] = dup(fd);
    assert_true(dup2(fileno(in), 0) >= 0 && dup2(fileno(out), 1) >= 0 && dup2(fileno(err), 2) >= 0);
    status = strcmp(words[0], "jwe") == 0 ? jwe_command(&o) : paytm_command(&o);
    for (int fd = 0; fd < 3; fd++) {
        assert_true(dup2(kept[fd], fd) >= 0);
        (void)close(kept[fd]);
    }
    (void)fclose(in);
    read_back(out, said_out);
    read_back(err, said_err);
    return status;
}
#define RUN(input, ...) run_words(input, (const char *const[]){ __VA_ARGS__, NULL })

/* A sandbox's credentials, of which the tools know a part. */
static void write_credentials(struct span public_pem)
{
    static uint8_t bytes[SAID];
    struct buf text = BUF(bytes);
    struct json_out o = json_out(&text);

    json_object(&o);
    json_put_str(&o, "base_url", "http://127.0.0.1:1");
    json_key(&o, "juspay");
    json_object(&o);
    json_put_str(&o, "api_key", "AB");
    json_put_text(&o, "server_public_key_pem", public_pem);
    json_put_str(&o, "merchant_private_key_pem", TEST_KEY_RSA);
    json_object_end(&o);
    json_key(&o, "paytm");
    json_object(&o);
    json_put_str(&o, "merchant_key", PAYTM_KEY);
    json_object_end(&o);
    json_object_end(&o);
    write_span(credentials_path, buf_view(&text));
}

static int set_up(void **state)
{
    uint8_t pem[RSA_PUBLIC_PEM_MAX];
    struct buf text = BUF(pem);
    struct rsa_private *pair;
    struct rsa_public *half;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(private_path, PATHS, "%s/private.pem", folder);
    (void)snprintf(public_path, PATHS, "%s/public.pem", folder);
    (void)snprintf(key_path, PATHS, "%s/key", folder);
    (void)snprintf(credentials_path, PATHS, "%s/credentials.json", folder);
    assert_int_equal(rsa_private_read(&pair, SPAN(TEST_KEY_RSA)), FAULT_NONE);
    assert_int_equal(rsa_private_public(pair, &half), FAULT_NONE);
    assert_int_equal(rsa_public_pem(half, &text), FAULT_NONE);
    rsa_public_free(half);
    rsa_private_free(pair);
    write_span(private_path, SPAN(TEST_KEY_RSA));
    write_span(public_path, buf_view(&text));
    write_span(key_path, SPAN(PAYTM_KEY "\nwhat follows is no part of it\n"));
    write_credentials(buf_view(&text));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(private_path);
    (void)unlink(public_path);
    (void)unlink(key_path);
    (void)unlink(credentials_path);
    (void)rmdir(folder);
    return 0;
}

/* What a JWE's header says. */
static void header_of(char out[static 256], const char *jwe)
{
    struct buf text = { (uint8_t *)out, 0, 255, false };

    assert_int_equal(base64url_read(&text, (struct span){ (const uint8_t *)jwe, strcspn(jwe, ".") }), FAULT_NONE);
    out[text.n] = '\0';
}

static void what_is_encrypted_is_decrypted_with_the_sandboxs_keys(void **state)
{
    char jwe[SAID];

    (void)state;
    assert_int_equal(RUN(CARD "\n", "jwe", "encrypt", "--data", folder), 0);
    assert_string_equal(said_err, "");
    assert_int_equal(strspn(said_out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."),
                     strlen(said_out) - 1);
    assert_null(strstr(said_out, "4111"));
    memcpy(jwe, said_out, sizeof jwe);
    assert_int_equal(RUN(jwe, "jwe", "decrypt", "--data", folder), 0);
    assert_string_equal(said_out, CARD "\n");
    assert_int_equal(RUN(jwe, "jwe", "decrypt", "--credentials", credentials_path), 0);
    assert_string_equal(said_out, CARD "\n");
    assert_int_equal(RUN(jwe, "jwe", "decrypt", "--private-key", private_path), 0);
    assert_string_equal(said_out, CARD "\n");
}

static void the_header_is_as_asked_for(void **state)
{
    char header[256];

    (void)state;
    assert_int_equal(RUN(CARD, "jwe", "encrypt", "--public-key", public_path), 0);
    header_of(header, said_out);
    assert_string_equal(header, "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\"}");
    assert_int_equal(RUN(CARD, "jwe", "encrypt", "--public-key", public_path, "--enc", "A128GCM", "--kid", "key_7"), 0);
    header_of(header, said_out);
    assert_non_null(strstr(header, "\"enc\":\"A128GCM\""));
    assert_non_null(strstr(header, "\"kid\":\"key_7\""));
}

static void json_may_be_encrypted_as_a_json_string(void **state)
{
    char jwe[SAID];

    (void)state;
    assert_int_equal(RUN("{\"a\":\"b\"}", "jwe", "encrypt", "--data", folder, "--double"), 0);
    memcpy(jwe, said_out, sizeof jwe);
    assert_int_equal(RUN(jwe, "jwe", "decrypt", "--data", folder), 0);
    assert_string_equal(said_out, "\"{\\\"a\\\":\\\"b\\\"}\"\n");
}

static void the_payload_of_an_answer_is_decrypted(void **state)
{
    char answer[SAID + 64];

    (void)state;
    assert_int_equal(RUN(CARD, "jwe", "encrypt", "--data", folder), 0);
    said_out[strcspn(said_out, "\n")] = '\0';
    (void)snprintf(answer, sizeof answer, "{\"status\":\"SUCCESS\",\"errorCode\":null,\"payload\":\"%s\"}\n", said_out);
    assert_int_equal(RUN(answer, "jwe", "decrypt", "--data", folder), 0);
    assert_string_equal(said_out, CARD "\n");
    assert_int_equal(RUN("{\"status\":\"FAILURE\",\"payload\":null}", "jwe", "decrypt", "--data", folder), 2);
    assert_non_null(strstr(said_err, "without a payload"));
    assert_int_equal(RUN("{\"errorMessage\":\"cardData: is\\n missing\",\"payload\":null}", "jwe", "decrypt", "--data",
                         folder), 2);
    assert_string_equal(said_err, "tijori jwe: standard input is an answer without a payload: cardData: is? missing\n");
}

static void what_another_key_sealed_does_not_open(void **state)
{
    char jwe[SAID], other[PATHS];

    (void)state;
    (void)snprintf(other, sizeof other, "%s/other.pem", folder);
    write_span(other, SPAN(TEST_KEY_JWE));
    assert_int_equal(RUN(CARD, "jwe", "encrypt", "--data", folder), 0);
    memcpy(jwe, said_out, sizeof jwe);
    assert_int_equal(RUN(jwe, "jwe", "decrypt", "--private-key", other), 1);
    assert_string_equal(said_out, "");
    assert_string_equal(said_err, "tijori jwe: this key does not open it\n");
    (void)unlink(other);
}

static void what_cannot_be_used_is_said(void **state)
{
    static char large[65 * 1024];
    static const struct { const char *input, *words[6], *says; } wrong[] = {
        { "", { "jwe", "encrypt" }, "standard input is empty" },
        { "no json", { "jwe", "encrypt" }, "standard input is no JSON object" },
        { "[1]", { "jwe", "encrypt" }, "standard input is no JSON object" },
        { large, { "jwe", "encrypt" }, "standard input is too large" },
        { "{}", { "jwe", "encrypt", "--public-key", private_path }, "the public key is no RSA key" },
        { "{}", { "jwe", "encrypt", "--public-key", "/nowhere" }, "/nowhere does not exist" },
        { "{}", { "jwe", "encrypt", "--kid", "\x01" }, "the JSON or the key id is too long" },
        { "a.b.c", { "jwe", "decrypt" }, "standard input is no JWE of this kind: " },
        { "x", { "paytm", "sign", "--merchant-key-file", public_path }, "has 16, 24 or 32 characters" },
        { "x", { "paytm", "sign", "--credentials", "/nowhere" }, "/nowhere does not exist: name a sandbox's" },
        { "x", { "paytm", "sign", "--credentials", public_path }, "is not a sandbox's credentials" },
    };

    (void)state;
    memset(large, ' ', sizeof large - 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *words[10] = { NULL };
        size_t n = 0;

        for (; n < 6 && wrong[i].words[n]; n++)
            words[n] = wrong[i].words[n];
        words[n++] = "--data";
        words[n] = folder;
        assert_int_equal(run_words(wrong[i].input, words), 2);
        assert_string_equal(said_out, "");
        if (!strstr(said_err, wrong[i].says))
            fail_msg("\"%s\" is not in: %s", wrong[i].says, said_err);
    }
}

/* Is the signature in said_out that of `body`? */
static bool signs(const char *body)
{
    struct paytm_checksum_job job = { SPAN(PAYTM_KEY), span_of(body) };
    struct paytm_checksum *c;
    bool good;

    assert_int_equal(strlen(said_out), PAYTM_CHECKSUM + 1);
    assert_int_equal(paytm_checksum_new(&c), FAULT_NONE);
    good = paytm_checksum_verify(c, &job, (struct span){ (const uint8_t *)said_out, PAYTM_CHECKSUM }) == FAULT_NONE;
    paytm_checksum_free(c);
    return good;
}

static void a_body_is_signed_byte_for_byte_but_for_one_line_end(void **state)
{
    (void)state;
    assert_int_equal(RUN("{ \"a\" : 1 }", "paytm", "sign", "--data", folder), 0);
    assert_true(signs("{ \"a\" : 1 }"));
    assert_false(signs("{\"a\":1}"));
    assert_int_equal(RUN("{}\n", "paytm", "sign", "--data", folder), 0);
    assert_true(signs("{}"));
    assert_int_equal(RUN("{}\r\n", "paytm", "sign", "--data", folder), 0);
    assert_true(signs("{}"));
    assert_int_equal(RUN("{}\n\n", "paytm", "sign", "--data", folder), 0);
    assert_true(signs("{}\n"));
    assert_int_equal(RUN("{}\n", "paytm", "sign", "--data", folder, "--raw"), 0);
    assert_true(signs("{}\n"));
    assert_int_equal(RUN("{}", "paytm", "sign", "--merchant-key-file", key_path), 0);
    assert_true(signs("{}"));
}

static void a_signature_is_the_bodys_or_not(void **state)
{
    char signature[PAYTM_CHECKSUM + 1];

    (void)state;
    assert_int_equal(RUN("{\"a\":1}\n", "paytm", "sign", "--data", folder), 0);
    memcpy(signature, said_out, PAYTM_CHECKSUM);
    signature[PAYTM_CHECKSUM] = '\0';
    assert_int_equal(RUN("{\"a\":1}", "paytm", "verify", "--data", folder, "--signature", signature), 0);
    assert_string_equal(said_out, "the signature is the body's\n");
    assert_int_equal(RUN("{\"a\":2}", "paytm", "verify", "--data", folder, "--signature", signature), 1);
    assert_string_equal(said_out, "");
    assert_non_null(strstr(said_err, "is not the body's"));
    assert_int_equal(RUN("{\"a\":1}\n", "paytm", "verify", "--raw", "--data", folder, "--signature", signature), 1);
    assert_int_equal(RUN("{\"a\":1}", "paytm", "verify", "--data", folder, "--signature", "c2lnbmF0dXJl"), 1);
    signature[5] = signature[5] == 'A' ? 'B' : 'A';
    assert_int_equal(RUN("{\"a\":1}", "paytm", "verify", "--data", folder, "--signature", signature), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encrypted_is_decrypted_with_the_sandboxs_keys),
        cmocka_unit_test(the_header_is_as_asked_for),
        cmocka_unit_test(json_may_be_encrypted_as_a_json_string),
        cmocka_unit_test(the_payload_of_an_answer_is_decrypted),
        cmocka_unit_test(what_another_key_sealed_does_not_open),
        cmocka_unit_test(what_cannot_be_used_is_said),
        cmocka_unit_test(a_body_is_signed_byte_for_byte_but_for_one_line_end),
        cmocka_unit_test(a_signature_is_the_bodys_or_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
