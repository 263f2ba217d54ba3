/* admin.h: our own dialect on the admin listener: health, readiness, metrics, merchants.
 *
 *   GET  /healthz                       200 "ok" while the process serves
 *   GET  /readyz                        200 when store and keyholder answer, else 503 and why
 *   GET  /metrics                       Prometheus text
 *   GET  /admin/merchants               list                                        (token)
 *   POST /admin/merchants               {"name","currencies"} -> credentials, once   (token)
 *   POST /admin/merchants/{id}/disable                                               (token)
 *   POST /admin/merchants/{id}/rotate-secret   {"overlap_seconds"} -> credentials    (token)
 *   POST /admin/merchants/{id}/juspay-key      {"replace"} -> API key                (token)
 *   POST /admin/merchants/{id}/public-key      {"key_id","public_key_pem"} -> its id (token)
 *   POST /admin/merchants/{id}/paytm-key       {"client_id","encryption_key_version","replace"} -> key (token)
 *   POST /admin/merchants/{id}/onboard         {"scheme"}: one, or "all"             (token)
 *   POST /admin/merchants/{id}/origins         {"origin", "remove"}: who may frame the checkout (token)
 *   GET  /admin/merchants/{id}/webhooks        endpoints                             (token)
 *   POST /admin/merchants/{id}/webhooks        {"url","kind","version","events","policy","tries","interval_seconds",
 *                                               "intervals","authorization"} -> its number (token)
 *   POST /admin/merchants/{id}/webhooks/{no}/remove                                  (token)
 *   GET  /admin/merchants/{id}/deliveries      ?state=&order_id=&before=: newest first (token)
 *   GET  /admin/merchants/{id}/deliveries/{no} one, with the body that is sent       (token)
 *   POST /admin/merchants/{id}/deliveries/{no}/resend                                (token)
 * Only public_key_pem and url must be given. Whoever is given a key is told ours, to which cards are encrypted.
 * "(token)": header "Authorization: Bearer <admin token>", compared in constant time with the digest kept in
 * the store (settings "admin.token.sha256"). Errors are {"error","message"}. */
#pragma once

#include "dialect/dialect.h"

struct metrics;

extern const struct dialect admin_dialect;
