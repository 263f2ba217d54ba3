/* fixture.c: a small gateway without HTTP. */
#include "fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json_in.h"
#include "keyholder/audit_key.h"
#include "keyholder/client.h"
#include "service/audit.h"
#include "service/callers.h"
#include "service/ids.h"
#include "service/order_token.h"
#include "service/rate_limit.h"
#include "service/sealing.h"
#include "store/settings.h"

#include "card_keys.h"

#include "base/banned.h"

enum {
    WAIT_MS = 5000,                   /* for a living keyholder: a busy machine is no dead keyholder */
    DEAD_WAIT_MS = 50,                /* for a dead one: it will not answer anyway */
};

static int64_t clock_now(const struct clock *c)
{
    const struct fixture_clock *f = (const struct fixture_clock *)c;      /* the clock is its first field */

    return atomic_load(&f->now_ms);
}

#define ADMIN_SHA256 "9237b94c86ee59b8e51197999c04d4570522a9bfb16047aa5b59613faefa515d"

static enum fault put_admin(struct store_tx *tx, void *arg)
{
    (void)arg;
    return settings_put(tx, SPAN("admin.token.sha256"), SPAN(ADMIN_SHA256));
}

void fixture_admin(struct fixture *f)
{
    assert_int_equal(store_write(f->services.store, put_admin, NULL), FAULT_NONE);
}

void fixture_set_clock(struct fixture *f, int64_t now_ms)
{
    atomic_store(&f->clock.now_ms, now_ms);
}

static void connect_channels(struct fixture *f, struct keyholder *k, unsigned n, unsigned may)
{
    int pair[2];

    keyholder_set_wait(k, WAIT_MS);
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(serve_connection(f->serve, pair[1], may), FAULT_NONE);
        keyholder_channel(k, i, pair[0]);
    }
}

void fixture_keyholder_start(struct fixture *f)
{
    assert_int_equal(serve_new(&f->serve, f->heart, NULL), FAULT_NONE);
    connect_channels(f, f->services.keyholder, KEY_CHANNELS + KEY_SLOW_CHANNELS, MAY_ALL);
    connect_channels(f, f->network_keyholder, KEY_CHANNELS, MAY_NETWORK);
}

void fixture_keyholder_stop(struct fixture *f)
{
    keyholder_set_wait(f->services.keyholder, DEAD_WAIT_MS);
    keyholder_set_wait(f->network_keyholder, DEAD_WAIT_MS);
    serve_free(f->serve);
    f->serve = NULL;
}

void fixture_ask(struct fixture *f, struct key_ask *asks, size_t n)
{
    assert_int_equal(keyholder_ask(f->services.keyholder, asks, n), FAULT_NONE);
}

static void open_keyholder(struct fixture *f)
{
    struct heart_keys cards = test_card_keys();
    struct secret *master;

    json_in_start();
    assert_int_equal(secret_new(&master, HEART_MASTER), FAULT_NONE);
    secret_random(master->bytes, master->n);
    assert_int_equal(heart_new(&f->heart, master, &cards), FAULT_NONE);
    assert_int_equal(audit_key_of(&f->audit_key, master), FAULT_NONE);
    secret_free(master);
    assert_int_equal(keyholder_new(&f->services.keyholder, NULL, NULL), FAULT_NONE);
    assert_int_equal(keyholder_new(&f->network_keyholder, NULL, NULL), FAULT_NONE);
    fixture_keyholder_start(f);
}

static void open_ids(struct fixture *f)
{
    uint8_t bytes[KEY_ID_SIZE];
    struct key_ask ask = { .op = KEY_ID, .number = KEY_ID_BASE, .out = BUF(bytes) };
    struct secret *key;

    fixture_ask(f, &ask, 1);
    assert_int_equal(secret_copy(&key, buf_view(&ask.out)), FAULT_NONE);
    assert_int_equal(ids_new(&f->services.ids, key), FAULT_NONE);
    secret_free(key);
}

void fixture_listen(struct fixture *f, void (*notice)(void *arg, const struct network_notice *n), void *arg)
{
    pthread_mutex_lock(&f->listener.lock);
    f->listener.notice = notice;
    f->listener.arg = arg;
    pthread_mutex_unlock(&f->listener.lock);
}

