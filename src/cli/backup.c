/* backup.c: begin, wait for the copies, fetch piece after piece, end. */
#include "cli/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/json_in.h"
#include "cli/admin_client.h"
#include "cli/merchant_show.h"
#include "cli/tool.h"
#include "service/backup_file.h"

#include "base/banned.h"

enum {
    WHY_MAX = 1024, PATH_TEXT = 128, PART_PATH = OPTIONS_TEXT + 8,
    LOOK_MS = 200,                    /* between two looks at how far the copying is */
    RECORD_LEAST = 5,                 /* bytes of a record: its length, and something */
};

struct fetch {
    struct admin_access access;
    char id[2 * BACKUP_ID + 1], part[PART_PATH];
    int64_t pieces, bytes, done;
    int fd;
    bool shows;                       /* standard error is a terminal: one line, written anew */
    struct buf answer, why;
};

struct now { struct span id, stage; int64_t done, total, pieces, bytes; };

static const struct json_field now_fields[] = {
    { .name = "id", .type = JSON_TEXT, .required = true, .at = offsetof(struct now, id), .max = 2 * BACKUP_ID },
    { .name = "stage", .type = JSON_TEXT, .required = true, .at = offsetof(struct now, stage), .max = 16 },
    { .name = "done", .type = JSON_INT, .at = offsetof(struct now, done), .max = INT64_MAX },
    { .name = "total", .type = JSON_INT, .at = offsetof(struct now, total), .max = INT64_MAX },
    { .name = "pieces", .type = JSON_INT, .at = offsetof(struct now, pieces), .max = INT64_MAX },
    { .name = "bytes", .type = JSON_INT, .at = offsetof(struct now, bytes), .max = INT64_MAX },
    JSON_END,
};

static enum fault complain(struct fetch *b, const char *what, const char *detail)
{
    buf_text(&b->why, what);
    buf_text(&b->why, detail);
    return FAULT_BAD_INPUT;
}

static void progress(const struct fetch *b, const char *what, int64_t done, int64_t total)
{
    if (b->shows)
        fprintf(stderr, "\r%s: %lld of %lld MiB ", what, (long long)done >> 20, (long long)total >> 20);
}

/* One call; an answer other than 200 is a refusal, in the server's words. */
static enum fault call(struct fetch *b, const char *method, const char *path)
{
    struct admin_call c = { method, path, { 0 } };
    long status = 0;
    enum fault f;

    if (strcmp(method, "POST") == 0)
        c.body = SPAN("{}");
    b->answer.n = 0;
    b->answer.full = false;
    f = admin_call(&b->access, &c, &status, &b->answer, &b->why);
    if (f || status == 200)
        return f;
    merchant_show_error(&b->why, status, buf_view(&b->answer));
    return FAULT_DENIED;
}

/* Read how it is; the texts of `now` live in `a`. */
static enum fault read_now(struct fetch *b, struct now *now, struct arena *a)
{
    const struct json_node *root;
    struct json_complaint why;

    *now = (struct now){ 0 };
    if (json_read(&root, a, buf_view(&b->answer), &why) || json_fill(now, root, now_fields, a, &why) ||
        span_text(b->id, sizeof b->id, now->id) || strlen(b->id) != 2 * BACKUP_ID)
        return complain(b, "the server's answer cannot be understood", "");
    return FAULT_NONE;
}

static enum fault look(struct fetch *b, bool *ready)
{
    char path[PATH_TEXT];
    struct arena *a = NULL;
    struct now now = { 0 };
    enum fault f = arena_new(&a);

    snprintf(path, sizeof path, "/admin/backups/%s", b->id);
    if (!f && b->id[0])
        f = call(b, "GET", path);
    else if (!f)
        f = call(b, "POST", "/admin/backups");
    if (!f)
        f = read_now(b, &now, a);
    if (!f && span_equal(now.stage, SPAN("failed")))
        f = complain(b, "the server could not copy its databases; its journal says why", "");
    if (!f) {
        *ready = span_equal(now.stage, SPAN("ready"));
        b->pieces = now.pieces;
        b->bytes = now.bytes;
        progress(b, "copying", now.done, now.total);
    }
    arena_free(a);
    return f;
}

