/* of_keys.c: what the keyholder reads: JWE, signatures, cards, and its own frames under every set of rights. */
#include "fuzz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/json_in.h"
#include "dialect/juspay/jwe_header.h"
#include "dialect/paytm/jwt.h"
#include "keyholder/card_text.h"
#include "keyholder/heart.h"
#include "keyholder/jwe.h"
#include "keyholder/msg.h"
#include "keyholder/paytm_checksum.h"
#include "unit/card_keys.h"

#include "base/banned.h"

#define NOW_MS INT64_C(1700000000000)

static struct arena *arena;
static struct heart *heart;
static struct rsa_private *key;
static struct rsa_public *public;
static struct jwe_bench *bench;
static struct paytm_checksum *checksum;
static uint8_t question[KEY_FRAME_MAX], answer[KEY_FRAME_MAX];

void fuzz_keys_open(void)
{
    struct heart_keys cards = test_card_keys();
    AUTO_SECRET master = NULL;

    json_in_start();
    fuzz_check(arena_new(&arena) == FAULT_NONE);
    fuzz_check(secret_new(&master, HEART_MASTER) == FAULT_NONE);
    for (size_t i = 0; i < master->n; i++)
        master->bytes[i] = (uint8_t)i;
    fuzz_check(heart_new(&heart, master, &cards) == FAULT_NONE);
    fuzz_check(rsa_private_read(&key, SPAN(TEST_KEY_JWE)) == FAULT_NONE);
    fuzz_check(rsa_private_public(key, &public) == FAULT_NONE);
    fuzz_check(jwe_bench_new(&bench) == FAULT_NONE);
    fuzz_check(paytm_checksum_new(&checksum) == FAULT_NONE);
}

void fuzz_keys_close(void)
{
    paytm_checksum_free(checksum);
    jwe_bench_free(bench);
    rsa_public_free(public);
    rsa_private_free(key);
    heart_free(heart);
    arena_free(arena);
}

/* A text that is a JWE is written in one way only, and its plaintext is no longer than its ciphertext. */
static void open_jwe(struct span text)
{
    struct jwe j = { 0 };
    struct buf plain = arena_buf(arena, JWE_TEXT_MAX);

    if (jwe_read(&j, arena, text) != FAULT_NONE) {
        fuzz_check(j.why);
        return;
    }
    fuzz_check(j.enc < JWE_ENCS && j.iv.n == JWE_IV && j.tag.n == JWE_TAG);
    fuzz_check(j.text.n <= JWE_TEXT_MAX && j.wrapped.n <= JWE_WRAPPED_MAX && j.kid.n <= JWE_KID_MAX);
    if (jwe_open(bench, &plain, &j, key) == FAULT_NONE)
        fuzz_check(plain.n <= j.text.n);
}

static void read_jwt(struct span text)
{
    struct jwt t;
    const char *why = NULL;

    if (jwt_read(&t, &why, arena, text) != FAULT_NONE) {
        fuzz_check(why);
        return;
    }
    fuzz_check(t.mac.n == JWT_MAC && t.input.n < text.n);
    (void)jwt_is_fresh(&t, NOW_MS);
}

void fuzz_jwe(const uint8_t *bytes, size_t n)
{
    struct span text = { bytes, n };
    char why[CARD_WHY_MAX] = "It is so";
    struct jwe_job job = { public, JWE_A128GCM, { 0 }, text };
    struct buf sealed;

    arena_reset(arena);
    open_jwe(text);
    read_jwt(text);
    jwe_header_tell(why, arena, text);
    fuzz_check(memchr(why, 0, sizeof why));
    if (n && bytes[0] % 16 == 0 && n < JWE_TEXT_MAX) {        /* dear, so not each time */
        struct buf plain = arena_buf(arena, JWE_TEXT_MAX);
        struct jwe j;

        job.enc = bytes[0] % 32 ? JWE_A128GCM : JWE_A256GCM;
        sealed = arena_buf(arena, JWE_COMPACT_MAX);
        fuzz_check(jwe_seal(bench, &sealed, &job) == FAULT_NONE);
        fuzz_check(jwe_read(&j, arena, buf_view(&sealed)) == FAULT_NONE);
        fuzz_check(jwe_open(bench, &plain, &j, key) == FAULT_NONE && span_equal(buf_view(&plain), text));
    }
}

/* The text is signature, line end, body. A signature of ours fits its body, and with one byte changed fits no more. */
void fuzz_paytm_checksum(const uint8_t *bytes, size_t n)
{
    static const char *const keys[] = { "0123456789abcdef", "0123456789abcdef01234567",
                                        "0123456789abcdef0123456789abcdef" };
    const uint8_t *end = n ? memchr(bytes, '\n', n) : NULL;
    size_t signed_n = end ? (size_t)(end - bytes) : 0;
    struct paytm_checksum_job job = { span_of(keys[n % 3]), { bytes + signed_n, n - signed_n } };
    uint8_t random[PAYTM_RANDOM] = { 1, 2, 3 };
    char own[PAYTM_CHECKSUM];

    (void)!paytm_checksum_verify(checksum, &job, (struct span){ bytes, signed_n });
    fuzz_check(paytm_checksum_sign(checksum, own, &job, random) == FAULT_NONE);
    fuzz_check(paytm_checksum_verify(checksum, &job, (struct span){ (uint8_t *)own, sizeof own }) == FAULT_NONE);
    own[n % PAYTM_CHECKSUM] ^= 1;
    fuzz_check(paytm_checksum_verify(checksum, &job, (struct span){ (uint8_t *)own, sizeof own }) == FAULT_DENIED);
}

