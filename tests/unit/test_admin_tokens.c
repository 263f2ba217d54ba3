/* test_admin_tokens.c: who may use the admin listener, over a real store and keyholder, without HTTP. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "base/metrics.h"
#include "dialect/admin/admin.h"
#include "dialect/sandbox/sandbox.h"
#include "fixture.h"
#include "service/admin_tokens.h"
#include "service/lockout.h"

#define FIRST FIXTURE_ADMIN

enum { DAY_MS = 24 * 3600 * 1000, SHOWN_MAX = 256 * 1024 };

static struct metrics metrics;
static struct exchange x;
static char shown[SHOWN_MAX], bearer[128];

static struct span header(const struct exchange *of, const char *name)
{
    (void)of;
    return strcmp(name, "Authorization") == 0 && bearer[0] ? span_of(bearer) : (struct span){ 0 };
}

static void show_token(const char *token)
{
    snprintf(bearer, sizeof bearer, "%s%s", token ? "Bearer " : "", token ? token : "");
}

static int setup(void **state)
{
    struct fixture *f;

    json_in_start();
    fixture_setup(state);
    f = *state;
    memset(&metrics, 0, sizeof metrics);
    f->services.metrics = &metrics;
    show_token(FIRST);
    fixture_admin(f);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lockouts_free(f->services.admin_lockouts);
    f->services.admin_lockouts = NULL;
    return fixture_teardown(state);
}

static enum fault run_work(struct store_tx *tx, void *arg)
{
    (void)arg;
    return x.route->work(&x, tx);
}

/* One request through a route's functions; with `parse_only`, only to see whether it is let in. The answer's status is
 * the result, 0: it was let in; the body is in `shown`. */
static unsigned ask_route(struct fixture *f, const struct dialect *d, const struct route *r, const char *param,
                          const char *body, bool parse_only)
{
    arena_reset(f->arena);
    x = (struct exchange){ .services = &f->services, .dialect = d, .arena = f->arena, .reader = f->reader,
                           .method = r->method, .path = span_of(r->path), .body = span_of(body), .header = header,
                           .now_ms = clock_now_ms(f->services.clock), .params = { span_of(param) }, .route = r,
                           .peer = "127.0.0.9" };
    if (r->parse(&x) == STEP_GO && !parse_only)
        r->show(&x, r->work ? store_read(f->reader, run_work, NULL) : FAULT_NONE);
    assert_false(x.answer.body.full);
    assert_int_equal(span_text(shown, sizeof shown, buf_view(&x.answer.body)), FAULT_NONE);
    return x.answer.status;
}

static unsigned ask(struct fixture *f, const char *method, const char *path, const char *param, const char *body)
{
    for (const struct route *r = admin_dialect.routes; r->method; r++)
        if (strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0)
            return ask_route(f, &admin_dialect, r, param, body, false);
    fail_msg("no such route: %s %s", method, path);
    return 0;
}

static void assert_shows(const char *text)
{
    if (!strstr(shown, text))
        fail_msg("\"%s\" is not in: %s", text, shown);
}

/* A token with these scopes, for ten days. */
static const char *make(struct fixture *f, const char *name, unsigned scopes)
{
    static char token[ADMIN_TOKEN_TEXT];
    const struct admin_token_new new = { span_of(name), scopes, 10, SPAN("admin"), ADMIN_EVERYTHING, 0 };
    int64_t expires_ms;

    assert_int_equal(admin_token_make(&f->services, token, &expires_ms, &new), FAULT_NONE);
    assert_true(expires_ms == clock_now_ms(f->services.clock) + 10 * (int64_t)DAY_MS);
    return token;
}

static const struct dialect *const dialects[] = { &admin_dialect, &sandbox_dialect };

