/* test_admin_backup.c: backups and the erasure of a customer, through the admin listener's routes. */
#include "orderpay_bed.h"

#include "dialect/admin/admin.h"
#include "service/backup.h"

#include "base/banned.h"

enum { LOOKS = 2000 };               /* times that something is looked at before it is late */

#define BEGIN "POST /admin/backups"
#define LOOK "GET /admin/backups/{id}"
#define TAKE "GET /admin/backups/{id}/pieces/{no}"
#define END "POST /admin/backups/{id}/end"
#define ERASE "POST /admin/merchants/{id}/erase-customer"
#define NO_ID "00000000000000000000000000000000"

struct admin_bed { struct obed *shop; struct xbed x; char copy[80], id[2 * BACKUP_ID + 1]; };

static int setup(void **state)
{
    struct admin_bed *b = calloc(1, sizeof *b);
    void *shop = NULL;

    assert_non_null(b);
    assert_int_equal(obed_setup(&shop), 0);
    b->shop = shop;
    xbed_open(&b->x, b->shop->tokens.f, &admin_dialect);
    fixture_admin(b->shop->tokens.f);
    (void)snprintf(b->copy, sizeof b->copy, "%s/copy", b->shop->tokens.f->folder);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct admin_bed *b = *state;
    void *shop = b->shop;

    backups_free(b->shop->s->backups);
    b->shop->s->backups = NULL;
    xbed_close(&b->x);
    assert_int_equal(obed_teardown(&shop), 0);
    free(b);
    return 0;
}

static void open_backups(struct admin_bed *b, const char *copy)
{
    const struct backup_source source = { "tijori.db", b->shop->tokens.f->path, copy };

    assert_int_equal(backups_new(&b->shop->s->backups, b->shop->s, &source, 1), FAULT_NONE);
}

static enum fault run_work(struct store_tx *tx, void *arg)
{
    struct exchange *x = arg;

    return x->route->work(x, tx);
}

/* On a worker there is no transaction; what the work needs of the store it asks for itself. */
static unsigned ask_with(struct admin_bed *b, struct xbed_sent s, enum fault instead)
{
    struct exchange *x = &b->x.x;
    struct span body;

    s.headers[0] = (struct xbed_header){ "Authorization", "Bearer " FIXTURE_ADMIN };
    xbed_begin(&b->x, &s);
    if (x->route->parse(x) == STEP_GO)
        x->route->show(x, instead ? instead : store_read(x->reader, run_work, x));
    b->x.sent = NULL;
    assert_int_equal(buf_done(&x->answer.body, &body), FAULT_NONE);
    (void)snprintf(b->x.body, sizeof b->x.body, "%.*s", (int)body.n, (const char *)body.p);
    return x->answer.status;
}

static unsigned ask(struct admin_bed *b, const char *route, const char *param, const char *no, const char *body)
{
    return ask_with(b, (struct xbed_sent){ .route = route, .param = param, .param2 = no, .body = body }, FAULT_NONE);
}

static const char *member(const struct admin_bed *b, const char *name)
{
    static char text[128];
    char key[64];
    const char *at;

    (void)snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(b->x.body, key);
    assert_non_null(at);
    at += strlen(key);
    at += *at == '"';
    (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "\",}"), at);
    return text;
}

static void begin(struct admin_bed *b)
{
    if (ask(b, BEGIN, NULL, NULL, "{}") != 200)
        fail_msg("%s", b->x.body);
    (void)snprintf(b->id, sizeof b->id, "%s", member(b, "id"));
    assert_int_equal(strlen(b->id), 2 * BACKUP_ID);
}

/* Until it is no longer being copied; the stage. */
static const char *wait_for_it(struct admin_bed *b)
{
    for (int i = 0; i < LOOKS; i++) {
        assert_int_equal(ask(b, LOOK, b->id, NULL, NULL), 200);
        assert_string_equal(member(b, "id"), b->id);
        if (strcmp(member(b, "stage"), "copying") != 0)
            break;
        (void)usleep(1000);
    }
    return member(b, "stage");
}

/* How many records the last answer holds, each as long as it says. */
static int64_t count_records(const struct admin_bed *b)
{
    struct span s = buf_view(&b->x.x.answer.body);
    int64_t n = 0;

    for (; s.n > 4; n++) {
        size_t length = (size_t)s.p[0] << 24 | (size_t)s.p[1] << 16 | (size_t)s.p[2] << 8 | s.p[3];

        assert_true(length <= s.n - 4);
        s.p += 4 + length, s.n -= 4 + length;
    }
    assert_int_equal(s.n, 0);
    return n;
}

