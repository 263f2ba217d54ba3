/* jwe_header.c: what a refused JWE says of itself. */
#include "dialect/juspay/jwe_header.h"

#include "base/base64.h"
#include "base/json_in.h"
#include "domain/cardscan.h"

#include "base/banned.h"

enum { HEADER_MAX = 1024, NAME_LONGEST = 24 };    /* bytes of a header that is looked at; characters of a name in it */

struct header { struct span alg, enc; };

static bool is_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return !cardscan_found(s);
}

static const struct json_field fields[] = {
    { .name = "alg", .type = JSON_TEXT, .max = NAME_LONGEST, .rule = is_name, .at = offsetof(struct header, alg) },
    { .name = "enc", .type = JSON_TEXT, .max = NAME_LONGEST, .rule = is_name, .at = offsetof(struct header, enc) },
    JSON_END
};

static bool read_header(struct header *out, struct arena *a, struct span jwe)
{
    struct span segment = { jwe.p, 0 };
    struct buf text = arena_buf(a, HEADER_MAX);
    const struct json_node *node;
    struct json_complaint why;

    while (segment.n < jwe.n && jwe.p[segment.n] != '.')
        segment.n++;
    return segment.n <= HEADER_MAX && !base64url_read(&text, segment) && !json_read(&node, a, buf_view(&text), &why)
        && !json_fill(out, node, fields, a, &why);
}

void jwe_header_tell(char why[static CARD_WHY_MAX], struct arena *a, struct span jwe)
{
    struct span said = span_of(why);
    struct buf text = { (uint8_t *)why, said.n, CARD_WHY_MAX - 1, false };
    struct header h = { 0 };
    struct buf words = arena_buf(a, CARD_WHY_MAX);

    if (!read_header(&h, a, jwe))
        return;
    buf_span(&words, SPAN(" (it says alg "));
    buf_span(&words, h.alg.n ? h.alg : SPAN("nothing"));
    buf_span(&words, SPAN(", enc "));
    buf_span(&words, h.enc.n ? h.enc : SPAN("nothing"));
    buf_byte(&words, ')');
    if (!words.full)
        buf_span(&text, buf_view(&words));
    why[text.n] = '\0';
}
