/* names.c: what the acquirer calls a payment: found without an index, and not to be guessed. */
#include <stdio.h>
#include <string.h>

#include "acquirer/sim/inner.h"
#include "base/base64.h"

#include "base/banned.h"

/* 32 hexadecimal digits: two that are always the same, and 30 of the image of merchant and number among 2^120. What
 * does not come back as the pair of a payment is no reference: a guess hits one with a probability of one in 2^120 for
 * each payment there is. */
enum { IMAGE = 15, PREFIX = 2, NO_BITS = 64, BITS = 8 * IMAGE };
#define PREFIX_TEXT "ac"
#define MERCHANTS_MAX (INT64_C(1) << (BITS - NO_BITS - 1))

static enum fault secret_work(struct store_tx *tx, void *arg)
{
    uint8_t *out = arg;
    struct arena *a;
    enum fault f = arena_new(&a);

    if (!f)
        f = acquirer_secret(tx, a, out);
    arena_free(a);
    return f;
}

enum fault teller_names_open(struct sim_acquirer *s)
{
    uint8_t bytes[PERMUTE_KEY];
    AUTO_SECRET key = NULL;
    enum fault f = store_write(s->store, secret_work, bytes);

    if (!f)
        f = secret_copy(&key, (struct span){ bytes, sizeof bytes });
    secret_wipe(bytes, sizeof bytes);
    return f ? f : permute_new(&s->names, key, "acquirer reference", BITS);
}

void teller_names_close(struct sim_acquirer *s)
{
    permute_free(s->names);
}

static unsigned __int128 image_of(const struct sim_acquirer *s, int64_t merchant_id, int64_t no)
{
    return permute_out(s->names, (unsigned __int128)(uint64_t)merchant_id << NO_BITS | (uint64_t)no);
}

static bool is_within(int64_t merchant_id, int64_t no)
{
    return merchant_id >= 0 && merchant_id < MERCHANTS_MAX && no >= 0;
}

void teller_name(const struct sim_acquirer *s, char out[static ACQUIRER_REF_MAX + 1], int64_t merchant_id,
                 int64_t payment_no)
{
    struct buf b = { (uint8_t *)out, 0, ACQUIRER_REF_MAX, false };
    unsigned __int128 image;
    uint8_t bytes[IMAGE];

    out[0] = '\0';
    if (!is_within(merchant_id, payment_no))
        return;
    image = image_of(s, merchant_id, payment_no);
    for (size_t i = IMAGE; i-- > 0; image >>= 8)
        bytes[i] = (uint8_t)image;
    buf_text(&b, PREFIX_TEXT);
    hex_put(&b, (struct span){ bytes, IMAGE });
    out[b.n] = '\0';
}

enum fault teller_name_read(const struct sim_acquirer *s, int64_t *merchant_id, int64_t *payment_no, struct span text)
{
    char again[ACQUIRER_REF_MAX + 1];
    unsigned __int128 image = 0;
    uint8_t bytes[IMAGE];
    struct buf b = BUF(bytes);

    if (text.n != ACQUIRER_REF_MAX)
        return FAULT_NOT_FOUND;
    if (hex_read(&b, (struct span){ text.p + PREFIX, text.n - PREFIX }) || b.n != IMAGE)
        return FAULT_NOT_FOUND;
    for (size_t i = 0; i < IMAGE; i++)
        image = image << 8 | bytes[i];
    image = permute_in(s->names, image);
    *merchant_id = (int64_t)(image >> NO_BITS);
    *payment_no = (int64_t)(uint64_t)image;
    if (!is_within(*merchant_id, *payment_no))
        return FAULT_NOT_FOUND;
    teller_name(s, again, *merchant_id, *payment_no);     /* one payment has one text: no capitals, no other prefix */
    return span_equal(span_of(again), text) ? FAULT_NONE : FAULT_NOT_FOUND;
}

/* Has the payer's bank moved money, or promised to? */
static bool has_moved(enum acquirer_verdict v)
{
    return v == ACQUIRER_CHARGED || v == ACQUIRER_HELD || v == ACQUIRER_VOIDED || v == ACQUIRER_REVERSED;
}

void teller_references(const struct sim_acquirer *s, struct acquirer_answer *out, const struct book_payment *p)
{
    uint64_t digits;

    teller_name(s, out->acquirer_ref, p->merchant_id, p->payment_no);
    if (!has_moved(p->verdict) || !is_within(p->merchant_id, p->payment_no))
        return;
    digits = (uint64_t)image_of(s, p->merchant_id, p->payment_no);
    (void)snprintf(out->bank_ref, sizeof out->bank_ref, "%012llu",
                   (unsigned long long)(digits % UINT64_C(1000000000000)));
    if (p->source == ACQUIRER_BY_CARD || p->source == ACQUIRER_BY_TOKEN)
        (void)snprintf(out->auth_id, sizeof out->auth_id, "%06u", (unsigned)(digits >> 40) % 1000000);
}

/* 23 digits, as card networks have them: 7, then what names the refund. */
void teller_arn(const struct sim_acquirer *s, struct acquirer_answer *out, const struct book_refund *r)
{
    uint64_t digits;

    if (r->verdict != ACQUIRER_REFUND_DONE || !is_within(r->merchant_id, r->refund_no))
        return;
    digits = (uint64_t)(image_of(s, r->merchant_id, r->refund_no) >> 32);
    (void)snprintf(out->arn, sizeof out->arn, "74%021llu", (unsigned long long)digits);
}