static void every_route_names_one_scope_and_only_health_is_open(void **state)
{
    (void)state;
    for (size_t d = 0; d < 2; d++)
        for (const struct route *r = dialects[d]->routes; r->method; r++) {
            bool health = strcmp(r->path, "/healthz") == 0 || strcmp(r->path, "/readyz") == 0 ||
                          strcmp(r->path, "/metrics") == 0;

            if (!r->scope || r->scope & (r->scope - 1) || r->scope > ADMIN_OPEN || (r->scope == ADMIN_OPEN) != health)
                fail_msg("%s %s has no scope of its own", r->method, r->path);
        }
}

static void every_scope_is_needed_by_a_route_but_those_of_keys(void **state)
{
    unsigned needed = ADMIN_KEYS;

    (void)state;
    for (size_t d = 0; d < 2; d++)
        for (const struct route *r = dialects[d]->routes; r->method; r++)
            needed |= r->scope;
    assert_int_equal(needed, ADMIN_EVERYTHING | ADMIN_OPEN);
}

static void assert_lets_in(struct fixture *f, bool in, unsigned refused_with)
{
    for (size_t d = 0; d < 2; d++)
        for (const struct route *r = dialects[d]->routes; r->method; r++) {
            unsigned status;

            if (r->scope == ADMIN_OPEN)
                continue;
            status = ask_route(f, dialects[d], r, "1", "", true);
            if (in ? status == 401 || status == 403 : status != refused_with)
                fail_msg("%s %s: %u %s", r->method, r->path, status, shown);
        }
}

static void every_route_but_health_is_closed_without_a_token(void **state)
{
    show_token(NULL);
    assert_lets_in(*state, false, 401);
    assert_shows("\"error\":\"unauthorized\"");
    show_token("tijori_admin_0000000000000000000000000000000000000000000000000000000000000000");
    assert_lets_in(*state, false, 401);
    show_token(FIRST "x");
    assert_lets_in(*state, false, 401);
}

static void the_token_of_the_first_run_may_do_everything(void **state)
{
    assert_lets_in(*state, true, 0);
}

static void a_token_may_what_its_scopes_say_and_nothing_else(void **state)
{
    struct fixture *f = *state;

    for (unsigned scope = 1; scope < ADMIN_OPEN; scope <<= 1) {
        char name[2][16], has[ADMIN_TOKEN_TEXT], lacks[ADMIN_TOKEN_TEXT];

        snprintf(name[0], sizeof name[0], "has-%x", scope);
        snprintf(name[1], sizeof name[1], "lacks-%x", scope);
        snprintf(has, sizeof has, "%s", make(f, name[0], scope));
        snprintf(lacks, sizeof lacks, "%s", make(f, name[1], ADMIN_EVERYTHING & ~scope));
        for (size_t d = 0; d < 2; d++)
            for (const struct route *r = dialects[d]->routes; r->method; r++) {
                unsigned status;

                if (r->scope == ADMIN_OPEN)
                    continue;
                show_token(has);
                status = ask_route(f, dialects[d], r, "1", "", true);
                assert_true(r->scope == scope ? status != 401 && status != 403 : status == 403);
                show_token(lacks);
                status = ask_route(f, dialects[d], r, "1", "", true);
                assert_true(r->scope == scope ? status == 403 : status != 401 && status != 403);
            }
    }
}

static void a_route_that_forgot_its_scope_is_nobodys(void **state)
{
    struct route r = admin_dialect.routes[3];

    assert_string_equal(r.path, "/admin/merchants");
    r.scope = 0;
    assert_int_equal(ask_route(*state, &admin_dialect, &r, NULL, NULL, true), 403);
}

