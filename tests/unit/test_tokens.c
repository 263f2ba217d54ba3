/* test_tokens.c: tokens, consents and requestors as rows. */
#include "store_bed.h"

#include "store/tokens.h"

#include "base/banned.h"

enum { MERCHANT = 7, INIT = 0, ACTIVE = 1, SUSPENDED = 2, DEAD = 3, FAILED = 4 };
static const int64_t noon_ms = INT64_C(1760000000000);

/* What a test does in a write job. */
struct job { struct bed_env *env; const void *in; void *out; int64_t merchant_id, no; struct span text; size_t n; };

#define OWNER(c) ((struct span){ (const uint8_t *)c c c c c c c c c c c c c c c c, 16 })
#define FINGERPRINT ((struct span){ (const uint8_t *)"0123456789abcdef\0\xff_3456789abcdef", 32 })

static struct token_row usual_token(int64_t no)
{
    return (struct token_row){
        .merchant_id = MERCHANT, .token_no = no, .owner = OWNER("a"), .fingerprint = FINGERPRINT,
        .customer_id = SPAN("customer"), .sub_merchant = SPAN("shop"), .channel = 1, .scheme = 2, .status = ACTIVE,
        .suspended_by = 0, .expired = 1, .expiry = 203012, .last4 = SPAN("1111"), .issuer = SPAN("A Bank"),
        .issuer_code = SPAN("ABNK"), .country = SPAN("IN"), .type = 1, .sub = 2, .par = SPAN("V0010000000"),
        .network_ref = SPAN("ref-1"), .bin9 = SPAN("123456789"), .token_last4 = SPAN("2222"), .verdict = 3,
        .created_ms = noon_ms, .updated_ms = noon_ms + 1, .ask_ms = noon_ms + 2, .wanted = 4, .request = noon_ms + 3,
    };
}

static enum fault insert(struct store_tx *tx, void *arg)
{
    return tokens_insert(tx, arg);
}

static enum fault update(struct store_tx *tx, void *arg)
{
    return tokens_update(tx, arg);
}

static enum fault find(struct store_tx *tx, void *arg)
{
    struct job *j = arg;

    return tokens_find(tx, j->out, j->env->arena, j->merchant_id, j->no);
}

static enum fault find_owner(struct store_tx *tx, void *arg)
{
    struct job *j = arg;

    return tokens_find_owner(tx, j->out, j->env->arena, j->merchant_id, j->text);
}

static void put(struct bed_env *e, struct token_row t)
{
    assert_int_equal(store_write(e->store, insert, &t), FAULT_NONE);
}

static enum fault look(struct bed_env *e, struct token_row *out, int64_t merchant_id, int64_t no)
{
    struct job j = { .env = e, .out = out, .merchant_id = merchant_id, .no = no };

    return store_write(e->store, find, &j);
}

static void assert_same(const struct token_row *a, const struct token_row *b)
{
    const struct span *const spans[][2] = {
        { &a->owner, &b->owner }, { &a->fingerprint, &b->fingerprint }, { &a->customer_id, &b->customer_id },
        { &a->sub_merchant, &b->sub_merchant }, { &a->last4, &b->last4 }, { &a->issuer, &b->issuer },
        { &a->issuer_code, &b->issuer_code }, { &a->country, &b->country }, { &a->par, &b->par },
        { &a->network_ref, &b->network_ref }, { &a->bin9, &b->bin9 }, { &a->token_last4, &b->token_last4 },
    };
    const int64_t numbers[][2] = {
        { a->merchant_id, b->merchant_id }, { a->token_no, b->token_no }, { a->channel, b->channel },
        { a->scheme, b->scheme }, { a->status, b->status }, { a->suspended_by, b->suspended_by },
        { a->expired, b->expired }, { a->expiry, b->expiry }, { a->type, b->type }, { a->sub, b->sub },
        { a->verdict, b->verdict }, { a->created_ms, b->created_ms }, { a->updated_ms, b->updated_ms },
        { a->ask_ms, b->ask_ms }, { a->wanted, b->wanted }, { a->request, b->request },
    };

    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        assert_int_equal(span_absent(*spans[i][0]), span_absent(*spans[i][1]));
        assert_true(span_equal(*spans[i][0], *spans[i][1]));
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_int_equal(numbers[i][0], numbers[i][1]);
}

static void every_field_comes_back_as_it_went(void **state)
{
    struct bed_env *e = *state;
    struct token_row t = usual_token(12), row;

    put(e, t);
    assert_int_equal(look(e, &row, MERCHANT, 12), FAULT_NONE);
    assert_same(&row, &t);
}

