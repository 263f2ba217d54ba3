/* admin.h: our own dialect on the admin listener: health, readiness, metrics, merchants.
 *
 *   GET  /healthz                       200 "ok" while the process serves
 *   GET  /readyz                        200 when store and keyholder answer, else 503 and why
 *   GET  /metrics                       Prometheus text
 *   GET  /admin/merchants               list                                        (token)
 *   POST /admin/merchants               {"name","currencies"} -> credentials, once   (token)
 *   POST /admin/merchants/{id}/disable                                               (token)
 *   POST /admin/merchants/{id}/rotate-secret   {"overlap_seconds"} -> credentials    (token)
 * "(token)": header "Authorization: Bearer <admin token>", compared in constant time with the digest kept in
 * the store (settings "admin.token.sha256"). Errors are {"error","message"}. */
#pragma once

#include "dialect/dialect.h"

struct metrics;

extern const struct dialect admin_dialect;
