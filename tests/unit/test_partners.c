/* Partners: Juspay API keys, public keys, Paytm MIDs and merchant keys. */
#include "service/partners.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "card_keys.h"
#include "fixture.h"
#include "keyholder/jwe.h"
#include "keyholder/paytm_checksum.h"
#include "service/merchants.h"

#include "base/banned.h"

enum { HEADER = 256 };

static int64_t merchant(const struct fixture *f)
{
    return f->merchant.merchant_id;
}

/* Who is let in with `key` and `tail` behind `scheme`? */
static enum fault log_in(struct fixture *f, struct caller *out, const char *scheme, const char *key, const char *tail)
{
    char header[HEADER], plain[HEADER];
    struct buf h = BUF(header), p = BUF(plain);

    buf_text(&p, key);
    buf_text(&p, tail);
    buf_text(&h, scheme);
    base64_put(&h, buf_view(&p));
    assert_false(h.full);
    return partner_juspay_caller(&f->services, out, f->reader, f->arena, buf_view(&h),
                                 clock_now_ms(f->services.clock));
}

static enum fault log_in_plainly(struct fixture *f, const char *key)
{
    struct caller c;

    return log_in(f, &c, "Basic ", key, ":");
}

static void an_api_key_lets_its_merchant_in(void **state)
{
    struct fixture *f = *state;
    struct partner_juspay j;
    struct caller c;

    assert_int_equal(partner_juspay_add(&f->services, &j, merchant(f)), FAULT_NONE);
    assert_int_equal(strspn(j.api_key, "0123456789ABCDEF"), PARTNER_API_KEY - 1);
    assert_string_equal(j.key_id, "");
    assert_int_equal(log_in(f, &c, "Basic ", j.api_key, ":"), FAULT_NONE);
    assert_int_equal(c.merchant_id, merchant(f));
    assert_memory_equal(c.client_id, "juspay:", 7);
    assert_memory_equal(c.client_id + 7, j.api_key, PARTNER_API_KEY_ID);
    assert_int_equal(log_in(f, &c, "Basic ", j.api_key, ""), FAULT_NONE);
    assert_int_equal(log_in(f, &c, "bASIC   ", j.api_key, ":"), FAULT_NONE);
}

static void nothing_else_does(void **state)
{
    struct fixture *f = *state;
    struct partner_juspay j;
    struct caller c;
    static const char *const headers[] = { "", "Basic", "Basic ", "Basic :", "Basic !!!", "Bearer abcd", "Basic QQ" };

    assert_int_equal(partner_juspay_add(&f->services, &j, merchant(f)), FAULT_NONE);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        assert_int_equal(partner_juspay_caller(&f->services, &c, f->reader, f->arena, span_of(headers[i]),
                                               FIXTURE_NOW), FAULT_UNKNOWN_CALLER);
    assert_int_equal(partner_juspay_caller(&f->services, &c, f->reader, f->arena, (struct span){ 0 }, FIXTURE_NOW),
                     FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in(f, &c, "Basic ", j.api_key, ":password"), FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in(f, &c, "Basic ", j.api_key, "::"), FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in(f, &c, "Bearer ", j.api_key, ":"), FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in_plainly(f, f->merchant.client_secret), FAULT_UNKNOWN_CALLER);
    for (size_t i = 0; i < PARTNER_API_KEY - 1; i += 7) {      /* whichever digit is wrong */
        char wrong[PARTNER_API_KEY];

        memcpy(wrong, j.api_key, sizeof wrong);
        wrong[i] = wrong[i] == '0' ? '1' : '0';
        assert_int_equal(log_in_plainly(f, wrong), FAULT_UNKNOWN_CALLER);
    }
    assert_int_equal(log_in_plainly(f, j.api_key), FAULT_NONE);
}

