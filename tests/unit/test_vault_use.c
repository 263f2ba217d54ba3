/* A token's number and cryptogram, guests and PARs: what is disclosed, to whom, and under which audit row. */
#include "vault_bed.h"

#include "base/banned.h"

static enum fault refused(struct vbed *b, struct vault_wish w, struct vault_job **job)
{
    *job = vbed_job(b, w);
    return vbed_begin(b, *job);
}

static void a_disclosure_gives_number_and_a_fresh_cryptogram_each_time(void **state)
{
    struct vbed *b = *state;
    struct vault_job *made = vbed_make(b, vbed_anna(b), VBED_VISA), *one, *two;
    struct vbed_read l;

    one = vbed_do(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &made->row));
    two = vbed_do(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &made->row));
    assert_int_equal(vault_outcome(one), VAULT_FINE);
    assert_int_equal(strlen(one->answer.number), 16);
    assert_int_equal(strlen(one->answer.tavv), 28);
    assert_string_equal(one->answer.number, two->answer.number);
    assert_string_not_equal(one->answer.tavv, two->answer.tavv);
    assert_false(vault_settles(one));
    l = vbed_read(b, b->merchant_id, 0);
    assert_int_equal(l.audit[0].event, AUDIT_TOKEN_CRYPTOGRAM);
    assert_int_equal(l.audit[1].event, AUDIT_TOKEN_CRYPTOGRAM);
    assert_true(span_equal(l.audit[0].request_id, SPAN("request-1")));
}

static void the_audit_row_is_there_although_no_answer_came(void **state)
{
    struct vbed *b = *state;
    struct vault_job *made = vbed_make(b, vbed_anna(b), VBED_VISA), *job;

    network_stop(b->s->network);
    job = vbed_do(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &made->row));
    assert_int_equal(vault_outcome(job), VAULT_NETWORK);
    assert_int_equal(job->answer.verdict, NETWORK_BUSY);
    assert_string_equal(job->answer.number, "");
    assert_string_equal(job->answer.tavv, "");
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[1].event, AUDIT_TOKEN_CRYPTOGRAM);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].event, AUDIT_TOKEN_SETTLE);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].outcome, NETWORK_BUSY);
    job = vbed_job(b, vbed_of_card(b, VAULT_GUEST, vbed_anna(b), VBED_VISA));
    assert_int_equal(vbed_begin(b, job), FAULT_NONE);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].event, AUDIT_GUEST_NUMBER);
    vbed_ask(b, job);
    assert_true(vault_settles(job));
    assert_int_equal(vbed_settle(b, job), FAULT_NONE);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].outcome, NETWORK_BUSY);
}

static void strangers_are_told_that_there_is_no_such_token(void **state)
{
    struct vbed *b = *state;
    struct vbed_who shop = { b->merchant_id, "shop", "anna" }, berta = { b->merchant_id, NULL, "berta" },
                    demo = { b->f->merchant.merchant_id, NULL, "anna" };
    struct vault_job *made = vbed_make(b, vbed_anna(b), VBED_VISA), *job;
    const struct { struct vbed_who who; enum vault_why why; } cases[] = {
        { shop, VAULT_NO_TOKEN }, { berta, VAULT_OTHER_CUSTOMER }, { demo, VAULT_NO_TOKEN },
    };
    struct vault_wish w = vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &made->row);

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (enum vault_op op = VAULT_DISCLOSE; op <= VAULT_DELETE; op++) {
            assert_int_equal(refused(b, vbed_of_token(b, op, cases[i].who, &made->row), &job), FAULT_NOT_FOUND);
            assert_int_equal(job->why, cases[i].why);
            assert_false(vault_asks(job));
        }
    w.token[3] ^= 1;
    assert_int_equal(refused(b, w, &job), FAULT_NOT_FOUND);
    assert_int_equal(job->why, VAULT_NO_TOKEN);
    assert_int_equal(vbed_network_asked(b, NETWORK_CRYPTOGRAM), 0);
    w = vbed_of_token(b, VAULT_PAR, vbed_anna(b), &made->row);
    w.customer_id = (struct span){ 0 };          /* any of this merchant's */
    assert_int_equal(refused(b, w, &job), FAULT_NONE);
}

