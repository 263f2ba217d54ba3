/* merchant.c: `tijori merchant`: ask the admin listener, show the answer, forget it. */
#include "cli/merchant.h"

#include <string.h>
#include <unistd.h>

#include "base/json_out.h"
#include "base/secret.h"
#include "cli/admin_client.h"
#include "cli/merchant_show.h"
#include "cli/tool.h"

#include "base/banned.h"

enum {
    BODY_MAX = 16 * OPTIONS_TEXT, PATH_MAX_TEXT = 64,
    PEM_FILE_MAX = 8192,              /* bytes of a public key's file, or of the private one named by mistake */
};

static void complain(struct span why)
{
    (void)tool_write(STDERR_FILENO, SPAN("tijori merchant: "));
    (void)tool_write(STDERR_FILENO, why);
    if (why.n && why.p[why.n - 1] != '\n')
        (void)tool_write(STDERR_FILENO, SPAN("\n"));
}

/* What follows the merchant's number in the path. */
static const char *path_end(enum command c)
{
    switch (c) {
    case COMMAND_MERCHANT_DISABLE:    return "/disable";
    case COMMAND_MERCHANT_ROTATE:     return "/rotate-secret";
    case COMMAND_MERCHANT_JUSPAY_KEY: return "/juspay-key";
    case COMMAND_MERCHANT_PUBLIC_KEY: return "/public-key";
    case COMMAND_MERCHANT_PAYTM_KEY:  return "/paytm-key";
    case COMMAND_MERCHANT_ONBOARD:    return "/onboard";
    case COMMAND_MERCHANT_ORIGIN:     return "/origins";
    case COMMAND_CUSTOMER_ERASE:      return "/erase-customer";
    case COMMAND_MERCHANT_ADD: case COMMAND_MERCHANT_LIST:
    case COMMAND_HELP: case COMMAND_VERSION: case COMMAND_SANDBOX: case COMMAND_SERVE: case COMMAND_MERCHANT:
    case COMMAND_WEBHOOK: case COMMAND_WEBHOOK_ADD: case COMMAND_WEBHOOK_LIST: case COMMAND_WEBHOOK_REMOVE:
    case COMMAND_WEBHOOK_DELIVERIES: case COMMAND_WEBHOOK_SHOW: case COMMAND_WEBHOOK_RESEND:
    case COMMAND_JWE: case COMMAND_JWE_ENCRYPT: case COMMAND_JWE_DECRYPT:
    case COMMAND_PAYTM: case COMMAND_PAYTM_SIGN: case COMMAND_PAYTM_VERIFY:
    case COMMAND_AUDIT: case COMMAND_AUDIT_VERIFY: case COMMAND_AUDIT_TAIL: case COMMAND_AUDIT_EXPORT:
    case COMMAND_AUDIT_ARCHIVE: case COMMAND_AUDIT_PURGE:
    case COMMAND_BACKUP: case COMMAND_RESTORE: case COMMAND_CHECK: case COMMAND_CUSTOMER:
    case COMMAND_ADMIN:
    case COMMAND_ADMIN_TOKEN_CREATE: case COMMAND_ADMIN_TOKEN_LIST: case COMMAND_ADMIN_TOKEN_REVOKE:
    case COMMAND_KEY: case COMMAND_KEY_INIT: case COMMAND_KEY_ROTATE: case COMMAND_KEY_STATUS:
    case COMMAND_KEY_INVENTORY: case COMMAND_KEY_DESTROY: case COMMAND_UNSEAL:
    case COMMANDS:
        break;
    }
    return NULL;
}

static void put_members(struct json_out *json, const struct options *o, struct span pem)
{
    if (o->command == COMMAND_MERCHANT_ADD) {
        json_put_str(json, "name", o->name);
        json_put_str(json, "currencies", o->currencies);
    } else if (o->command == COMMAND_MERCHANT_ROTATE) {
        json_put_i64(json, "overlap_seconds", o->overlap_seconds);
    } else if (o->command == COMMAND_MERCHANT_PUBLIC_KEY) {
        if (o->key_id[0])
            json_put_str(json, "key_id", o->key_id);
        json_put_text(json, "public_key_pem", pem);
    } else if (o->command == COMMAND_MERCHANT_PAYTM_KEY) {
        json_put_str(json, "client_id", o->client_id);
        json_put_str(json, "encryption_key_version", o->key_version);
        json_put_bool(json, "replace", o->replace);
    } else if (o->command == COMMAND_MERCHANT_JUSPAY_KEY) {
        json_put_bool(json, "replace", o->replace);
    } else if (o->command == COMMAND_MERCHANT_ONBOARD) {
        json_put_str(json, "scheme", o->scheme);
    } else if (o->command == COMMAND_MERCHANT_ORIGIN) {
        json_put_str(json, "origin", o->origin);
        json_put_bool(json, "remove", o->remove);
    } else if (o->command == COMMAND_CUSTOMER_ERASE) {
        json_put_str(json, "customer_id", o->customer);
    }
}

