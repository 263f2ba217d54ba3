/* customers.c: one customer for each merchant and phone number. */
#include "service/customers.h"

#include <string.h>

#include "base/base64.h"
#include "service/parts.h"

#include "base/banned.h"

enum {
    PARTS = 3,                        /* phone, e-mail, name */
    PART_MAX = 4096,                  /* bytes of one of them; the dialect's limits are far below */
    UUID = 16,
};

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

enum fault customer_prepare(struct customer_new *n, struct key_ask asks[static 2], struct arena *a)
{
    struct buf plain;

    if (n->phone.n == 0 || n->phone.n > PART_MAX || n->email.n > PART_MAX || n->name.n > PART_MAX)
        return FAULT_BAD_INPUT;
    make_uid(n->uid);
    plain = arena_buf(a, PARTS * PARTS_LENGTH + n->phone.n + n->email.n + n->name.n);
    part_put(&plain, n->phone);
    part_put(&plain, n->email);
    part_put(&plain, n->name);
    asks[0] = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .in = n->phone,
                                .about = parts_about(a, "customers.phone", n->merchant_id, (struct span){ 0 }),
                                .out = arena_buf(a, KEY_MAC_SIZE) };
    asks[1] = (struct key_ask){ .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .in = buf_view(&plain),
                                .about = parts_about(a, "customers.private", n->merchant_id, span_of(n->uid)),
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
    ask.about = parts_about(a, "customers.private", row->merchant_id, row->customer_uid);
    ask.out = arena_buf(a, ask.in.n - KEY_SEAL_EXTRA);
    if (span_absent(ask.about) || ask.out.full)
        return FAULT_INTERNAL;
    f = keyholder_ask_one(s->keyholder, &ask);
    if (f)
        return f == FAULT_SILENT || f == FAULT_DENIED ? f : FAULT_INTERNAL;
    record = buf_view(&ask.out);
    if (!part_take(&record, &p.phone) || !part_take(&record, &p.email) || !part_take(&record, &p.name) || record.n)
        return FAULT_INTERNAL;        /* we sealed it, so we wrote it wrongly */
    *out = p;
    return FAULT_NONE;
}
