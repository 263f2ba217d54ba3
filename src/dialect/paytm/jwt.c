/* jwt.c: reading a compact JWS. */
#include "dialect/paytm/jwt.h"

#include <string.h>

#include "base/base64.h"
#include "base/json_in.h"

#include "base/banned.h"

struct header { struct span alg; const struct json_node *crit; };

static const struct json_field header_fields[] = {
    { .name = "alg", .type = JSON_TEXT, .required = true, .at = offsetof(struct header, alg) },
    JSON_END,
};

static const struct json_field crit_field[] = {
    { .name = "crit", .type = JSON_VALUES, .at = offsetof(struct header, crit) },
    JSON_END,
};

static const struct json_field claims[] = {
    { .name = "iat", .type = JSON_INT, .required = true, .min = 1, .at = offsetof(struct jwt, issued_s) },
    { .name = "mid", .type = JSON_TEXT, .required = true, .at = offsetof(struct jwt, mid) },
    { .name = "custId", .type = JSON_TEXT, .at = offsetof(struct jwt, customer_id) },
    { .name = "requestId", .type = JSON_TEXT_OR_INT, .required = true, .at = offsetof(struct jwt, request_id) },
    JSON_END,
};

/* Cut *text at its first dot. */
static bool cut(struct span *head, struct span *text)
{
    const uint8_t *dot = text->n ? memchr(text->p, '.', text->n) : NULL;

    if (!dot)
        return false;
    *head = (struct span){ text->p, (size_t)(dot - text->p) };
    *text = (struct span){ dot + 1, text->n - head->n - 1 };
    return true;
}

/* One part as a JSON object. */
static enum fault open_part(const struct json_node **out, struct arena *a, struct span part)
{
    struct buf text = arena_buf(a, part.n + 1);
    struct json_complaint why;

    if (text.full)
        return FAULT_INTERNAL;
    if (base64url_read(&text, part) != FAULT_NONE)
        return FAULT_BAD_INPUT;
    return json_read(out, a, buf_view(&text), &why);
}

static enum fault check_header(const char **why, struct arena *a, struct span part)
{
    const struct json_node *node;
    struct json_complaint complaint;
    struct header h = { 0 };
    enum fault f;

    *why = "the token's header is not JSON in base64url, or names no alg";
    f = open_part(&node, a, part);
    if (!f)
        f = json_fill(&h, node, header_fields, a, &complaint);
    if (f)
        return f;
    *why = "the token's alg is not HS256, the only one that is taken";
    if (!span_equal(h.alg, SPAN("HS256")))
        return FAULT_BAD_INPUT;
    *why = "the token's header has critical extensions, and none is known";
    return json_fill(&h, node, crit_field, a, &complaint) || h.crit ? FAULT_BAD_INPUT : FAULT_NONE;
}

enum fault jwt_read(struct jwt *out, const char **why, struct arena *a, struct span text)
{
    struct span rest = text, header, payload;
    struct buf mac = arena_buf(a, JWT_MAX);
    struct json_complaint complaint;
    const struct json_node *node;
    enum fault f;

    *out = (struct jwt){ 0 };
    *why = "the token is not three parts with dots between them";
    if (text.n > JWT_MAX || !cut(&header, &rest) || !cut(&payload, &rest))
        return FAULT_BAD_INPUT;
    out->input = (struct span){ text.p, header.n + 1 + payload.n };
    f = check_header(why, a, header);
    if (f)
        return f;
    *why = "the token's claims are not JSON in base64url with iat, mid and requestId";
    f = open_part(&node, a, payload);
    if (!f)
        f = json_fill(out, node, claims, a, &complaint);
    if (f)
        return f;
    if (mac.full)
        return FAULT_INTERNAL;
    *why = "the token's signature is not 32 bytes in base64url";
    if (base64url_read(&mac, rest) != FAULT_NONE || mac.n != JWT_MAC)
        return FAULT_BAD_INPUT;
    out->mac = buf_view(&mac);
    return FAULT_NONE;
}

bool jwt_is_fresh(const struct jwt *t, int64_t now_ms)
{
    int64_t now_s = now_ms / 1000;

    return t->issued_s >= now_s - JWT_AGE_S && t->issued_s <= now_s + JWT_AHEAD_S;
}
