/* files.c: anchors, journal, credentials, the key file. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts.h"
#include "base/journal.h"
#include "gateway/folder.h"
#include "keyholder/keyfile.h"
#include "service/audit.h"

#include "base/banned.h"

enum { EVENTS = 40, POINTS_MAX = 500, TEXT_MAX = 64 * 1024 };

/* `run` writes while something fails; `check` looks, when nothing does any more. */
struct writing { const char *name; void (*run)(struct site *g); void (*check)(struct site *g); };

static size_t read_text(struct site *g, const char *name, char text[static TEXT_MAX])
{
    char path[128];
    int fd;
    ssize_t n;

    (void)snprintf(path, sizeof path, "%s/%s", g->w.folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, text, TEXT_MAX - 1);
    if (fd >= 0)
        (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

/* --- anchors --------------------------------------------------------------------------------------------------- */

/* Is the last line of the file this link's? */
static bool is_anchored(struct site *g, int64_t link_no)
{
    static char text[TEXT_MAX];
    char begin[64];
    size_t n;
    char *line;

    site_watch(g, false);
    n = read_text(g, "audit.anchor", text);
    site_watch(g, true);
    if (n == 0 || text[n - 1] != '\n')
        return false;
    text[n - 1] = '\0';
    line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    (void)snprintf(begin, sizeof begin, "tijori-anchor-1 %lld ", (long long)link_no);
    return strncmp(line, begin, strlen(begin)) == 0;
}

/* What was told as set down is in the file, and found there by who verifies, although others could not be. */
static void run_anchors(struct site *g)
{
    if (site_open(g)) {               /* the first anchor is set down at the start */
        if (!calls_failed())
            site_wrong(g, "the gateway does not start");
        return;
    }
    for (int i = 0; i < 4; i++) {
        calls_reset();
        if (act_admin(g, "call"))
            site_wrong(g, "a row was not written, although only the anchor's file fails");
        if (audit_step(g->w.s.audit, true) != FAULT_NONE)
            continue;
        g->anchored = site_number(g, "SELECT max(link_no) FROM audit_links");
        if (!is_anchored(g, g->anchored))
            site_wrong(g, "link %lld was told as anchored, and is not", (long long)g->anchored);
        if (calls_unsynced())
            site_wrong(g, "an anchor was told as set down before it was on the disk");
    }
    site_close(g);
}

static void check_anchors(struct site *g)
{
    site_check(g);
}

/* --- the journal ----------------------------------------------------------------------------------------------- */

static struct { uint64_t dropped; bool last; } told;

static void run_journal(struct site *g)
{
    struct folder paths = { .journal = "" };
    struct journal *j = NULL;
    int fd;

    (void)snprintf(paths.journal, sizeof paths.journal, "%s/journal.jsonl", g->w.folder);
    told.dropped = EVENTS;
    told.last = false;
    if (folder_open_journal(&fd, &paths))
        return;
    must(journal_open(&j, fd, "test", g->w.s.clock));
    for (int i = 1; i <= EVENTS; i++) {
        journal_event(j, JOURNAL_INFO, "something happened", i, NULL);
        if (i % 15 == 0)
            (void)usleep(60 * 1000);  /* a write of its own */
    }
    told.dropped = journal_dropped(j);
    told.last = !calls_failed();      /* whatever fails from here on fails in the last write */
    journal_close(j);
    told.last = told.last && calls_failed();
    (void)close(fd);
}

/* Every line but one that was cut short is whole, and so many are missing as the journal knows of. */
static void check_journal(struct site *g)
{
    static char text[TEXT_MAX];
    uint64_t events = 0, cut = 0;
    char *rest = text, *line;

    (void)read_text(g, "journal.jsonl", text);
    while ((line = strsep(&rest, "\n")) != NULL) {
        size_t n = strlen(line);
        bool whole = n > 1 && line[0] == '{' && line[n - 1] == '}' && !strstr(line + 1, "{\"time\"");

        events += whole && strstr(line, "something happened") != NULL;
        cut += n > 0 && !whole;
    }
    if (cut > 1)
        site_wrong(g, "%llu lines of the journal are not whole", (unsigned long long)cut);
    /* what the last write of all lost is known to nobody who could say so */
    if (events > EVENTS || (!told.last && events + told.dropped != EVENTS))
        site_wrong(g, "%llu lines are there, %llu were dropped, of %d", (unsigned long long)events,
                   (unsigned long long)told.dropped, EVENTS);
}

/* --- credentials ----------------------------------------------------------------------------------------------- */

static void fill(struct credentials *c, const char *secret)
{
    memset(c, 0, sizeof *c);
    (void)snprintf(c->base_url, sizeof c->base_url, "http://127.0.0.1:8080");
    (void)snprintf(c->client_id, sizeof c->client_id, "TEST1");
    (void)snprintf(c->client_secret, sizeof c->client_secret, "%s", secret);
    (void)snprintf(c->admin_token, sizeof c->admin_token, "%s", secret);
}

static void paths_of(struct site *g, struct folder *f)
{
    memset(f, 0, sizeof *f);
    (void)snprintf(f->credentials, sizeof f->credentials, "%s/credentials.json", g->w.folder);
    (void)snprintf(f->curl, sizeof f->curl, "%s/curl.conf", g->w.folder);
    (void)snprintf(f->juspay, sizeof f->juspay, "%s/juspay.conf", g->w.folder);
}

static struct { bool first, second; } written;

static bool write_credentials(struct site *g, const char *secret)
{
    struct credentials *c = calloc(1, sizeof *c);
    struct folder f;
    enum fault said;

    if (!c)
        world_fail("no memory");
    fill(c, secret);
    paths_of(g, &f);
    calls_reset();
    said = folder_write_credentials(c, &f);
    if (said != FAULT_NONE && said != FAULT_DISK)
        site_wrong(g, "the answer is %s", fault_name(said));
    if (said == FAULT_NONE && calls_unsynced())
        site_wrong(g, "credentials were told as written before they were on the disk");
    free(c);
    return said == FAULT_NONE;
}

static void run_credentials(struct site *g)
{
    written.first = write_credentials(g, "old-secret");
    written.second = write_credentials(g, "new-secret");
}

/* The one or the other, whole; the newest that was told as written. And then it can be written again. */
static void check_credentials(struct site *g)
{
    struct credentials *c = calloc(1, sizeof *c);
    struct folder f;
    struct arena *a;
    enum fault said;

    if (!c)
        world_fail("no memory");
    must(arena_new(&a));
    paths_of(g, &f);
    said = folder_read_credentials(c, &f, a);
    if (said == FAULT_NOT_FOUND ? written.first || written.second : said != FAULT_NONE)
        site_wrong(g, "the credentials cannot be read: %s", fault_name(said));
    if (!said && strcmp(c->client_secret, "new-secret") != 0
        && (written.second || strcmp(c->client_secret, "old-secret") != 0))
        site_wrong(g, "the credentials are not those that were written: %s", c->client_secret);
    arena_free(a);
    free(c);
    if (!write_credentials(g, "again"))
        site_wrong(g, "credentials cannot be written any more");
}

/* --- the key file ---------------------------------------------------------------------------------------------- */

static struct { enum fault said; } made;

static void run_key(struct site *g)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/master.key", g->w.folder);
    calls_reset();
    made.said = keyfile_create(path);
    if (made.said == FAULT_NONE && calls_unsynced())
        site_wrong(g, "a key was told as made before it was on the disk");
}

/* A key that is there is whole, and stays; otherwise it can be made now. */
static void check_key(struct site *g)
{
    struct secret *key = NULL, *again = NULL;
    char path[128];
    enum fault f;

    (void)snprintf(path, sizeof path, "%s/master.key", g->w.folder);
    f = keyfile_read(&key, path);
    if (f != FAULT_NONE && (f != FAULT_NOT_FOUND || made.said == FAULT_NONE))
        site_wrong(g, "the key cannot be read: %s", fault_name(f));
    f = keyfile_create(path);
    if (f != (key ? FAULT_EXISTS : FAULT_NONE))
        site_wrong(g, "making a key says %s", fault_name(f));
    if (keyfile_read(&again, path) || (key && !secret_equal((struct span){ key->bytes, key->n },
                                                            (struct span){ again->bytes, again->n })))
        site_wrong(g, "the key is another one now");
    secret_free(key);
    secret_free(again);
}

static const struct writing writings[] = {
    { "audit.anchor", run_anchors, check_anchors },
    { "journal", run_journal, check_journal },
    { "credentials", run_credentials, check_credentials },
    { "key file", run_key, check_key },
};

static const struct { const char *name; struct calls_fault fault; } ways[] = {
    { "open fails", { CALL_OPEN, 0, EIO, false } },
    { "write fails", { CALL_WRITE, 0, EIO, false } },
    { "disk full", { CALL_WRITE, 0, ENOSPC, false } },
    { "write torn", { CALL_WRITE, 0, ENOSPC, true } },
    { "sync fails", { CALL_SYNC, 0, EIO, false } },
    { "rename fails", { CALL_RENAME, 0, EIO, false } },
};

static void prepare(struct site *g)
{
    struct merchant_credentials m;

    world_parties_open(&g->w);
    must(site_open(g));
    must(merchant_add(&g->w.s, &m, SPAN("One"), SPAN("INR")));
    g->w.merchants[0] = m.merchant_id;
    site_close(g);
    site_keep(g);
}

/* Fail the n-th until there are not so many. */
static uint64_t fail_each(struct site *g, const struct writing *what, size_t way, unsigned stride)
{
    struct calls_fault fault = ways[way].fault;
    uint64_t points = 0;

    for (fault.n = 1; fault.n < POINTS_MAX; fault.n += stride) {
        unsigned n = fault.n;
        bool failed;

        (void)snprintf(g->where, sizeof g->where, "%s, %s %u", what->name, ways[way].name, n);
        site_begin(g);
        calls_fail(fault);
        what->run(g);
        failed = calls_failed();
        calls_fail((struct calls_fault){ .n = 0 });
        what->check(g);
        if (!failed)
            return points;
        points++;
    }
    if (stride == 1)
        site_wrong(g, "there is no end to it");
    return points;
}

void files_campaign(struct files_sum *sum, unsigned stride)
{
    struct site *g = calloc(1, sizeof *g);

    if (!g)
        world_fail("no memory");
    site_around_open(g);
    prepare(g);
    for (size_t i = 0; i < sizeof writings / sizeof *writings; i++)
        for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
            uint64_t wrong = g->wrong_in_all, points = fail_each(g, &writings[i], way, stride);

            if (points || g->wrong_in_all > wrong)
                printf("%-12s %-32s %6llu points %4llu failures\n", writings[i].name, ways[way].name,
                       (unsigned long long)points, (unsigned long long)(g->wrong_in_all - wrong));
            sum->points += points;
        }
    sum->wrong = g->wrong_in_all;
    world_parties_close(&g->w);
    site_around_close(g);
    free(g);
}
