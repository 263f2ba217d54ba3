/* audit_tally.c: stubs, and findings in words. */
#include "service/audit_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/isotime.h"
#include "base/secret.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum { STUB = 8 + 8 + 8 + CHAIN_MAC + AUDIT_TALLY, SENTENCE = 256 };

static void put_kinds(struct buf *out, const int64_t n[static AUDIT_KINDS])
{
    for (size_t i = 0; i < AUDIT_KINDS; i++)
        wire_put(out, (uint64_t)n[i], 8);
}

static void take_kinds(struct wire *r, int64_t n[static AUDIT_KINDS])
{
    for (size_t i = 0; i < AUDIT_KINDS; i++)
        n[i] = (int64_t)wire_number(r, 8);
}

/* What of it is signed. */
static enum fault put_stub(struct buf *b, const struct audit_stub_row *s)
{
    wire_put(b, (uint64_t)s->link_no, 8);
    wire_put(b, (uint64_t)s->last_row, 8);
    wire_put(b, (uint64_t)s->at_ms, 8);
    buf_span(b, s->link_mac);
    buf_span(b, s->tally);
    return b->full ? FAULT_DENIED : FAULT_NONE;
}

static enum fault stub_mac(struct audit_key *key, uint8_t mac[static CHAIN_MAC], const struct audit_stub_row *s)
{
    uint8_t bytes[STUB];
    struct buf b = BUF(bytes);
    enum fault f = put_stub(&b, s);

    return f ? f : audit_key_stub(key, mac, buf_view(&b));
}

/* Under any generation of the key: a stub may be older than the last rotation. */
static enum fault check_stub(struct audit_key *key, const struct audit_stub_row *s)
{
    uint8_t bytes[STUB];
    struct buf b = BUF(bytes);
    enum fault f = put_stub(&b, s);

    return f ? f : audit_key_stub_is(key, s->mac, buf_view(&b));
}

enum fault audit_stub_make(struct audit_stub_row *out, struct audit_stub_bytes *bytes, struct audit_key *key,
                           const struct audit_tally *t)
{
    struct buf b = BUF(bytes->tally);

    wire_put(&b, (uint64_t)t->at_ms, 8);
    buf_put(&b, t->life, CHAIN_LIFE);
    put_kinds(&b, t->in_life);
    put_kinds(&b, t->opened);
    put_kinds(&b, t->answered);
    buf_byte(&b, t->stopped);
    memcpy(bytes->link_mac, t->mac, CHAIN_MAC);
    *out = (struct audit_stub_row){
        .only = 1, .link_no = t->link_no, .last_row = t->last_row, .at_ms = t->at_ms,
        .link_mac = { bytes->link_mac, CHAIN_MAC }, .tally = buf_view(&b), .mac = { bytes->mac, CHAIN_MAC },
    };
    return stub_mac(key, bytes->mac, out);
}

enum fault audit_stub_read(struct audit_tally *out, struct audit_key *key, const struct audit_stub_row *s)
{
    struct wire r = { s->tally, false };
    struct span life;
    enum fault f;

    if (s->link_mac.n != CHAIN_MAC || s->tally.n != AUDIT_TALLY || s->mac.n != CHAIN_MAC)
        return FAULT_DENIED;
    f = check_stub(key, s);
    if (f)
        return f;
    *out = (struct audit_tally){ .link_no = s->link_no, .last_row = s->last_row };
    memcpy(out->mac, s->link_mac.p, CHAIN_MAC);
    out->at_ms = (int64_t)wire_number(&r, 8);
    life = wire_take(&r, CHAIN_LIFE);
    if (life.n != CHAIN_LIFE)
        return FAULT_DENIED;
    memcpy(out->life, life.p, CHAIN_LIFE);
    take_kinds(&r, out->in_life);
    take_kinds(&r, out->opened);
    take_kinds(&r, out->answered);
    out->stopped = wire_number(&r, 1) != 0;
    return FAULT_NONE;
}

/* What each flaw is called: %1 link, %2 row, %3 the other, %4 how many. */
static int write_text(char out[static SENTENCE], const struct audit_finding *f)
{
    switch (f->what) {
    case AUDIT_ROW_EDITED:
        return snprintf(out, SENTENCE, "edited: row %" PRId64 " (of link %" PRId64 ") is not as it was written",
                        f->row_no, f->link_no);
    case AUDIT_ROW_DELETED:
        return snprintf(out, SENTENCE, "deleted: row %" PRId64 " (of link %" PRId64 ") is gone", f->row_no,
                        f->link_no);
    case AUDIT_ROWS_SWAPPED:
        return snprintf(out, SENTENCE, "swapped: rows %" PRId64 " and %" PRId64 " stand in each other's place",
                        f->row_no, f->other);
    case AUDIT_ROWS_UNLINKED:
        return snprintf(out, SENTENCE, "truncated: rows %" PRId64 " to %" PRId64 " have no link; links were cut off, "
                        "or the rows were put in", f->row_no, f->other);
    case AUDIT_LINK_EDITED:
        return snprintf(out, SENTENCE, "edited: link %" PRId64 " is not what the keyholder signed", f->link_no);
    case AUDIT_LINKS_DELETED:
        return snprintf(out, SENTENCE, "deleted: links %" PRId64 " to %" PRId64 " are gone", f->link_no, f->other);
    case AUDIT_LINKS_SWAPPED:
        return snprintf(out, SENTENCE, "swapped: links %" PRId64 " and %" PRId64 " stand in each other's place",
                        f->link_no, f->other);
    case AUDIT_STUB_EDITED:
        return snprintf(out, SENTENCE, "edited: what stands for the purged part, up to link %" PRId64 ", is not "
                        "what was signed", f->link_no);
    case AUDIT_CUT_OFF:
        return snprintf(out, SENTENCE, "truncated or rolled back: link %" PRId64 " was anchored, and the trail ends at "
                        "link %" PRId64 "; its end was cut off, or the database is an older copy", f->link_no,
                        f->other);
    case AUDIT_ROLLED_BACK:
        return snprintf(out, SENTENCE, "rolled back: link %" PRId64 " is another than the one that was anchored; the "
                        "trail was continued from an older copy, or written anew", f->link_no);
    case AUDIT_COUNT_BACK:
        return snprintf(out, SENTENCE, "rolled back: the keyholder's count went back at link %" PRId64, f->link_no);
    case AUDIT_OLDER_KEY:
        return snprintf(out, SENTENCE, "forged: link %" PRId64 " is signed with a key that was rotated away before it",
                        f->link_no);
    case AUDIT_CARDS_OPENED:
        return snprintf(out, SENTENCE, "opened without row: %" PRId64 " card(s), by link %" PRId64
                        ", that no row answers for", f->n, f->link_no);
    case AUDIT_NUMBERS_OPENED:
        return snprintf(out, SENTENCE, "opened without row: %" PRId64 " token number(s), by link %" PRId64
                        ", that no row answers for", f->n, f->link_no);
    case AUDIT_FLAWS:
        break;
    }
    return snprintf(out, SENTENCE, "unknown");
}

void audit_finding_text(struct buf *out, const struct audit_finding *f)
{
    char text[SENTENCE], time[ISOTIME_TEXT];

    (void)write_text(text, f);
    buf_text(out, text);
    if (f->at_ms > 0 && f->at_ms <= ISOTIME_LAST_MS) {
        isotime_utc(time, f->at_ms);
        buf_text(out, " (");
        buf_text(out, time);
        buf_text(out, ")");
    }
}
