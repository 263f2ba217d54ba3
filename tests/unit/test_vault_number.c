/* test_vault_number.c: whose token has a number, and who may ask. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "service/vault_number.h"
#include "store/audit.h"
#include "token_bed.h"

#include "base/banned.h"

struct bed { struct token_bed tokens; struct vault_number n; struct pan number; };

static int set_up(void **state)
{
    struct bed *b = calloc(1, sizeof *b);

    assert_non_null(b);
    token_bed_open(&b->tokens);
    b->n = (struct vault_number){ .merchant_id = b->tokens.merchant.cashfree.merchant_id, .now_ms = FIXTURE_NOW,
                                  .arena = b->tokens.f->arena };
    assert_int_equal(pan_read(&b->number, SPAN("4111111111111111")), PAN_FINE);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bed *b = *state;

    pan_fini(&b->number);
    token_bed_close(&b->tokens);
    free(b);
    return 0;
}

static enum fault begin(struct store_tx *tx, void *arg)
{
    struct bed *b = arg;

    return vault_number_begin(&b->tokens.f->services, tx, &b->n, &b->number);
}

static enum fault settle(struct store_tx *tx, void *arg)
{
    struct bed *b = arg;

    return vault_number_settle(tx, &b->n);
}

static void the_question_names_the_merchants_own_requestor_and_the_number(void **state)
{
    struct bed *b = *state;

    assert_int_equal(store_read(b->tokens.f->reader, begin, b), FAULT_NONE);
    assert_int_equal(b->n.call.ask.op, NETWORK_FIND);
    assert_int_equal(b->n.call.ask.scheme, SCHEME_VISA);
    assert_int_equal(strlen(b->n.call.ask.trid), NETWORK_TRID);
    assert_string_equal(b->n.call.ask.number, "4111111111111111");
}

static void a_merchant_who_is_not_onboarded_cannot_ask(void **state)
{
    struct bed *b = *state;

    b->n.merchant_id = b->tokens.f->merchant.merchant_id;
    assert_int_equal(store_read(b->tokens.f->reader, begin, b), FAULT_WRONG_STATE);
}

static void without_a_network_nobody_can_ask(void **state)
{
    struct bed *b = *state;
    struct network *n = b->tokens.f->services.network;

    b->tokens.f->services.network = NULL;
    assert_int_equal(store_read(b->tokens.f->reader, begin, b), FAULT_WRONG_STATE);
    b->tokens.f->services.network = n;
}

static void asked(struct vault_number *n)
{
    (void)sem_post(n->arg);
}

static void a_number_that_no_token_has_is_not_found_and_is_forgotten(void **state)
{
    struct bed *b = *state;
    sem_t answered;

    assert_int_equal(sem_init(&answered, 0, 0), 0);
    assert_int_equal(store_read(b->tokens.f->reader, begin, b), FAULT_NONE);
    vault_number_ask(&b->tokens.f->services, &b->n, asked, &answered);
    assert_int_equal(sem_wait(&answered), 0);
    assert_int_equal(b->n.call.answer.verdict, NETWORK_NO_TOKEN);
    assert_string_equal(b->n.call.ask.number, "");
    (void)sem_destroy(&answered);
}

static enum fault insert(struct store_tx *tx, void *row)
{
    return tokens_insert(tx, row);
}

static void keep_token(struct bed *b, int64_t merchant_id)
{
    static const uint8_t owner[CARD_OWNER] = { 1 }, fingerprint[CARD_FINGERPRINT] = { 2 };
    struct token_row row = {
        .merchant_id = merchant_id, .token_no = 1, .owner = { owner, sizeof owner },
        .fingerprint = { fingerprint, sizeof fingerprint }, .customer_id = SPAN("c"), .scheme = SCHEME_VISA,
        .status = TOKEN_ACTIVE, .last4 = SPAN("1111"), .created_ms = FIXTURE_NOW, .updated_ms = FIXTURE_NOW,
    };

    assert_int_equal(store_write(b->tokens.f->services.store, insert, &row), FAULT_NONE);
}

/* The network would not say so, but it is another party. */
static void a_token_that_the_network_takes_for_another_merchants_is_not_found(void **state)
{
    struct bed *b = *state;
    int64_t other = b->tokens.f->merchant.merchant_id;

    keep_token(b, other);
    b->n.call.answer.ref = (struct network_ref){ other, 1, 0 };
    assert_int_equal(store_write(b->tokens.f->services.store, settle, b), FAULT_NOT_FOUND);
    b->n.call.answer.ref.merchant_id = b->n.merchant_id;
    assert_int_equal(store_write(b->tokens.f->services.store, settle, b), FAULT_NOT_FOUND);
    keep_token(b, b->n.merchant_id);
    assert_int_equal(store_write(b->tokens.f->services.store, settle, b), FAULT_NONE);
    assert_int_equal(b->n.row.token_no, 1);
}

static enum fault count_told(void *arg, const struct audit_row *r)
{
    *(int *)arg += r->event == AUDIT_PAR && r->token_no == 1 && span_equal(r->request_id, SPAN("r-1"));
    return FAULT_NONE;
}

static enum fault read_audit(struct store_tx *tx, void *arg)
{
    struct bed *b = arg;
    int told = 0;
    enum fault f = audit_each(tx, b->n.merchant_id, 10, count_told, &told);

    assert_int_equal(told, 1);
    return f;
}

static void that_a_token_was_told_of_is_audited(void **state)
{
    struct bed *b = *state;

    keep_token(b, b->n.merchant_id);
    b->n.request_id = SPAN("r-1");
    b->n.call.answer.ref = (struct network_ref){ b->n.merchant_id, 1, 0 };
    assert_int_equal(store_write(b->tokens.f->services.store, settle, b), FAULT_NONE);
    assert_int_equal(store_read(b->tokens.f->reader, read_audit, b), FAULT_NONE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_question_names_the_merchants_own_requestor_and_the_number),
        TEST(a_merchant_who_is_not_onboarded_cannot_ask),
        TEST(without_a_network_nobody_can_ask),
        TEST(a_number_that_no_token_has_is_not_found_and_is_forgotten),
        TEST(a_token_that_the_network_takes_for_another_merchants_is_not_found),
        TEST(that_a_token_was_told_of_is_audited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
