/* wire.c: the gateway's parts. */
#include "gateway/wire.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "checkout/checkout.h"
#include "courier/courier.h"
#include "dialect/admin/admin.h"
#include "dialect/cashfree/cashfree.h"
#include "dialect/juspay/juspay.h"
#include "dialect/paytm/paytm.h"
#include "dialect/sandbox/sandbox.h"
#include "gateway/acquirer_parts.h"
#include "gateway/backup_parts.h"
#include "gateway/files.h"
#include "gateway/network_parts.h"
#include "gateway/tls_files.h"
#include "http/http.h"
#include "keyholder/keyholder.h"
#include "lane/lane.h"
#include "service/audit.h"
#include "service/callers.h"
#include "service/ids.h"
#include "service/keys.h"
#include "service/lockout.h"
#include "service/order_token.h"
#include "service/rate_limit.h"
#include "service/recent.h"
#include "service/sealing.h"
#include "supervisor/supervisor.h"

#include "base/banned.h"

enum {
    HOUR_MS = 3600 * 1000,
    ADMIN_THREADS = 1,
    STOP_SEALED_MS = 200,             /* what requests have to arrive in that would have been refused */
    STOP_NETWORK_MS = 500,            /* after the word to stop: what card network and acquirer have to answer in */
};

static_assert((int)GATEWAY_CHANNELS <= (int)SUPERVISOR_CHANNELS, "the supervisor joins all channels");

/* The first one answers for paths that nobody owns. */
static const struct dialect *const public_dialects[] = {
    &cashfree_dialect, &juspay_dialect, &paytm_dialect, &checkout_dialect, NULL,
};
static const struct dialect *const live_admin_dialects[] = { &admin_dialect, NULL };
static const struct dialect *const sandbox_admin_dialects[] = { &admin_dialect, &sandbox_dialect, NULL };

struct sealed_parts { struct services services; struct metrics metrics; };

static enum fault open_ids(struct parts *p);
static enum fault open_rates(struct parts *p);
static void url_of(char out[OPTIONS_TEXT], int listen_fd, bool tls);
static void name_hosts(struct parts *p);
static bool is_loopback(int listen_fd);
static unsigned count_or(int64_t wanted, unsigned otherwise, unsigned most);
static unsigned processors(void);
static unsigned threads_for_http(const struct options *o);
static unsigned threads_for_work(const struct options *o);
static unsigned threads_of(const struct options *o);

unsigned parts_connections(const struct options *o)
{
    return files_connections(threads_of(o), HTTP_CONNECTIONS_MAX);
}

unsigned parts_files_needed(const struct options *o)
{
    return files_needed(threads_of(o));
}

enum fault parts_open_first(struct parts *p, const struct options *o)
{
    enum fault f;

    memset(p, 0, sizeof *p);
    p->options = o;
    p->journal_fd = -1;
    pthread_mutex_init(&p->notice_lock, NULL);
    p->services.clock = clock_system();
    p->services.mode = o->command == COMMAND_SANDBOX ? MODE_SANDBOX : MODE_LIVE;
    if (p->services.mode == MODE_SANDBOX) {
        clock_settable_init(&p->clock);
        p->services.clock = &p->clock.base;
        p->services.settable_clock = &p->clock;
        p->services.demo_waits = &p->demo_waits;
    }
    p->services.idempotency_ms = o->idempotency_hours * HOUR_MS;
    p->services.strict_consent = o->strict_consent;
    p->services.rupay_auth_ref = o->rupay_auth_ref;
    p->services.paytm_short_status = o->paytm_short_status;
    folder_paths(&p->folder, o);

    p->metrics = calloc(1, sizeof *p->metrics);
    if (!p->metrics)
        return FAULT_INTERNAL;
    p->services.metrics = p->metrics;
    f = folder_open_journal(&p->journal_fd, &p->folder);
    if (!f)
        f = journal_open(&p->services.journal, p->journal_fd, "gateway", p->services.clock);
    if (!f)
        f = keyholder_new(&p->services.keyholder, &p->metrics->keyholder_calls, &p->metrics->keyholder_failures);
    if (!f)
        f = keyholder_new(&p->network_keyholder, NULL, NULL);
    if (!f)
        f = keyholder_new(&p->acquirer_keyholder, NULL, NULL);
    if (!f && strcmp(o->webhooks, "on") == 0)
        f = courier_new(&p->services.courier, p->services.journal);
    if (!f)
        keyholder_journal(p->services.keyholder, p->services.journal);
    return f;
}