static void a_merchant_may_have_several_api_keys_until_they_are_replaced(void **state)
{
    struct fixture *f = *state;
    struct partner_juspay first, second, third;

    assert_int_equal(partner_juspay_add(&f->services, &first, merchant(f)), FAULT_NONE);
    assert_int_equal(partner_juspay_add(&f->services, &second, merchant(f)), FAULT_NONE);
    assert_int_equal(log_in_plainly(f, first.api_key), FAULT_NONE);
    assert_int_equal(log_in_plainly(f, second.api_key), FAULT_NONE);
    assert_int_equal(partner_juspay_replace(&f->services, &third, merchant(f)), FAULT_NONE);
    assert_int_equal(log_in_plainly(f, first.api_key), FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in_plainly(f, second.api_key), FAULT_UNKNOWN_CALLER);
    assert_int_equal(log_in_plainly(f, third.api_key), FAULT_NONE);
}

static enum fault cashfree(struct fixture *f, const char *id, const char *secret)
{
    struct caller c;

    return callers_find(&f->services, &c, f->reader, f->arena, span_of(id), span_of(secret),
                        clock_now_ms(f->services.clock));
}

struct shown { struct span client_id, mid, keys[MERCHANT_KEYS_SHOWN]; size_t n_keys; };

static enum fault show(void *arg, const struct merchant_shown *m)
{
    struct shown *s = arg;

    s->client_id = m->client_id;
    s->mid = m->mid;
    s->n_keys = m->n_keys;
    for (size_t i = 0; i < m->n_keys; i++)
        s->keys[i] = m->key_ids[i];
    return FAULT_NONE;
}

static void the_cashfree_credentials_are_another_matter(void **state)
{
    struct fixture *f = *state;
    struct merchant_credentials next;
    struct partner_juspay j;
    struct shown shown = { 0 };

    fixture_set_clock(f, FIXTURE_NOW + 1000);      /* the API key is the newer credential */
    assert_int_equal(partner_juspay_add(&f->services, &j, merchant(f)), FAULT_NONE);
    assert_int_equal(merchants_list(&f->services, f->reader, f->arena, show, &shown), FAULT_NONE);
    assert_true(span_equal(shown.client_id, span_of(f->merchant.client_id)));
    assert_int_equal(merchant_rotate(&f->services, &next, merchant(f), 0), FAULT_NONE);
    assert_string_equal(next.client_id, f->merchant.client_id);
    assert_int_equal(cashfree(f, next.client_id, next.client_secret), FAULT_NONE);
    assert_int_equal(log_in_plainly(f, j.api_key), FAULT_NONE);
    assert_int_equal(partner_juspay_replace(&f->services, &j, merchant(f)), FAULT_NONE);
    assert_int_equal(cashfree(f, next.client_id, next.client_secret), FAULT_NONE);
}

static void nobody_is_given_anything_who_is_not_there_or_disabled(void **state)
{
    struct fixture *f = *state;
    struct partner_juspay j;
    struct partner_paytm p;
    struct span none = { 0 };

    assert_int_equal(partner_juspay_add(&f->services, &j, 99), FAULT_NOT_FOUND);
    assert_int_equal(partner_paytm_add(&f->services, &p, 99, none, none), FAULT_NOT_FOUND);
    assert_int_equal(merchant_disable(&f->services, merchant(f)), FAULT_NONE);
    assert_int_equal(partner_juspay_add(&f->services, &j, merchant(f)), FAULT_NOT_FOUND);
    assert_string_equal(j.api_key, "");
    assert_int_equal(partner_juspay_replace(&f->services, &j, merchant(f)), FAULT_NOT_FOUND);
    assert_int_equal(partner_paytm_add(&f->services, &p, merchant(f), none, none), FAULT_NOT_FOUND);
    assert_string_equal(p.merchant_key, "");
    assert_int_equal(partner_public_key_add(&f->services, &j, merchant(f), none, SPAN("x")), FAULT_NOT_FOUND);
    assert_string_equal(j.key_id, "");
}

