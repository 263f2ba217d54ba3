/* key.c: asking a running server about its keys. */
#include "cli/key.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json_out.h"
#include "cli/admin_client.h"
#include "cli/key_show.h"
#include "cli/merchant_show.h"
#include "cli/tool.h"

#include "base/banned.h"

enum { BODY_MAX = 4 * OPTIONS_TEXT, LINE_MAX_TEXT = 256, FOLLOW_MS = 1000 };

/* A conversation with the server. */
struct talk {
    const struct options *o;
    struct admin_talk with;
    long status;
    bool shows;                       /* standard error is a terminal: one line, written anew */
};

static int complain(struct span why, int status)
{
    if (why.n && why.p[why.n - 1] == '\n')
        why.n--;
    tool_complain("key", why);
    return status;
}

static void put_members(struct json_out *json, const struct options *o)
{
    json_put_str(json, "purpose", o->purpose);
    if (o->command == COMMAND_KEY_DESTROY) {
        json_put_str(json, "id", o->generation);
        json_put_bool(json, "confirm", o->yes);
    }
}

/* What to ask for; `body` is the caller's memory. */
static struct admin_call call_for(const struct options *o, struct buf *body)
{
    struct json_out json = json_out(body);

    if (o->command == COMMAND_KEY_STATUS)
        return (struct admin_call){ "GET", "/admin/keys", { 0 } };
    if (o->command == COMMAND_KEY_INVENTORY)
        return (struct admin_call){ "GET", "/admin/keys/inventory", { 0 } };
    json_object(&json);
    put_members(&json, o);
    json_object_end(&json);
    return (struct admin_call){
        "POST", o->command == COMMAND_KEY_DESTROY ? "/admin/keys/destroy" : "/admin/keys/rotate", buf_view(body)
    };
}

static enum fault ask(struct talk *t)
{
    uint8_t bytes[BODY_MAX];
    struct buf body = BUF(bytes);
    const struct admin_call call = call_for(t->o, &body);

    t->with.answer.n = 0;
    return admin_call(&t->with.access, &call, &t->status, &t->with.answer, &t->with.why);
}

static bool is_fine(const struct talk *t)
{
    return t->status >= 200 && t->status < 300;
}

/* Ask until there is nothing left to do, saying on standard error how far it is. */
static enum fault follow(struct talk *t)
{
    enum fault f = ask(t);
    bool over = false;

    while (!f && is_fine(t)) {
        uint8_t bytes[LINE_MAX_TEXT];
        struct buf line = BUF(bytes);

        if (key_show_progress(&line, &over, buf_view(&t->with.answer)) || over)
            break;
        fprintf(stderr, t->shows ? "\r\x1b[K%.*s" : "%.*s\n", (int)line.n, (const char *)line.p);
        (void)usleep(FOLLOW_MS * 1000);
        f = ask(t);
    }
    if (t->shows)
        fputc('\n', stderr);
    return f;
}

static int show(struct talk *t, struct buf *shown)
{
    const struct options *o = t->o;
    const struct span answer = buf_view(&t->with.answer);

    if (o->json && (!tool_write(STDOUT_FILENO, answer) || !tool_write(STDOUT_FILENO, SPAN("\n"))))
        return TOOL_REFUSED;
    if (!is_fine(t)) {
        merchant_show_error(shown, t->status, answer);
        if (o->command == COMMAND_KEY_DESTROY && !o->yes)
            buf_text(shown, "with --yes it is done all the same, where it can be\n");
        return complain(buf_view(shown), TOOL_REFUSED);
    }
    if (o->json)
        return TOOL_DONE;
    if (key_show(shown, o->command, answer))
        return complain(SPAN("the server's answer cannot be understood"), TOOL_REFUSED);
    return tool_write(STDOUT_FILENO, buf_view(shown)) ? TOOL_DONE : TOOL_REFUSED;
}

int key_command(const struct options *o)
{
    struct talk t = { .o = o, .shows = isatty(STDERR_FILENO) };
    enum fault f = admin_talk_begin(&t.with, o);
    int status;

    if (!f)
        f = o->command == COMMAND_KEY_STATUS && o->follow ? follow(&t) : ask(&t);
    status = f ? complain(buf_view(&t.with.why), TOOL_UNUSABLE) : show(&t, &t.with.shown);
    admin_talk_end(&t.with);
    return status;
}
