/* restore.c: reading a backup. */
#include "cli/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/check.h"
#include "cli/key_source.h"
#include "cli/tool.h"
#include "keyholder/backup_key.h"
#include "service/backup_file.h"
#include "store/backup.h"

#include "base/banned.h"

#define RESTORING ".restoring"

enum {
    WHY_MAX = 1024, PATH_TEXT = OPTIONS_TEXT + 64,
    SEALED_MAX = BACKUP_PLAIN_MAX + 64,       /* bytes of a sealed piece, and a little more */
};

_Static_assert(sizeof ((struct restored *)0)->names[0] > BACKUP_NAME_MAX, "a name fits");
_Static_assert(sizeof ((struct restored *)0)->names / sizeof ((struct restored *)0)->names[0] == BACKUP_PARTS_MAX,
               "all parts fit");

struct reading {
    struct restored *out;
    const char *to;
    struct backup_key *key;
    FILE *file;
    uint8_t id[BACKUP_ID];
    int64_t no, left;                 /* the number of the next piece; bytes that the open part still wants */
    int fd;                           /* of the open part; -1: none */
    struct buf *why;
    uint8_t sealed[SEALED_MAX], plain[BACKUP_PLAIN_MAX];
};

static enum fault complain(struct buf *why, const char *what, const char *detail)
{
    buf_text(why, what);
    buf_text(why, detail);
    return FAULT_BAD_INPUT;
}

static void path_of(char out[static PATH_TEXT], const char *to, const char *name, const char *end)
{
    snprintf(out, PATH_TEXT, "%s/%s%s", to, name, end);
}

static enum fault close_part(struct reading *r)
{
    int bad = r->fd >= 0 ? fsync(r->fd) | close(r->fd) : 0;

    r->fd = -1;
    return bad ? complain(r->why, "a database cannot be written: ", strerror(errno)) : FAULT_NONE;
}

static enum fault begin_part(struct reading *r, const struct backup_piece *p)
{
    struct restored *out = r->out;
    char path[PATH_TEXT];
    enum fault f = close_part(r);

    if (f)
        return f;
    if (r->left || out->n == BACKUP_PARTS_MAX || span_text(out->names[out->n], sizeof out->names[0], p->bytes))
        return complain(r->why, "the backup is not what a server writes", "");
    path_of(path, r->to, out->names[out->n], RESTORING);
    r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (r->fd < 0)
        return complain(r->why, "a database cannot be written: ", strerror(errno));
    out->n++;
    r->left = p->number;
    return FAULT_NONE;
}

static enum fault add_data(struct reading *r, struct span bytes)
{
    if (r->fd < 0 || (int64_t)bytes.n > r->left || (bytes.n < BACKUP_PIECE && (int64_t)bytes.n != r->left))
        return complain(r->why, "the backup is not what a server writes", "");
    if (!tool_write(r->fd, bytes))
        return complain(r->why, "a database cannot be written: ", strerror(errno));
    r->left -= (int64_t)bytes.n;
    r->out->bytes += (int64_t)bytes.n;
    return FAULT_NONE;
}

static enum fault take(struct reading *r, const struct backup_piece *p, bool *ended)
{
    switch (p->kind) {
    case BACKUP_PART:
        return begin_part(r, p);
    case BACKUP_DATA:
        return add_data(r, p->bytes);
    case BACKUP_END:
        break;
    }
    r->out->begun_ms = p->number;
    *ended = true;
    if (r->left || p->parts != r->out->n || fgetc(r->file) != EOF)
        return complain(r->why, "the backup is not what a server writes", "");
    return close_part(r);
}

/* The sealed bytes of the next piece. */
static enum fault next_sealed(struct reading *r, struct span *out)
{
    uint8_t head[4];
    size_t n = fread(head, 1, sizeof head, r->file);

    if (n == sizeof head) {
        out->n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        out->p = r->sealed;
        if (out->n > 0 && out->n <= sizeof r->sealed && fread(r->sealed, 1, out->n, r->file) == out->n)
            return FAULT_NONE;
    }
    return complain(r->why, ferror(r->file) ? "the backup cannot be read" : "the backup is cut off or damaged", "");
}

static enum fault next_piece(struct reading *r, bool *ended)
{
    uint8_t place[BACKUP_ABOUT];
    struct buf about = BUF(place), plain = BUF(r->plain);
    struct backup_piece p;
    struct span sealed;
    enum fault f = next_sealed(r, &sealed);

    if (f)
        return f;
    backup_about(&about, r->id, r->no);
    if (backup_key_open(r->key, &plain, sealed, buf_view(&about))) {
        complain(r->why, "the backup is damaged",
                 r->no ? "" : ", or the keyring has not the key that it was made under");
        return FAULT_DENIED;
    }
    r->no++;
    if (backup_piece_unpack(&p, buf_view(&plain)))
        return complain(r->why, "the backup is not what a server writes", "");
    return take(r, &p, ended);
}

static enum fault read_all(struct reading *r)
{
    uint8_t magic[BACKUP_MAGIC];
    bool ended = false;
    enum fault f = FAULT_NONE;

    if (fread(magic, 1, sizeof magic, r->file) != sizeof magic || fread(r->id, 1, BACKUP_ID, r->file) != BACKUP_ID ||
        !span_equal((struct span){ magic, sizeof magic }, BACKUP_MAGIC_TEXT))
        return complain(r->why, "this is no backup", "");
    while (!f && !ended)
        f = next_piece(r, &ended);
    if (!f && r->out->n == 0)
        f = complain(r->why, "the backup is empty", "");
    return f;
}

