/* audit_bed.h: a store whose audit log is a chain, the keyholder that signs it, and hands that tamper with it. */
#pragma once

#include "store_bed.h"

#include <sqlite3.h>
#include <sys/socket.h>

#include "base/json_in.h"
#include "base/secret.h"
#include "keyholder/card.h"
#include "keyholder/client.h"
#include "keyholder/heart.h"
#include "keyholder/net_card.h"
#include "keyholder/serve.h"
#include "service/audit.h"
#include "service/audit_verify.h"

#define ABED_VISA "4111111111111111"

enum { ABED_WAIT_MS = 5000, ABED_DEAD_MS = 50, ABED_ANCHORS = 8192, ABED_LATER_MS = 60000 };

struct abed {
    struct bed bed;
    char anchor[2 * BED_PATH], copy[2 * BED_PATH];
    struct secret *master;
    struct keyring *ring;             /* what verifies, once keys were rotated; NULL: that of the master key */
    struct heart *heart;
    struct serve *serve;
    struct services services;
    struct audit_report report;
};

static inline void abed_keyholder_start(struct abed *b)
{
    int pair[2];

    assert_int_equal(heart_new(&b->heart, b->master, NULL), FAULT_NONE);
    assert_int_equal(serve_new(&b->serve, b->heart, NULL), FAULT_NONE);
    keyholder_set_wait(b->services.keyholder, ABED_WAIT_MS);
    for (unsigned i = 0; i < KEY_CHANNELS + KEY_SLOW_CHANNELS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(serve_connection(b->serve, pair[1], MAY_ALL), FAULT_NONE);
        keyholder_channel(b->services.keyholder, i, pair[0]);
    }
}

static inline void abed_keyholder_stop(struct abed *b)
{
    keyholder_set_wait(b->services.keyholder, ABED_DEAD_MS);
    serve_free(b->serve);
    heart_free(b->heart);
    b->serve = NULL;
    b->heart = NULL;
}

/* A gateway's life begins. */
static inline void abed_open(struct abed *b)
{
    struct store_options so = { .path = b->bed.path };

    assert_int_equal(audit_new(&b->services.audit, &b->services, b->anchor), FAULT_NONE);
    so.audit = audit_hooks(b->services.audit);
    assert_int_equal(store_open(&b->services.store, &so), FAULT_NONE);
}

static inline void abed_close(struct abed *b)
{
    audit_stop(b->services.audit);
    store_close(b->services.store);
    audit_free(b->services.audit);
    b->services.store = NULL;
    b->services.audit = NULL;
}

static inline int abed_setup(void **state)
{
    struct abed *b = calloc(1, sizeof *b);

    json_in_start();
    bed_init(&b->bed);
    snprintf(b->anchor, sizeof b->anchor, "%s/audit.anchor", b->bed.folder);
    snprintf(b->copy, sizeof b->copy, "%s/copy.db", b->bed.folder);
    assert_int_equal(secret_new(&b->master, HEART_MASTER), FAULT_NONE);
    secret_random(b->master->bytes, b->master->n);
    assert_int_equal(keyholder_new(&b->services.keyholder, NULL, NULL), FAULT_NONE);
    abed_keyholder_start(b);
    abed_open(b);
    *state = b;
    return 0;
}

static inline int abed_teardown(void **state)
{
    struct abed *b = *state;

    abed_close(b);
    abed_keyholder_stop(b);
    keyholder_free(b->services.keyholder);
    keyring_free(b->ring);
    secret_free(b->master);
    bed_fini(&b->bed);
    free(b);
    return 0;
}

static inline enum fault abed_insert(struct store_tx *tx, void *arg)
{
    return audit_insert(tx, arg);
}

/* One row, in a batch and so a link of its own. */
static inline enum fault abed_put(struct abed *b, struct audit_row row)
{
    return store_write(b->services.store, abed_insert, &row);
}

static inline struct audit_row abed_row(int64_t token_no)
{
    return (struct audit_row){ .merchant_id = 7, .at_ms = INT64_C(1760000000000), .event = AUDIT_PAR, .channel = 1,
                               .token_no = token_no, .request_id = SPAN("request-1"), .source = SPAN("192.0.2.1") };
}

static inline void abed_fill(struct abed *b, int64_t rows)
{
    for (int64_t i = 1; i <= rows; i++)
        assert_int_equal(abed_put(b, abed_row(i)), FAULT_NONE);
}