enum fault parts_open(struct parts *p, struct buf *why)
{
    struct store_options so = { .path = p->folder.store, .metrics = p->metrics, .journal = p->services.journal,
                                .before_batch = sealing_before_batch, .before_batch_arg = &p->services };
    struct lanes_options lo = { .metrics = p->metrics,
                                .workers = threads_for_work(p->options) };
    enum fault f = audit_new(&p->services.audit, &p->services, p->folder.anchor);

    if (f)
        return f;
    so.audit = audit_hooks(p->services.audit);
    f = store_open(&p->services.store, &so);

    if (f) {
        buf_text(why, f == FAULT_WRONG_STATE ? "the data folder was made by a newer tijori: "
                                             : "cannot open the store: ");
        buf_text(why, p->folder.store);
        return f;
    }
    lo.store = p->services.store;
    f = lanes_open(&p->lanes, &lo);
    if (!f)
        f = callers_new(&p->services.callers);
    if (!f)
        f = order_tokens_new(&p->services.order_tokens);
    if (!f)
        f = recent_new(&p->services.recent, p->services.clock);
    if (!f)
        f = open_rates(p);
    if (!f)
        f = open_ids(p);
    if (!f)
        f = audit_start(p->services.audit);
    if (!f)
        f = keys_start(&p->services.keys, &p->services);
    if (f == FAULT_WRONG_STATE)
        buf_text(why, "the keyring is lost, or older than this data folder: put the newest one back into the folder of "
                      "the key file");
    if (!f)
        f = network_parts_open(p, why);
    if (!f)
        f = acquirer_parts_open(p, why);
    if (!f)
        f = backup_parts_open(p);
    if (f && !why->n)
        buf_text(why, f == FAULT_SILENT ? "the keyholder does not answer" : "out of memory");
    return f;
}

enum fault parts_learn_addresses(struct parts *p, struct buf *why)
{
    const struct options *o = p->options;
    enum fault f = FAULT_NONE;

    if (p->base_url[0])
        return FAULT_NONE;
    if (o->tls_certificate[0]) {
        f = tls_file_read(&p->tls_certificate, o->tls_certificate);
        if (!f)
            f = tls_file_read(&p->tls_key, o->tls_key);
        if (!f && o->tls_client_ca[0])
            f = tls_file_read(&p->tls_client_ca, o->tls_client_ca);
        if (f) {
            buf_text(why, "cannot read the TLS certificate or key, or the clients' authorities");
            return f;
        }
        p->services.tls_certificate = p->tls_certificate;
    }
    if (o->public_url[0])
        snprintf(p->base_url, sizeof p->base_url, "%s", o->public_url);
    else
        url_of(p->base_url, CHILD_LISTEN_FD, p->tls_key.p != NULL);
    url_of(p->admin_url, CHILD_ADMIN_FD, false);
    p->services.base_url = span_of(p->base_url);
    name_hosts(p);
    return FAULT_NONE;
}

/* `ho` says who answers, and with what. */
static enum fault start_servers(struct parts *p, struct http_options ho, struct buf *why)
{
    const struct options *o = p->options;
    enum fault f;

