/* gateway.c: the parts of a gateway, and the way of a request to its answer. */
#include "gateway_own.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/socket.h>

#include "acquirer/sim/sim_acquirer.h"
#include "base/base64.h"
#include "base/json_raw.h"
#include "base/metrics.h"
#include "card_keys.h"
#include "checkout/checkout.h"
#include "dialect/admin/admin.h"
#include "dialect/cashfree/cashfree.h"
#include "dialect/juspay/juspay.h"
#include "dialect/paytm/paytm.h"
#include "dialect/sandbox/sandbox.h"
#include "fuzz.h"
#include "http/router.h"
#include "keyholder/client.h"
#include "keyholder/jwe.h"
#include "keyholder/paytm_checksum.h"
#include "service/backup.h"
#include "service/lockout.h"
#include "service/partners.h"
#include "service/payments.h"
#include "service/recent.h"
#include "service/sealing.h"
#include "store/settings.h"

#include "base/banned.h"

enum { WAIT_MS = 2000, KEY_MS = 5000, LOCKOUT = 10 };

#define ADMIN_TOKEN "a-token-for-tests"
#define ADMIN_SHA256 "9237b94c86ee59b8e51197999c04d4570522a9bfb16047aa5b59613faefa515d"
#define CARD(month, year, code) \
    "{\"cardNumber\":\"4111111111111111\",\"" month "\":\"10\",\"" year "\":\"2030\",\"" code "\":\"123\"}"

/* What answers tell, by its name in them. */
static const struct { char sign; const char *before, *end; } told[] = {
    { 's', "\"payment_session_id\":\"", "\"" }, { 'o', "\"order_token\":\"", "\"" },
    { 'p', "\"cf_payment_id\":", ",}" },        { 'i', "\"instrument_id\":\"", "\"" },
    { 'c', "\"cftoken\":\"", "\"" },            { 'r', "\"cardReference\":\"", "\"" },
    { 't', "\"tokenIndexNumber\":\"", "\"" },   { 'g', "name=\"guard\" value=\"", "\"" },
    { 'b', "\"acquirer_ref\":\"", "\"" },       { 'h', "\"merchant_id\":", ",}" },      { 'B', "{\"id\":\"", "\"" },
};

void gateway_keep(struct gateway *g, char sign, const char *text)
{
    (void)snprintf(g->values[(unsigned char)sign], VALUE, "%s", text);
}

struct fixture *gateway_fixture(struct gateway *g)
{
    return g->tokens.f;
}

static void keep_buf(struct gateway *g, char sign, struct span s)
{
    (void)!span_text(g->values[(unsigned char)sign], VALUE, s);
}

/* ---- the parts ---- */

static enum fault put_token(struct store_tx *tx, void *arg)
{
    return settings_put(tx, SPAN("admin.token.sha256"), span_of(arg));
}

static void open_acquirer(struct gateway *g)
{
    const struct acquirer_options front = { .wait_ms = g->options.wait_ms, .notice = payments_notice,
                                            .arg = g->s->payments };
    int pair[2];

    fuzz_check(keyholder_new(&g->acquirer_keyholder, NULL, NULL) == FAULT_NONE);
    keyholder_set_wait(g->acquirer_keyholder, KEY_MS);
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        fuzz_check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
        fuzz_check(serve_connection(g->tokens.f->serve, pair[1], MAY_ACQUIRE) == FAULT_NONE);
        keyholder_channel(g->acquirer_keyholder, i, pair[0]);
    }
    fuzz_check(acquirer_new(&g->s->acquirer, &front) == FAULT_NONE);
    (void)snprintf(g->acquirer_path, sizeof g->acquirer_path, "%s/acq", g->tokens.f->folder);
    fuzz_check(sim_acquirer_open(&g->acquirer, &(struct sim_acquirer_options){
        .path = g->acquirer_path, .clock = g->s->clock, .keyholder = g->acquirer_keyholder,
        .acquirer = g->s->acquirer, .network = g->s->network }) == FAULT_NONE);
    g->s->sim_acquirer = g->acquirer;
}

