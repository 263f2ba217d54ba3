/* hosts.c: turns, by host. */
#include "courier/hosts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* FNV-1a over the letters in small: merchants choose the names, and a bucket they fill slows down webhooks only. */
static struct host **bucket_of(struct hosts *h, struct span origin)
{
    uint32_t hash = 2166136261;

    for (size_t i = 0; i < origin.n; i++)
        hash = (hash ^ (uint32_t)tolower(origin.p[i])) * 16777619;
    return &h->buckets[hash % HOSTS_BUCKETS];
}

static struct host *find_or_add(struct hosts *h, struct span origin)
{
    struct host **bucket = bucket_of(h, origin), *found = *bucket;
    uint8_t *copy;

    while (found && !span_equal_nocase(found->origin, origin))
        found = found->next;
    if (found)
        return found;
    found = calloc(1, sizeof *found + origin.n);
    if (!found)
        return NULL;
    copy = (uint8_t *)(found + 1);
    memcpy(copy, origin.p, origin.n);
    found->origin = (struct span){ copy, origin.n };
    found->next = *bucket;
    *bucket = found;
    return found;
}

static void drop_if_idle(struct hosts *h, struct host *host)
{
    struct host **at = bucket_of(h, host->origin);

    if (host->running || host->first)
        return;
    while (*at != host)
        at = &(*at)->next;
    *at = host->next;
    free(host);
}

enum fault hosts_enter(struct hosts *h, struct transfer *t, struct span origin)
{
    struct host *host = find_or_add(h, origin);

    if (!host)
        return FAULT_INTERNAL;
    t->host = host;
    t->next_of_host = NULL;
    t->running = host->running < COURIER_PER_HOST;
    if (t->running) {
        host->running++;
        return FAULT_NONE;
    }
    if (host->first)
        host->last->next_of_host = t;
    else
        host->first = t;
    host->last = t;
    return FAULT_NONE;
}

static void leave_queue(struct host *host, const struct transfer *t)
{
    struct transfer **at = &host->first, *before = NULL;

    while (*at != t) {
        before = *at;
        at = &before->next_of_host;
    }
    *at = t->next_of_host;
    if (host->last == t)
        host->last = before;
}

struct transfer *hosts_leave(struct hosts *h, struct transfer *t)
{
    struct host *host = t->host;
    struct transfer *turn = NULL;

    if (!host)
        return NULL;
    if (!t->running)
        leave_queue(host, t);
    else if (host->first) {
        turn = host->first;
        host->first = turn->next_of_host;
        turn->running = true;
    } else
        host->running--;
    t->host = NULL;
    t->running = false;
    drop_if_idle(h, host);
    return turn;
}

void hosts_free(struct hosts *h)
{
    for (size_t i = 0; i < HOSTS_BUCKETS; i++)
        while (h->buckets[i]) {
            struct host *host = h->buckets[i];
            h->buckets[i] = host->next;
            free(host);
        }
}
