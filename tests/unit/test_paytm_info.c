/* test_paytm_info.c: a token's information by the id of the request that made it. */
#include "paytm_bed.h"

#include "base/banned.h"

#define MADE_BY "request-id"

/* Ask by a request's id; the token's index is then in `index`. */
static const char *ask(struct pbed *b, const char *request, char index[static 48])
{
    const char *code = pbed_info_by(b, MADE_BY, request);

    pbed_keep(index, 48, pbed_value(b, "tokenIndexNumber"));
    return code;
}

static void a_token_is_found_by_the_request_that_made_it(void **state)
{
    struct pbed *b = *state;
    char request[40], index[48];

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    pbed_keep(request, sizeof request, b->id);
    assert_code(b, ask(b, request, index), "00");
    assert_true(pbed_is_signed(b));
    assert_string_equal(index, b->token);
    assert_has(&b->x, "\"tokenStatus\":\"ACTIVE\"");
    assert_has_not(&b->x, "cardToken");
    assert_code(b, ask(b, request, index), "00");
}

static void each_request_names_the_token_it_was_given(void **state)
{
    struct pbed *b = *state;
    char one[40], same[40], other[40], first[48], index[48];

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    pbed_keep(one, sizeof one, b->id);
    pbed_keep(first, sizeof first, b->token);
    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    pbed_keep(same, sizeof same, b->id);
    assert_code(b, pbed_tokenize(b, VISA, "c2"), "00");
    pbed_keep(other, sizeof other, b->id);
    assert_code(b, ask(b, one, index), "00");
    assert_string_equal(index, first);
    assert_code(b, ask(b, same, index), "00");
    assert_string_equal(index, first);
    assert_code(b, ask(b, other, index), "00");
    assert_string_equal(index, b->token);
}

static void an_asynchronous_token_is_found_before_its_index_is_known(void **state)
{
    struct pbed *b = *state;
    char request[40], made[48], index[48];

    assert_code(b, pbed_post(b, TOKENIZE_ASYNC, pbed_tokenize_body(b, "4111110000000013", "c1")), "100");
    pbed_keep(request, sizeof request, b->id);
    pbed_keep(made, sizeof made, pbed_value(b, "tokenIndexNumber"));
    assert_code(b, ask(b, request, index), "100");
    assert_string_equal(index, made);
}

static void a_token_that_the_network_refused_is_told_as_failed(void **state)
{
    struct pbed *b = *state;
    char request[40], index[48];

    assert_code(b, pbed_tokenize(b, "4111110000000021", "c1"), "100");
    pbed_keep(request, sizeof request, b->id);
    fixture_set_clock(b->f, FIXTURE_NOW + 3000);
    assert_code(b, ask(b, request, index), "00");
    assert_has(&b->x, "\"tokenStatus\":\"FAILED\"");
}

static void a_request_that_made_no_token_names_none(void **state)
{
    struct pbed *b = *state;
    char request[40], index[48];

    assert_code(b, ask(b, "never", index), "405");
    assert_true(pbed_is_signed(b));
    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    assert_code(b, pbed_generate(b), "00");
    pbed_keep(request, sizeof request, b->id);
    assert_code(b, ask(b, request, index), "405");
    assert_code(b, pbed_tokenize(b, "4111111111111112", "c1"), "409");
    pbed_keep(request, sizeof request, b->id);
    assert_code(b, ask(b, request, index), "405");
}

static void another_merchants_request_names_none(void **state)
{
    struct pbed *b = *state;
    struct merchant_credentials other;
    struct partner_paytm mine = b->paytm;
    char request[40], index[48];

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    pbed_keep(request, sizeof request, b->id);
    assert_int_equal(merchant_add(&b->f->services, &other, SPAN("Other"), SPAN("INR")), FAULT_NONE);
    assert_int_equal(partner_paytm_add(&b->f->services, &b->paytm, other.merchant_id, SPAN(""), SPAN("")), FAULT_NONE);
    assert_code(b, ask(b, request, index), "405");
    b->paytm = mine;
    assert_code(b, ask(b, request, index), "00");
}

static void a_request_is_remembered_for_a_day(void **state)
{
    struct pbed *b = *state;
    char request[40], index[48];

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    pbed_keep(request, sizeof request, b->id);
    fixture_set_clock(b->f, FIXTURE_NOW + PARTNER_SIGNATURE_MS - 1);
    assert_code(b, ask(b, request, index), "00");
    fixture_set_clock(b->f, FIXTURE_NOW + PARTNER_SIGNATURE_MS);
    assert_code(b, ask(b, request, index), "405");
    assert_code(b, pbed_info(b), "00");          /* its index names it longer */
}

/* A question with both, the values of the signed text in the order of their names. */
static const char *ask_by_both(struct pbed *b, const char *request, const char *index)
{
    char text[256], query[256];

    pbed_next_id(b);
    (void)snprintf(text, sizeof text, "%s|%s|%s|1700000000000|%s|v1", b->paytm.mid, request, b->id, index);
    (void)snprintf(query, sizeof query, "request-id=%s&requestId=%s&tokenIndexNumber=%s", request, b->id, index);
    assert_int_equal(xbed_send(&b->x, (struct xbed_sent){
        .route = INFO, .param = b->paytm.mid, .query = query,
        .headers = { { "version", "v1" }, { "requestTimestamp", "1700000000000" }, { "requestId", b->id },
                     { "signatureType", "CHECKSUM" }, { "signature", pbed_sign(b, text) } } }), 200);
    pbed_keep(b->code, sizeof b->code, pbed_value(b, "resultCode"));
    return b->code;
}

static void of_both_the_index_counts_and_both_are_signed(void **state)
{
    struct pbed *b = *state;
    char request[40];

    assert_code(b, pbed_tokenize(b, VISA, "c1"), "00");
    pbed_keep(request, sizeof request, b->id);
    assert_code(b, ask_by_both(b, "never", b->token), "00");
    assert_code(b, ask_by_both(b, request, "00112233445566778899aabbccddeeff"), "405");
    assert_code(b, ask_by_both(b, request, ""), "1002");      /* what is empty is not signed */
}

static void without_either_one_is_missed(void **state)
{
    struct pbed *b = *state;
    char text[256], query[64];

    pbed_next_id(b);
    (void)snprintf(text, sizeof text, "%s|%s|1700000000000|v1", b->paytm.mid, b->id);
    (void)snprintf(query, sizeof query, "request-id=&requestId=%s", b->id);
    (void)xbed_send(&b->x, (struct xbed_sent){
        .route = INFO, .param = b->paytm.mid, .query = query,
        .headers = { { "version", "v1" }, { "requestTimestamp", "1700000000000" }, { "requestId", b->id },
                     { "signatureType", "CHECKSUM" }, { "signature", pbed_sign(b, text) } } });
    assert_string_equal(pbed_value(b, "resultCode"), "410");
}

#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, pbed_setup, pbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(a_token_is_found_by_the_request_that_made_it),
        WITH_BED(each_request_names_the_token_it_was_given),
        WITH_BED(an_asynchronous_token_is_found_before_its_index_is_known),
        WITH_BED(a_token_that_the_network_refused_is_told_as_failed),
        WITH_BED(a_request_that_made_no_token_names_none),
        WITH_BED(another_merchants_request_names_none),
        WITH_BED(a_request_is_remembered_for_a_day),
        WITH_BED(of_both_the_index_counts_and_both_are_signed),
        WITH_BED(without_either_one_is_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
