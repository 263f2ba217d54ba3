/* test_paytm_tokens.c: cards become tokens; tokens are told, changed, listed and deleted. */
#include "paytm_bed.h"

#include "dialect/paytm/call.h"

#define LATER "4111110000000013"

static void a_card_becomes_a_token_that_is_told_with_a_cryptogram(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    assert_true(pbed_is_signed(b));
    assert_int_equal(strlen(b->token), 32);
    assert_has(&b->x, "\"cardScheme\":\"VISA\"");
    assert_has(&b->x, "\"cardSuffix\":\"1111\"");
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
    assert_has_not(&b->x, VISA);
    assert_code(b, pbed_generate(b), "00");
    assert_true(pbed_is_signed(b));
    assert_int_equal(strlen(pbed_value(b, "cardToken")), 16);
    assert_int_equal(strlen(pbed_value(b, "tavv")), 28);
    assert_int_equal(strlen(pbed_value(b, "panUniqueReference")), 29);
    assert_int_equal(strlen(pbed_value(b, "tokenExpiry")), 6);
    assert_has_not(&b->x, VISA);
}

static void the_token_number_has_the_suffix_and_bin_that_are_told(void **state)
{
    struct pbed *b = *state;
    char number[20];

    (void)pbed_tokenize(b, "378282246310005", "c1");
    assert_code(b, pbed_generate(b), "00");
    pbed_keep(number, sizeof number, pbed_value(b, "cardToken"));
    assert_int_equal(strlen(number), 15);
    assert_string_equal(pbed_value(b, "tokenSuffix"), number + 11);
    assert_true(strncmp(pbed_value(b, "tokenBin"), number, 9) == 0);
    assert_has(&b->x, "\"cardScheme\":\"AMEX\"");
}

static void each_cryptogram_is_new(void **state)
{
    struct pbed *b = *state;
    char first[64];

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, pbed_generate(b), "00");
    pbed_keep(first, sizeof first, pbed_value(b, "tavv"));
    assert_code(b, pbed_post(b, GENERATE, pbed_generate_body(b, "SUBS", "c1")), "00");
    assert_has(&b->x, "\"paymentType\":\"SUBS\"");
    assert_string_not_equal(pbed_value(b, "tavv"), first);
}

static void the_same_card_of_the_same_customer_has_one_token(void **state)
{
    struct pbed *b = *state;
    char first[48];

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    pbed_keep(first, sizeof first, b->token);
    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    assert_string_equal(b->token, first);
    assert_code(b, pbed_tokenize(b, VISA, "c2"), "00");
    assert_string_not_equal(b->token, first);
}

static void an_expired_token_gives_way_to_another_at_the_next_consent(void **state)
{
    struct pbed *b = *state;
    char first[48], second[48];

    assert_code(b, pbed_tokenize(b, "4111110000000187", "c1"), "00");
    pbed_keep(first, sizeof first, b->token);
    fixture_set_clock(b->f, FIXTURE_NOW + 40LL * 24 * 3600 * 1000);
    assert_code(b, pbed_generate(b), "729");
    assert_code(b, pbed_tokenize(b, "4111110000000187", "c1"), "00");
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
    assert_string_not_equal(b->token, first);
    assert_code(b, pbed_generate(b), "00");
    pbed_keep(second, sizeof second, b->token);
    pbed_keep(b->token, sizeof b->token, first);
    assert_code(b, pbed_generate(b), "726");
    assert_code(b, pbed_tokenize(b, "4111110000000187", "c1"), "00");
    assert_string_equal(b->token, second);
}

