/* begin.c: a payment begins: what its source comes to. */
#include <string.h>

#include "acquirer/sim/inner.h"
#include "domain/test_payments.h"

#include "base/banned.h"

enum { PHONE_DIGITS = 10 };
#define MINUTE_MS INT64_C(60000)

enum acquirer_verdict teller_verdict(const char *name)
{
    for (enum acquirer_verdict v = 0; v < ACQUIRER_VERDICTS; v++)
        if (strcmp(acquirer_says(v)->name, name) == 0)
            return v;
    return ACQUIRER_DECLINED;
}

static void wait_until(struct book_payment *p, enum acquirer_verdict open, int64_t due_ms, enum acquirer_verdict then)
{
    p->verdict = open;
    p->due_ms = due_ms;
    p->due_verdict = then;
}

static void ask_factor(struct book_payment *p, bool native, int64_t now_ms)
{
    p->native = native;
    p->sent_ms = now_ms;
    wait_until(p, ACQUIRER_FACTOR, now_ms + PAYMENT_OTP_LIMIT_MS, ACQUIRER_OTP_EXPIRED);
}

static void begin_card(struct book_payment *p, const struct teller_task *t, int64_t now_ms)
{
    const struct charge_card *c = &t->card;

    if (!t->ask.has_charge || c->scheme == SCHEME_UNKNOWN) {
        teller_end(p, ACQUIRER_INVALID, now_ms);
        return;
    }
    memcpy(p->last4, c->last4.text, sizeof p->last4);
    if (expiry_is_past(c->expiry, now_ms))
        teller_end(p, ACQUIRER_CARD_EXPIRED, now_ms);
    else if (!c->code_is_right)
        teller_end(p, ACQUIRER_WRONG_CODE, now_ms);
    else
        ask_factor(p, !test_card_only_redirects(c->bin8, c->last4), now_ms);
}

/* A token replaces the card number, not the second factor. Its code is optional; a wrong one is wrong. */
static void begin_token(struct book_payment *p, const struct teller_task *t, int64_t now_ms)
{
    bool codes = t->ask.has_charge && t->sim->options.keyholder && t->card.has_code;

    if (t->verified != ACQUIRER_CHARGED)
        teller_end(p, t->verified, now_ms);
    else if (expiry_is_valid(t->ask.expiry) && expiry_is_past(t->ask.expiry, now_ms))
        teller_end(p, ACQUIRER_CARD_EXPIRED, now_ms);
    else if (codes && !t->card.code_is_right)
        teller_end(p, ACQUIRER_WRONG_CODE, now_ms);
    else
        ask_factor(p, true, now_ms);
}

/* May this address pay where the money must come from one account? */
static bool is_account_of(const struct acquirer_ask *ask, const struct test_vpa *vpa)
{
    if (ask->account[0] == '\0')
        return true;
    return strcmp(vpa->name, TEST_TPV_NAME) == 0 || strcmp(ask->account, TEST_TPV_ACCOUNT) == 0;
}

static void begin_upi(struct book_payment *p, const struct acquirer_ask *ask, int64_t now_ms)
{
    const struct test_vpa *vpa = test_vpa_find(span_of(ask->handle));
    int64_t limit_ms = ask->limit_minutes > 0 ? ask->limit_minutes * MINUTE_MS : PAYMENT_LIMIT_MS;

    if (ask->handle[0] == '\0') {     /* by link or QR code: whoever has it */
        wait_until(p, ACQUIRER_WAITS, now_ms + limit_ms, ACQUIRER_REQUEST_EXPIRED);
        return;
    }
    if (!vpa) {
        teller_end(p, ACQUIRER_VPA_INVALID, now_ms);
        return;
    }
    switch (vpa->outcome) {
    case TEST_PAYS:
        teller_end(p, is_account_of(ask, vpa) ? ACQUIRER_CHARGED : ACQUIRER_TPV, now_ms);
        break;
    case TEST_WAITS:
        wait_until(p, ACQUIRER_WAITS, now_ms + limit_ms, ACQUIRER_REQUEST_EXPIRED);
        break;
    case TEST_DECLINES:
        teller_end(p, teller_verdict(vpa->verdict), now_ms);
        break;
    }
}

static bool is_test_phone(const char *phone)
{
    size_t n = strlen(phone);

    return n >= PHONE_DIGITS && strcmp(phone + n - PHONE_DIGITS, TEST_PHONE_PAYLATER) == 0;
}