static void a_disabled_merchant_has_no_credentials_of_any_kind(void **state)
{
    struct fixture *f = *state;
    struct partner_juspay j;
    struct partner_paytm p;
    struct partner_key k;
    struct span none = { 0 };
    bool known;

    assert_int_equal(partner_juspay_add(&f->services, &j, merchant(f)), FAULT_NONE);
    assert_int_equal(partner_paytm_add(&f->services, &p, merchant(f), none, none), FAULT_NONE);
    assert_int_equal(log_in_plainly(f, j.api_key), FAULT_NONE);
    assert_int_equal(partner_paytm_key(&f->services, &k, &known, f->reader, f->arena, span_of(p.mid), none, none),
                     FAULT_NONE);
    assert_int_equal(merchant_disable(&f->services, merchant(f)), FAULT_NONE);
    assert_int_equal(log_in_plainly(f, j.api_key), FAULT_UNKNOWN_CALLER);
    assert_int_equal(partner_paytm_key(&f->services, &k, &known, f->reader, f->arena, span_of(p.mid), none, none),
                     FAULT_NOT_FOUND);
    assert_false(known);
}

/* Is `key` the one that is found for these names? Its signature is read with the clear key. */
static bool is_key(struct fixture *f, const struct partner_paytm *p, const char *client_id, const char *version)
{
    uint8_t signature[PAYTM_CHECKSUM];
    struct key_ask ask;
    struct partner_key k;
    struct paytm_checksum *c;
    struct paytm_checksum_job job = { span_of(p->merchant_key), SPAN("{\"a\":1}") };
    bool known, same;

    assert_int_equal(partner_paytm_key(&f->services, &k, &known, f->reader, f->arena, span_of(p->mid),
                                       span_of(client_id), span_of(version)), FAULT_NONE);
    assert_true(known);
    assert_int_equal(k.merchant_id, merchant(f));
    partner_ask(&ask, KEY_SIGN, &k);
    ask.presented = job.body;
    ask.out = BUF(signature);
    fixture_ask(f, &ask, 1);
    assert_int_equal(ask.fault, FAULT_NONE);
    assert_int_equal(paytm_checksum_new(&c), FAULT_NONE);
    same = paytm_checksum_verify(c, &job, buf_view(&ask.out)) == FAULT_NONE;
    paytm_checksum_free(c);
    return same;
}

static void a_paytm_key_comes_with_a_mid_and_is_found_by_its_names(void **state)
{
    struct fixture *f = *state;
    struct partner_paytm first, second, third;
    struct span none = { 0 };

    assert_int_equal(partner_paytm_add(&f->services, &first, merchant(f), none, none), FAULT_NONE);
    assert_int_equal(strlen(first.mid), 20);
    assert_memory_equal(first.mid, "TIJORI", 6);
    assert_int_equal(strspn(first.mid + 6, "0123456789"), 14);
    assert_int_equal(strlen(first.merchant_key), 16);
    assert_null(strpbrk(first.merchant_key, "\"'\\ $`"));
    assert_string_equal(first.client_id, PARTNER_CLIENT);
    assert_string_equal(first.version, PARTNER_VERSION);
    assert_int_equal(partner_paytm_add(&f->services, &second, merchant(f), SPAN("C11"), none), FAULT_NONE);
    assert_string_equal(second.mid, first.mid);
    assert_int_equal(partner_paytm_add(&f->services, &third, merchant(f), SPAN("C11"), SPAN("v2")), FAULT_NONE);

    assert_true(is_key(f, &first, NULL, NULL));
    assert_true(is_key(f, &first, "", ""));
    assert_true(is_key(f, &first, NULL, "v1"));
    assert_true(is_key(f, &second, "C11", NULL));
    assert_true(is_key(f, &second, "C11", "v1"));
    assert_true(is_key(f, &third, "C11", "v2"));
    assert_true(is_key(f, &third, NULL, "v2"));
    assert_false(is_key(f, &third, "C11", "v1"));
}

