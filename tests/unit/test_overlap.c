/* While two generations of a key are worked with: what was shown, saved or begun under the older one goes on. */
#include "pay_bed.h"
#include "service/ids.h"
#include "sim_bed.h"

#include "base/banned.h"

static void rotate(struct pbed *b, enum key_purpose purpose, uint64_t from)
{
    uint8_t bytes[8];
    struct key_ask ask = { .op = KEY_ROTATE, .use = KEY_USE_CHECK, .number = purpose }, told;

    assert_int_equal(card_tick_ask(&told, b->f->arena, clock_now_ms(b->s->clock)), FAULT_NONE);
    fixture_ask(b->f, &told, 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(from >> (56 - 8 * i));
    if (purpose == KEY_PURPOSE_ID)
        ask.in = (struct span){ bytes, sizeof bytes };
    fixture_ask(b->f, &ask, 1);
    assert_int_equal(ask.fault, FAULT_NONE);
}

static struct key_ring ring(struct pbed *b)
{
    uint8_t bytes[KEY_RING_SIZE];
    struct key_ask ask = { .op = KEY_RING, .use = KEY_USE_CHECK, .out = BUF(bytes) };
    struct key_ring r;

    fixture_ask(b->f, &ask, 1);
    assert_int_equal(key_ring_read(&r, &ask), FAULT_NONE);
    return r;
}

static void take(struct pbed *b)
{
    struct key_ring r = ring(b);

    assert_int_equal(ids_take(b->s->ids, &r, b->s->keyholder), FAULT_NONE);
}

/* Everything that is printed of one order, and of a token with the same number. */
struct shown {
    char session[IDS_SESSION_TEXT], order_token[IDS_ORDER_TOKEN_TEXT];
    uint64_t cf_order, payment;
    uint8_t token[IDS_TOKEN];
};

static struct shown show(const struct ids *i, const struct order_row *o)
{
    struct shown s = { .cf_order = ids_cf_order(i, o), .payment = ids_digits(i, IDS_OF_PAYMENT, o->merchant_id, 17) };

    ids_session(i, s.session, o);
    ids_order_token(i, s.order_token, o);
    ids_token(i, s.token, o->merchant_id, o->order_no);
    return s;
}

static void assert_opens(const struct ids *i, const struct shown *s, const struct order_row *o, size_t age)
{
    struct ids_opened_session session;
    struct ids_opened_order order;
    int64_t merchant_id, no;

    assert_int_equal(ids_session_open(i, &session, span_of(s->session)), FAULT_NONE);
    assert_int_equal(session.merchant_id, o->merchant_id);
    assert_true(span_equal(span_of(session.order_id), o->order_id));
    assert_memory_equal(session.session, o->session.p, ORDER_SESSION);
    assert_int_equal(ids_token_open(i, &merchant_id, &no, s->token), FAULT_NONE);
    assert_int_equal(merchant_id, o->merchant_id);
    assert_int_equal(no, o->order_no);
    assert_int_equal(ids_order_token_open(i, &order, span_of(s->order_token), age), FAULT_NONE);
    assert_int_equal(order.order_no, o->order_no);
    assert_int_equal(ids_digits_open(i, IDS_OF_PAYMENT, &merchant_id, &no, s->payment), FAULT_NONE);
    assert_int_equal(no, 17);
}

static void assert_same(const struct shown *a, const struct shown *b)
{
    assert_string_equal(a->session, b->session);
    assert_string_equal(a->order_token, b->order_token);
    assert_memory_equal(a->token, b->token, IDS_TOKEN);
    assert_true(a->cf_order == b->cf_order && a->payment == b->payment);
}

static void an_id_never_changes_and_what_comes_later_is_under_the_newer_key(void **state)
{
    static const uint8_t random[ORDER_SESSION] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
    struct pbed *b = *state;
    struct order_row rows[3];
    struct shown before[3];

    take(b);
    for (size_t i = 0; i < 3; i++) {
        rows[i] = (struct order_row){ .merchant_id = 7, .order_no = 1000 * (int64_t)(i + 1),
                                      .order_id = SPAN("order-1"), .session = { random, sizeof random } };
        before[i] = show(b->s->ids, &rows[i]);
        assert_opens(b->s->ids, &before[i], &rows[i], 0);
    }
    rotate(b, KEY_PURPOSE_ID, 2000);
    take(b);
    rotate(b, KEY_PURPOSE_ID, 3000);
    take(b);
    take(b);                                       /* the same again changes nothing */
    for (size_t i = 0; i < 3; i++) {
        struct shown now = show(b->s->ids, &rows[i]);
        int64_t merchant_id, no;
        assert_opens(b->s->ids, &now, &rows[i], 2 - i);
        if (i == 0) {
            assert_same(&now, &before[i]);
            continue;
        }
        assert_string_not_equal(now.session, before[i].session);
        assert_string_not_equal(now.order_token, before[i].order_token);
        assert_true(now.cf_order != before[i].cf_order);
        assert_true(now.payment == before[i].payment);      /* in digits: one key for good */
        /* What the older key would have shown of a number that it does not go for is nobody's. */
        assert_int_equal(ids_token_open(b->s->ids, &merchant_id, &no, before[i].token), FAULT_BAD_INPUT);
    }
    assert_int_equal(ids_order_token_open(b->s->ids, &(struct ids_opened_order){ 0 }, span_of(before[0].order_token),
                                          3), FAULT_NOT_FOUND);
}

struct search { struct pbed *b; struct order_row *out; const char *text; };

static enum fault search(struct store_tx *tx, void *arg)
{
    struct search *s = arg;

    return pay_order_of_token(s->b->s, tx, s->out, s->b->f->arena, span_of(s->text));
}

static enum fault find_by_token(struct pbed *b, struct order_row *out, const char *text)
{
    struct search s = { b, out, text };

    return store_write(b->s->store, search, &s);
}

/* Through the order's own token, as versions of the API print it that ask with it. */
static void an_order_is_found_by_the_token_it_had_before_the_rotation(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b), found;
    char text[IDS_ORDER_TOKEN_TEXT];

    take(b);
    ids_order_token(b->s->ids, text, o);
    rotate(b, KEY_PURPOSE_ID, (uint64_t)o->order_no + 1);
    take(b);
    assert_int_equal(find_by_token(b, &found, text), FAULT_NONE);
    assert_int_equal(found.order_no, o->order_no);
    text[3] = text[3] == 'A' ? 'B' : 'A';
    assert_int_equal(find_by_token(b, &found, text), FAULT_NOT_FOUND);
}

