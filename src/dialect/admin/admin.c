/* admin.c: the admin dialect's routes and refusals; health, readiness, metrics. */
#include "dialect/admin/admin.h"

#include "base/journal.h"
#include "base/metrics.h"
#include "dialect/admin/desk.h"
#include "dialect/admin/health.h"
#include "service/audit.h"
#include "store/settings.h"

#include "base/banned.h"

#define SEALED "sealed: the keyholder waits for its custodians (tijori unseal)"

static bool is_sealed(const struct services *s)
{
    return s->keyholder && keyholder_is_sealed(s->keyholder);
}

/* Alive, and nothing that starting it anew would mend. */
static enum step healthz_parse(struct exchange *x)
{
    buf_text(answer_start(x, 200, "text/plain", sizeof SEALED + 1),
             is_sealed(x->services) ? SEALED "\n" : "ok\n");
    return STEP_ANSWERED;
}

static void not_ready(struct exchange *x, const char *why)
{
    struct json_out o = json_out(answer_start(x, 503, "application/json", ADMIN_SMALL_MAX));

    json_object(&o);
    json_put_bool(&o, "ready", false);
    json_put_str(&o, "why", why);
    json_object_end(&o);
}

static enum step readyz_parse(struct exchange *x)
{
    if (!x->services->keyholder || !keyholder_is_up(x->services->keyholder)) {
        not_ready(x, "the keyholder is not connected");
        return STEP_ANSWERED;
    }
    if (keyholder_check(x->services->keyholder) != FAULT_NONE) {
        not_ready(x, is_sealed(x->services) ? SEALED : "the keyholder does not answer");
        return STEP_ANSWERED;
    }
    if (audit_trouble(x->services)) {
        not_ready(x, audit_trouble(x->services));
        return STEP_ANSWERED;
    }
    if (!x->reader) {
        not_ready(x, "the store cannot be opened");
        return STEP_ANSWERED;
    }
    return STEP_GO;
}

/* Any row will do, and a table without rows too. */
static enum fault readyz_work(struct exchange *x, struct store_tx *tx)
{
    struct span mode;
    enum fault fault = settings_get(tx, &mode, x->arena, SPAN("mode"));

    return fault == FAULT_NOT_FOUND ? FAULT_NONE : fault;
}