static void mastercard_is_master_and_diners_has_its_requestor(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_tokenize(b, "5555555555554444", "c1"), "00");
    assert_has(&b->x, "\"cardScheme\":\"MASTER\"");
    assert_has_not(&b->x, "tokenRequestorId");
    assert_code(b, pbed_tokenize(b, "30569309025904", "c1"), "00");
    assert_has(&b->x, "\"cardScheme\":\"DINERS\"");
    assert_int_equal(strlen(pbed_value(b, "tokenRequestorId")), NETWORK_TRID);
    assert_code(b, pbed_generate(b), "00");
    assert_int_equal(strlen(pbed_value(b, "tokenRequestorId")), NETWORK_TRID);
    assert_int_equal(strlen(pbed_value(b, "cardToken")), 14);
}

/* A tokenizeCard body with these members in place of the usual ones. */
static const char *with(struct pbed *b, const char *digits, const char *members)
{
    static char body[1024];

    (void)snprintf(body, sizeof body, "{\"encryptedCardData\":\"%s\",\"userInfo\":{\"custId\":\"c1\"},%s}",
                   pbed_card(b, digits), members);
    return body;
}

#define SOURCE "\"cardSource\":\"CARD_ON_FILE\""
#define CONSENT(yes) ",\"tokenizationConsent\":{\"userConsent\":" yes ",\"consentTime\":\"now\"}"

static void a_token_needs_consent(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, SOURCE)), "410");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, SOURCE CONSENT("0"))), "401");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, SOURCE CONSENT("false"))), "401");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, SOURCE CONSENT("{}"))), "401");
    assert_has(&b->x, "explicit consent");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, SOURCE CONSENT("1"))), "00");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, SOURCE CONSENT("\"1\""))), "00");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, SOURCE CONSENT("true"))), "00");
}

static void rupay_and_american_express_need_the_authentications_reference(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_post(b, TOKENIZE, with(b, "6074825972083818", SOURCE CONSENT("1"))), "410");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, "378282246310005", SOURCE CONSENT("1"))), "410");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, "6074825972083818", SOURCE CONSENT("1") ",\"authRefId\":\"a1\"")),
                "00");
    b->f->services.strict_consent = true;
    assert_code(b, pbed_post(b, TOKENIZE, with(b, "4012888888881881", SOURCE CONSENT("1"))), "410");
}

static void the_source_of_a_card_is_one_of_three(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, "\"cardSource\":\"FOUND\"" CONSENT("1"))), "409");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, "\"cardSource\":\"\"" CONSENT("1"))), "410");
    assert_code(b, pbed_post(b, TOKENIZE, with(b, VISA, "\"cardSource\":\"CARD_SCAN\"" CONSENT("1"))), "00");
}

/* Send this as the encrypted card. */
static const char *send_card(struct pbed *b, const char *card)
{
    char body[2048];

    (void)snprintf(body, sizeof body,
                   "{\"encryptedCardData\":\"%s\",\"cardSource\":\"CARD_SCAN\",\"userInfo\":{\"custId\":\"c1\"}"
                   CONSENT("1") "}", card);
    return pbed_post(b, TOKENIZE, body);
}

static void a_card_that_is_not_sound_is_refused(void **state)
{
#define CARD(number, month, year) \
    "{\"cardNumber\":\"" number "\",\"expiryMonth\":\"" month "\",\"expiryYear\":\"" year "\""
    static const struct { const char *card, *code, *says; } rows[] = {
        { CARD("4111111111111112", "10", "2030") "}", "409", "check digit" },
        { CARD(VISA, "13", "2030") "}", "409", "expiryMonth" },
        { CARD(VISA, "10", "") "}", "409", "expiryYear" },
        { CARD(VISA, "10", "2022") "}", "409", "has expired" },
        { CARD(VISA, "10", "2030") ",\"securityCode\":\"12\"}", "409", "securityCode" },
        { CARD("6011000990139424", "10", "2030") "}", "409", "scheme" },
        { "{\"expiryMonth\":\"10\",\"expiryYear\":\"2030\"}", "410", "no cardNumber" },
        { "no card", "409", "does not open" },
    };
#undef CARD
    struct pbed *b = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_code(b, send_card(b, pbed_encrypt(b, CARD_FORM_RSA, rows[i].card)), rows[i].code);
        assert_has(&b->x, rows[i].says);
        assert_has_not(&b->x, VISA);
    }
    assert_code(b, send_card(b, "AAAA AAAA"), "409");
    assert_has(&b->x, "standard base64 without line breaks");
    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
}

