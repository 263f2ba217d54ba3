/* key_source.c: from options to keys. */
#include "cli/key_source.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/secret_line.h"
#include "cli/tool.h"
#include "keyholder/keysource.h"

#include "base/banned.h"

enum { PROMPT_TEXT = 64 };

bool key_source_begin(struct buf *why)
{
    const struct rlimit none = { 0, 0 };

    if (prctl(PR_SET_DUMPABLE, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0)
        return true;
    buf_text(why, "core dumps cannot be switched off");
    return false;
}

/* Leak checkers need to look. */
void key_source_end(void)
{
    (void)prctl(PR_SET_DUMPABLE, 1);
}

void key_source_file(char out[static KEY_SOURCE_PATH], const struct options *o)
{
    if (o->key_file[0])
        snprintf(out, KEY_SOURCE_PATH, "%s", o->key_file);
    else
        snprintf(out, KEY_SOURCE_PATH, "%s/keys/master.key", o->data);
}

/* A line that is too long is no share: an empty one goes on for it, and is refused as mistyped. */
bool key_source_ask(void *arg, struct buf *line, unsigned have, unsigned need)
{
    struct key_source_asked *before = arg;
    char prompt[PROMPT_TEXT];
    enum fault f;

    if (before->any && before->have == have)
        (void)tool_write(STDERR_FILENO, SPAN("that was no share of this keyring, or was given before\n"));
    *before = (struct key_source_asked){ have, true };
    snprintf(prompt, sizeof prompt, "share %u of %u (it is not shown): ", have + 1, need);
    f = secret_line_read(line, prompt);
    if (f == FAULT_BAD_INPUT) {
        line->n = 0;
        line->full = false;
    }
    return f == FAULT_NONE || f == FAULT_BAD_INPUT;
}

/* Which file it would be says nothing where it is the keyring beside it that does not open. */
static void keep_folder(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash && slash > path)
        *slash = '\0';
}

enum fault key_source_open(struct keyring **out, const struct options *o, struct buf *why)
{
    char path[KEY_SOURCE_PATH];
    const struct keysource_options from = { path, o->hsm_module, o->hsm_token, o->hsm_key, o->hsm_pin_file };
    struct keysource_opened got = { 0 };
    struct key_source_asked asked = { 0 };
    const char *reason = "";
    enum fault f;

    key_source_file(path, o);
    f = keysource_open(&got, &from, key_source_ask, &asked, &reason);
    if (f) {
        if (f != FAULT_NOT_FOUND && f != FAULT_DENIED)
            keep_folder(path);
        buf_text(why, "the keys at ");
        buf_text(why, path);
        buf_text(why, " cannot be used: ");
        buf_text(why, reason);
        return f;
    }
    *out = got.ring;
    got.ring = NULL;
    keysource_close(&got);
    return FAULT_NONE;
}
