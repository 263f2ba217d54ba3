/* head.c: reading the envelope. */
#include "dialect/paytm/head.h"

#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_raw.h"

#include "base/banned.h"

#define AT(member) offsetof(struct envelope, member)

/* The documents print some names in two ways, and both are taken. */
struct envelope {
    struct head head;
    struct span other_version, other_key_version;
    const struct json_node *head_node, *body_node;
};

static const struct json_field outer[] = {
    { .name = "head", .type = JSON_OBJECT, .required = true, .at = AT(head_node) },
    { .name = "body", .type = JSON_OBJECT, .required = true, .at = AT(body_node) },
    JSON_END,
};

static const struct json_field inner[] = {
    { .name = "version", .type = JSON_TEXT, .at = AT(head.version) },
    { .name = "Version", .type = JSON_TEXT, .at = AT(other_version) },
    { .name = "requestTimestamp", .type = JSON_TEXT_OR_INT, .at = AT(head.timestamp) },
    { .name = "requestId", .type = JSON_TEXT_OR_INT, .at = AT(head.request_id) },
    { .name = "clientId", .type = JSON_TEXT, .at = AT(head.client_id) },
    { .name = "encryptionKeyVersion", .type = JSON_TEXT, .at = AT(head.key_version) },
    { .name = "encryptionKey Version", .type = JSON_TEXT, .at = AT(other_key_version) },
    JSON_END,
};

/* By whether the head names them as a token. */
static const struct json_field types[2][2] = {
    { { .name = "signatureType", .type = JSON_TEXT, .at = AT(head.type) }, JSON_END },
    { { .name = "tokenType", .type = JSON_TEXT, .at = AT(head.type) }, JSON_END },
};
static const struct json_field signatures[2][2] = {
    { { .name = "signature", .type = JSON_TEXT, .at = AT(head.signature) }, JSON_END },
    { { .name = "token", .type = JSON_TEXT, .at = AT(head.signature) }, JSON_END },
};

struct verdict head_fail(enum paytm_code code, const char *why)
{
    return (struct verdict){ code, why, "" };
}

struct verdict head_complaint(const struct json_complaint *why)
{
    struct verdict f = head_fail(CODE_DETAILS, "the field has a value that is not allowed");

    memcpy(f.field, why->path, sizeof f.field);
    switch (why->why) {
    case JSON_WHY_SYNTAX:
        return head_fail(CODE_BAD_REQUEST, "the request is not one JSON object, or a key in it comes twice");
    case JSON_WHY_MISSING:
        f.code = CODE_MISSING;
        f.why = "the field is mandatory";
        break;
    case JSON_WHY_TYPE:
        f.code = CODE_BAD_REQUEST;
        f.why = "the field is of another type";
        break;
    case JSON_WHY_SHORT:
    case JSON_WHY_LONG:
    case JSON_WHY_SMALL:
    case JSON_WHY_LARGE:
    case JSON_WHY_FEW:
    case JSON_WHY_MANY:
        f.why = "the field is too long, too short, too large or too small";
        break;
    case JSON_WHY_RULE:
        f.why = "the field has another form, or holds a card number, which must not be stored";
        break;
    case JSON_WHY_ONE_OF:
        break;
    }
    return f;
}

/* The parser's words, which hold nothing of the request. */
static const char *keep_text(struct arena *a, const char *text)
{
    size_t size = strlen(text) + 1;
    char *kept = arena_take(a, size);

    if (kept)
        memcpy(kept, text, size);
    return kept ? kept : "the request is not one JSON object";
}

/* Head and body as nodes. A body that the scanner does not find is none for us, whatever the parser makes of it. */
static struct verdict open_envelope(struct envelope *e, struct exchange *x)
{
    const struct json_node *all;
    struct json_complaint why;
    struct verdict fail;
    const char *doubt = NULL;
    enum fault raw = json_raw_member(&e->head.body, &doubt, x->body, SPAN("body")), f;