static void a_sub_merchants_token_is_not_its_masters(void **state)
{
    struct vbed *b = *state;
    struct vbed_who shop = { b->merchant_id, "shop", "anna" };
    struct vault_job *made = vbed_make(b, shop, VBED_VISA), *job;

    assert_int_equal(refused(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &made->row), &job), FAULT_NOT_FOUND);
    assert_int_equal(job->why, VAULT_NO_TOKEN);
    assert_int_equal(vbed_do(b, vbed_of_token(b, VAULT_DISCLOSE, shop, &made->row))->why, VAULT_FINE);
}

static void what_is_not_active_or_expired_is_not_disclosed(void **state)
{
    struct vbed *b = *state;
    struct vault_job *made = vbed_make(b, vbed_anna(b), VBED_VISA), *job;
    struct vault_job *later = vbed_make(b, vbed_anna(b), "4111110000000013");
    struct vault_wish w = vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &made->row);
    struct token_row row;
    int64_t end = expiry_end_ms(vault_expiry(&made->row));

    assert_int_equal(refused(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &later->row), &job),
                     FAULT_WRONG_STATE);
    assert_int_equal(job->rule, TOKEN_RULE_PENDING);
    job = vbed_job(b, w);
    job->now_ms = end - 1;
    assert_int_equal(vbed_begin(b, job), FAULT_NONE);
    job = vbed_job(b, w);
    job->now_ms = end;
    assert_int_equal(vbed_begin(b, job), FAULT_WRONG_STATE);
    assert_int_equal(job->why, VAULT_RULE);
    assert_int_equal(job->rule, TOKEN_RULE_EXPIRED);
    row = vbed_read(b, b->merchant_id, made->row.token_no).row;
    assert_int_equal(row.expired, 0);            /* derived, not stored */
    assert_true(vault_life(&row, end).expired);
    assert_false(vault_life(&row, end - 1).expired);
}

static void what_the_network_cannot_do_for_a_token_changes_nothing(void **state)
{
    struct vbed *b = *state;
    struct vault_job *made = vbed_make(b, vbed_anna(b), "4111110000000161");
    struct vault_job *blocked = vbed_make(b, vbed_anna(b), "4111110000000153"), *job;
    struct vault_wish w = vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &made->row);

    w.payment = NETWORK_SUBS;
    job = vbed_do(b, w);
    assert_int_equal(job->answer.verdict, NETWORK_UNSUPPORTED);
    assert_int_equal(job->row.updated_ms, made->row.updated_ms);
    w.payment = NETWORK_ECOM;
    assert_int_equal(vault_outcome(vbed_do(b, w)), VAULT_FINE);
    job = vbed_do(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &blocked->row));
    assert_int_equal(job->answer.verdict, NETWORK_CARD_BLOCKED);
    assert_int_equal(job->row.updated_ms, blocked->row.updated_ms);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].outcome, NETWORK_CARD_BLOCKED);
}

static void a_token_that_the_network_forgot_is_dead_and_its_card_gets_another(void **state)
{
    struct vbed *b = *state;
    const char *card = "4111110000000179";
    struct vault_job *made = vbed_make(b, vbed_anna(b), card), *job;

    job = vbed_do(b, vbed_of_token(b, VAULT_DISCLOSE, vbed_anna(b), &made->row));
    assert_int_equal(vault_outcome(job), VAULT_NETWORK);
    assert_int_equal(job->answer.verdict, NETWORK_NO_TOKEN);
    assert_int_equal(vbed_read(b, b->merchant_id, made->row.token_no).row.status, TOKEN_DEAD);
    job = vbed_make(b, vbed_anna(b), card);
    assert_false(job->existed);
    assert_int_not_equal(job->row.token_no, made->row.token_no);
}

