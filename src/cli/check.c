/* check.c: each database in turn; a backup is unsealed beside nobody's eyes first. */
#include "cli/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/audit.h"
#include "cli/key_source.h"
#include "cli/restore.h"
#include "cli/tool.h"
#include "store/check.h"

#include "base/banned.h"

enum { WHY_MAX = 1024, PATH_TEXT = OPTIONS_TEXT + 64 };

static const char *const databases[] = { "tijori.db", "network.db", "acquirer.db" };

static void print(void *name, const struct check_finding *f)
{
    printf("%s: %s", (const char *)name, f->rule);
    if (f->n > 1)
        printf(", %lld times", (long long)f->n);
    if (f->example[0])
        printf(" (%s)", f->example);
    putchar('\n');
}

enum fault check_file(size_t *findings, const char *path, const char *name, struct buf *why)
{
    bool ours = strcmp(name, databases[0]) == 0;
    struct check_report report = { 0 };
    char of[64];
    enum fault f;

    snprintf(of, sizeof of, "%s", name);
    f = (ours ? store_check : store_check_pages)(&report, path, print, of);
    *findings += report.findings;
    if (!f && report.findings == 0 && ours)
        printf("%s: sound; schema %lld, %zu rules hold\n", name, (long long)report.version, report.rules);
    else if (!f && report.findings == 0)
        printf("%s: sound\n", name);
    if (f) {
        buf_text(why, name);
        buf_text(why, f == FAULT_WRONG_STATE ? " was made by a newer tijori" : " cannot be read");
    }
    return f;
}

/* The chain of ours, for whoever has the keys. What keeps it from being read is said, and is no finding. */
static void check_chain(size_t *findings, const struct audit_checked *c, struct span why_not)
{
    enum fault f = FAULT_NONE;

    (void)fflush(stdout);             /* what comes is written without it */
    if (c->ring)
        f = audit_check(findings, c);
    if (f)
        why_not = f == FAULT_WRONG_STATE ? SPAN("it was made by an older tijori; a start brings it up to this one")
                                         : SPAN("it cannot be read");
    if (f || !c->ring)
        printf("%s: the chain of the audit log was not verified: %.*s\n", c->name, (int)why_not.n,
               (const char *)why_not.p);
}

/* The lock of the data folder, so that no server begins meanwhile. */
static enum fault lock(int *fd, const char *data, struct buf *why)
{
    char path[PATH_TEXT];

    snprintf(path, sizeof path, "%s/lock", data);
    *fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0 || flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return FAULT_NONE;
    buf_text(why, "a server is running on this folder: check a backup of it, or stop it first");
    return FAULT_BUSY;
}

static void check_folder_chain(size_t *findings, const struct options *o)
{
    uint8_t text[WHY_MAX];
    struct buf why = BUF(text);
    char path[PATH_TEXT], anchors[PATH_TEXT];
    struct keyring *ring = NULL;

    snprintf(path, sizeof path, "%s/%s", o->data, databases[0]);
    snprintf(anchors, sizeof anchors, "%s/audit.anchor", o->data);
    if (key_source_open(&ring, o, &why) != FAULT_NONE)
        ring = NULL;
    check_chain(findings, &(struct audit_checked){ ring, path, databases[0], anchors }, buf_view(&why));
    keyring_free(ring);
}

static enum fault check_folder(size_t *findings, const struct options *o, struct buf *why)
{
    char path[PATH_TEXT];
    int fd = -1;
    bool any = false, ours = false;
    enum fault f = lock(&fd, o->data, why);

    for (size_t i = 0; i < sizeof databases / sizeof *databases && !f; i++) {
        snprintf(path, sizeof path, "%s/%s", o->data, databases[i]);
        if (access(path, F_OK) != 0)
            continue;
        any = true;
        ours = ours || i == 0;
        f = check_file(findings, path, databases[i], why);
    }
    if (!f && ours)
        check_folder_chain(findings, o);
    if (!f && !any) {
        buf_text(why, "there is no database in ");
        buf_text(why, o->data);
        f = FAULT_NOT_FOUND;
    }
    if (fd >= 0)
        (void)close(fd);
    return f;
}

static enum fault check_backup(size_t *findings, const struct options *o, struct buf *why)
{
    const char *base = getenv("TMPDIR");
    struct restored r = { 0 };
    struct keyring *ring = NULL;
    char folder[PATH_TEXT], path[PATH_TEXT + 64];
    enum fault f = key_source_open(&ring, o, why);

    if (f)
        return f;
    snprintf(folder, sizeof folder, "%s/tijori-check-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(folder)) {
        keyring_free(ring);
        buf_text(why, "no folder can be made for the check");
        return FAULT_DISK;
    }
    f = restore_files(&r, &(struct restore_from){ o->file, ring }, folder, why);
    for (size_t i = 0; i < r.n && !f; i++) {
        snprintf(path, sizeof path, "%s/%s.restoring", folder, r.names[i]);
        f = check_file(findings, path, r.names[i], why);
        if (!f && strcmp(r.names[i], databases[0]) == 0)
            check_chain(findings, &(struct audit_checked){ ring, path, databases[0], NULL }, (struct span){ 0 });
    }
    keyring_free(ring);
    restore_forget(&r, folder);
    (void)rmdir(folder);
    return f;
}

int check_command(const struct options *o)
{
    uint8_t text[WHY_MAX];
    struct buf why = BUF(text);
    size_t findings = 0;
    enum fault f = FAULT_INTERNAL;

    if (key_source_begin(&why))
        f = o->file[0] ? check_backup(&findings, o, &why) : check_folder(&findings, o, &why);
    key_source_end();
    if (f) {
        if (!why.n)
            buf_text(&why, fault_text(f));
        tool_complain("check", buf_view(&why));
        return f == FAULT_DENIED ? TOOL_REFUSED : TOOL_UNUSABLE;
    }
    return findings ? TOOL_REFUSED : TOOL_DONE;
}
