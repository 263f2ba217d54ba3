/* test_keys_change.c: new generations and destroyed ones, of each purpose. */
#include "keys_bed.h"

#include <unistd.h>

#include "keyholder/audit_chain.h"
#include "service/audit.h"
#include "service/ids.h"
#include "domain/token.h"
#include "service/order_token.h"
#include "store/audit_links.h"
#include "store/key_counts.h"
#include "store/tokens.h"

#include "base/banned.h"

enum { MINUTE = 60 * 1000, TOKEN = ORDER_TOKEN_MAX };
#define HOUR (60 * INT64_C(60000))

static struct key_generation generation(struct kbed *b, enum key_purpose purpose, size_t age)
{
    struct key_ring r = kbed_ring(b);
    const struct key_generation *g = keys_find(&r, purpose, age);

    assert_non_null(g);
    return *g;
}

static enum keys_state state_of(struct kbed *b, enum key_purpose purpose, size_t age)
{
    const struct keys_status status = kbed_status(b);

    for (size_t i = 0; i < status.ring.n; i++)
        if (status.ring.generations[i].purpose == purpose && age-- == 0)
            return keys_state_of(&status, i, clock_now_ms(b->s->clock));
    fail();
    return KEYS_OLD;
}

static void a_generation_has_the_time_of_our_clock(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_made made;

    fixture_set_clock(b.f, FIXTURE_NOW + MINUTE);
    made = kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(made.generation.created_ms, FIXTURE_NOW + MINUTE);
    assert_int_equal(made.generation.purpose, KEY_PURPOSE_DATA);
    assert_memory_equal(made.generation.id, generation(&b, KEY_PURPOSE_DATA, 0).id, KEY_RING_ID);
}

static void the_base_is_never_rotated(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_made made;

    assert_int_equal(keys_rotate(b.s, &made, KEY_PURPOSE_BASE), FAULT_BAD_INPUT);
    assert_int_equal(keys_rotate(b.s, &made, KEY_PURPOSES), FAULT_BAD_INPUT);
}

static void there_are_no_more_generations_than_the_keyholder_keeps(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_made made;

    for (int i = 1; i < KEY_GENERATIONS; i++)
        kbed_rotate(&b, KEY_PURPOSE_SIGNING);
    assert_int_equal(keys_rotate(b.s, &made, KEY_PURPOSE_SIGNING), FAULT_WRONG_STATE);
    assert_non_null(strstr(made.why, "destroy an older one first"));
}

static void a_silent_keyholder_rotates_nothing(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_status status;
    struct keys_made made;
    struct keys_gone gone;

    fixture_keyholder_stop(b.f);
    assert_int_equal(keys_rotate(b.s, &made, KEY_PURPOSE_DATA), FAULT_SILENT);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_DATA, (const uint8_t[KEY_RING_ID]){ 0 }), FAULT_SILENT);
    assert_int_equal(keys_status(b.s, &status), FAULT_SILENT);
    fixture_keyholder_start(b.f);
    assert_int_equal(kbed_status(&b).ring.version, 0);
}

static void each_change_has_one_row(void **state)
{
    struct kbed b = kbed_of(state);
    const struct key_generation first = generation(&b, KEY_PURPOSE_FINGERPRINT, 0);
    struct key_ring ring = kbed_ring(&b);
    struct keys_gone gone;

    assert_int_equal(keys_notice(b.s, &ring), FAULT_NONE);        /* as at a start: what is there is no news */
    assert_int_equal(kbed_logged(&b, "made"), 0);
    kbed_rotate(&b, KEY_PURPOSE_FINGERPRINT);
    assert_int_equal(kbed_logged(&b, "fingerprint"), 1);
    assert_int_equal(kbed_logged(&b, "made"), 1);
    ring = kbed_ring(&b);
    assert_int_equal(keys_notice(b.s, &ring), FAULT_NONE);
    assert_int_equal(kbed_logged(&b, "made"), 1);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_FINGERPRINT, first.id), FAULT_NONE);
    assert_int_equal(kbed_logged(&b, "destroyed"), 1);
}

/* The keyholder made it, and the gateway died before it wrote anything. */
static void a_generation_that_nobody_wrote_down_has_its_row_later(void **state)
{
    struct kbed b = kbed_of(state);
    struct key_ask asks[] = {
        { .op = KEY_TICK, .use = KEY_USE_CARD, .number = FIXTURE_NOW },
        { .op = KEY_ROTATE, .number = KEY_PURPOSE_DATA },
    };
    struct key_ring ring = kbed_ring(&b);

    assert_int_equal(keys_notice(b.s, &ring), FAULT_NONE);
    fixture_ask(b.f, asks, 2);
    assert_int_equal(asks[1].fault, FAULT_NONE);
    assert_int_equal(kbed_logged(&b, "made"), 0);
    kbed_orders(&b, "order", 3);
    kbed_sweep(&b);
    assert_int_equal(kbed_logged(&b, "made"), 1);
    assert_int_equal(kbed_status(&b).progress.stage, KEYS_DONE);
}

