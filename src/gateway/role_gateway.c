/* role_gateway.c: the serving process: open parts, serve, wait for the word to stop, close. */
#include "gateway/roles.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/journal.h"
#include "base/json_in.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "courier/courier.h"
#include "gateway/banner.h"
#include "gateway/confinement.h"
#include "gateway/first_run.h"
#include "gateway/wire.h"
#include "keyholder/keyholder.h"
#include "service/keys.h"
#include "supervisor/control.h"
#include "supervisor/supervisor.h"

#include "base/banned.h"

struct gateway {
    struct parts parts;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stop, succeeded;             /* under the lock: end, and another gateway comes after this one */
    atomic_bool restarted;
    atomic_bool rejoined;             /* there are new channels to the keyholder, which may be another one */
    bool said_ready;
};

enum { LOOK_MS = 250 };               /* how often a sealed keyholder is asked whether it still is */

static void *listen_to_supervisor(void *arg);
static void take_channel(struct gateway *g, unsigned index, int fd);
static void take_message(struct gateway *g, const struct control_message *m, int fd);
static enum fault start(struct gateway *g, struct buf *why);
static enum fault say_ready(struct gateway *g);
static enum fault wait_for_keys(struct gateway *g, struct buf *why);
static void look_after_keys(struct gateway *g, unsigned *noted);
static bool is_stopped_within(struct gateway *g, int ms);
static bool wait_for_stop(struct gateway *g);
_Noreturn static void end(struct gateway *g, struct holds *holds);

