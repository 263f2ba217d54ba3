/* audit.c: `tijori audit`: opening the log, and verifying it. */
#include "cli/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/isotime.h"
#include "cli/audit_own.h"
#include "cli/key_source.h"

#include "base/banned.h"

enum { PROGRESS_LINKS = 20000, SLACK_MS = 2 * 60 * 1000 };

void audit_print(int fd, const char *format, ...)
{
    char line[AUDIT_LINE];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (n > 0)
        (void)tool_write(fd, (struct span){ (const uint8_t *)line,
                                             (size_t)n < sizeof line ? (size_t)n : sizeof line - 1 });
}

int audit_fail(const char *what, enum fault f)
{
    audit_print(STDERR_FILENO, "tijori audit: %s: %s\n", what,
                f == FAULT_WRONG_STATE ? "it was made by an older or a newer tijori"
                : f == FAULT_EXISTS ? "it is there already" : f == FAULT_NOT_FOUND ? "it does not exist"
                : f == FAULT_DENIED ? "it is open to others, or not yours"
                : f == FAULT_BAD_INPUT ? "it does not hold what it should" : f == FAULT_RETRY ? "it is in use"
                : "it cannot be read or written");
    return TOOL_UNUSABLE;
}

enum fault audit_path(char out[static AUDIT_PATH], const struct options *o, const char *name)
{
    int n = snprintf(out, AUDIT_PATH, "%s/%s", o->data, name);

    return n > 0 && n < AUDIT_PATH ? FAULT_NONE : FAULT_BAD_INPUT;
}

/* Open the log, or the archive that `o` names. False, and it was said why not. */
static bool open_log(struct audit_trail **out, const struct options *o)
{
    const bool is_archive = o->archive[0] && o->command != COMMAND_AUDIT_ARCHIVE && o->command != COMMAND_AUDIT_PURGE;
    char path[AUDIT_PATH];
    const char *log = is_archive ? o->archive : path;
    enum fault f = audit_path(path, o, "tijori.db");

    if (!f)
        f = access(log, F_OK) == 0 || errno != ENOENT ? audit_trail_open(out, log) : FAULT_NOT_FOUND;
    if (f)
        (void)audit_fail(log, f);
    return f == FAULT_NONE;
}

enum fault audit_open_key(struct audit_key **out, const struct options *o, struct buf *why)
{
    struct keyring *ring = NULL;
    enum fault f = key_source_open(&ring, o, why);

    if (f)
        return f;
    f = audit_key_of_ring(out, ring);
    if (f)
        buf_text(why, "the audit key cannot be derived");
    keyring_free(ring);
    return f;
}

static enum fault read_newest(struct store_tx *tx, void *arg)
{
    return audit_newest(tx, arg);
}

/* An end that is missing was cut off, or the whole database is an older copy: the log looks the same. A link is made
 * each minute, so other tables of a copy are no younger than that. */
static void print_end(struct audit_trail *t, const struct audit_report *r)
{
    struct audit_newest newest;
    char at[ISOTIME_TEXT];
    size_t i = 0;

    while (i < r->named && r->findings[i].what != AUDIT_CUT_OFF)
        i++;
    if (i == r->named || audit_trail_read(t, read_newest, &newest))
        return;
    if (newest.at_ms > r->tally.at_ms + SLACK_MS && newest.at_ms <= ISOTIME_LAST_MS) {
        isotime_utc(at, newest.at_ms);
        audit_print(STDOUT_FILENO, "the end was cut off: the database has an order or a payment of %s, from long after "
                    "its last link\n", at);
    } else {
        audit_print(STDOUT_FILENO, "no order or payment is younger than the last link, as in an older copy of the "
                    "whole database; who cut the end off may have cut those off too\n");
    }
}

void audit_print_findings(const struct audit_report *r)
{
    for (size_t i = 0; i < r->named; i++) {
        char text[AUDIT_LINE];
        struct buf b = BUF(text);

        audit_finding_text(&b, &r->findings[i]);
        audit_print(STDOUT_FILENO, "%.*s\n", (int)b.n, text);
    }
    if (r->n > r->named)
        audit_print(STDOUT_FILENO, "and %zu more\n", r->n - r->named);
}

/* The whole file, NUL-terminated nowhere; absent when there is none. */
static enum fault read_anchors(struct span *out, const char *path)
{
    struct stat is;
    uint8_t *text;
    size_t n = 0;
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *out = (struct span){ 0 };
    if (fd < 0)
        return FAULT_NOT_FOUND;
    if (fstat(fd, &is) != 0 || is.st_size > AUDIT_ANCHORS_MAX || !(text = malloc((size_t)is.st_size + 1))) {
        (void)close(fd);
        return FAULT_DISK;
    }
    while (n < (size_t)is.st_size && (got = read(fd, text + n, (size_t)is.st_size - n)) > 0)
        n += (size_t)got;
    (void)close(fd);
    *out = (struct span){ text, n };
    return got < 0 ? FAULT_DISK : FAULT_NONE;
}

static enum fault show_progress(void *arg, const struct audit_tally *t, const struct audit_report *r)
{
    (void)arg;
    if (r->links % PROGRESS_LINKS == 0)
        audit_print(STDERR_FILENO, "%" PRId64 " links, %" PRId64 " rows, %zu found; at link %" PRId64 "\n", r->links,
                    r->rows, r->n, t->link_no);
    return FAULT_NONE;
}

static void print_kinds(const char *before, const int64_t n[static AUDIT_KINDS], const char *behind)
{
    if (n[AUDIT_OF_CARDS] || n[AUDIT_OF_NUMBERS])
        audit_print(STDOUT_FILENO, "%s%" PRId64 " card(s) and %" PRId64 " token number(s)%s\n", before,
                    n[AUDIT_OF_CARDS], n[AUDIT_OF_NUMBERS], behind);
}

