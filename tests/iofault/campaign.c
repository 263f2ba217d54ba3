/* campaign.c: `iofault [--stride N] [SCENARIO..]`: every scenario with every operation of the disk failing, one after
 * the other. Each is a process of its own, so that one that dies takes only itself along. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acts.h"
#include "files.h"
#include "scenarios.h"

#include "base/banned.h"

enum { POINTS_MAX = 20000, SEEDS = 2 };

static const char *const usage =
    "usage: iofault [--stride N] [SCENARIO..]    every fault point of each, or every N-th\n"
    "       iofault --tap --stride N [SCENARIO..]    the same, as TAP\n";

/* What fails, and how. */
enum manner { MANNER_FAIL, MANNER_FAIL_ON, MANNER_TEAR, MANNER_CUT };

struct method { const char *name; enum shim_op op; enum manner manner; int code; enum shim_loss loss; };

static const struct method methods[] = {
    { "read fails", SHIM_READ, MANNER_FAIL, SQLITE_IOERR_READ, SHIM_LOSE_ALL },
    { "write fails", SHIM_WRITE, MANNER_FAIL, SQLITE_IOERR_WRITE, SHIM_LOSE_ALL },
    { "disk full from there on", SHIM_WRITE, MANNER_FAIL_ON, SQLITE_FULL, SHIM_LOSE_ALL },
    { "write torn", SHIM_WRITE, MANNER_TEAR, 0, SHIM_LOSE_ALL },
    { "sync fails", SHIM_SYNC, MANNER_FAIL, SQLITE_IOERR_FSYNC, SHIM_LOSE_ALL },
    { "syncs fail from there on", SHIM_SYNC, MANNER_FAIL_ON, SQLITE_IOERR_FSYNC, SHIM_LOSE_ALL },
    { "truncate fails", SHIM_TRUNCATE, MANNER_FAIL, SQLITE_IOERR_TRUNCATE, SHIM_LOSE_ALL },
    { "open fails", SHIM_OPEN, MANNER_FAIL, SQLITE_CANTOPEN, SHIM_LOSE_ALL },
    { "lock fails", SHIM_LOCK, MANNER_FAIL, SQLITE_IOERR_LOCK, SHIM_LOSE_ALL },
    { "power lost at a write", SHIM_WRITE, MANNER_CUT, 0, SHIM_LOSE_ALL },
    { "power lost at a sync", SHIM_SYNC, MANNER_CUT, 0, SHIM_LOSE_ALL },
    { "the same, the last torn", SHIM_WRITE, MANNER_CUT, 0, SHIM_LOSE_SOME },
    { "the same, some sectors kept", SHIM_WRITE, MANNER_CUT, 0, SHIM_LOSE_SECTORS },
    { "sync, some sectors kept", SHIM_SYNC, MANNER_CUT, 0, SHIM_LOSE_SECTORS },
    { "truncate, some sectors kept", SHIM_TRUNCATE, MANNER_CUT, 0, SHIM_LOSE_SECTORS },
};
enum { METHODS = sizeof methods / sizeof *methods };

struct sums { uint64_t faults, cuts, wrong, uncounted; };

static struct { const char *scenario; const struct site *site; } now;

void world_fail(const char *format, ...)
{
    va_list args;

    printf("not so: %s: ", now.site ? now.site->where : now.scenario);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
    (void)fflush(stdout);
    _Exit(1);
}

static void arm(struct site *g, const struct method *m, unsigned n, uint64_t seed)
{
    switch (m->manner) {
    case MANNER_FAIL:
    case MANNER_FAIL_ON:
        shim_fail(g->w.shim, m->op, SHIM_ANY, n, m->code, m->manner == MANNER_FAIL_ON);
        break;
    case MANNER_TEAR:
        shim_tear(g->w.shim, n);
        break;
    case MANNER_CUT:
        shim_hold(g->w.shim, true);
        shim_seed(g->w.shim, seed * UINT64_C(0x9e3779b97f4a7c15) + n);
        shim_power_cut_at(g->w.shim, m->op, n, m->loss);
        break;
    }
}

static void disarm(struct site *g)
{
    shim_fail(g->w.shim, SHIM_READ, SHIM_ANY, 0, 0, false);
    shim_power_cut_at(g->w.shim, SHIM_SYNC, 0, SHIM_LOSE_ALL);
    if (shim_is_off(g->w.shim))
        shim_power_on(g->w.shim);
    shim_hold(g->w.shim, false);
}