static void encrypt_for_juspay(struct gateway *g)
{
    struct rsa_private *server;
    struct rsa_public *public;
    struct buf out = { (uint8_t *)g->values['e'], 0, VALUE - 1, false };
    struct jwe_job job = { NULL, JWE_A128GCM, SPAN("key_1"), SPAN(CARD("expMonth", "expYear", "cardSecurityCode")) };
    char basic[128];

    fuzz_check(jwe_bench_new(&g->bench) == FAULT_NONE);
    fuzz_check(rsa_private_read(&g->own, SPAN(TEST_KEY_RSA)) == FAULT_NONE);
    fuzz_check(rsa_private_read(&server, SPAN(TEST_KEY_JWE)) == FAULT_NONE);
    fuzz_check(rsa_private_public(server, &public) == FAULT_NONE);
    job.key = public;
    fuzz_check(jwe_seal(g->bench, &out, &job) == FAULT_NONE);
    rsa_public_free(public);
    rsa_private_free(server);
    out = (struct buf){ (uint8_t *)g->values['j'], 0, VALUE - 1, false };
    (void)snprintf(basic, sizeof basic, "%s:", g->tokens.merchant.juspay.api_key);
    base64_put(&out, span_of(basic));
}

static void register_key(struct gateway *g)
{
    uint8_t pem[RSA_PUBLIC_PEM_MAX];
    struct buf out = BUF(pem);
    struct rsa_public *public;
    struct partner_juspay registered;

    fuzz_check(rsa_private_public(g->own, &public) == FAULT_NONE);
    fuzz_check(rsa_public_pem(public, &out) == FAULT_NONE);
    rsa_public_free(public);
    fuzz_check(partner_public_key_add(g->s, &registered, g->tokens.merchant.cashfree.merchant_id,
                                      (struct span){ 0 }, buf_view(&out)) == FAULT_NONE);
}

static void encrypt_for_paytm(struct gateway *g)
{
    uint8_t pem[KEY_PUBLIC_MAX], block[RSA_BYTES_MAX];
    struct key_ask ask = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = CARD_FORM_RSA, .out = BUF(pem) };
    struct buf sealed = BUF(block), out = { (uint8_t *)g->values['f'], 0, VALUE - 1, false };
    struct rsa_public *public;

    fuzz_check(paytm_checksum_new(&g->checksum) == FAULT_NONE);
    fixture_ask(g->tokens.f, &ask, 1);
    fuzz_check(rsa_public_read(&public, buf_view(&ask.out)) == FAULT_NONE);
    fuzz_check(rsa_pkcs1_encrypt(public, &sealed, SPAN(CARD("expiryMonth", "expiryYear", "securityCode")))
               == FAULT_NONE);
    rsa_public_free(public);
    base64_put(&out, buf_view(&sealed));
}

