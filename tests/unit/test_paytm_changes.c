/* test_paytm_changes.c: tokens are changed, looked at, listed and deleted; guests get a number. */
#include "paytm_bed.h"

#include "network/network.h"

static void a_suspended_token_tells_nothing_until_it_is_resumed(void **state)
{
    struct pbed *b = *state;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, pbed_modify(b, "SUSPENDED"), "00");
    assert_has(&b->x, "\"tokenStatus\":\"SUSPENDED\"");
    assert_code(b, pbed_generate(b), "728");
    assert_has_not(&b->x, "cardToken");
    assert_code(b, pbed_modify(b, "ACTIVE"), "00");
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
    assert_code(b, pbed_generate(b), "00");
    assert_code(b, pbed_modify(b, "DEAD"), "00");
    assert_has(&b->x, "\"tokenStatus\":\"DEAD\"");
    assert_code(b, pbed_generate(b), "726");
    assert_code(b, pbed_modify(b, "SUSPENDED"), "715");
    assert_code(b, pbed_modify(b, "GONE"), "409");
}

static void what_the_issuer_suspended_a_merchant_cannot_resume(void **state)
{
    struct pbed *b = *state;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_int_equal(sim_happen(b->f->sim, span_of(pbed_value(b, "tokenUniqueReference")), SIM_SUSPEND,
                                FIXTURE_NOW), FAULT_NONE);
    assert_code(b, pbed_generate(b), "728");
    assert_code(b, pbed_info(b), "00");
    assert_has(&b->x, "\"tokenStatus\":\"SUSPENDED\"");
    assert_code(b, pbed_modify(b, "ACTIVE"), "715");
}

static void token_info_is_signed_over_its_parameters(void **state)
{
    struct pbed *b = *state;
    char query[128], text[256];
    struct xbed_sent s = { .route = INFO, .param = b->paytm.mid, .query = query };

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, pbed_info(b), "00");
    assert_true(pbed_is_signed(b));
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
    assert_has_not(&b->x, "cardToken");
    (void)snprintf(query, sizeof query, "tokenIndexNumber=%s&requestId=i1", b->token);
    (void)snprintf(text, sizeof text, "%s|i1|1700000000000|%s|V1", b->paytm.mid, b->token);
    s.headers[0] = (struct xbed_header){ "version", "V1" };
    s.headers[1] = (struct xbed_header){ "requestTimestamp", "1700000000001" };
    s.headers[2] = (struct xbed_header){ "requestId", "i1" };
    s.headers[3] = (struct xbed_header){ "signatureType", "CHECKSUM" };
    s.headers[4] = (struct xbed_header){ "signature", pbed_sign(b, text) };
    (void)xbed_send(&b->x, s);
    assert_string_equal(pbed_value(b, "resultCode"), "1002");
    s.headers[1].value = "1700000000000";
    (void)xbed_send(&b->x, s);
    assert_string_equal(pbed_value(b, "resultCode"), "00");
    s.headers[0].name = NULL;
    (void)xbed_send(&b->x, s);
    assert_string_equal(pbed_value(b, "resultCode"), "1006");
}

static void an_old_question_about_a_token_is_refused(void **state)
{
    struct pbed *b = *state;
    char query[128], text[256];

    (void)pbed_tokenize(b, VISA, "c1");
    (void)snprintf(query, sizeof query, "tokenIndexNumber=%s&requestId=i1", b->token);
    (void)snprintf(text, sizeof text, "%s|i1|1600000000|%s|v1", b->paytm.mid, b->token);
    (void)xbed_send(&b->x, (struct xbed_sent){
        .route = INFO, .param = b->paytm.mid, .query = query,
        .headers = { { "version", "v1" }, { "requestTimestamp", "1600000000" }, { "requestId", "i1" },
                     { "signatureType", "CHECKSUM" }, { "signature", pbed_sign(b, text) } } });
    assert_string_equal(pbed_value(b, "resultCode"), "409");
}

