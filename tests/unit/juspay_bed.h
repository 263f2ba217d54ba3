/* juspay_bed.h: a merchant who speaks Juspay's token API: encrypts cards, sends requests, opens answers. */
#pragma once

#include "exchange_bed.h"

#include "base/base64.h"
#include "card_keys.h"
#include "dialect/juspay/juspay.h"
#include "keyholder/jwe.h"
#include "token_bed.h"

enum { JBED_JWE = 8 * 1024, JBED_PAYLOAD = 8 * 1024 };

struct jbed {
    struct token_bed tokens;
    struct xbed x;
    struct jwe_bench *bench;
    struct rsa_public *server;        /* what cards are encrypted for */
    struct rsa_private *own;          /* what answers are opened with */
    struct partner_juspay registered; /* key_id: of the public key */
    char authorization[128];
    char payload[JBED_PAYLOAD];       /* of the last answer, opened */
    char made[64];                    /* the cardReference of the last token made */
};

#define JBED_VISA "4111111111111111"
#define JBED_CUSTOMER "customer_1"

static inline void jbed_authorize(struct jbed *b, const char *text)
{
    struct buf out = BUF(b->authorization);

    buf_text(&out, "Basic ");
    base64_put(&out, span_of(text));
    buf_byte(&out, '\0');
    assert_false(out.full);
}

static inline void jbed_key(struct jbed *b, const char *behind)
{
    char text[96];

    (void)snprintf(text, sizeof text, "%s%s", b->tokens.merchant.juspay.api_key, behind);
    jbed_authorize(b, text);
}

static inline void jbed_register(struct jbed *b, const char *key_id)
{
    uint8_t pem[RSA_PUBLIC_PEM_MAX];
    struct buf out = BUF(pem);
    struct rsa_public *pub;

    assert_int_equal(rsa_private_public(b->own, &pub), FAULT_NONE);
    assert_int_equal(rsa_public_pem(pub, &out), FAULT_NONE);
    rsa_public_free(pub);
    assert_int_equal(partner_public_key_add(&b->tokens.f->services, &b->registered,
                                            b->tokens.merchant.cashfree.merchant_id, span_of(key_id),
                                            buf_view(&out)), FAULT_NONE);
}

/* Without a registered key. */
static inline int jbed_setup_bare(void **state)
{
    struct jbed *b = calloc(1, sizeof *b);
    struct rsa_private *server;

    assert_non_null(b);
    token_bed_open(&b->tokens);
    xbed_open(&b->x, b->tokens.f, &juspay_dialect);
    assert_int_equal(jwe_bench_new(&b->bench), FAULT_NONE);
    assert_int_equal(rsa_private_read(&server, SPAN(TEST_KEY_JWE)), FAULT_NONE);
    assert_int_equal(rsa_private_public(server, &b->server), FAULT_NONE);
    rsa_private_free(server);
    assert_int_equal(rsa_private_read(&b->own, SPAN(TEST_KEY_RSA)), FAULT_NONE);
    jbed_key(b, ":");
    *state = b;
    return 0;
}

static inline int jbed_setup(void **state)
{
    (void)jbed_setup_bare(state);
    jbed_register(*state, NULL);
    return 0;
}

static inline int jbed_teardown(void **state)
{
    struct jbed *b = *state;

    rsa_private_free(b->own);
    rsa_public_free(b->server);
    jwe_bench_free(b->bench);
    xbed_close(&b->x);
    token_bed_close(&b->tokens);
    free(b);
    return 0;
}

/* The plaintext as a compact JWE for the server. */
static inline const char *jbed_seal_as(struct jbed *b, const char *plain, enum jwe_enc enc, const char *kid)
{
    static char text[JBED_JWE];
    struct buf out = BUF(text);
    const struct jwe_job job = { b->server, enc, span_of(kid), span_of(plain) };

    assert_int_equal(jwe_seal(b->bench, &out, &job), FAULT_NONE);
    buf_byte(&out, '\0');
    assert_false(out.full);
    return text;
}

static inline const char *jbed_seal(struct jbed *b, const char *plain)
{
    return jbed_seal_as(b, plain, JWE_A128GCM, "key_1");
}

#define JBED_CARD(number) \
    "{\"cardNumber\":\"" number "\",\"expMonth\":\"10\",\"expYear\":\"2030\",\"cardSecurityCode\":\"123\"}"