static void what_is_not_known_yet_is_absent(void **state)
{
    struct bed_env *e = *state;
    struct token_row t = usual_token(12), row;

    t.customer_id = t.sub_merchant = t.issuer = t.issuer_code = t.country = (struct span){ 0 };
    t.par = t.network_ref = t.bin9 = t.token_last4 = (struct span){ 0 };
    put(e, t);
    assert_int_equal(look(e, &row, MERCHANT, 12), FAULT_NONE);
    assert_same(&row, &t);
}

static enum fault look_for_any(struct store_tx *tx, void *any)
{
    return tokens_any(tx, any);
}

static void whether_there_is_any_token_is_told(void **state)
{
    struct bed_env *e = *state;
    bool any = true;

    assert_int_equal(store_write(e->store, look_for_any, &any), FAULT_NONE);
    assert_false(any);
    put(e, usual_token(12));
    assert_int_equal(store_write(e->store, look_for_any, &any), FAULT_NONE);
    assert_true(any);
}

static void a_token_is_its_merchants_alone(void **state)
{
    struct bed_env *e = *state;
    struct token_row row;

    put(e, usual_token(12));
    assert_int_equal(look(e, &row, MERCHANT + 1, 12), FAULT_NOT_FOUND);
    assert_int_equal(look(e, &row, MERCHANT, 13), FAULT_NOT_FOUND);
}

static void an_update_writes_what_may_change_and_nothing_else(void **state)
{
    struct bed_env *e = *state;
    struct token_row t = usual_token(12), changed = t, row;

    put(e, t);
    changed.status = SUSPENDED;
    changed.suspended_by = 3;
    changed.expired = 0;
    changed.expiry = 203101;
    changed.par = SPAN("V2");
    changed.network_ref = SPAN("ref-2");
    changed.bin9 = SPAN("987654321");
    changed.token_last4 = SPAN("3333");
    changed.verdict = 9;
    changed.updated_ms = changed.ask_ms = changed.request = noon_ms + 9;
    changed.wanted = 5;
    row = changed;
    row.last4 = SPAN("9999");
    row.customer_id = SPAN("another");
    row.created_ms = 1;
    assert_int_equal(store_write(e->store, update, &row), FAULT_NONE);
    assert_int_equal(look(e, &row, MERCHANT, 12), FAULT_NONE);
    assert_same(&row, &changed);
}

static void an_update_of_nothing_says_so(void **state)
{
    struct bed_env *e = *state;
    struct token_row t = usual_token(12);

    assert_int_equal(store_write(e->store, update, &t), FAULT_NOT_FOUND);
    put(e, t);
    t.merchant_id++;
    assert_int_equal(store_write(e->store, update, &t), FAULT_NOT_FOUND);
}

static void an_owner_has_one_live_token(void **state)
{
    struct bed_env *e = *state;

    for (int64_t status = INIT; status <= SUSPENDED; status++) {
        struct token_row t = usual_token(100 + status), again = usual_token(200 + status);

        t.owner = again.owner = (struct span){ (const uint8_t *)"0123456789abcdef" + status, 16 - (size_t)status };
        t.status = status;
        put(e, t);
        assert_int_equal(store_write(e->store, insert, &again), FAULT_EXISTS);
        again.merchant_id++;          /* another merchant's owner is another */
        put(e, again);
    }
}

static void an_owner_whose_tokens_have_ended_gets_another(void **state)
{
    struct bed_env *e = *state;
    struct token_row dead = usual_token(1), failed = usual_token(2), live = usual_token(3), row;
    struct job j = { .env = e, .out = &row, .merchant_id = MERCHANT, .text = OWNER("a") };

    dead.status = DEAD;
    failed.status = FAILED;
    put(e, dead);
    put(e, failed);
    assert_int_equal(store_write(e->store, find_owner, &j), FAULT_NOT_FOUND);
    put(e, live);
    assert_int_equal(store_write(e->store, find_owner, &j), FAULT_NONE);
    assert_int_equal(row.token_no, 3);
    j.merchant_id++;
    assert_int_equal(store_write(e->store, find_owner, &j), FAULT_NOT_FOUND);
}

struct seen { int64_t no[8]; size_t n, stop_at; };

static enum fault see(void *arg, const struct token_row *t)
{
    struct seen *s = arg;

    s->no[s->n++] = t->token_no;
    return s->n == s->stop_at ? FAULT_MISMATCH : FAULT_NONE;
}

static enum fault each(struct store_tx *tx, void *arg)
{
    struct job *j = arg;

    return tokens_each(tx, j->merchant_id, j->text, see, j->out);
}