/* How many records the answer holds; -1: it does not end with one. */
static int64_t count_records(struct span s)
{
    int64_t n = 0;

    for (; s.n >= RECORD_LEAST; n++) {
        size_t length = (size_t)s.p[0] << 24 | (size_t)s.p[1] << 16 | (size_t)s.p[2] << 8 | s.p[3];

        if (length == 0 || length > s.n - 4)
            return -1;
        s = (struct span){ s.p + 4 + length, s.n - 4 - length };
    }
    return s.n ? -1 : n;
}

static enum fault fetch_pieces(struct fetch *b)
{
    char path[PATH_TEXT];
    enum fault f = FAULT_NONE;

    for (int64_t no = 0, n; no < b->pieces && !f; no += n) {
        n = 0;
        snprintf(path, sizeof path, "/admin/backups/%s/pieces/%lld", b->id, (long long)no);
        f = call(b, "GET", path);
        if (!f && (b->answer.full || (n = count_records(buf_view(&b->answer))) <= 0))
            f = complain(b, "the server's answer cannot be understood", "");
        if (!f && !tool_write(b->fd, buf_view(&b->answer)))
            f = complain(b, "the backup cannot be written: ", strerror(errno));
        b->done += (int64_t)b->answer.n;
        progress(b, "fetching", b->done, b->bytes);
    }
    return f;
}

static enum fault put_head(struct fetch *b)
{
    uint8_t head[BACKUP_HEAD];
    struct buf out = BUF(head);

    buf_span(&out, BACKUP_MAGIC_TEXT);
    if (hex_read(&out, span_of(b->id)) || out.n != sizeof head)
        return complain(b, "the server's answer cannot be understood", "");
    return tool_write(b->fd, buf_view(&out)) ? FAULT_NONE : complain(b, "the backup cannot be written: ",
                                                                     strerror(errno));
}

/* It has its name only when it is whole and on the disk. link() never replaces a file. */
static enum fault put_in_place(struct fetch *b, const char *path)
{
    if (fsync(b->fd) != 0)
        return complain(b, "the backup cannot be written: ", strerror(errno));
    if (link(b->part, path) != 0)
        return complain(b, "the backup cannot be put in place: ", strerror(errno));
    (void)unlink(b->part);
    return FAULT_NONE;
}

static enum fault fetch_all(struct fetch *b, const char *file)
{
    char path[PATH_TEXT];
    bool ready = false;
    enum fault f = look(b, &ready);

    while (!f && !ready) {
        (void)usleep(LOOK_MS * 1000);
        f = look(b, &ready);
    }
    if (!f)
        f = put_head(b);
    if (!f)
        f = fetch_pieces(b);
    if (!f)
        f = put_in_place(b, file);
    if (b->shows)
        fputc('\n', stderr);
    if (b->id[0]) {                   /* whatever came of it, the server may forget the copies */
        struct buf said = b->why;

        snprintf(path, sizeof path, "/admin/backups/%s/end", b->id);
        if (call(b, "POST", path) && !f)
            b->why = said;
        else if (f)
            b->why = said;
    }
    return f;
}

static enum fault open_part(struct fetch *b, const char *file)
{
    struct stat st;

    if (lstat(file, &st) == 0)
        return complain(b, file, " is there already; a backup replaces no file");
    snprintf(b->part, sizeof b->part, "%s.part", file);
    b->fd = open(b->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return b->fd >= 0 ? FAULT_NONE : complain(b, "the backup cannot be written: ", strerror(errno));
}

int backup_command(const struct options *o)
{
    uint8_t why[WHY_MAX], *answer = malloc(ADMIN_ANSWER_MAX);
    struct fetch b = { .fd = -1, .shows = isatty(STDERR_FILENO), .why = BUF(why),
                       .answer = { answer, 0, answer ? ADMIN_ANSWER_MAX : 0, false } };
    enum fault f;

    json_in_start();
    f = admin_access_find(&b.access, o, &b.why);
    if (!f)
        f = open_part(&b, o->file);
    if (!f)
        f = fetch_all(&b, o->file);
    if (b.fd >= 0)
        (void)close(b.fd);
    if (f && b.part[0] && b.fd >= 0)
        (void)unlink(b.part);
    admin_access_fini(&b.access);
    free(answer);
    if (!f) {
        printf("%s: %lld bytes. The keys are not in it: keep a copy of their folder elsewhere, and a new one after "
               "each key rotate.\n", o->file,
               (long long)b.done + BACKUP_HEAD);
        return TOOL_DONE;
    }
    tool_complain("backup", buf_view(&b.why));
    return f == FAULT_DENIED ? TOOL_REFUSED : TOOL_UNUSABLE;
}