/* An order with its session, a payment with its instrument, a page with its guard, a token in each interface. */
static const char *const prologue[] = {
    "POST /pg/orders\nx-api-version: 2022-01-01\nx-client-id: $m\nx-client-secret: $k\n\n"
    "{\"order_id\":\"order_1\",\"order_amount\":10.15,\"order_currency\":\"INR\",\"customer_details\":"
    "{\"customer_id\":\"anna\",\"customer_phone\":\"9908734801\"}}",
    "POST /pg/orders\nx-api-version: 2025-01-01\nx-client-id: $m\nx-client-secret: $k\n\n"
    "{\"order_id\":\"order_2\",\"order_amount\":10.15,\"order_currency\":\"INR\",\"customer_details\":"
    "{\"customer_id\":\"anna\",\"customer_phone\":\"9908734801\"}}",
    "POST /pg/orders/sessions\nx-api-version: 2025-01-01\n\n{\"payment_session_id\":\"$s\",\"payment_method\":"
    "{\"card\":{\"channel\":\"post\",\"card_number\":\"4706131211212123\",\"card_holder_name\":\"Anna\","
    "\"card_expiry_mm\":\"03\",\"card_expiry_yy\":\"28\",\"card_cvv\":\"123\"}},\"save_instrument\":true}",
    "POST /pg/orders/pay/authenticate/$p\nx-api-version: 2025-01-01\n\n{\"action\":\"SUBMIT_OTP\",\"otp\":\"111000\"}",
    "GET /pg/customers/anna/instruments?instrument_type=card\nx-api-version: 2025-01-01\nx-client-id: $m\n"
    "x-client-secret: $k\n",
    "POST /pg/orders\nx-api-version: 2025-01-01\nx-client-id: $m\nx-client-secret: $k\n\n"
    "{\"order_id\":\"order_3\",\"order_amount\":10.15,\"order_currency\":\"INR\",\"customer_details\":"
    "{\"customer_id\":\"anna\",\"customer_phone\":\"9908734801\"}}",
    "GET /checkout/$s\n",
    "POST /api/v2/cftoken/order\nx-client-id: $m\nx-client-secret: $k\n\n"
    "{\"orderId\":\"Order0001\",\"orderAmount\":256,\"orderCurrency\":\"INR\"}",
    "POST /generateToken\nauthorization: Basic $j\n\n{\"service\":\"NETWORK_TOKEN\",\"cardData\":\"$e\","
    "\"orderData\":{\"consentId\":\"consent-1\",\"customerId\":\"customer_1\"},\"shouldSendToken\":true}",
    "POST /coft-center/coft/merchant/$M/token/tokenizeCard?requestId=req-$n\n\n{\"head\":{\"version\":\"v1\","
    "\"requestTimestamp\":\"1700000000000\",\"requestId\":\"req-$n\",\"signature\":\"$S\",\"signatureType\":"
    "\"CHECKSUM\"},\"body\":{\"mid\":\"$M\",\"authRefId\":\"auth-1\",\"cardSource\":\"MANUAL_ENTERED\","
    "\"encryptedCardData\":\"$f\",\"tokenizationConsent\":{\"userConsent\":1},\"userInfo\":{\"custId\":\"c1\"}}}",
    NULL
};

/* Anew, before anybody has looked at the store. */
static void open_chain(struct gateway *g)
{
    fixture_listen(g->tokens.f, NULL, NULL);
    vault_free(g->s->vault);
    fixture_chain(g->tokens.f);
    fuzz_check(vault_new(&g->s->vault, g->s) == FAULT_NONE);
    fixture_listen(g->tokens.f, vault_notice, g->s->vault);
}

static void open_whole(struct gateway *g)
{
    fuzz_check(recent_new(&g->s->recent, g->s->clock) == FAULT_NONE);
    fuzz_check(lockouts_new(&g->s->lockouts, LOCKOUT) == FAULT_NONE);
}

static void open_backups(struct gateway *g)
{
    const struct backup_source source = { "tijori.db", g->tokens.f->path, g->copy_path };

    (void)snprintf(g->copy_path, sizeof g->copy_path, "%s/copy", g->tokens.f->folder);
    fuzz_check(backups_new(&g->s->backups, g->s, &source, 1) == FAULT_NONE);
}

static void run_prologue(struct gateway *g)
{
    for (const char *const *p = prologue; *p; p++)
        if (gateway_send(g, (const uint8_t *)*p, strlen(*p)) != 200 &&
            gateway_send(g, (const uint8_t *)*p, strlen(*p)) != 200) {
            (void)fprintf(stderr, "%u %.*s\nto %s\n", g->status, (int)g->x.x.answer.body.n, g->x.x.answer.body.p, *p);
            abort();
        }
    for (const char *sign = "sopicrtgK"; *sign; sign++)
        fuzz_check(g->values[(unsigned char)*sign][0]);
}

struct gateway *gateway_open(void)
{
    return gateway_open_as(&(struct gateway_options){ .wait_ms = WAIT_MS });
}

