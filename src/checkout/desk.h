/* desk.h: what the checkout's files share. Private to this folder. */
#pragma once

#include "checkout/checkout.h"
#include "checkout/form.h"
#include "checkout/view.h"
#include "service/checkouts.h"
#include "service/ids.h"
#include "service/offer.h"
#include "service/pay.h"
#include "service/rate_limit.h"

enum {
    PAGE_MAX = 160 * 1024,            /* bytes of a page */
    OWN_PATH_MAX = 320,               /* bytes of an address of ours, */
    WISHES_MAX = 3 * (CHECKOUT_ORIGIN_MAX + CHECKOUT_URL_MAX) + 8,    /* and of visit_put_wishes() */
    FORM_MAX = 16 * 1024,             /* bytes of a form we take */
    NONCE_HEX = 33,                   /* a browser's cookie: 128 random bits, and NUL */
};

/* A browser at one order. x->state of every route below /checkout/{payment_session_id}. */
struct visit {
    struct span session;              /* as in the path */
    struct order_row order;
    enum order_state state;           /* as of now */
    struct offer offer;
    struct span merchant;             /* its name */
    struct checkout_row checkout;     /* return_url and notify_url of the order-token flow; absent: not of it */
    bool from_token;                  /* it has such a row */
    struct span embed;                /* the origin that frames us; absent: nobody */
    struct span back;                 /* where the shop's page wants the payer to come back to; absent: the order's */
    bool scripted;                    /* asked by a card component: answered in JSON */
    char nonce[NONCE_HEX];
    bool nonce_is_new;
    struct span guard;                /* the form's proof that we made it */
    struct payment_row payment;       /* of routes with a payment in the path */
    void *own;                        /* the route's */
};

/* visit.c */

/* The order of the session in the path, and the browser's cookie. NULL: the answer is made. */
struct visit *visit_enter(struct exchange *x);
/* Count a call of this address in a class that the API's calls count in, too. TOO_MANY. */
MUST_CHECK enum fault visit_rate(struct exchange *x, enum rate_class c);
/* The same for routes that only look: parse as a whole. */
enum step visit_parse(struct exchange *x);
/* In a job: the payment named by x->params[1], which must be this order's. NOT_FOUND. */
MUST_CHECK enum fault visit_payment(struct exchange *x, struct store_tx *tx);
/* "/checkout/{session}" and `more`, with the frame's origin and the way back where they were given; in the arena. */
struct span visit_path(const struct exchange *x, const char *more, struct span id);
/* The order's return_url, or the one asked for, with its placeholders filled; absent: none. */
struct span visit_return_url(const struct exchange *x);
/* Read the frame's origin (`o`) and the way back (`r`) of this request's query, neither believed yet. */
void visit_wishes(struct exchange *x, struct visit *v);
/* In any job: forget what is not allowed of them: the origin must be one that may frame this merchant's pages, the way
 * back go to such an origin or to that of the order's own return_url. */
MUST_CHECK enum fault visit_allow(struct exchange *x, struct store_tx *tx, struct visit *v, int64_t merchant_id,
                                  struct span order_return);
/* Append both to an address, as its query or more of it. */
void visit_put_wishes(struct buf *out, const struct visit *v);
/* The payment's public id as text, in the arena. */
struct span visit_payment_id(const struct exchange *x, const struct payment_row *p);

/* guard.c: forms that only our own pages can send. */

/* The cookie, or a new one. */
void guard_cookie(struct exchange *x, struct visit *v);
/* The question whose answer is the guard of this browser and order. INTERNAL. */
MUST_CHECK enum fault guard_ask(struct exchange *x, struct key_ask *ask);
/* The same as x->asks[0]: in the work of a route that reads, for show; in the parse of one that writes, for work. */
MUST_CHECK enum fault guard_put(struct exchange *x);
/* The same, asked and waited for at once: on a worker. DENIED; SILENT. */
MUST_CHECK enum fault guard_check_now(struct exchange *x);
/* The answered guard as 64 hex digits; absent when nobody answered. */
struct span guard_text(const struct exchange *x, const struct key_ask *answered);
/* Did a page of ours send this? By the browser's own word; the cookie and the form say the rest. */
bool guard_came_from_us(const struct exchange *x);
/* All of it. DENIED; SILENT. */
MUST_CHECK enum fault guard_check(const struct exchange *x, const struct key_ask *answered);

/* frame.c: pages and what goes with them. */

/* A view with what every page has. */
struct view *page_view(struct exchange *x, const char *title);
/* Answer with a page. `posts_to`: another origin that its form may be sent to; absent: none. */
void page_show(struct exchange *x, unsigned status, const struct view *v, const char *file, struct span posts_to);
/* Answer 303. */
void page_go(struct exchange *x, struct span where);
/* Answer with a page that says what is wrong; title and text are constants, and so is `code`, for the script of a page
 * that frames it: the payment will not go on there. NULL: it may. */
