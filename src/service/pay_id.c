/* pay_id.c: public ids: of payments, of refunds, and of the order that is paid. */
#include "service/ids.h"
#include "service/pay_own.h"

#include "base/banned.h"

#define BANK_PAGE "/pg/view/gateway/"

uint64_t pay_id(const struct services *s, int64_t merchant_id, int64_t payment_no)
{
    return ids_digits(s->ids, IDS_OF_PAYMENT, merchant_id, payment_no);
}

enum fault pay_id_open(const struct services *s, int64_t *merchant_id, int64_t *payment_no, uint64_t id)
{
    return ids_digits_open(s->ids, IDS_OF_PAYMENT, merchant_id, payment_no, id);
}

uint64_t pay_refund_id(const struct services *s, int64_t merchant_id, int64_t refund_no)
{
    return ids_digits(s->ids, IDS_OF_REFUND, merchant_id, refund_no);
}

uint64_t pay_settlement_id(const struct services *s, int64_t merchant_id, int64_t payment_no)
{
    return ids_digits(s->ids, IDS_OF_SETTLEMENT, merchant_id, payment_no);
}

enum fault pay_order_of_session(const struct services *s, struct store_tx *tx, struct order_row *out, struct arena *a,
                                struct span session)
{
    struct ids_opened_session opened;
    struct order_row row;
    enum fault f;

    if (ids_session_open(s->ids, &opened, session))
        return FAULT_NOT_FOUND;
    f = orders_find(tx, &row, a, opened.merchant_id, span_of(opened.order_id));
    if (f)
        return f;
    if (!secret_equal((struct span){ opened.session, ORDER_SESSION }, row.session))
        return FAULT_NOT_FOUND;
    *out = row;
    return FAULT_NONE;
}

/* The order that the token names under the id key of that age. NOT_FOUND: it is not the token of that order. */
static enum fault order_of_token(const struct services *s, struct store_tx *tx, struct order_row *out, struct arena *a,
                                 const struct ids_opened_order *opened, struct span order_token)
{
    char text[IDS_ORDER_TOKEN_TEXT];
    struct order_row row;
    enum fault f = orders_find_no(tx, &row, a, opened->merchant_id, opened->order_no);

    if (f)
        return f;
    ids_order_token(s->ids, text, &row);
    if (!secret_equal(span_of(text), order_token))
        return FAULT_NOT_FOUND;
    *out = row;
    return FAULT_NONE;
}

enum fault pay_order_of_token(const struct services *s, struct store_tx *tx, struct order_row *out, struct arena *a,
                              struct span order_token)
{
    struct ids_opened_order opened;
    enum fault f = FAULT_NOT_FOUND;

    for (size_t age = 0; f == FAULT_NOT_FOUND; age++) {
        if (ids_order_token_open(s->ids, &opened, order_token, age))
            return FAULT_NOT_FOUND;
        f = order_of_token(s, tx, out, a, &opened, order_token);
    }
    return f;
}

struct span pay_bank_url(const struct services *s, struct arena *a, const struct payment_row *p)
{
    struct buf url = arena_buf(a, s->base_url.n + sizeof BANK_PAGE + p->acquirer_ref.n);

    buf_span(&url, s->base_url);
    buf_text(&url, BANK_PAGE);
    buf_span(&url, p->acquirer_ref);
    return buf_view(&url);
}
