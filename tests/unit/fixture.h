/* fixture.h: everything a use case needs, for tests: a data folder of its own, a real store, a real keyholder
 * served by threads of this process, a clock that stands where it is put, and one merchant. */
#pragma once

#include "keyholder/heart.h"
#include "keyholder/serve.h"
#include "service/merchants.h"
#include "service/services.h"

#define FIXTURE_NOW 1700000000000     /* where the clock stands at first: 2023-11-14T22:13:20Z */

struct fixture_clock { struct clock clock; atomic_int_least64_t now_ms; };

struct fixture {
    struct services services;
    struct fixture_clock clock;
    struct store_reader *reader;      /* of the thread that made the fixture */
    struct arena *arena;
    struct merchant_credentials merchant;      /* "Demo", with INR and USD */
    struct heart *heart;
    struct serve *serve;
    char folder[40], path[48];
};

/* For cmocka_unit_test_setup_teardown(); *state is a struct fixture. Sandbox mode, no rate limits. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* The keyholder dies, and starts again with the same key. While it is dead, questions are SILENT in a blink. */
void fixture_keyholder_stop(struct fixture *f);
void fixture_keyholder_start(struct fixture *f);

void fixture_set_clock(struct fixture *f, int64_t now_ms);

/* Ask the keyholder; fails the test when it does not answer. */
void fixture_ask(struct fixture *f, struct key_ask *asks, size_t n);