static const char *to_par(struct pbed *b, const char *type, const char *value)
{
    char body[1024];

    (void)snprintf(body, sizeof body, "{\"mid\":\"%s\",\"requestType\":\"%s\",\"requestValue\":\"%s\"}",
                   b->paytm.mid, type, value);
    return pbed_post(b, TO_PAR, body);
}

static void a_card_and_its_token_have_one_par(void **state)
{
    struct pbed *b = *state;
    char par[40];

    (void)pbed_tokenize(b, VISA, "c1");
    pbed_keep(par, sizeof par, pbed_value(b, "panUniqueReference"));
    assert_int_equal(strlen(par), 29);
    assert_code(b, to_par(b, "TIN", b->token), "00");
    assert_string_equal(pbed_value(b, "panUniqueReference"), par);
    assert_code(b, to_par(b, "PAN", pbed_encrypt(b, CARD_FORM_RSA_NUMBER, VISA)), "00");
    assert_string_equal(pbed_value(b, "panUniqueReference"), par);
    assert_code(b, to_par(b, "PAN", pbed_encrypt(b, CARD_FORM_RSA_NUMBER, "4111111111111112")), "409");
    assert_code(b, to_par(b, "CVV", "x"), "409");
    assert_code(b, to_par(b, "TIN", "00"), "405");
    assert_code(b, to_par(b, "PAN", ""), "410");
}

static const char *guest(struct pbed *b, const char *digits, const char *members)
{
    char body[1024];

    (void)snprintf(body, sizeof body, "{\"encryptedCardData\":\"%s\"%s}", pbed_card(b, digits), members);
    return pbed_post(b, GUEST, body);
}

#define AMOUNT(value, currency) ",\"amount\":{\"value\":" value ",\"currency\":\"" currency "\"}"
#define BY_HAND ",\"cardSource\":\"MANUAL_ENTERED\""

static void a_guest_gets_a_number_and_nothing_is_saved(void **state)
{
    struct pbed *b = *state;

    assert_code(b, guest(b, VISA, BY_HAND AMOUNT("\"10.00\"", "INR") ",\"userInfo\":{\"custId\":\"c1\"}"), "00");
    assert_true(pbed_is_signed(b));
    assert_int_equal(strlen(pbed_value(b, "cardToken")), 16);
    assert_int_equal(strlen(pbed_value(b, "tavv")), 28);
    assert_string_equal(pbed_value(b, "cardSuffix"), "1111");
    assert_code(b, pbed_saved(b, CARDS, "{\"mid\":\"\",\"custId\":\"c1\"}"), "1004");
    assert_code(b, guest(b, VISA, BY_HAND), "00");
    assert_code(b, guest(b, VISA, BY_HAND AMOUNT("10", "INR")), "00");
    assert_code(b, guest(b, VISA, ",\"cardSource\":\"CARD_ON_FILE\""), "409");
    assert_code(b, guest(b, VISA, BY_HAND AMOUNT("\"10.001\"", "INR")), "409");
    assert_code(b, guest(b, VISA, BY_HAND AMOUNT("\"x\"", "INR")), "409");
    assert_code(b, guest(b, VISA, BY_HAND AMOUNT("10", "RUPEES")), "409");
    assert_code(b, guest(b, VISA, BY_HAND ",\"amount\":{\"value\":1}"), "410");
    assert_code(b, guest(b, "6074825972083818", BY_HAND), "410");
    assert_code(b, guest(b, "6074825972083818", BY_HAND ",\"authRefId\":\"a1\""), "00");
}

/* What the network makes of a cryptogram that is presented with this amount, in paise. */
static enum network_verdict present(struct pbed *b, const char *number, const char *tavv, int64_t paise)
{
    struct network_call call = { .ask = { .op = NETWORK_VERIFY, .scheme = SCHEME_VISA, .amount = { paise, "INR" },
                                          .now_ms = FIXTURE_NOW } };