/* The ring of the key file alone, where the keyring was lost, is as old as can be. */
static void a_keyring_without_the_newest_data_key_is_refused_and_nothing_is_noted_of_it(void **state)
{
    struct kbed b = kbed_of(state);
    struct key_ring first = kbed_ring(&b), second, newest;

    assert_int_equal(keys_notice(b.s, &first), FAULT_NONE);
    kbed_rotate(&b, KEY_PURPOSE_DATA);
    second = kbed_ring(&b);
    assert_int_equal(keys_notice(b.s, &first), FAULT_WRONG_STATE);
    assert_int_equal(kbed_logged(&b, "destroyed"), 0);
    kbed_rotate(&b, KEY_PURPOSE_DATA);
    assert_int_equal(keys_notice(b.s, &second), FAULT_WRONG_STATE);
    kbed_rotate(&b, KEY_PURPOSE_SIGNING);
    newest = kbed_ring(&b);
    assert_int_equal(keys_notice(b.s, &newest), FAULT_NONE);
    assert_int_equal(kbed_logged(&b, "made"), 3);
    assert_int_equal(kbed_logged(&b, "destroyed"), 0);
}

struct token_job { struct token_row row; };

static enum fault token_work(struct store_tx *tx, void *arg)
{
    struct token_row *t = &((struct token_job *)arg)->row;
    enum fault f = tokens_next_no(tx, &t->token_no, t->merchant_id, t->created_ms);

    return f ? f : tokens_insert(tx, t);
}

/* A live token made at `now_ms`, of an owner called `owner`. */
static int64_t make_token(struct kbed *b, const char *owner, int64_t now_ms)
{
    struct token_job j = { { .merchant_id = b->merchant_id, .owner = span_of(owner), .fingerprint = SPAN("print"),
                             .status = TOKEN_ACTIVE, .last4 = SPAN("1111"), .created_ms = now_ms,
                             .updated_ms = now_ms } };

    assert_int_equal(store_write(b->s->store, token_work, &j), FAULT_NONE);
    return j.row.token_no;
}

static void tokens_from_before_a_fingerprint_key_are_counted(void **state)
{
    struct kbed b = kbed_of(state);
    struct keys_gone gone;
    const struct key_generation first = generation(&b, KEY_PURPOSE_FINGERPRINT, 0);
    struct key_ring ring = kbed_ring(&b);
    struct keys_made made;

    assert_int_equal(keys_notice(b.s, &ring), FAULT_NONE);
    make_token(&b, "one", FIXTURE_NOW);
    make_token(&b, "two", FIXTURE_NOW + 1);
    assert_int_equal(kbed_status(&b).older_tokens, 0);
    fixture_set_clock(b.f, FIXTURE_NOW + MINUTE);
    kbed_rotate(&b, KEY_PURPOSE_FINGERPRINT);
    make_token(&b, "three", FIXTURE_NOW + MINUTE + 1);
    assert_int_equal(kbed_status(&b).older_tokens, 2);
    assert_int_equal(state_of(&b, KEY_PURPOSE_FINGERPRINT, 1), KEYS_OVERLAP);
    assert_int_equal(keys_rotate(b.s, &made, KEY_PURPOSE_FINGERPRINT), FAULT_WRONG_STATE);
    assert_non_null(strstr(made.why, "matched under two"));
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_FINGERPRINT, first.id), FAULT_NONE);
    assert_int_equal(gone.tokens, 2);
    assert_int_equal(kbed_status(&b).older_tokens, 0);
    kbed_rotate(&b, KEY_PURPOSE_FINGERPRINT);
}

