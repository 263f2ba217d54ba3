/* test_http_router.c: paths, methods and prefixes against tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/router.h"

static enum step parse(struct exchange *x)
{
    (void)x;
    return STEP_ANSWERED;
}

static void refuse(struct exchange *x, enum refusal why)
{
    (void)x, (void)why;
}

#define ROUTE(method, path) SHORT_ROUTE(method, path, LANE_READ, 0, parse, NULL, NULL, 0)

static const struct route shop_routes[] = {
    ROUTE("POST", "/pg/orders"),
    ROUTE("GET", "/pg/orders/{order_id}"),
    ROUTE("PATCH", "/pg/orders/{order_id}"),
    ROUTE("GET", "/pg/orders/{order_id}/payments/{payment_id}"),
    ROUTE("POST", "/api/v2/cftoken/order"),
    { .method = NULL },
};
static const struct route rest_routes[] = {
    ROUTE("GET", "/"),
    ROUTE("GET", "/healthz"),
    ROUTE("GET", "/pg/orders/mine"),
    { .method = NULL },
};
static const struct route deep_routes[] = { ROUTE("GET", "/pg/deep/{a}"), { .method = NULL } };
static const char *const shop_prefixes[] = { "/pg", "/api/v2", NULL };
static const char *const rest_prefixes[] = { "", NULL };
static const char *const deep_prefixes[] = { "/pg/deep", NULL };
static const struct dialect shop = {
    .name = "shop", .prefixes = shop_prefixes, .routes = shop_routes, .refuse = refuse,
};
static const struct dialect rest = {
    .name = "rest", .prefixes = rest_prefixes, .routes = rest_routes, .refuse = refuse,
};
static const struct dialect deep = {
    .name = "deep", .prefixes = deep_prefixes, .routes = deep_routes, .refuse = refuse,
};

static struct router *router;
static struct router_match match;

static int make(void **state)
{
    const struct dialect *const all[] = { &rest, &shop, &deep, NULL };

    (void)state;
    return router_new(&router, all) == FAULT_NONE ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    router_free(router);
    return 0;
}

static enum router_verdict find(const char *method, const char *path)
{
    return router_find(router, &match, method, span_of(path));
}

static void a_path_of_constants_is_found(void **state)
{
    (void)state;
    assert_int_equal(find("POST", "/pg/orders"), ROUTER_FOUND);
    assert_ptr_equal(match.row->route, &shop_routes[0]);
    assert_ptr_equal(match.dialect, &shop);
    assert_int_equal(match.n_params, 0);
    assert_int_equal(find("POST", "/api/v2/cftoken/order"), ROUTER_FOUND);
    assert_int_equal(find("GET", "/"), ROUTER_FOUND);
}

static void parameters_are_lent_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/pg/orders/o%2F1/payments/77"), ROUTER_FOUND);
    assert_int_equal(match.n_params, 2);
    assert_true(span_equal(match.params[0], SPAN("o%2F1")));
    assert_true(span_equal(match.params[1], SPAN("77")));
    assert_true(span_absent(match.params[2]));
}

static void the_method_chooses_among_routes_of_one_path(void **state)
{
    (void)state;
    assert_int_equal(find("PATCH", "/pg/orders/1"), ROUTER_FOUND);
    assert_ptr_equal(match.row->route, &shop_routes[2]);
    assert_int_equal(find("DELETE", "/pg/orders/1"), ROUTER_METHOD);
    assert_null(match.row);
    assert_ptr_equal(match.dialect, &shop);
    assert_int_equal(find("get", "/pg/orders/1"), ROUTER_METHOD);
}

static void an_empty_segment_is_no_parameter(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/pg/orders/"), ROUTER_UNKNOWN);
    assert_int_equal(find("GET", "/pg/orders//payments/1"), ROUTER_UNKNOWN);
    assert_int_equal(find("POST", "/pg/orders/"), ROUTER_UNKNOWN);
}

static void the_longest_prefix_owns_a_path(void **state)
{
    (void)state;
    assert_int_equal(find("GET", "/pg/deep/x"), ROUTER_FOUND);
    assert_ptr_equal(match.dialect, &deep);
    assert_int_equal(find("GET", "/pg/deeper"), ROUTER_UNKNOWN);
    assert_ptr_equal(match.dialect, &shop);
    assert_int_equal(find("GET", "/pgx"), ROUTER_UNKNOWN);
    assert_ptr_equal(match.dialect, &rest);
    assert_int_equal(find("GET", "/pg"), ROUTER_UNKNOWN);
    assert_ptr_equal(match.dialect, &shop);
}

static void a_route_outside_its_dialects_prefix_is_not_reached(void **state)
{
    (void)state;
    /* It is a parameter of the shop's route, not the other dialect's constant. */
    assert_int_equal(find("GET", "/pg/orders/mine"), ROUTER_FOUND);
    assert_ptr_equal(match.dialect, &shop);
}

