/* card_budget.c: sets of digests, one a merchant and hour. */
#include "service/card_budget.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/journal.h"

#include "base/banned.h"

enum { HOUR_MS = 3600 * 1000, PLACES_MIN = 64 };

/* Open addressing over `places`, a power of two, never more than half full. No digest is 0: that is a free place. */
struct hour {
    int64_t merchant_id, hour;
    uint64_t used;                    /* when it was last counted in, by the budget's own count; 0: never */
    uint64_t *digests;
    size_t n, places;
    bool told;
};

struct card_budget {
    unsigned limit;
    struct journal *journal;
    pthread_mutex_t lock;             /* of what follows */
    uint64_t uses;
    struct hour hours[CARD_BUDGET_MERCHANTS];
};

enum fault card_budget_new(struct card_budget **out, unsigned limit, struct journal *journal)
{
    struct card_budget *b;

    if (limit == 0 || limit > CARD_BUDGET_MAX)
        return FAULT_BAD_INPUT;
    b = calloc(1, sizeof *b);
    if (!b)
        return FAULT_INTERNAL;
    b->limit = limit;
    b->journal = journal;
    pthread_mutex_init(&b->lock, NULL);
    *out = b;
    return FAULT_NONE;
}

void card_budget_free(struct card_budget *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < CARD_BUDGET_MERCHANTS; i++)
        free(b->hours[i].digests);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

static void empty(struct hour *h, int64_t merchant_id, int64_t hour)
{
    free(h->digests);
    *h = (struct hour){ .merchant_id = merchant_id, .hour = hour };
}

/* The set of a merchant: its own, or that of the one counted least lately, emptied. */
static struct hour *find(struct card_budget *b, int64_t merchant_id, int64_t hour)
{
    struct hour *least = &b->hours[0];

    for (size_t i = 0; i < CARD_BUDGET_MERCHANTS; i++) {
        struct hour *h = &b->hours[i];

        if (h->used && h->merchant_id == merchant_id) {
            if (h->hour != hour)
                empty(h, merchant_id, hour);
            return h;
        }
        if (h->used < least->used)
            least = h;
    }
    empty(least, merchant_id, hour);
    return least;
}

/* The place where `digest` is or would be. The fingerprint is a MAC, so that its bits are as good as chance. */
static uint64_t *place(uint64_t *digests, size_t places, uint64_t digest)
{
    size_t i = (size_t)digest & (places - 1);

    while (digests[i] && digests[i] != digest)
        i = (i + 1) & (places - 1);
    return &digests[i];
}

/* Room for one more. False: memory is out. */
static bool grow(struct hour *h)
{
    size_t places = h->places ? 2 * h->places : PLACES_MIN;
    uint64_t *wider;

    if (2 * (h->n + 1) <= h->places)
        return true;
    wider = calloc(places, sizeof *wider);
    if (!wider)
        return false;
    for (size_t i = 0; i < h->places; i++)
        if (h->digests[i])
            *place(wider, places, h->digests[i]) = h->digests[i];
    free(h->digests);
    h->digests = wider;
    h->places = places;
    return true;
}

/* Is it in the set now? *told_first: it is one too many, and the hour's first. */
static bool count(struct hour *h, unsigned limit, uint64_t digest, bool *told_first)
{
    *told_first = false;
    if (h->places && *place(h->digests, h->places, digest) == digest)
        return true;
    if (h->n >= limit) {
        *told_first = !h->told;
        h->told = true;
        return false;
    }
    if (grow(h)) {
        *place(h->digests, h->places, digest) = digest;
        h->n++;
    }
    return true;
}

bool card_budget_take(struct card_budget *b, int64_t merchant_id, const uint8_t fingerprint[static CARD_FINGERPRINT],
                      int64_t now_ms)
{
    uint64_t digest;
    struct hour *h;
    bool taken, told_first;

    memcpy(&digest, fingerprint, sizeof digest);
    digest |= digest == 0;
    pthread_mutex_lock(&b->lock);
    h = find(b, merchant_id, now_ms / HOUR_MS);
    h->used = ++b->uses;
    taken = count(h, b->limit, digest, &told_first);
    pthread_mutex_unlock(&b->lock);
    if (told_first)
        journal_event(b->journal, JOURNAL_WARNING, "a merchant tries more distinct cards than its budget allows",
                      merchant_id, NULL);
    return taken;
}
