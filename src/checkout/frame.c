/* frame.c: pages, their headers, and what is said when something is wrong. */
#include <string.h>

#include "checkout/desk.h"

#include "base/banned.h"

enum { POLICY_MAX = 1024, COOKIE_MAX = 192 };
static const char html_type[] = "text/html; charset=utf-8";

static bool is_host_byte(uint8_t c)
{
    uint8_t letter = c | 0x20;

    return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._:[]", c));
}

/* What goes on behind the host in another way than an address does, such as '@' or ';', belongs to another host than it
 * seems to, and has no origin. */
struct span page_origin(struct span url)
{
    size_t at = span_starts(url, SPAN("https://")) ? 8 : span_starts(url, SPAN("http://")) ? 7 : 0, n = at;

    while (at && n < url.n && is_host_byte(url.p[n]))
        n++;
    if (n == at || (n < url.n && url.p[n] != '/' && url.p[n] != '?' && url.p[n] != '#'))
        return (struct span){ 0 };
    return (struct span){ url.p, n };
}

/* No script, style or picture but ours; nobody frames us but the page we were told of. */
static void put_policy(struct exchange *x, struct span posts_to)
{
    const struct visit *v = x->state;
    struct buf b = arena_buf(x->arena, POLICY_MAX);

    buf_text(&b, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                 "frame-src 'self'; base-uri 'none'; form-action 'self'");
    if (posts_to.n) {
        buf_byte(&b, ' ');
        buf_span(&b, posts_to);
    }
    buf_text(&b, "; frame-ancestors ");
    buf_span(&b, v && !span_absent(v->embed) ? v->embed : SPAN("'none'"));
    answer_header(x, "Content-Security-Policy", buf_view(&b));
    if (!v || span_absent(v->embed))
        answer_header(x, "X-Frame-Options", SPAN("DENY"));
}

/* In a frame of another site a cookie must be that site's own (partitioned), or browsers do not send it. They take the
 * word Secure from this machine without TLS too. */
static void put_cookie(struct exchange *x, const struct visit *v)
{
    bool tls = span_starts(x->services->base_url, SPAN("https://")), framed = !span_absent(v->embed);
    struct buf b = arena_buf(x->arena, COOKIE_MAX);

    buf_text(&b, "tijori_checkout=");
    buf_text(&b, v->nonce);
    buf_text(&b, "; Path=/checkout; HttpOnly; Max-Age=86400");
    buf_text(&b, framed ? "; SameSite=None; Secure; Partitioned" : tls ? "; SameSite=Lax; Secure" : "; SameSite=Lax");
    answer_header(x, "Set-Cookie", buf_view(&b));
}

void page_headers(struct exchange *x, struct span posts_to)
{
    const struct visit *v = x->state;

    put_policy(x, posts_to);
    answer_header(x, "Cache-Control", SPAN("no-store"));
    answer_header(x, "X-Content-Type-Options", SPAN("nosniff"));
    answer_header(x, "Referrer-Policy", SPAN("no-referrer"));
    answer_header(x, "Permissions-Policy", SPAN("camera=(), geolocation=(), microphone=(), payment=()"));
    answer_header(x, "Cross-Origin-Opener-Policy",
                  v && !span_absent(v->embed) ? SPAN("unsafe-none") : SPAN("same-origin-allow-popups"));
    if (v && v->nonce_is_new && v->nonce[0])
        put_cookie(x, v);
}

struct view *page_view(struct exchange *x, const char *title)
{
    const struct visit *v = x->state;
    struct view *w = view_new(x->arena);

    view_str(w, "title", title);
    view_flag(w, "sandbox", x->services->mode == MODE_SANDBOX);
    view_flag(w, "framed", v && !span_absent(v->embed));
    view_text(w, "frame_origin", v ? v->embed : (struct span){ 0 });
    view_text(w, "merchant", v ? v->merchant : (struct span){ 0 });
    return w;
}