struct gateway *gateway_open_as(const struct gateway_options *o)
{
    static const struct dialect *const dialects[] = {
        &cashfree_dialect, &juspay_dialect, &paytm_dialect, &checkout_dialect, NULL
    };
    static const struct dialect *const admin_dialects[] = { &admin_dialect, &sandbox_dialect, NULL };
    static char digest[] = ADMIN_SHA256;
    struct gateway *g = calloc(1, sizeof *g);

    fuzz_check(g);
    g->options = *o;
    token_bed_open(&g->tokens);
    g->s = &g->tokens.f->services;
    fixture_network_stop(g->tokens.f);
    if (o->whole)
        open_chain(g);
    fixture_network_start(g->tokens.f, o->wait_ms);       /* a busy machine is no silent network */
    clock_settable_init(&g->clock);
    g->s->settable_clock = &g->clock;
    g->metrics = calloc(1, sizeof *g->metrics);
    g->s->metrics = g->metrics;
    fuzz_check(store_write(g->s->store, put_token, digest) == FAULT_NONE);
    fuzz_check(payments_new(&g->s->payments, g->s) == FAULT_NONE);
    open_acquirer(g);
    xbed_open(&g->x, g->tokens.f, &cashfree_dialect);
    fuzz_check(router_new(&g->public, dialects) == FAULT_NONE);
    fuzz_check(router_new(&g->admin, admin_dialects) == FAULT_NONE);
    gateway_keep(g, 'm', g->tokens.merchant.cashfree.client_id);
    gateway_keep(g, 'k', g->tokens.merchant.cashfree.client_secret);
    gateway_keep(g, 'M', g->tokens.merchant.paytm.mid);
    encrypt_for_juspay(g);
    register_key(g);
    encrypt_for_paytm(g);
    if (o->whole)
        open_whole(g);
    open_backups(g);
    run_prologue(g);
    return g;
}

void gateway_close(struct gateway *g)
{
    paytm_checksum_free(g->checksum);
    jwe_bench_free(g->bench);
    rsa_private_free(g->own);
    router_free(g->public);
    router_free(g->admin);
    xbed_close(&g->x);
    backups_free(g->s->backups);
    lockouts_free(g->s->lockouts);
    acquirer_stop(g->s->acquirer);
    payments_free(g->s->payments);
    sim_acquirer_close(g->acquirer);
    acquirer_free(g->s->acquirer);
    keyholder_free(g->acquirer_keyholder);
    recent_free(g->s->recent);
    token_bed_close(&g->tokens);
    free(g->metrics);
    free(g);
}

const struct answer *gateway_answer(const struct gateway *g)
{
    return &g->x.x.answer;
}

/* ---- its way ---- */

/* A write job, its questions, and who waits for it. */
struct write { struct exchange *x; struct sealing sealing; sem_t done; enum fault outcome; };

static enum fault write_work(struct store_tx *tx, void *arg)
{
    return exchange_work(((const struct write *)arg)->x, tx);
}

static void written(void *arg, enum fault outcome)
{
    struct write *w = arg;

    w->outcome = outcome;
    (void)sem_post(&w->done);
}

static enum fault read_work(struct store_tx *tx, void *arg)
{
    return exchange_work(arg, tx);
}

static enum fault settle(struct store_tx *tx, void *arg)
{
    return exchange_settle(arg, tx);
}

/* The questions are put with those of its batch, on the commit thread. */
static enum fault write_and_wait(struct gateway *g)
{
    struct exchange *x = &g->x.x;
    struct write w = { .x = x, .sealing = { x->asks, x->n_asks } };
    struct store_job job = { .work = write_work, .done = written, .arg = &w };
    enum fault f;

    fuzz_check(sem_init(&w.done, 0, 0) == 0);
    if (x->n_asks)
        job.wants = &w.sealing;
    f = store_submit(g->s->store, &job);
    if (!f) {
        fuzz_check(sem_wait(&w.done) == 0);
        f = w.outcome;
    }
    (void)sem_destroy(&w.done);
    return f;
}