/* Everything that keeps a block from being a card looks the same, so that nobody learns of the padding. */
static void blocks_that_do_not_open_all_look_the_same(void **state)
{
    struct pbed *b = *state;
    char card[400], first[2048];

    b->f->services.mode = MODE_LIVE;
    pbed_keep(card, sizeof card, pbed_card(b, VISA));
    card[20] = card[20] == 'A' ? 'B' : 'A';
    assert_code(b, send_card(b, card), "409");
    pbed_keep(first, sizeof first, strstr(b->x.body, "\"body\":"));
    assert_code(b, send_card(b, "AAAA"), "409");
    assert_string_equal(strstr(b->x.body, "\"body\":"), first);
    assert_code(b, send_card(b, "not base64"), "409");
    assert_string_equal(strstr(b->x.body, "\"body\":"), first);
    assert_code(b, send_card(b, pbed_encrypt(b, CARD_FORM_RSA, "[]")), "409");
    assert_string_equal(strstr(b->x.body, "\"body\":"), first);
}

static void nobody_without_the_key_makes_us_open_a_card(void **state)
{
    struct pbed *b = *state;
    const char *body = pbed_tokenize_body(b, VISA, "c1");

    pbed_next_id(b);
    assert_code(b, pbed_send(b, TOKENIZE, pbed_query(b), pbed_envelope(b, body, pbed_sign(b, "{}"))), "1002");
    assert_true(pbed_is_signed(b));
    assert_null(call_of(&b->x.x)->card);
}

static void a_later_token_is_pending_until_the_network_says_so(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_tokenize(b, LATER, "c1"), "100");
    assert_has(&b->x, "\"tokenStatus\":\"INIT\"");
    assert_int_equal(strlen(b->token), 32);
    assert_code(b, pbed_generate(b), "100");
    assert_has_not(&b->x, "cardToken");
    assert_code(b, pbed_modify(b, "SUSPENDED"), "715");
    assert_code(b, pbed_info(b), "100");
    fixture_set_clock(b->f, FIXTURE_NOW + 3000);
    assert_code(b, pbed_info(b), "00");
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
    assert_code(b, pbed_generate(b), "00");
}

static void a_token_that_failed_later_is_told_as_failed(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_tokenize(b, "4111110000000021", "c1"), "100");
    fixture_set_clock(b->f, FIXTURE_NOW + 3000);
    assert_code(b, pbed_info(b), "00");
    assert_has(&b->x, "\"tokenStatus\":\"FAILED\"");
    assert_code(b, pbed_info(b), "00");
    assert_code(b, pbed_generate(b), "726");
}

static void an_answer_that_never_came_is_settled_by_asking_again(void **state)
{
    struct pbed *b = *state;
    struct sim_counts counts;

    assert_code(b, pbed_tokenize(b, "4111110000000104", "c1"), "801");
    assert_has(&b->x, "\"tokenStatus\":\"INIT\"");
    assert_code(b, pbed_info(b), "00");
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
    sim_counts(b->f->sim, &counts);
    assert_int_equal(counts.tokens, 1);
}

static void an_asynchronous_token_has_its_index_at_once(void **state)
{
    struct pbed *b = *state;

    assert_code(b, pbed_post(b, TOKENIZE_ASYNC, pbed_tokenize_body(b, VISA, "c1")), "100");
    assert_has_not(&b->x, "tokenInfo");
    pbed_keep(b->token, sizeof b->token, pbed_value(b, "tokenIndexNumber"));
    assert_int_equal(strlen(b->token), 32);
    for (unsigned i = 0; i < 200 && strcmp(pbed_info(b), "00") != 0; i++)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    assert_code(b, pbed_generate(b), "00");
    assert_code(b, pbed_post(b, TOKENIZE_ASYNC, pbed_tokenize_body(b, VISA, "c1")), "00");
    assert_string_equal(pbed_value(b, "tokenIndexNumber"), b->token);
}

