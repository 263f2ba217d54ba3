/* paytm_bed.h: one Paytm request at a time, signed as a merchant's library signs, from its envelope to its answer:
 * the routes of the dialect over a real store, keyholder, vault and simulated network (exchange_bed.h). */
#pragma once

#include "exchange_bed.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/base64.h"
#include "dialect/paytm/paytm.h"
#include "keyholder/paytm_checksum.h"
#include "service/partners.h"
#include "service/vault.h"
#include "token_bed.h"

#define TOKEN_PATH "/coft-center/coft/merchant/{mid}/token/"
#define GENERATE "POST " TOKEN_PATH "generateTokenData"
#define GUEST "POST " TOKEN_PATH "gc/generateTokenData"
#define TOKENIZE "POST " TOKEN_PATH "tokenizeCard"
#define TOKENIZE_ASYNC "POST " TOKEN_PATH "tokenizeCardAsync"
#define MODIFY "POST " TOKEN_PATH "modifyTokenStatus"
#define TO_PAR "POST " TOKEN_PATH "cardToPar"
#define INFO "GET " TOKEN_PATH "tokenInfo"
#define CARDS "POST /savedcardservice/merchant/coft/cards"
#define DELETE_CARD "POST /savedcardservice/card/delete"

#define VISA "4111111111111111"

enum { PBED_TEXT = 8192 };

struct pbed {
    struct xbed x;                    /* first, so that what it asserts on is at hand */
    struct fixture *f;
    struct vault *vault;
    struct partner_paytm paytm;
    struct paytm_checksum *sum;
    EVP_PKEY *card_keys[CARD_FORMS];
    unsigned serial;                  /* of request ids */
    char id[40], signature[PAYTM_CHECKSUM + 1], sent[PBED_TEXT], card[400], token[48], code[8];
};

static inline void pbed_open_vault(struct pbed *b)
{
    struct services *s = &b->f->services;

    fixture_network_stop(b->f);
    fixture_network_start(b->f, TOKEN_BED_WAIT_MS);
    assert_int_equal(vault_new(&b->vault, s), FAULT_NONE);
    s->vault = b->vault;
    fixture_listen(b->f, vault_notice, b->vault);
}

static inline int pbed_setup(void **state)
{
    struct pbed *b = calloc(1, sizeof *b);
    void *f = NULL;

    assert_non_null(b);
    assert_int_equal(fixture_setup(&f), 0);
    b->f = f;
    assert_int_equal(partner_onboard(&b->f->services, b->f->merchant.merchant_id, SCHEME_UNKNOWN), FAULT_NONE);
    xbed_open(&b->x, b->f, &paytm_dialect);
    pbed_open_vault(b);
    assert_int_equal(paytm_checksum_new(&b->sum), FAULT_NONE);
    assert_int_equal(partner_paytm_add(&b->f->services, &b->paytm, b->f->merchant.merchant_id, SPAN(""), SPAN("")),
                     FAULT_NONE);
    *state = b;
    return 0;
}

static inline int pbed_teardown(void **state)
{
    struct pbed *b = *state;
    void *f = b->f;

    for (size_t i = 0; i < CARD_FORMS; i++)
        EVP_PKEY_free(b->card_keys[i]);
    paytm_checksum_free(b->sum);
    fixture_listen(b->f, NULL, NULL);
    network_stop(b->f->services.network);
    vault_free(b->vault);
    xbed_close(&b->x);
    assert_int_equal(fixture_teardown(&f), 0);
    free(b);
    return 0;
}

/* The signature of a text under a key; in b->signature. */
static inline const char *pbed_sign_with(struct pbed *b, const char *key, const char *text)
{
    uint8_t random[PAYTM_RANDOM];
    struct paytm_checksum_job job = { span_of(key), span_of(text) };

    secret_random_few(random, sizeof random);
    assert_int_equal(paytm_checksum_sign(b->sum, b->signature, &job, random), FAULT_NONE);
    b->signature[PAYTM_CHECKSUM] = '\0';
    return b->signature;
}

static inline const char *pbed_sign(struct pbed *b, const char *text)
{
    return pbed_sign_with(b, b->paytm.merchant_key, text);
}

static inline void pbed_next_id(struct pbed *b)
{
    (void)snprintf(b->id, sizeof b->id, "req-%u", ++b->serial);
}

