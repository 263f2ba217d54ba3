/* campaign.c: run, look, and run again with the next allocation. */
#include "campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

enum {
    TRIES = 20,                       /* how often something is asked again until it must have come about: for longer
                                       * than the acquirer takes to tell a notice again */
    QUIET_TRIES = 8,                  /* runs without a fault until both counts agree: a thread may disturb one */
    LEAKS_EVERY = 64,                 /* runs between two looks for memory that is lost */
    POINTS_MAX = 20000,
};

struct campaign { struct bed bed; const struct pass *pass; struct progress *out; };

static uint64_t heap_of(const struct inject_counts *c)
{
    uint64_t n = 0;

    for (size_t i = 0; i < INJECT_WHO; i++)
        n += i == INJECT_ARENA ? 0 : c->seen[i];
    return n;
}

/* A number of this run alone, and a phone number's digits. */
static void name_run(struct bed *b)
{
    char text[24];

    b->runs++;
    (void)snprintf(text, sizeof text, "%05lld", (long long)b->runs);
    gateway_keep(b->gateway, 'N', text);
    (void)snprintf(text, sizeof text, "%08lld", (long long)b->runs);
    gateway_keep(b->gateway, 'P', text);
}

static bool is_good(const struct bed *b, const char *parts)
{
    unsigned status = gateway_answer(b->gateway)->status;

    return status >= 200 && status < 400 && bed_says(b, parts);
}

/* What the request came to, with what was planned. */
static enum came_to ask(struct campaign *c)
{
    const struct scenario *s = c->pass->scenario;
    struct bed *b = &c->bed;

    if (s->act)
        return s->act(b);
    (void)bed_send(b, s->request, true);
    if (is_good(b, s->good))
        return DONE_WELL;
    return scenario_refused(b, c->pass->tongue) ? DONE_REFUSED : DONE_BADLY;
}

/* A good answer must be as whole as the one that was given when nothing failed. */
static bool is_whole(struct campaign *c)
{
    char shape[BED_SHAPE];
    struct bed *b = &c->bed;

    if (c->pass->scenario->act || c->pass->scenario->varies)
        return true;
    bed_shape(b, shape);
    if (!b->shape[0])
        memcpy(b->shape, shape, sizeof shape);
    return strcmp(b->shape, shape) == 0 ? true : bed_wrong(b, "a good answer of another shape: %.300s", shape);
}

static bool bad_answer(struct bed *b, const char *what)
{
    struct span body = bed_body(b);
    const uint8_t *result = body.n ? memmem(body.p, body.n, "\"resultCode", 11) : NULL;

    if (result)                       /* Paytm's words about it come late */
        body = (struct span){ result, body.n - (size_t)(result - body.p) };
    return bed_wrong(b, "%s: %u %.*s", what, gateway_answer(b->gateway)->status,
                     (int)(body.n < BED_WHY / 2 ? body.n : BED_WHY / 2), body.n ? (const char *)body.p : "");
}

/* It was refused: asked again, with nothing failing, it succeeds. */
static bool succeeds_again(struct campaign *c)
{
    const struct scenario *s = c->pass->scenario;
    struct bed *b = &c->bed;

    for (int i = 0; i < TRIES; i++) {
        if (s->act) {
            inject_plan(&(struct inject_plan){ 0 });
            if (s->act(b) == DONE_WELL)
                return true;
        } else {
            (void)bed_send(b, s->request, false);
            if (bed_says(b, s->again ? s->again : s->good))
                return true;
        }
        if (s->pending)
            bed_long_minute(b);
    }
    return s->act ? bed_wrong(b, "it does not succeed again") : bad_answer(b, "asked again");
}

/* What it did shows, at once or in some minutes. */
static bool shows(struct campaign *c)
{
    const struct scenario *s = c->pass->scenario;
    struct bed *b = &c->bed;

    for (int i = 0; s->after && i < TRIES; i++) {
        (void)bed_send(b, s->after, false);
        if (is_good(b, s->shows))
            return true;
        bed_long_minute(b);
    }
    return s->after ? bad_answer(b, "afterwards") : true;
}

