/* keys_change.c: a new generation, and an older one gone. */
#include <string.h>

#include "keyholder/wire.h"
#include "service/callers.h"
#include "service/ids.h"
#include "service/keys_turn.h"
#include "store/audit_links.h"
#include "store/key_counts.h"

#include "base/banned.h"

enum { FROM = 8, LINKS_READ = 1 };    /* bytes of a number in a question; links that are looked at */

/* What the database is asked before. */
struct reading {
    const struct services *s;
    const struct key_generation *newer;       /* NULL: none is asked about */
    int64_t number, first_link_ms;
    struct keys_since since;          /* of `newer` */
};

static enum fault refuse(char out[static KEYS_WHY], const char *why)
{
    struct buf text = { (uint8_t *)out, 0, KEYS_WHY - 1, false };

    buf_text(&text, why);
    out[text.n] = '\0';
    return FAULT_WRONG_STATE;
}

static enum fault first_link(void *arg, const struct audit_link_row *l)
{
    ((struct reading *)arg)->first_link_ms = l->at_ms;
    return FAULT_NONE;
}

static enum fault read_number(struct store_tx *tx, void *arg)
{
    struct reading *r = arg;

    return key_counts_next_number(tx, &r->number, clock_now_ms(r->s->clock));
}

static enum fault read_links(struct store_tx *tx, void *arg)
{
    struct reading *r = arg;
    struct arena *a = NULL;
    enum fault f = arena_new(&a);

    if (!f)
        f = keys_noticed(tx, &r->since, a, r->newer);
    arena_free(a);
    return f ? f : audit_links_each(tx, -1, LINKS_READ, first_link, r);
}

static enum fault read_store(struct reading *r, store_work *work)
{
    struct store_reader *reader;
    enum fault f = store_reader_open(&reader, r->s->store);

    if (f)
        return f;
    f = store_read(reader, work, r);
    store_reader_close(reader);
    return f;
}

static enum fault may_rotate(const struct key_ring *r, struct keys_made *out, enum key_purpose purpose)
{
    if (purpose == KEY_PURPOSE_BASE || purpose >= KEY_PURPOSES)
        return FAULT_BAD_INPUT;
    if (purpose == KEY_PURPOSE_FINGERPRINT && keys_count(r, purpose) > 1)
        return refuse(out->why, "a card is matched under two fingerprint keys, and there are two: destroy the older "
                      "one first");
    if (keys_count(r, purpose) >= KEY_GENERATIONS)
        return refuse(out->why, "there are as many generations as there may be: destroy an older one first");
    return FAULT_NONE;
}

/* The first number that a new id key goes for: not before that of the one that it follows, though the clock went back
 * since. */
static enum fault put_from(const struct services *s, struct buf *in, const struct key_generation *newest)
{
    struct reading r = { .s = s };
    enum fault f = read_store(&r, read_number);
    uint64_t from = (uint64_t)(r.number + key_counts_numbers_of(KEYS_MARGIN_MS));

    if (!f)
        wire_put(in, newest && newest->from > from ? newest->from : from, FROM);
    return f;
}

/* The keyholder has no clock, and a generation has a time. */
static enum fault tell_time(const struct services *s)
{
    struct key_ask ask = { .op = KEY_TICK, .use = KEY_USE_CARD, .number = (uint64_t)clock_now_ms(s->clock) };

    return keyholder_ask_one(s->keyholder, &ask);
}

static enum fault ask_new(const struct services *s, struct keys_made *out, const struct key_ring *ring,
                          enum key_purpose purpose)
{
    uint8_t from[FROM];
    struct buf in = BUF(from);
    struct key_ask ask = { .op = KEY_ROTATE, .number = purpose };
    enum fault f = tell_time(s);

    if (!f && purpose == KEY_PURPOSE_ID)
        f = put_from(s, &in, keys_find(ring, KEY_PURPOSE_ID, 0));
    if (f)
        return f;
    ask.in = buf_view(&in);
    f = keyholder_ask_one(s->keyholder, &ask);
    return f == FAULT_DENIED ? refuse(out->why, "the keyholder refuses it") : f;
}

/* The ring has changed: rows of the log, and what this process itself knows of it. */
static enum fault follow(const struct services *s, struct key_ring *ring, enum key_purpose purpose)
{
    enum fault f = keys_ring(s, ring);

    if (!f)
        f = keys_notice(s, ring);
    if (!f && purpose == KEY_PURPOSE_ID)
        f = ids_take(s->ids, ring, s->keyholder);
    return f;
}

static enum fault rotate(const struct services *s, struct keys_made *out, enum key_purpose purpose)
{
    struct key_ring ring;
    enum fault f = keys_ring(s, &ring);