#define JBED_AMEX(number) \
    "{\"cardNumber\":\"" number "\",\"expMonth\":\"10\",\"expYear\":\"2030\",\"cardSecurityCode\":\"1234\"}"

static inline unsigned jbed_send(struct jbed *b, const char *route, const char *body)
{
    return xbed_send(&b->x, (struct xbed_sent){ .route = route, .body = body,
                                                .headers = { { "authorization", b->authorization } } });
}

/* Open a JWE that the last answer holds behind `"name":"`, into b->payload. */
static inline enum jwe_enc jbed_open(struct jbed *b, const char *name)
{
    char key[64];
    const char *at;
    struct buf out = BUF(b->payload);
    struct jwe j;

    (void)snprintf(key, sizeof key, "\"%s\":\"", name);
    at = strstr(b->x.body, key);
    if (!at)
        fail_msg("no %s in %s", name, b->x.body);
    at += strlen(key);
    assert_int_equal(jwe_read(&j, b->tokens.f->arena, (struct span){ (const uint8_t *)at, strcspn(at, "\"") }),
                     FAULT_NONE);
    assert_true(span_absent(j.kid));
    assert_int_equal(jwe_open(b->bench, &out, &j, b->own), FAULT_NONE);
    buf_byte(&out, '\0');
    assert_false(out.full);
    return j.enc;
}

/* A text member of a JSON text, or "" (valid until the next call but three). */
static inline const char *jbed_member(const char *json, const char *name)
{
    static char texts[4][256];
    static unsigned next;
    char *text = texts[next++ % 4], key[64];
    const char *at;
    size_t n;

    (void)snprintf(key, sizeof key, "\"%s\":\"", name);
    at = strstr(json, key);
    if (!at)
        return "";
    at += strlen(key);
    n = strcspn(at, "\"");
    assert_true(n < sizeof texts[0]);
    memcpy(text, at, n);
    text[n] = '\0';
    return text;
}

/* The body of a generateToken request: cardData as a JSON value, customer, and more members with a comma before. */
static inline const char *jbed_body(const char *card_data, const char *customer, const char *more)
{
    static char body[2 * JBED_JWE];

    (void)snprintf(body, sizeof body,
                   "{\"service\":\"NETWORK_TOKEN\",\"cardData\":%s,"
                   "\"orderData\":{\"consentId\":\"consent-1\",\"customerId\":\"%s\"}%s}", card_data, customer, more);
    return body;
}

static inline const char *jbed_quoted(const char *text)
{
    static char quoted[JBED_JWE + 2];

    (void)snprintf(quoted, sizeof quoted, "\"%s\"", text);
    return quoted;
}

#define JBED_SEND_TOKEN ",\"shouldSendToken\":true"
#define JBED_GENERATE "POST /generateToken"

/* generateToken for the plaintext of a card; the payload of a success is in b->payload. */
static inline unsigned jbed_generate(struct jbed *b, const char *plain, const char *customer, const char *more)
{
    unsigned status = jbed_send(b, JBED_GENERATE, jbed_body(jbed_quoted(jbed_seal(b, plain)), customer, more));

    if (status == 200)
        (void)jbed_open(b, "payload");
    return status;
}

/* A token of the usual customer, which must succeed; its cardReference. */
static inline const char *jbed_make(struct jbed *b, const char *plain)
{
    unsigned status = jbed_generate(b, plain, JBED_CUSTOMER, JBED_SEND_TOKEN);

    if (status != 200)
        fail_msg("%u %s", status, b->x.body);
    (void)snprintf(b->made, sizeof b->made, "%s", jbed_member(b->payload, "cardReference"));
    return b->made;
}

/* {"card_reference":..,"customer_id":..}, and more members. */
static inline const char *jbed_named(const char *reference, const char *customer, const char *more)
{
    static char body[512];

    (void)snprintf(body, sizeof body, "{\"card_reference\":\"%s\",\"customer_id\":\"%s\"%s}", reference, customer,
                   more);
    return body;
}

#define assert_error(b, status_, code_)                                                                       \
    do {                                                                                                      \
        if ((b)->x.x.answer.status != (status_) || strcmp(jbed_member((b)->x.body, "code"), (code_)) != 0)     \
            fail_msg("%u %s instead of %u %s", (b)->x.x.answer.status, (b)->x.body, (status_), (code_));      \
    } while (0)