static void who_lacks_a_scope_is_told_which_and_what_there_is(void **state)
{
    show_token(make(*state, "reader", ADMIN_READ));
    assert_int_equal(ask(*state, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_int_equal(ask(*state, "POST", "/admin/backups", NULL, "{}"), 403);
    assert_shows("\"error\":\"scope\"");
    assert_shows("this needs the scope backup; the admin token reader has read");
}

static void a_token_is_refused_from_the_moment_it_expires(void **state)
{
    struct fixture *f = *state;

    show_token(make(f, "ten-days", ADMIN_READ));
    fixture_set_clock(f, FIXTURE_NOW + 10 * (int64_t)DAY_MS - 1);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
    fixture_set_clock(f, FIXTURE_NOW + 10 * (int64_t)DAY_MS);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 401);
    assert_shows("\"error\":\"expired\"");
    assert_shows("the admin token ten-days expired at 2023-11-25T03:43:20+05:30");
    show_token(FIRST);
    assert_int_equal(ask(f, "GET", "/admin/tokens", NULL, NULL), 200);
    assert_shows("\"state\":\"expired\"");
}

static void a_revoked_token_is_refused_and_stays_so(void **state)
{
    struct fixture *f = *state;
    char token[ADMIN_TOKEN_TEXT];

    snprintf(token, sizeof token, "%s", make(f, "leaver", ADMIN_READ | ADMIN_TOKENS));
    assert_int_equal(ask(f, "POST", "/admin/tokens/{name}/revoke", "leaver", "{}"), 200);
    assert_shows("{\"name\":\"leaver\",\"revoked\":true}");
    fixture_set_clock(f, FIXTURE_NOW + 5000);
    assert_int_equal(ask(f, "POST", "/admin/tokens/{name}/revoke", "leaver", "{}"), 200);
    show_token(token);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 401);
    assert_shows("\"error\":\"revoked\"");
    assert_shows("the admin token leaver was revoked at 2023-11-15T03:43:20+05:30");
    show_token(FIRST);
    assert_int_equal(ask(f, "POST", "/admin/tokens/{name}/revoke", "nobody", "{}"), 404);
    assert_int_equal(ask(f, "POST", "/admin/tokens/{name}/revoke", "admin", "{}"), 404);
}

static void a_token_is_made_and_used_over_the_admin_api(void **state)
{
    struct fixture *f = *state;
    char token[ADMIN_TOKEN_TEXT], *at;

    assert_int_equal(ask(f, "POST", "/admin/tokens", NULL,
                         "{\"name\":\"nightly\",\"scopes\":\"backup, read\",\"days\":30}"), 200);
    at = strstr(shown, "\"token\":\"tijori_admin_");
    assert_non_null(at);
    assert_int_equal(span_text(token, sizeof token, (struct span){ (uint8_t *)at + 9, 13 + 64 }), FAULT_NONE);
    assert_shows("\"expires_at\":\"2023-12-15T03:43:20+05:30\"");
    fixture_set_clock(f, FIXTURE_NOW + 60000);
    show_token(token);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
    assert_int_equal(ask(f, "GET", "/admin/tokens", NULL, NULL), 403);
    show_token(FIRST);
    assert_int_equal(ask(f, "GET", "/admin/tokens", NULL, NULL), 200);
    assert_string_equal(shown, "{\"tokens\":[{\"name\":\"nightly\",\"scopes\":\"read,backup\",\"state\":\"live\","
                               "\"created_by\":\"admin\",\"created_at\":\"2023-11-15T03:43:20+05:30\","
                               "\"expires_at\":\"2023-12-15T03:43:20+05:30\","
                               "\"used_at\":\"2023-11-15T03:44:20+05:30\"}]}");
}

static void what_is_no_token_to_be_made_is_refused(void **state)
{
    static const struct { const char *body; unsigned status; const char *says; } cases[] = {
        { "{}", 400, "are needed" },
        { "{\"name\":\"a\",\"scopes\":\"read\"}", 400, "are needed" },
        { "{\"name\":\"a\",\"scopes\":\"read\",\"days\":0}", 400, "are needed" },
        { "{\"name\":\"a\",\"scopes\":\"read\",\"days\":3651}", 400, "are needed" },
        { "{\"name\":\"a\",\"scopes\":\"everything\",\"days\":1}", 400, "of these: read,merchants,webhooks,customers" },
        { "{\"name\":\"a\",\"scopes\":\"read,\",\"days\":1}", 400, "of these" },
        { "{\"name\":\"a b\",\"scopes\":\"read\",\"days\":1}", 400, "a name has" },
        { "{\"name\":\"a/b\",\"scopes\":\"read\",\"days\":1}", 400, "a name has" },
        { "{\"name\":\"Admin\",\"scopes\":\"read\",\"days\":1}", 400, "is not admin" },
        { "{\"name\":\"there\",\"scopes\":\"read\",\"days\":1}", 409, "names are not given twice" },
    };
    struct fixture *f = *state;

    (void)make(f, "there", ADMIN_READ);
    assert_int_equal(ask(f, "POST", "/admin/tokens/{name}/revoke", "there", "{}"), 200);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(ask(f, "POST", "/admin/tokens", NULL, cases[i].body), cases[i].status);
        assert_shows(cases[i].says);
    }
}