/* Everything else is decided on the page of the bank or provider; who leaves it, has gone. */
static void begin_elsewhere(struct book_payment *p, const struct acquirer_ask *ask, int64_t now_ms)
{
    struct span who = span_of(ask->handle);
    enum acquirer_verdict refused = ACQUIRER_CHARGED;
    bool lends = ask->source == ACQUIRER_BY_PAYLATER || ask->source == ACQUIRER_BY_CARDLESS_EMI;
    bool known = ask->source == ACQUIRER_BY_BANK ? test_bank_find(who) != NULL
                 : test_provider_is_known(ask->source == ACQUIRER_BY_APP ? PAYMENT_BY_APP
                                          : ask->source == ACQUIRER_BY_PAYLATER ? PAYMENT_BY_PAYLATER
                                                                                : PAYMENT_BY_CARDLESS_EMI, who);

    if (!known)
        refused = ACQUIRER_INVALID;
    else if (lends && !is_test_phone(ask->phone))
        refused = ACQUIRER_NOT_REGISTERED;
    else if (lends && ask->amount.minor < TEST_PAYLATER_MIN_MINOR)
        refused = ACQUIRER_INVALID;
    if (refused != ACQUIRER_CHARGED) {
        teller_end(p, refused, now_ms);
        return;
    }
    p->sent_ms = now_ms;
    wait_until(p, ACQUIRER_WAITS, now_ms + PAYMENT_LIMIT_MS, ACQUIRER_DROPPED);
}

static void begin(struct book_payment *p, const struct teller_task *t, int64_t now_ms)
{
    switch (t->ask.source) {
    case ACQUIRER_BY_CARD:
        begin_card(p, t, now_ms);
        break;
    case ACQUIRER_BY_TOKEN:
        begin_token(p, t, now_ms);
        break;
    case ACQUIRER_BY_UPI:
        begin_upi(p, &t->ask, now_ms);
        break;
    case ACQUIRER_BY_BANK: case ACQUIRER_BY_APP: case ACQUIRER_BY_PAYLATER: case ACQUIRER_BY_CARDLESS_EMI:
        begin_elsewhere(p, &t->ask, now_ms);
        break;
    case ACQUIRER_SOURCES:
        teller_end(p, ACQUIRER_INVALID, now_ms);
        break;
    }
}

/* What is refused without being kept: it can be asked again, and is refused again. */
static enum acquirer_verdict refusal(const struct teller_task *t)
{
    const struct acquirer_ask *ask = &t->ask;

    if (ask->amount.minor <= 0)
        return ACQUIRER_BAD_AMOUNT;
    if (ask->source == ACQUIRER_BY_CARD && !t->sim->options.keyholder)
        return ACQUIRER_UNREACHABLE;
    if (ask->has_charge && t->card_fault == FAULT_DENIED)
        return ACQUIRER_CARD_GONE;
    return ACQUIRER_CHARGED;
}

enum fault teller_work_pay(struct store_tx *tx, struct teller_task *t, int64_t now_ms)
{
    const struct acquirer_ref *ref = &t->ask.ref;
    struct book_payment p;
    enum fault f = teller_load(tx, t->sim->commit_arena, &p, &t->news, ref->merchant_id, ref->payment_no, now_ms);

    if (!f) {                         /* asked again: what has become of it */
        teller_tell(t->sim, &t->answer, &p);
        return FAULT_NONE;
    }
    if (f != FAULT_NOT_FOUND)
        return f;
    t->answer.verdict = refusal(t);
    if (t->answer.verdict != ACQUIRER_CHARGED)
        return FAULT_NONE;
    p = (struct book_payment){
        .merchant_id = ref->merchant_id, .payment_no = ref->payment_no, .source = t->ask.source,
        .amount = t->ask.amount, .authorise_only = t->ask.authorise_only, .created_ms = now_ms, .at_ms = now_ms,
    };
    if (t->ask.source != ACQUIRER_BY_CARD && t->ask.source != ACQUIRER_BY_TOKEN) {
        memcpy(p.handle, t->ask.handle, sizeof p.handle);
        p.one_account = t->ask.account[0] != '\0';
    }
    begin(&p, t, now_ms);
    teller_tell(t->sim, &t->answer, &p);
    return book_payment_insert(tx, &p);
}
