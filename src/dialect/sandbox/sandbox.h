/* sandbox.h: our own dialect for who runs a sandbox: its clock, and the simulated card network from the other side.
 *
 *   GET  /sandbox/clock                 {"now","ahead_seconds"}
 *   POST /sandbox/clock                 {"now"} or {"advance_seconds"} or {"system":true}
 *   GET  /sandbox/network               what it was asked and answered so far, and what it can be told
 *   POST /sandbox/network/behaviour     {"scheme","manner","ms"}: how it answers, for one scheme or "all"
 *   POST /sandbox/network/events        {"token","event"}: what an issuer does to a token
 *   POST /sandbox/network/requestors    {"trid","active"}: a merchant's onboarding at a scheme
 *   GET  /sandbox/network/tokens        the newest tokens there, at most SIM_LIST_MAX
 *   POST /sandbox/network/verify        {"number","tavv","amount","currency","trid"}: what an acquirer would be told
 *
 * It is served on the admin listener, in the sandbox alone, for the admin token; errors are the admin dialect's. */
#pragma once

#include "dialect/dialect.h"

enum {
    SANDBOX_ADVANCE_MAX_S = 50 * 366 * 86400,     /* seconds a clock is moved by one call, either way */
};

/* From when to when a sandbox's clock may be put: 2020 to 2088. Numbers of rows and of cryptograms hold 41 bits of
 * milliseconds since 2020, and end in September 2089. */
#define SANDBOX_FIRST_MS INT64_C(1577836800000)
#define SANDBOX_LAST_MS  INT64_C(3755375999999)

extern const struct dialect sandbox_dialect;