static void hear(void *listener, const struct network_notice *n)
{
    struct fixture_listener *l = listener;

    pthread_mutex_lock(&l->lock);
    if (l->notice)
        l->notice(l->arg, n);
    pthread_mutex_unlock(&l->lock);
}

void fixture_network_start(struct fixture *f, int wait_ms)
{
    const struct network_options front = { .wait_ms = wait_ms, .notice = hear, .arg = &f->listener };

    assert_int_equal(network_new(&f->services.network, &front), FAULT_NONE);
    assert_int_equal(sim_open(&f->sim, &(struct sim_options){ .path = f->network_path, .clock = f->services.clock,
                                                              .keyholder = f->network_keyholder,
                                                              .network = f->services.network }), FAULT_NONE);
    f->services.sim = f->sim;
}

void fixture_network_stop(struct fixture *f)
{
    if (f->services.network)
        network_stop(f->services.network);
    sim_close(f->sim);
    network_free(f->services.network);
    f->services.network = NULL;
    f->services.sim = f->sim = NULL;
}

static void open_store(struct fixture *f)
{
    struct services *s = &f->services;
    struct store_options o = { .path = f->path, .before_batch = sealing_before_batch, .before_batch_arg = s };

    if (s->audit)
        o.audit = audit_hooks(s->audit);
    assert_int_equal(store_open(&s->store, &o), FAULT_NONE);
    assert_int_equal(store_reader_open(&f->reader, s->store), FAULT_NONE);
}

void fixture_chain(struct fixture *f)
{
    store_reader_close(f->reader);
    store_close(f->services.store);
    assert_int_equal(audit_new(&f->services.audit, &f->services, NULL), FAULT_NONE);
    open_store(f);
}

int fixture_setup(void **state)
{
    static const unsigned no_limits[RATE_CLASSES];
    struct fixture *f = calloc(1, sizeof *f);
    struct services *s = &f->services;

    assert_non_null(f);
    f->clock.clock.now_ms = clock_now;
    atomic_init(&f->clock.now_ms, FIXTURE_NOW);
    /* In memory: these tests are about answers, and waiting for a disk would be most of their time. */
    (void)snprintf(f->folder, sizeof f->folder, "/dev/shm/tijori-unit-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/db", f->folder);
    (void)snprintf(f->network_path, sizeof f->network_path, "%s/net", f->folder);
    pthread_mutex_init(&f->listener.lock, NULL);
    s->mode = MODE_SANDBOX;
    s->clock = &f->clock.clock;
    s->idempotency_ms = 24LL * 3600 * 1000;
    s->base_url = SPAN("http://127.0.0.1:8080");
    open_keyholder(f);
    open_ids(f);
    fixture_network_start(f, 0);
    open_store(f);
    assert_int_equal(callers_new(&s->callers), FAULT_NONE);
    assert_int_equal(order_tokens_new(&s->order_tokens), FAULT_NONE);
    assert_int_equal(rate_limits_new(&s->rate_limits, no_limits), FAULT_NONE);
    assert_int_equal(arena_new(&f->arena), FAULT_NONE);
    assert_int_equal(merchant_add(s, &f->merchant, SPAN("Demo"), SPAN("INR,USD")), FAULT_NONE);
    *state = f;
    return 0;
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);

    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), e->d_name, 0);
    (void)closedir(dir);
    (void)rmdir(folder);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    arena_free(f->arena);
    rate_limits_free(f->services.rate_limits);
    order_tokens_free(f->services.order_tokens);
    callers_free(f->services.callers);
    store_reader_close(f->reader);
    fixture_network_stop(f);
    audit_stop(f->services.audit);
    store_close(f->services.store);
    audit_free(f->services.audit);
    ids_free(f->services.ids);
    keyholder_free(f->network_keyholder);
    keyholder_free(f->services.keyholder);
    serve_free(f->serve);
    heart_free(f->heart);
    audit_key_free(f->audit_key);
    remove_folder(f->folder);
    free(f);
    return 0;
}
