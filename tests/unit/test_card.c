/* test_card.c: encrypted cards opened, read and told about, and all the ways in which they may be flawed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>

#include "keyholder/card.h"
#include "keyholder/jwe.h"
#include "keyholder/net_card.h"

#include "unit/heart_bed.h"
#include "unit/vectors.h"

#include "base/banned.h"

#define NOW INT64_C(1790000000000)    /* September 2026 */
#define VISA "4111111111111111"
#define GOOD_JWE "{\"cardNumber\":\"" VISA "\",\"expMonth\":\"10\",\"expYear\":\"2030\",\"cardSecurityCode\":\"123\"}"
#define GOOD_RSA "{\"cardNumber\":\"" VISA "\",\"expiryMonth\":\"10\",\"expiryYear\":\"2030\",\"securityCode\":\"123\"}"

static struct card_facts ask_of(const struct heart *h, const struct card_ask *c)
{
    struct key_ask ask;
    struct card_facts facts;

    assert_int_equal(card_ask(&ask, bed.arena, c), FAULT_NONE);
    assert_int_equal(ask_heart(h, MAY_CARD, &ask), FAULT_NONE);
    assert_int_equal(card_read(&facts, &ask), FAULT_NONE);
    return facts;
}

static struct card_facts ask_text(enum card_form form, struct span text)
{
    return ask_of(bed.heart, &(struct card_ask){ form, text, 7, NOW, SPAN("owner") });
}

/* The server's public key for a form, as clients get it. */
static struct rsa_public *public_of(enum card_form form)
{
    uint8_t room[KEY_PUBLIC_MAX];
    struct key_ask ask = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = form, .out = BUF(room) };
    struct rsa_public *key = NULL;

    assert_int_equal(ask_heart(bed.heart, MAY_CARD, &ask), FAULT_NONE);
    assert_true(span_starts(buf_view(&ask.out), SPAN("-----BEGIN PUBLIC KEY-----\n")));
    assert_int_equal(rsa_public_read(&key, buf_view(&ask.out)), FAULT_NONE);
    return key;
}

/* `plain` encrypted in that form; in the arena. */
static struct span encrypted(enum card_form form, struct span plain)
{
    struct buf out = arena_buf(bed.arena, CARD_TEXT_MAX);
    struct rsa_public *key = public_of(form);
    struct jwe_bench *bench = NULL;

    if (form == CARD_FORM_JWE) {
        struct jwe_job job = { key, JWE_A256GCM, SPAN("key_1"), plain };
        assert_int_equal(jwe_bench_new(&bench), FAULT_NONE);
        assert_int_equal(jwe_seal(bench, &out, &job), FAULT_NONE);
        jwe_bench_free(bench);
    } else {
        assert_int_equal(rsa_pkcs1_encrypt(key, &out, plain), FAULT_NONE);
    }
    rsa_public_free(key);
    return buf_view(&out);
}

static struct card_facts ask_plain(enum card_form form, const char *plain)
{
    struct card_facts facts;

    arena_reset(bed.arena);
    facts = ask_text(form, encrypted(form, span_of(plain)));
    arena_reset(bed.arena);
    return facts;
}

static void assert_visa(const struct card_facts *c)
{
    assert_int_equal(c->flaw, CARD_FINE);
    assert_string_equal(c->why, "");
    assert_int_equal(c->scheme, SCHEME_VISA);
    assert_int_equal(c->bin8.number, 41111111);
    assert_string_equal(c->last4.text, "1111");
}

static void cards_of_real_clients_are_read(void **state)
{
    struct vectors v = vectors_open("jwe_clients.tsv");
    size_t n = 0;

    (void)state;
    while (vectors_next(&v)) {
        struct card_facts c;
        if (strcmp(v.column[0], "key") == 0)
            continue;
        c = ask_text(CARD_FORM_JWE, span_of(v.column[1]));
        assert_visa(&c);
        assert_true(c.has_code);
        assert_int_equal(c.enc, JWE_A128GCM);
        n++;
        arena_reset(bed.arena);
    }
    assert_int_equal(n, 6);
}