    ho.listen_fd = CHILD_LISTEN_FD;
    ho.dialects = public_dialects;
    ho.threads = threads_for_http(o);
    ho.connections = parts_connections(o);
    ho.tls_certificate = (const char *)p->tls_certificate.p;
    ho.tls_key = (const char *)p->tls_key.p;
    ho.tls_client_ca = (const char *)p->tls_client_ca.p;
    ho.hosts = p->hosts;
    ho.per_address = o->behind_proxy || is_loopback(CHILD_LISTEN_FD) ? 0 : ho.connections / 2;
    f = http_start(&p->public_server, &ho);
    if (f) {
        buf_text(why, f == FAULT_BAD_INPUT ? "the TLS certificate and key cannot be used"
                                           : "cannot start the listener");
        return f;
    }
    ho.listen_fd = CHILD_ADMIN_FD;
    ho.dialects = p->services.mode == MODE_SANDBOX ? sandbox_admin_dialects : live_admin_dialects;
    ho.threads = ADMIN_THREADS;
    ho.connections = ADMIN_CONNECTIONS;
    ho.per_address = 0;
    ho.tls_certificate = ho.tls_key = ho.tls_client_ca = NULL;
    f = http_start(&p->admin_server, &ho);
    if (f)
        buf_text(why, "cannot start the admin listener");
    return f;
}

/* The servers have services of their own then: those of the gateway are made while they serve. Their counts are of no
 * use to anybody, and their names would be gone with them. */
enum fault parts_serve_sealed(struct parts *p, struct buf *why)
{
    struct http_options ho = { .sealed = true };
    enum fault f = parts_learn_addresses(p, why);

    if (f)
        return f;
    p->sealed = calloc(1, sizeof *p->sealed);
    if (!p->sealed)
        return FAULT_INTERNAL;
    p->sealed->services = p->services;
    p->sealed->services.metrics = &p->sealed->metrics;
    ho.services = &p->sealed->services;
    ho.metrics = &p->sealed->metrics;
    return start_servers(p, ho, why);
}

void parts_end_sealed(struct parts *p)
{
    if (!p->sealed)
        return;
    http_quiesce(p->admin_server, STOP_SEALED_MS);
    http_quiesce(p->public_server, STOP_SEALED_MS);
    http_stop(p->admin_server);
    http_stop(p->public_server);
    p->admin_server = p->public_server = NULL;
    free(p->sealed);
    p->sealed = NULL;
}

enum fault parts_serve(struct parts *p, struct buf *why)
{
    const struct http_options ho = { .services = &p->services, .lanes = p->lanes, .metrics = p->metrics };
    enum fault f = parts_learn_addresses(p, why);

    if (f)
        return f;
    f = acquirer_parts_send(p);
    if (f) {
        buf_text(why, "cannot start the sender of webhooks");
        return f;
    }
    return start_servers(p, ho, why);
}

void parts_hand_over(struct parts *p)
{
    const struct timespec while_served = { 0, HTTP_HAND_OVER_MS * 1000000L };

    http_hand_over(p->public_server);
    http_hand_over(p->admin_server);
    nanosleep(&while_served, NULL);
}

void parts_close(struct parts *p)
{
    http_quiesce(p->admin_server, HTTP_STOP_MS);
    http_quiesce(p->public_server, HTTP_STOP_MS);
    close(CHILD_LISTEN_FD);           /* the last copies: from here on connections are refused */
    close(CHILD_ADMIN_FD);
    http_linger(p->public_server, STOP_NETWORK_MS);
    acquirer_parts_stop(p);           /* or a mute acquirer or network would hold up the stop */
    network_parts_stop(p);
    http_stop(p->admin_server);       /* first: what /metrics shows belongs to the other */
    http_stop(p->public_server);
    lanes_close(p->lanes);
    backup_parts_close(p);
    keys_stop(p->services.keys);
    acquirer_parts_close(p);
    network_parts_close(p);
    audit_stop(p->services.audit);
    store_close(p->services.store);
    audit_free(p->services.audit);
    lockouts_free(p->services.lockouts);
    lockouts_free(p->services.admin_lockouts);
    rate_limits_free(p->services.rate_limits);
    recent_free(p->services.recent);
    order_tokens_free(p->services.order_tokens);
    callers_free(p->services.callers);
    ids_free(p->services.ids);
    if (p->tls_key.p)
        secret_wipe((void *)p->tls_key.p, p->tls_key.n);
    free((void *)p->tls_key.p);
    free((void *)p->tls_certificate.p);
    free((void *)p->tls_client_ca.p);
    free(p->sealed);
}