static void which_paytm_key_is_not_found_is_told(void **state)
{
    struct fixture *f = *state;
    struct partner_paytm p;
    struct partner_key k;
    struct span none = { 0 };
    char long_mid[PARTNER_MID_MAX + 2] = { 0 };
    bool known;

    memset(long_mid, 'M', PARTNER_MID_MAX + 1);
    assert_int_equal(partner_paytm_add(&f->services, &p, merchant(f), none, none), FAULT_NONE);
    assert_int_equal(partner_paytm_key(&f->services, &k, &known, f->reader, f->arena, span_of(p.mid), SPAN("C12"),
                                       none), FAULT_NOT_FOUND);
    assert_true(known);
    assert_int_equal(k.merchant_id, merchant(f));
    for (size_t i = 0; i < 3; i++) {
        static const char *const mids[] = { "TIJORI00000000000000", "" };

        assert_int_equal(partner_paytm_key(&f->services, &k, &known, f->reader, f->arena,
                                           span_of(i < 2 ? mids[i] : long_mid), none, none), FAULT_NOT_FOUND);
        assert_false(known);
    }
}

static void a_paytm_key_is_replaced_only_on_demand(void **state)
{
    struct fixture *f = *state;
    struct partner_paytm old, next, beside;
    struct span none = { 0 };

    assert_int_equal(partner_paytm_add(&f->services, &old, merchant(f), none, none), FAULT_NONE);
    assert_int_equal(partner_paytm_add(&f->services, &next, merchant(f), none, none), FAULT_EXISTS);
    assert_string_equal(next.merchant_key, "");
    assert_true(is_key(f, &old, NULL, NULL));
    assert_int_equal(partner_paytm_add(&f->services, &beside, merchant(f), none, SPAN("v2")), FAULT_NONE);
    assert_int_equal(partner_paytm_replace(&f->services, &next, merchant(f), none, none), FAULT_NONE);
    assert_string_equal(next.mid, old.mid);
    assert_false(is_key(f, &old, NULL, "v1"));
    assert_true(is_key(f, &next, NULL, "v1"));
    assert_true(is_key(f, &beside, NULL, "v2"));      /* of another version: it stays */
}

static void names_of_paytm_keys_are_plain(void **state)
{
    static const char *const wrong[] = { "a b", "a\"b", "a\\b", "a\x7f", "\xe0\xa4\xa4", "12345678901234567" };
    struct fixture *f = *state;
    struct partner_paytm p;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(partner_paytm_add(&f->services, &p, merchant(f), (struct span){ 0 }, span_of(wrong[i])),
                         FAULT_BAD_INPUT);
}

/* A merchant's pair, read anew for each test. */
static struct rsa_private *read_pair(void)
{
    struct rsa_private *pair;

    assert_int_equal(rsa_private_read(&pair, SPAN(TEST_KEY_RSA)), FAULT_NONE);
    return pair;
}

static struct span public_pem(struct arena *a)
{
    struct buf text = arena_buf(a, RSA_PUBLIC_PEM_MAX);
    struct rsa_private *pair = read_pair();
    struct rsa_public *half;

    assert_int_equal(rsa_private_public(pair, &half), FAULT_NONE);
    assert_int_equal(rsa_public_pem(half, &text), FAULT_NONE);
    rsa_public_free(half);
    rsa_private_free(pair);
    return buf_view(&text);
}

struct lookup { struct fixture *f; const char *key_id; struct partner_key found; };

static enum fault look_up(struct store_tx *tx, void *arg)
{
    struct lookup *l = arg;

    return partner_recipient(tx, &l->found, l->f->arena, merchant(l->f), span_of(l->key_id));
}

