/* merchant_call.h: what a request about a merchant says, and what came of it. Private to this folder. */
#pragma once

#include "base/json_in.h"
#include "dialect/admin/desk.h"
#include "service/endpoints.h"
#include "service/merchants.h"

/* Wiped with the arena. */
struct merchant_call {
    int64_t merchant_id;              /* from the path */
    struct span name, currencies;
    int64_t overlap_s;
    struct span key_id, public_key_pem;
    struct span client_id, key_version;
    struct span scheme;
    bool replace;
    struct span origin;               /* origins.c */
    bool remove;
    struct merchant_whole made;
    struct span juspay_server_key, paytm_server_key;      /* our public keys, PEM */
    /* webhooks.c */
    struct span url, kind, version, policy, intervals, authorization;
    int64_t tries, interval_s;
    const struct json_node *events;
    struct endpoint_new endpoint;
    int64_t no;                       /* of an endpoint or a delivery, from the path */
    const char *flaw;                 /* why an endpoint is not taken; NULL: nothing is wrong */
};

/* The fields of each body; the rules are those of the use cases. */
extern const struct json_field merchant_add_fields[], merchant_rotate_fields[], juspay_key_fields[],
    public_key_fields[], paytm_key_fields[], onboard_fields[], webhook_add_fields[], origin_fields[];

/* Check the token, then read the body by `fields` (NULL: none) and the id in the path if the route has one, into a
 * struct merchant_call at x->state. If something is wrong, the answer is made. */
MUST_CHECK enum step merchant_call_read(struct exchange *x, const struct json_field *fields);

/* partners.c: our public keys for cards, one or both, into the call; before anything is made that would need them. */
MUST_CHECK enum fault partner_call_server_keys(struct exchange *x, bool juspay, bool paytm);

/* The members "juspay" and "paytm" of an answer, where there is something to be said in them. */
void partner_call_put(struct json_out *o, const struct merchant_call *call);

/* What partner_onboard() said, for people. */
const char *partner_onboarding_text(enum fault f);