static void a_guest_gets_a_number_and_nothing_is_saved(void **state)
{
    struct vbed *b = *state;
    struct vault_wish w = vbed_of_card(b, VAULT_GUEST, vbed_anna(b), VBED_VISA);
    struct vault_job *job;
    struct vbed_read l;

    w.consent.given = false;                     /* nothing is saved, so nobody consents */
    w.consent.auth_ref = (struct span){ 0 };
    w.amount = (struct money){ 1000, "INR" };
    job = vbed_do(b, w);
    assert_int_equal(vault_outcome(job), VAULT_FINE);
    assert_int_equal(strlen(job->answer.number), 16);
    assert_int_equal(strlen(job->answer.tavv), 28);
    assert_false(vault_settles(job));
    l = vbed_read(b, b->merchant_id, 0);
    assert_int_equal(l.n_audit, 1);
    assert_int_equal(l.audit[0].event, AUDIT_GUEST_NUMBER);
    assert_int_equal(l.audit[0].token_no, 0);
    assert_false(vbed_make(b, vbed_anna(b), VBED_VISA)->existed);
}

static void rupay_makes_a_guest_number_only_after_authentication(void **state)
{
    struct vbed *b = *state;
    struct vault_wish w = vbed_of_card(b, VAULT_GUEST, vbed_anna(b), "6074825972083818");
    struct vault_job *job;

    w.consent.auth_ref = SPAN("  ");
    assert_int_equal(refused(b, w, &job), FAULT_DENIED);
    assert_int_equal(job->why, VAULT_CONSENT);
    assert_int_equal(job->consent, CONSENT_RUPAY);
    w.consent.auth_ref = SPAN(VBED_VISA);
    assert_int_equal(refused(b, w, &job), FAULT_DENIED);
    assert_int_equal(job->consent, CONSENT_CARD_NUMBER);
    w.consent.auth_ref = SPAN("auth-1");
    assert_int_equal(vault_outcome(vbed_do(b, w)), VAULT_FINE);
}

static void card_and_token_have_one_par(void **state)
{
    struct vbed *b = *state;
    struct vault_job *made = vbed_make(b, vbed_anna(b), VBED_VISA), *card, *token;

    card = vbed_do(b, vbed_of_card(b, VAULT_PAR, vbed_anna(b), VBED_VISA));
    token = vbed_do(b, vbed_of_token(b, VAULT_PAR, vbed_anna(b), &made->row));
    assert_int_equal(strlen(card->answer.par), 29);
    assert_string_equal(card->answer.par, token->answer.par);
    assert_false(vault_asks(token));             /* it is in the row */
    assert_string_equal(card->answer.number, "");
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[0].event, AUDIT_PAR);
    assert_int_equal(vbed_read(b, b->merchant_id, 0).audit[1].event, AUDIT_PAR);
}

/* A network that tells more than it is asked for. */
static void talk(void *network, uint64_t handle, const struct network_ask *ask)
{
    struct network_answer a = {
        .verdict = NETWORK_DONE, .ref = ask->ref, .life = { .status = TOKEN_ACTIVE }, .expiry = { 2031, 7 },
        .token_ref = "ref", .par = "par", .number = VBED_VISA, .tavv = "tavv", .bin9 = "411111111", .last4 = "1111",
    };

    network_answered(network, handle, &a);
}

static void talk_noticed(void *network, uint64_t id)
{
    (void)network;
    (void)id;
}

static void a_number_that_nobody_audited_is_told_to_nobody(void **state)
{
    struct vbed *b = *state;
    struct network *before = b->s->network, *n;
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), VBED_VISA);
    struct vault_job *made, *told, *refreshed;

    assert_int_equal(network_new(&n, &(struct network_options){ 0 }), FAULT_NONE);
    network_attach(n, &(struct network_body){ talk, talk_noticed, n, NULL });
    b->s->network = n;
    made = vbed_do(b, w);
    refreshed = vbed_do(b, vbed_of_token(b, VAULT_REFRESH, vbed_anna(b), &made->row));
    w.wants_number = true;
    told = vbed_do(b, w);
    b->s->network = before;
    network_stop(n);
    network_free(n);
    assert_string_equal(made->answer.number, "");
    assert_string_equal(made->answer.tavv, "");
    assert_string_equal(made->call.answer.number, "");
    assert_string_equal(refreshed->answer.number, "");
    assert_string_equal(told->answer.number, VBED_VISA);
    assert_string_equal(told->call.answer.number, "");
}