static void an_id_key_goes_for_numbers_that_nobody_has_yet(void **state)
{
    struct kbed b = kbed_of(state);
    int64_t token;
    uint64_t from;

    fixture_set_clock(b.f, FIXTURE_NOW + HOUR);
    kbed_order(&b, "order");
    token = make_token(&b, "owner", FIXTURE_NOW + 2 * HOUR);
    fixture_set_clock(b.f, FIXTURE_NOW);          /* it has gone back: the numbers have not */
    from = kbed_rotate(&b, KEY_PURPOSE_ID).generation.from;
    assert_true(from >= (uint64_t)(token + key_counts_numbers_of(KEYS_MARGIN_MS)));
    assert_true(from <= (uint64_t)(token + key_counts_numbers_of(KEYS_MARGIN_MS) + 1));
    assert_int_equal(state_of(&b, KEY_PURPOSE_ID, 1), KEYS_OVERLAP);
    fixture_set_clock(b.f, FIXTURE_NOW + 5 * HOUR);       /* and with nothing that new, it is the time */
    from = kbed_rotate(&b, KEY_PURPOSE_ID).generation.from;
    token = make_token(&b, "next", FIXTURE_NOW + 5 * HOUR + KEYS_MARGIN_MS);
    assert_true(from <= (uint64_t)token + (uint64_t)key_counts_numbers_of(1));
    assert_true(from > (uint64_t)(token - key_counts_numbers_of(1)));
}

static void an_id_key_follows_another_though_the_clock_went_back_between(void **state)
{
    struct kbed b = kbed_of(state);
    uint64_t first;

    fixture_set_clock(b.f, FIXTURE_NOW + HOUR);
    first = kbed_rotate(&b, KEY_PURPOSE_ID).generation.from;
    fixture_set_clock(b.f, FIXTURE_NOW);
    assert_true(kbed_rotate(&b, KEY_PURPOSE_ID).generation.from == first);
    kbed_order(&b, "order");
    fixture_set_clock(b.f, FIXTURE_NOW + 2 * HOUR);
    assert_true(kbed_rotate(&b, KEY_PURPOSE_ID).generation.from > first);
}

static enum fault fetch(struct store_tx *tx, void *arg)
{
    struct kbed_found *found = arg;

    return order_fetch(tx, &found->order, found->b->f->arena, found->b->merchant_id, found->id);
}

static uint64_t shown(struct kbed *b, const char *id)
{
    struct kbed_found found = { .b = b, .id = span_of(id) };

    assert_int_equal(store_read(b->f->reader, fetch, &found), FAULT_NONE);
    return ids_cf_order(b->s->ids, &found.order);
}

static void ids_stay_what_they_are_when_their_key_is_rotated(void **state)
{
    struct kbed b = kbed_of(state);
    uint64_t before, after;
    const struct key_generation first = generation(&b, KEY_PURPOSE_ID, 0);
    struct keys_gone gone;

    kbed_order(&b, "before");
    before = shown(&b, "before");
    kbed_rotate(&b, KEY_PURPOSE_ID);
    assert_int_equal(shown(&b, "before"), before);
    fixture_set_clock(b.f, FIXTURE_NOW + 5 * MINUTE);
    kbed_order(&b, "after");
    after = shown(&b, "after");
    kbed_rotate(&b, KEY_PURPOSE_ID);
    assert_int_equal(shown(&b, "after"), after);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_ID, first.id), FAULT_NONE);
}

static void mint(struct kbed *b, struct buf *out, int64_t now_ms)
{
    const struct order_claims c = { SPAN("order-1"), { 1000, "INR" }, now_ms / 1000 + ORDER_TOKEN_LIFE_S };

    out->n = 0;
    assert_int_equal(order_token_mint(b->s, out, SPAN("app"), &c), FAULT_NONE);
}

static enum fault verify(struct kbed *b, const struct buf *token, int64_t now_ms)
{
    struct order_claims c;

    return order_token_verify(b->s, &c, b->f->arena, SPAN("app"), buf_view(token), now_ms);
}

/* As a gateway that starts anew. */
static void forget_hours(struct kbed *b)
{
    order_tokens_free(b->s->order_tokens);
    assert_int_equal(order_tokens_new(&b->s->order_tokens), FAULT_NONE);
}

/* All over an hour: a token minted just before the rotation, and one just after it by a gateway that
 * had the hour's key in memory, verify in one that has not, for as long as they live. */
static void order_tokens_live_over_a_rotation_whenever_it_is(void **state)
{
    struct kbed b = kbed_of(state);
    uint8_t first[TOKEN], second[TOKEN];
    struct buf before = BUF(first), after = BUF(second);
    const int64_t start = FIXTURE_NOW / HOUR * HOUR;

    for (int i = 0; i < KEY_GENERATIONS - 1; i++) {
        int64_t now_ms = start + i * 25 * HOUR + i * 9 * MINUTE + 1;

        fixture_set_clock(b.f, now_ms);
        mint(&b, &before, now_ms);
        kbed_rotate(&b, KEY_PURPOSE_SIGNING);
        mint(&b, &after, now_ms + 1);
        forget_hours(&b);
        for (int minutes = 0; minutes < 29; minutes += 7) {
            assert_int_equal(verify(&b, &before, now_ms + minutes * MINUTE), FAULT_NONE);
            assert_int_equal(verify(&b, &after, now_ms + minutes * MINUTE), FAULT_NONE);
        }
        assert_int_equal(state_of(&b, KEY_PURPOSE_SIGNING, 1), KEYS_OVERLAP);
        fixture_set_clock(b.f, now_ms + HOUR);
        assert_int_equal(state_of(&b, KEY_PURPOSE_SIGNING, 1), KEYS_OLD);
    }
}

