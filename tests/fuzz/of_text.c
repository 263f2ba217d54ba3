/* of_text.c: short texts that people and programs send: times, money, expiries, numbers, forms, encodings, URLs. */
#include "fuzz.h"

#include <string.h>

#include "base/base64.h"
#include "base/isotime.h"
#include "base/permute.h"
#include "checkout/form.h"
#include "courier/courier.h"
#include "courier/url.h"
#include "dialect/dialect.h"
#include "domain/bin.h"
#include "domain/cardscan.h"
#include "domain/expiry.h"
#include "domain/money.h"
#include "http/router.h"
#include "service/checkouts.h"
#include "service/ids.h"

#include "base/banned.h"

enum { ROOM = 64 * 1024 };

static struct arena *arena;
static struct ids *ids;
static uint8_t first[ROOM], second[ROOM];

void fuzz_text_open(void)
{
    AUTO_SECRET key = NULL;

    fuzz_check(arena_new(&arena) == FAULT_NONE);
    fuzz_check(secret_new(&key, KEY_ID_SIZE) == FAULT_NONE);
    for (size_t i = 0; i < key->n; i++)
        key->bytes[i] = (uint8_t)i;
    fuzz_check(ids_new(&ids, key) == FAULT_NONE);
}

void fuzz_text_close(void)
{
    ids_free(ids);
    arena_free(arena);
    ids = NULL;
    arena = NULL;
}

static void check_time(struct span s)
{
    int64_t ms, again;
    char text[ISOTIME_TEXT];

    if (isotime_read(&ms, s) != FAULT_NONE)
        return;
    if (ms < 0 || ms > ISOTIME_LAST_MS - INT64_C(86400000))
        return;                       /* in another zone it is another year */
    isotime_ist(text, ms);
    fuzz_check(isotime_read(&again, span_of(text)) == FAULT_NONE && again == ms - ms % 1000);
    isotime_utc(text, ms);
    fuzz_check(isotime_read(&again, span_of(text)) == FAULT_NONE && again == ms);
}

static void check_money(struct span s)
{
    static const char *const currencies[] = { "INR", "JPY", "BHD", "XXX", "" };

    for (size_t i = 0; i < sizeof currencies / sizeof *currencies; i++) {
        struct money m, again;
        struct buf b = BUF(first);
        int order;

        if (money_read(&m, s, span_of(currencies[i])) != FAULT_NONE)
            continue;
        fuzz_check(m.minor >= 0);
        money_full(&b, m);
        fuzz_check(money_read(&again, buf_view(&b), money_currency(&m)) == FAULT_NONE && again.minor == m.minor);
        b = BUF(first);
        money_short(&b, m);
        fuzz_check(money_read(&again, buf_view(&b), money_currency(&m)) == FAULT_NONE && again.minor == m.minor);
        fuzz_check(money_compare(&order, m, again) == FAULT_NONE && order == 0);
    }
}

static void check_expiry(struct span s)
{
    struct expiry e, again;
    size_t half = s.n / 2;
    struct expiry_text t;

    if (expiry_read(&e, (struct span){ s.p, half }, (struct span){ s.p + half, s.n - half }) != EXPIRY_FINE)
        return;
    fuzz_check(expiry_is_valid(e));
    t = expiry_text(e);
    fuzz_check(expiry_read(&again, span_of(t.mm), span_of(t.mmyyyy + 2)) == EXPIRY_FINE
               && expiry_compare(e, again) == 0);
    fuzz_check(expiry_read(&again, span_of(t.mm), span_of(t.yy)) == EXPIRY_FINE && expiry_compare(e, again) == 0);
}

/* Whatever is a card number is found in a text that holds it alone. */
static void check_number(struct span s)
{
    AUTO_PAN pan;
    uint64_t n;
    struct bin bin;
    bool found = cardscan_found(s);

    if (pan_read(&pan, s) == PAN_FINE)
        fuzz_check(found);
    fuzz_check(!cardscan_found_in_id(s) || found);
    if (span_u64(&n, s, UINT64_MAX) == FAULT_NONE && s.n <= 18) {
        struct buf b = BUF(first);

        buf_u64(&b, n);
        fuzz_check(b.n <= s.n);
    }
    (void)!bin_of_text(&bin, bin_test_cards(), s);
}

