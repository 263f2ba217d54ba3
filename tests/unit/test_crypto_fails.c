/* test_crypto_fails.c: each call of libcrypto and each allocation fails once, in every operation of the keyholder. What
 * is answered then is a fault or the right result, never another one; and the next question finds nothing spoilt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "keyholder/audit_chain.h"
#include "keyholder/audit_key.h"
#include "keyholder/backup_key.h"
#include "keyholder/card_keys.h"
#include "keyholder/jwe.h"
#include "keyholder/keyfile.h"
#include "keyholder/keymake.h"
#include "keyholder/paytm_checksum.h"

#include "unit/failing_crypto.h"
#include "unit/heart_bed.h"

#include "base/banned.h"

enum {
    POINTS_MAX = 100000, ROOM = 4096,
    EACH = 90, STRIDE = 97,           /* so many calls fail one by one; of those behind, every 97th */
};

#define VISA "4111111111111111"
#define PAYTM_KEY SPAN("0123456789abcdef")
#define ABOUT SPAN("orders.private|7|order-1")
#define NOW INT64_C(1700000000000)

/* What questions are about: made once, without anything that fails. */
static struct {
    uint8_t sealed[KEY_USES][ROOM];
    size_t n[KEY_USES];
    uint8_t jwe[ROOM], rsa[512], flight[CARD_FLIGHT], charge[CARD_CHARGE];
    size_t jwe_n, rsa_n;
    struct rsa_public *public;
    char number[NET_NUMBER], tavv[NET_TAVV], folder[64], path[96];
} made;

static uint8_t room[ROOM];

static enum fault ask(struct key_ask *a)
{
    a->out = (struct buf){ room, 0, sizeof room, false };
    return ask_heart(bed.heart, MAY_ALL, a);
}

static struct span sealed(enum key_use use)
{
    return (struct span){ made.sealed[use], made.n[use] };
}

/* Run it with the n-th call failing, for every n, or of very many for some; and once more in between, when it must be
 * right. `run` gives a fault, or NONE and *right. How many failed. */
static unsigned fail_each(enum fault (*run)(bool *right))
{
    unsigned points = 0;

    for (unsigned n = 1; n < POINTS_MAX; n += n < EACH ? 1 : STRIDE) {
        const char *failed;
        bool right = false;
        enum fault f;

        arena_reset(bed.arena);
        failing_begin(n);
        f = run(&right);
        failed = failing_end();
        if (!f && !right)
            fail_msg("call %u, %s, failed, and the answer was another one", n, failed ? failed : "none");
        if (!failed) {
            assert_int_equal(f, FAULT_NONE);
            return points;
        }
        points++;
        right = false;
        arena_reset(bed.arena);
        f = run(&right);
        if (f || !right)
            fail_msg("after call %u, %s, failed, it fails for good: %s", n, failed, fault_name(f));
    }
    fail_msg("there is no end to it");
    return points;
}

/* --- operations on records and secrets ------------------------------------------------------------------------- */

static enum fault seal_and_open(bool *right)
{
    struct key_ask a = { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = SPAN("a secret") };
    struct key_ask b = { .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .about = ABOUT };
    uint8_t kept[ROOM];
    enum fault f = ask(&a);

    if (f)
        return f;
    memcpy(kept, room, a.out.n);
    b.in = (struct span){ kept, a.out.n };
    f = ask(&b);
    *right = span_equal(buf_view(&b.out), SPAN("a secret"));
    return f;
}

static enum fault mac(bool *right)
{
    static uint8_t first[KEY_MAC_SIZE];
    struct key_ask a = { .op = KEY_MAC, .use = KEY_USE_DIGEST, .about = ABOUT, .in = SPAN("text") };
    enum fault f = ask(&a);

    if (!f && !first[0])
        memcpy(first, room, sizeof first);
    *right = !f && memcmp(room, first, sizeof first) == 0;
    return f;
}

static enum fault verify(bool *right)
{
    struct key_ask a = { .op = KEY_VERIFY, .use = KEY_USE_CREDENTIAL, .in = sealed(KEY_USE_CREDENTIAL),
                         .about = ABOUT, .presented = SPAN("a secret") };