static inline void abed_sql(const char *path, const char *text)
{
    sqlite3 *db;
    char *why = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 2000);
    if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
    sqlite3_close(db);
}

static inline struct span abed_anchors(const struct abed *b, char text[static ABED_ANCHORS])
{
    FILE *f = fopen(b->anchor, "r");
    size_t n = f ? fread(text, 1, ABED_ANCHORS, f) : 0;

    if (f)
        fclose(f);
    return (struct span){ (uint8_t *)text, n };
}

/* Verify as if a minute later, when all that was on its way has come. */
static inline const struct audit_report *abed_verify_as(struct abed *b, const struct audit_verify *how)
{
    struct audit_verify v = *how;
    char text[ABED_ANCHORS];

    assert_int_equal(audit_trail_open(&v.trail, b->bed.path), FAULT_NONE);
    assert_int_equal(b->ring ? audit_key_of_ring(&v.key, b->ring) : audit_key_of(&v.key, b->master), FAULT_NONE);
    v.anchors = abed_anchors(b, text);
    v.now_ms = clock_now_ms(clock_system()) + ABED_LATER_MS;
    assert_int_equal(audit_verify_trail(&b->report, &v), FAULT_NONE);
    audit_key_free(v.key);
    audit_trail_close(v.trail);
    return &b->report;
}

static inline const struct audit_report *abed_verify(struct abed *b)
{
    return abed_verify_as(b, &(struct audit_verify){ 0 });
}

/* The one finding there is. */
static inline const struct audit_finding *abed_found(struct abed *b, enum audit_flaw what)
{
    const struct audit_report *r = abed_verify(b);

    for (size_t i = 0; i < r->named && (r->n != 1 || r->findings[0].what != what); i++) {
        char text[256];
        struct buf s = BUF(text);
        audit_finding_text(&s, &r->findings[i]);
        print_error("%.*s\n", (int)s.n, text);
    }
    assert_int_equal(r->n, 1);
    assert_int_equal(r->findings[0].what, what);
    return &r->findings[0];
}

/* What a captured gateway does: ask the keyholder over a connection of its own, and write nothing. */
static inline void abed_open_card(struct abed *b, struct card_facts *facts)
{
    struct card_ask card = { .form = CARD_FORM_NUMBER, .text = SPAN(ABED_VISA), .merchant_id = 7,
                             .now_ms = INT64_C(1760000000000), .owner = SPAN("owner") };
    struct key_ask ask;
    struct arena *a;

    assert_int_equal(arena_new(&a), FAULT_NONE);
    assert_int_equal(card_ask(&ask, a, &card), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(b->services.keyholder, &ask), FAULT_NONE);
    assert_int_equal(card_read(facts, &ask), FAULT_NONE);
    assert_int_equal(facts->flaw, CARD_FINE);
    arena_free(a);
}

static inline void abed_open_number(struct abed *b)
{
    struct net_token t = { SCHEME_VISA, 1 };
    struct key_ask ask;
    struct arena *a;

    assert_int_equal(arena_new(&a), FAULT_NONE);
    assert_int_equal(net_number_ask(&ask, a, t), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(b->services.keyholder, &ask), FAULT_NONE);
    arena_free(a);
}

static inline enum fault abed_see_link(void *arg, const struct audit_tally *t, const struct audit_report *r)
{
    struct audit_tally *at = arg;

    (void)r;
    *at = *t;
    return FAULT_NONE;
}

struct abed_purge { struct audit_key *key; struct audit_tally at; };

static inline enum fault abed_put_stub(struct store_tx *tx, void *arg)
{
    struct abed_purge *p = arg;
    struct audit_stub_row stub;
    struct audit_stub_bytes bytes;
    enum fault f = audit_stub_make(&stub, &bytes, p->key, &p->at);

    return f ? f : audit_purge(tx, &stub);
}

/* Purge the log up to that link, once it is verified. */
static inline void abed_purge(struct abed *b, int64_t link_no)
{
    struct abed_purge p;
    struct audit_trail *t;

    abed_verify_as(b, &(struct audit_verify){ .until_link = link_no, .each = abed_see_link, .arg = &p.at });
    assert_int_equal(p.at.link_no, link_no);
    assert_int_equal(audit_key_of(&p.key, b->master), FAULT_NONE);
    assert_int_equal(audit_trail_open(&t, b->bed.path), FAULT_NONE);
    assert_int_equal(audit_trail_write(t, abed_put_stub, &p), FAULT_NONE);
    audit_trail_close(t);
    audit_key_free(p.key);
}