    pbed_keep(call.ask.number, sizeof call.ask.number, number);
    pbed_keep(call.ask.tavv, sizeof call.ask.tavv, tavv);
    network_ask_wait(b->f->services.network, &call);
    return call.answer.verdict;
}

static void a_guests_cryptogram_is_of_the_amount_that_was_given(void **state)
{
    struct pbed *b = *state;
    char number[24], tavv[64];

    assert_code(b, guest(b, VISA, BY_HAND AMOUNT("\"10.50\"", "INR")), "00");
    pbed_keep(number, sizeof number, pbed_value(b, "cardToken"));
    pbed_keep(tavv, sizeof tavv, pbed_value(b, "tavv"));
    assert_int_equal(present(b, number, tavv, 1051), NETWORK_WRONG_AMOUNT);
    assert_int_equal(present(b, number, tavv, 1050), NETWORK_DONE);
    assert_int_equal(present(b, number, tavv, 1050), NETWORK_REPLAYED);
}

/* The saved cards of a customer. */
static const char *list(struct pbed *b, const char *customer, const char *more)
{
    char body[256];

    (void)snprintf(body, sizeof body, "{\"mid\":\"%s\",\"custId\":\"%s\"%s}", b->paytm.mid, customer, more);
    return pbed_saved(b, CARDS, body);
}

static void saved_cards_are_the_customers_live_tokens(void **state)
{
    struct pbed *b = *state;
    const char *newer, *older;

    (void)pbed_tokenize(b, VISA, "c1");
    (void)pbed_tokenize(b, "5555555555554444", "c1");
    (void)pbed_tokenize(b, "378282246310005", "c2");
    assert_code(b, list(b, "c1", ""), "00");
    assert_true(pbed_is_signed(b));
    newer = strstr(b->x.body, "\"cardSuffix\":\"4444\"");
    older = strstr(b->x.body, "\"cardSuffix\":\"1111\"");
    assert_true(newer && older && newer < older);
    assert_has_not(&b->x, "\"cardSuffix\":\"0005\"");
    assert_has(&b->x, "\"isCardCoft\":\"true\"");
    assert_has(&b->x, "\"cardFirstSixDigits\":\"\"");
    assert_code(b, list(b, "c1", ",\"filterTokenCards\":true"), "00");
    assert_has(&b->x, "\"savedCards\":[]");
    assert_code(b, list(b, "nobody", ""), "00");
    assert_has(&b->x, "\"savedCards\":[]");
}

static const char *delete_card(struct pbed *b, const char *card, const char *more)
{
    char body[512];

    (void)snprintf(body, sizeof body,
                   "{\"mid\":\"%s\",\"custId\":\"c1\",\"cardId\":\"%s\",\"requestedBy\":\"CARDHOLDER\","
                   "\"reason\":\"r\",\"reasonCode\":\"OTHER\"%s}", b->paytm.mid, card, more);
    return pbed_saved(b, DELETE_CARD, body);
}

#define ONE ",\"isParRequest\":false"
#define ALL ",\"isParRequest\":true,\"isBulkDelete\":true"

static void a_deleted_card_is_gone_at_once_and_its_result_is_flat(void **state)
{
    struct pbed *b = *state;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, delete_card(b, b->token, ""), "410");
    assert_code(b, delete_card(b, b->token, ONE), "00");
    assert_has(&b->x, "\"body\":{\"resultCode\":\"00\",\"resultStatus\":\"SUCCESS\",\"resultMsg\":\"SUCCESS\"}}");
    assert_true(pbed_is_signed(b));
    assert_code(b, list(b, "c1", ""), "00");
    assert_has(&b->x, "\"savedCards\":[]");
    assert_code(b, pbed_generate(b), "726");
    assert_code(b, delete_card(b, "nonsense", ONE), "405");
    assert_code(b, delete_card(b, b->token, ",\"isParRequest\":\"no\""), "400");
}

