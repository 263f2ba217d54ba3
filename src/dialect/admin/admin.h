/* admin.h: our own dialect on the admin listener: health, readiness, metrics, merchants.
 *
 *   GET  /healthz                       200 "ok" while the process serves
 *   GET  /readyz                        200 when store and keyholder answer, else 503 and why
 *   GET  /metrics                       Prometheus text
 *   GET  /admin/merchants               list                                                    (read)
 *   POST /admin/merchants               {"name","currencies"} -> credentials, once               (merchants)
 *   POST /admin/merchants/{id}/disable                                                           (merchants)
 *   POST /admin/merchants/{id}/rotate-secret   {"overlap_seconds"} -> credentials                (merchants)
 *   POST /admin/merchants/{id}/juspay-key      {"replace"} -> API key                            (merchants)
 *   POST /admin/merchants/{id}/public-key      {"key_id","public_key_pem"} -> its id             (merchants)
 *   POST /admin/merchants/{id}/paytm-key       {"client_id","encryption_key_version","replace"} -> key (merchants)
 *   POST /admin/merchants/{id}/onboard         {"scheme"}: one, or "all"                         (merchants)
 *   POST /admin/merchants/{id}/origins         {"origin", "remove"}: who may frame the checkout  (merchants)
 *   GET  /admin/merchants/{id}/webhooks        endpoints                                         (read)
 *   POST /admin/merchants/{id}/webhooks        {"url","kind","version","events","policy","tries","interval_seconds",
 *                                               "intervals","authorization"} -> its number       (webhooks)
 *   POST /admin/merchants/{id}/webhooks/{no}/remove                                              (webhooks)
 *   GET  /admin/merchants/{id}/deliveries      ?state=&order_id=&before=: newest first           (read)
 *   GET  /admin/merchants/{id}/deliveries/{no} one, with the body that is sent                   (webhooks)
 *   POST /admin/merchants/{id}/deliveries/{no}/resend                                            (webhooks)
 *   POST /admin/merchants/{id}/erase-customer  {"customer_id"}                                   (customers)
 *   POST /admin/backups, GET /admin/backups/{id}, ...                                            (backup)
 *   GET  /admin/keys                    generations of the server's keys, and how far a re-encryption is   (keys)
 *   GET  /admin/keys/inventory          algorithms and keys in use                               (keys)
 *   POST /admin/keys/rotate             {"purpose"} -> the new generation, records to be sealed again   (keys)
 *   POST /admin/keys/destroy            {"purpose","id","confirm"}                               (keys)
 *   GET  /admin/tokens                  admin tokens                                             (tokens)
 *   POST /admin/tokens                  {"name","scopes":"read,backup","days"} -> token, once    (tokens)
 *   POST /admin/tokens/{name}/revoke                                                             (tokens)
 * Only public_key_pem and url must be given. Whoever is given a key is told ours, to which cards are encrypted.
 * In brackets: the scope that the admin token needs (service/admin_tokens.h), sent as "Authorization: Bearer <token>".
 * Errors are {"error","message"}. */
#pragma once

#include "dialect/dialect.h"

struct metrics;

extern const struct dialect admin_dialect;