static void a_card_of_a_paytm_client_is_read(void **state)
{
    struct vectors v = vectors_open("paytm_card.tsv");
    uint8_t room[VECTOR_BYTES];
    struct heart_keys swapped = { 0 };
    struct heart *h;
    struct card_facts c;

    (void)state;
    assert_int_equal(rsa_private_read(&swapped.rsa, SPAN(TEST_KEY_JWE)), FAULT_NONE);
    h = bed_heart(&swapped);
    assert_true(vectors_next(&v));
    c = ask_of(h, &(struct card_ask){ CARD_FORM_RSA, vectors_hex(v.column[0], room), 7, NOW, SPAN("owner") });
    assert_visa(&c);
    assert_true(c.has_code);
    while (vectors_next(&v))
        continue;
    heart_free(h);
}

static void each_form_opens_its_own_card_and_no_other_forms(void **state)
{
    struct card_facts c = ask_plain(CARD_FORM_JWE, GOOD_JWE);

    (void)state;
    assert_visa(&c);
    assert_string_equal(c.kid, "key_1");
    assert_int_equal(c.enc, JWE_A256GCM);
    c = ask_plain(CARD_FORM_RSA, GOOD_RSA);
    assert_visa(&c);
    assert_string_equal(c.kid, "");
    c = ask_plain(CARD_FORM_RSA_NUMBER, VISA);
    assert_visa(&c);
    assert_false(c.has_code);
    c = ask_text(CARD_FORM_NUMBER, SPAN(VISA));
    assert_visa(&c);
    assert_int_equal(ask_text(CARD_FORM_RSA, encrypted(CARD_FORM_RSA_NUMBER, SPAN(VISA))).flaw, CARD_UNREADABLE);
    assert_int_equal(ask_text(CARD_FORM_RSA_NUMBER, encrypted(CARD_FORM_RSA, SPAN(GOOD_RSA))).flaw, CARD_UNREADABLE);
    assert_int_equal(ask_text(CARD_FORM_RSA, encrypted(CARD_FORM_JWE, SPAN(GOOD_JWE))).flaw, CARD_UNREADABLE);
    assert_int_equal(ask_text(CARD_FORM_JWE, encrypted(CARD_FORM_RSA, SPAN(GOOD_RSA))).flaw, CARD_UNREADABLE);
}

static void the_two_paddings_have_different_keys(void **state)
{
    uint8_t a[KEY_PUBLIC_MAX], b[KEY_PUBLIC_MAX], c[KEY_PUBLIC_MAX];
    struct key_ask asks[] = {
        { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = CARD_FORM_JWE, .out = BUF(a) },
        { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = CARD_FORM_RSA, .out = BUF(b) },
        { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = CARD_FORM_RSA_NUMBER, .out = BUF(c) },
        { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = CARD_FORM_NUMBER, .out = BUF(c) },
    };

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ask_heart(bed.heart, MAY_CARD, &asks[i]), FAULT_NONE);
    assert_false(span_equal(buf_view(&asks[0].out), buf_view(&asks[1].out)));
    assert_true(span_equal(buf_view(&asks[1].out), buf_view(&asks[2].out)));
    assert_int_equal(ask_heart(bed.heart, MAY_CARD, &asks[3]), FAULT_DENIED);
}

static void json_may_be_wrapped_twice_and_named_in_any_case(void **state)
{
    static const char *const good[] = {
        " \n" GOOD_JWE "\t",
        "\"" "{\\\"cardNumber\\\":\\\"" VISA "\\\",\\\"expMonth\\\":\\\"10\\\",\\\"expYear\\\":\\\"2030\\\"}" "\"",
        "\"\\\"{\\\\\\\"CARDNUMBER\\\\\\\":\\\\\\\"" VISA "\\\\\\\",\\\\\\\"EXPMONTH\\\\\\\":\\\\\\\"10\\\\\\\","
        "\\\\\\\"expyear\\\\\\\":\\\\\\\"30\\\\\\\"}\\\"\"",
        "{\"cardNumber\":\"" VISA "\",\"expMonth\":\"10\",\"expYear\":\"30\",\"nameOnCard\":\"A\",\"more\":[1,{}]}",
        "{\"cardNumber\":\"" VISA "\",\"expMonth\":\"10\",\"expYear\":\"30\",\"cardSecurityCode\":null}",
        "{\"cardNumber\":\"" VISA "\",\"expMonth\":\"10\",\"expYear\":\"30\",\"cardSecurityCode\":\"\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct card_facts c = ask_plain(CARD_FORM_JWE, good[i]);
        assert_visa(&c);
        assert_int_equal(c.has_code, i == 0);
    }
}

