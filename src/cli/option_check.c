/* option_check.c: is it safe to start like this? */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/options.h"

#include "base/banned.h"

enum { HOST_TEXT = 64, PORT_MAX = 65535, SOCKET_PATH_MAX = 108 };

#define UNIX "unix:"

struct complaints { struct buf *why; bool any; };

static void complain(struct complaints *c, const char *what, const char *about, const char *reason)
{
    c->any = true;
    buf_text(c->why, what);
    if (*about) {
        buf_text(c->why, " ");
        buf_text(c->why, about);
    }
    buf_text(c->why, reason);
    buf_text(c->why, "\n");
}

/* Cut "HOST:PORT" or "[HOST]:PORT" and give the bare host. */
static enum fault listener_host(char out[static HOST_TEXT], const char *where)
{
    const char *colon = strrchr(where, ':');
    struct span host;
    uint64_t port;

    if (!colon || span_u64(&port, span_of(colon + 1), PORT_MAX))
        return FAULT_BAD_INPUT;
    host = (struct span){ (const uint8_t *)where, (size_t)(colon - where) };
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host.p++, host.n -= 2;
    return span_text(out, HOST_TEXT, host);
}

enum reach { REACH_LOOPBACK, REACH_OUTSIDE, REACH_UNREADABLE };

static enum reach listener_reach(const char *where)
{
    char host[HOST_TEXT];
    struct in_addr v4;
    struct in6_addr v6;

    if (listener_host(host, where))
        return REACH_UNREADABLE;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127 ? REACH_LOOPBACK : REACH_OUTSIDE;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6) ? REACH_LOOPBACK : REACH_OUTSIDE;
    return REACH_UNREADABLE;
}

static void check_public_listener(struct complaints *c, const struct options *o, bool tls)
{
    switch (listener_reach(o->listen)) {
    case REACH_LOOPBACK:
        return;
    case REACH_UNREADABLE:
        complain(c, "listen:", o->listen, " is not a numeric HOST:PORT");
        return;
    case REACH_OUTSIDE:
        break;
    }
    if (o->command == COMMAND_SANDBOX && !o->expose)
        complain(c, "listen:", o->listen, " is outside loopback; a sandbox there needs --expose");
    if (o->command == COMMAND_SERVE && !tls)
        complain(c, "listen:", o->listen, " is outside loopback and would be plain HTTP");
}

/* Whoever may write into the socket's folder may put his own in its place, and is told the admin token. A sandbox makes
 * its data folder later. */
static void check_admin_socket(struct complaints *c, const struct options *o, const char *path)
{
    char folder[OPTIONS_TEXT];
    const char *slash = strrchr(path, '/');
    struct stat st;

    if (path[0] != '/' || strlen(path) >= SOCKET_PATH_MAX) {
        complain(c, "admin-listen:", o->admin_listen, " is no absolute path of at most 107 bytes");
        return;
    }
    if (span_text(folder, sizeof folder, (struct span){ (const uint8_t *)path, (size_t)(slash - path) + 1 }))
        return;
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
        if (o->command == COMMAND_SERVE)
            complain(c, "admin-listen:", folder, " is no folder");
    } else if ((st.st_uid != geteuid() && st.st_uid != 0) ||
               (st.st_mode & (S_IWGRP | S_IWOTH) && !(st.st_mode & S_ISVTX))) {
        complain(c, "admin-listen:", folder, " can be written by others, who could put a socket of theirs there");
    }
}

static void check_admin_listener(struct complaints *c, const struct options *o)
{
    if (strncmp(o->admin_listen, UNIX, sizeof UNIX - 1) == 0) {
        check_admin_socket(c, o, o->admin_listen + sizeof UNIX - 1);
        return;
    }
    switch (listener_reach(o->admin_listen)) {
    case REACH_LOOPBACK:
        return;
    case REACH_UNREADABLE:
        complain(c, "admin-listen:", o->admin_listen, " is neither a numeric HOST:PORT nor unix:PATH");
        return;
    case REACH_OUTSIDE:
        complain(c, "admin-listen:", o->admin_listen, " is outside loopback");
        return;
    }
}