static enum fault call(struct gateway *g)
{
    struct exchange *x = &g->x.x;
    enum next next = x->route->call(x);

    if (next == NEXT_WAIT) {
        fuzz_check(sem_wait(&g->x.resumed) == 0);
        next = g->x.settle ? NEXT_SETTLE : NEXT_SHOW;
    }
    return next == NEXT_SETTLE ? store_write(g->s->store, settle, x) : FAULT_NONE;
}

static enum fault compose(struct gateway *g, enum fault f)
{
    struct exchange *x = &g->x.x;
    enum fault asked = FAULT_NONE;

    if (!x->route->compose)
        return f;
    x->n_asks = 0;
    x->route->compose(x, f);
    if (x->n_asks)
        asked = keyholder_ask(g->s->keyholder, x->asks, x->n_asks);
    return f ? f : asked;
}

static void lead(struct gateway *g)
{
    struct exchange *x = &g->x.x;
    enum step step = x->route->parse(x);
    enum fault f = FAULT_NONE;
    bool asked, writes;

    if (exchange_starved(x))
        return;
    if (step == STEP_GO && x->route->prepare && !x->no_prepare)
        step = x->route->prepare(x);
    if (step == STEP_ANSWERED)
        return;
    if (step == STEP_GO) {
        asked = x->n_asks > 0;
        writes = x->route->work && x->route->lane == LANE_WRITE;
        if (asked && !writes)
            f = keyholder_ask(g->s->keyholder, x->asks, x->n_asks);
        if (!f && x->route->work)
            f = writes ? write_and_wait(g) : store_read(x->reader, read_work, x);
        if (!f && !asked && x->n_asks && x->route->lane == LANE_READ)
            f = keyholder_ask(g->s->keyholder, x->asks, x->n_asks);
        if (!f && x->route->call)
            f = call(g);
    }
    f = compose(g, f);
    x->route->show(x, f);
}

static void route(struct gateway *g)
{
    struct exchange *x = &g->x.x;
    struct router_match m;
    enum router_verdict v = router_find(g->admin, &m, x->method, x->path);

    if (v == ROUTER_UNKNOWN)
        v = router_find(g->public, &m, x->method, x->path);
    x->dialect = m.dialect;
    if (v != ROUTER_FOUND) {
        x->dialect->refuse(x, v == ROUTER_METHOD ? REFUSE_METHOD : REFUSE_NO_ROUTE);
        return;
    }
    x->route = m.row->route;
    memcpy(x->params, m.params, sizeof x->params);
    for (size_t i = 0; i < m.n_params; i++)
        if (router_decode(&x->params[i], x->arena) != FAULT_NONE) {
            x->dialect->refuse(x, REFUSE_PATH);
            return;
        }
    if (!x->route->body_max)
        x->body = (struct span){ 0 };
    if (x->body.n > x->route->body_max)
        x->dialect->refuse(x, REFUSE_BODY_TOO_LARGE);
    else
        lead(g);
}

/* ---- what is told ---- */

static void keep_told(struct gateway *g, struct span body)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        size_t n = strlen(told[i].before);
        const uint8_t *at = body.n ? memmem(body.p, body.n, told[i].before, n) : NULL, *from, *to;

        if (!at)
            continue;
        from = at + n;
        from += from < body.p + body.n && *from == '"';
        for (to = from; to < body.p + body.n && !strchr(told[i].end, *to) && *to != '"'; to++)
            ;
        if (to > from && (size_t)(to - from) < VALUE)
            keep_buf(g, told[i].sign, (struct span){ from, (size_t)(to - from) });
    }
}

