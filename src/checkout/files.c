/* files.c: embedded files, and the frames of card components. */
#include <string.h>

#include "checkout/assets.h"
#include "checkout/desk.h"

#include "base/banned.h"

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
