/* settlement.c: what the acquirer pays out to the merchant for one payment, and when. */
#include <assert.h>
#include <string.h>

#include "base/isotime.h"
#include "service/refunds.h"

#include "base/banned.h"

enum {
    CHARGE_PER_MILLE = 20, TAX_PER_MILLE = 180,       /* 2 %, and 18 % (GST) of that */
    PAYOUT_HOUR = 9,
    WEEK = 7, SATURDAY_2 = 2, SATURDAY_4 = 4,         /* the Saturdays of a month that are no bank days */
    NUMBER_BITS = 37,                 /* of a payment's number ... */
    NUMBER_DIGITS = 12, NUMBER_BASE = 36,     /* ... which, behind its merchant's of 16 bits, fits into these */
};
static const int64_t hour_ms = 3600 * 1000, day_ms = 24 * 3600 * 1000, ist_ms = (5 * 60 + 30) * 60 * 1000;

/* Days since 1970, of which the first was a Thursday: 0 Sunday to 6 Saturday. */
static int weekday(int64_t day)
{
    return (int)((day + 4) % WEEK);
}

/* The day of its month, 1 to 31, read off its written form. */
static int day_of_month(int64_t day)
{
    char text[ISOTIME_TEXT];

    isotime_ist(text, day * day_ms - ist_ms);
    return (text[8] - '0') * 10 + text[9] - '0';
}

static bool is_bank_day(int64_t day)
{
    int nth = (day_of_month(day) - 1) / WEEK + 1;

    if (weekday(day) == WEEK - 1)
        return nth != SATURDAY_2 && nth != SATURDAY_4;
    return weekday(day) != 0;
}

static int64_t payout_ms(int64_t captured_ms)
{
    int64_t day = (captured_ms + ist_ms) / day_ms + 1;

    while (!is_bank_day(day))         /* no more than two in a row are none */
        day++;
    return day * day_ms - ist_ms + PAYOUT_HOUR * hour_ms;
}

/* `n` thousandths of an amount, rounded half up. */
static int64_t part_of(int64_t minor, int64_t n)
{
    return (minor * n + 500) / 1000;
}

static void digits(struct buf *b, uint64_t n)
{
    char text[NUMBER_DIGITS + 1];

    for (int i = NUMBER_DIGITS - 1; i >= 0; i--, n /= NUMBER_BASE)
        text[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n % NUMBER_BASE];
    buf_put(b, text, NUMBER_DIGITS);
}

/* Unique transaction reference, whoever's payment it is: four letters for the paying bank, the date, the numbers. */
static void write_utr(char out[static ACQUIRER_UTR_MAX + 1], int64_t at_ms, const struct payment_row *p)
{
    struct buf b = { (uint8_t *)out, 0, ACQUIRER_UTR_MAX, false };
    char date[ISOTIME_TEXT];

    isotime_ist(date, at_ms);
    buf_text(&b, "TIJO");
    buf_put(&b, date, 4);
    buf_put(&b, date + 5, 2);
    buf_put(&b, date + 8, 2);
    digits(&b, (uint64_t)p->merchant_id << NUMBER_BITS | (uint64_t)p->payment_no);
    assert(!b.full);
    out[b.n] = '\0';
}

enum fault settlement_of(struct settlement *out, const struct payment_row *p, int64_t now_ms)
{
    int64_t amount = refund_captured(p), at, charge, tax;
    struct money m = { 0 };

    if (amount <= 0 || p->currency.n != 3)
        return FAULT_NOT_FOUND;
    at = payout_ms(p->authorise_only ? p->capture_ms : p->completed_ms);
    if (now_ms < at)
        return FAULT_NOT_FOUND;
    memcpy(m.currency, p->currency.p, 3);
    *out = (struct settlement){ .settlement_no = p->payment_no, .at_ms = at, .amount = m, .charge = m, .tax = m,
                                .settled = m };
    charge = p->method == PAYMENT_BY_UPI ? 0 : part_of(amount, CHARGE_PER_MILLE);
    tax = part_of(charge, TAX_PER_MILLE);
    out->amount.minor = amount;
    out->charge.minor = charge;
    out->tax.minor = tax;
    out->settled.minor = amount - charge - tax;
    write_utr(out->utr, at, p);
    return FAULT_NONE;
}
