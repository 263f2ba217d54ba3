/* names.c: what the network calls a token and a requestor: found without an index, and not to be guessed. */
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "network/sim/inner.h"

#include "base/banned.h"

/* A token's reference is 48 characters (reference C.1): six letters of its scheme, twelve zeros, and 30 hexadecimal
 * digits, the image of scheme and counter among 2^120. Whatever does not come back as such a pair is no reference: a
 * guess hits a token with a probability below 2^-85. */
enum {
    PREFIX = 6, ZEROS = 12, IMAGE = 15,           /* characters; characters; bytes */
    TRID_PREFIX = 3, TRID_BITS = 28,
    TRIDS = 100000000,                            /* eight digits */
};
#define ZERO_TEXT "000000000000"

static const struct { const char *token, *trid; } prefixes[SCHEMES] = {
    [SCHEME_UNKNOWN]    = { "", "" },
    [SCHEME_VISA]       = { "DVSPVT", "400" },
    [SCHEME_MASTERCARD] = { "DWSPMC", "501" },
    [SCHEME_RUPAY]      = { "DRSPRP", "601" },
    [SCHEME_AMEX]       = { "DASPAX", "301" },
    [SCHEME_DINERS]     = { "DDSPDC", "361" },
};

enum fault names_open(struct sim *s)
{
    uint8_t bytes[KEY_ID_SIZE];
    struct key_ask ask = { .op = KEY_ID, .use = KEY_USE_NETWORK, .out = BUF(bytes) };
    AUTO_SECRET key = NULL;
    enum fault f = keyholder_ask_one(s->options.keyholder, &ask);

    if (!f)
        f = secret_copy(&key, buf_view(&ask.out));
    secret_wipe(bytes, sizeof bytes);
    if (!f)
        f = permute_new(&s->refs, key, "network token reference", 8 * IMAGE);
    if (!f)
        f = permute_new(&s->trids, key, "network requestor", TRID_BITS);
    return f;
}

void names_close(struct sim *s)
{
    permute_free(s->refs);
    permute_free(s->trids);
}

void name_of_token(const struct sim *s, char out[static NETWORK_TOKEN_REF_MAX + 1], struct net_token t)
{
    unsigned __int128 image = permute_out(s->refs, (unsigned __int128)t.scheme << 64 | t.counter);
    struct buf b = { (uint8_t *)out, 0, NETWORK_TOKEN_REF_MAX, false };
    uint8_t bytes[IMAGE];

    for (size_t i = IMAGE; i-- > 0; image >>= 8)
        bytes[i] = (uint8_t)image;
    buf_text(&b, prefixes[t.scheme].token);
    buf_text(&b, ZERO_TEXT);
    hex_put(&b, (struct span){ bytes, IMAGE });
    out[b.n] = '\0';
}

enum fault name_read_token(const struct sim *s, struct net_token *out, struct span text)
{
    char again[NETWORK_TOKEN_REF_MAX + 1];
    unsigned __int128 image = 0;
    uint8_t bytes[IMAGE];
    struct buf b = BUF(bytes);
    struct net_token t;

    if (text.n != NETWORK_TOKEN_REF_MAX)
        return FAULT_NOT_FOUND;
    if (hex_read(&b, (struct span){ text.p + PREFIX + ZEROS, text.n - PREFIX - ZEROS }) || b.n != IMAGE)
        return FAULT_NOT_FOUND;
    for (size_t i = 0; i < IMAGE; i++)
        image = image << 8 | bytes[i];
    image = permute_in(s->refs, image);
    if (image >> 64 == 0 || image >> 64 >= SCHEMES)
        return FAULT_NOT_FOUND;
    t = (struct net_token){ (enum scheme)(image >> 64), (uint64_t)image };
    name_of_token(s, again, t);                   /* one reference has one text: no capitals, no other prefix */
    if (!span_equal(span_of(again), text))
        return FAULT_NOT_FOUND;
    *out = t;
    return FAULT_NONE;
}

enum fault name_of_requestor(const struct sim *s, char out[static BOOK_TRID], enum scheme scheme, int64_t no)
{
    int n;

    if (no < 0 || no >= TRIDS)
        return FAULT_INTERNAL;
    n = snprintf(out, BOOK_TRID, "%s%08u", prefixes[scheme].trid,
                 (unsigned)permute_out_below(s->trids, (uint64_t)no, TRIDS));
    return n == NETWORK_TRID ? FAULT_NONE : FAULT_INTERNAL;
}