static void a_public_id_is_read_in_all_its_forms(void **state)
{
    struct vbed *b = *state;
    struct token_row t = { .merchant_id = 7, .token_no = 123456789 };
    uint8_t id[VAULT_ID], read[VAULT_ID];
    char hex[VAULT_ID_HEX], text[64];

    vault_id(b->s, id, &t);
    vault_id_hex(hex, id);
    assert_int_equal(strlen(hex), 32);
    for (const char *prefix = "token_"; prefix; prefix = *prefix == 't' ? "cref_" : *prefix ? "" : NULL) {
        (void)snprintf(text, sizeof text, "%s%s", prefix, hex);
        memset(read, 0, sizeof read);
        assert_int_equal(vault_id_read(read, span_of(text)), FAULT_NONE);
        assert_memory_equal(read, id, sizeof id);
        (void)snprintf(text, sizeof text, "%s%.8s-%.4s-%.4s-%.4s-%s", prefix, hex, hex + 8, hex + 12, hex + 16,
                       hex + 20);
        memset(read, 0, sizeof read);
        assert_int_equal(vault_id_read(read, span_of(text)), FAULT_NONE);
        assert_memory_equal(read, id, sizeof id);
    }
    assert_int_equal(vault_id_read(read, SPAN("00112233445566778899AABBCCDDEEFF")), FAULT_NONE);
    assert_int_equal(read[15], 0xff);
    assert_int_equal(read[10], 0xaa);
}

static void what_is_no_public_id_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "token_", "00112233445566778899aabbccddeef", "00112233445566778899aabbccddeeff0",
        "00112233445566778899aabbccddeegg", "00112233-4455-6677-8899aabbccddeeff-00",
        "0011223304455-6677-8899-aabbccddeeff", "token_token_00112233445566778899aabbccddeeff",
        "TOKEN_00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddee-f",
        "0011223344556677-8899-aabbccddeeff--",
    };
    uint8_t read[VAULT_ID] = { 42 };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(vault_id_read(read, span_of(texts[i])), FAULT_BAD_INPUT);
    assert_int_equal(read[0], 42);
}

static void a_fingerprint_has_26_letters_and_digits(void **state)
{
    uint8_t fingerprint[CARD_FINGERPRINT] = { 0 };
    char zeros[VAULT_FINGERPRINT_TEXT], text[VAULT_FINGERPRINT_TEXT];

    (void)state;
    vault_fingerprint(zeros, fingerprint);
    assert_string_equal(zeros, "aaaaaaaaaaaaaaaaaaaaaaaaaa");
    memcpy(fingerprint, "foobar", 6);            /* RFC 4648, 10: MZXW6YTBOI */
    vault_fingerprint(text, fingerprint);
    assert_memory_equal(text, "mzxw6ytboi", 9);
    fingerprint[16] = 0xff;
    vault_fingerprint(text, fingerprint);
    assert_int_equal(text[25], 'd');             /* 130 bits: two of the 17th byte's */
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, vbed_setup, vbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_disclosure_gives_number_and_a_fresh_cryptogram_each_time),
        FRESH(the_audit_row_is_there_although_no_answer_came),
        FRESH(strangers_are_told_that_there_is_no_such_token),
        FRESH(a_sub_merchants_token_is_not_its_masters),
        FRESH(what_is_not_active_or_expired_is_not_disclosed),
        FRESH(what_the_network_cannot_do_for_a_token_changes_nothing),
        FRESH(a_token_that_the_network_forgot_is_dead_and_its_card_gets_another),
        FRESH(a_guest_gets_a_number_and_nothing_is_saved),
        FRESH(rupay_makes_a_guest_number_only_after_authentication),
        FRESH(card_and_token_have_one_par),
        FRESH(a_number_that_nobody_audited_is_told_to_nobody),
        FRESH(a_public_id_is_read_in_all_its_forms),
        FRESH(what_is_no_public_id_is_refused),
        FRESH(a_fingerprint_has_26_letters_and_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
