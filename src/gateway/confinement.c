/* confinement.c: the files of each process. */
#include "gateway/confinement.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confine/confine.h"
#include "gateway/backup_parts.h"
#include "store/hold.h"

#include "base/banned.h"

enum { NAME = FOLDER_PATH + 8 };      /* bytes: a path with something behind it */
enum { DATABASES = 3, MAY_CHANGE = CONFINE_READ | CONFINE_WRITE, MAY_KEEP = MAY_CHANGE | CONFINE_LIST | CONFINE_NAME };

struct holds { struct store_hold *hold[DATABASES]; };

/* The folder that `path` is in. */
static void folder_of(char out[static FOLDER_PATH], const char *path)
{
    const char *slash = strrchr(path, '/');

    snprintf(out, FOLDER_PATH, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
}

/* What libraries read when they are used first. */
static void add_libraries(struct confine_files *files)
{
    static const char *const paths[] = {
        "/dev/urandom", "/etc/ssl/openssl.cnf", "/usr/lib/ssl/openssl.cnf", "/etc/gnutls/config",
        "/sys/devices/system/cpu/online",
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        confine_add(files, paths[i], CONFINE_READ);
    confine_add(files, "/dev/null", MAY_CHANGE);
}

static enum fault close_doors(const struct confine_files *files, enum confine_role role)
{
    enum fault f = confine_files(files);

    return f ? f : confine_calls(role);
}

enum fault confinement_supervisor(const struct options *o, const struct folder *f)
{
    static const char *const programs[] = { "/usr", "/lib", "/lib64", "/proc/self/exe" };
    struct confine_files files = { .connects = true };
    char keys[FOLDER_PATH];
    enum fault fault = confine_process();

    if (fault)
        return fault;
    confine_add(&files, "/", CONFINE_READ | CONFINE_LIST);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        confine_add(&files, programs[i], CONFINE_RUN);
    folder_of(keys, f->key_file);
    confine_add(&files, keys, MAY_KEEP | CONFINE_SOCKET);
    confine_add(&files, o->data, MAY_KEEP);
    confine_add(&files, f->journal, CONFINE_WRITE);
    confine_add(&files, "/dev/null", CONFINE_WRITE);
    if (!o->hsm_module[0])
        return close_doors(&files, CONFINE_SUPERVISOR);
    confine_add(&files, o->hsm_folder, MAY_KEEP);
    return close_doors(&files, CONFINE_SUPERVISOR_HSM);
}

enum fault confinement_keyholder(const struct folder *f)
{
    struct confine_files files = { 0 };
    char keys[FOLDER_PATH];
    enum fault fault = confine_process();

    if (fault)
        return fault;
    folder_of(keys, f->key_file);
    confine_add(&files, keys, MAY_KEEP | CONFINE_SOCKET);
    confine_add(&files, f->journal, CONFINE_WRITE);
    add_libraries(&files);
    return confine_files(&files);
}

enum fault confinement_keyholder_done(void)
{
    return confine_calls(CONFINE_KEYHOLDER);
}

/* A rule is for a file that is there, so what is not is made: by SQLite for a database, empty for the rest. */
static enum fault hold_databases(struct holds *h, const struct options *o, const struct folder *f)
{
    const char *const paths[DATABASES] = {
        f->store, strcmp(o->network, "simulated") == 0 ? f->network : NULL,
        strcmp(o->acquirer, "simulated") == 0 ? f->acquirer : NULL,
    };
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < DATABASES && !fault; i++)
        if (paths[i])
            fault = store_hold(&h->hold[i], paths[i]);
    return fault;
}

/* The three files of a database and its copy for a backup, whose names but the first live in `names`. */
static void add_database(struct confine_files *files, char names[static 3][NAME], const char *path)
{
    int copy = -1;

    assert(path);                     /* the caller names those that there are */
    snprintf(names[2], NAME, "%s%s", path, BACKUP_COPY_END);
    if (access(path, F_OK) == 0)
        copy = open(names[2], O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (copy >= 0)
        close(copy);
    confine_add(files, names[2], MAY_CHANGE);
    snprintf(names[0], NAME, "%s-wal", path);
    snprintf(names[1], NAME, "%s-shm", path);
    confine_add(files, path, MAY_CHANGE);
    confine_add(files, names[0], MAY_CHANGE);
    confine_add(files, names[1], MAY_CHANGE);
}

/* A file that is written and not read; made when it is missing. */
static void add_written(struct confine_files *files, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0)
        close(fd);
    confine_add(files, path, CONFINE_WRITE);
}

/* folder.c writes its files under these names before it renames them. */
static void add_beside(struct confine_files *files, char name[static NAME], const char *path)
{
    snprintf(name, NAME, "%s.new", path);
    add_written(files, name);
}

static enum fault confine_gateway_files(const struct options *o, const struct folder *f)
{
    struct confine_files files = { 0 };
    char databases[DATABASES][3][NAME], beside[3][NAME];

    add_database(&files, databases[0], f->store);
    add_database(&files, databases[1], f->network);
    add_database(&files, databases[2], f->acquirer);
    add_beside(&files, beside[0], f->credentials);
    if (o->command == COMMAND_SANDBOX) {
        add_beside(&files, beside[1], f->curl);
        add_beside(&files, beside[2], f->juspay);
    }
    confine_add(&files, o->data, CONFINE_LIST | CONFINE_NAME);
    add_written(&files, f->anchor);
    confine_add(&files, f->credentials, CONFINE_READ);
    confine_add(&files, f->journal, CONFINE_WRITE);
    confine_add(&files, o->tls_certificate, CONFINE_READ);
    confine_add(&files, o->tls_key, CONFINE_READ);
    confine_add(&files, o->tls_client_ca, CONFINE_READ);
    add_libraries(&files);
    return close_doors(&files, CONFINE_GATEWAY);
}

enum fault confinement_gateway(struct holds **holds, const struct options *o, const struct folder *f)
{
    enum fault fault = confine_process();
    struct holds *h;

    *holds = NULL;
    if (fault || !confine_is_built())
        return fault;
    h = calloc(1, sizeof *h);
    if (!h)
        return FAULT_INTERNAL;
    *holds = h;
    fault = hold_databases(h, o, f);
    return fault ? fault : confine_gateway_files(o, f);
}

void confinement_let_go(struct holds *h)
{
    for (size_t i = 0; h && i < DATABASES; i++)
        store_let_go(h->hold[i]);
    free(h);
}

enum fault confinement_courier(void)
{
    static const char *const authorities[] = {
        "/etc/ssl", "/usr/lib/ssl", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/pki",
    };
    /* Names of hosts, and the modules that find them. */
    static const char *const resolver[] = {
        "/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services",
        "/run/systemd/resolve", "/etc/ld.so.cache", "/lib", "/lib64", "/usr/lib",
    };
    struct confine_files files = { .connects = true };
    enum fault f = confine_process();

    if (f)
        return f;
    for (size_t i = 0; i < sizeof authorities / sizeof *authorities; i++)
        confine_add(&files, authorities[i], CONFINE_READ | CONFINE_LIST);
    for (size_t i = 0; i < sizeof resolver / sizeof *resolver; i++)
        confine_add(&files, resolver[i], CONFINE_READ | CONFINE_LIST);
    confine_add(&files, getenv("SSL_CERT_FILE"), CONFINE_READ);
    confine_add(&files, getenv("SSL_CERT_DIR"), CONFINE_READ | CONFINE_LIST);
    add_libraries(&files);
    return close_doors(&files, CONFINE_COURIER);
}
