/* keys_notice.c: the ring as the keyholder tells it, and rows of the audit log for what changed in it. */
#include <string.h>

#include "base/base64.h"
#include "keyholder/wire.h"
#include "service/keys_own.h"
#include "store/audit.h"
#include "store/audit_links.h"
#include "store/settings.h"

#include "base/banned.h"

#define SETTING SPAN("keys.known")
enum { GENERATIONS = KEY_PURPOSES * KEY_GENERATIONS, KNOWN = 1 + KEY_RING_ID + 8 + 8, KNOWN_MAX = GENERATIONS * KNOWN };

/* A generation that the database knows of, and since when. */
struct known { unsigned purpose; uint8_t id[KEY_RING_ID]; struct keys_since since; };
struct known_all { struct known known[GENERATIONS]; size_t n; };

struct notice { const struct services *s; const struct key_ring *ring; struct arena *arena; int64_t now_ms, real_ms; };

static const char *const purposes[KEY_PURPOSES] = {
    [KEY_PURPOSE_BASE] = "base", [KEY_PURPOSE_DATA] = "data", [KEY_PURPOSE_FINGERPRINT] = "fingerprint",
    [KEY_PURPOSE_ID] = "id", [KEY_PURPOSE_SIGNING] = "signing",
};

const char *keys_purpose(enum key_purpose p)
{
    return p < KEY_PURPOSES ? purposes[p] : "unknown";
}

enum fault keys_purpose_read(enum key_purpose *out, struct span text)
{
    for (unsigned p = 0; p < KEY_PURPOSES; p++)
        if (span_equal(text, span_of(purposes[p]))) {
            *out = (enum key_purpose)p;
            return FAULT_NONE;
        }
    return FAULT_BAD_INPUT;
}

enum fault keys_ring(const struct services *s, struct key_ring *out)
{
    uint8_t bytes[KEY_RING_SIZE];
    struct key_ask ask = { .op = KEY_RING, .out = BUF(bytes) };
    enum fault f = keyholder_ask_one(s->keyholder, &ask);

    return f ? f : key_ring_read(out, &ask);
}

const struct key_generation *keys_find(const struct key_ring *r, enum key_purpose purpose, size_t age)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->generations[i].purpose == purpose && age-- == 0)
            return &r->generations[i];
    return NULL;
}

size_t keys_count(const struct key_ring *r, enum key_purpose purpose)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->generations[i].purpose == purpose;
    return n;
}

enum fault keys_audit(struct store_tx *tx, enum key_purpose purpose, const uint8_t id[static KEY_RING_ID],
                      const char *what, int64_t outcome, int64_t at_ms)
{
    uint8_t text[KEYS_OBJECT];
    struct buf object = BUF(text);
    struct audit_row row = { .at_ms = at_ms, .event = AUDIT_KEY, .channel = -1, .outcome = outcome };

    buf_text(&object, keys_purpose(purpose));
    buf_byte(&object, ' ');
    hex_put(&object, (struct span){ id, KEY_RING_ID });
    buf_byte(&object, ' ');
    buf_text(&object, what);
    row.object = buf_view(&object);
    return audit_insert(tx, &row);
}

static enum fault load(struct store_tx *tx, struct known_all *out, struct arena *a)
{
    struct wire r = { 0 };
    enum fault f = settings_get(tx, &r.s, a, SETTING);

    out->n = 0;
    while (!f && r.s.n && !r.bad && out->n < GENERATIONS) {
        struct known *k = &out->known[out->n++];

        k->purpose = (unsigned)wire_number(&r, 1);
        wire_copy(&r, k->id, sizeof k->id);
        k->since.at_ms = (int64_t)wire_number(&r, 8);
        k->since.real_ms = (int64_t)wire_number(&r, 8);
        r.bad |= k->purpose >= KEY_PURPOSES;
    }
    return !f && !wire_done(&r) ? FAULT_INTERNAL : f;
}

static enum fault save(struct store_tx *tx, const struct known_all *all)
{
    uint8_t bytes[KNOWN_MAX];
    struct buf out = BUF(bytes);

