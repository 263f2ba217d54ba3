/* wire.h: the gateway's parts, opened in order and closed in reverse. The one place that names every body. */
#pragma once

#include <pthread.h>

#include "cli/options.h"
#include "gateway/folder.h"
#include "service/services.h"

struct http_server;
struct retention;
struct lanes;

enum {
    NETWORK_CHANNEL = KEY_CHANNELS + KEY_SLOW_CHANNELS,       /* the first of the supervisor's that are the network's */
    NETWORK_CHANNELS = 2,
    ACQUIRER_CHANNEL = NETWORK_CHANNEL + NETWORK_CHANNELS,    /* the simulated acquirer's */
    ACQUIRER_CHANNELS = 1,
    GATEWAY_CHANNELS = ACQUIRER_CHANNEL + ACQUIRER_CHANNELS,  /* all connections of this process to the keyholder */
};

struct parts {
    const struct options *options;
    struct folder folder;
    int journal_fd;
    struct clock_settable clock;              /* the sandbox's */
    struct metrics *metrics;
    atomic_bool demo_waits;                   /* the sandbox's, for its services */
    struct services services;
    struct keyholder *network_keyholder;      /* the simulated network's own client */
    struct keyholder *acquirer_keyholder;     /* the simulated acquirer's */
    pthread_mutex_t notice_lock;
    struct vault *listener;                   /* whom the network's notices go to, and the acquirer's; under */
    struct payments *payer;                   /* notice_lock */
    struct lanes *lanes;
    struct retention *retention;
    struct http_server *public_server, *admin_server;
    struct sealed_parts *sealed;              /* while there are no keys: what those two servers have to do with */
    char base_url[OPTIONS_TEXT], admin_url[OPTIONS_TEXT];
    char hosts[2 * OPTIONS_TEXT];             /* names of ours in Host */
    struct span tls_certificate, tls_key, tls_client_ca;      /* PEM text, NUL-terminated; owned */
};

/* How many connections the public listener may have, with the files this process may open. */
unsigned parts_connections(const struct options *o);

/* How many files it must be let open for CONNECTIONS_MIN of them. */
unsigned parts_files_needed(const struct options *o);

/* Journal, metrics, and the clients of keyholder and courier without channels: what the control thread needs. DISK. */
MUST_CHECK enum fault parts_open_first(struct parts *p, const struct options *o);

/* Everything else up to listening sockets, after the keyholder's channels have arrived. `why` gets a sentence for
 * people when it fails. */
MUST_CHECK enum fault parts_open(struct parts *p, struct buf *why);

/* Read the certificates, and learn base_url and admin_url; once, however often it is called. */
MUST_CHECK enum fault parts_learn_addresses(struct parts *p, struct buf *why);

/* Serve on the inherited sockets before there are any keys: all is refused but the routes that are `sealed_too`. It
 * needs parts_open_first() alone; parts_open() may follow while it serves. */
MUST_CHECK enum fault parts_serve_sealed(struct parts *p, struct buf *why);

/* And no more; parts_serve() follows. Nothing when it was not begun. */
void parts_end_sealed(struct parts *p);

/* Start serving on the inherited sockets. */
MUST_CHECK enum fault parts_serve(struct parts *p, struct buf *why);

/* Before parts_close(), when another gateway comes after this one: serve who is connected. */
void parts_hand_over(struct parts *p);

/* Finish what is in flight and close what is open, in reverse. */
void parts_close(struct parts *p);
