/* world.c: the parts, opened and closed. */
#include "world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json_in.h"
#include "keyholder/client.h"
#include "line.h"
#include "service/callers.h"
#include "service/ids.h"
#include "service/order_token.h"
#include "service/rate_limit.h"
#include "service/sealing.h"

#define assert_int_equal(a, b) must((a) != (b))      /* for what tests share */
#include "unit/card_keys.h"

#include "base/banned.h"

enum { ANSWER_MS = 60 * 1000 };       /* a busy machine is no dead party */

uint64_t dice_roll(struct dice *d, uint64_t below)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);        /* splitmix64, public domain */

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

static int64_t clock_now(const struct clock *c)
{
    return atomic_load(&((const struct world_clock *)c)->now_ms);         /* the clock is its first field */
}

int64_t world_now(const struct world *w)
{
    return atomic_load(&w->clock.now_ms);
}

void world_set(struct world *w, int64_t now_ms)
{
    atomic_store(&w->clock.now_ms, now_ms);
}

static void connect_channels(struct world *w, struct keyholder *k, unsigned n, unsigned may)
{
    int pair[2];

    keyholder_set_wait(k, ANSWER_MS);
    for (unsigned i = 0; i < n; i++) {
        must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
        must(serve_connection(w->serve, pair[1], may));
        keyholder_channel(k, i, pair[0]);
    }
}

void world_heart_open(struct world *w)
{
    struct heart_keys cards = test_card_keys();

    must(heart_new(&w->heart, w->master, &cards));
    must(serve_new(&w->serve, w->heart, NULL));
    connect_channels(w, w->s.keyholder, KEY_CHANNELS + KEY_SLOW_CHANNELS, MAY_GATEWAY);
    connect_channels(w, w->net_keyholder, KEY_CHANNELS, MAY_NETWORK);
    connect_channels(w, w->bank_keyholder, KEY_CHANNELS, MAY_ACQUIRER);
}

void world_heart_close(struct world *w)
{
    serve_free(w->serve);
    heart_free(w->heart);
}

static void open_keyholder(struct world *w)
{
    must(secret_new(&w->master, HEART_MASTER));
    for (size_t i = 0; i < w->master->n; i++)
        w->master->bytes[i] = (uint8_t)i;     /* the same in each run, so that a seed replays */
    must(keyholder_new(&w->s.keyholder, NULL, NULL));
    must(keyholder_new(&w->net_keyholder, NULL, NULL));
    must(keyholder_new(&w->bank_keyholder, NULL, NULL));
    world_heart_open(w);
}

static void open_ids(struct world *w)
{
    uint8_t bytes[KEY_ID_SIZE];
    struct key_ask ask = { .op = KEY_ID, .out = BUF(bytes) };
    struct secret *key;

    must(keyholder_ask_one(w->s.keyholder, &ask));
    must(secret_copy(&key, buf_view(&ask.out)));
    must(ids_new(&w->s.ids, key));
    secret_free(key);
}

/* A notice is not kept when it comes, but looked for when the seed says so. */
static void net_notice(void *arg, const struct network_notice *n)
{
    network_noticed(((struct world *)arg)->net, n->id);
}

static void bank_notice(void *arg, const struct acquirer_notice *n)
{
    acquirer_noticed(((struct world *)arg)->bank, n->id);
}

void world_parties_open(struct world *w)
{
    must(network_new(&w->net, &(struct network_options){ .wait_ms = ANSWER_MS, .notice = net_notice, .arg = w }));
    must(sim_open(&w->sim, &(struct sim_options){ .path = w->net_path, .vfs = "unix", .clock = w->s.clock,
                                                  .keyholder = w->net_keyholder, .network = w->net }));
    must(acquirer_new(&w->bank, &(struct acquirer_options){ .wait_ms = ANSWER_MS, .notice = bank_notice, .arg = w }));
    must(sim_acquirer_open(&w->sim_bank, &(struct sim_acquirer_options){
        .path = w->bank_path, .vfs = "unix", .clock = w->s.clock, .keyholder = w->bank_keyholder, .acquirer = w->bank,
        .network = w->net }));
}

void world_parties_close(struct world *w)
{
    acquirer_stop(w->bank);
    sim_acquirer_close(w->sim_bank);
    acquirer_free(w->bank);
    network_stop(w->net);
    sim_close(w->sim);
    network_free(w->net);
}

