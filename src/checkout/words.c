/* words.c: what a payer is told. */
#include <string.h>

#include "checkout/desk.h"

#include "base/banned.h"

/* Short names stand in addresses, so that a page may be loaded again; what they say is only here. */
struct said { const char *name, *field, *sentence; };

static const struct said sentences[] = {
    { "number", "card_number", "That card number is not complete or has a wrong digit. Please check it." },
    { "scheme", "card_number", "We do not take cards of this kind. Please use another card." },
    { "expiry", "card_expiry", "Please give the expiry date as it stands on the card, month and year." },
    { "expired", "card_expiry", "This card has expired. Please use another one." },
    { "code", "card_cvv", "The security code has three digits, or four on American Express cards." },
    { "card", "", "This shop does not take that card for this order. Please use another one." },
    { "method", "", "This order cannot be paid that way. Please choose another one." },
    { "account", "", "This order is to be paid from your own bank account. Please choose UPI or net banking." },
    { "busy", "", "Another payment of this order is under way. Please wait for its end before you try again." },
    { "many", "", "This order has been tried too often. Please wait a little, or ask the shop." },
    { "token", "", "This saved card cannot be used any more. Please enter your card." },
    { "customer", "", "A card can only be saved when the shop has told us who you are." },
    { "acquirer", "", "Card payments are not possible here just now. Nothing was charged." },
    { "choose", "", "Please choose one." },
    { "upi", "upi_id", "Please give your UPI address, such as name@bank." },
    { "phone", "phone", "Please give a mobile number of ten digits." },
    { "otp", "otp", "That code is not right. Please enter it again." },
    { "digits", "otp", "Please enter the code of four to eight digits from your bank's message." },
    { "late", "", "The code has expired. Please pay again." },
    { "tries", "", "The code was wrong too often, so the payment was ended. Nothing was charged." },
    { "resent", "", "A new code is on its way." },
    { "soon", "", "A new code can be sent 30 seconds after the one before." },
    { "resends", "", "No further code can be sent for this payment." },
    { "over", "", "This payment has ended already." },
    { "silent", "", "We could not reach the bank. Look at the order before you pay again." },
    { "deleted", "", "The card was removed. The shop can no longer charge it." },
    { "kept", "", "The card could not be removed just now. Please try again." },
    { "form", "", "The form could not be read. Please try again." },
};

static const struct said *find(struct span name)
{
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (span_equal(span_of(sentences[i].name), name))
            return &sentences[i];
    return NULL;
}

const char *words_sentence(struct span name)
{
    const struct said *s = find(name);

    return s ? s->sentence : NULL;
}

const char *words_field(struct span name)
{
    const struct said *s = find(name);

    return s ? s->field : "";
}

static const char *of_flaw(const struct card_facts *facts)
{
    switch (facts->flaw) {
    case CARD_MONTH: case CARD_YEAR:
        return "expiry";
    case CARD_EXPIRED:
        return "expired";
    case CARD_CODE:
        return "code";
    case CARD_FINE: case CARD_UNREADABLE: case CARD_SYNTAX: case CARD_NUMBER: case CARD_FLAWS:
        break;
    }
    return facts->pan == PAN_SCHEME ? "scheme" : "number";
}

const char *words_of_job(const struct pay_job *job, enum fault outcome)
{
    switch (job->why) {
    case PAY_CARD:
        return of_flaw(&job->facts);
    case PAY_CODE:
        return "code";
    case PAY_FILTER: case PAY_CURRENCY:
        return "card";
    case PAY_METHOD:
        return "method";
    case PAY_ACCOUNT:
        return "account";
    case PAY_ORDER_BUSY:
        return "busy";
    case PAY_TOO_MANY:
        return "many";
    case PAY_TOKEN:
        return "token";
    case PAY_CUSTOMER:
        return "customer";
    case PAY_NO_ACQUIRER:
        return "acquirer";
    case PAY_OVER: case PAY_NO_FACTOR:
        return "over";
    case PAY_OTP_TRIES:
        return "tries";
    case PAY_OTP_LATE:
        return "late";
    case PAY_RESENDS:
        return "resends";
    case PAY_RESEND_SOON:
        return "soon";
    case PAY_FINE: case PAY_NO_SESSION: case PAY_NO_PAYMENT: case PAY_ORDER_PAID: case PAY_ORDER_EXPIRED:
    case PAY_ORDER_TERMINATED: case PAY_NOT_AUTHORISED: case PAY_AMOUNT: case PAY_AUTHORISE_ONLY:
    case PAY_ACQUIRER:
        break;
    }
    return outcome == FAULT_TOO_MANY ? "many" : outcome == FAULT_BAD_INPUT ? "form" : "silent";
}

/* Rupees in lakhs and crores, 12,34,567.00; other money in thousands. */
static void put_grouped(struct buf *b, struct span digits, size_t group)
{
    size_t whole = 0;

    while (whole < digits.n && digits.p[whole] != '.')
        whole++;
    for (size_t i = 0; i < digits.n; i++) {
        size_t left = whole > i ? whole - i : 0;

        if (i && (left == 3 || (left > 3 && (left - 3) % group == 0)))
            buf_byte(b, ',');
        buf_byte(b, digits.p[i]);
    }
}

struct span words_money(struct arena *a, struct money m)
{
    struct buf b = arena_buf(a, 2 * MONEY_TEXT);
    bool rupees = strcmp(m.currency, "INR") == 0;
    char text[MONEY_TEXT];
    struct buf digits = BUF(text);

    money_full(&digits, m);
    buf_text(&b, rupees ? "₹" : m.currency);
    if (!rupees)
        buf_byte(&b, ' ');
    put_grouped(&b, buf_view(&digits), rupees ? 2 : 3);
    return buf_view(&b);
}

const char *words_logo(int64_t scheme)
{
    switch ((enum scheme)scheme) {
    case SCHEME_VISA:
        return "visa.svg";
    case SCHEME_MASTERCARD:
        return "mastercard.svg";
    case SCHEME_RUPAY:
        return "rupay.svg";
    case SCHEME_AMEX:
        return "amex.svg";
    case SCHEME_DINERS:
        return "diners.svg";
    case SCHEME_UNKNOWN: case SCHEMES:
        break;
    }
    return "card.svg";
}

const char *words_scheme(int64_t scheme)
{
    switch ((enum scheme)scheme) {
    case SCHEME_VISA:
        return "Visa";
    case SCHEME_MASTERCARD:
        return "Mastercard";
    case SCHEME_RUPAY:
        return "RuPay";
    case SCHEME_AMEX:
        return "American Express";
    case SCHEME_DINERS:
        return "Diners Club";
    case SCHEME_UNKNOWN: case SCHEMES:
        break;
    }
    return "Card";
}
