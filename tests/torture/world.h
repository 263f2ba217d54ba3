/* world.h: a gateway without HTTP in one process, for the simulator: the real store on a disk that can lose its power,
 * the real keyholder's heart, a simulated network and acquirer, and between those two and the gateway a line that
 * behaves as the seed says. Everything is asked and answered on the caller's thread, so that a seed replays. */
#pragma once

#include <sqlite3.h>

#include "acquirer/sim/sim_acquirer.h"
#include "keyholder/heart.h"
#include "keyholder/serve.h"
#include "network/sim/sim.h"
#include "service/merchants.h"
#include "service/pay_own.h"
#include "service/refunds.h"
#include "service/vault_own.h"
#include "shim/vfs_shim.h"

enum { WORLD_MERCHANTS = 2, WORLD_HELD = 16, WORLD_ASKED = 4096 };

#define WORLD_BEGIN INT64_C(1700000000000)

/* Repeatable random numbers: one state for each step, so that a step draws the same whatever came before. */
struct dice { uint64_t state; };
uint64_t dice_roll(struct dice *d, uint64_t below);

/* How a party on the line behaves towards one question. */
enum line_manner {
    LINE_WELL,
    LINE_MUTE,                        /* the question arrives, its answer does not */
    LINE_DEAF,                        /* neither does */
    LINE_LATE,                        /* nothing now; the question arrives some steps later */
    LINE_TWICE,                       /* question and answer arrive twice */
    LINE_DOWN,
    LINE_MANNERS
};

struct line {
    struct dice dice;
    bool calm;                        /* always well */
    struct acquirer_ask late[WORLD_HELD];
    struct network_ask late_net[WORLD_HELD];
    size_t n_late, n_late_net;
};

/* Numbers and cryptograms that the gateway asked for, by token. */
struct disclosed { int64_t merchant_id, token_no, n; };

struct world_clock { struct clock clock; atomic_int_least64_t now_ms; };

struct world {
    struct services s;
    struct world_clock clock;
    struct arena *arena;              /* of one step */
    struct secret *master;
    struct heart *heart;
    struct serve *serve;
    struct keyholder *net_keyholder, *bank_keyholder;
    struct network *net;              /* the party itself; s.network is the line to it */
    struct sim *sim;
    struct acquirer *bank;
    struct sim_acquirer *sim_bank;
    struct store_reader *reader;
    struct pay_sweeper *payments;
    struct vault_sweeper *tokens;
    struct shim *shim;
    sqlite3 *eye;                     /* what looks at the rows, beside all of our code */
    struct line line;
    struct disclosed disclosed[WORLD_ASKED];
    size_t n_disclosed;
    uint64_t questions, losses;       /* put on the line; not answered there */
    int64_t merchants[WORLD_MERCHANTS];
    char folder[48], path[64], net_path[64], bank_path[64];
};

/* Ends the program with status 1, saying which seed and step. */
__attribute__((noreturn, format(printf, 1, 2))) void world_fail(const char *format, ...);
#define must(f) ((f) ? world_fail("%s:%d: %s gave fault %d", __FILE__, __LINE__, #f, (int)(f)) : (void)0)

void world_open(struct world *w);
void world_close(struct world *w);

/* The same without a gateway, for who opens one of his own: its folder (under a name with this in it), the disk, the
 * keyholder and what services need; and then, as often as he likes, the keyholder's heart, and network and acquirer. */
void world_around_open(struct world *w, const char *name);
void world_around_close(struct world *w);
void world_heart_open(struct world *w);
void world_heart_close(struct world *w);
void world_parties_open(struct world *w);
void world_parties_close(struct world *w);

/* The gateway is gone at once, and starts again. `power`: what it had not synced is lost, as `loss` says. `keys`: the
 * keyholder goes too, and with it the pending-keys. */
struct crash { bool power, keys; enum shim_loss loss; };
void world_crash(struct world *w, struct crash c);

int64_t world_now(const struct world *w);
void world_set(struct world *w, int64_t now_ms);

/* Everything late arrives. */
void world_deliver(struct world *w);

/* One number from the rows; fails the run where the statement does. `args`: of its parameters, up to `n`. */
int64_t eye_number(const struct world *w, const char *sql, int n, const int64_t *args);