/* Juspay's answers are encrypted to the merchant, who opens them. */
static void open_payload(struct gateway *g, struct span body)
{
    static const char mark[] = "\"payload\":\"";
    const uint8_t *at = body.n ? memmem(body.p, body.n, mark, sizeof mark - 1) : NULL, *from, *end;
    struct buf plain = arena_buf(g->tokens.f->arena, JWE_TEXT_MAX);
    struct jwe j;

    if (!at)
        return;
    from = at + sizeof mark - 1;
    end = memchr(from, '"', (size_t)(body.p + body.n - from));
    if (end && jwe_read(&j, g->tokens.f->arena, (struct span){ from, (size_t)(end - from) }) == FAULT_NONE &&
        jwe_open(g->bench, &plain, &j, g->own) == FAULT_NONE)
        keep_told(g, buf_view(&plain));
}

static void hear(struct gateway *g)
{
    const struct answer *a = &g->x.x.answer;
    struct span body;
    struct json_complaint why;
    const struct json_node *node;

    fuzz_check(a->status >= 200 && a->status < 600);
    fuzz_check(a->status != 500 || g->options.around);
    fuzz_check(buf_done(&a->body, &body) == FAULT_NONE);
    g->status = a->status;
    keep_told(g, body);
    for (size_t i = 0; i < a->n_headers; i++) {
        fuzz_check(gateway_is_plain(a->headers[i].value));
        if (strcmp(a->headers[i].name, "Set-Cookie") == 0) {
            const uint8_t *end = memchr(a->headers[i].value.p, ';', a->headers[i].value.n);
            keep_buf(g, 'K', (struct span){ a->headers[i].value.p,
                                            end ? (size_t)(end - a->headers[i].value.p) : a->headers[i].value.n });
        }
    }
    if (body.n && body.p[0] == '{' && a->content_type && strncmp(a->content_type, "application/json", 16) == 0) {
        struct arena *own;

        fuzz_check(arena_new(&own) == FAULT_NONE);
        if (body.n < ARENA_MAX / 8)
            fuzz_check(json_read(&node, own, body, &why) == FAULT_NONE);
        arena_free(own);
    }
    open_payload(g, body);
}

/* As http/steps.c and http/answer.c have it. */
static void make_do(struct gateway *g)
{
    struct answer *a = &g->x.x.answer;

    (void)exchange_starved(&g->x.x);
    if (!a->status || a->body.full)
        g->x.x.dialect->refuse(&g->x.x, REFUSE_MEMORY);
    if (!a->status || a->body.full)
        *a = (struct answer){ .status = 500 };
}

static void pass_through(struct gateway *g)
{
    const struct gateway_options *o = &g->options;

    if (!o->around) {
        route(g);
        return;
    }
    o->around(o->arg, true);
    route(g);
    make_do(g);
    o->around(o->arg, false);
}

static void send_one(struct gateway *g, struct span text)
{
    struct fixture *f = g->tokens.f;
    struct exchange *x = &g->x.x;

    arena_reset(f->arena);
    *x = (struct exchange){ .services = g->s, .arena = f->arena, .reader = f->reader,
                            .now_ms = clock_now_ms(g->s->clock), .peer = "192.0.2.7", .header = gateway_header,
                            .resume = xbed_resume, .transport = g };
    g->n_headers = 0;
    if (!gateway_read(g, text))
        return;
    pass_through(g);
    hear(g);
}

/* What one text told the simulations is not for the next. */
static void behave_well(struct gateway *g)
{
    sim_behave(g->tokens.f->sim, SCHEME_UNKNOWN, SIM_WELL, 0);
    sim_acquirer_behave(g->acquirer, ACQUIRER_WELL, 0);
}

unsigned gateway_send(struct gateway *g, const uint8_t *text, size_t n)
{
    static const char end[] = "\n---\n";
    struct span rest = { text, n };

    g->status = 0;
    behave_well(g);
    for (unsigned i = 0; i < GATEWAY_REQUESTS && rest.n; i++) {
        const uint8_t *at = memmem(rest.p, rest.n, end, sizeof end - 1);
        size_t one = at ? (size_t)(at - rest.p) : rest.n, skip = at ? one + sizeof end - 1 : one;

        send_one(g, (struct span){ rest.p, one });
        rest.p += skip;
        rest.n -= skip;
    }
    return g->status;
}