/* What to ask for: method, path and body of the command in `o`. `path` and `body` are the caller's memory. */
static struct admin_call call_for(const struct options *o, struct buf *path, struct buf *body, struct span pem)
{
    struct json_out json = json_out(body);
    const char *end = path_end(o->command);

    buf_text(path, "/admin/merchants");
    if (end) {
        buf_text(path, "/");
        buf_i64(path, o->merchant_id);
        buf_text(path, end);
    }
    buf_byte(path, '\0');

    json_object(&json);
    put_members(&json, o, pem);
    json_object_end(&json);
    if (o->command == COMMAND_MERCHANT_LIST)
        return (struct admin_call){ "GET", (const char *)path->p, { 0 } };
    return (struct admin_call){ "POST", (const char *)path->p, buf_view(body) };
}

/* Show an answer; returns the exit status. */
static int show(const struct options *o, long status, struct span answer, struct buf *shown)
{
    bool fine = status >= 200 && status < 300;

    if (!fine)
        merchant_show_error(shown, status, answer);
    else if (!o->json && merchant_show(shown, o->command, answer))
        buf_text((shown->n = 0, shown), "the server's answer cannot be understood\n"), fine = false;

    if (!fine)
        complain(buf_view(shown));
    if (o->json && (!tool_write(STDOUT_FILENO, answer) || !tool_write(STDOUT_FILENO, SPAN("\n"))))
        return TOOL_REFUSED;
    if (!o->json && fine && !tool_write(STDOUT_FILENO, buf_view(shown)))
        return TOOL_REFUSED;
    return fine ? TOOL_DONE : TOOL_REFUSED;
}

/* The public key's file. A private key is not sent anywhere, not even to be refused. */
static enum fault public_key(struct buf *pem, const char *path, struct buf *why)
{
    static const char private[] = "PRIVATE KEY-----";
    enum fault f = tool_file(pem, path, why);

    for (size_t i = 0; !f && i + sizeof private - 1 <= pem->n; i++) {
        if (memcmp(pem->p + i, private, sizeof private - 1) != 0)
            continue;
        secret_wipe(pem->p, pem->n);
        buf_text(why, path);
        buf_text(why, " holds a private key; register the public one that belongs to it");
        return FAULT_BAD_INPUT;
    }
    return f;
}

static int ask_and_show(const struct options *o, const struct admin_access *access, struct buf *answer,
                        struct buf *shown, struct buf *why)
{
    uint8_t path_bytes[PATH_MAX_TEXT], body_bytes[BODY_MAX];
    uint8_t pem_bytes[PEM_FILE_MAX];
    struct buf path = BUF(path_bytes), body = BUF(body_bytes), pem = BUF(pem_bytes);
    struct admin_call call;
    long status = 0;
    enum fault f = FAULT_NONE;

    if (o->command == COMMAND_MERCHANT_PUBLIC_KEY)
        f = public_key(&pem, o->public_key, why);
    call = call_for(o, &path, &body, buf_view(&pem));
    if (f)
        ;                             /* `why` says so */
    else if (path.full || body.full)
        buf_text(why, "the request is too long");
    else if (!admin_call(access, &call, &status, answer, why))
        return show(o, status, buf_view(answer), shown);
    complain(buf_view(why));
    return TOOL_UNUSABLE;
}

int merchant_command(const struct options *o)
{
    struct admin_talk t;
    int status = TOOL_UNUSABLE;

    if (admin_talk_begin(&t, o))
        complain(buf_view(&t.why));
    else
        status = ask_and_show(o, &t.access, &t.answer, &t.shown, &t.why);
    admin_talk_end(&t);
    return status;
}