static void an_answer_is_encrypted_to_the_key_that_is_named_or_the_newest(void **state)
{
    struct fixture *f = *state;
    struct partner_juspay first, second;
    struct span pem = public_pem(f->arena), none = { 0 };
    struct lookup l = { .f = f };
    struct shown shown = { 0 };

    assert_int_equal(store_read(f->reader, look_up, &l), FAULT_NOT_FOUND);
    assert_int_equal(partner_public_key_add(&f->services, &first, merchant(f), SPAN("mine"), pem), FAULT_NONE);
    assert_string_equal(first.key_id, "mine");
    assert_int_equal(partner_public_key_add(&f->services, &second, merchant(f), none, pem), FAULT_NONE);
    assert_int_equal(strlen(second.key_id), 36);
    assert_memory_equal(second.key_id, "key_", 4);
    assert_int_equal(partner_public_key_add(&f->services, &second, merchant(f), SPAN("mine"), pem), FAULT_EXISTS);

    l.key_id = "mine";
    assert_int_equal(store_read(f->reader, look_up, &l), FAULT_NONE);
    assert_true(span_equal(l.found.id, SPAN("mine")));
    l.key_id = "another's";
    assert_int_equal(store_read(f->reader, look_up, &l), FAULT_NONE);
    assert_memory_equal(l.found.id.p, "key_", 4);
    assert_int_equal(merchants_list(&f->services, f->reader, f->arena, show, &shown), FAULT_NONE);
    assert_int_equal(shown.n_keys, 2);
    assert_true(span_equal(shown.keys[1], SPAN("mine")));
}

static void what_is_encrypted_to_a_merchant_opens_with_his_key_alone(void **state)
{
    struct fixture *f = *state;
    struct partner_juspay j;
    struct lookup l = { .f = f };
    struct key_ask ask;
    struct jwe jwe;
    struct jwe_bench *bench;
    struct rsa_private *pair = read_pair();
    struct buf plain = arena_buf(f->arena, 256);

    assert_int_equal(partner_public_key_add(&f->services, &j, merchant(f), (struct span){ 0 }, public_pem(f->arena)),
                     FAULT_NONE);
    assert_int_equal(store_read(f->reader, look_up, &l), FAULT_NONE);
    partner_ask(&ask, KEY_ENCRYPT, &l.found);
    ask.presented = SPAN("{\"token\":\"x\"}");
    ask.number = JWE_A256GCM;
    ask.out = arena_buf(f->arena, 4096);
    fixture_ask(f, &ask, 1);
    assert_int_equal(ask.fault, FAULT_NONE);
    assert_int_equal(jwe_read(&jwe, f->arena, buf_view(&ask.out)), FAULT_NONE);
    assert_int_equal(jwe_bench_new(&bench), FAULT_NONE);
    assert_int_equal(jwe_open(bench, &plain, &jwe, pair), FAULT_NONE);
    jwe_bench_free(bench);
    rsa_private_free(pair);
    assert_true(span_equal(buf_view(&plain), ask.presented));

    l.found.about = SPAN("public_keys.key|2|mine");      /* moved to another merchant, it is no key */
    partner_ask(&ask, KEY_ENCRYPT, &l.found);
    ask.presented = SPAN("{}");
    ask.out = arena_buf(f->arena, 4096);
    fixture_ask(f, &ask, 1);
    assert_int_equal(ask.fault, FAULT_DENIED);
}

static void what_is_no_public_key_is_not_registered(void **state)
{
    struct fixture *f = *state;
    struct span pem = public_pem(f->arena);
    struct partner_juspay j;
    struct span wrong[] = { SPAN(""), SPAN("-----BEGIN PUBLIC KEY-----"), { pem.p, pem.n / 2 } };
    uint8_t *large = arena_take(f->arena, KEY_PUBLIC_MAX + 1);

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(partner_public_key_add(&f->services, &j, merchant(f), (struct span){ 0 }, wrong[i]),
                         FAULT_BAD_INPUT);
    assert_int_equal(partner_public_key_add(&f->services, &j, merchant(f), (struct span){ 0 },
                                            (struct span){ large, KEY_PUBLIC_MAX + 1 }), FAULT_BAD_INPUT);
    assert_int_equal(partner_public_key_add(&f->services, &j, merchant(f), SPAN("a b"), pem), FAULT_BAD_INPUT);
}