static void a_backup_is_begun_looked_at_fetched_in_pieces_and_ended(void **state)
{
    struct admin_bed *b = *state;
    int64_t pieces, got = 0;
    char no[24];

    open_backups(b, b->copy);
    begin(b);
    assert_string_equal(wait_for_it(b), "ready");
    pieces = strtoll(member(b, "pieces"), NULL, 10);
    assert_true(pieces >= 3);         /* a part, its data, the end */
    assert_true(strtoll(member(b, "bytes"), NULL, 10) > 0);
    while (got < pieces) {
        (void)snprintf(no, sizeof no, "%lld", (long long)got);
        assert_int_equal(ask(b, TAKE, b->id, no, NULL), 200);
        assert_string_equal(b->x.x.answer.content_type, "application/octet-stream");
        assert_true(count_records(b) > 0);
        got += count_records(b);
    }
    assert_int_equal(got, pieces);
    (void)snprintf(no, sizeof no, "%lld", (long long)pieces);
    assert_int_equal(ask(b, TAKE, b->id, no, NULL), 200);
    assert_int_equal(count_records(b), 0);
    assert_int_equal(ask(b, END, b->id, NULL, "{}"), 200);
    assert_string_equal(b->x.body, "{\"ended\":true}");
    assert_int_equal(ask(b, LOOK, b->id, NULL, NULL), 404);
}

static void one_backup_is_made_at_a_time(void **state)
{
    struct admin_bed *b = *state;

    open_backups(b, b->copy);
    begin(b);
    assert_int_equal(ask(b, BEGIN, NULL, NULL, "{}"), 409);
    assert_has(&b->x, "\"error\":\"busy\",\"message\":\"another backup is under way\"");
    assert_int_equal(ask(b, END, b->id, NULL, "{}"), 200);
    begin(b);
}

static void what_is_no_backup_is_not_found(void **state)
{
    static const struct { const char *route, *id, *no; } rows[] = {
        { LOOK, NO_ID, NULL }, { TAKE, NO_ID, "0" }, { END, NO_ID, NULL }, { LOOK, "x", NULL },
        { LOOK, "0000000000000000000000000000000g", NULL }, { TAKE, NO_ID, "-1" }, { TAKE, NO_ID, "x" },
    };
    struct admin_bed *b = *state;

    open_backups(b, b->copy);
    begin(b);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(ask(b, rows[i].route, rows[i].id, rows[i].no, "{}"), 404);
        assert_has(&b->x, "there is no such backup");
    }
    assert_int_equal(ask(b, LOOK, b->id, NULL, NULL), 200);
}

static void a_copy_that_cannot_be_written_is_told_as_failed(void **state)
{
    struct admin_bed *b = *state;

    open_backups(b, "/nowhere/at/all/copy");
    begin(b);
    assert_string_equal(wait_for_it(b), "failed");
    assert_int_equal(ask(b, TAKE, b->id, "0", NULL), 409);
    assert_has(&b->x, "this backup cannot be fetched now");
    begin(b);                         /* one that failed makes room */
}

static void a_server_that_can_make_none_says_so(void **state)
{
    struct admin_bed *b = *state;

    assert_int_equal(ask(b, BEGIN, NULL, NULL, "{}"), 409);
    assert_has(&b->x, "\"error\":\"wrong_state\"");
    assert_int_equal(ask(b, LOOK, NO_ID, NULL, NULL), 404);
    assert_int_equal(ask(b, TAKE, NO_ID, "0", NULL), 404);
    assert_int_equal(ask(b, END, NO_ID, NULL, "{}"), 404);
}

/* The keyholder seals each piece: without it nothing leaves. */
static void without_the_keyholder_no_piece_leaves(void **state)
{
    struct admin_bed *b = *state;

    open_backups(b, b->copy);
    begin(b);
    assert_string_equal(wait_for_it(b), "ready");
    fixture_keyholder_stop(b->shop->tokens.f);
    assert_int_equal(ask(b, TAKE, b->id, "0", NULL), 503);
    assert_has(&b->x, "the keyholder does not answer");
    fixture_keyholder_start(b->shop->tokens.f);
    assert_int_equal(ask(b, TAKE, b->id, "0", NULL), 200);
}

static void a_fault_is_told_in_the_place_of_a_backup(void **state)
{
    static const struct { enum fault fault; unsigned status; const char *error; } rows[] = {
        { FAULT_DISK, 503, "\"error\":\"disk\"" }, { FAULT_SILENT, 503, "\"error\":\"silent\"" },
        { FAULT_INTERNAL, 500, "\"error\":\"internal\"" }, { FAULT_BUSY, 409, "\"error\":\"busy\"" },
    };
    static const char *const routes[] = { BEGIN, LOOK, TAKE, END };
    struct admin_bed *b = *state;

    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
            assert_int_equal(ask_with(b, (struct xbed_sent){ .route = routes[i], .param = NO_ID, .param2 = "0" },
                                      rows[k].fault), rows[k].status);
            assert_has(&b->x, rows[k].error);
        }
}