static void open_gateway(struct world *w)
{
    struct services *s = &w->s;

    must(store_open(&s->store, &(struct store_options){ .path = w->path, .vfs = "shim",
                                                        .before_batch = sealing_before_batch,
                                                        .before_batch_arg = s }));
    must(store_reader_open(&w->reader, s->store));
    line_open(w);
    must(pay_sweeper_new(&w->payments, s));
    must(vault_sweeper_new(&w->tokens, s));
    if (sqlite3_open_v2(w->path, &w->eye, SQLITE_OPEN_READONLY, "shim") != SQLITE_OK)
        world_fail("the rows cannot be looked at: %s", sqlite3_errmsg(w->eye));
    (void)sqlite3_busy_timeout(w->eye, ANSWER_MS);
}

static void close_gateway(struct world *w)
{
    (void)sqlite3_close(w->eye);
    pay_sweeper_free(w->payments);
    vault_sweeper_free(w->tokens);
    line_close(w);
    store_reader_close(w->reader);
    store_close(w->s.store);
}

static void open_merchants(struct world *w)
{
    for (size_t i = 0; i < WORLD_MERCHANTS; i++) {
        struct merchant_whole m;

        must(merchant_add_whole(&w->s, &m, i ? SPAN("Two") : SPAN("One"), SPAN("INR")));
        must(m.onboarded);
        w->merchants[i] = m.cashfree.merchant_id;
    }
}

void world_around_open(struct world *w, const char *name)
{
    static const unsigned no_limits[RATE_CLASSES];
    struct services *s = &w->s;

    memset(w, 0, sizeof *w);
    json_in_start();
    w->clock.clock.now_ms = clock_now;
    world_set(w, WORLD_BEGIN);
    (void)snprintf(w->folder, sizeof w->folder, "/dev/shm/tijori-%s-XXXXXX", name);
    if (!mkdtemp(w->folder))
        world_fail("no folder under /dev/shm");
    (void)snprintf(w->path, sizeof w->path, "%s/db", w->folder);
    (void)snprintf(w->net_path, sizeof w->net_path, "%s/net", w->folder);
    (void)snprintf(w->bank_path, sizeof w->bank_path, "%s/bank", w->folder);
    w->shim = shim_open();
    s->mode = MODE_SANDBOX;
    s->clock = &w->clock.clock;
    s->idempotency_ms = 24LL * 3600 * 1000;
    s->base_url = SPAN("http://127.0.0.1:8080");
    must(arena_new(&w->arena));
    open_keyholder(w);
    open_ids(w);
    must(callers_new(&s->callers));
    must(order_tokens_new(&s->order_tokens));
    must(rate_limits_new(&s->rate_limits, no_limits));
}

void world_open(struct world *w)
{
    world_around_open(w, "torture");
    world_parties_open(w);
    w->line.calm = true;
    open_gateway(w);
    open_merchants(w);
    w->line.calm = false;
    shim_hold(w->shim, true);
}

void world_crash(struct world *w, struct crash c)
{
    if (c.power)
        shim_power_cut(w->shim, c.loss);
    shim_power_cut_at(w->shim, SHIM_SYNC, 0, SHIM_LOSE_ALL);
    close_gateway(w);
    if (c.keys)
        world_heart_close(w);
    shim_power_on(w->shim);
    if (c.keys)
        world_heart_open(w);
    open_gateway(w);
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);

    for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir))
        if (e->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        (void)closedir(dir);
    (void)rmdir(folder);
}

void world_close(struct world *w)
{
    shim_hold(w->shim, false);
    close_gateway(w);
    world_parties_close(w);
    world_around_close(w);
}

void world_around_close(struct world *w)
{
    struct services *s = &w->s;

    rate_limits_free(s->rate_limits);
    order_tokens_free(s->order_tokens);
    callers_free(s->callers);
    ids_free(s->ids);
    keyholder_free(w->bank_keyholder);
    keyholder_free(w->net_keyholder);
    keyholder_free(s->keyholder);
    world_heart_close(w);
    secret_free(w->master);
    arena_free(w->arena);
    shim_close(w->shim);
    remove_folder(w->folder);
}

int64_t eye_number(const struct world *w, const char *sql, int n, const int64_t *args)
{
    sqlite3_stmt *look = NULL;
    int64_t number = 0;
    int code = sqlite3_prepare_v2(w->eye, sql, -1, &look, NULL);

    for (int i = 0; i < n && code == SQLITE_OK; i++)
        code = sqlite3_bind_int64(look, i + 1, args[i]);
    if (code == SQLITE_OK)
        code = sqlite3_step(look);
    if (code == SQLITE_ROW)
        number = sqlite3_column_int64(look, 0);
    else if (code != SQLITE_DONE)
        world_fail("looking at the rows: %s: %s", sqlite3_errmsg(w->eye), sql);
    (void)sqlite3_finalize(look);
    return number;
}