/* The disk works again. */
static void check(struct site *g, const struct scenario *s)
{
    enum fault f;

    if (g->cut && !g->keeps_keys)
        site_renew_keyholder(g);      /* the whole machine went */
    if (g->n_claims)
        site_check(g);
    f = site_open(g);
    if (f) {
        site_wrong(g, "the store does not open any more: %s", fault_name(f));
        return;
    }
    if (act_admin(g, "afterwards"))
        site_wrong(g, "the audit log cannot be written any more");
    if (s->again)
        s->again(g);
    site_settle(g);
    site_close(g);
    site_check(g);
}

static bool one(struct site *g, const struct scenario *s, const struct method *m, unsigned n, uint64_t seed)
{
    bool triggered;

    (void)snprintf(g->where, sizeof g->where, "%s, %s, %u, seed %llu", s->name, m->name, n, (unsigned long long)seed);
    g->cut = m->manner == MANNER_CUT;
    site_begin(g);
    arm(g, m, n, seed);
    s->run(g);
    triggered = shim_triggered(g->w.shim);
    disarm(g);
    check(g, s);
    return triggered;
}

/* The first, the second, and so on, until there are not so many; or every `stride`-th of those that there were in the
 * undisturbed run, from another one on for each method. */
static uint64_t each_point(struct site *g, const struct scenario *s, size_t method, unsigned stride, uint64_t last)
{
    const struct method *m = &methods[method];
    uint64_t seeds = m->manner == MANNER_CUT && m->loss != SHIM_LOSE_ALL && stride == 1 ? SEEDS : 1, points = 0;
    uint64_t first = stride == 1 || !last ? 1 : 1 + method * 7 % (last < stride ? last : stride);

    for (uint64_t n = first; n < POINTS_MAX; n += stride) {
        if (stride > 1 && n > last)
            return points;
        for (uint64_t seed = 1; seed <= seeds; seed++) {
            if (!one(g, s, m, (unsigned)n, seed))
                return points;
            points++;
        }
    }
    site_wrong(g, "there is no end to it");
    return points;
}

/* What the shim counts on files that have a name, since temporary ones are elsewhere. */
static uint64_t count_of(struct site *g, enum shim_op op)
{
    return shim_count(g->w.shim, op, SHIM_ANY) - shim_count(g->w.shim, op, SHIM_TEMP);
}

/* That of an undisturbed run, against the system calls that the engine makes in it. It opens a file anew without a call
 * where it kept a descriptor, and locks of shared memory are calls of several kinds, so these are not among them. */
static const struct { enum shim_op ours; enum call_op theirs; const char *name; } counted[] = {
    { SHIM_READ, CALL_READ, "reads" }, { SHIM_WRITE, CALL_WRITE, "writes" }, { SHIM_SYNC, CALL_SYNC, "syncs" },
    { SHIM_TRUNCATE, CALL_TRUNCATE, "truncations" },
};
enum { COUNTED = sizeof counted / sizeof *counted };

static void compare_calls(struct site *g, const struct scenario *s, const uint64_t counts[static SHIM_OPS])
{
    printf("%-12s counted by the shim and as system calls:", s->name);
    for (size_t i = 0; i < COUNTED; i++) {
        uint64_t ours = counts[counted[i].ours], calls = calls_count(CALL_STORE, counted[i].theirs);

        printf(" %llu %s%s", (unsigned long long)ours, counted[i].name, i + 1 < COUNTED ? "," : "\n");
        if (calls != ours)
            site_wrong(g, "the shim counts %llu %s, and %llu are made", (unsigned long long)ours, counted[i].name,
                       (unsigned long long)calls);
    }
}

static void count(struct site *g, const struct scenario *s, uint64_t out[static SHIM_OPS])
{
    (void)snprintf(g->where, sizeof g->where, "%s, undisturbed", s->name);
    g->cut = false;
    site_begin(g);
    calls_reset();
    for (enum shim_op op = 0; op < SHIM_OPS; op++)
        out[op] = count_of(g, op);
    s->run(g);
    for (enum shim_op op = 0; op < SHIM_OPS; op++)
        out[op] = count_of(g, op) - out[op];
    for (size_t i = 0; i < g->n_claims; i++)
        if (g->claims[i].min != g->claims[i].max)
            site_wrong(g, "not all of it is done: %s", g->claims[i].sql);
    compare_calls(g, s, out);
    check(g, s);
}

/* A scenario's threads do not always meet the same way, so that not every run has the same number of operations; but
 * of so many as one has, most must be points. */
