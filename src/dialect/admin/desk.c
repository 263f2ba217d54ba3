/* desk.c: errors in our own words, and who may ask. */
#include "dialect/admin/desk.h"

#include <openssl/sha.h>

#include "base/base64.h"
#include "base/secret.h"
#include "service/audit.h"
#include "store/settings.h"

#include "base/banned.h"

enum { METHOD_MAX = 16 };             /* bytes of a method and a space */

#define TOKEN_SETTING SPAN("admin.token.sha256")

struct json_out admin_json(struct exchange *x, size_t cap)
{
    return json_out(answer_start(x, 200, "application/json", cap));
}

void admin_error(struct exchange *x, unsigned status, const char *error, const char *message)
{
    struct json_out o = json_out(answer_start(x, status, "application/json", ADMIN_SMALL_MAX));

    json_object(&o);
    json_put_str(&o, "error", error);
    json_put_str(&o, "message", message);
    json_object_end(&o);
}

void admin_fault(struct exchange *x, enum fault fault)
{
    switch (fault) {
    case FAULT_BAD_INPUT:
        admin_error(x, 400, "bad_input", "a value is malformed or out of range");
        return;
    case FAULT_UNKNOWN_CALLER:
    case FAULT_DENIED:
        admin_error(x, 401, "unauthorized", "the admin token is missing or wrong");
        return;
    case FAULT_NOT_FOUND:
        admin_error(x, 404, "not_found", "there is no such merchant");
        return;
    case FAULT_EXISTS:
        admin_error(x, 409, "exists", "a merchant of that name is there already");
        return;
    case FAULT_WRONG_STATE:
    case FAULT_MISMATCH:
        admin_error(x, 409, "wrong_state", "the merchant does not allow this now");
        return;
    case FAULT_TOO_MANY:
        admin_error(x, 429, "too_many", "slow down");
        return;
    case FAULT_BUSY:
    case FAULT_RETRY:
        admin_error(x, 503, "busy", "try again in a moment");
        return;
    case FAULT_DISK:
        admin_error(x, 503, "disk", "the disk is full or failing; nothing was kept");
        return;
    case FAULT_SILENT:
        admin_error(x, 503, "silent", "the keyholder does not answer");
        return;
    case FAULT_NONE:
    case FAULT_INTERNAL:
        break;
    }
    admin_error(x, 500, "internal", "see the journal");
}

struct stored_digest { struct span hex; struct arena *arena; };

static enum fault read_digest(struct store_tx *tx, void *arg)
{
    struct stored_digest *d = arg;

    return settings_get(tx, &d->hex, d->arena, TOKEN_SETTING);
}

/* A plain digest is enough: the token is 256 random bits, which nobody finds by trying. */
static bool token_is_good(struct span token, struct span stored_hex)
{
    uint8_t digest[SHA256_DIGEST_LENGTH], text[2 * SHA256_DIGEST_LENGTH];
    struct buf hex = BUF(text);

    SHA256(token.p, token.n, digest);
    hex_put(&hex, (struct span){ digest, sizeof digest });
    return secret_equal(buf_view(&hex), stored_hex);
}

/* Each use of the token has its row before anything is done. */
static bool is_audited(struct exchange *x)
{
    struct buf what = arena_buf(x->arena, x->path.n + METHOD_MAX);
    struct audit_call call = { x->now_ms, { 0 }, span_of(x->request_id), span_of(x->peer) };
    enum fault f;

    buf_text(&what, x->method ? x->method : "");
    buf_byte(&what, ' ');
    buf_span(&what, x->path);
    call.what = buf_view(&what);
    f = audit_admin(x->services, &call);
    if (f)
        admin_error(x, 503, "audit", "the audit log cannot be written, so nothing was done; /readyz says why");
    return !f;
}

bool admin_may(struct exchange *x)
{
    struct span sent = x->header(x, "Authorization"), scheme = SPAN("Bearer ");
    struct stored_digest stored = { .arena = x->arena };
    enum fault fault = FAULT_SILENT;

    exchange_request_id(x, x->header(x, "x-request-id"));
    if (x->reader)
        fault = store_read(x->reader, read_digest, &stored);
    if (fault != FAULT_NONE && fault != FAULT_NOT_FOUND) {
        admin_error(x, 503, "busy", "the store cannot be read");
        return false;
    }
    if (fault == FAULT_NONE && sent.n > scheme.n && span_equal_nocase((struct span){ sent.p, scheme.n }, scheme) &&
        token_is_good((struct span){ sent.p + scheme.n, sent.n - scheme.n }, stored.hex))
        return is_audited(x);
    audit_refused(x->services, AUDIT_DOOR_ADMIN);
    admin_fault(x, FAULT_UNKNOWN_CALLER);
    answer_header(x, "WWW-Authenticate", SPAN("Bearer"));
    return false;
}
