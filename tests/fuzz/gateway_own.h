/* gateway_own.h: what the files of the gateway share. */
#pragma once

#include "gateway.h"

#include "exchange_bed.h"
#include "token_bed.h"

#include "base/clock.h"
#include "keyholder/jwe.h"
#include "keyholder/paytm_checksum.h"

enum { VALUE = 2048, VALUES = 128, HEADERS = 24 };

struct text_header { struct span name, value; };

struct gateway {
    struct xbed x;                    /* first: an exchange's transport */
    struct gateway_options options;
    struct token_bed tokens;
    struct services *s;
    struct keyholder *acquirer_keyholder;
    struct sim_acquirer *acquirer;
    struct clock_settable clock;
    struct metrics *metrics;
    struct router *public, *admin;    /* as on the two listeners */
    struct jwe_bench *bench;
    struct rsa_private *own;          /* what Juspay's answers are opened with */
    struct paytm_checksum *checksum;
    unsigned serial;
    unsigned status;
    struct text_header headers[HEADERS];
    size_t n_headers;
    char acquirer_path[64], copy_path[64], method[16];
    char values[VALUES][VALUE];
    uint8_t text[GATEWAY_TEXT];
};

/* Of a request: the value of a header, as exchange.header is to give it. */
struct span gateway_header(const struct exchange *x, const char *name);

/* What the HTTP layer lets through in a line (http/head.c). */
bool gateway_is_plain(struct span s);

/* Read the text of one request into the exchange. False: it is none. */
bool gateway_read(struct gateway *g, struct span text);