    *right = true;
    return ask(&a);
}

static enum fault verify_wrong(bool *right)
{
    struct key_ask a = { .op = KEY_VERIFY, .use = KEY_USE_CREDENTIAL, .in = sealed(KEY_USE_CREDENTIAL),
                         .about = ABOUT, .presented = SPAN("another!") };
    enum fault f = ask(&a);

    *right = f == FAULT_DENIED;       /* a wrong secret never passes, whatever fails */
    assert_int_not_equal(f, FAULT_NONE);
    return f == FAULT_DENIED ? FAULT_NONE : f;
}

static enum fault hourly_and_id(bool *right)
{
    struct key_ask a = { .op = KEY_HOURLY, .use = KEY_USE_CREDENTIAL, .number = 400000 };
    struct key_ask b = { .op = KEY_ID, .use = KEY_USE_CREDENTIAL };
    enum fault f = ask(&a);

    *right = true;
    return f ? f : ask(&b);
}

static enum fault hmac(bool *right)
{
    struct key_ask a = { .op = KEY_HMAC, .use = KEY_USE_CREDENTIAL, .in = sealed(KEY_USE_CREDENTIAL), .about = ABOUT,
                         .presented = SPAN("text") };
    static uint8_t first[KEY_MAC_SIZE];
    enum fault f = ask(&a);

    if (!f && !first[0])
        memcpy(first, room, sizeof first);
    *right = !f && memcmp(room, first, sizeof first) == 0;
    return f;
}

static enum fault checksum(bool *right)
{
    struct key_ask a = { .op = KEY_SIGN, .use = KEY_USE_PAYTM, .in = sealed(KEY_USE_PAYTM), .about = ABOUT,
                         .presented = SPAN("body") };
    struct key_ask b = { .op = KEY_CHECKSUM, .use = KEY_USE_PAYTM, .in = sealed(KEY_USE_PAYTM), .about = ABOUT };
    uint8_t both[KEY_PAYTM_SIGNATURE + 4];
    enum fault f = ask(&a);

    if (f)
        return f;
    memcpy(both, room, KEY_PAYTM_SIGNATURE);
    memcpy(both + KEY_PAYTM_SIGNATURE, "body", 4);
    b.presented = (struct span){ both, sizeof both };
    *right = true;
    return ask(&b);
}

static enum fault jws(bool *right)
{
    uint8_t both[KEY_JWS_MAC + 4] = { 0 };
    struct key_ask a = { .op = KEY_JWS, .use = KEY_USE_PAYTM, .in = sealed(KEY_USE_PAYTM), .about = ABOUT,
                         .presented = { both, sizeof both } };
    enum fault f = ask(&a);

    assert_int_not_equal(f, FAULT_NONE);      /* zeros are nobody's signature */
    *right = f == FAULT_DENIED;
    return f == FAULT_DENIED ? FAULT_NONE : f;
}

static enum fault encrypt(bool *right)
{
    struct key_ask a = { .op = KEY_ENCRYPT, .use = KEY_USE_RECIPIENT, .in = sealed(KEY_USE_RECIPIENT), .about = ABOUT,
                         .presented = SPAN("text"), .number = JWE_A256GCM };
    enum fault f = ask(&a);

    *right = a.out.n > 300;
    return f;
}

static enum fault public_key(bool *right)
{
    struct key_ask a = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = CARD_FORM_JWE };
    enum fault f = ask(&a);

    *right = span_starts(buf_view(&a.out), SPAN("-----BEGIN PUBLIC KEY-----"));
    return f;
}

static enum fault reseal(bool *right)
{
    struct key_ask a = { .op = KEY_RESEAL, .use = KEY_USE_PAYTM, .in = sealed(KEY_USE_PAYTM), .about = ABOUT };
    enum fault f = ask(&a);

    *right = a.out.n == a.in.n;
    return f;
}

/* --- cards ------------------------------------------------------------------------------------------------------- */