static void print_summary(const struct audit_report *r, bool has_anchors)
{
    const struct audit_tally *t = &r->tally;
    char at[ISOTIME_TEXT] = "never";

    if (t->at_ms > 0 && t->at_ms <= ISOTIME_LAST_MS)
        isotime_utc(at, t->at_ms);
    audit_print(STDOUT_FILENO, "read: %" PRId64 " links, %" PRId64 " rows; the last link is %" PRId64 " (%s), the last "
                "row %" PRId64 "\n", r->links, r->rows, t->link_no, at, t->last_row);
    if (r->purged)
        audit_print(STDOUT_FILENO, "purged: everything up to link %" PRId64 "\n", r->purged);
    if (r->unchained)
        audit_print(STDOUT_FILENO, "unknown: %" PRId64 " row(s) are older than the chain; nothing is said of them\n",
                    r->unchained);
    if (r->anchored)
        audit_print(STDOUT_FILENO, "anchored: up to link %" PRId64 "; unanchored: %" PRId64 " link(s) behind it\n",
                    r->anchored, t->link_no - r->anchored);
    else
        audit_print(STDOUT_FILENO, "unanchored: all %" PRId64 " link(s)%s\n", r->links,
                    has_anchors ? "" : "; there is no anchor file, so what was cut off at the end cannot be seen");
    print_kinds("opened: ", t->opened, " in all");
    print_kinds("open: ", r->open, " of the last seconds, whose rows may be on their way");
    print_kinds("lost: ", r->lost, ", whose rows went with a gateway that was killed");
    print_kinds("unused: rows answer for ", r->unused, " that were not opened: questions that came to nothing");
}

static int verify(const struct options *o, struct audit_trail *t, struct audit_key *key)
{
    struct audit_report *r = calloc(1, sizeof *r);
    struct audit_verify v = { .trail = t, .key = key, .is_part = o->archive[0] != '\0', .each = show_progress,
                              .now_ms = clock_now_ms(clock_system()) };
    char path[AUDIT_PATH];
    enum fault f = r ? audit_path(path, o, "audit.anchor") : FAULT_INTERNAL;
    bool has_anchors = false;
    int status = TOOL_UNUSABLE;

    if (!f)
        f = read_anchors(&v.anchors, o->anchor[0] ? o->anchor : path);
    has_anchors = !f;
    if (f == FAULT_NOT_FOUND && !o->anchor[0])
        f = FAULT_NONE;
    if (!f)
        f = audit_verify_trail(r, &v);
    if (f) {
        audit_fail(f == FAULT_NOT_FOUND ? "the anchor file" : "the audit log", f);
    } else {
        audit_print_findings(r);
        print_end(t, r);
        print_summary(r, has_anchors);
        audit_print(STDOUT_FILENO, r->n ? "%zu thing(s) found: the audit log is not whole\n"
                                        : "nothing found: the audit log is whole\n", r->n);
        status = r->n ? TOOL_REFUSED : TOOL_DONE;
    }
    free((void *)v.anchors.p);
    free(r);
    return status;
}

/* What a check says of it in a line. */
static void print_whole(const struct audit_report *r, const char *name)
{
    audit_print(STDOUT_FILENO, "%s: the audit log is whole: %" PRId64 " links, %" PRId64 " rows; anchored up to link "
                "%" PRId64 "\n", name, r->links, r->rows, r->anchored);
    print_kinds("open: ", r->open, " at the end, whose rows were on their way");
}

/* With a time of 0 no opening is late: a copy, or a server that was killed, may lack the rows of the last seconds. */
enum fault audit_check(size_t *findings, const struct audit_checked *c)
{
    struct audit_report *r = calloc(1, sizeof *r);
    struct audit_verify v = { .is_part = !c->anchors };
    enum fault f = r ? audit_key_of_ring(&v.key, c->ring) : FAULT_INTERNAL;

    if (!f && c->anchors)
        f = read_anchors(&v.anchors, c->anchors);
    if (f == FAULT_NOT_FOUND)
        f = FAULT_NONE;
    if (!f)
        f = audit_trail_open(&v.trail, c->path);
    if (!f)
        f = audit_verify_trail(r, &v);
    if (!f && r->n) {
        *findings += r->n;
        audit_print(STDOUT_FILENO, "%s: the audit log is not whole:\n", c->name);
        audit_print_findings(r);
        print_end(v.trail, r);
    } else if (!f) {
        print_whole(r, c->name);
    }
    audit_trail_close(v.trail);
    audit_key_free(v.key);
    free((void *)v.anchors.p);
    free(r);
    return f;
}

static int run_keyed(const struct options *o, struct audit_trail *t)
{
    uint8_t text[AUDIT_LINE];
    struct buf why = BUF(text);
    struct audit_key *key;
    int status;

    if (!key_source_begin(&why) || audit_open_key(&key, o, &why)) {
        key_source_end();
        tool_complain("audit", buf_view(&why));
        return TOOL_UNUSABLE;
    }
    status = o->command == COMMAND_AUDIT_VERIFY ? verify(o, t, key)
        : o->command == COMMAND_AUDIT_ARCHIVE ? audit_archive(o, t, key) : audit_purge_old(o, t, key);
    audit_key_free(key);
    key_source_end();
    return status;
}

int audit_command(const struct options *o)
{
    struct audit_trail *t;
    int status;

    if (!open_log(&t, o))
        return TOOL_UNUSABLE;
    if (o->command == COMMAND_AUDIT_TAIL)
        status = audit_tail(o, t);
    else if (o->command == COMMAND_AUDIT_EXPORT)
        status = audit_export(o, t);
    else
        status = run_keyed(o, t);
    audit_trail_close(t);
    return status;
}