static void a_signing_key_stays_while_links_of_the_log_are_signed_with_it(void **state)
{
    struct kbed b = kbed_of(state);
    const struct key_generation first = generation(&b, KEY_PURPOSE_SIGNING, 0);
    struct key_ring ring = kbed_ring(&b);
    struct keys_gone gone;

    fixture_chain(b.f);
    assert_int_equal(keys_notice(b.s, &ring), FAULT_NONE);
    kbed_rotate(&b, KEY_PURPOSE_FINGERPRINT);     /* its row has the log's first link */
    usleep(2000);                                 /* links have the system's time, in milliseconds */
    kbed_rotate(&b, KEY_PURPOSE_SIGNING);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_SIGNING, first.id), FAULT_WRONG_STATE);
    assert_non_null(strstr(gone.why, "archive and purge"));
}

static enum fault put_link(struct store_tx *tx, void *arg)
{
    static const uint8_t bytes[CHAIN_MAC];
    const struct span mac = { bytes, sizeof bytes };

    (void)arg;
    return audit_link_insert(tx, &(struct audit_link_row){
        .link_no = 1, .first_row = 1, .row_count = 1, .at_ms = clock_now_ms(clock_system()) + HOUR,
        .digests = mac, .life = { bytes, CHAIN_LIFE }, .mac = mac });
}

static void a_signing_key_stays_for_links_that_are_younger_than_the_next_by_a_clock_that_went_back(void **state)
{
    struct kbed b = kbed_of(state);
    const struct key_generation first = generation(&b, KEY_PURPOSE_SIGNING, 0);
    struct key_ring ring = kbed_ring(&b);
    struct keys_gone gone;

    assert_int_equal(keys_notice(b.s, &ring), FAULT_NONE);
    assert_int_equal(store_write(b.s->store, put_link, NULL), FAULT_NONE);
    kbed_rotate(&b, KEY_PURPOSE_SIGNING);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_SIGNING, first.id), FAULT_WRONG_STATE);
}

static void a_signing_key_goes_that_no_link_of_the_log_is_signed_with(void **state)
{
    struct kbed b = kbed_of(state);
    const struct key_generation first = generation(&b, KEY_PURPOSE_SIGNING, 0);
    struct keys_gone gone;

    kbed_rotate(&b, KEY_PURPOSE_SIGNING);
    assert_int_equal(keys_destroy(b.s, &gone, KEY_PURPOSE_SIGNING, first.id), FAULT_NONE);
}

static void purposes_have_names(void **state)
{
    enum key_purpose p;

    (void)state;
    for (unsigned i = 0; i < KEY_PURPOSES; i++) {
        assert_int_equal(keys_purpose_read(&p, span_of(keys_purpose((enum key_purpose)i))), FAULT_NONE);
        assert_int_equal(p, i);
    }
    assert_int_equal(keys_purpose_read(&p, SPAN("unknown")), FAULT_BAD_INPUT);
    assert_int_equal(keys_purpose_read(&p, (struct span){ 0 }), FAULT_BAD_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
        TEST(a_generation_has_the_time_of_our_clock),
        TEST(the_base_is_never_rotated),
        TEST(there_are_no_more_generations_than_the_keyholder_keeps),
        TEST(a_silent_keyholder_rotates_nothing),
        TEST(each_change_has_one_row),
        TEST(a_generation_that_nobody_wrote_down_has_its_row_later),
        TEST(a_keyring_without_the_newest_data_key_is_refused_and_nothing_is_noted_of_it),
        TEST(tokens_from_before_a_fingerprint_key_are_counted),
        TEST(an_id_key_goes_for_numbers_that_nobody_has_yet),
        TEST(an_id_key_follows_another_though_the_clock_went_back_between),
        TEST(ids_stay_what_they_are_when_their_key_is_rotated),
        TEST(order_tokens_live_over_a_rotation_whenever_it_is),
        TEST(a_signing_key_stays_while_links_of_the_log_are_signed_with_it),
        TEST(a_signing_key_stays_for_links_that_are_younger_than_the_next_by_a_clock_that_went_back),
        TEST(a_signing_key_goes_that_no_link_of_the_log_is_signed_with),
        cmocka_unit_test(purposes_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