/* The id key is the one key the gateway may hold. */
static enum fault open_ids(struct parts *p)
{
    AUTO_SECRET key = NULL;
    struct key_ask ask = { .op = KEY_ID, .number = KEY_ID_BASE };     /* the others come with the ring */
    enum fault f = secret_new(&key, KEY_ID_SIZE);

    if (f)
        return f;
    ask.out = (struct buf){ key->bytes, 0, key->n, false };
    f = keyholder_ask_one(p->services.keyholder, &ask);
    return f ? f : ids_new(&p->services.ids, key);
}

static enum fault open_rates(struct parts *p)
{
    unsigned per_minute[RATE_CLASSES] = { 0 };

    static_assert((int)RATE_CLASSES == (int)OPTIONS_RATES, "one option for each class of calls");
    for (unsigned i = 0; i < RATE_CLASSES; i++)
        per_minute[i] = (unsigned)p->options->rate[i];
    if (p->options->behind_proxy)     /* everybody has the proxy's address */
        per_minute[RATE_PAY] = per_minute[RATE_OTP] = 0;
    /* The same holds for who failed; there the proxy has to count. */
    if (lockouts_new(&p->services.lockouts, p->options->behind_proxy ? 0 : (unsigned)p->options->lockout))
        return FAULT_INTERNAL;
    if (lockouts_new(&p->services.admin_lockouts, (unsigned)p->options->lockout))
        return FAULT_INTERNAL;
    return rate_limits_new(&p->services.rate_limits, per_minute);
}

/* The URL of a bound socket, whose port the system may have chosen; of a Unix socket "unix:PATH". */
static void url_of(char out[OPTIONS_TEXT], int listen_fd, bool tls)
{
    struct sockaddr_storage at = { 0 };
    socklen_t n = sizeof at;
    char host[INET6_ADDRSTRLEN] = "127.0.0.1";
    unsigned port = 0;

    if (getsockname(listen_fd, (struct sockaddr *)&at, &n) == 0 && at.ss_family == AF_UNIX) {
        snprintf(out, OPTIONS_TEXT, "unix:%s", ((const struct sockaddr_un *)&at)->sun_path);
        return;
    }
    if (at.ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&at;
        inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
        port = ntohs(six->sin6_port);
        snprintf(out, OPTIONS_TEXT, "%s://[%s]:%u", tls ? "https" : "http", host, port);
        return;
    }
    if (at.ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)&at;
        inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
        port = ntohs(four->sin_port);
    }
    snprintf(out, OPTIONS_TEXT, "%s://%s:%u", tls ? "https" : "http", host, port);
}

/* The host of the public URL, and those of --host. */
static void name_hosts(struct parts *p)
{
    const char *url = p->options->public_url, *host = strstr(url, "://");

    host = host ? host + sizeof "://" - 1 : url;
    snprintf(p->hosts, sizeof p->hosts, "%.*s,%s", (int)strcspn(host, ":/?#"), host, p->options->host);
}

/* Behind a proxy on this machine everybody has one address. */
static bool is_loopback(int listen_fd)
{
    struct sockaddr_storage at = { 0 };
    socklen_t n = sizeof at;
    struct in_addr four;

    if (getsockname(listen_fd, (struct sockaddr *)&at, &n) != 0)
        return false;
    if (at.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&at)->sin6_addr);
    memcpy(&four, &((const struct sockaddr_in *)&at)->sin_addr, sizeof four);
    return at.ss_family == AF_INET && ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
}

static unsigned count_or(int64_t wanted, unsigned otherwise, unsigned most)
{
    unsigned n = wanted > 0 && wanted < most ? (unsigned)wanted : wanted > 0 ? most : otherwise;

    return n < most ? n : most;
}

static unsigned processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (unsigned)n : 1;
}

static unsigned threads_for_http(const struct options *o)
{
    return count_or(o->threads, processors(), HTTP_THREADS_MAX);
}

static unsigned threads_for_work(const struct options *o)
{
    return count_or(o->workers, processors(), LANE_WORKERS_MAX);
}

/* All that have files of their own; the last one is the commit thread. */
static unsigned threads_of(const struct options *o)
{
    return threads_for_http(o) + threads_for_work(o) + ADMIN_THREADS + 1;
}
