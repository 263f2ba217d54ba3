/* jwt.h: a compact JWS by which a Paytm request may be signed instead of by a checksum (reference B.8).
 *
 * Only HS256 is one: "none", RS256 and whatever else a header names are refused before anything is asked of the
 * keyholder. The token does not cover the body; it names merchant, customer and request, which must be the body's. */
#pragma once

#include "base/arena.h"
#include "base/span.h"

enum {
    JWT_MAX = 2048,                   /* characters */
    JWT_MAC = 32,                     /* bytes of an HS256 signature */
    JWT_AGE_S = 300,                  /* how old one may be */
    JWT_AHEAD_S = 60,                 /* how far its clock may be ahead of ours */
};

struct jwt {
    struct span input;                /* what is signed: header and claims as they came */
    struct span mac;                  /* JWT_MAC bytes */
    int64_t issued_s;
    struct span mid, customer_id, request_id;
};

/* Read `text` without looking at its signature. BAD_INPUT, and *why says for what, a constant text. */
MUST_CHECK enum fault jwt_read(struct jwt *out, const char **why, struct arena *a, struct span text);

/* Is it of about now? */
bool jwt_is_fresh(const struct jwt *t, int64_t now_ms);