    for (size_t i = 0; i < all->n; i++) {
        wire_put(&out, all->known[i].purpose, 1);
        buf_put(&out, all->known[i].id, sizeof all->known[i].id);
        wire_put(&out, (uint64_t)all->known[i].since.at_ms, 8);
        wire_put(&out, (uint64_t)all->known[i].since.real_ms, 8);
    }
    return settings_put(tx, SETTING, buf_view(&out));
}

static const struct known *known_of(const struct known_all *all, const struct key_generation *g)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->known[i].purpose == g->purpose && memcmp(all->known[i].id, g->id, KEY_RING_ID) == 0)
            return &all->known[i];
    return NULL;
}

static bool is_there(const struct key_ring *r, const struct known *k)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->generations[i].purpose == k->purpose && memcmp(r->generations[i].id, k->id, KEY_RING_ID) == 0)
            return true;
    return false;
}

/* Is the ring an older copy, or that of the key file alone because the keyring is lost? The newest generation is never
 * destroyed, so the data key that was the newest when it was noticed is in every ring that came after: without it
 * records do not open. Who goes back to a copy from before some other rotation may mean to. */
static bool is_older(const struct key_ring *r, const struct known_all *before)
{
    for (size_t i = 0; i < before->n; i++)
        if (before->known[i].purpose == KEY_PURPOSE_DATA)
            return !is_there(r, &before->known[i]);
    return false;
}

/* What is gone from the ring since. */
static enum fault say_gone(struct store_tx *tx, const struct notice *n, const struct known_all *before, size_t *gone)
{
    enum fault f = FAULT_NONE;

    *gone = 0;
    for (size_t i = 0; i < before->n && !f; i++) {
        const struct known *k = &before->known[i];

        if (is_there(n->ring, k))
            continue;
        (*gone)++;
        f = keys_audit(tx, (enum key_purpose)k->purpose, k->id, "destroyed", 0, n->now_ms);
    }
    return f;
}

/* The system's clock may have been set back: what is new is no older than the newest link, which was signed before. */
static enum fault look_at_links(struct store_tx *tx, struct notice *n)
{
    struct audit_link_row last;
    enum fault f = audit_link_last(tx, &last, n->arena);

    if (!f && last.at_ms > n->real_ms)
        n->real_ms = last.at_ms;
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

/* The first look at a ring only notes what is there, which is as old as the ring says. NOT_FOUND, and with it no
 * commit: nothing has changed. */
static enum fault work(struct store_tx *tx, void *arg)
{
    struct notice *n = arg;
    struct known_all before, now = { 0 };
    size_t gone = 0, came = 0;
    enum fault f = load(tx, &before, n->arena);
    bool first = f == FAULT_NOT_FOUND;

    if (f && !first)
        return f;
    if (is_older(n->ring, &before))
        return FAULT_WRONG_STATE;
    f = look_at_links(tx, n);
    if (!f)
        f = say_gone(tx, n, &before, &gone);
    for (size_t i = 0; i < n->ring->n && !f; i++) {
        const struct key_generation *g = &n->ring->generations[i];
        const struct known *k = known_of(&before, g);
        struct known *to = &now.known[now.n++];

        *to = (struct known){ .purpose = g->purpose, .since = { first ? g->created_ms : n->now_ms, n->real_ms } };
        if (k)
            to->since = k->since;
        memcpy(to->id, g->id, sizeof to->id);
        came += !k;
        if (!k && !first)
            f = keys_audit(tx, g->purpose, g->id, "made", 0, n->now_ms);
    }
    if (f)
        return f;
    return gone || came ? save(tx, &now) : FAULT_NOT_FOUND;
}

enum fault keys_notice(const struct services *s, const struct key_ring *r)
{
    struct notice n = { .s = s, .ring = r, .now_ms = clock_now_ms(s->clock),
                        .real_ms = clock_now_ms(clock_system()) };
    enum fault f = arena_new(&n.arena);

    if (f)
        return f;
    f = store_write(s->store, work, &n);
    arena_free(n.arena);
    return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
}

enum fault keys_noticed(struct store_tx *tx, struct keys_since *out, struct arena *a, const struct key_generation *g)
{
    struct known_all all;
    const struct known *k;
    enum fault f = load(tx, &all, a);

    *out = (struct keys_since){ 0 };
    if (f)
        return f == FAULT_NOT_FOUND ? FAULT_NONE : f;
    k = known_of(&all, g);
    if (k)
        *out = k->since;
    return FAULT_NONE;
}