static enum fault due(struct store_tx *tx, void *arg)
{
    struct job *j = arg;

    return tokens_due(tx, j->no, (int64_t)j->n, see, j->out);
}

static void put_owned(struct bed_env *e, int64_t no, struct span customer)
{
    struct token_row t = usual_token(no);
    uint8_t owner[16] = { (uint8_t)no };

    t.owner = (struct span){ owner, sizeof owner };
    t.customer_id = customer;
    t.ask_ms = no == 3 ? 0 : noon_ms - no;
    put(e, t);
}

static void a_customers_tokens_come_newest_first(void **state)
{
    struct bed_env *e = *state;
    struct seen seen = { .n = 0 };
    struct job j = { .env = e, .out = &seen, .merchant_id = MERCHANT, .text = SPAN("c") };

    put_owned(e, 2, SPAN("c"));
    put_owned(e, 9, SPAN("c"));
    put_owned(e, 5, SPAN("c"));
    put_owned(e, 6, SPAN("d"));
    put_owned(e, 7, (struct span){ 0 });
    assert_int_equal(store_write(e->store, each, &j), FAULT_NONE);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.no[0], 9);
    assert_int_equal(seen.no[1], 5);
    assert_int_equal(seen.no[2], 2);
    seen = (struct seen){ .stop_at = 2 };
    assert_int_equal(store_write(e->store, each, &j), FAULT_MISMATCH);
    assert_int_equal(seen.n, 2);
    seen = (struct seen){ 0 };
    j.merchant_id++;
    assert_int_equal(store_write(e->store, each, &j), FAULT_NONE);
    assert_int_equal(seen.n, 0);
}

static void open_tokens_come_when_they_are_due_and_oldest_first(void **state)
{
    struct bed_env *e = *state;
    struct seen seen = { .n = 0 };
    struct job j = { .env = e, .out = &seen, .no = noon_ms - 2, .n = 8 };

    for (int64_t no = 1; no <= 5; no++)      /* 3 is not open; 1 is due later */
        put_owned(e, no, SPAN("c"));
    assert_int_equal(store_write(e->store, due, &j), FAULT_NONE);
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.no[0], 5);
    assert_int_equal(seen.no[1], 4);
    assert_int_equal(seen.no[2], 2);
    seen = (struct seen){ 0 };
    j.n = 1;
    assert_int_equal(store_write(e->store, due, &j), FAULT_NONE);
    assert_int_equal(seen.n, 1);
}

static enum fault next_no(struct store_tx *tx, void *arg)
{
    struct job *j = arg;

    return tokens_next_no(tx, j->out, j->merchant_id, j->no);
}

static int64_t next(struct bed_env *e, int64_t merchant_id, int64_t now_ms)
{
    int64_t no = 0;
    struct job j = { .out = &no, .merchant_id = merchant_id, .no = now_ms };

    assert_int_equal(store_write(e->store, next_no, &j), FAULT_NONE);
    return no;
}

static void numbers_rise_even_when_the_clock_goes_back(void **state)
{
    struct bed_env *e = *state;
    int64_t first = next(e, MERCHANT, noon_ms), same = next(e, MERCHANT, noon_ms), later, back;

    later = next(e, MERCHANT, noon_ms + 1);
    back = next(e, MERCHANT, noon_ms - 100000);
    assert_int_equal(same, first + 1);
    assert_true(later > same);
    assert_int_equal(back, later + 1);
    assert_true(later < INT64_C(1) << 53);
}

static void numbers_go_on_after_the_store_was_opened_again(void **state)
{
    struct bed_env *e = *state;
    struct token_row t = usual_token(next(e, MERCHANT, noon_ms));

    put(e, t);
    store_close(e->store);
    e->store = bed_open(&e->bed, NULL);
    assert_int_equal(next(e, MERCHANT, noon_ms), t.token_no + 1);
    assert_int_equal(next(e, MERCHANT + 1024, noon_ms), t.token_no);      /* of the same slot, but another's */
    assert_int_equal(next(e, MERCHANT, noon_ms), t.token_no + 1);
}

static void a_reader_makes_no_numbers(void **state)
{
    struct bed_env *e = *state;
    int64_t no = 0;
    struct job j = { .out = &no, .merchant_id = MERCHANT, .no = noon_ms };
    struct store_reader *r;

    assert_int_equal(store_reader_open(&r, e->store), FAULT_NONE);
    assert_int_equal(store_read(r, next_no, &j), FAULT_INTERNAL);
    store_reader_close(r);
}

static enum fault consent(struct store_tx *tx, void *arg)
{
    return consents_insert(tx, arg);
}