/* As its client asks and reads: a card of whatever form, flawed or not, comes back as facts. */
static void ask_card(enum card_form form, struct span text)
{
    struct card_ask c = { .form = form, .text = text, .merchant_id = 7, .now_ms = NOW_MS, .owner = SPAN("owner") };
    struct key_ask ask;
    struct key_ask *const one[] = { &ask };
    struct buf q = BUF(question), r = BUF(answer);
    struct card_facts facts;

    if (card_ask(&ask, arena, &c) != FAULT_NONE)
        return;
    msg_question_pack(&q, 1, one, 1);
    fuzz_check(!q.full && heart_answer(heart, MAY_CARD, &r, buf_view(&q)) == FAULT_NONE);
    fuzz_check(msg_reply_unpack(one, 1, buf_view(&r)) == FAULT_NONE);
    fuzz_check(card_read(&facts, &ask) == FAULT_NONE);
    fuzz_check(facts.flaw < CARD_FLAWS && memchr(facts.why, 0, sizeof facts.why));
    fuzz_check(memchr(facts.kid, 0, sizeof facts.kid));
    /* The sentence for the sandbox tells nothing of the card. */
    fuzz_check(text.n < 12 || !memmem(facts.why, strlen(facts.why), text.p, text.n));
}

void fuzz_card(const uint8_t *bytes, size_t n)
{
    struct span text = { bytes, n };

    arena_reset(arena);
    for (enum card_form form = 0; form < CARD_FORMS; form++) {
        struct card_text t;

        if (card_text_read(&t, arena, form, text) == FAULT_NONE)
            fuzz_check(t.number.n <= n && t.month.n <= n && t.year.n <= n && t.code.n <= n);
    }
    ask_card(CARD_FORM_NUMBER, text);
    ask_card(CARD_FORM_CLEAR, text);
    if (n && n % 8 == 0) {            /* an RSA operation each */
        ask_card(CARD_FORM_JWE, text);
        ask_card(CARD_FORM_RSA, text);
    }
}

static void answer_as(unsigned may, struct span frame)
{
    struct buf r = BUF(answer);
    struct msg_question q;
    uint32_t number;
    enum fault f = heart_answer(heart, may, &r, frame);

    fuzz_check(f == FAULT_NONE || f == FAULT_BAD_INPUT);
    if (f)
        return;
    /* What was answered was a question, and the reply is one to it. */
    fuzz_check(msg_question_unpack(&q, frame) == FAULT_NONE && q.n >= 1 && q.n <= KEY_ASKS_MAX);
    fuzz_check(!r.full && msg_reply_number(&number, buf_view(&r)) == FAULT_NONE && number == q.number);
}

/* A reply that is not for us, of anybody's making, to a question of ours. */
static void hear_reply(struct span frame)
{
    uint8_t room[256];
    struct key_ask seal = { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .in = SPAN("text"), .out = BUF(room) };
    struct key_ask mac = { .op = KEY_MAC, .use = KEY_USE_DIGEST, .in = SPAN("text"), .out = BUF(room) };
    struct key_ask id = { .op = KEY_ID, .out = BUF(room) };
    struct key_ask *const asks[] = { &seal, &mac, &id };
    uint32_t number;

    for (size_t n = 1; n <= 3; n++) {
        seal.out = mac.out = id.out = (struct buf){ room, 0, sizeof room, false };
        if (msg_reply_unpack(asks, n, frame) == FAULT_BAD_INPUT)
            fuzz_check(seal.out.n == 0 && mac.out.n == 0 && id.out.n == 0);
    }
    (void)!msg_reply_number(&number, frame);
}

void fuzz_keyholder_frames(const uint8_t *bytes, size_t n)
{
    static const unsigned rights[] = {
        0, MAY_SEAL, MAY_OPEN, MAY_MAC, MAY_VERIFY, MAY_HOURLY, MAY_ID, MAY_SIGN, MAY_ENCRYPT, MAY_CARD, MAY_NET,
        MAY_HMAC, MAY_ACQUIRE, MAY_CHAIN, MAY_RESEAL, MAY_RING, MAY_ROTATE, MAY_GATEWAY, MAY_NETWORK, MAY_ACQUIRER,
        MAY_ALL,
    };
    struct span frame = { bytes, n };
    struct msg_question q;

    arena_reset(arena);
    if (msg_question_unpack(&q, frame) == FAULT_NONE)
        for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
            answer_as(rights[i], frame);
    else
        answer_as(MAY_ALL, frame);
    hear_reply(frame);
}