static enum fault read_card(enum card_form form, struct span text, bool *right)
{
    struct card_ask c = { .form = form, .text = text, .merchant_id = 7, .now_ms = NOW, .owner = SPAN("owner") };
    struct card_facts facts;
    struct key_ask a;
    uint8_t answer[ROOM];
    enum fault f = card_ask(&a, bed.arena, &c);

    if (f)
        return f;
    a.out = (struct buf){ answer, 0, sizeof answer, false };
    f = ask_heart(bed.heart, MAY_ALL, &a);
    if (!f)
        f = card_read(&facts, &a);
    if (!f && facts.flaw != CARD_FINE)
        f = FAULT_DENIED;             /* what does not open is told as such, whatever kept it from opening */
    *right = !f && strcmp(facts.last4.text, "1111") == 0;
    return f;
}

static enum fault card_of_jwe(bool *right)
{
    return read_card(CARD_FORM_JWE, (struct span){ made.jwe, made.jwe_n }, right);
}

static enum fault card_of_rsa(bool *right)
{
    return read_card(CARD_FORM_RSA, (struct span){ made.rsa, made.rsa_n }, right);
}

static enum fault card_of_number(bool *right)
{
    return read_card(CARD_FORM_NUMBER, SPAN(VISA), right);
}

static enum fault charge(bool *right)
{
    struct charge_card card;
    struct key_ask a;
    enum fault f = charge_ask(&a, bed.arena, (struct span){ made.charge, CARD_CHARGE });

    if (!f)
        f = ask_heart(bed.heart, MAY_ACQUIRER, &a);
    if (!f)
        f = charge_read(&card, &a);
    *right = !f;
    return f;
}

static enum fault flight(bool *right)
{
    struct net_card card;
    struct key_ask a;
    enum fault f = net_card_ask(&a, bed.arena, (struct span){ made.flight, CARD_FLIGHT });

    if (!f)
        f = ask_heart(bed.heart, MAY_NETWORK, &a);
    if (!f)
        f = net_card_read(&card, &a);
    *right = !f && card.scheme == SCHEME_VISA;
    return f;
}

static const struct net_cover cover = { { SCHEME_VISA, 9 }, 0, 3, { 10000, "INR" } };

static enum fault cryptogram(bool *right)
{
    struct net_tavv out;
    struct key_ask a;
    enum fault f = net_tavv_ask(&a, bed.arena, &cover);

    if (!f)
        f = ask_heart(bed.heart, MAY_NETWORK, &a);
    if (!f)
        f = net_tavv_read(&out, &a);
    *right = !f && strcmp(out.number, made.number) == 0 && strcmp(out.tavv, made.tavv) == 0;
    return f;
}

static enum fault check(bool *right)
{
    struct net_checked out;
    struct key_ask a;
    enum fault f = net_check_ask(&a, bed.arena, span_of(made.number), span_of(made.tavv), &cover.amount);

    if (!f)
        f = ask_heart(bed.heart, MAY_NETWORK, &a);
    if (!f)
        f = net_check_read(&out, &a);
    *right = !f && out.verdict == NET_GOOD && out.serial == cover.serial;
    return f;
}

static enum fault find(bool *right)
{
    struct net_token out;
    struct key_ask a;
    enum fault f = net_find_ask(&a, bed.arena, span_of(made.number));

    if (!f)
        f = ask_heart(bed.heart, MAY_NETWORK, &a);
    if (!f)
        f = net_find_read(&out, &a);
    *right = !f && out.counter == cover.token.counter;
    return f;
}

/* --- what is made ------------------------------------------------------------------------------------------------ */

static enum fault whole_heart(bool *right)
{
    struct heart *h = NULL;
    AUTO_SECRET master = NULL;
    enum fault f = secret_new(&master, HEART_MASTER);

    if (f)
        return f;
    f = heart_new(&h, master, NULL);
    *right = h != NULL;
    heart_free(h);
    return f;
}