static void check_ids(struct span s)
{
    struct ids_opened_session session;
    struct ids_opened_order order;
    int64_t merchant_id, no;
    uint8_t raw[IDS_TOKEN] = { 0 };
    uint64_t number = 0;

    if (ids_session_open(ids, &session, s) == FAULT_NONE)
        fuzz_check(memchr(session.order_id, 0, sizeof session.order_id));
    (void)!ids_order_token_open(ids, &order, s, 0);
    memcpy(raw, s.p, s.n < sizeof raw ? s.n : sizeof raw);
    (void)!ids_token_open(ids, &merchant_id, &no, raw);
    memcpy(&number, raw, sizeof number);
    for (enum ids_of of = 0; of < IDS_OFS; of++)
        if (ids_digits_open(ids, of, &merchant_id, &no, number) == FAULT_NONE)
            fuzz_check(ids_digits(ids, of, merchant_id, no) == number);
}

void fuzz_text(const uint8_t *bytes, size_t n)
{
    struct span s = { bytes, n };

    if (!n)
        return;
    check_time(s);
    check_money(s);
    check_expiry(s);
    check_number(s);
    check_ids(s);
}

void fuzz_url(const uint8_t *bytes, size_t n)
{
    struct span s = { bytes, n };
    const char *why = NULL;
    struct url u;

    if (url_read(&u, s, &why) != FAULT_NONE) {
        fuzz_check(why);
    } else {
        fuzz_check(u.host.n && u.port >= 1 && u.port <= 65535);
        fuzz_check(u.host.p >= s.p && u.host.p + u.host.n <= s.p + s.n);
        fuzz_check(span_starts(s, u.origin));
        fuzz_check(!u.is_public || u.literal);
        (void)url_port_is_open(&u);
    }
    /* What live mode takes the sandbox takes too, and live mode takes no plain http. */
    if (courier_url_check(s, true, &why) == FAULT_NONE) {
        fuzz_check(courier_url_check(s, false, &why) == FAULT_NONE);
        fuzz_check(url_read(&u, s, &why) == FAULT_NONE && u.secure && (!u.literal || u.is_public));
    }
    (void)checkout_origin_is_valid(s);
}

/* The one text of what was decoded is the text itself. */
static void check_canonical(struct span s)
{
    struct buf b = BUF(first), again = BUF(second);

    if (s.n > ROOM / 4)
        return;
    if (base64url_read(&b, s) == FAULT_NONE) {
        base64url_put(&again, buf_view(&b));
        fuzz_check(span_equal(buf_view(&again), s));
    }
    fuzz_check(b.n <= s.n);
    b = BUF(first), again = BUF(second);
    if (base64_read(&b, s) == FAULT_NONE) {
        base64_put(&again, buf_view(&b));
        fuzz_check(span_equal(buf_view(&again), s));
    }
    b = BUF(first), again = BUF(second);
    if (hex_read(&b, s) == FAULT_NONE) {
        hex_put(&again, buf_view(&b));
        fuzz_check(span_equal_nocase(buf_view(&again), s));
    }
}

struct sent { struct span name, value, other; };

static void check_form(struct span s)
{
    static const struct form_field fields[] = {
        { "name", 8, offsetof(struct sent, name) }, { "value", 400, offsetof(struct sent, value) },
        { "other", 1, offsetof(struct sent, other) }, { NULL, 0, 0 },
    };
    struct sent got = { 0 };
    const char *bad = NULL;
    struct span rest = s, name, value, decoded, again;
    struct buf b = BUF(first);

    if (form_read(&got, fields, arena, s, &bad) == FAULT_NONE)
        fuzz_check(got.name.n <= 8 && got.value.n <= 400 && got.other.n <= 1);
    while (query_next(&rest, &name, &value)) {
        fuzz_check(name.p >= s.p && name.p + name.n <= s.p + s.n);
        fuzz_check(span_absent(value) || (value.p >= s.p && value.p + value.n <= s.p + s.n));
    }
    if (form_decode(&decoded, arena, s) != FAULT_NONE)
        return;
    fuzz_check(decoded.n <= s.n);
    form_encode(&b, decoded);
    fuzz_check(b.full || (form_decode(&again, arena, buf_view(&b)) == FAULT_NONE && span_equal(again, decoded)));
}

void fuzz_encodings(const uint8_t *bytes, size_t n)
{
    struct span s = { bytes, n }, segment = s;

    arena_reset(arena);
    check_canonical(s);
    check_form(s);
    if (router_decode(&segment, arena) == FAULT_NONE)
        fuzz_check(segment.n <= n && (!segment.n || !memchr(segment.p, 0, segment.n) || memchr(bytes, 0, n)));
}