/* What a JSON text says for a key: the first text value of that name, or "". Valid until the next call. */
static inline const char *pbed_value(const struct pbed *b, const char *key)
{
    static char value[512];
    char name[64];
    const char *at;
    size_t n;

    (void)snprintf(name, sizeof name, "\"%s\":\"", key);
    at = strstr(b->x.body, name);
    if (!at)
        return "";
    at += strlen(name);
    n = strcspn(at, "\"");
    assert_true(n < sizeof value);
    memcpy(value, at, n);
    value[n] = '\0';
    return value;
}

/* Copy a value that was found to where it stays. */
static inline void pbed_keep(char *to, size_t cap, const char *value)
{
    assert_true(strlen(value) < cap);
    memcpy(to, value, strlen(value) + 1);
}

/* The text of the answer's body, and its signature: does it fit? */
static inline bool pbed_is_signed(struct pbed *b)
{
    const char *signature = pbed_value(b, "signature"), *body = strstr(b->x.body, ",\"body\":");
    struct paytm_checksum_job job = { .key = span_of(b->paytm.merchant_key) };

    if (!signature[0] || !body)
        return false;
    body += strlen(",\"body\":");
    job.body = (struct span){ (const uint8_t *)body, strlen(body) - 1 };
    return paytm_checksum_verify(b->sum, &job, span_of(signature)) == FAULT_NONE;
}

/* Send a whole text; `query` as in the URL, or NULL. Returns the result's code. */
static inline const char *pbed_send(struct pbed *b, const char *route, const char *query, const char *text)
{
    bool saved = strstr(route, "/savedcardservice") != NULL;

    assert_int_equal(xbed_send(&b->x, (struct xbed_sent){ .route = route, .param = saved ? NULL : b->paytm.mid,
                                                          .query = query, .body = text }), 200);
    pbed_keep(b->code, sizeof b->code, pbed_value(b, "resultCode"));
    return b->code;
}

/* The envelope around a body, with this signature. */
static inline const char *pbed_envelope(struct pbed *b, const char *body, const char *signature)
{
    int n = snprintf(b->sent, sizeof b->sent,
                     "{\"head\":{\"version\":\"v1\",\"requestTimestamp\":\"1700000000000\",\"requestId\":\"%s\","
                     "\"signature\":\"%s\",\"signatureType\":\"CHECKSUM\"},\"body\":%s}", b->id, signature, body);

    assert_true(n > 0 && (size_t)n < sizeof b->sent);
    return b->sent;
}

static inline const char *pbed_query(const struct pbed *b)
{
    static char query[64];

    (void)snprintf(query, sizeof query, "requestId=%s", b->id);
    return query;
}

/* A good request with this body under a fresh id. Returns the code. */
static inline const char *pbed_post(struct pbed *b, const char *route, const char *body)
{
    pbed_next_id(b);
    return pbed_send(b, route, pbed_query(b), pbed_envelope(b, body, pbed_sign(b, body)));
}

/* The same of the saved-card routes. */
static inline const char *pbed_saved(struct pbed *b, const char *route, const char *body)
{
    int n = snprintf(b->sent, sizeof b->sent, "{\"head\":{\"tokenType\":\"CHECKSUM\",\"token\":\"%s\"},\"body\":%s}",
                     pbed_sign(b, body), body);

    assert_true(n > 0 && (size_t)n < sizeof b->sent);
    return pbed_send(b, route, NULL, b->sent);
}

static inline EVP_PKEY *pbed_card_key(struct pbed *b, enum card_form form)
{
    uint8_t pem[KEY_PUBLIC_MAX];
    struct key_ask ask = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = form, .out = BUF(pem) };
    BIO *bio;

    if (!b->card_keys[form]) {
        fixture_ask(b->f, &ask, 1);
        assert_int_equal(ask.fault, FAULT_NONE);
        bio = BIO_new_mem_buf(pem, (int)ask.out.n);
        b->card_keys[form] = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
        BIO_free(bio);
        assert_non_null(b->card_keys[form]);
    }
    return b->card_keys[form];
}

/* Encrypt a text for us by RSA PKCS#1 v1.5, as base64 in b->card. */
static inline const char *pbed_encrypt(struct pbed *b, enum card_form form, const char *text)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pbed_card_key(b, form), NULL);
    uint8_t block[512];
    size_t n = sizeof block;
    struct buf out = { (uint8_t *)b->card, 0, sizeof b->card - 1, false };

    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, block, &n, (const uint8_t *)text, strlen(text)), 1);
    EVP_PKEY_CTX_free(ctx);
    base64_put(&out, (struct span){ block, n });
    assert_false(out.full);
    b->card[out.n] = '\0';
    return b->card;
}