    if (raw == FAULT_BAD_INPUT)
        return head_fail(CODE_BAD_REQUEST, doubt);
    f = json_read(&all, x->arena, x->body, &why);
    if (f && f != FAULT_BAD_INPUT)
        return head_fail(code_of_fault(f), "there is no memory for the request");
    if (f)
        return head_fail(CODE_BAD_REQUEST, keep_text(x->arena, why.text));
    if (json_fill(e, all, outer, x->arena, &why)) {
        fail = head_complaint(&why);
        fail.code = why.why == JSON_WHY_MISSING && why.field == &outer[0] ? CODE_NO_HEAD : CODE_BAD_REQUEST;
        return fail;
    }
    return raw ? head_fail(CODE_BAD_REQUEST, "the body cannot be told from the rest") : head_fail(CODE_DONE, NULL);
}

struct verdict head_read(struct head *out, struct exchange *x, bool token)
{
    struct envelope e = { 0 };
    struct json_complaint why;
    struct verdict fail = open_envelope(&e, x);

    if (fail.code)
        return fail;
    if (json_fill(&e, e.head_node, inner, x->arena, &why))
        return head_complaint(&why);
    if (json_fill(&e, e.head_node, types[token], x->arena, &why))
        return head_fail(CODE_TYPE, "the signature's type is no text");
    e.head.odd_signature = json_fill(&e, e.head_node, signatures[token], x->arena, &why) != FAULT_NONE;
    if (!e.head.version.n)
        e.head.version = e.other_version;
    if (!e.head.key_version.n)
        e.head.key_version = e.other_key_version;
    e.head.fields = e.body_node;
    *out = e.head;
    return fail;
}

bool head_is_printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return true;
}

struct verdict head_read_headers(struct head *out, struct exchange *x)
{
    const struct { const char *name; struct span *to; } headers[] = {
        { "signatureType", &out->type }, { "version", &out->version }, { "requestTimestamp", &out->timestamp },
        { "requestId", &out->request_id }, { "clientId", &out->client_id },
        { "encryptionKeyVersion", &out->key_version }, { "signature", &out->signature },
    };
    bool any = false;

    *out = (struct head){ 0 };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct span value = x->header(x, headers[i].name);

        if (!head_is_printable(value)) {
            struct verdict fail = head_fail(CODE_BAD_REQUEST, "the header is not printable ASCII");

            (void)snprintf(fail.field, sizeof fail.field, "%s", headers[i].name);
            return fail;
        }
        if (value.n)
            *headers[i].to = value;
        any = any || value.n;
    }
    return any ? head_fail(CODE_DONE, NULL) : head_fail(CODE_NO_HEAD, "none of the head's fields came as headers");
}

struct verdict head_check(const struct head *h, int64_t *ms, bool *seconds)
{
    uint64_t time;
    struct verdict fail = head_fail(CODE_MISSING, "the head's field is mandatory");

    *ms = 0;
    *seconds = h->timestamp.n && h->timestamp.n < HEAD_TIMESTAMP_MS;
    (void)snprintf(fail.field, sizeof fail.field, "%s", h->version.n ? "requestTimestamp" : "version");
    if (!h->version.n || !h->timestamp.n)
        return fail;
    fail.code = CODE_DETAILS;
    fail.why = "the version is not v1";
    if (!span_equal_nocase(h->version, SPAN("v1")))
        return (void)snprintf(fail.field, sizeof fail.field, "version"), fail;
    fail.why = "the time is not one in seconds or milliseconds since 1970";
    if (h->timestamp.n > HEAD_TIMESTAMP_MS || span_u64(&time, h->timestamp, UINT64_C(9999999999999)))
        return fail;
    *ms = (int64_t)time * (*seconds ? 1000 : 1);
    return head_fail(CODE_DONE, NULL);
}

/* Percent-decoded; a plus sign is one, since ids are compared with those of the head, where it is too. */
static struct span decode(struct arena *a, struct span s)
{
    struct buf out = arena_buf(a, s.n + 1);

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            buf_byte(&out, s.p[i]);
        } else {
            if (s.n - i < 3 || hex_read(&out, (struct span){ s.p + i + 1, 2 }))
                return (struct span){ 0 };
            i += 2;
        }
    }
    return out.full || !out.n ? (struct span){ 0 } : buf_view(&out);
}

struct span query_value(struct arena *a, struct span query, struct span name)
{
    struct span key, value;

    while (query_next(&query, &key, &value))
        if (span_equal(key, name) && !span_absent(value))
            return decode(a, value);
    return (struct span){ 0 };
}