void page_show(struct exchange *x, unsigned status, const struct view *v, const char *file, struct span posts_to)
{
    struct buf *body = answer_start(x, status, html_type, PAGE_MAX);

    page_headers(x, posts_to);
    if (view_render(body, v, file) == FAULT_NONE)
        return;
    body = answer_start(x, 500, "text/plain; charset=utf-8", 64);
    page_headers(x, (struct span){ 0 });
    buf_text(body, "Something is wrong on our side. Nothing was charged.\n");
}

void page_go(struct exchange *x, struct span where)
{
    (void)answer_start(x, 303, NULL, 1);
    page_headers(x, (struct span){ 0 });
    answer_header(x, "Location", where);
}

void page_problem(struct exchange *x, unsigned status, const char *title, const char *text)
{
    page_over(x, status, NULL, title, text);
}

void page_over(struct exchange *x, unsigned status, const char *code, const char *title, const char *text)
{
    const struct visit *v = x->state;
    struct view *w = page_view(x, title);

    view_str(w, "text", text);
    view_str(w, "code", code);
    view_text(w, "again", !code && v && !span_absent(v->session) && v->order.order_no
                              ? visit_path(x, "", (struct span){ 0 }) : (struct span){ 0 });
    view_text(w, "back", v && v->order.order_no ? visit_return_url(x) : (struct span){ 0 });
    page_show(x, status, w, "problem.html", (struct span){ 0 });
}

void page_fault(struct exchange *x, enum fault f)
{
    switch (f) {
    case FAULT_NOT_FOUND:
        page_problem(x, 404, "Not found",
                     "This payment page does not exist. Please go back to the shop and try again.");
        return;
    case FAULT_DENIED:
        page_problem(x, 403, "Please try once more",
                     "This form was not sent from our page in this browser, or cookies are switched off. "
                     "Nothing was charged.");
        return;
    case FAULT_BAD_INPUT:
        page_problem(x, 400, "Please check your entry", "The form could not be read. Nothing was charged.");
        return;
    case FAULT_TOO_MANY:
        page_problem(x, 429, "Too many attempts", "Please wait a little before you try again. Nothing was charged.");
        return;
    case FAULT_WRONG_STATE: case FAULT_EXISTS: case FAULT_MISMATCH:
        page_problem(x, 409, "Not possible", "This order does not allow that now. Nothing was charged.");
        return;
    case FAULT_NONE: case FAULT_UNKNOWN_CALLER: case FAULT_BUSY: case FAULT_DISK: case FAULT_SILENT: case FAULT_RETRY:
    case FAULT_INTERNAL:
        break;
    }
    page_problem(x, 503, "One moment please",
                 "We could not finish this just now. Please look at the order in the shop before you pay again.");
}

void page_refuse(struct exchange *x, enum refusal why)
{
    x->state = NULL;
    switch (why) {
    case REFUSE_NO_ROUTE: case REFUSE_PATH:
        page_fault(x, FAULT_NOT_FOUND);
        return;
    case REFUSE_METHOD:
        page_problem(x, 405, "Not possible", "This address cannot be opened in that way.");
        return;
    case REFUSE_BODY_TOO_LARGE:
        page_problem(x, 413, "Too large", "The form is larger than any of ours.");
        return;
    case REFUSE_BODY_TRUNCATED: case REFUSE_FRAMING:
        page_fault(x, FAULT_BAD_INPUT);
        return;
    case REFUSE_CONTENT_TYPE:
        page_problem(x, 415, "Not a form", "We read forms as application/x-www-form-urlencoded.");
        return;
    case REFUSE_HEADERS:
        page_problem(x, 431, "Too large", "The request has too large a head.");
        return;
    case REFUSE_HOST:
        page_problem(x, 421, "Not here", "This address belongs to another server.");
        return;
    case REFUSE_TIMEOUT:
        page_problem(x, 408, "Too slow", "The request took too long to arrive.");
        return;
    case REFUSE_SEALED:
        page_problem(x, 503, "Not open yet", "The shop's payment service is being started. Please try again later.");
        return;
    case REFUSE_BUSY: case REFUSE_STOPPING: case REFUSE_MEMORY:
        break;
    }
    page_fault(x, FAULT_BUSY);
}
