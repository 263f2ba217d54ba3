/* customers.c: one customer for each merchant and phone number. */
#include "service/customers.h"

#include <string.h>

#include "base/base64.h"

#include "base/banned.h"

enum {
    PARTS = 3, LENGTH = 2,            /* phone, e-mail, name; bytes of the length before each */
    PART_MAX = 4096,                  /* bytes of one of them; the dialect's limits are far below */
    ABOUT_MAX = 128,                  /* bytes of "customers.private|<merchant>|<uid>" */
    UUID = 16,
};
#define ABSENT UINT16_MAX             /* the length of a part that was not given */

/* RFC 9562 section 5.4: 122 random bits, version 4, variant 10. */
static void make_uid(char out[static CUSTOMER_UID_TEXT])
{
    static const uint8_t ends[] = { 4, 6, 8, 10, UUID };      /* groups of 8-4-4-4-12 digits, in bytes */
    struct buf text = { (uint8_t *)out, 0, CUSTOMER_UID_TEXT - 1, false };
    uint8_t bytes[UUID];
    size_t from = 0;

    secret_random(bytes, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof ends; i++) {
        if (i > 0)
            buf_byte(&text, '-');
        hex_put(&text, (struct span){ bytes + from, ends[i] - from });
        from = ends[i];
    }
    out[text.n] = '\0';
}

static struct span about(struct arena *a, const char *what, int64_t merchant_id, struct span uid)
{
    struct buf text = arena_buf(a, ABOUT_MAX);

    buf_text(&text, what);
    buf_i64(&text, merchant_id);
    buf_byte(&text, '|');
    buf_span(&text, uid);
    return text.full ? (struct span){ 0 } : buf_view(&text);
}

static void put_part(struct buf *out, struct span part)
{
    unsigned n = span_absent(part) ? ABSENT : (unsigned)part.n;
    uint8_t length[LENGTH] = { (uint8_t)(n >> 8), (uint8_t)n };

    buf_put(out, length, LENGTH);
    buf_span(out, part);
}

static bool take_part(struct span *record, struct span *part)
{
    size_t n;

    if (record->n < LENGTH)
        return false;
    n = (size_t)record->p[0] << 8 | record->p[1];
    record->p += LENGTH;
    record->n -= LENGTH;
    *part = (struct span){ 0 };
    if (n == ABSENT)
        return true;
    if (n > record->n)
        return false;
    *part = (struct span){ record->p, n };
    record->p += n;
    record->n -= n;
    return true;
}

enum fault customer_prepare(struct customer_new *n, struct key_ask asks[static 2], struct arena *a)
{
    struct buf plain;

    if (n->phone.n == 0 || n->phone.n > PART_MAX || n->email.n > PART_MAX || n->name.n > PART_MAX)
        return FAULT_BAD_INPUT;
    make_uid(n->uid);
    plain = arena_buf(a, PARTS * LENGTH + n->phone.n + n->email.n + n->name.n);
    put_part(&plain, n->phone);
    put_part(&plain, n->email);
    put_part(&plain, n->name);
    asks[0] = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .in = n->phone,
                                .about = about(a, "customers.phone|", n->merchant_id, (struct span){ 0 }),
                                .out = arena_buf(a, KEY_MAC_SIZE) };
    asks[1] = (struct key_ask){ .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .in = buf_view(&plain),
                                .about = about(a, "customers.private|", n->merchant_id, span_of(n->uid)),
                                .out = arena_buf(a, plain.n + KEY_SEAL_EXTRA) };
    if (plain.full || asks[0].out.full || asks[1].out.full || span_absent(asks[0].about) || span_absent(asks[1].about))
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

enum fault customer_create(struct store_tx *tx, struct customer_row *out, bool *made, struct arena *a,
                           const struct customer_new *n, const struct key_ask asks[static 2], int64_t now_ms)
{
    struct customer_row row = {
        .merchant_id = n->merchant_id, .customer_uid = span_of(n->uid), .phone_mac = buf_view(&asks[0].out),
        .private_sealed = buf_view(&asks[1].out), .created_ms = now_ms,
    };
    enum fault f;

    for (size_t i = 0; i < 2; i++)
        if (asks[i].fault)
            return asks[i].fault == FAULT_SILENT ? FAULT_SILENT : FAULT_INTERNAL;
    f = customers_find(tx, out, a, n->merchant_id, row.phone_mac);
    *made = f == FAULT_NOT_FOUND;
    if (f != FAULT_NOT_FOUND)
        return f;
    f = customers_insert(tx, &row);
    if (f == FAULT_EXISTS)
        return FAULT_RETRY;           /* another connection was faster; the next run finds its row */
    if (!f)
        *out = row;
    return f;
}

enum fault customer_open(const struct services *s, struct customer_private *out, struct arena *a,
                         const struct customer_row *row)
{
    struct key_ask ask = { .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .in = row->private_sealed };
    struct customer_private p;
    struct span record;
    enum fault f;

    if (ask.in.n < KEY_SEAL_EXTRA)
        return FAULT_DENIED;
    ask.about = about(a, "customers.private|", row->merchant_id, row->customer_uid);
    ask.out = arena_buf(a, ask.in.n - KEY_SEAL_EXTRA);
    if (span_absent(ask.about) || ask.out.full)
        return FAULT_INTERNAL;
    f = keyholder_ask_one(s->keyholder, &ask);
    if (f)
        return f == FAULT_SILENT || f == FAULT_DENIED ? f : FAULT_INTERNAL;
    record = buf_view(&ask.out);
    if (!take_part(&record, &p.phone) || !take_part(&record, &p.email) || !take_part(&record, &p.name) || record.n)
        return FAULT_INTERNAL;        /* we sealed it, so we wrote it wrongly */
    *out = p;
    return FAULT_NONE;
}