    if (!f)
        f = may_rotate(&ring, out, purpose);
    if (!f)
        f = ask_new(s, out, &ring, purpose);
    if (!f)
        f = follow(s, &ring, purpose);
    if (!f)
        out->generation = *keys_find(&ring, purpose, 0);
    return f;
}

enum fault keys_rotate(const struct services *s, struct keys_made *out, enum key_purpose purpose)
{
    struct keys_tally tally = { .others = true };
    enum fault f;

    memset(out, 0, sizeof *out);
    keys_turn_begin(s->keys);
    f = rotate(s, out, purpose);
    keys_turn_end(s->keys);
    if (f || purpose != KEY_PURPOSE_DATA)
        return f;
    keys_wake(s->keys);
    memcpy(tally.id, out->generation.id, KEY_RING_ID);
    out->records = keys_tally_all(s, &tally, KEYS_COUNT_MS) ? -1 : tally.n;      /* it is made, whatever the count */
    return FAULT_NONE;
}

/* How many newer ones there are. False: there is none of this id. */
static bool find(const struct key_ring *r, size_t *age, enum key_purpose purpose, const uint8_t id[static KEY_RING_ID])
{
    const struct key_generation *g;

    for (*age = 0; (g = keys_find(r, purpose, *age)); ++*age)
        if (memcmp(g->id, id, KEY_RING_ID) == 0)
            return true;
    return false;
}

static enum fault data_may_go(const struct services *s, const struct keys_status *status, struct keys_gone *out,
                              const uint8_t id[static KEY_RING_ID])
{
    struct keys_tally tally = { 0 };
    enum fault f;

    memcpy(tally.id, id, KEY_RING_ID);
    f = keys_tally_all(s, &tally, 0);
    out->left = tally.n;
    if (f)
        return f;
    if (tally.n)
        return refuse(out->why, status->progress.damaged
                      ? "records are under this key, some of which do not open: key status names them"
                      : "records are under this key");
    if (status->progress.stage != KEYS_DONE)
        return refuse(out->why, "records are being sealed again: wait until key status says that it has ended");
    return FAULT_NONE;
}

/* The chain is verified with the key that it was signed with: the first link must be younger than the newer key. */
static enum fault signing_may_go(const struct services *s, const struct keys_status *status, struct keys_gone *out,
                                 size_t age)
{
    struct reading r = { .s = s, .newer = keys_find(&status->ring, KEY_PURPOSE_SIGNING, age - 1),
                         .first_link_ms = INT64_MAX };
    enum fault f = read_store(&r, read_links);

    if (f)
        return f;
    if (r.first_link_ms <= r.since.real_ms)
        return refuse(out->why, "links of the audit log are signed with this key: archive and purge them first");
    return FAULT_NONE;
}

static enum fault may_destroy(const struct services *s, const struct keys_status *status, struct keys_gone *out,
                              enum key_purpose purpose, const uint8_t id[static KEY_RING_ID])
{
    size_t age;

    if (!find(&status->ring, &age, purpose, id))
        return FAULT_NOT_FOUND;
    if (age == 0)
        return refuse(out->why, "this is the newest generation, under which all is made: rotate first");
    if (purpose == KEY_PURPOSE_DATA)
        return data_may_go(s, status, out, id);
    if (purpose == KEY_PURPOSE_SIGNING)
        return signing_may_go(s, status, out, age);
    if (purpose == KEY_PURPOSE_FINGERPRINT)
        out->tokens = status->older_tokens;
    return FAULT_NONE;
}

static enum fault destroy(const struct services *s, struct keys_gone *out, enum key_purpose purpose,
                          const uint8_t id[static KEY_RING_ID])
{
    struct key_ask ask = { .op = KEY_DESTROY, .number = purpose, .in = { id, KEY_RING_ID } };
    struct keys_status status;
    struct key_ring ring;
    enum fault f = keys_status(s, &status);

    if (!f)
        f = may_destroy(s, &status, out, purpose, id);
    if (!f)
        f = keyholder_ask_one(s->keyholder, &ask);
    if (f)
        return f == FAULT_DENIED ? FAULT_NOT_FOUND : f;
    if (s->callers)
        callers_forget(s->callers);
    return follow(s, &ring, purpose);
}

enum fault keys_destroy(const struct services *s, struct keys_gone *out, enum key_purpose purpose,
                        const uint8_t id[static KEY_RING_ID])
{
    enum fault f;

    memset(out, 0, sizeof *out);
    if (purpose >= KEY_PURPOSES)
        return FAULT_BAD_INPUT;
    keys_turn_begin(s->keys);
    f = destroy(s, out, purpose, id);
    keys_turn_end(s->keys);
    return f;
}