static const char *merchant(const struct admin_bed *b)
{
    static char number[24];

    (void)snprintf(number, sizeof number, "%lld", (long long)b->shop->tokens.merchant.cashfree.merchant_id);
    return number;
}

static unsigned erase(struct admin_bed *b, const char *customer)
{
    char body[128];

    (void)snprintf(body, sizeof body, "{\"customer_id\":\"%s\"}", customer);
    return ask(b, ERASE, merchant(b), NULL, body);
}

static void wait_for_a_saved_card(struct admin_bed *b)
{
    struct xbed_sent s = obed_merchant(b->shop, OBED_LIST, "2025-01-01");

    s.param = "anna";
    s.query = "instrument_type=card";
    for (int i = 0; i < LOOKS; i++) {
        assert_int_equal(xbed_send(&b->shop->x, s), 200);
        if (strstr(b->shop->x.body, "\"instrument_status\":\"ACTIVE\""))
            return;
        (void)usleep(5000);
    }
    fail_msg("no instrument in %s", b->shop->x.body);
}

static void a_customer_is_erased_with_tokens_and_orders(void **state)
{
    struct admin_bed *b = *state;

    obed_order(b->shop, "");
    assert_int_equal(obed_pay_as(b->shop, "2025-01-01", OBED_CARD("post", OBED_VISA), ",\"save_instrument\":true"),
                     200);
    assert_int_equal(obed_otp(b->shop, TEST_OTP), 200);
    wait_for_a_saved_card(b);
    assert_int_equal(erase(b, "anna"), 200);
    assert_has(&b->x, "\"customer_id\":\"anna\",\"tokens\":1,\"orders\":");
    for (int i = 0; i < LOOKS && strcmp(member(b, "open"), "0") != 0; i++) {
        (void)usleep(5000);           /* that the card was saved is kept with its payment a moment later */
        fixture_set_clock(b->shop->tokens.f, clock_now_ms(b->shop->s->clock) + 1000);
        assert_int_equal(erase(b, "anna"), 200);
    }
    assert_string_equal(member(b, "open"), "0");
    assert_int_equal(erase(b, "anna"), 200);      /* again does no harm */
    assert_has(&b->x, "\"tokens\":0,\"orders\":1,\"open\":0}");
}

/* What is not over is left as it is, and told. */
static void an_order_that_is_being_paid_is_left_and_told(void **state)
{
    struct admin_bed *b = *state;

    obed_order(b->shop, "");
    assert_int_equal(obed_pay(b->shop, OBED_CARD("post", OBED_VISA)), 200);
    assert_int_equal(erase(b, "anna"), 200);
    assert_has(&b->x, "\"tokens\":0,\"orders\":0,\"open\":1}");
    assert_int_equal(obed_otp(b->shop, TEST_OTP), 200);
    assert_int_equal(erase(b, "anna"), 200);
    assert_has(&b->x, "\"orders\":1,\"open\":0}");
}

static void nobody_is_erased_by_a_wish_that_names_nobody(void **state)
{
    struct admin_bed *b = *state;

    assert_int_equal(ask(b, ERASE, "99", NULL, "{\"customer_id\":\"anna\"}"), 404);
    assert_int_equal(ask(b, ERASE, merchant(b), NULL, "{}"), 400);
    assert_has(&b->x, "customer_id");
    assert_int_equal(ask(b, ERASE, merchant(b), NULL, "{\"customer_id\":\"\"}"), 400);
    assert_int_equal(ask_with(b, (struct xbed_sent){ .route = ERASE, .param = merchant(b),
                                                     .body = "{\"customer_id\":\"anna\"}" }, FAULT_DISK), 503);
    assert_has(&b->x, "\"error\":\"disk\"");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_backup_is_begun_looked_at_fetched_in_pieces_and_ended),
        TEST(one_backup_is_made_at_a_time),
        TEST(what_is_no_backup_is_not_found),
        TEST(a_copy_that_cannot_be_written_is_told_as_failed),
        TEST(a_server_that_can_make_none_says_so),
        TEST(without_the_keyholder_no_piece_leaves),
        TEST(a_fault_is_told_in_the_place_of_a_backup),
        TEST(a_customer_is_erased_with_tokens_and_orders),
        TEST(an_order_that_is_being_paid_is_left_and_told),
        TEST(nobody_is_erased_by_a_wish_that_names_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