static void compare_points(struct site *g, const struct method *m, const uint64_t counts[static SHIM_OPS],
                           uint64_t points)
{
    if (m->manner == MANNER_FAIL && points * 3 < counts[m->op] * 2)
        site_wrong(g, "%s: %llu points of %llu", m->name, (unsigned long long)points,
                   (unsigned long long)counts[m->op]);
}

static void run_scenario(struct sums *sums, const struct scenario *s, unsigned stride)
{
    struct site *g = calloc(1, sizeof *g);
    uint64_t counts[SHIM_OPS];

    if (!g)
        world_fail("no memory");
    now.scenario = s->name;
    now.site = g;
    site_around_open(g);
    world_parties_open(&g->w);
    (void)sqlite3_vfs_register(sqlite3_vfs_find("shim"), 1);     /* for what opens files beside the store */
    s->prepare(g);
    site_keep(g);
    count(g, s, counts);
    for (size_t i = 0; i < METHODS; i++) {
        uint64_t wrong = g->wrong_in_all, points = each_point(g, s, i, stride, counts[methods[i].op]);

        if (stride == 1)
            compare_points(g, &methods[i], counts, points);
        printf("%-12s %-32s %6llu points %4llu failures\n", s->name, methods[i].name, (unsigned long long)points,
               (unsigned long long)(g->wrong_in_all - wrong));
        (void)fflush(stdout);
        *(methods[i].manner == MANNER_CUT ? &sums->cuts : &sums->faults) += points;
    }
    sums->wrong += g->wrong_in_all;
    world_parties_close(&g->w);
    site_around_close(g);
    free(g);
}

static void run_files(struct sums *sums, unsigned stride)
{
    struct files_sum f = { 0 };

    now.scenario = "files";
    files_campaign(&f, stride > 1 ? 2 : 1);     /* there are few */
    sums->faults += f.points;
    sums->wrong += f.wrong;
}

/* In a process of its own, which hands back its sums. */
static bool apart(struct sums *sums, const struct scenario *s, unsigned stride)
{
    struct sums got = { 0 };
    int pair[2], status = 0;
    bool whole;
    pid_t child;

    (void)fflush(stdout);
    if (pipe(pair) != 0 || (child = fork()) < 0)
        return false;
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);        /* one that hangs ends with whoever was to wait for it */
        if (s->run)
            run_scenario(&got, s, stride);
        else
            run_files(&got, stride);
        (void)fflush(stdout);
        if (write(pair[1], &got, sizeof got) != (ssize_t)sizeof got)
            _Exit(1);
        exit(0);                      /* so that leaks are looked for */
    }
    (void)close(pair[1]);
    whole = read(pair[0], &got, sizeof got) == (ssize_t)sizeof got;
    (void)close(pair[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    sums->faults += got.faults;
    sums->cuts += got.cuts;
    sums->wrong += got.wrong;
    if (whole && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return got.wrong == 0;
    printf("not so: %s: its process ended with status %d\n", s->name, status);
    sums->wrong++;
    return false;
}

static bool wanted(int n, char **words, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return n == 0;
}

/* Those of the files that are not the store's are run in another way. */
static const struct scenario files[] = { { .name = "files", .what = "anchors, journal, credentials, key file" },
                                         { .name = NULL } };

int main(int n, char **words)
{
    const struct scenario *const tables[] = { scenarios, scenarios_kept, files };
    enum { TABLES = sizeof tables / sizeof *tables };
    struct sums sums = { 0 };
    uint64_t stride = 1;
    unsigned test = 0;
    bool tap = false, ran = false;
    int at = 1;

    for (; at < n && words[at][0] == '-'; at++) {
        if (strcmp(words[at], "--tap") == 0) {
            tap = true;
        } else if (at + 1 < n && strcmp(words[at], "--stride") == 0
                   && !span_u64(&stride, span_of(words[at + 1]), POINTS_MAX) && stride) {
            at++;
        } else {
            (void)fputs(usage, stderr);
            return 2;
        }
    }
    for (size_t i = 0; i < TABLES; i++)
        for (const struct scenario *s = tables[i]; s->name; s++) {
            bool good;

            if (!wanted(n - at, words + at, s->name))
                continue;
            good = apart(&sums, s, (unsigned)stride);
            ran = true;
            if (tap)
                printf("%sok %u - %s: %s\n", good ? "" : "not ", ++test, s->name, s->what);
        }
    if (tap)
        printf("1..%u\n", test);
    printf("%s%llu fault points, %llu power-loss points, %llu failures\n", tap ? "# " : "",
           (unsigned long long)sums.faults, (unsigned long long)sums.cuts, (unsigned long long)sums.wrong);
    return !ran ? 2 : sums.wrong ? 1 : 0;
}