static void a_token_makes_no_other_that_may_more_than_itself(void **state)
{
    struct fixture *f = *state;

    show_token(make(f, "lead", ADMIN_TOKENS | ADMIN_READ));
    assert_int_equal(ask(f, "POST", "/admin/tokens", NULL, "{\"name\":\"b\",\"scopes\":\"read,backup\",\"days\":1}"),
                     403);
    assert_shows("\"error\":\"scope\"");
    assert_int_equal(ask(f, "POST", "/admin/tokens", NULL, "{\"name\":\"b\",\"scopes\":\"read\",\"days\":1}"), 200);
    assert_int_equal(ask(f, "GET", "/admin/tokens", NULL, NULL), 200);
    assert_shows("\"name\":\"b\",\"scopes\":\"read\",\"state\":\"live\",\"created_by\":\"lead\"");
}

static void a_token_makes_no_other_that_outlives_itself(void **state)
{
    struct fixture *f = *state;

    show_token(make(f, "short", ADMIN_TOKENS | ADMIN_READ));
    assert_int_equal(ask(f, "POST", "/admin/tokens", NULL, "{\"name\":\"b\",\"scopes\":\"read\",\"days\":3650}"),
                     200);
    assert_shows("\"expires_at\":\"2023-11-25T03:43:20+05:30\"");       /* as "short" does */
    assert_int_equal(ask(f, "POST", "/admin/tokens", NULL, "{\"name\":\"c\",\"scopes\":\"read\",\"days\":9}"), 200);
    assert_shows("\"expires_at\":\"2023-11-24T03:43:20+05:30\"");
    show_token(FIRST);
    assert_int_equal(ask(f, "POST", "/admin/tokens", NULL, "{\"name\":\"d\",\"scopes\":\"read\",\"days\":11}"), 200);
    assert_shows("\"expires_at\":\"2023-11-26T03:43:20+05:30\"");
}

/* "." and ".." are no names in a path. */
static void a_token_has_no_name_that_a_path_loses(void **state)
{
    static const char *const names[] = { ".", "..", "...", ".a" };
    struct fixture *f = *state;
    char body[96];

    show_token(FIRST);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(body, sizeof body, "{\"name\":\"%s\",\"scopes\":\"read\",\"days\":1}", names[i]);
        assert_int_equal(ask(f, "POST", "/admin/tokens", NULL, body), 400);
        assert_shows("no dot in front");
    }
    assert_int_equal(ask(f, "POST", "/admin/tokens", NULL, "{\"name\":\"a..b\",\"scopes\":\"read\",\"days\":1}"),
                     200);
}

/* Neither its text nor a plain digest, which whoever copied the database could try tokens against. */
static void the_database_has_no_token_in_it(void **state)
{
    struct fixture *f = *state;
    const char *token = make(f, "secret", ADMIN_READ);
    char path[64], *bytes = malloc(8 << 20);
    static const char *const ends[] = { "", "-wal" };

    assert_non_null(bytes);
    for (size_t i = 0; i < 2; i++) {
        int fd;
        ssize_t n;

        snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        n = read(fd, bytes, 8 << 20);
        close(fd);
        assert_true(n >= 0);
        assert_null(memmem(bytes, (size_t)n, token + 13, 64));
        assert_true(i == 0 || memmem(bytes, (size_t)n, "secret", 6));
    }
    free(bytes);
}

