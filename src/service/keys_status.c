/* keys_status.c: how the keys are. */
#include <string.h>

#include "service/keys_turn.h"
#include "store/key_counts.h"

#include "base/banned.h"

enum { HOUR_MS = 3600 * 1000 };

struct reading { const struct services *s; struct keys_status *out; struct arena *arena; };

int64_t keys_percent(const struct keys_progress *p)
{
    int64_t done = p->done + p->damaged, percent;

    if (p->ended_ms)
        return 100;
    percent = p->old > 0 && done > 0 ? done * 100 / p->old : 0;
    return percent < 99 ? percent : 99;
}

/* Records there may be under older keys although nothing was begun: the thread has not come to it, or counts. */
static enum fault progress(struct store_tx *tx, struct reading *r)
{
    const struct key_generation *newest = keys_find(&r->out->ring, KEY_PURPOSE_DATA, 0);
    struct keys_work work;
    enum fault f = keys_work_load(tx, &work, r->arena);

    if (f && f != FAULT_NOT_FOUND && f != FAULT_INTERNAL)
        return f;
    if (!newest)
        return FAULT_INTERNAL;
    if (!f && memcmp(work.progress.to, newest->id, KEY_RING_ID) == 0) {
        r->out->progress = work.progress;
        return FAULT_NONE;
    }
    memcpy(r->out->progress.to, newest->id, KEY_RING_ID);
    r->out->progress.stage = keys_count(&r->out->ring, KEY_PURPOSE_DATA) > 1 ? KEYS_COUNTING : KEYS_NONE;
    return FAULT_NONE;
}

static enum fault older_tokens(struct store_tx *tx, struct reading *r)
{
    const struct key_generation *newest = keys_find(&r->out->ring, KEY_PURPOSE_FINGERPRINT, 0);
    struct keys_since since;
    enum fault f;

    if (!newest || keys_count(&r->out->ring, KEY_PURPOSE_FINGERPRINT) < 2)
        return FAULT_NONE;
    f = keys_noticed(tx, &since, r->arena, newest);
    return f ? f : key_counts_tokens(tx, &r->out->older_tokens, since.at_ms ? since.at_ms : newest->created_ms);
}

static enum fault read_all(struct store_tx *tx, void *arg)
{
    struct reading *r = arg;
    enum fault f = progress(tx, r);

    return f ? f : older_tokens(tx, r);
}

enum fault keys_status(const struct services *s, struct keys_status *out)
{
    struct reading r = { .s = s, .out = out };
    struct store_reader *reader = NULL;
    enum fault f;

    memset(out, 0, sizeof *out);
    f = keys_ring(s, &out->ring);
    if (!f)
        f = arena_new(&r.arena);
    if (!f)
        f = store_reader_open(&reader, s->store);
    if (!f)
        f = store_read(reader, read_all, &r);
    if (reader)
        store_reader_close(reader);
    if (r.arena)
        arena_free(r.arena);
    out->progress.paused = keys_is_paused(s->keys);
    return f;
}

/* How many of its purpose are newer. */
static size_t age_of(const struct key_ring *r, size_t generation)
{
    size_t age = 0;

    for (size_t i = 0; i < generation; i++)
        age += r->generations[i].purpose == r->generations[generation].purpose;
    return age;
}

enum keys_state keys_state_of(const struct keys_status *s, size_t generation, int64_t now_ms)
{
    const enum key_purpose purpose = s->ring.generations[generation].purpose;
    const size_t age = age_of(&s->ring, generation);
    bool needed = true;

    if (age == 0)
        return KEYS_NEWEST;
    switch (purpose) {
    case KEY_PURPOSE_DATA:
        needed = s->progress.stage != KEYS_DONE && s->progress.stage != KEYS_NONE;
        break;
    case KEY_PURPOSE_FINGERPRINT:     /* a card is matched under two */
        needed = age == 1;
        break;
    case KEY_PURPOSE_SIGNING:         /* order tokens of the hour in which the newer one came; after it, the log */
        needed = age == 1 && now_ms - keys_find(&s->ring, purpose, 0)->created_ms < HOUR_MS;
        break;
    case KEY_PURPOSE_ID: case KEY_PURPOSE_BASE: case KEY_PURPOSES:
        break;
    }
    return needed ? KEYS_OVERLAP : KEYS_OLD;
}
