/* services.h: the parts that use cases combine, opened once by the gateway and passed down. */
#pragma once

#include <stdatomic.h>

#include "base/clock.h"
#include "base/secret.h"
#include "keyholder/keyholder.h"
#include "store/store.h"

struct callers;
struct ids;
struct order_tokens;
struct rate_limits;
struct lockouts;
struct recent;
struct journal;
struct metrics;
struct network;
struct vault;
struct card_budget;
struct clock_settable;
struct sim;
struct acquirer;
struct sim_acquirer;
struct payments;
struct webhooks;
struct courier;
struct audit;
struct backups;
struct keys;

enum services_mode { MODE_SANDBOX, MODE_LIVE };

struct services {
    enum services_mode mode;
    const struct clock *clock;
    struct clock_settable *settable_clock;    /* base/clock.h: the same one in the sandbox; NULL: it cannot be set */
    struct journal *journal;
    struct metrics *metrics;
    struct store *store;
    struct keyholder *keyholder;
    struct callers *callers;              /* service/callers.h: who is asking */
    struct ids *ids;                      /* service/ids.h: public ids */
    struct order_tokens *order_tokens;    /* service/order_token.h */
    struct rate_limits *rate_limits;      /* service/rate_limit.h */
    struct lockouts *lockouts;            /* service/lockout.h; NULL: nobody is locked out */
    struct lockouts *admin_lockouts;      /* the same of the admin listener, where no proxy stands before us */
    struct recent *recent;                /* service/recent.h; NULL: nothing is kept */
    struct network *network;              /* network/network.h; NULL: this server has none */
    struct sim *sim;                      /* network/sim/sim.h, for who runs the simulation; NULL: none */
    struct vault *vault;                  /* service/vault.h */
    struct acquirer *acquirer;            /* acquirer/acquirer.h; NULL: this server has none */
    struct sim_acquirer *sim_acquirer;    /* acquirer/sim/sim_acquirer.h, as `sim` above; NULL: none */
    struct payments *payments;            /* service/payments.h */
    struct webhooks *webhooks;            /* webhook/webhook.h: the sender; NULL: nothing is sent, the outbox fills */
    struct courier *courier;              /* courier/courier.h: who connects out; NULL: nobody does */
    struct audit *audit;                  /* service/audit.h; NULL: rows are kept without a chain (tests) */
    struct backups *backups;              /* service/backup.h; NULL: none can be made */
    struct keys *keys;                    /* service/keys.h; NULL: old records wait (tests) */
    atomic_bool *demo_waits;              /* a worker waits in checkout/receiver.c; NULL: none may */
    struct card_budget *card_budget;      /* service/card_budget.h; NULL: no limit */
    bool strict_consent;                  /* an authentication reference for every scheme */
    bool rupay_auth_ref;                  /* ... for RuPay through Juspay */
    bool paytm_short_status;              /* resultStatus S, F, U instead of SUCCESS, FAILED, PENDING (decision 17) */
    int64_t idempotency_ms;               /* how long an idempotency key is remembered; default 24 h */
    struct span tls_certificate;          /* the listener's, PEM; absent: none. For the inventory of keys */
    struct span base_url;                 /* "http://127.0.0.1:8080", for links in answers; fixed once listening */
};