static void odd_paths_are_unknown_and_somebody_answers_them(void **state)
{
    (void)state;
    assert_int_equal(find("GET", ""), ROUTER_UNKNOWN);
    assert_ptr_equal(match.dialect, &rest);
    assert_int_equal(find("GET", "*"), ROUTER_UNKNOWN);
    assert_int_equal(find("GET", "http://host/healthz"), ROUTER_UNKNOWN);
    assert_int_equal(find("GET", "/healthz/"), ROUTER_UNKNOWN);
    assert_int_equal(find("GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n"), ROUTER_UNKNOWN);
}

static void rows_are_named_by_method_and_template(void **state)
{
    (void)state;
    assert_int_equal(router_rows(router), 9);
    assert_string_equal(router_row(router, 4)->name, "GET /pg/orders/{order_id}");
}

static void paths_nobody_owns_go_to_the_first_dialect(void **state)
{
    const struct dialect *const two[] = { &deep, &shop, NULL };
    struct router *r = NULL;

    (void)state;
    assert_int_equal(router_new(&r, two), FAULT_NONE);
    assert_int_equal(router_find(r, &match, "GET", SPAN("/healthz")), ROUTER_UNKNOWN);
    assert_ptr_equal(match.dialect, &deep);
    router_free(r);
}

static void tables_beyond_the_limits_are_refused(void **state)
{
    static const struct route five_params[] = { ROUTE("GET", "/{a}/{b}/{c}/{d}/{e}"), { .method = NULL } };
    static const struct route thirteen[] = { ROUTE("GET", "/1/2/3/4/5/6/7/8/9/10/11/12/13"), { .method = NULL } };
    static const struct route relative[] = { ROUTE("GET", "orders"), { .method = NULL } };
    static const struct route *const bad[] = { five_params, thirteen, relative };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct dialect d = { .name = "bad", .prefixes = rest_prefixes, .routes = bad[i], .refuse = refuse };
        const struct dialect *const one[] = { &d, NULL };
        struct router *r = NULL;

        assert_int_equal(router_new(&r, one), FAULT_BAD_INPUT);
        assert_null(r);
    }
}

static void escapes_are_decoded_and_bad_ones_refused(void **state)
{
    static const struct { struct span in, out; } good[] = {
        { SPAN("plain"), SPAN("plain") }, { SPAN("a%2Fb"), SPAN("a/b") }, { SPAN("%41%62c"), SPAN("Abc") },
        { SPAN("%25%2e+"), SPAN("%.+") }, { SPAN("%e0%A4%b9"), SPAN("\xe0\xa4\xb9") },
    };
    static const struct span bad[] = {
        SPAN("%"), SPAN("a%"), SPAN("%4"), SPAN("%4g"), SPAN("%%41"), SPAN("a%00b"), SPAN("%-1"),
    };
    struct arena *a = NULL;

    (void)state;
    assert_int_equal(arena_new(&a), FAULT_NONE);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct span s = good[i].in;

        assert_int_equal(router_decode(&s, a), FAULT_NONE);
        assert_true(span_equal(s, good[i].out));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct span s = bad[i];

        assert_int_equal(router_decode(&s, a), FAULT_BAD_INPUT);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_of_constants_is_found),
        cmocka_unit_test(parameters_are_lent_in_their_order),
        cmocka_unit_test(the_method_chooses_among_routes_of_one_path),
        cmocka_unit_test(an_empty_segment_is_no_parameter),
        cmocka_unit_test(the_longest_prefix_owns_a_path),
        cmocka_unit_test(a_route_outside_its_dialects_prefix_is_not_reached),
        cmocka_unit_test(odd_paths_are_unknown_and_somebody_answers_them),
        cmocka_unit_test(rows_are_named_by_method_and_template),
        cmocka_unit_test(paths_nobody_owns_go_to_the_first_dialect),
        cmocka_unit_test(tables_beyond_the_limits_are_refused),
        cmocka_unit_test(escapes_are_decoded_and_bad_ones_refused),
    };

    return cmocka_run_group_tests(tests, make, unmake);
}
