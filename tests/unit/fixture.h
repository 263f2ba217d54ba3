/* fixture.h: everything a use case needs, for tests: a data folder of its own, a real store, a real keyholder
 * served by threads of this process, a simulated card network, a clock that stands where it is put, one merchant. */
#pragma once

#include <pthread.h>

#include "keyholder/heart.h"
#include "keyholder/serve.h"
#include "network/sim/sim.h"
#include "service/merchants.h"
#include "service/services.h"

#define FIXTURE_NOW 1700000000000     /* where the clock stands at first: 2023-11-14T22:13:20Z */

struct fixture_clock { struct clock clock; atomic_int_least64_t now_ms; };

/* Who hears the network's notices: nobody at first. */
struct fixture_listener {
    pthread_mutex_t lock;
    void (*notice)(void *arg, const struct network_notice *n);
    void *arg;
};

struct fixture {
    struct services services;
    struct fixture_clock clock;
    struct store_reader *reader;      /* of the thread that made the fixture */
    struct arena *arena;
    struct merchant_credentials merchant;      /* "Demo", with INR and USD */
    struct heart *heart;
    struct serve *serve;
    struct keyholder *network_keyholder;       /* the network's own client */
    struct sim *sim;                  /* behind services.network */
    struct fixture_listener listener;
    struct audit_key *audit_key;      /* for who verifies the audit log */
    char folder[40], path[48], network_path[48];
};

/* For cmocka_unit_test_setup_teardown(); *state is a struct fixture. Sandbox mode, no rate limits. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* The keyholder dies, and starts again with the same key. While it is dead, questions are SILENT in a blink. */
void fixture_keyholder_stop(struct fixture *f);
void fixture_keyholder_start(struct fixture *f);

/* From now on `notice` hears the network's notices, on a thread of its own; NULL: nobody does. */
void fixture_listen(struct fixture *f, void (*notice)(void *arg, const struct network_notice *n), void *arg);

/* From now on the audit log is a chain. Nobody else may have a reader of the store, or remember it, yet; its thread is
 * not started: audit_step() does what it would. */
void fixture_chain(struct fixture *f);

/* The network stops and starts again, with what is on its disk. Answers are waited for `wait_ms`; 0: as usual. */
void fixture_network_stop(struct fixture *f);
void fixture_network_start(struct fixture *f, int wait_ms);

/* FIXTURE_ADMIN is the admin token of the first run, which may do everything. */
#define FIXTURE_ADMIN "a-token-for-tests"
void fixture_admin(struct fixture *f);

void fixture_set_clock(struct fixture *f, int64_t now_ms);

/* Ask the keyholder; fails the test when it does not answer. */
void fixture_ask(struct fixture *f, struct key_ask *asks, size_t n);