struct consents { struct consent_row rows[8]; struct bed_env *env; size_t n; };

static enum fault see_consent(void *arg, const struct consent_row *c)
{
    struct consents *s = arg;
    struct consent_row *row = &s->rows[s->n++];

    *row = *c;
    if (!span_absent(c->consent_id))
        row->consent_id = arena_copy(s->env->arena, c->consent_id);
    if (!span_absent(c->auth_ref))
        row->auth_ref = arena_copy(s->env->arena, c->auth_ref);
    return FAULT_NONE;
}

static enum fault consents(struct store_tx *tx, void *arg)
{
    struct job *j = arg;

    return consents_each(tx, j->merchant_id, j->no, see_consent, j->out);
}

static void consents_are_kept_each_once(void **state)
{
    struct bed_env *e = *state;
    struct consents seen = { .env = e };
    struct job j = { .env = e, .out = &seen, .merchant_id = MERCHANT, .no = 5 };
    struct consent_row rows[] = {
        { MERCHANT, 5, noon_ms, 1, SPAN("c-1"), SPAN("auth") },
        { MERCHANT, 5, noon_ms, 1, SPAN("c-1"), SPAN("auth") },
        { MERCHANT, 5, noon_ms, 1, SPAN("c-2"), { 0 } },
        { MERCHANT, 5, noon_ms + 1, 2, { 0 }, { 0 } },
        { MERCHANT, 5, noon_ms + 1, 2, { 0 }, { 0 } },
        { MERCHANT, 6, noon_ms, 1, SPAN("c-1"), { 0 } },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(store_write(e->store, consent, &rows[i]), FAULT_NONE);
    assert_int_equal(store_write(e->store, consents, &j), FAULT_NONE);
    assert_int_equal(seen.n, 3);
    assert_true(span_equal(seen.rows[0].consent_id, SPAN("c-1")) && span_equal(seen.rows[0].auth_ref, SPAN("auth")));
    assert_int_equal(seen.rows[0].channel, 1);
    assert_int_equal(seen.rows[0].given_ms, noon_ms);
    assert_true(span_absent(seen.rows[2].consent_id) && span_absent(seen.rows[2].auth_ref));
}

static enum fault requestor(struct store_tx *tx, void *arg)
{
    return requestors_put(tx, arg);
}

static enum fault find_requestor(struct store_tx *tx, void *arg)
{
    struct job *j = arg;

    return requestors_find(tx, j->out, j->env->arena, j->merchant_id, j->no);
}

static void a_merchant_has_one_requestor_id_at_each_scheme(void **state)
{
    struct bed_env *e = *state;
    struct requestor_row r = { MERCHANT, 2, SPAN("40000000079"), 1, noon_ms }, again = r, found;
    struct job j = { .env = e, .out = &found, .merchant_id = MERCHANT, .no = 2 };

    again.trid = SPAN("50000000079");
    again.active = 0;
    assert_int_equal(store_write(e->store, requestor, &r), FAULT_NONE);
    assert_int_equal(store_write(e->store, find_requestor, &j), FAULT_NONE);
    assert_true(span_equal(found.trid, r.trid));
    assert_int_equal(found.active, 1);
    assert_int_equal(found.created_ms, noon_ms);
    assert_int_equal(store_write(e->store, requestor, &again), FAULT_NONE);
    assert_int_equal(store_write(e->store, find_requestor, &j), FAULT_NONE);
    assert_true(span_equal(found.trid, again.trid));
    assert_int_equal(found.active, 0);
    j.no = 3;
    assert_int_equal(store_write(e->store, find_requestor, &j), FAULT_NOT_FOUND);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, bed_setup, bed_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(every_field_comes_back_as_it_went),
        FRESH(what_is_not_known_yet_is_absent),
        FRESH(whether_there_is_any_token_is_told),
        FRESH(a_token_is_its_merchants_alone),
        FRESH(an_update_writes_what_may_change_and_nothing_else),
        FRESH(an_update_of_nothing_says_so),
        FRESH(an_owner_has_one_live_token),
        FRESH(an_owner_whose_tokens_have_ended_gets_another),
        FRESH(a_customers_tokens_come_newest_first),
        FRESH(open_tokens_come_when_they_are_due_and_oldest_first),
        FRESH(numbers_rise_even_when_the_clock_goes_back),
        FRESH(numbers_go_on_after_the_store_was_opened_again),
        FRESH(a_reader_makes_no_numbers),
        FRESH(consents_are_kept_each_once),
        FRESH(a_merchant_has_one_requestor_id_at_each_scheme),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
