/* desk.h: what the admin dialect's files share: errors, the token, the merchants' endpoints. Private to this folder. */
#pragma once

#include "base/json_in.h"
#include "dialect/admin/admin.h"
#include "service/admin_tokens.h"

enum {
    ADMIN_BODY_MAX = 4096,            /* bytes of a request */
    ADMIN_SMALL_MAX = 1024,           /* bytes of an answer about one thing */
    ADMIN_KEYS_MAX = 4096,            /* bytes of an answer with keys in it */
    ADMIN_LIST_MAX = 256 * 1024,      /* bytes of the merchants' list, or of the metrics */
};

/* Answer {"error": `error`, "message": `message`}; both are constants. */
void admin_error(struct exchange *x, unsigned status, const char *error, const char *message);

/* The same for a use case's fault. */
void admin_fault(struct exchange *x, enum fault fault);

/* A route of parse, work and show that needs `scope_` (service/admin_tokens.h). */
#define ADMIN_ROUTE(scope_, method_, path_, lane_, body_max_, parse_, work_, show_) \
    { .method = (method_), .path = (path_), .lane = (lane_), .body_max = (body_max_), .parse = (parse_), \
      .work = (work_), .show = (show_), .scope = (scope_) }

/* Did the caller present an admin token that has the scope of its route? If not, the answer is made. *who, unless it is
 * NULL, is filled when it did. */
struct admin_who { char name[ADMIN_NAME_MAX + 1]; unsigned scopes; int64_t ends_ms; };     /* 0: never */
MUST_CHECK bool admin_may(struct exchange *x, struct admin_who *who);

/* The same of one of many calls for one thing, without a row of its own in the audit log when the caller is `known`. */
MUST_CHECK bool admin_may_again(struct exchange *x, struct admin_who *who, const char *known);

/* A call that was let in and is no GET is at its end: what came of it goes to the audit log. */
void admin_done(struct exchange *x);

/* Read the body by `fields` into `into`, which is zeros. BAD_INPUT with *why filled: the caller answers; at any other
 * fault the answer is made. */
MUST_CHECK enum fault admin_body(struct exchange *x, void *into, const struct json_field *fields,
                                 struct json_complaint *why);

/* Start an answer of JSON with status 200; body from answer_start(). */
struct json_out admin_json(struct exchange *x, size_t cap);

/* merchants.c: parse, work and show of the routes in admin.h. */
enum step merchants_list_parse(struct exchange *x);
void merchants_list_show(struct exchange *x, enum fault outcome);
enum step merchant_add_parse(struct exchange *x);
enum fault merchant_add_work(struct exchange *x, struct store_tx *tx);
enum step merchant_disable_parse(struct exchange *x);
enum fault merchant_disable_work(struct exchange *x, struct store_tx *tx);
void merchant_disable_show(struct exchange *x, enum fault outcome);
enum step merchant_rotate_parse(struct exchange *x);
enum fault merchant_rotate_work(struct exchange *x, struct store_tx *tx);
void merchant_credentials_show(struct exchange *x, enum fault outcome);

/* webhooks.c and webhooks_show.c: the same of endpoints and deliveries. */
enum step webhooks_list_parse(struct exchange *x);
enum fault webhooks_list_work(struct exchange *x, struct store_tx *tx);
void webhooks_list_show(struct exchange *x, enum fault outcome);
enum step webhook_add_parse(struct exchange *x);
enum fault webhook_add_work(struct exchange *x, struct store_tx *tx);
void webhook_add_show(struct exchange *x, enum fault outcome);
enum step webhook_numbered_parse(struct exchange *x);
enum fault webhook_remove_work(struct exchange *x, struct store_tx *tx);
void webhook_remove_show(struct exchange *x, enum fault outcome);
enum step deliveries_parse(struct exchange *x);
enum fault deliveries_work(struct exchange *x, struct store_tx *tx);
void deliveries_show(struct exchange *x, enum fault outcome);
enum fault delivery_work(struct exchange *x, struct store_tx *tx);
void delivery_show(struct exchange *x, enum fault outcome);
enum fault delivery_resend_work(struct exchange *x, struct store_tx *tx);
void delivery_resend_show(struct exchange *x, enum fault outcome);

/* tokens.c: the same of admin tokens. */
enum step tokens_list_parse(struct exchange *x);
void tokens_list_show(struct exchange *x, enum fault outcome);
enum step token_make_parse(struct exchange *x);
enum fault token_make_work(struct exchange *x, struct store_tx *tx);
void token_make_show(struct exchange *x, enum fault outcome);
enum step token_revoke_parse(struct exchange *x);
enum fault token_revoke_work(struct exchange *x, struct store_tx *tx);
void token_revoke_show(struct exchange *x, enum fault outcome);

/* erase.c: the same of erasing a customer. */
enum step erase_parse(struct exchange *x);
enum fault erase_work(struct exchange *x, struct store_tx *tx);
void erase_show(struct exchange *x, enum fault outcome);

/* backup.c: the same of backups. */
enum step backup_begin_parse(struct exchange *x);
enum step backup_look_parse(struct exchange *x);
enum step backup_take_parse(struct exchange *x);
enum step backup_end_parse(struct exchange *x);
enum fault backup_begin_work(struct exchange *x, struct store_tx *tx);
enum fault backup_look_work(struct exchange *x, struct store_tx *tx);
enum fault backup_take_work(struct exchange *x, struct store_tx *tx);
enum fault backup_end_work(struct exchange *x, struct store_tx *tx);
void backup_now_show(struct exchange *x, enum fault outcome);
void backup_take_show(struct exchange *x, enum fault outcome);
void backup_end_show(struct exchange *x, enum fault outcome);

/* keys.c: the same of the server's own keys. */
enum step keys_parse(struct exchange *x);
enum fault keys_work(struct exchange *x, struct store_tx *tx);
void keys_show(struct exchange *x, enum fault outcome);
enum step keys_rotate_parse(struct exchange *x);
enum fault keys_rotate_work(struct exchange *x, struct store_tx *tx);
void keys_rotate_show(struct exchange *x, enum fault outcome);
enum step keys_destroy_parse(struct exchange *x);
enum fault keys_destroy_work(struct exchange *x, struct store_tx *tx);
void keys_destroy_show(struct exchange *x, enum fault outcome);
enum step inventory_parse(struct exchange *x);
enum fault inventory_work(struct exchange *x, struct store_tx *tx);
void inventory_show(struct exchange *x, enum fault outcome);

/* partners.c: the same of the routes for Juspay and Paytm. */
enum step juspay_key_parse(struct exchange *x);
enum fault juspay_key_work(struct exchange *x, struct store_tx *tx);
enum step public_key_parse(struct exchange *x);
enum fault public_key_work(struct exchange *x, struct store_tx *tx);
enum step paytm_key_parse(struct exchange *x);
enum fault paytm_key_work(struct exchange *x, struct store_tx *tx);
void partner_keys_show(struct exchange *x, enum fault outcome);
enum step origins_parse(struct exchange *x);
enum fault origins_work(struct exchange *x, struct store_tx *tx);
void origins_show(struct exchange *x, enum fault outcome);
enum step onboard_parse(struct exchange *x);
enum fault onboard_work(struct exchange *x, struct store_tx *tx);
void onboard_show(struct exchange *x, enum fault outcome);
