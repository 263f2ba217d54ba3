/* test_vault_told.c: of which changes of a token its merchant is told, and that nobody else is. */
#include "vault_bed.h"

#include "service/endpoints.h"
#include "store/outbox.h"

#include "base/banned.h"

#define DECLINED "4111110000000039"
#define LATER "4111110000000013"

/* Everything a merchant was told, oldest first, as "TOKEN ACTIVE, ...". */
struct told { struct buf text; int64_t merchant_id, newest; struct vbed *b; };

static enum fault put(void *arg, const struct outbox_row *d)
{
    struct told *t = arg;

    if (t->text.n)
        buf_text(&t->text, ", ");
    buf_text(&t->text, webhook_event_name((enum webhook_event)d->event));
    buf_byte(&t->text, ' ');
    buf_text(&t->text, token_status_name((enum token_status)d->subject_state));
    return FAULT_NONE;
}

static enum fault list(struct store_tx *tx, void *arg)
{
    struct told *t = arg;
    const struct outbox_filter all = { .merchant_id = t->merchant_id, .state = -1, .max = 16 };

    return outbox_list(tx, &all, put, t);
}

/* Newest first. */
static void assert_told(struct vbed *b, int64_t merchant_id, const char *expected)
{
    char text[512];
    struct told t = { .text = BUF(text), .merchant_id = merchant_id, .b = b };

    assert_int_equal(store_read(b->f->reader, list, &t), FAULT_NONE);
    buf_byte(&t.text, '\0');
    assert_false(t.text.full);
    assert_string_equal(text, expected);
}

static void listen_to(struct vbed *b, int64_t merchant_id, enum endpoint_kind kind)
{
    const struct endpoint_new n = { .merchant_id = merchant_id, .kind = kind, .url = SPAN("https://a.example/") };
    const char *why;
    int64_t no;

    assert_int_equal(endpoint_add(b->s, &no, &n, &why), FAULT_NONE);
}

static struct vault_wish through_cashfree(struct vbed *b, const char *number)
{
    struct vault_wish w = vbed_of_card(b, VAULT_MAKE, vbed_anna(b), number);

    w.consent.channel = CONSENT_BY_CASHFREE;
    w.consent.payment = w.consent.factor_payment = 7;
    return w;
}

static void each_change_is_told_once(void **state)
{
    struct vbed *b = *state;
    struct token_row t;

    listen_to(b, b->merchant_id, ENDPOINT_PAYTM);
    listen_to(b, b->f->merchant.merchant_id, ENDPOINT_PAYTM);
    t = vbed_make(b, vbed_anna(b), VBED_VISA)->row;
    assert_told(b, b->merchant_id, "TOKEN ACTIVE");
    (void)vbed_make(b, vbed_anna(b), VBED_VISA);                 /* the same token: nothing changed */
    assert_told(b, b->merchant_id, "TOKEN ACTIVE");
    (void)vbed_do(b, vbed_of_token(b, VAULT_SUSPEND, vbed_anna(b), &t));
    assert_told(b, b->merchant_id, "TOKEN SUSPENDED, TOKEN ACTIVE");
    (void)vbed_do(b, vbed_of_token(b, VAULT_DELETE, vbed_anna(b), &t));
    assert_told(b, b->merchant_id, "TOKEN DEAD, TOKEN SUSPENDED, TOKEN ACTIVE");
    assert_told(b, b->f->merchant.merchant_id, "");
}

static void a_token_made_through_cashfree_is_an_instrument_too(void **state)
{
    struct vbed *b = *state;
    struct token_row t;

    listen_to(b, b->merchant_id, ENDPOINT_CASHFREE);
    t = vbed_do(b, through_cashfree(b, VBED_VISA))->row;
    assert_told(b, b->merchant_id, "INSTRUMENT_ACTIVE ACTIVE");
    (void)vbed_do(b, vbed_of_token(b, VAULT_SUSPEND, vbed_anna(b), &t));
    (void)vbed_do(b, vbed_of_token(b, VAULT_RESUME, vbed_anna(b), &t));
    assert_told(b, b->merchant_id, "INSTRUMENT_ACTIVE ACTIVE");         /* it is told of once */
    (void)vbed_do(b, through_cashfree(b, DECLINED));
    assert_told(b, b->merchant_id, "INSTRUMENT_FAILED FAILED, INSTRUMENT_ACTIVE ACTIVE");
}

static void one_made_through_another_api_is_none(void **state)
{
    struct vbed *b = *state;

    listen_to(b, b->merchant_id, ENDPOINT_CASHFREE);
    (void)vbed_make(b, vbed_anna(b), VBED_VISA);
    assert_told(b, b->merchant_id, "");
}

static void what_the_sweeper_finds_is_told(void **state)
{
    struct vbed *b = *state;
    struct token_row t;

    listen_to(b, b->merchant_id, ENDPOINT_JUSPAY);
    t = vbed_make(b, vbed_anna(b), LATER)->row;
    assert_told(b, b->merchant_id, "");
    fixture_listen(b->f, NULL, NULL);
    fixture_set_clock(b->f, FIXTURE_NOW + 2500);
    t = vbed_read(b, t.merchant_id, t.token_no).row;
    assert_int_equal(vault_sweep(b->s->vault, t.ask_ms), FAULT_NONE);
    t = vbed_read(b, t.merchant_id, t.token_no).row;
    assert_int_equal(vault_sweep(b->s->vault, t.ask_ms ? t.ask_ms : FIXTURE_NOW + 2500), FAULT_NONE);
    assert_told(b, b->merchant_id, "TOKEN ACTIVE");
}

#define OVER_BED(test) cmocka_unit_test_setup_teardown(test, vbed_setup, vbed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OVER_BED(each_change_is_told_once),
        OVER_BED(a_token_made_through_cashfree_is_an_instrument_too),
        OVER_BED(one_made_through_another_api_is_none),
        OVER_BED(what_the_sweeper_finds_is_told),
    };

    return cmocka_run_group_tests_name("vault_told", tests, NULL, NULL);
}
