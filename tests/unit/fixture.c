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
#include "keyholder/client.h"
#include "service/callers.h"
#include "service/ids.h"
#include "service/order_token.h"
#include "service/rate_limit.h"
#include "service/sealing.h"

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

void fixture_set_clock(struct fixture *f, int64_t now_ms)
{
    atomic_store(&f->clock.now_ms, now_ms);
}

void fixture_keyholder_start(struct fixture *f)
{
    int pair[2];

    keyholder_set_wait(f->services.keyholder, WAIT_MS);
    assert_int_equal(serve_new(&f->serve, f->heart, NULL), FAULT_NONE);
    for (unsigned i = 0; i < KEY_CHANNELS + KEY_SLOW_CHANNELS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(serve_connection(f->serve, pair[1], MAY_ALL), FAULT_NONE);
        keyholder_channel(f->services.keyholder, i, pair[0]);
    }
}

void fixture_keyholder_stop(struct fixture *f)
{
    keyholder_set_wait(f->services.keyholder, DEAD_WAIT_MS);
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
    secret_free(master);
    assert_int_equal(keyholder_new(&f->services.keyholder, NULL, NULL), FAULT_NONE);
    fixture_keyholder_start(f);
}

static void open_ids(struct fixture *f)
{
    uint8_t bytes[KEY_ID_SIZE];
    struct key_ask ask = { .op = KEY_ID, .out = BUF(bytes) };
    struct secret *key;

    fixture_ask(f, &ask, 1);
    assert_int_equal(secret_copy(&key, buf_view(&ask.out)), FAULT_NONE);
    assert_int_equal(ids_new(&f->services.ids, key), FAULT_NONE);
    secret_free(key);
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
    s->mode = MODE_SANDBOX;
    s->clock = &f->clock.clock;
    s->idempotency_ms = 24LL * 3600 * 1000;
    s->base_url = SPAN("http://127.0.0.1:8080");
    open_keyholder(f);
    open_ids(f);
    assert_int_equal(store_open(&s->store,
                                &(struct store_options){ .path = f->path, .before_batch = sealing_before_batch,
                                                                    .before_batch_arg = s }), FAULT_NONE);
    assert_int_equal(store_reader_open(&f->reader, s->store), FAULT_NONE);
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
    store_close(f->services.store);
    ids_free(f->services.ids);
    keyholder_free(f->services.keyholder);
    serve_free(f->serve);
    heart_free(f->heart);
    remove_folder(f->folder);
    free(f);
    return 0;
}