static void another_merchants_token_is_not_there(void **state)
{
    struct pbed *b = *state;
    struct merchant_credentials other;
    struct partner_paytm mine = b->paytm, paytm;
    char body[512];

    (void)pbed_tokenize(b, VISA, "c1");
    assert_int_equal(merchant_add(&b->f->services, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(partner_paytm_add(&b->f->services, &paytm, other.merchant_id, SPAN(""), SPAN("")), FAULT_NONE);
    (void)snprintf(body, sizeof body,
                   "{\"paymentType\":\"ECOM\",\"tokenIndexNumber\":\"%s\",\"userInfo\":{\"custId\":\"c1\"}}", b->token);
    b->paytm = paytm;
    assert_code(b, pbed_post(b, GENERATE, body), "405");
    b->paytm = mine;
    assert_code(b, pbed_generate(b), "00");
}

static unsigned lost;

/* A race is lost the first time. */
static enum fault work_twice(struct store_tx *tx, void *arg)
{
    enum fault f = xbed_work(tx, arg);

    return !f && lost++ == 0 ? FAULT_RETRY : f;
}

static void work_that_lost_a_race_runs_again(void **state)
{
    struct pbed *b = *state;
    const char *body = pbed_tokenize_body(b, VISA, "c1");
    struct xbed_sent s = { .route = TOKENIZE, .param = b->paytm.mid, .query = "requestId=again" };
    enum fault f = FAULT_NONE;

    (void)snprintf(b->id, sizeof b->id, "again");
    s.body = pbed_envelope(b, body, pbed_sign(b, body));
    xbed_begin(&b->x, &s);
    assert_int_equal(b->x.x.route->parse(&b->x.x), STEP_GO);
    assert_int_equal(b->x.x.route->prepare(&b->x.x), STEP_GO);
    assert_int_equal(store_write(b->f->services.store, work_twice, &b->x.x), FAULT_NONE);
    assert_int_equal(lost, 2);
    f = xbed_compose(&b->x, xbed_call(&b->x));
    b->x.x.route->show(&b->x.x, f);
    xbed_end(&b->x);
    assert_string_equal(pbed_value(b, "resultCode"), "00");
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, pbed_setup, pbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(a_card_becomes_a_token_that_is_told_with_a_cryptogram),
        WITH_BED(the_token_number_has_the_suffix_and_bin_that_are_told),
        WITH_BED(each_cryptogram_is_new),
        WITH_BED(the_same_card_of_the_same_customer_has_one_token),
        WITH_BED(an_expired_token_gives_way_to_another_at_the_next_consent),
        WITH_BED(mastercard_is_master_and_diners_has_its_requestor),
        WITH_BED(a_token_needs_consent),
        WITH_BED(rupay_and_american_express_need_the_authentications_reference),
        WITH_BED(the_source_of_a_card_is_one_of_three),
        WITH_BED(a_card_that_is_not_sound_is_refused),
        WITH_BED(blocks_that_do_not_open_all_look_the_same),
        WITH_BED(nobody_without_the_key_makes_us_open_a_card),
        WITH_BED(a_later_token_is_pending_until_the_network_says_so),
        WITH_BED(a_token_that_failed_later_is_told_as_failed),
        WITH_BED(an_answer_that_never_came_is_settled_by_asking_again),
        WITH_BED(an_asynchronous_token_has_its_index_at_once),
        WITH_BED(another_merchants_token_is_not_there),
        WITH_BED(work_that_lost_a_race_runs_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