int role_gateway(const char *const *args)
{
    struct gateway g = { .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_condattr_t monotonic;
    struct options o;
    struct folder folder;
    struct holds *holds;
    char sentence[512];
    struct buf why = BUF(sentence);
    pthread_t listener;
    enum fault f;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    json_in_start();
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&g.changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (options_read(&o, args, &why))
        return 1;
    folder_paths(&folder, &o);
    f = confinement_gateway(&holds, &o, &folder);
    if (!f)
        f = parts_open_first(&g.parts, &o);
    if (f || pthread_create(&listener, NULL, listen_to_supervisor, &g) != 0) {
        fprintf(stderr, "tijori: the gateway cannot start: %s\n", fault_text(f));
        return 1;
    }
    f = wait_for_keys(&g, &why);
    if (!f && g.parts.sealed && is_stopped_within(&g, 0))
        end(&g, holds);
    if (!f)
        f = start(&g, &why);
    if (!f)
        f = say_ready(&g);
    if (f) {
        if (!why.n)
            buf_text(&why, fault_text(f));
        fprintf(stderr, "tijori: the gateway cannot start: %.*s\n", (int)why.n, (const char *)why.p);
        parts_close(&g.parts);
        journal_close(g.parts.services.journal);
        _exit(1);      /* the listening thread is still waiting for the supervisor */
    }
    journal_event(g.parts.services.journal, JOURNAL_INFO, "the gateway is ready", 0, NULL);
    if (!atomic_load(&g.restarted))
        banner_print(&g.parts);
    if (wait_for_stop(&g))
        parts_hand_over(&g.parts);
    end(&g, holds);
}

_Noreturn static void end(struct gateway *g, struct holds *holds)
{
    parts_close(&g->parts);
    confinement_let_go(holds);
    journal_event(g->parts.services.journal, JOURNAL_INFO, "the gateway stopped cleanly", 0, NULL);
    journal_close(g->parts.services.journal);
    _exit(0);
}

/* Channels to the other processes and the word to stop arrive here for as long as the process lives. */
static void *listen_to_supervisor(void *arg)
{
    struct gateway *g = arg;

    for (;;) {
        struct control_message m;
        int fd = -1;
        enum fault f = control_receive(CHILD_CONTROL_FD, &m, &fd);
        if (f == FAULT_BUSY)
            journal_event(g->parts.services.journal, JOURNAL_WARNING,
                          "a channel to another process is lost: too many files are open", m.index, NULL);
        else if (f)
            _exit(1);      /* no supervisor, no service */
        else
            take_message(g, &m, fd);
    }
    return NULL;
}

static void take_message(struct gateway *g, const struct control_message *m, int fd)
{
    struct metrics *metrics = g->parts.metrics;

    switch (m->word) {
    case CONTROL_CHANNEL:
        atomic_store(&metrics->restarts_keyholder, m->restarts_keyholder);
        atomic_store(&metrics->restarts_gateway, m->restarts_gateway);
        if (m->restarts_gateway)
            atomic_store(&g->restarted, true);
        if (fd >= 0)
            take_channel(g, m->index, fd);
        atomic_store(&g->rejoined, true);
        return;
    case CONTROL_COURIER:
        atomic_store(&metrics->restarts_courier, m->restarts_courier);
        if (g->parts.services.courier)
            courier_channel(g->parts.services.courier, fd);
        else
            close(fd);
        return;
    case CONTROL_STOP:
        pthread_mutex_lock(&g->lock);
        g->stop = true;
        g->succeeded = m->index != 0;
        pthread_cond_signal(&g->changed);
        pthread_mutex_unlock(&g->lock);
        return;
    case CONTROL_READY:
        break;
    }
    if (fd >= 0)
        close(fd);
}

/* The simulated network and acquirer have channels of their own, whose rights are not the gateway's. */
static void take_channel(struct gateway *g, unsigned index, int fd)
{
    if (index >= ACQUIRER_CHANNEL)
        keyholder_channel(g->parts.acquirer_keyholder, index - ACQUIRER_CHANNEL, fd);
    else if (index >= NETWORK_CHANNEL)
        keyholder_channel(g->parts.network_keyholder, index - NETWORK_CHANNEL, fd);
    else
        keyholder_channel(g->parts.services.keyholder, index, fd);
}

static enum fault start(struct gateway *g, struct buf *why)
{
    struct credentials c = { 0 };
    enum fault f = parts_open(&g->parts, why);

    if (!f)
        f = first_run(&g->parts, &c, why);
    if (!f)
        f = parts_learn_addresses(&g->parts, why);
    if (!f) {                         /* before anybody is served: whoever finds us ready finds them, too */
        f = span_text(c.base_url, sizeof c.base_url, span_of(g->parts.base_url));
        if (!f)
            f = span_text(c.admin_url, sizeof c.admin_url, span_of(g->parts.admin_url));
        if (!f)
            f = folder_write_credentials(&c, &g->parts.folder);
        if (!f && g->parts.services.mode == MODE_SANDBOX)
            f = folder_write_curl(&c, &g->parts.folder);
        if (f)
            buf_text(why, "cannot write the credentials file");
    }
    parts_end_sealed(&g->parts);
    if (!f)
        f = parts_serve(&g->parts, why);
    secret_wipe(&c, sizeof c);
    return f;
}

/* Once, however early that may be. */
static enum fault say_ready(struct gateway *g)
{
    static const struct control_message ready = { .word = CONTROL_READY };

    if (g->said_ready)
        return FAULT_NONE;
    g->said_ready = true;
    return control_send(CHILD_CONTROL_FD, &ready, -1);
}

/* The keyholder answers, or it is sealed: then everybody is told so until it no longer is, or we are to stop. Whether
 * it is not there is found out by whoever asks next. */
static enum fault wait_for_keys(struct gateway *g, struct buf *why)
{
    struct keyholder *k = g->parts.services.keyholder;
    int64_t until = clock_mono_ns() + KEY_WAIT_MS * MS_NS;
    enum fault f;

    while (keyholder_probe(k) != FAULT_NONE && !keyholder_is_sealed(k) && clock_mono_ns() < until &&
           !is_stopped_within(g, LOOK_MS))
        ;
    if (!keyholder_is_sealed(k))
        return FAULT_NONE;
    f = parts_serve_sealed(&g->parts, why);
    if (!f)
        f = say_ready(g);
    if (f)
        return f;
    journal_event(g->parts.services.journal, JOURNAL_WARNING,
                  "the gateway is ready, and refuses all until it is unsealed", 0, NULL);
    if (!atomic_load(&g->restarted))
        banner_print_sealed(&g->parts);
    while (!is_stopped_within(g, LOOK_MS) && keyholder_probe(k) != FAULT_NONE)
        ;
    return FAULT_NONE;
}

static bool is_stopped_within(struct gateway *g, int ms)
{
    int64_t until = clock_mono_ns() + ms * MS_NS;
    struct timespec at = { until / 1000000000, until % 1000000000 };
    bool stop;

    pthread_mutex_lock(&g->lock);
    while (!g->stop && clock_mono_ns() < until)
        (void)pthread_cond_timedwait(&g->changed, &g->lock, &at);
    stop = g->stop;
    pthread_mutex_unlock(&g->lock);
    return stop;
}

/* A keyholder that was started again may be sealed, and no caller should have to find that out, nor when that is over.
 * *noted: how often it was unsealed, and has a row for that. */
static void look_after_keys(struct gateway *g, unsigned *noted)
{
    struct keyholder *k = g->parts.services.keyholder;
    bool anew = atomic_exchange(&g->rejoined, false);

    if ((anew || keyholder_is_sealed(k)) && keyholder_probe(k) != FAULT_NONE)
        atomic_store(&g->rejoined, true);     /* whatever it is, it is looked at again */
    else if (*noted != keyholder_times_unsealed(k) && keys_unsealed(&g->parts.services) == FAULT_NONE)
        ++*noted;
}

/* Does another gateway come after this one? */
static bool wait_for_stop(struct gateway *g)
{
    unsigned noted = 0;
    bool succeeded;

    while (!is_stopped_within(g, LOOK_MS))
        look_after_keys(g, &noted);
    pthread_mutex_lock(&g->lock);
    succeeded = g->succeeded;
    pthread_mutex_unlock(&g->lock);
    return succeeded;
}