static enum fault read_keys(bool *right)
{
    struct rsa_private *key = NULL;
    struct rsa_public *half = NULL;
    AUTO_SECRET pem = NULL;
    uint8_t text[RSA_PUBLIC_PEM_MAX];
    struct buf b = BUF(text);
    enum fault f = rsa_private_read(&key, SPAN(TEST_KEY_JWE));

    if (!f)
        f = rsa_private_public(key, &half);
    if (!f)
        f = rsa_public_pem(half, &b);
    if (!f)
        f = rsa_private_pem(key, &pem);
    *right = !f && b.n > 0;
    rsa_public_free(half);
    rsa_private_free(key);
    return f == FAULT_BAD_INPUT ? FAULT_INTERNAL : f;
}

static enum fault benches(bool *right)
{
    struct jwe_bench *bench = NULL;
    struct paytm_checksum *sum = NULL;
    enum fault f = jwe_bench_new(&bench);

    if (!f)
        f = paytm_checksum_new(&sum);
    *right = !f;
    paytm_checksum_free(sum);
    jwe_bench_free(bench);
    return f;
}

static enum fault keys_of_tools(bool *right)
{
    struct keysource_opened k;
    struct audit_key *audit = NULL;
    struct backup_key *backup = NULL;
    uint8_t out[CHAIN_MAC];
    enum fault f = keysource_open(&k, &(struct keysource_options){ .key_file = made.path }, NULL, NULL, NULL);

    if (!f)
        f = audit_key_of_ring(&audit, k.ring);
    if (!f)
        f = backup_key_of_ring(&backup, k.ring);
    if (!f)
        f = audit_key_stub(audit, out, SPAN("stub"));
    if (!f)
        f = audit_key_stub_is(audit, (struct span){ out, sizeof out }, SPAN("stub"));
    *right = !f;
    backup_key_free(backup);
    audit_key_free(audit);
    keysource_close(&k);
    return f;
}

static enum fault card_keys_of_file(bool *right)
{
    struct heart_keys keys = { 0 };
    AUTO_SECRET master = NULL;
    bool new_ones = false;
    enum fault f = keyfile_read(&master, made.path);

    if (!f)
        f = card_keys_of_master(&keys, &new_ones, master, made.path);
    *right = !f && keys.jwe && keys.rsa && !new_ones;
    rsa_private_free(keys.jwe);
    rsa_private_free(keys.rsa);
    return f;
}

/* --- the tests --------------------------------------------------------------------------------------------------- */

static void keep(enum key_use use, struct span plain)
{
    struct key_ask a = { .op = KEY_SEAL, .use = use, .about = ABOUT, .in = plain };

    assert_int_equal(ask(&a), FAULT_NONE);
    memcpy(made.sealed[use], room, a.out.n);
    made.n[use] = a.out.n;
}

static void make_cards(void)
{
    static const char card[] = "{\"cardNumber\":\"" VISA "\",\"expMonth\":\"10\",\"expYear\":\"2030\"}";
    static const char paytm[] = "{\"cardNumber\":\"" VISA "\",\"expiryMonth\":\"10\",\"expiryYear\":\"2030\"}";
    struct heart_keys keys = test_card_keys();
    struct rsa_public *rsa = NULL;
    struct jwe_bench *bench = NULL;
    struct buf jwe = BUF(made.jwe), block = BUF(made.rsa);
    struct jwe_job job = { .enc = JWE_A128GCM, .text = SPAN(card) };
    struct card_typed typed = { SPAN(VISA), SPAN("10"), SPAN("2030"), SPAN("123") };
    struct card_facts facts = bed_typed(bed.heart, &typed, NOW);

    assert_int_equal(rsa_private_public(keys.jwe, &made.public), FAULT_NONE);
    assert_int_equal(rsa_private_public(keys.rsa, &rsa), FAULT_NONE);
    assert_int_equal(jwe_bench_new(&bench), FAULT_NONE);
    job.key = made.public;
    assert_int_equal(jwe_seal(bench, &jwe, &job), FAULT_NONE);
    assert_int_equal(rsa_pkcs1_encrypt(rsa, &block, SPAN(paytm)), FAULT_NONE);
    made.jwe_n = jwe.n;
    made.rsa_n = block.n;
    memcpy(made.flight, facts.flight, CARD_FLIGHT);
    memcpy(made.charge, facts.charge, CARD_CHARGE);
    jwe_bench_free(bench);
    rsa_public_free(rsa);
    rsa_private_free(keys.jwe);
    rsa_private_free(keys.rsa);
}

