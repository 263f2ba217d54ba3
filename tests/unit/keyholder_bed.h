/* keyholder_bed.h: a client, and a real heart that is served to it in the same process. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/journal.h"
#include "keyholder/client.h"
#include "keyholder/serve.h"

#define ABOUT SPAN("orders.private|7|order-1")

enum { SHORT_WAIT_MS = 60, LONG_WAIT_MS = 10000 };

struct fixture {
    int sink;                         /* what the journal writes goes nowhere */
    struct journal *journal;
    struct heart *heart;
    struct serve *serve;
    struct keyholder *k;
    atomic_uint_fast64_t calls, failures;
};

static inline void connect_channel(struct fixture *x, unsigned i)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(serve_connection(x->serve, pair[1], MAY_ALL), FAULT_NONE);
    keyholder_channel(x->k, i, pair[0]);
}

static inline void start_serving(struct fixture *x)
{
    AUTO_SECRET master = NULL;

    assert_int_equal(secret_new(&master, HEART_MASTER), FAULT_NONE);
    assert_int_equal(heart_new(&x->heart, master, NULL), FAULT_NONE);
    assert_int_equal(serve_new(&x->serve, x->heart, x->journal), FAULT_NONE);
}

static inline void stop_serving(struct fixture *x)
{
    serve_free(x->serve);
    heart_free(x->heart);
    x->serve = NULL;
    x->heart = NULL;
}

static inline int setup(void **state)
{
    static struct fixture x;

    x = (struct fixture){ .sink = open("/dev/null", O_WRONLY | O_CLOEXEC) };
    assert_int_equal(journal_open(&x.journal, x.sink, "test", clock_system()), FAULT_NONE);
    assert_int_equal(keyholder_new(&x.k, &x.calls, &x.failures), FAULT_NONE);
    keyholder_set_wait(x.k, LONG_WAIT_MS);
    start_serving(&x);
    *state = &x;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *x = *state;

    keyholder_free(x->k);
    stop_serving(x);
    journal_close(x->journal);
    close(x->sink);
    return 0;
}

/* Seal `text`, open it again; is it the same? */
static inline bool seals_and_opens(struct keyholder *k, struct span text)
{
    uint8_t record[256], back[256];
    struct key_ask seal = { .op = KEY_SEAL, .use = KEY_USE_PRIVATE, .about = ABOUT, .in = text, .out = BUF(record) };
    struct key_ask open = { .op = KEY_OPEN, .use = KEY_USE_PRIVATE, .about = ABOUT, .out = BUF(back) };

    if (keyholder_ask_one(k, &seal) != FAULT_NONE)
        return false;
    open.in = buf_view(&seal.out);
    return keyholder_ask_one(k, &open) == FAULT_NONE && span_equal(buf_view(&open.out), text);
}
