/* places.c: two small hash tables over an array. */
#include "webhook/places.h"

#include <assert.h>
#include <string.h>

#include "base/banned.h"

enum { FAIR_PART = 8 };               /* no endpoint has more than so large a part of what is free */

static size_t bucket(int64_t merchant_id, int64_t no)
{
    uint64_t h = ((uint64_t)merchant_id * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)no) * UINT64_C(0xff51afd7ed558ccd);

    return (size_t)(h >> 40) & (PLACES_BUCKETS - 1);
}

void places_init(struct places *p, struct webhooks *owner)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < WEBHOOK_IN_FLIGHT_MAX; i++) {
        p->all[i].owner = owner;
        p->all[i].next = p->free;
        p->free = &p->all[i];
        p->shares[i].next = p->free_share;
        p->free_share = &p->shares[i];
    }
    p->n_free = WEBHOOK_IN_FLIGHT_MAX;
}

void places_fini(struct places *p)
{
    for (size_t i = 0; i < WEBHOOK_IN_FLIGHT_MAX; i++)
        arena_free(p->all[i].arena);
}

static struct share *find_share(struct places *p, int64_t merchant_id, int64_t endpoint_no)
{
    struct share *s = p->by_endpoint[bucket(merchant_id, endpoint_no)];

    while (s && (s->merchant_id != merchant_id || s->endpoint_no != endpoint_no))
        s = s->next;
    return s;
}

static bool is_taken(const struct places *p, int64_t merchant_id, int64_t delivery_no)
{
    const struct place *at = p->by_number[bucket(merchant_id, delivery_no)];

    while (at && (at->row.merchant_id != merchant_id || at->row.delivery_no != delivery_no))
        at = at->chain;
    return at != NULL;
}

static bool has_room(const struct places *p, const struct share *s)
{
    if (p->n_free == 0)
        return false;
    return !s || (s->sent < WEBHOOK_PER_ENDPOINT_MAX && s->sent <= p->n_free / FAIR_PART &&
                  s->resting < PLACES_RESTING_MAX);
}

bool places_has_room(struct places *p, int64_t merchant_id, int64_t endpoint_no)
{
    return has_room(p, find_share(p, merchant_id, endpoint_no));
}

static struct share *new_share(struct places *p, int64_t merchant_id, int64_t endpoint_no)
{
    struct share **head = &p->by_endpoint[bucket(merchant_id, endpoint_no)], *s = p->free_share;

    assert(s);                        /* no more shares than places */
    p->free_share = s->next;
    *s = (struct share){ .merchant_id = merchant_id, .endpoint_no = endpoint_no, .next = *head };
    *head = s;
    return s;
}

struct place *places_take(struct places *p, const struct outbox_due *d)
{
    struct share *s = find_share(p, d->merchant_id, d->endpoint_no);
    struct place *place = p->free, **head;

    if (!has_room(p, s) || is_taken(p, d->merchant_id, d->delivery_no))
        return NULL;
    if (!place->arena && arena_new(&place->arena))
        return NULL;
    p->free = place->next;
    p->n_free--;
    head = &p->by_number[bucket(d->merchant_id, d->delivery_no)];
    *place = (struct place){
        .owner = place->owner, .arena = place->arena, .chain = *head,
        .share = s ? s : new_share(p, d->merchant_id, d->endpoint_no),
        .row = { .merchant_id = d->merchant_id, .delivery_no = d->delivery_no, .endpoint_no = d->endpoint_no },
    };
    *head = place;
    place->share->sent++;
    return place;
}

void places_rest(struct place *place)
{
    assert(!place->resting && place->share->sent > 0);
    place->resting = true;
    place->share->sent--;
    place->share->resting++;
}

static void drop_share(struct places *p, struct share *s)
{
    struct share **at = &p->by_endpoint[bucket(s->merchant_id, s->endpoint_no)];

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    s->next = p->free_share;
    p->free_share = s;
}

void places_give(struct places *p, struct place *place)
{
    struct place **at = &p->by_number[bucket(place->row.merchant_id, place->row.delivery_no)];
    struct share *s = place->share;

    while (*at != place)
        at = &(*at)->chain;
    *at = place->chain;
    if (place->resting)
        s->resting--;
    else
        s->sent--;
    if (s->sent + s->resting == 0)
        drop_share(p, s);
    arena_reset(place->arena);
    place->share = NULL;
    place->next = p->free;
    p->free = place;
    p->n_free++;
}