static void make_files(void)
{
    struct heart_keys cards = test_card_keys();
    AUTO_SECRET master = NULL;

    (void)snprintf(made.folder, sizeof made.folder, "/tmp/tijori-fails-XXXXXX");
    assert_non_null(mkdtemp(made.folder));
    (void)snprintf(made.path, sizeof made.path, "%s/key", made.folder);
    assert_int_equal(keyfile_create(made.path), FAULT_NONE);
    assert_int_equal(keyfile_read(&master, made.path), FAULT_NONE);
    assert_int_equal(card_keys_save(CARD_KEY_JWE, cards.jwe, master, made.path), FAULT_NONE);
    assert_int_equal(card_keys_save(CARD_KEY_RSA, cards.rsa, master, made.path), FAULT_NONE);
    rsa_private_free(cards.jwe);
    rsa_private_free(cards.rsa);
}

static int set_up(void **state)
{
    uint8_t pem[RSA_PUBLIC_PEM_MAX];
    struct buf b = BUF(pem);
    struct net_tavv tavv;
    struct key_ask a;

    if (bed_set_up(state))
        return -1;
    make_cards();
    make_files();
    assert_int_equal(rsa_public_pem(made.public, &b), FAULT_NONE);
    keep(KEY_USE_CREDENTIAL, SPAN("a secret"));
    keep(KEY_USE_PAYTM, PAYTM_KEY);
    keep(KEY_USE_RECIPIENT, buf_view(&b));
    assert_int_equal(net_tavv_ask(&a, bed.arena, &cover), FAULT_NONE);
    assert_int_equal(ask_heart(bed.heart, MAY_NETWORK, &a), FAULT_NONE);
    assert_int_equal(net_tavv_read(&tavv, &a), FAULT_NONE);
    memcpy(made.number, tavv.number, sizeof made.number);
    memcpy(made.tavv, tavv.tavv, sizeof made.tavv);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = { "key", "card-jwe.key", "card-rsa.key" };
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", made.folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(made.folder);
    rsa_public_free(made.public);
    return bed_tear_down(state);
}

static void records_and_secrets_survive_each_failing_call(void **state)
{
    static enum fault (*const runs[])(bool *) = {
        seal_and_open, mac, verify, verify_wrong, hourly_and_id, hmac, checksum, jws, encrypt, public_key, reseal,
    };

    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        assert_true(fail_each(runs[i]) > 0 || runs[i] == public_key);
}

static void cards_survive_each_failing_call(void **state)
{
    static enum fault (*const runs[])(bool *) = { card_of_jwe, card_of_rsa, card_of_number, charge, flight };

    (void)state;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        assert_true(fail_each(runs[i]) > 0);
}

static void the_networks_numbers_survive_each_failing_call(void **state)
{
    (void)state;
    assert_true(fail_each(cryptogram) > 0);
    assert_true(fail_each(check) > 0);
    assert_true(fail_each(find) > 0);
}

static void what_is_made_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_true(fail_each(whole_heart) > 10);
    assert_true(fail_each(read_keys) > 0);
    assert_true(fail_each(benches) > 0);
    assert_true(fail_each(keys_of_tools) > 0);
    assert_true(fail_each(card_keys_of_file) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_and_secrets_survive_each_failing_call),
        cmocka_unit_test(cards_survive_each_failing_call),
        cmocka_unit_test(the_networks_numbers_survive_each_failing_call),
        cmocka_unit_test(what_is_made_is_made_whole_or_not_at_all),
    };
    return cmocka_run_group_tests_name("crypto_fails", tests, set_up, tear_down);
}