static void without_the_keyholder_the_keys_stay_as_they_are(void **state)
{
    struct pbed *b = *state;
    struct order_row *o = pbed_order(b);
    struct shown before, after;
    struct key_ring r;

    take(b);
    before = show(b->s->ids, o);
    rotate(b, KEY_PURPOSE_ID, 1);
    r = ring(b);
    fixture_keyholder_stop(b->f);
    assert_int_equal(ids_take(b->s->ids, &r, b->s->keyholder), FAULT_SILENT);
    fixture_keyholder_start(b->f);
    after = show(b->s->ids, o);
    assert_same(&before, &after);
}

static void a_card_saved_under_the_older_key_is_found_and_keeps_its_fingerprint(void **state)
{
    struct pbed *b = *state;
    struct vault_job *first = vbed_make(b->v, vbed_anna(b->v), VBED_VISA), *again;
    struct token_row row = vbed_read(b->v, b->merchant_id, first->row.token_no).row;
    uint8_t fingerprint[CARD_FINGERPRINT];
    const struct card_facts *facts;

    assert_int_equal(row.fingerprint.n, CARD_FINGERPRINT);
    memcpy(fingerprint, row.fingerprint.p, CARD_FINGERPRINT);
    rotate(b, KEY_PURPOSE_FINGERPRINT, 0);
    facts = vbed_card(b->v, VBED_VISA, vbed_anna(b->v));
    assert_true(facts->has_before);
    assert_memory_equal(facts->before.fingerprint, fingerprint, CARD_FINGERPRINT);
    assert_memory_not_equal(facts->fingerprint, fingerprint, CARD_FINGERPRINT);

    again = vbed_make(b->v, vbed_anna(b->v), VBED_VISA);
    assert_true(again->existed);
    assert_int_equal(again->row.token_no, first->row.token_no);
    row = vbed_read(b->v, b->merchant_id, first->row.token_no).row;
    assert_memory_equal(row.fingerprint.p, fingerprint, CARD_FINGERPRINT);

    again = vbed_make(b->v, (struct vbed_who){ .merchant_id = b->merchant_id, .customer = "berta" }, VBED_VISA);
    assert_false(again->existed);
    assert_memory_equal(again->row.fingerprint.p, facts->fingerprint, CARD_FINGERPRINT);
}

static void a_payment_saves_no_second_token_of_a_card_known_under_the_older_key(void **state)
{
    struct pbed *b = *state;
    struct vault_job *first = vbed_make(b->v, vbed_anna(b->v), VBED_VISA);
    struct pay_job *job;
    struct payment_row p;

    (void)vbed_wait(b->v, &first->row, TOKEN_ACTIVE);
    rotate(b, KEY_PURPOSE_FINGERPRINT, 0);
    job = pbed_do(b, pbed_saving(b, pbed_order(b), VBED_VISA));
    p = pbed_row(b, &job->row);
    assert_int_equal(p.flight.n, PAY_FLIGHT_BEFORE);
    job = pbed_do(b, pbed_otp(&p, PBED_OTP));
    assert_int_equal(pbed_row(b, &job->row).token_no, first->row.token_no);
    assert_int_equal(vbed_network_asked(b->v, NETWORK_PROVISION), 1);
}

int main(void)
{
#define PASSES(name) cmocka_unit_test_setup_teardown(name, pbed_setup, pbed_teardown)
    const struct CMUnitTest tests[] = {
        PASSES(an_id_never_changes_and_what_comes_later_is_under_the_newer_key),
        PASSES(an_order_is_found_by_the_token_it_had_before_the_rotation),
        PASSES(without_the_keyholder_the_keys_stay_as_they_are),
        PASSES(a_card_saved_under_the_older_key_is_found_and_keeps_its_fingerprint),
        PASSES(a_payment_saves_no_second_token_of_a_card_known_under_the_older_key),
    };

    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