static void without_its_keyholder_only_the_first_token_is_known(void **state)
{
    struct fixture *f = *state;

    show_token(make(f, "other", ADMIN_READ));
    fixture_keyholder_stop(f);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 503);
    assert_shows("the keyholder does not answer");
    show_token(FIRST);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
    fixture_keyholder_start(f);
}

static void wrong_tokens_lock_out_their_sender_and_a_missing_scope_does_not(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(lockouts_new(&f->services.admin_lockouts, 3), FAULT_NONE);
    show_token(make(f, "reader", ADMIN_READ));
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask(f, "POST", "/admin/backups", NULL, "{}"), 403);
    show_token("wrong");
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 401);
    show_token("tijori_admin_0000000000000000000000000000000000000000000000000000000000000000");
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 401);
    show_token(NULL);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 401);
    show_token(FIRST);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 429);
    assert_shows("\"error\":\"locked_out\"");
    fixture_set_clock(f, FIXTURE_NOW + LOCKOUT_MS);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
}

static void an_ended_token_counts_for_itself_and_at_last_for_its_address(void **state)
{
    struct fixture *f = *state;
    char reader[ADMIN_TOKEN_TEXT];

    assert_int_equal(lockouts_new(&f->services.admin_lockouts, 3), FAULT_NONE);
    snprintf(reader, sizeof reader, "%s", make(f, "reader", ADMIN_READ));
    assert_int_equal(admin_token_revoke(&f->services, SPAN("reader")), FAULT_NONE);
    for (int i = 0; i < 3 * LOCKOUT_WIDER; i++) {
        show_token(FIRST);
        assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 200);
        show_token(reader);
        assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 401);
    }
    show_token(FIRST);
    assert_int_equal(ask(f, "GET", "/admin/merchants", NULL, NULL), 429);
}

static void scopes_are_read_as_they_are_written(void **state)
{
    char text[ADMIN_SCOPES_TEXT];
    unsigned scopes = 0;

    (void)state;
    for (unsigned all = 1; all <= ADMIN_EVERYTHING; all++) {
        struct buf b = BUF(text);

        admin_scopes_put(&b, all);
        assert_false(b.full);
        assert_int_equal(admin_scopes_read(&scopes, buf_view(&b)), FAULT_NONE);
        assert_int_equal(scopes, all);
    }
    assert_int_equal(admin_scopes_read(&scopes, SPAN("")), FAULT_BAD_INPUT);
    assert_int_equal(admin_scopes_read(&scopes, SPAN("READ")), FAULT_BAD_INPUT);
    assert_int_equal(scopes, ADMIN_EVERYTHING);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_route_names_one_scope_and_only_health_is_open),
        TEST(every_scope_is_needed_by_a_route_but_those_of_keys),
        TEST(every_route_but_health_is_closed_without_a_token),
        TEST(the_token_of_the_first_run_may_do_everything),
        TEST(a_token_may_what_its_scopes_say_and_nothing_else),
        TEST(a_route_that_forgot_its_scope_is_nobodys),
        TEST(who_lacks_a_scope_is_told_which_and_what_there_is),
        TEST(a_token_is_refused_from_the_moment_it_expires),
        TEST(a_revoked_token_is_refused_and_stays_so),
        TEST(a_token_is_made_and_used_over_the_admin_api),
        TEST(what_is_no_token_to_be_made_is_refused),
        TEST(a_token_makes_no_other_that_may_more_than_itself),
        TEST(a_token_makes_no_other_that_outlives_itself),
        TEST(a_token_has_no_name_that_a_path_loses),
        TEST(the_database_has_no_token_in_it),
        TEST(without_its_keyholder_only_the_first_token_is_known),
        TEST(wrong_tokens_lock_out_their_sender_and_a_missing_scope_does_not),
        TEST(an_ended_token_counts_for_itself_and_at_last_for_its_address),
        TEST(scopes_are_read_as_they_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