static void what_is_no_card_object_is_bad_syntax(void **state)
{
    static const char *const bad[] = {
        "", "x", "[]", "null", "{", "\"\"", "\"x", "\"x\"", "\"[]\"", GOOD_JWE "x", "\"a\",\"x\":\"b\"",
        "4111111111111111",
        "{\"cardNumber\":\"" VISA "\",\"CardNumber\":\"" VISA "\",\"expMonth\":\"10\",\"expYear\":\"30\"}",
        "{\"cardNumber\":\"" VISA "\",\"cardNumber\":\"" VISA "\",\"expMonth\":\"10\",\"expYear\":\"30\"}",
        "\"{\\\"cardNumber\\\":\\\"" VISA "\\\",\\\"expMonth\\\":\\\"10\\\",\\\"expYear\\\":\\\"30\\\"}\",\"y\":\"b\"",
        "\"\\\"\\\\\\\"{}\\\\\\\"\\\"\"",       /* an object three strings deep */
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct card_facts c = ask_plain(CARD_FORM_JWE, bad[i]);
        assert_int_equal(c.flaw, CARD_SYNTAX);
        assert_true(c.why[0] != '\0');
        assert_string_equal(c.kid, "key_1");
        if (bad[i][0] == '\0')
            continue;
        c = ask_plain(CARD_FORM_RSA, bad[i]);
        assert_int_equal(c.flaw, CARD_UNREADABLE);
    }
}

#define CARD(number, month, year, code) \
    "{\"cardNumber\":" number ",\"expMonth\":" month ",\"expYear\":" year ",\"cardSecurityCode\":" code "}"

static void the_first_flaw_is_told(void **state)
{
    static const struct { const char *plain; enum card_flaw flaw; enum pan_flaw pan; } rows[] = {
        { "{}", CARD_NUMBER, PAN_MISSING },
        { CARD("null", "\"13\"", "\"30\"", "\"1\""), CARD_NUMBER, PAN_MISSING },
        { CARD("4111111111111111", "\"10\"", "\"30\"", "\"123\""), CARD_NUMBER, PAN_MISSING },
        { CARD("\"4111 1111 1111 1111\"", "\"10\"", "\"30\"", "\"123\""), CARD_NUMBER, PAN_NOT_DIGITS },
        { CARD("\"9111111111111111\"", "\"10\"", "\"30\"", "\"123\""), CARD_NUMBER, PAN_SCHEME },
        { CARD("\"411111111111111\"", "\"10\"", "\"30\"", "\"123\""), CARD_NUMBER, PAN_LENGTH },
        { CARD("\"4111111111111112\"", "\"13\"", "\"30\"", "\"123\""), CARD_NUMBER, PAN_LUHN },
        { CARD("\"" VISA "\"", "null", "\"30\"", "\"1\""), CARD_MONTH, PAN_FINE },
        { CARD("\"" VISA "\"", "\"13\"", "\"x\"", "\"1\""), CARD_MONTH, PAN_FINE },
        { CARD("\"" VISA "\"", "\"1\"", "\"30\"", "\"1\""), CARD_MONTH, PAN_FINE },
        { CARD("\"" VISA "\"", "\"10\"", "null", "\"1\""), CARD_YEAR, PAN_FINE },
        { CARD("\"" VISA "\"", "\"10\"", "\"230\"", "\"1\""), CARD_YEAR, PAN_FINE },
        { CARD("\"" VISA "\"", "\"08\"", "\"26\"", "\"1\""), CARD_EXPIRED, PAN_FINE },
        { CARD("\"" VISA "\"", "\"09\"", "\"26\"", "\"1\""), CARD_CODE, PAN_FINE },
        { CARD("\"" VISA "\"", "\"09\"", "\"26\"", "\"1234\""), CARD_CODE, PAN_FINE },
        { CARD("\"" VISA "\"", "\"09\"", "\"26\"", "\"12a\""), CARD_CODE, PAN_FINE },
        { CARD("\"378282246310005\"", "\"09\"", "\"26\"", "\"123\""), CARD_CODE, PAN_FINE },
        { CARD("\"378282246310005\"", "\"09\"", "\"26\"", "\"1234\""), CARD_FINE, PAN_FINE },
        { CARD("\"" VISA "\"", "\"09\"", "\"26\"", "\"123\""), CARD_FINE, PAN_FINE },
    };
    static const uint8_t none[CARD_FLIGHT];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct card_facts c = ask_plain(CARD_FORM_JWE, rows[i].plain);
        assert_int_equal(c.flaw, rows[i].flaw);
        assert_int_equal(c.pan, rows[i].pan);
        assert_int_equal(c.scheme == SCHEME_UNKNOWN, rows[i].flaw == CARD_NUMBER);
        assert_int_equal(memcmp(c.flight, none, sizeof none) == 0, rows[i].flaw != CARD_FINE);
        assert_int_equal(memcmp(c.fingerprint, none, sizeof c.fingerprint) == 0, rows[i].flaw != CARD_FINE);
    }
}