enum fault restore_files(struct restored *out, const struct restore_from *from, const char *to, struct buf *why)
{
    struct reading *r = calloc(1, sizeof *r);
    enum fault f;

    *out = (struct restored){ 0 };
    if (!r)
        return FAULT_INTERNAL;
    *r = (struct reading){ .out = out, .to = to, .fd = -1, .why = why };
    f = backup_key_of_ring(&r->key, from->ring);
    if (!f && !(r->file = fopen(from->file, "rbe")))
        f = complain(why, "the backup cannot be read: ", strerror(errno));
    if (!f)
        f = read_all(r);
    if (r->fd >= 0)
        (void)close(r->fd);
    if (r->file)
        (void)fclose(r->file);
    if (f)
        restore_forget(out, to);
    backup_key_free(r->key);
    explicit_bzero(r, sizeof *r);
    free(r);
    return f;
}

enum fault restore_keep(const struct restored *r, const char *to, struct buf *why)
{
    char from[PATH_TEXT], at[PATH_TEXT];
    int fd, bad = 0;

    for (size_t i = 0; i < r->n && !bad; i++) {
        path_of(from, to, r->names[i], RESTORING);
        path_of(at, to, r->names[i], "");
        bad = link(from, at);         /* which never replaces a file */
    }
    if (bad) {
        complain(why, "a database cannot be put in place: ", strerror(errno));
        return FAULT_DISK;
    }
    restore_forget(r, to);
    fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bad = fd < 0 || fsync(fd) != 0;
    if (fd >= 0)
        (void)close(fd);
    return bad ? FAULT_DISK : FAULT_NONE;
}

/* The check leaves no log or index behind, but who is killed may. */
void restore_forget(const struct restored *r, const char *to)
{
    static const char *const ends[] = { RESTORING, RESTORING "-wal", RESTORING "-shm" };
    char path[PATH_TEXT];

    for (size_t i = 0; i < r->n; i++)
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
            path_of(path, to, r->names[i], ends[e]);
            (void)unlink(path);
        }
}

/* A folder that has none of what would be written. It may have the keys, which are there first. */
static enum fault make_folder(const struct options *o, struct buf *why)
{
    static const char *const names[] = { "tijori.db", "tijori.db-wal", "network.db", "acquirer.db" };
    char path[PATH_TEXT];
    struct stat st;

    if (mkdir(o->data, 0700) != 0 && errno != EEXIST)
        return complain(why, "the folder cannot be made: ", strerror(errno));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        path_of(path, o->data, names[i], "");
        if (lstat(path, &st) == 0)
            return complain(why, path, " is there already; a backup is restored into a new folder");
    }
    return FAULT_NONE;
}

static enum fault check_all(const struct restored *r, const char *to, struct buf *why)
{
    size_t findings = 0;
    char path[PATH_TEXT];
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < r->n && !f; i++) {
        path_of(path, to, r->names[i], RESTORING);
        f = check_file(&findings, path, r->names[i], why);
    }
    if (!f && findings) {
        complain(why, "what the backup holds does not pass the check above; nothing was put in place", "");
        f = FAULT_DENIED;
    }
    return f;
}

/* What was numbered since the backup is not in it. */
static enum fault mark(const struct restored *r, const char *to, struct buf *why)
{
    char path[PATH_TEXT];
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < r->n && !f; i++) {
        path_of(path, to, r->names[i], RESTORING);
        if (strcmp(r->names[i], "tijori.db") == 0)
            f = store_mark_restored(path, clock_now_ms(clock_system()));
    }
    if (f)
        complain(why, f == FAULT_WRONG_STATE ? "the backup was made by a newer tijori"
                                             : "the restored database cannot be written", "");
    return f;
}

static enum fault open_keys(struct keyring **ring, const struct options *o, struct buf *why)
{
    enum fault f = key_source_open(ring, o, why);

    if (f)
        buf_text(why, "; the keys are not in a backup: copy the folder of the key file there first");
    return f;
}

static enum fault restore_all(struct restored *r, const struct options *o, struct buf *why)
{
    struct keyring *ring = NULL;
    enum fault f = key_source_begin(why) ? make_folder(o, why) : FAULT_INTERNAL;

    if (!f)
        f = open_keys(&ring, o, why);
    if (!f)
        f = restore_files(r, &(struct restore_from){ o->file, ring }, o->data, why);
    keyring_free(ring);
    key_source_end();
    return f;
}

int restore_command(const struct options *o)
{
    uint8_t text[WHY_MAX];
    struct buf why = BUF(text);
    struct restored r = { 0 };
    enum fault f = restore_all(&r, o, &why);

    if (!f) {
        f = check_all(&r, o->data, &why);
        if (!f)
            f = mark(&r, o->data, &why);
        if (!f)
            f = restore_keep(&r, o->data, &why);
        if (f)
            restore_forget(&r, o->data);
    }
    if (!f) {
        printf("%s: restored %zu %s, %lld bytes, as when the backup was begun.\n", o->data, r.n,
               r.n == 1 ? "database" : "databases", (long long)r.bytes);
        return TOOL_DONE;
    }
    if (!why.n)
        buf_text(&why, fault_text(f));
    tool_complain("restore", buf_view(&why));
    return f == FAULT_DENIED ? TOOL_REFUSED : TOOL_UNUSABLE;
}
