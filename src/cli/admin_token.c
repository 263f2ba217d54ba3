/* admin_token.c: ask the admin listener about its tokens, show the answer, forget it. */
#include "cli/admin_token.h"

#include <unistd.h>

#include "base/json_in.h"
#include "cli/admin_client.h"
#include "cli/merchant_show.h"
#include "cli/table.h"
#include "cli/tool.h"

#include "base/banned.h"

enum { BODY_MAX = 4 * OPTIONS_TEXT, PATH_TEXT = 2 * OPTIONS_TEXT, COLUMNS = 7 };

struct token { struct span name, token, scopes, state, by, created, expires, used; bool revoked; };
struct tokens { const struct json_node *list; };

static const struct json_field token_fields[] = {
    { .name = "name", .type = JSON_TEXT, .required = true, .at = offsetof(struct token, name) },
    { .name = "token", .type = JSON_TEXT, .at = offsetof(struct token, token) },
    { .name = "scopes", .type = JSON_TEXT, .at = offsetof(struct token, scopes) },
    { .name = "state", .type = JSON_TEXT, .at = offsetof(struct token, state) },
    { .name = "created_by", .type = JSON_TEXT, .at = offsetof(struct token, by) },
    { .name = "created_at", .type = JSON_TEXT, .at = offsetof(struct token, created) },
    { .name = "expires_at", .type = JSON_TEXT, .at = offsetof(struct token, expires) },
    { .name = "used_at", .type = JSON_TEXT, .at = offsetof(struct token, used) },
    { .name = "revoked", .type = JSON_BOOL, .at = offsetof(struct token, revoked) },
    JSON_END,
};
static const struct json_field list_fields[] = {
    { .name = "tokens", .type = JSON_LIST, .required = true, .sub = token_fields, .at = offsetof(struct tokens, list) },
    JSON_END,
};

/* Method, path and body of the command; `path` and `body` are the caller's memory. */
static struct admin_call call_for(const struct options *o, struct buf *path, struct buf *body)
{
    struct json_out json = json_out(body);

    buf_text(path, "/admin/tokens");
    if (o->command == COMMAND_ADMIN_TOKEN_LIST) {
        buf_byte(path, '\0');
        return (struct admin_call){ "GET", (const char *)path->p, { 0 } };
    }
    json_object(&json);
    if (o->command == COMMAND_ADMIN_TOKEN_REVOKE) {
        buf_text(path, "/");
        buf_text(path, o->name);
        buf_text(path, "/revoke");
    } else {
        json_put_str(&json, "name", o->name);
        json_put_str(&json, "scopes", o->scopes);
        json_put_i64(&json, "days", o->days);
    }
    json_object_end(&json);
    buf_byte(path, '\0');
    return (struct admin_call){ "POST", (const char *)path->p, buf_view(body) };
}

static enum fault show_list(struct buf *out, struct arena *a, const struct json_node *root)
{
    static const struct span heads[COLUMNS] = {
        SPAN("NAME"), SPAN("SCOPES"), SPAN("STATE"), SPAN("MADE BY"), SPAN("CREATED"), SPAN("EXPIRES"),
        SPAN("LAST USED"),
    };
    struct json_complaint why;
    struct tokens all = { 0 };
    enum fault f = json_fill(&all, root, list_fields, a, &why);
    size_t n = f ? 0 : json_count(all.list);
    struct span *cells = f ? NULL : arena_take(a, (n + 1) * COLUMNS * sizeof *cells);

    if (f || !cells)
        return f ? f : FAULT_INTERNAL;
    for (size_t i = 0; i < n && !f; i++) {
        struct token t = { .used = SPAN("never") };

        f = json_fill(&t, json_member(all.list, i), token_fields, a, &why);
        const struct span row[COLUMNS] = { t.name, t.scopes, t.state, t.by, t.created, t.expires, t.used };
        for (size_t c = 0; c < COLUMNS; c++)
            cells[i * COLUMNS + c] = row[c];
    }
    if (!f)
        table_put(out, &(struct table){ heads, cells, COLUMNS, n });
    return f;
}

static enum fault show_one(struct buf *out, struct arena *a, const struct json_node *root, bool made)
{
    struct json_complaint why;
    struct token t = { 0 };
    enum fault f = json_fill(&t, root, token_fields, a, &why);

    if (f || (made ? !t.token.n : !t.revoked))
        return FAULT_BAD_INPUT;
    table_line(out, made ? "name    " : "revoked admin token ", t.name);
    table_line(out, "scopes  ", t.scopes);
    table_line(out, "expires ", t.expires);
    table_line(out, "token   ", t.token);
    if (made)
        buf_text(out, "The token is shown this once. Keep it in a file of its user's alone, for --admin-token-file.\n");
    return FAULT_NONE;
}

static enum fault show(struct buf *out, enum command c, struct span answer)
{
    const struct json_node *root;
    struct json_complaint why;
    struct arena *a = NULL;
    enum fault f = arena_new(&a);

    if (!f)
        f = json_read(&root, a, answer, &why);
    if (!f)
        f = c == COMMAND_ADMIN_TOKEN_LIST ? show_list(out, a, root)
                                          : show_one(out, a, root, c == COMMAND_ADMIN_TOKEN_CREATE);
    arena_free(a);
    return f;
}

/* Ask, and write what is to be shown behind `shown`; returns the exit status. */
static int ask(const struct options *o, const struct admin_access *access, struct buf *answer, struct buf *shown,
               struct buf *why)
{
    uint8_t path_bytes[PATH_TEXT], body_bytes[BODY_MAX];
    struct buf path = BUF(path_bytes), body = BUF(body_bytes);
    struct admin_call call = call_for(o, &path, &body);
    long status = 0;

    if (path.full || body.full)
        buf_text(why, "the request is too long");
    if (path.full || body.full || admin_call(access, &call, &status, answer, why))
        return TOOL_UNUSABLE;
    if (o->json) {
        buf_span(shown, buf_view(answer));
        buf_byte(shown, '\n');
    }
    if (status == 200 && (o->json || !show(shown, o->command, buf_view(answer))))
        return TOOL_DONE;
    if (status == 200)
        buf_text(why, "the server's answer cannot be understood");
    else
        merchant_show_error(why, status, buf_view(answer));
    return TOOL_REFUSED;
}

int admin_token_command(const struct options *o)
{
    struct admin_talk t;
    int status = TOOL_UNUSABLE;

    if (!admin_talk_begin(&t, o))
        status = ask(o, &t.access, &t.answer, &t.shown, &t.why);
    if (t.why.n)
        tool_complain("admin", (struct span){ t.why.p, t.why.p[t.why.n - 1] == '\n' ? t.why.n - 1 : t.why.n });
    if (t.shown.n && !tool_write(STDOUT_FILENO, buf_view(&t.shown)))
        status = TOOL_REFUSED;
    admin_talk_end(&t);
    return status;
}
