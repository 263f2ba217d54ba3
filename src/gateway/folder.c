/* folder.c: the data folder. */
#include "gateway/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_in.h"
#include "base/json_out.h"
#include "base/secret.h"

#include "base/banned.h"

enum { CREDENTIALS_MAX = 16 * 1024 }; /* bytes of the credentials file */

/* What the file says, and where it goes. */
struct entry { const char *part, *name; size_t at, cap; };
#define ENTRY(part, name, field) { part, name, offsetof(struct credentials, field), \
                                   sizeof(((struct credentials *)0)->field) }
static const struct entry entries[] = {
    ENTRY(NULL, "base_url", base_url),
    ENTRY("cashfree", "client_id", client_id),
    ENTRY("cashfree", "client_secret", client_secret),
    ENTRY("juspay", "api_key", juspay.api_key),
    ENTRY("juspay", "key_id", juspay.key_id),
    ENTRY("juspay", "server_public_key_pem", juspay.server_public_key),
    ENTRY("juspay", "merchant_private_key_pem", juspay.merchant_private_key),
    ENTRY("paytm", "mid", paytm.mid),
    ENTRY("paytm", "merchant_key", paytm.merchant_key),
    ENTRY("paytm", "client_id", paytm.client_id),
    ENTRY("paytm", "encryption_key_version", paytm.key_version),
    ENTRY("paytm", "server_public_key_pem", paytm.server_public_key),
    ENTRY("admin", "url", admin_url),
    ENTRY("admin", "token", admin_token),
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static enum fault read_entries(struct credentials *c, const struct json_node *node, struct arena *a);
static void path_of(char out[FOLDER_PATH], const char *dir, const char *name);
static enum fault make_dir(bool *shut, const char *path);
static enum fault shut_to_others(bool *shut, const char *path, int flags, mode_t mode);
static enum fault replace_file(const char *path, struct span text);
static enum fault sync_folder_of(const char *path);
static enum fault write_all(int fd, struct span s);

void folder_paths(struct folder *f, const struct options *o)
{
    path_of(f->key_dir, o->data, "/keys");
    path_of(f->lock, o->data, "/lock");
    path_of(f->store, o->data, "/tijori.db");
    path_of(f->network, o->data, "/network.db");
    path_of(f->acquirer, o->data, "/acquirer.db");
    path_of(f->anchor, o->data, "/audit.anchor");
    path_of(f->credentials, o->data, o->command == COMMAND_SANDBOX ? "/credentials.json" : "/admin.json");
    path_of(f->curl, o->data, "/curl.conf");
    path_of(f->juspay, o->data, "/juspay.conf");
    if (o->key_file[0])
        path_of(f->key_file, o->key_file, "");
    else
        path_of(f->key_file, o->data, "/keys/master.key");
    if (o->journal[0])
        path_of(f->journal, o->journal, "");
    else
        path_of(f->journal, o->data, "/journal.jsonl");
}

enum fault folder_make(bool *shut, const struct folder *f, const struct options *o)
{
    static const char *const store_files[] = { "", "-wal", "-shm" };
    const char *const stores[] = { f->store, f->network, f->acquirer };
    const size_t n = sizeof stores / sizeof *stores;
    enum fault fault;

    *shut = false;
    fault = make_dir(shut, o->data);
    if (!fault)
        fault = make_dir(shut, f->key_dir);
    for (size_t i = 0; !fault && i < n * sizeof store_files / sizeof *store_files; i++) {
        char path[FOLDER_PATH + 8];

        snprintf(path, sizeof path, "%s%s", stores[i % n], store_files[i / n]);
        fault = shut_to_others(shut, path, O_RDONLY | O_NOFOLLOW, 0600);
    }
    return fault;
}

enum fault folder_lock(int *fd, const struct folder *f)
{
    int got = open(f->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (got < 0)
        return FAULT_DISK;
    if (flock(got, LOCK_EX | LOCK_NB) != 0) {
        enum fault fault = errno == EWOULDBLOCK ? FAULT_BUSY : FAULT_DISK;
        close(got);
        return fault;
    }
    *fd = got;
    return FAULT_NONE;
}

bool folder_is_of_other_mode(const struct folder *f, const struct options *o)
{
    static const char *const of_sandbox[] = { "/credentials.json", "/curl.conf", "/juspay.conf", NULL };
    static const char *const of_serve[] = { "/admin.json", NULL };
    const char *const *name = o->command == COMMAND_SANDBOX ? of_serve : of_sandbox;
    char path[FOLDER_PATH];

    if (!folder_has_store(f))
        return false;
    for (; *name; name++) {
        path_of(path, o->data, *name);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

bool folder_has_store(const struct folder *f)
{
    return access(f->store, F_OK) == 0;
}

enum fault folder_open_journal(int *fd, const struct folder *f)
{
    if (strcmp(f->journal, "-") == 0)
        *fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    else
        *fd = open(f->journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *fd < 0 ? FAULT_DISK : FAULT_NONE;
}

enum fault folder_read_credentials(struct credentials *c, const struct folder *f, struct arena *a)
{
    struct json_complaint why;
    const struct json_node *node;
    uint8_t *text = arena_take(a, CREDENTIALS_MAX);
    int fd = open(f->credentials, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    memset(c, 0, sizeof *c);
    if (fd < 0)
        return errno == ENOENT ? FAULT_NOT_FOUND : FAULT_DISK;
    n = text ? read(fd, text, CREDENTIALS_MAX) : -1;
    close(fd);
    if (n < 0)
        return FAULT_DISK;
    if (json_read(&node, a, (struct span){ text, (size_t)n }, &why))
        return FAULT_BAD_INPUT;
    return read_entries(c, node, a);
}

/* Is there anything to be said in this part? */
static bool has_part(const struct credentials *c, const char *part)
{
    for (size_t i = 0; i < ENTRIES; i++)
        if (entries[i].part && strcmp(entries[i].part, part) == 0 && *((const char *)c + entries[i].at))
            return true;
    return false;
}

/* Entry number `i`, with the beginning and the end of its part where it is the first and the last of it. */
static void put_entry(struct json_out *o, const struct credentials *c, size_t i)
{
    const struct entry *e = &entries[i];
    const char *before = i ? e[-1].part : NULL, *after = i + 1 < ENTRIES ? e[1].part : NULL;

    if (e->part && !has_part(c, e->part))
        return;
    if (e->part && (!before || strcmp(before, e->part) != 0)) {
        json_key(o, e->part);
        json_object(o);
    }
    json_put_str(o, e->name, (const char *)c + e->at);
    if (e->part && (!after || strcmp(after, e->part) != 0))
        json_object_end(o);
}

enum fault folder_write_credentials(const struct credentials *c, const struct folder *f)
{
    uint8_t array[CREDENTIALS_MAX];
    struct buf text = BUF(array);
    struct json_out o = json_out(&text);
    struct span done;
    enum fault fault;

    json_object(&o);
    for (size_t i = 0; i < ENTRIES; i++)
        put_entry(&o, c, i);
    json_object_end(&o);
    buf_byte(&text, '\n');

    fault = buf_done(&text, &done);
    if (!fault)
        fault = replace_file(f->credentials, done);
    secret_wipe(array, sizeof array);
    return fault;
}

static enum fault write_juspay(const struct credentials *c, const struct folder *f)
{
    uint8_t array[4 * CREDENTIAL_TEXT];
    struct buf text = BUF(array);
    struct span done;
    enum fault fault;

    buf_text(&text, "user = \"");
    buf_text(&text, c->juspay.api_key);
    buf_text(&text, ":\"\nheader = \"Content-Type: application/json\"\nsilent\n");
    fault = buf_done(&text, &done);
    if (!fault)
        fault = replace_file(f->juspay, done);
    secret_wipe(array, sizeof array);
    return fault;
}

enum fault folder_write_curl(const struct credentials *c, const struct folder *f)
{
    uint8_t array[4 * CREDENTIAL_TEXT];
    struct buf text = BUF(array);
    struct span done;
    enum fault fault;

    buf_text(&text, "header = \"x-client-id: ");
    buf_text(&text, c->client_id);
    buf_text(&text, "\"\nheader = \"x-client-secret: ");
    buf_text(&text, c->client_secret);
    buf_text(&text, "\"\nheader = \"x-api-version: 2025-01-01\"\n"
                    "header = \"Content-Type: application/json\"\nsilent\n");
    fault = buf_done(&text, &done);
    if (!fault)
        fault = replace_file(f->curl, done);
    secret_wipe(array, sizeof array);
    return fault ? fault : write_juspay(c, f);
}

/* Written beside it, synced, renamed: a reader sees the old file or the new one, whole. */
static enum fault replace_file(const char *path, struct span text)
{
    char beside[FOLDER_PATH + 8];
    enum fault fault = FAULT_DISK;
    int fd;

    snprintf(beside, sizeof beside, "%s.new", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return FAULT_DISK;
    if (fchmod(fd, 0600) == 0)
        fault = write_all(fd, text);
    if (fsync(fd) != 0)
        fault = FAULT_DISK;
    close(fd);
    if (!fault && rename(beside, path) != 0)
        fault = FAULT_DISK;
    return fault ? fault : sync_folder_of(path);
}

struct reading { struct credentials *c; const char *part; bool bad; };

/* One member of the file, or of a part of it. What nobody knows is passed over. */
static bool take_member(void *arg, struct span key, struct span value)
{
    struct reading *r = arg;

    for (size_t i = 0; i < ENTRIES; i++) {
        const struct entry *e = &entries[i];
        bool here = e->part && r->part ? strcmp(e->part, r->part) == 0 : !e->part && !r->part;

        if (here && span_equal(key, span_of(e->name)) &&
            (span_absent(value) || span_text((char *)r->c + e->at, e->cap, value)))
            r->bad = true;
    }
    return !r->bad;
}

static enum fault read_entries(struct credentials *c, const struct json_node *node, struct arena *a)
{
    static const struct json_field anything[] = { JSON_END };
    struct reading r = { .c = c };

    json_each(node, take_member, &r);
    for (size_t i = 0; i < ENTRIES && !r.bad; i++) {
        struct json_field part[] = { { .name = entries[i].part, .type = JSON_OBJECT, .sub = anything }, JSON_END };
        const struct json_node *inside = NULL;
        struct json_complaint why;

        if (!entries[i].part || (r.part && strcmp(r.part, entries[i].part) == 0))
            continue;
        r.part = entries[i].part;
        if (json_fill(&inside, node, part, a, &why))
            return FAULT_BAD_INPUT;
        if (inside)
            json_each(inside, take_member, &r);
    }
    return r.bad ? FAULT_BAD_INPUT : FAULT_NONE;
}

static void path_of(char out[FOLDER_PATH], const char *dir, const char *name)
{
    snprintf(out, FOLDER_PATH, "%s%s", dir, name);
}

static enum fault make_dir(bool *shut, const char *path)
{
    if (mkdir(path, 0700) == 0)
        return FAULT_NONE;
    return errno == EEXIST ? shut_to_others(shut, path, O_RDONLY | O_DIRECTORY, 0700) : FAULT_DISK;
}

/* Give what is at `path` the mode `mode` when others may use it. A file that is not there is fine. */
static enum fault shut_to_others(bool *shut, const char *path, int flags, mode_t mode)
{
    enum fault fault = FAULT_NONE;
    struct stat st;
    int fd = open(path, flags | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT ? FAULT_NONE : FAULT_DISK;
    if (fstat(fd, &st) != 0) {
        fault = FAULT_DISK;
    } else if (st.st_uid != geteuid()) {
        fault = FAULT_DENIED;
    } else if (st.st_mode & (S_IRWXG | S_IRWXO)) {
        fault = fchmod(fd, mode) == 0 ? FAULT_NONE : FAULT_DISK;
        *shut = true;
    }
    close(fd);
    return fault;
}

/* A renamed file is durable only when its folder is. */
static enum fault sync_folder_of(const char *path)
{
    char dir[FOLDER_PATH];
    char *slash;
    int fd, bad;

    path_of(dir, path, "");
    slash = strrchr(dir, '/');
    if (slash)
        *slash = '\0';
    fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return FAULT_DISK;
    bad = fsync(fd);
    close(fd);
    return bad ? FAULT_DISK : FAULT_NONE;
}

static enum fault write_all(int fd, struct span s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FAULT_DISK;
        s = (struct span){ s.p + n, s.n - (size_t)n };
    }
    return FAULT_NONE;
}
