/* keys_state.c: how far the re-encryption is, as bytes in settings. */
#include <string.h>

#include "keyholder/wire.h"
#include "service/keys_own.h"
#include "store/settings.h"

#include "base/banned.h"

#define SETTING SPAN("keys.reseal")
enum { VERSION = 1 };

void keys_place_start(struct keys_place *p, unsigned column)
{
    const struct reseal_place start = reseal_start();

    *p = (struct keys_place){ .column = column, .merchant_id = start.merchant_id, .no = start.no };
}

struct reseal_place keys_place_now(const struct keys_place *p)
{
    return (struct reseal_place){ p->merchant_id, p->no, { p->id, p->id_n }, { p->mac, p->mac_n } };
}

enum fault keys_place_set(struct keys_place *p, const struct reseal_row *r)
{
    if (r->id.n > sizeof p->id || r->mac.n > sizeof p->mac)
        return FAULT_INTERNAL;
    p->merchant_id = r->merchant_id;
    p->no = r->no;
    p->id_n = r->id.n;
    p->mac_n = r->mac.n;
    if (r->id.n)
        memcpy(p->id, r->id.p, r->id.n);
    if (r->mac.n)
        memcpy(p->mac, r->mac.p, r->mac.n);
    return FAULT_NONE;
}

static void put_place(struct buf *out, const struct keys_place *p)
{
    wire_put(out, p->column, 1);
    wire_put(out, (uint64_t)p->merchant_id, 8);
    wire_put(out, (uint64_t)p->no, 8);
    wire_put(out, p->id_n, 2);
    buf_put(out, p->id, p->id_n);
    wire_put(out, p->mac_n, 2);
    buf_put(out, p->mac, p->mac_n);
}

static void take_place(struct wire *r, struct keys_place *p)
{
    struct reseal_row row = { 0 };

    p->column = (unsigned)wire_number(r, 1);
    row.merchant_id = (int64_t)wire_number(r, 8);
    row.no = (int64_t)wire_number(r, 8);
    row.id = wire_take(r, (size_t)wire_number(r, 2));
    row.mac = wire_take(r, (size_t)wire_number(r, 2));
    if (p->column > RESEAL_COLUMNS || keys_place_set(p, &row))
        r->bad = true;
}

enum fault keys_work_save(struct store_tx *tx, const struct keys_work *w)
{
    const struct keys_progress *p = &w->progress;
    uint8_t bytes[KEYS_STATE_MAX];
    struct buf out = BUF(bytes);

    wire_put(&out, VERSION, 1);
    wire_put(&out, p->stage, 1);
    buf_put(&out, p->to, sizeof p->to);
    wire_put(&out, (uint64_t)p->old, 8);
    wire_put(&out, (uint64_t)p->done, 8);
    wire_put(&out, (uint64_t)p->damaged, 8);
    wire_put(&out, (uint64_t)p->began_ms, 8);
    wire_put(&out, (uint64_t)p->ended_ms, 8);
    wire_put(&out, w->pass, 4);
    wire_put(&out, (uint64_t)w->found, 8);
    put_place(&out, &w->at);
    wire_put(&out, p->damaged_n, 1);
    for (size_t i = 0; i < p->damaged_n; i++) {
        wire_put(&out, p->in[i].column, 1);
        wire_put(&out, (uint64_t)p->in[i].merchant_id, 8);
        wire_put(&out, (uint64_t)p->in[i].n, 8);
    }
    return out.full ? FAULT_INTERNAL : settings_put(tx, SETTING, buf_view(&out));
}

static void take_damaged(struct wire *r, struct keys_progress *p)
{
    p->damaged_n = (size_t)wire_number(r, 1);
    if (p->damaged_n > KEYS_DAMAGED_MAX)
        r->bad = true, p->damaged_n = 0;
    for (size_t i = 0; i < p->damaged_n; i++) {
        unsigned column = (unsigned)wire_number(r, 1);

        if (column >= RESEAL_COLUMNS)
            r->bad = true;
        p->in[i].column = (enum reseal_column)column;
        p->in[i].merchant_id = (int64_t)wire_number(r, 8);
        p->in[i].n = (int64_t)wire_number(r, 8);
    }
}

enum fault keys_work_load(struct store_tx *tx, struct keys_work *out, struct arena *a)
{
    struct keys_progress *p = &out->progress;
    struct wire r = { 0 };
    unsigned stage;
    enum fault f = settings_get(tx, &r.s, a, SETTING);

    memset(out, 0, sizeof *out);
    if (f)
        return f;
    if (wire_number(&r, 1) != VERSION)
        return FAULT_INTERNAL;
    stage = (unsigned)wire_number(&r, 1);
    p->stage = stage <= KEYS_DONE ? (enum keys_stage)stage : KEYS_NONE;
    wire_copy(&r, p->to, sizeof p->to);
    p->old = (int64_t)wire_number(&r, 8);
    p->done = (int64_t)wire_number(&r, 8);
    p->damaged = (int64_t)wire_number(&r, 8);
    p->began_ms = (int64_t)wire_number(&r, 8);
    p->ended_ms = (int64_t)wire_number(&r, 8);
    out->pass = (unsigned)wire_number(&r, 4);
    out->found = (int64_t)wire_number(&r, 8);
    take_place(&r, &out->at);
    take_damaged(&r, p);
    return wire_done(&r) && stage <= KEYS_DONE ? FAULT_NONE : FAULT_INTERNAL;
}