void page_over(struct exchange *x, unsigned status, const char *code, const char *title, const char *text);
void page_problem(struct exchange *x, unsigned status, const char *title, const char *text);
void page_fault(struct exchange *x, enum fault f);
/* The headers of every answer that is not an embedded file. */
void page_headers(struct exchange *x, struct span posts_to);
/* "https://shop.example" of a URL; absent: it has none. */
struct span page_origin(struct span url);
void page_refuse(struct exchange *x, enum refusal why);

/* words.c: what a payer is told. */

/* Why a payment could not begin or go on, as a short name for an address, and the sentence of such a name (NULL: no
 * such name). Constants. */
const char *words_of_job(const struct pay_job *job, enum fault outcome);
const char *words_sentence(struct span name);
const char *words_field(struct span name);            /* the field it is about: "card_number"; "": none */

/* How money is written for people: "₹170.00". In the arena. */
struct span words_money(struct arena *a, struct money m);
/* The file that shows a scheme's logo, and its name; constants. */
const char *words_logo(int64_t scheme);
const char *words_scheme(int64_t scheme);

/* The steps of a pay job that every route with one shares; `job` is first in visit.own. */
struct pay_job *leading_job(const struct exchange *x);
enum next leading_call(struct exchange *x);
enum fault leading_settle(struct exchange *x, struct store_tx *tx);
/* The only bank account that may pay an order (TPV), which its private part names; absent: any. It waits: on a worker.
 * SILENT. */
MUST_CHECK enum fault leading_account(struct exchange *x, const struct order_row *o, struct span *account);
/* Is a code under way to the acquirer, which has not answered yet? Then the payer waits and gives no other. */
bool leading_is_asking(const struct payment_row *p);
/* Where the browser goes from a payment as it is now. */
struct span leading_next(const struct exchange *x, const struct payment_row *p);

/* The routes, by file: page.c pay.c otp.c after.c cards.c bank.c billpay.c seamless.c files.c demo.c */
enum fault page_work(struct exchange *x, struct store_tx *tx);
void page_pay_show(struct exchange *x, enum fault outcome);
/* Answer that this order, which is not ACTIVE, cannot be paid, and why. */
void page_order_over(struct exchange *x);
enum step pay_parse(struct exchange *x);
enum step pay_route_prepare(struct exchange *x);
enum fault pay_work(struct exchange *x, struct store_tx *tx);
void pay_show(struct exchange *x, enum fault outcome);
enum fault otp_look(struct exchange *x, struct store_tx *tx);
void otp_page(struct exchange *x, enum fault outcome);
enum step otp_parse(struct exchange *x);
enum fault otp_work(struct exchange *x, struct store_tx *tx);
void otp_show(struct exchange *x, enum fault outcome);
enum fault after_work(struct exchange *x, struct store_tx *tx);
void after_wait(struct exchange *x, enum fault outcome);
void after_result(struct exchange *x, enum fault outcome);
void after_leave(struct exchange *x, enum fault outcome);
enum step card_delete_parse(struct exchange *x);
enum fault card_delete_work(struct exchange *x, struct store_tx *tx);
enum next card_delete_call(struct exchange *x);
enum fault card_delete_settle(struct exchange *x, struct store_tx *tx);
void card_delete_show(struct exchange *x, enum fault outcome);
enum step bank_parse(struct exchange *x);
enum fault bank_work(struct exchange *x, struct store_tx *tx);
void bank_show(struct exchange *x, enum fault outcome);
enum step bank_decide_parse(struct exchange *x);
enum fault bank_decide_work(struct exchange *x, struct store_tx *tx);
void bank_decide_show(struct exchange *x, enum fault outcome);
enum fault bank_return_work(struct exchange *x, struct store_tx *tx);
void bank_return_show(struct exchange *x, enum fault outcome);
enum step billpay_parse(struct exchange *x);
enum step billpay_prepare(struct exchange *x);
enum fault billpay_work(struct exchange *x, struct store_tx *tx);
enum next billpay_call(struct exchange *x);
void billpay_show(struct exchange *x, enum fault outcome);
enum step link_parse(struct exchange *x);
enum step link_open_parse(struct exchange *x);
enum fault link_open_work(struct exchange *x, struct store_tx *tx);
void link_open_show(struct exchange *x, enum fault outcome);
enum step file_parse(struct exchange *x);
enum step script_parse(struct exchange *x);
enum step component_parse(struct exchange *x);