static bool grew(struct campaign *c, int64_t was)
{
    const struct scenario *s = c->pass->scenario;
    struct bed *b = &c->bed;
    int64_t is = 0;

    for (int i = 0; s->once && i < TRIES; i++) {
        is = bed_number(b, s->once);
        if (is == was + s->grows)
            return true;
        if (s->pending)
            bed_long_minute(b);
    }
    return s->once ? bed_wrong(b, "%lld rows became %lld: %s", (long long)was, (long long)is, s->once) : true;
}

/* A machine that is too busy for a network's answer is asked again. */
static bool prepare(struct campaign *c)
{
    const char *before = c->pass->scenario->before;

    inject_plan(&(struct inject_plan){ 0 });
    for (int i = 0; i < TRIES; i++) {
        unsigned status;

        name_run(&c->bed);
        status = before ? bed_send(&c->bed, before, false) : 200;
        if (status < 200 || status >= 300)
            continue;
        if (c->pass->scenario->waits)
            bed_minute(&c->bed);
        return true;
    }
    return bad_answer(&c->bed, "before");
}

/* One run with the n-th failing. *failed: did one? */
static bool run(struct campaign *c, uint64_t n, struct inject_counts *counts)
{
    const struct scenario *s = c->pass->scenario;
    struct bed *b = &c->bed;
    enum came_to came;
    int64_t was;

    if (!prepare(c))
        return false;
    was = s->once ? bed_number(b, s->once) : 0;
    inject_plan(&(struct inject_plan){ c->pass->who, n, c->pass->on });
    came = ask(c);
    *counts = inject_counted();
    if (came == DONE_BADLY || (came == DONE_REFUSED && !counts->failed))
        return bad_answer(b, "the answer");
    if (came == DONE_WELL && !is_whole(c))
        return false;
    if (came == DONE_REFUSED && !succeeds_again(c))
        return false;
    return shows(c) && grew(c, was);
}

static void tell(struct campaign *c, uint64_t n)
{
    (void)fprintf(stderr, "%s, %s allocation %llu%s: %s\n", c->pass->scenario->name,
                  c->pass->who == 1u << INJECT_OPENSSL ? "OpenSSL's" : "our", (unsigned long long)n,
                  c->pass->on ? " and all that follow" : "", c->bed.why);
    inject_show_first();
    c->out->wrong++;
}

/* Without a fault: both counters agree, and this is how a good answer looks. */
static bool run_quietly(struct campaign *c)
{
    struct inject_counts counts = { 0 };

    for (int i = 0; i < QUIET_TRIES; i++) {
        if (!run(c, 0, &counts)) {
            tell(c, 0);
            return false;
        }
        c->out->counted = heap_of(&counts);
        c->out->counted_twice = counts.allocated;
        c->out->steps++;
        if (i > 1 && (!inject_counts_twice() || c->out->counted == c->out->counted_twice))
            return true;
    }
    (void)bed_wrong(&c->bed, "the injector counts %llu allocations, the allocator %llu",
                    (unsigned long long)c->out->counted, (unsigned long long)c->out->counted_twice);
    tell(c, 0);
    return false;
}

static void look_round(struct campaign *c, uint64_t n)
{
    if (!bed_is_sound(&c->bed))
        tell(c, n);
    if (bed_leaks()) {
        (void)bed_wrong(&c->bed, "memory is lost, in one of the last %d runs", LEAKS_EVERY);
        tell(c, n);
    }
}

void campaign_run(const struct pass *p, struct progress *out)
{
    struct campaign *c = calloc(1, sizeof *c);
    struct inject_counts counts;
    uint64_t n = p->from;

    fuzz_check(c);
    c->pass = p;
    c->out = out;
    bed_open(&c->bed);
    for (bool runs = run_quietly(c); runs && n < POINTS_MAX && out->wrong < CAMPAIGN_WRONG_MAX; n += p->stride) {
        out->n = n;
        out->steps++;
        if (!run(c, n, &counts))
            tell(c, n);
        if (!counts.failed)
            break;
        out->points++;
        if (c->bed.runs % LEAKS_EVERY == 0)
            look_round(c, n);
    }
    look_round(c, n);
    bed_close(&c->bed);
    free(c);
    out->over = true;
}