static void flaws_of_a_paytm_card_are_told_only_once_there_is_a_card(void **state)
{
    static const struct { enum card_form form; const char *plain; enum card_flaw flaw; } rows[] = {
        { CARD_FORM_RSA, "{\"cardNumber\":\"4111111111111112\"}", CARD_NUMBER },
        { CARD_FORM_RSA, "{\"cardNumber\":\"" VISA "\",\"expMonth\":\"10\",\"expYear\":\"30\"}", CARD_MONTH },
        { CARD_FORM_RSA, "\"{}\"", CARD_UNREADABLE },
        { CARD_FORM_RSA_NUMBER, "4111111111111112", CARD_NUMBER },
        { CARD_FORM_RSA_NUMBER, "4111 1111 1111 1111", CARD_UNREADABLE },
        { CARD_FORM_RSA_NUMBER, "41111111111", CARD_UNREADABLE },
        { CARD_FORM_RSA_NUMBER, "411111111111", CARD_NUMBER },
        { CARD_FORM_RSA_NUMBER, "41111111111111111111", CARD_UNREADABLE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(ask_plain(rows[i].form, rows[i].plain).flaw, rows[i].flaw);
    assert_int_equal(ask_text(CARD_FORM_NUMBER, SPAN("4111111111111112")).pan, PAN_LUHN);
    assert_int_equal(ask_text(CARD_FORM_NUMBER, SPAN("4111 1111 1111 1111")).pan, PAN_NOT_DIGITS);
}

/* Whatever is wrong with the block, the answer is the same, down to its last byte. */
static void every_unreadable_rsa_block_gets_one_answer(void **state)
{
    uint8_t block[RSA_BYTES_MAX + 1];
    struct span good = encrypted(CARD_FORM_RSA, SPAN(GOOD_RSA));
    struct card_facts first = ask_text(CARD_FORM_RSA, encrypted(CARD_FORM_RSA, SPAN("no card"))), c;
    static const struct { size_t n; int fill; } blocks[] = {
        { 256, 0xFF }, { 256, 0 }, { 256, 1 }, { 255, 0x33 }, { 257, 0x33 }, { 1, 0 }, { 512, 0x11 },
    };

    (void)state;
    assert_int_equal(first.flaw, CARD_UNREADABLE);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        memset(block, blocks[i].fill, sizeof block);
        c = ask_text(CARD_FORM_RSA, (struct span){ block, blocks[i].n });
        assert_memory_equal(&c, &first, sizeof c);
    }
    memcpy(block, good.p, good.n);
    block[200] ^= 1;
    c = ask_text(CARD_FORM_RSA, (struct span){ block, good.n });
    assert_memory_equal(&c, &first, sizeof c);
}

static void a_jwe_that_cannot_be_read_says_why_and_one_that_does_not_open_says_no_more(void **state)
{
    char text[1024];
    struct span good = encrypted(CARD_FORM_JWE, SPAN(GOOD_JWE));
    struct card_facts c = ask_text(CARD_FORM_JWE, SPAN("a.b.c"));
    size_t dots = 0;

    (void)state;
    assert_int_equal(c.flaw, CARD_UNREADABLE);
    assert_string_equal(c.why, "there are not five segments");
    assert_true(good.n < sizeof text);
    for (size_t i = 0; i < good.n; i++) {
        memcpy(text, good.p, good.n);
        if (text[i] == '.') {
            dots++;
            continue;
        }
        if (dots == 0 || i % 7)
            continue;
        text[i] = text[i] == 'A' ? 'Q' : 'A';
        c = ask_text(CARD_FORM_JWE, (struct span){ (uint8_t *)text, good.n });
        assert_int_equal(c.flaw, CARD_UNREADABLE);
        if (text[i + 1] != '.' && i + 1 < good.n)
            assert_string_equal(c.why, "it does not open with this server's key");
    }
    assert_int_equal(dots, 4);
}

static void fingerprints_are_a_merchants_own_and_owners_are_told_apart(void **state)
{
    struct card_ask ask = { CARD_FORM_NUMBER, SPAN(VISA), 7, NOW, SPAN("ab") };
    struct card_facts a = ask_of(bed.heart, &ask), b;

    (void)state;
    b = ask_of(bed.heart, &ask);
    assert_memory_equal(a.fingerprint, b.fingerprint, CARD_FINGERPRINT);
    assert_memory_equal(a.owner, b.owner, CARD_OWNER);
    assert_memory_not_equal(a.flight, b.flight, CARD_FLIGHT);
    assert_memory_not_equal(a.owner, a.fingerprint, CARD_OWNER);
    ask.owner = SPAN("abc");
    b = ask_of(bed.heart, &ask);
    assert_memory_equal(a.fingerprint, b.fingerprint, CARD_FINGERPRINT);
    assert_memory_not_equal(a.owner, b.owner, CARD_OWNER);
    ask.owner = SPAN("");
    b = ask_of(bed.heart, &ask);
    assert_memory_not_equal(b.owner, b.fingerprint, CARD_OWNER);
    ask.owner = SPAN("ab");
    ask.merchant_id = 8;
    b = ask_of(bed.heart, &ask);
    assert_memory_not_equal(a.fingerprint, b.fingerprint, CARD_FINGERPRINT);
    assert_memory_not_equal(a.owner, b.owner, CARD_OWNER);
    ask.merchant_id = 7;
    ask.text = SPAN("4012888888881881");
    b = ask_of(bed.heart, &ask);
    assert_memory_not_equal(a.fingerprint, b.fingerprint, CARD_FINGERPRINT);
    assert_memory_not_equal(a.owner, b.owner, CARD_OWNER);
}

static void a_card_in_flight_opens_for_the_network_until_the_keyholder_restarts(void **state)
{
    struct card_facts c = ask_plain(CARD_FORM_JWE, GOOD_JWE);
    struct heart *next = bed_heart(NULL);
    struct net_card card;
    struct key_ask ask;

    (void)state;
    assert_int_equal(net_card_ask(&ask, bed.arena, (struct span){ c.flight, CARD_FLIGHT }), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_NONE);
    assert_int_equal(net_card_read(&card, &ask), FAULT_NONE);
    assert_int_equal(card.scheme, SCHEME_VISA);
    assert_int_equal(card.bin8.number, 41111111);
    assert_string_equal(card.last4.text, "1111");
    ask.out.n = 0;
    assert_int_equal(ask_heart(next, MAY_NETWORK, &ask), FAULT_DENIED);
    assert_int_equal(net_card_read(&card, &ask), FAULT_DENIED);
    assert_int_equal(ask_heart(bed.heart, MAY_GATEWAY, &ask), FAULT_DENIED);
    c.flight[CARD_FLIGHT - 1] ^= 1;
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &ask), FAULT_DENIED);
    heart_free(next);
}

