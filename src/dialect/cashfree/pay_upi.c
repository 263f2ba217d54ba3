/* pay_upi.c: what the payer's phone is shown: UPI links of the usual apps, or a QR code (UPI linking specification 1.6,
 * NPCI). */
#include "dialect/cashfree/pay.h"

#include "base/qr.h"

#include "base/banned.h"

enum { LINK_MAX = 256, SCHEME_TEXT = 24 };

#define PAYEE "tijori@gocash"         /* of the simulated acquirer: it knows the payment by its reference */

/* Everything behind the app's own scheme. */
static struct span query_of(struct exchange *x)
{
    const struct pay *p = x->state;
    const struct payment_row *row = &p->job.row;
    struct buf b = arena_buf(x->arena, LINK_MAX);
    struct money amount = { .minor = row->amount_minor, .currency = "INR" };

    buf_text(&b, "pay?pa=" PAYEE "&pn=Tijori&tr=");
    buf_span(&b, row->acquirer_ref);
    buf_text(&b, "&am=");
    money_full(&b, amount);
    buf_text(&b, "&cu=INR&tn=");
    buf_span(&b, row->order_id);
    return buf_view(&b);
}

static struct span join(struct arena *a, const char *scheme, struct span query)
{
    struct buf b = arena_buf(a, SCHEME_TEXT + query.n);

    buf_text(&b, scheme);
    buf_span(&b, query);
    return buf_view(&b);
}

void orderpay_put_intents(struct json_out *o, struct exchange *x)
{
    static const struct { const char *key, *scheme; } apps[] = {
        { "bhim", "bhim://upi/" }, { "default", "upi://" }, { "gpay", "tez://upi/" }, { "paytm", "paytmmp://" },
        { "phonepe", "phonepe://" },
    };
    const struct pay *p = x->state;
    struct span query = query_of(x);

    json_object(o);
    for (size_t i = 0; i < sizeof apps / sizeof *apps; i++)
        json_put_text(o, apps[i].key, join(x->arena, apps[i].scheme, query));
    json_put_text(o, "web", pay_bank_url(x->services, x->arena, &p->job.row));
    json_object_end(o);
}

void orderpay_put_qrcode(struct json_out *o, struct exchange *x)
{
    struct span url = { 0 };
    enum fault f = qr_data_url(&url, x->arena, join(x->arena, "upi://", query_of(x)));

    json_object(o);
    json_put_text(o, "qrcode", f ? (struct span){ 0 } : url);
    json_object_end(o);
}