/* A file with a private key: there, a file, ours to read, not everybody's. */
static void check_secret_file(struct complaints *c, const char *option, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        complain(c, option, path, errno == ENOENT ? " does not exist" : " cannot be looked at");
    else if (!S_ISREG(st.st_mode))
        complain(c, option, path, " is not a file");
    else if (st.st_mode & S_IRWXO)
        complain(c, option, path, " can be read or written by everybody; chmod o-rwx it");
    else if (access(path, R_OK) != 0)
        complain(c, option, path, " cannot be read by this user");
}

static void check_tls(struct complaints *c, const struct options *o)
{
    if (!o->tls_certificate[0] != !o->tls_key[0])
        complain(c, "tls-certificate and tls-key go together; only one is given", "", "");
    if (o->tls_certificate[0] && access(o->tls_certificate, R_OK) != 0)
        complain(c, "tls-certificate:", o->tls_certificate, " cannot be read");
    if (o->tls_key[0])
        check_secret_file(c, "tls-key:", o->tls_key);
    if (o->tls_client_ca[0] && access(o->tls_client_ca, R_OK) != 0)
        complain(c, "tls-client-ca:", o->tls_client_ca, " cannot be read");
    if (o->tls_client_ca[0] && !o->tls_certificate[0])
        complain(c, "tls-client-ca needs tls-certificate and tls-key:", "a proxy that ends TLS",
                 " asks for clients' certificates itself");
    if (o->command == COMMAND_SERVE && !o->tls_certificate[0] && !o->tls_key[0] && !o->behind_proxy)
        complain(c, "serve needs tls-certificate and tls-key,", "or behind-proxy",
                 " when a proxy on this machine ends TLS");
}

static void check_hsm(struct complaints *c, const struct options *o)
{
    if (!o->hsm_module[0])
        return;
    if (!o->hsm_token[0] || !o->hsm_pin_file[0])
        complain(c, "hsm-module needs hsm-token and hsm-pin-file", "", "");
    if (access(o->hsm_module, R_OK) != 0)
        complain(c, "hsm-module:", o->hsm_module, " cannot be read");
    if (o->hsm_pin_file[0])
        check_secret_file(c, "hsm-pin-file:", o->hsm_pin_file);
}

/* A sandbox shuts a folder of its own that is open (gateway/folder.h). */
static void check_data(struct complaints *c, const struct options *o)
{
    struct stat st;

    if (!o->data[0])
        complain(c, "data: no folder is named", "", "");
    else if (stat(o->data, &st) == 0) {
        if (!S_ISDIR(st.st_mode))
            complain(c, "data:", o->data, " is not a folder");
        else if (st.st_uid != geteuid())
            complain(c, "data:", o->data, " belongs to another user than the one who runs this; chown it");
        else if (o->command == COMMAND_SERVE && st.st_mode & (S_IRWXG | S_IRWXO))
            complain(c, "data:", o->data, " is open to its group or to others; chmod 0700 it");
    } else if (o->command == COMMAND_SERVE)
        complain(c, "data:", o->data, " does not exist; make it, owned by the user who runs this, mode 0700");
}

enum fault options_check(const struct options *o, struct buf *why)
{
    struct complaints c = { why, false };
    struct stat st;

    if (o->command != COMMAND_SANDBOX && o->command != COMMAND_SERVE)
        return FAULT_NONE;
    check_public_listener(&c, o, o->tls_certificate[0] && o->tls_key[0]);
    check_admin_listener(&c, o);
    check_tls(&c, o);
    check_hsm(&c, o);
    check_data(&c, o);
    if (o->key_file[0] && stat(o->key_file, &st) == 0)       /* a missing one is made at the first start */
        check_secret_file(&c, "key-file:", o->key_file);
    return c.any ? FAULT_BAD_INPUT : FAULT_NONE;
}
