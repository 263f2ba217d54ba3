/* files.c: embedded files, and the frames of card components. */
#include <string.h>

#include "checkout/assets.h"
#include "checkout/desk.h"

#include "base/banned.h"

/* A component: one input, or button, in a frame of ours, so that the page around it never sees what is typed. */
struct component {
    struct visit visit;               /* x->state */
    struct span placeholder, group;
};

static const struct { const char *type, *flag, *label; } components[] = {
    { "cardNumber", "is_number", "Card number" }, { "cardExpiry", "is_expiry", "Expiry, month and year" },
    { "cardCvv", "is_cvv", "Security code" }, { "cardHolder", "is_holder", "Name on the card" },
    { "savePaymentInstrument", "is_save", "Save this card" }, { "upiCollect", "is_upi", "UPI address" },
    { "netbanking", "is_button", "Pay by net banking" }, { "wallet", "is_button", "Pay by wallet" },
    { "paylater", "is_button", "Pay later" },
};

enum { N_COMPONENTS = sizeof components / sizeof *components };

/* The same bytes until the program changes, and a browser asks by their ETag whether it has. */
static enum step serve(struct exchange *x, struct span name, const char *life)
{
    const struct asset *a = asset_find(name);
    bool known;

    exchange_request_id(x, (struct span){ 0 });
    if (!a || !a->type) {
        page_fault(x, FAULT_NOT_FOUND);
        return STEP_ANSWERED;
    }
    known = span_equal(x->header(x, "If-None-Match"), span_of(a->etag));
    (void)answer_start(x, known ? 304 : 200, known ? NULL : a->type, 1);
    if (!known)
        x->answer.body = (struct buf){ (uint8_t *)(uintptr_t)a->body.p, a->body.n, a->body.n, false };
    answer_header(x, "ETag", span_of(a->etag));
    answer_header(x, "Cache-Control", span_of(life));
    answer_header(x, "X-Content-Type-Options", SPAN("nosniff"));
    /* A merchant's page may load the script and show nothing of ours but that. */
    answer_header(x, "Cross-Origin-Resource-Policy",
                  span_equal(name, SPAN("cashfree.js")) ? SPAN("cross-origin") : SPAN("same-origin"));
    answer_header(x, "Content-Security-Policy", SPAN("default-src 'none'; frame-ancestors 'none'"));
    return STEP_ANSWERED;
}

enum step file_parse(struct exchange *x)
{
    return serve(x, x->params[0], "public, max-age=300, must-revalidate");
}

enum step script_parse(struct exchange *x)
{
    return serve(x, SPAN("cashfree.js"), "public, max-age=300, must-revalidate");
}

static void read_query(struct exchange *x, struct component *c)
{
    static const struct form_field fields[] = {
        { "o", CHECKOUT_ORIGIN_MAX, offsetof(struct component, visit.embed) },
        { "p", 64, offsetof(struct component, placeholder) }, { "g", 32, offsetof(struct component, group) },
        { NULL, 0, 0 },
    };

    if (form_read(c, fields, x->arena, x->query, NULL) || !checkout_origin_is_valid(c->visit.embed))
        *c = (struct component){ .placeholder = SPAN(""), .group = SPAN("") };
}

/* Which shop it is for is not known yet: nothing of it is shown, and what is typed goes to an order whose merchant has
 * registered the page's origin, or nowhere. */
enum step component_parse(struct exchange *x)
{
    struct component *c = arena_take(x->arena, sizeof *c);
    const char *flag = "", *label = NULL;
    bool known = false;
    struct view *w;

    exchange_request_id(x, (struct span){ 0 });
    if (!c) {
        page_refuse(x, REFUSE_MEMORY);
        return STEP_ANSWERED;
    }
    x->state = c;
    read_query(x, c);
    w = page_view(x, "Card");
    for (size_t i = 0; i < N_COMPONENTS && !known; i++) {
        known = span_equal(span_of(components[i].type), x->params[0]);
        if (known)
            flag = components[i].flag, label = components[i].label;
    }
    for (size_t i = 0; i < N_COMPONENTS; i++)
        view_flag(w, components[i].flag, strcmp(components[i].flag, flag) == 0);
    view_str(w, "label", label);
    view_str(w, "title", label ? label : "Card");
    view_text(w, "type", x->params[0]);
    view_text(w, "placeholder", c->placeholder);
    view_text(w, "group", c->group);
    if (known && !span_absent(c->visit.embed))
        page_show(x, 200, w, "component.html", (struct span){ 0 });
    else
        page_fault(x, FAULT_NOT_FOUND);
    return STEP_ANSWERED;
}
