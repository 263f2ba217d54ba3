/* alloc.c: the campaign over all scenarios, each in a process of its own: `alloc [--short] [SCENARIO...]`. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "campaign.h"

#include "base/banned.h"

enum {
    LOOK_MS = 20,                     /* between two looks at a process that runs a pass */
    HANGS_S = 60,                     /* one that does not move for so long hangs */
    SHORT_STRIDE = 7,
};
#define S_NS INT64_C(1000000000)

/* The passes of a scenario: the n-th alone, all from the n-th on, and the same of OpenSSL's, counted apart. */
static const struct { const char *name; unsigned who; bool on; } passes[] = {
    { "the n-th",           INJECT_ALL & ~(1u << INJECT_OPENSSL), false },
    { "from the n-th on",   INJECT_ALL & ~(1u << INJECT_OPENSSL), true },
    { "OpenSSL, the n-th",  1u << INJECT_OPENSSL, false },
    { "OpenSSL, from it on", 1u << INJECT_OPENSSL, true },
};
enum { PASSES = sizeof passes / sizeof *passes };

/* In the short run among the unit tests. */
static const char *const few[] = { "order-create", "cryptogram", "juspay-generate", "paytm-info", "audit-step", NULL };

struct sums { uint64_t scenarios, points, wrong; };

static void sleep_ms(long ms)
{
    const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

    (void)nanosleep(&t, NULL);
}

/* Wait for it to end; kill it when it hangs. The status of waitpid(). */
static int wait_for(pid_t pid, const struct progress *at)
{
    uint64_t steps = at->steps;
    int64_t since = clock_mono_ns();
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (at->steps != steps) {
            steps = at->steps;
            since = clock_mono_ns();
        }
        if (clock_mono_ns() - since > HANGS_S * S_NS)
            (void)kill(pid, SIGABRT);
        sleep_ms(LOOK_MS);
    }
    return status;
}

/* A pass that dies goes on behind the allocation that it died of. */
static void run_pass(struct progress *at, struct pass pass)
{
    memset(at, 0, sizeof *at);
    while (!at->over && at->wrong < CAMPAIGN_WRONG_MAX) {
        pid_t pid;
        int status;

        at->n = 0;
        (void)fflush(stdout);
        pid = fork();
        if (pid < 0)
            exit(2);
        if (pid == 0) {
            campaign_run(&pass, at);
            exit(0);
        }
        status = wait_for(pid, at);
        if (status == 0)
            continue;
        at->wrong++;
        (void)fprintf(stderr, "%s, %s: the process died at %llu\n", pass.scenario->name,
                      pass.on ? "from the n-th on" : "the n-th", (unsigned long long)at->n);
        if (at->over || at->n == 0)
            return;
        at->points++;
        pass.from = at->n + pass.stride;
    }
}

static void run_scenario(struct sums *sums, struct progress *at, struct pass pass, bool shortly)
{
    uint64_t points = 0, wrong = 0;
    int64_t began = clock_mono_ns();

    if (!shortly)
        printf("%-22s", pass.scenario->name);
    for (size_t i = 0; i < PASSES; i++) {
        pass.who = passes[i].who;
        pass.on = passes[i].on;
        pass.from = 1;
        run_pass(at, pass);
        if (!shortly && i == 0)
            printf(" %7llu %7llu", (unsigned long long)at->counted, (unsigned long long)at->counted_twice);
        if (!shortly)
            printf(" %7llu", (unsigned long long)at->points);
        points += at->points;
        wrong += at->wrong;
    }
    sums->scenarios++;
    sums->points += points;
    sums->wrong += wrong;
    if (shortly)
        printf("%s %llu - %s answers clearly and loses nothing when memory is full\n", wrong ? "not ok" : "ok",
               (unsigned long long)sums->scenarios, pass.scenario->name);
    else
        printf(" %8llu %6llds\n", (unsigned long long)wrong, (long long)((clock_mono_ns() - began) / S_NS));
}

static bool is_wanted(const char *name, const char *const *names)
{
    if (!*names)
        return true;
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

int main(int n, char **words)
{
    bool shortly = n > 1 && strcmp(words[1], "--short") == 0;
    const char *const *names = shortly ? few : (const char *const *)(words + 1);
    struct progress *at = mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sums sums = { 0 };

    (void)n;
    if (at == MAP_FAILED)
        return 2;
    inject_start();
    if (!shortly)
        printf("%-22s %7s %7s %7s %7s %7s %7s %8s\n", "scenario", "heap", "counted", "n-th", "on", "OpenSSL", "on",
               "failures");
    for (const struct scenario_group *g = scenario_groups; g->scenarios; g++)
        for (const struct scenario *s = g->scenarios; s->name; s++)
            if (is_wanted(s->name, names))
                run_scenario(&sums, at, (struct pass){ .scenario = s, .tongue = g->tongue, .stride = shortly ?
                                                       SHORT_STRIDE : 1 }, shortly);
    if (shortly)
        printf("1..%llu\n", (unsigned long long)sums.scenarios);
    else
        printf("%llu fault points, %llu failures\n", (unsigned long long)sums.points, (unsigned long long)sums.wrong);
    return sums.wrong || !sums.scenarios ? 1 : 0;
}