static void our_public_keys_have_ids_that_stay(void **state)
{
    struct fixture *f = *state;
    char jwe[PARTNER_SERVER_KEY_ID], rsa[PARTNER_SERVER_KEY_ID], again[PARTNER_SERVER_KEY_ID];
    struct rsa_public *k;
    struct span pem;

    assert_int_equal(partner_server_key(&f->services, &pem, jwe, f->arena, CARD_FORM_JWE), FAULT_NONE);
    assert_int_equal(rsa_public_read(&k, pem), FAULT_NONE);
    rsa_public_free(k);
    assert_int_equal(strlen(jwe), 36);
    assert_true(jwe[8] == '-' && jwe[13] == '-' && jwe[18] == '-' && jwe[23] == '-');
    assert_int_equal(partner_server_key(&f->services, &pem, rsa, f->arena, CARD_FORM_RSA), FAULT_NONE);
    assert_string_not_equal(jwe, rsa);
    assert_int_equal(partner_server_key(&f->services, &pem, again, f->arena, CARD_FORM_JWE), FAULT_NONE);
    assert_string_equal(jwe, again);
    fixture_keyholder_stop(f);
    assert_int_equal(partner_server_key(&f->services, &pem, again, f->arena, CARD_FORM_JWE), FAULT_SILENT);
}

static void a_merchant_is_added_with_everything_at_once(void **state)
{
    struct fixture *f = *state;
    struct merchant_whole m;
    struct partner_key k;
    struct caller c;
    bool known;

    assert_int_equal(merchant_add_whole(&f->services, &m, SPAN("Whole"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(cashfree(f, m.cashfree.client_id, m.cashfree.client_secret), FAULT_NONE);
    assert_int_equal(log_in(f, &c, "Basic ", m.juspay.api_key, ":"), FAULT_NONE);
    assert_int_equal(c.merchant_id, m.cashfree.merchant_id);
    assert_int_equal(partner_paytm_key(&f->services, &k, &known, f->reader, f->arena, span_of(m.paytm.mid),
                                       span_of(m.paytm.client_id), span_of(m.paytm.version)), FAULT_NONE);
    assert_int_equal(k.merchant_id, m.cashfree.merchant_id);
    assert_int_equal(m.onboarded, f->services.network ? FAULT_NONE : FAULT_WRONG_STATE);
    assert_int_equal(merchant_add_whole(&f->services, &m, SPAN("Whole"), SPAN("INR")), FAULT_EXISTS);
    assert_string_equal(m.juspay.api_key, "");
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(an_api_key_lets_its_merchant_in),
        WITH_FIXTURE(nothing_else_does),
        WITH_FIXTURE(a_merchant_may_have_several_api_keys_until_they_are_replaced),
        WITH_FIXTURE(the_cashfree_credentials_are_another_matter),
        WITH_FIXTURE(nobody_is_given_anything_who_is_not_there_or_disabled),
        WITH_FIXTURE(a_disabled_merchant_has_no_credentials_of_any_kind),
        WITH_FIXTURE(a_paytm_key_comes_with_a_mid_and_is_found_by_its_names),
        WITH_FIXTURE(which_paytm_key_is_not_found_is_told),
        WITH_FIXTURE(a_paytm_key_is_replaced_only_on_demand),
        WITH_FIXTURE(names_of_paytm_keys_are_plain),
        WITH_FIXTURE(an_answer_is_encrypted_to_the_key_that_is_named_or_the_newest),
        WITH_FIXTURE(what_is_encrypted_to_a_merchant_opens_with_his_key_alone),
        WITH_FIXTURE(what_is_no_public_key_is_not_registered),
        WITH_FIXTURE(our_public_keys_have_ids_that_stay),
        WITH_FIXTURE(a_merchant_is_added_with_everything_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