static inline const char *pbed_card(struct pbed *b, const char *digits)
{
    bool amex = digits[0] == '3' && strlen(digits) == 15;
    char text[160];

    (void)snprintf(text, sizeof text,
                   "{\"cardNumber\":\"%s\",\"expiryMonth\":\"10\",\"expiryYear\":\"2030\",\"securityCode\":\"%s\"}",
                   digits, amex ? "1234" : "123");
    return pbed_encrypt(b, CARD_FORM_RSA, text);
}

/* The body that makes a token of this card for this customer. */
static inline const char *pbed_tokenize_body(struct pbed *b, const char *digits, const char *customer)
{
    static char body[1024];

    (void)snprintf(body, sizeof body,
                   "{\"mid\":\"%s\",\"authRefId\":\"auth-1\",\"cardSource\":\"MANUAL_ENTERED\","
                   "\"encryptedCardData\":\"%s\",\"tokenizationConsent\":{\"userConsent\":1},"
                   "\"userInfo\":{\"custId\":\"%s\"}}", b->paytm.mid, pbed_card(b, digits), customer);
    return body;
}

/* Make a token of it; its index in b->token. Returns the code. */
static inline const char *pbed_tokenize(struct pbed *b, const char *digits, const char *customer)
{
    const char *code = pbed_post(b, TOKENIZE, pbed_tokenize_body(b, digits, customer));

    pbed_keep(b->token, sizeof b->token, pbed_value(b, "tokenIndexNumber"));
    return code;
}

static inline const char *pbed_generate_body(struct pbed *b, const char *type, const char *customer)
{
    static char body[1024];

    (void)snprintf(body, sizeof body,
                   "{\"mid\":\"%s\",\"paymentType\":\"%s\",\"tokenIndexNumber\":\"%s\","
                   "\"userInfo\":{\"custId\":\"%s\"}}",
                   b->paytm.mid, type, b->token, customer);
    return body;
}

/* Ask for the number and cryptogram of b->token, of customer c1. */
static inline const char *pbed_generate(struct pbed *b)
{
    return pbed_post(b, GENERATE, pbed_generate_body(b, "ECOM", "c1"));
}

static inline const char *pbed_modify(struct pbed *b, const char *status)
{
    char body[512];

    (void)snprintf(body, sizeof body,
                   "{\"mid\":\"%s\",\"tokenIndexNumber\":\"%s\",\"tokenStatus\":\"%s\",\"requestedBy\":\"MERCHANT\","
                   "\"reason\":\"test\",\"reasonCode\":\"OTHER\",\"userInfo\":{\"custId\":\"c1\"}}",
                   b->paytm.mid, b->token, status);
    return pbed_post(b, MODIFY, body);
}

/* Ask how the token is that this parameter of the query names. In the signed text its value stands where its name
 * belongs in their order. */
static inline const char *pbed_info_by(struct pbed *b, const char *parameter, const char *value)
{
    bool first = strcmp(parameter, "requestId") < 0;
    char text[256], query[160], time[24];

    pbed_next_id(b);
    (void)snprintf(time, sizeof time, "%lld", (long long)clock_now_ms(b->f->services.clock));
    (void)snprintf(text, sizeof text, "%s|%s|%s|%s|v1", b->paytm.mid, first ? value : b->id, first ? b->id : time,
                   first ? time : value);
    (void)snprintf(query, sizeof query, "%s=%s&requestId=%s", parameter, value, b->id);
    assert_int_equal(xbed_send(&b->x, (struct xbed_sent){
        .route = INFO, .param = b->paytm.mid, .query = query,
        .headers = { { "version", "v1" }, { "requestTimestamp", time }, { "requestId", b->id },
                     { "signatureType", "CHECKSUM" }, { "signature", pbed_sign(b, text) } } }), 200);
    pbed_keep(b->code, sizeof b->code, pbed_value(b, "resultCode"));
    return b->code;
}

/* Ask how b->token is. */
static inline const char *pbed_info(struct pbed *b)
{
    return pbed_info_by(b, "tokenIndexNumber", b->token);
}

/* A code, with the answer in the message when it is another. */
#define assert_code(b, got, want)                                                                             \
    do {                                                                                                      \
        if (strcmp((got), (want)) != 0)                                                                       \
            fail_msg("%s instead of %s: %s", (b)->code, (want), (b)->x.body);                                 \
    } while (0)