static void without_server_keys_no_card_is_opened_and_none_is_told(void **state)
{
    struct heart *h = bed_heart(NULL);
    uint8_t room[KEY_PUBLIC_MAX];
    struct key_ask ask = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .out = BUF(room) };
    struct card_facts c;

    (void)state;
    assert_int_equal(ask_heart(h, MAY_CARD, &ask), FAULT_DENIED);
    for (enum card_form form = CARD_FORM_JWE; form <= CARD_FORM_RSA_NUMBER; form++) {
        const struct card_ask card = { form, SPAN("x"), 7, NOW, SPAN("") };
        assert_int_equal(card_ask(&ask, bed.arena, &card), FAULT_NONE);
        assert_int_equal(ask_heart(h, MAY_CARD, &ask), FAULT_DENIED);
        assert_int_equal(card_read(&c, &ask), FAULT_INTERNAL);
        assert_int_equal(c.flaw, CARD_UNREADABLE);
    }
    heart_free(h);
}

struct asker { pthread_t thread; struct span text; bool failed; };

static void *ask_often(void *arg)
{
    struct asker *w = arg;
    struct arena *a = NULL;
    uint8_t q[4096], r[1024];

    w->failed = arena_new(&a) != FAULT_NONE;
    for (int i = 0; i < 10 && !w->failed; i++) {
        struct card_ask c = { CARD_FORM_JWE, w->text, 7, NOW, SPAN("owner") };
        struct key_ask ask, *const one[] = { &ask };
        struct buf frame = BUF(q), reply = BUF(r);
        struct card_facts facts;
        w->failed = card_ask(&ask, a, &c) != FAULT_NONE;
        msg_question_pack(&frame, 1, one, 1);
        w->failed = w->failed || heart_answer(bed.heart, MAY_CARD, &reply, buf_view(&frame)) ||
                    msg_reply_unpack(one, 1, buf_view(&reply)) || card_read(&facts, &ask) || facts.flaw;
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

static void more_threads_than_slow_desks_open_cards(void **state)
{
    struct span text = encrypted(CARD_FORM_JWE, SPAN(GOOD_JWE));
    struct asker w[6];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        w[i] = (struct asker){ .text = text };
        assert_int_equal(pthread_create(&w[i].thread, NULL, ask_often, &w[i]), 0);
    }
    for (size_t i = 0; i < 6; i++) {
        pthread_join(w[i].thread, NULL);
        assert_false(w[i].failed);
    }
}

static void cards_opened_are_counted_and_flawed_ones_are_not(void **state)
{
    uint64_t before = heart_cards_opened(bed.heart);

    (void)state;
    (void)ask_plain(CARD_FORM_JWE, GOOD_JWE);
    (void)ask_plain(CARD_FORM_JWE, "{}");
    (void)ask_text(CARD_FORM_RSA, SPAN("x"));
    assert_int_equal(heart_cards_opened(bed.heart) - before, 1);
}

static void questions_out_of_range_are_not_made(void **state)
{
    static uint8_t big[CARD_TEXT_MAX + 1];
    struct key_ask ask;
    const struct card_ask bad[] = {
        { CARD_FORMS, SPAN("x"), 7, NOW, SPAN("") },
        { CARD_FORM_JWE, SPAN(""), 7, NOW, SPAN("") },
        { CARD_FORM_JWE, { big, sizeof big }, 7, NOW, SPAN("") },
        { CARD_FORM_JWE, SPAN("x"), 7, NOW, { big, CARD_OWNER_MAX + 1 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(card_ask(&ask, bed.arena, &bad[i]), FAULT_BAD_INPUT);
}

static void an_answer_that_makes_no_sense_is_an_internal_fault(void **state)
{
    struct card_facts c;
    struct key_ask ask;

    (void)state;
    assert_int_equal(card_ask(&ask, bed.arena, &(struct card_ask){ CARD_FORM_NUMBER, SPAN(VISA), 7, NOW, SPAN("") }),
                     FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_CARD, &ask), FAULT_NONE);
    ask.out.p[0] = CARD_FLAWS;
    assert_int_equal(card_read(&c, &ask), FAULT_INTERNAL);
    ask.out.p[0] = CARD_FINE;
    ask.out.p[3] = SCHEMES;
    assert_int_equal(card_read(&c, &ask), FAULT_INTERNAL);
    ask.out.p[3] = SCHEME_VISA;
    ask.out.n--;
    assert_int_equal(card_read(&c, &ask), FAULT_INTERNAL);
    ask.fault = FAULT_SILENT;
    assert_int_equal(card_read(&c, &ask), FAULT_SILENT);
}

#define T(name) cmocka_unit_test_setup(name, bed_empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(cards_of_real_clients_are_read),
        T(a_card_of_a_paytm_client_is_read),
        T(each_form_opens_its_own_card_and_no_other_forms),
        T(the_two_paddings_have_different_keys),
        T(json_may_be_wrapped_twice_and_named_in_any_case),
        T(what_is_no_card_object_is_bad_syntax),
        T(the_first_flaw_is_told),
        T(flaws_of_a_paytm_card_are_told_only_once_there_is_a_card),
        T(every_unreadable_rsa_block_gets_one_answer),
        T(a_jwe_that_cannot_be_read_says_why_and_one_that_does_not_open_says_no_more),
        T(fingerprints_are_a_merchants_own_and_owners_are_told_apart),
        T(a_card_in_flight_opens_for_the_network_until_the_keyholder_restarts),
        T(without_server_keys_no_card_is_opened_and_none_is_told),
        T(more_threads_than_slow_desks_open_cards),
        T(cards_opened_are_counted_and_flawed_ones_are_not),
        T(questions_out_of_range_are_not_made),
        T(an_answer_that_makes_no_sense_is_an_internal_fault),
    };

    return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}
