/* audit_rows.c: `tijori audit tail` and `export`: rows as JSON lines. */
#include <time.h>
#include <unistd.h>

#include "base/isotime.h"
#include "base/json_out.h"
#include "cli/audit_own.h"

#include "base/banned.h"

enum { CHUNK = 500, JSON_MAX = 8 * 1024, FOLLOW_MS = 500 };      /* rows read at once; bytes of a line; between looks */

/* Text of callers may hold anything; a line must be JSON. */
static void put_text(struct json_out *o, const char *key, struct span s)
{
    if (!span_absent(s))
        json_put_text(o, key, s);
}

static void put_number(struct json_out *o, const char *key, int64_t n, int64_t none)
{
    if (n != none)
        json_put_i64(o, key, n);
}

static enum fault print_row(void *arg, const struct audit_row *r)
{
    static const char *const channels[] = { "cashfree", "juspay", "paytm" };
    int64_t *last = arg;
    char line[JSON_MAX], at[ISOTIME_TEXT] = "";
    struct buf b = BUF(line);
    struct json_out o = json_out(&b);

    if (r->at_ms > 0 && r->at_ms <= ISOTIME_LAST_MS)
        isotime_utc(at, r->at_ms);
    json_object(&o);
    json_put_i64(&o, "row", r->row_no);
    json_put_str(&o, "time", at);
    json_put_str(&o, "event", audit_event_name(r->event));
    put_number(&o, "merchant", r->merchant_id, 0);
    if (r->channel >= 0 && r->channel < 3)
        json_put_str(&o, "channel", channels[r->channel]);
    put_number(&o, "token", r->token_no, 0);
    put_text(&o, "actor", r->actor);
    put_text(&o, "object", r->object);
    json_put_i64(&o, "outcome", r->outcome);
    put_text(&o, "request_id", r->request_id);
    put_text(&o, "source", r->source);
    put_number(&o, "cards", r->cards, 0);
    put_number(&o, "numbers", r->numbers, 0);
    json_object_end(&o);
    buf_byte(&b, '\n');
    if (b.full || !tool_write(STDOUT_FILENO, buf_view(&b)))
        return FAULT_DISK;
    *last = r->row_no;
    return FAULT_NONE;
}

struct read_rows { int64_t first, last, done; };

static enum fault read_rows(struct store_tx *tx, void *arg)
{
    struct read_rows *r = arg;

    return audit_rows_each(tx, r->first, r->last, print_row, &r->done);
}

static enum fault read_extent(struct store_tx *tx, void *arg)
{
    return audit_extent(tx, arg);
}

/* Rows from `from` to the end, a piece at a time, so that no reader holds up the server's log for long. */
static enum fault print_from(struct audit_trail *t, int64_t *from)
{
    struct audit_extent e;
    enum fault f = audit_trail_read(t, read_extent, &e);

    while (!f && *from <= e.last_row) {
        struct read_rows r = { *from, *from + CHUNK - 1, 0 };
        f = audit_trail_read(t, read_rows, &r);
        if (!f)
            *from = r.done >= *from ? r.done + 1 : r.last + 1;
    }
    return f;
}

int audit_export(const struct options *o, struct audit_trail *t)
{
    int64_t from = o->from_row;
    enum fault f = print_from(t, &from);

    return f ? audit_fail("the audit log", f) : TOOL_DONE;
}

int audit_tail(const struct options *o, struct audit_trail *t)
{
    static const struct timespec pause = { 0, FOLLOW_MS * 1000000L };
    struct audit_extent e;
    enum fault f = audit_trail_read(t, read_extent, &e);
    int64_t from = f || e.last_row < o->rows ? 1 : e.last_row - o->rows + 1;

    if (!f)
        f = print_from(t, &from);
    while (!f && o->follow) {
        (void)nanosleep(&pause, NULL);
        f = print_from(t, &from);
    }
    return f ? audit_fail("the audit log", f) : TOOL_DONE;
}