static void readyz_show(struct exchange *x, enum fault outcome)
{
    struct json_out o;

    if (outcome != FAULT_NONE) {
        not_ready(x, "the store cannot be read");
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_bool(&o, "ready", true);
    json_put_str(&o, "courier", health_courier(x->services));
    json_object_end(&o);
}

static enum step metrics_parse(struct exchange *x)
{
    const struct services *s = x->services;
    struct buf *out;

    if (s->store)
        atomic_store(&s->metrics->write_queue, (int_fast64_t)store_waiting(s->store));
    if (s->journal)
        atomic_store(&s->metrics->journal_dropped, journal_dropped(s->journal));
    out = answer_start(x, 200, "text/plain; version=0.0.4", METRICS_TEXT);
    metrics_show(s->metrics, out);
    health_sealed_metrics(out, is_sealed(s));
    health_courier_metrics(out, s);
    return STEP_ANSWERED;
}

static void refuse(struct exchange *x, enum refusal why)
{
    static const struct { unsigned status; const char *error, *message; } words[] = {
        [REFUSE_NO_ROUTE] = { 404, "not_found", "there is nothing at this path" },
        [REFUSE_METHOD] = { 405, "method", "this path does not take this method" },
        [REFUSE_PATH] = { 400, "path", "the path is malformed" },
        [REFUSE_BODY_TOO_LARGE] = { 413, "too_large", "the body is too large" },
        [REFUSE_BODY_TRUNCATED] = { 400, "truncated", "the body is shorter than announced" },
        [REFUSE_CONTENT_TYPE] = { 415, "content_type", "the body must be application/json" },
        [REFUSE_FRAMING] = { 400, "framing", "the request's head is malformed or leaves its end in doubt" },
        [REFUSE_HEADERS] = { 431, "headers", "the request's head is too large" },
        [REFUSE_HOST] = { 421, "host", "the request names a host that this server is not" },
        [REFUSE_BUSY] = { 503, "busy", "try again in a moment" },
        [REFUSE_STOPPING] = { 503, "stopping", "the server is stopping" },
        [REFUSE_TIMEOUT] = { 408, "timeout", "the request took too long to arrive" },
        [REFUSE_MEMORY] = { 503, "memory", "the request needs more memory than one may take" },
        [REFUSE_SEALED] = { 503, "sealed", "the keyholder waits for its custodians (tijori unseal)" },
    };

    if (!x->request_id[0])
        exchange_request_id(x, x->header(x, "x-request-id"));
    admin_error(x, words[why].status, words[why].error, words[why].message);
}

/* Routes that say how we are, to everybody and at any time. */
#define SEALED_TOO(path_, parse_, work_, show_) \
    { .method = "GET", .path = (path_), .lane = LANE_READ, .parse = (parse_), .work = (work_), .show = (show_), \
      .scope = ADMIN_OPEN, .sealed_too = true }

static const struct route routes[] = {
    SEALED_TOO("/healthz", healthz_parse, NULL, NULL),
    SEALED_TOO("/readyz", readyz_parse, readyz_work, readyz_show),
    SEALED_TOO("/metrics", metrics_parse, NULL, NULL),
    ADMIN_ROUTE(ADMIN_READ, "GET", "/admin/merchants", LANE_READ, 0,
      merchants_list_parse, NULL, merchants_list_show),
    ADMIN_ROUTE(ADMIN_MERCHANTS, "POST", "/admin/merchants", LANE_WORKER, ADMIN_BODY_MAX,
      merchant_add_parse, merchant_add_work, merchant_credentials_show),
    ADMIN_ROUTE(ADMIN_MERCHANTS, "POST", "/admin/merchants/{id}/disable", LANE_WORKER, ADMIN_BODY_MAX,
      merchant_disable_parse, merchant_disable_work, merchant_disable_show),
    ADMIN_ROUTE(ADMIN_MERCHANTS, "POST", "/admin/merchants/{id}/rotate-secret", LANE_WORKER, ADMIN_BODY_MAX,
      merchant_rotate_parse, merchant_rotate_work, merchant_credentials_show),
    ADMIN_ROUTE(ADMIN_MERCHANTS, "POST", "/admin/merchants/{id}/juspay-key", LANE_WORKER, ADMIN_BODY_MAX,
      juspay_key_parse, juspay_key_work, partner_keys_show),
    ADMIN_ROUTE(ADMIN_MERCHANTS, "POST", "/admin/merchants/{id}/public-key", LANE_WORKER, ADMIN_BODY_MAX,
      public_key_parse, public_key_work, partner_keys_show),
    ADMIN_ROUTE(ADMIN_MERCHANTS, "POST", "/admin/merchants/{id}/paytm-key", LANE_WORKER, ADMIN_BODY_MAX,
      paytm_key_parse, paytm_key_work, partner_keys_show),
    ADMIN_ROUTE(ADMIN_MERCHANTS, "POST", "/admin/merchants/{id}/onboard", LANE_WORKER, ADMIN_BODY_MAX,
      onboard_parse, onboard_work, onboard_show),
    ADMIN_ROUTE(ADMIN_MERCHANTS, "POST", "/admin/merchants/{id}/origins", LANE_WORKER, ADMIN_BODY_MAX,
      origins_parse, origins_work, origins_show),
    ADMIN_ROUTE(ADMIN_READ, "GET", "/admin/merchants/{id}/webhooks", LANE_WORKER, 0,
      webhooks_list_parse, webhooks_list_work, webhooks_list_show),
    ADMIN_ROUTE(ADMIN_WEBHOOKS, "POST", "/admin/merchants/{id}/webhooks", LANE_WORKER, ADMIN_BODY_MAX,
      webhook_add_parse, webhook_add_work, webhook_add_show),
    ADMIN_ROUTE(ADMIN_WEBHOOKS, "POST", "/admin/merchants/{id}/webhooks/{no}/remove", LANE_WORKER, ADMIN_BODY_MAX,
      webhook_numbered_parse, webhook_remove_work, webhook_remove_show),
    ADMIN_ROUTE(ADMIN_READ, "GET", "/admin/merchants/{id}/deliveries", LANE_WORKER, 0,
      deliveries_parse, deliveries_work, deliveries_show),
    ADMIN_ROUTE(ADMIN_WEBHOOKS, "GET", "/admin/merchants/{id}/deliveries/{no}", LANE_WORKER, 0,
      webhook_numbered_parse, delivery_work, delivery_show),
    ADMIN_ROUTE(ADMIN_WEBHOOKS, "POST", "/admin/merchants/{id}/deliveries/{no}/resend", LANE_WORKER, ADMIN_BODY_MAX,
      webhook_numbered_parse, delivery_resend_work, delivery_resend_show),
    ADMIN_ROUTE(ADMIN_CUSTOMERS, "POST", "/admin/merchants/{id}/erase-customer", LANE_WORKER, ADMIN_BODY_MAX,
      erase_parse, erase_work, erase_show),
    ADMIN_ROUTE(ADMIN_BACKUP, "POST", "/admin/backups", LANE_WORKER, ADMIN_BODY_MAX,
      backup_begin_parse, backup_begin_work, backup_now_show),
    ADMIN_ROUTE(ADMIN_BACKUP, "GET", "/admin/backups/{id}", LANE_WORKER, 0,
      backup_look_parse, backup_look_work, backup_now_show),
    ADMIN_ROUTE(ADMIN_BACKUP, "GET", "/admin/backups/{id}/pieces/{no}", LANE_WORKER, 0,
      backup_take_parse, backup_take_work, backup_take_show),
    ADMIN_ROUTE(ADMIN_BACKUP, "POST", "/admin/backups/{id}/end", LANE_WORKER, ADMIN_BODY_MAX,
      backup_end_parse, backup_end_work, backup_end_show),
    ADMIN_ROUTE(ADMIN_KEYS, "GET", "/admin/keys", LANE_WORKER, 0,
      keys_parse, keys_work, keys_show),
    ADMIN_ROUTE(ADMIN_KEYS, "GET", "/admin/keys/inventory", LANE_WORKER, 0,
      inventory_parse, inventory_work, inventory_show),
    ADMIN_ROUTE(ADMIN_KEYS, "POST", "/admin/keys/rotate", LANE_WORKER, ADMIN_BODY_MAX,
      keys_rotate_parse, keys_rotate_work, keys_rotate_show),
    ADMIN_ROUTE(ADMIN_KEYS, "POST", "/admin/keys/destroy", LANE_WORKER, ADMIN_BODY_MAX,
      keys_destroy_parse, keys_destroy_work, keys_destroy_show),
    ADMIN_ROUTE(ADMIN_TOKENS, "GET", "/admin/tokens", LANE_READ, 0,
      tokens_list_parse, NULL, tokens_list_show),
    ADMIN_ROUTE(ADMIN_TOKENS, "POST", "/admin/tokens", LANE_WORKER, ADMIN_BODY_MAX,
      token_make_parse, token_make_work, token_make_show),
    ADMIN_ROUTE(ADMIN_TOKENS, "POST", "/admin/tokens/{name}/revoke", LANE_WORKER, ADMIN_BODY_MAX,
      token_revoke_parse, token_revoke_work, token_revoke_show),
    { .method = NULL },
};

static const char *const prefixes[] = { "", NULL };

const struct dialect admin_dialect = { .name = "admin", .prefixes = prefixes, .routes = routes, .refuse = refuse,
                                       .done = admin_done };