static void the_network_hears_of_a_deletion_at_the_next_sweep(void **state)
{
    struct pbed *b = *state;
    struct sim_counts counts;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, delete_card(b, b->token, ONE), "00");
    assert_int_equal(vault_sweep(b->vault, FIXTURE_NOW), FAULT_NONE);
    sim_counts(b->f->sim, &counts);
    assert_int_equal(counts.asked[NETWORK_DELETE], 1);
    assert_code(b, pbed_info(b), "00");
    assert_has(&b->x, "\"tokenStatus\":\"DEAD\"");
}

static void all_tokens_of_a_card_are_deleted_by_its_par(void **state)
{
    struct pbed *b = *state;
    char par[40];

    (void)pbed_tokenize(b, "5555555555554444", "c1");
    (void)pbed_tokenize(b, VISA, "c1");
    pbed_keep(par, sizeof par, pbed_value(b, "panUniqueReference"));
    assert_code(b, delete_card(b, par, ",\"isParRequest\":true"), "409");
    assert_code(b, delete_card(b, par, ALL), "00");
    assert_code(b, list(b, "c1", ""), "00");
    assert_has_not(&b->x, "\"cardSuffix\":\"1111\"");
    assert_has(&b->x, "\"cardSuffix\":\"4444\"");
    assert_code(b, delete_card(b, par, ALL), "405");
    assert_code(b, delete_card(b, "V0010000000000000000000000000", ALL), "405");
}

static void a_card_is_deleted_by_its_own_customer_only(void **state)
{
    struct pbed *b = *state;

    (void)pbed_tokenize(b, VISA, "c2");
    assert_code(b, delete_card(b, b->token, ONE), "408");
    assert_code(b, delete_card(b, b->token, ",\"isParRequest\":false,\"isBulkDelete\":true"), "408");
    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, delete_card(b, b->token, ",\"isParRequest\":false,\"isBulkDelete\":true"), "00");
}

static void an_id_in_the_query_of_a_saved_card_call_counts(void **state)
{
    struct pbed *b = *state;
    char body[256], text[PBED_TEXT];

    (void)snprintf(body, sizeof body, "{\"mid\":\"%s\",\"custId\":\"c1\"}", b->paytm.mid);
    for (unsigned i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text, "{\"head\":{\"tokenType\":\"CHECKSUM\",\"token\":\"%s\"},\"body\":%s}",
                       pbed_sign(b, body), body);
        assert_code(b, pbed_send(b, CARDS, "requestId=s1", text), i ? "406" : "00");
        assert_string_equal(pbed_value(b, "requestId"), "s1");
    }
    assert_code(b, pbed_send(b, CARDS, "requestId=%ff", text), "406");
    assert_string_not_equal(pbed_value(b, "requestId"), "\xff");
}

static void a_replayed_deletion_is_refused(void **state)
{
    struct pbed *b = *state;

    (void)pbed_tokenize(b, VISA, "c1");
    assert_code(b, delete_card(b, b->token, ONE), "00");
    assert_code(b, pbed_send(b, DELETE_CARD, NULL, b->sent), "406");
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, pbed_setup, pbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(a_suspended_token_tells_nothing_until_it_is_resumed),
        WITH_BED(what_the_issuer_suspended_a_merchant_cannot_resume),
        WITH_BED(token_info_is_signed_over_its_parameters),
        WITH_BED(an_old_question_about_a_token_is_refused),
        WITH_BED(a_card_and_its_token_have_one_par),
        WITH_BED(a_guest_gets_a_number_and_nothing_is_saved),
        WITH_BED(a_guests_cryptogram_is_of_the_amount_that_was_given),
        WITH_BED(saved_cards_are_the_customers_live_tokens),
        WITH_BED(a_deleted_card_is_gone_at_once_and_its_result_is_flat),
        WITH_BED(the_network_hears_of_a_deletion_at_the_next_sweep),
        WITH_BED(all_tokens_of_a_card_are_deleted_by_its_par),
        WITH_BED(a_card_is_deleted_by_its_own_customer_only),
        WITH_BED(an_id_in_the_query_of_a_saved_card_call_counts),
        WITH_BED(a_replayed_deletion_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
