/* test_checkout_text.c: templates and forms of the checkout: what is escaped, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checkout/assets.h"
#include "checkout/form.h"
#include "checkout/view.h"

#include "base/banned.h"

static int setup(void **state)
{
    struct arena *a = NULL;

    assert_int_equal(arena_new(&a), FAULT_NONE);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* The page of a problem, which every other page resembles. */
static struct view *problem(struct arena *a)
{
    struct view *v = view_new(a);

    view_str(v, "title", "A title");
    view_str(v, "text", "A text");
    view_str(v, "merchant", NULL);
    view_str(v, "frame_origin", NULL);
    view_flag(v, "framed", false);
    view_str(v, "again", NULL);
    view_str(v, "code", NULL);
    view_str(v, "back", NULL);
    return v;
}

static const char *rendered(struct arena *a, const struct view *v, const char *file)
{
    struct buf b = arena_buf(a, 64 * 1024);

    assert_int_equal(view_render(&b, v, file), FAULT_NONE);
    buf_byte(&b, 0);
    assert_false(b.full);
    return (const char *)b.p;
}

static void every_value_is_escaped_for_text_and_attributes(void **state)
{
    struct arena *a = *state;
    struct view *v = problem(a);
    const char *page;

    view_str(v, "title", "<b>\"it's\" & more</b>");
    view_str(v, "back", "http://shop/?a=\"><script>");
    page = rendered(a, v, "problem.html");
    assert_non_null(strstr(page, "<h1>&lt;b&gt;&quot;it&#39;s&quot; &amp; more&lt;/b&gt;</h1>"));
    assert_non_null(strstr(page, "href=\"http://shop/?a=&quot;&gt;&lt;script&gt;\""));
    assert_null(strstr(page, "<b>"));
}

static void a_section_is_shown_only_for_what_is_there(void **state)
{
    struct arena *a = *state;
    struct view *v = problem(a);

    assert_null(strstr(rendered(a, v, "problem.html"), "Back to the payment"));
    assert_null(strstr(rendered(a, v, "problem.html"), "class=\"framed\""));
    view_str(v, "again", "/checkout/x");
    view_flag(v, "framed", true);
    assert_non_null(strstr(rendered(a, v, "problem.html"), "Back to the payment"));
    assert_non_null(strstr(rendered(a, v, "problem.html"), "class=\"framed\""));
}

static void what_nobody_set_is_a_mistake_and_no_blank(void **state)
{
    struct arena *a = *state;
    struct view *v = view_new(a);
    struct buf b = arena_buf(a, 64 * 1024);

    view_str(v, "title", "A title");
    assert_int_equal(view_render(&b, v, "problem.html"), FAULT_INTERNAL);
    assert_int_equal(view_render(&b, v, "nothing.html"), FAULT_NOT_FOUND);
    assert_int_equal(view_render(&b, NULL, "problem.html"), FAULT_INTERNAL);
}

static void a_page_that_does_not_fit_is_none(void **state)
{
    struct arena *a = *state;
    struct buf b = arena_buf(a, 100);

    assert_int_equal(view_render(&b, problem(a), "problem.html"), FAULT_INTERNAL);
}

static void too_many_values_break_the_page_and_no_memory(void **state)
{
    struct arena *a = *state;
    struct view *v = problem(a);
    struct buf b = arena_buf(a, 64 * 1024);

    for (size_t i = 0; i < VIEW_FIELDS_MAX; i++) {
        char *name = arena_take(a, 3);

        name[0] = (char)('A' + i / 26), name[1] = (char)('a' + i % 26);
        view_str(v, name, "x");
    }
    assert_int_equal(view_render(&b, v, "problem.html"), FAULT_INTERNAL);
}

static void no_template_has_script_or_style_of_its_own(void **state)
{
    static const char *const pages[] = {
        "bank.html", "component.html", "demo.html", "foot.html", "head.html", "link.html", "otp.html", "pay.html",
        "phone.html", "problem.html", "result.html", "summary.html", "wait.html",
    };

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        const struct asset *p = asset_find(span_of(pages[i]));
        struct span text = p ? arena_copy(*state, p->body) : (struct span){ 0 };

        assert_non_null(p);
        assert_null(p->type);         /* never served as it is */
        assert_null(strstr((const char *)text.p, "<script>"));
        assert_null(strstr((const char *)text.p, "<style"));
        assert_null(strstr((const char *)text.p, " style="));
        assert_null(strstr((const char *)text.p, "onclick"));
        assert_null(strstr((const char *)text.p, "{{{"));
    }
    assert_null(asset_find(SPAN("../desk.h")));
}

struct read { struct span name, other; };
static const struct form_field fields[] = {
    { "name", 5, offsetof(struct read, name) }, { "other", 5, offsetof(struct read, other) }, { NULL, 0, 0 },
};

static void a_form_is_decoded_and_unknown_fields_are_left_out(void **state)
{
    struct read r = { { 0 }, { 0 } };

    assert_int_equal(form_read(&r, fields, *state, SPAN("x=1&na%6de=a+%26%C3%A9&other="), NULL), FAULT_NONE);
    assert_true(span_equal(r.name, SPAN("a &\xc3\xa9")));
    assert_false(span_absent(r.other));
    assert_int_equal(r.other.n, 0);
}

static void what_comes_twice_is_too_long_or_badly_escaped_is_refused_by_name(void **state)
{
    static const char *const bad[] = {
        "name=1&name=2", "name=123456", "name=%", "name=%4", "name=%zz", "name=%00", "name=&name=",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct read r = { { 0 }, { 0 } };
        const char *name = "";

        assert_int_equal(form_read(&r, fields, *state, span_of(bad[i]), &name), FAULT_BAD_INPUT);
        assert_string_equal(name, "name");
    }
}

static void a_form_of_too_many_fields_is_refused(void **state)
{
    struct read r = { { 0 }, { 0 } };
    struct buf b = arena_buf(*state, 1024);

    for (int i = 0; i < 300; i++)
        buf_text(&b, "a&");
    assert_int_equal(form_read(&r, fields, *state, buf_view(&b), NULL), FAULT_BAD_INPUT);
}

static void encoding_and_decoding_are_each_others_opposite(void **state)
{
    uint8_t all[255];
    struct buf b = arena_buf(*state, 1024);
    struct span back;

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)(i + 1);
    form_encode(&b, (struct span){ all, sizeof all });
    assert_int_equal(form_decode(&back, *state, buf_view(&b)), FAULT_NONE);
    assert_true(span_equal(back, (struct span){ all, sizeof all }));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_value_is_escaped_for_text_and_attributes),
        T(a_section_is_shown_only_for_what_is_there),
        T(what_nobody_set_is_a_mistake_and_no_blank),
        T(a_page_that_does_not_fit_is_none),
        T(too_many_values_break_the_page_and_no_memory),
        T(no_template_has_script_or_style_of_its_own),
        T(a_form_is_decoded_and_unknown_fields_are_left_out),
        T(what_comes_twice_is_too_long_or_badly_escaped_is_refused_by_name),
        T(a_form_of_too_many_fields_is_refused),
        T(encoding_and_decoding_are_each_others_opposite),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
