/* torture.c: the seeded simulator: `torture SECONDS`, `torture --seed N [--steps N]`. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lead.h"

#include "base/banned.h"

enum { STEPS = 600, CALM_EVERY = 150, STEPS_MAX = 100000, SECOND_NS = 1000 * 1000 * 1000 };

static const char *const usage =
    "usage: torture SECONDS                      fresh seeds for so long\n"
    "       torture --seed N [--steps N] [--loud]  that seed again; --loud tells each step\n"
    "       torture --seed N --runs N            so many seeds from N on, as TAP\n";

/* What world_fail() tells. One run at a time. */
static struct { uint64_t seed; int64_t step; bool tap; const char *folder; } now;

void world_fail(const char *format, ...)
{
    va_list args;

    printf("%sseed %llu, step %lld: ", now.tap ? "not ok 1 - " : "FAILED: ", (unsigned long long)now.seed,
           (long long)now.step);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    printf("\n# again: torture --seed %llu\n# its files: %s\n", (unsigned long long)now.seed, now.folder);
    (void)fflush(stdout);
    _Exit(1);
}

/* What the rows came to, so that two runs of a seed can be compared. */
static uint64_t digest(const struct model *m)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);  /* FNV-1a */

    for (enum seen_kind k = 0; k < SEEN_KINDS; k++)
        for (size_t i = 0; i < m->n[k]; i++) {
            const struct seen *s = &m->seen[k][i];
            const int64_t words[] = { (int64_t)k, s->merchant_id, k == SEEN_PAYMENT ? s->no : 0, s->state };

            for (size_t j = 0; j < sizeof words / sizeof *words; j++)
                sum = (sum ^ (uint64_t)words[j]) * UINT64_C(0x100000001b3);
        }
    return sum;
}

struct sums {
    uint64_t runs, steps, done, refused, crashes, cuts, jumps, questions, losses, looks, rows[SEEN_KINDS], paid;
};

static void add(struct sums *s, const struct run *r)
{
    s->runs++;
    s->steps += r->tally.steps;
    s->done += r->tally.done;
    s->refused += r->tally.refused;
    s->crashes += r->tally.crashes;
    s->cuts += r->tally.cuts;
    s->jumps += r->tally.jumps_back;
    s->questions += r->w->questions;
    s->losses += r->w->losses;
    s->looks += r->m->looks;
    for (enum seen_kind k = 0; k < SEEN_KINDS; k++)
        s->rows[k] += r->m->n[k];
    for (size_t i = 0; i < r->m->n[SEEN_PAYMENT]; i++)
        s->paid += r->m->seen[SEEN_PAYMENT][i].state == PAYMENT_SUCCESS;
}

static void run_seed(struct sums *sums, uint64_t seed, int64_t steps, bool loud)
{
    struct world *w = calloc(1, sizeof *w);
    struct model *m = calloc(1, sizeof *m);
    struct run r = { .w = w, .m = m };

    now.seed = seed;
    now.step = 0;
    if (!w || !m)
        world_fail("no memory");
    now.folder = w->folder;
    world_open(w);
    for (int64_t i = 1; i <= steps; i++) {
        now.step = i;
        moves_step(&r, seed, i);
        if (loud)
            printf("# %lld: %llu done, %llu refused, %llu crashes, digest %016llx\n", (long long)i,
                   (unsigned long long)r.tally.done, (unsigned long long)r.tally.refused,
                   (unsigned long long)r.tally.crashes, (unsigned long long)digest(m));
        if (i % CALM_EVERY == 0 || i == steps)
            moves_calm(&r);
    }
    world_close(w);
    add(sums, &r);
    if (loud)
        printf("# seed %llu: digest %016llx\n", (unsigned long long)seed, (unsigned long long)digest(m));
    free(w);
    free(m);
}

static void tell(const struct sums *s)
{
    const struct { const char *what; uint64_t n; } words[] = {
        { "seeds", s->runs }, { "steps", s->steps }, { "operations done", s->done }, { "refused", s->refused },
        { "crashes", s->crashes }, { "power cuts armed within a step", s->cuts },
        { "jumps back of the clock", s->jumps }, { "questions to other parties", s->questions },
        { "of them unanswered", s->losses }, { "looks at every row", s->looks }, { "orders", s->rows[SEEN_ORDER] },
        { "payments", s->rows[SEEN_PAYMENT] }, { "of them paid", s->paid }, { "refunds", s->rows[SEEN_REFUND] },
        { "tokens", s->rows[SEEN_TOKEN] },
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        printf("# %10llu %s\n", (unsigned long long)words[i].n, words[i].what);
}

static bool number(const char *text, uint64_t *out, uint64_t max)
{
    return span_u64(out, span_of(text), max) == FAULT_NONE;
}

struct wanted { uint64_t seconds, seed, steps, runs; bool seeded, loud; };

static bool read_words(struct wanted *w, int n, char **words)
{
    for (int i = 1; i < n; i++) {
        const char *value = i + 1 < n ? words[i + 1] : "";

        if (strcmp(words[i], "--loud") == 0)
            w->loud = true;
        else if (strcmp(words[i], "--seed") == 0 && number(value, &w->seed, UINT64_MAX))
            w->seeded = ++i > 0;
        else if (strcmp(words[i], "--steps") == 0 && number(value, &w->steps, STEPS_MAX))
            i++;
        else if (strcmp(words[i], "--runs") == 0 && number(value, &w->runs, STEPS_MAX))
            i++;
        else if (!number(words[i], &w->seconds, 7 * 24 * 3600))
            return false;
    }
    return w->seeded || w->seconds;
}

int main(int n, char **words)
{
    struct wanted w = { .steps = STEPS, .runs = 0 };
    struct sums sums = { 0 };
    int64_t end_ns;

    if (!read_words(&w, n, words)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    end_ns = clock_mono_ns() + (int64_t)w.seconds * SECOND_NS;
    now.tap = w.runs > 0;
    if (!w.seeded && getrandom(&w.seed, sizeof w.seed, 0) != (ssize_t)sizeof w.seed)
        return 2;
    w.seed >>= w.seeded ? 0 : 24;     /* easier to type */
    if (!w.seeded)
        printf("# seeds from %llu on\n", (unsigned long long)w.seed);
    do {
        run_seed(&sums, w.seed++, (int64_t)w.steps, w.loud);
    } while (w.seeded ? sums.runs < w.runs : clock_mono_ns() < end_ns);
    tell(&sums);
    printf("%s", w.runs ? "ok 1 - what must hold held\n1..1\n" : "what must hold held\n");
    return 0;
}
