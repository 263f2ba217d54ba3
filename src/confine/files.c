/* files.c: Landlock, by its system calls: the C library has no functions for them. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/confine.h"

#include "base/banned.h"

/* What came after the version of the header we are built with (docs.kernel.org/userspace-api/landlock.html). */
enum { ABI_TRUNCATE = 3, ABI_TCP = 4, ABI_DEVICES = 5, ABI_SCOPES = 6 };
enum {
    MAY_REFER = 1 << 13, MAY_TRUNCATE = 1 << 14, MAY_DEVICES = 1 << 15,
    TCP_BIND = 1 << 0, TCP_CONNECT = 1 << 1,
    SCOPE_SOCKETS = 1 << 0, SCOPE_SIGNALS = 1 << 1,
};
enum { FIRST_RIGHTS = (1 << 13) - 1 };            /* of the first version: all below REFER */
struct ruleset { uint64_t files, tcp, scopes; };

static int version(void)
{
    long v = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return v > 0 ? (int)v : 0;
}

/* Everything this kernel can forbid, without what is granted to all. */
static struct ruleset forbidden(const struct confine_files *f, int abi, size_t *size)
{
    struct ruleset r = { .files = FIRST_RIGHTS };

    r.files |= abi >= 2 ? MAY_REFER : 0;
    r.files |= abi >= ABI_TRUNCATE ? MAY_TRUNCATE : 0;
    r.files |= abi >= ABI_DEVICES ? MAY_DEVICES : 0;
    *size = sizeof r.files;
    if (abi >= ABI_TCP) {
        r.tcp = TCP_BIND | (f->connects ? 0 : TCP_CONNECT);
        *size += sizeof r.tcp;
    }
    if (abi >= ABI_SCOPES) {
        r.scopes = SCOPE_SOCKETS | SCOPE_SIGNALS;
        *size += sizeof r.scopes;
    }
    return r;
}

static uint64_t rights(unsigned may, bool folder)
{
    uint64_t r = 0;

    if (may & CONFINE_READ)
        r |= LANDLOCK_ACCESS_FS_READ_FILE;
    if (may & CONFINE_WRITE)
        r |= LANDLOCK_ACCESS_FS_WRITE_FILE | MAY_TRUNCATE;
    if (may & CONFINE_RUN)
        r |= LANDLOCK_ACCESS_FS_EXECUTE;
    if (folder && (may & CONFINE_LIST))
        r |= LANDLOCK_ACCESS_FS_READ_DIR;
    if (folder && (may & CONFINE_NAME))
        r |= LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
    if (folder && (may & CONFINE_SOCKET))
        r |= LANDLOCK_ACCESS_FS_MAKE_SOCK;
    return r;
}

/* Symbolic links are followed once, here: a rule is for the file that is there now. */
static bool add(int ruleset, const struct confine_rule *rule, uint64_t handled)
{
    struct landlock_path_beneath_attr beneath = { .parent_fd = open(rule->path, O_PATH | O_CLOEXEC) };
    struct stat st;
    long failed = 0;

    if (beneath.parent_fd < 0)
        return true;
    if (fstat(beneath.parent_fd, &st) == 0) {
        beneath.allowed_access = rights(rule->may, S_ISDIR(st.st_mode)) & handled;
        if (beneath.allowed_access)
            failed = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
        if (failed && errno == EBADFD)            /* a pipe under a name of /dev or /proc: none of its business */
            failed = 0;
    }
    (void)close(beneath.parent_fd);
    return !failed;
}

void confine_add(struct confine_files *f, const char *path, unsigned may)
{
    if (!path || !path[0])
        return;
    assert(f->n < CONFINE_RULES_MAX);
    f->rules[f->n++] = (struct confine_rule){ path, may };
}

enum fault confine_files(const struct confine_files *f)
{
    int abi = version(), ruleset;
    size_t size;
    struct ruleset all;
    bool good = true;

    if (!abi)
        return FAULT_NONE;
    all = forbidden(f, abi, &size);
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
    if (ruleset < 0)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < f->n && good; i++)
        good = add(ruleset, &f->rules[i], all.files);
    good = good && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    (void)close(ruleset);
    return good ? FAULT_NONE : FAULT_INTERNAL;
}

/* Each build of this file goes with calls.c, which is always in force. */
const char *confine_in_force(void)
{
    int abi = version();

    if (abi >= ABI_TCP)
        return CONFINE_WHOLE;
    return abi ? "the processes are confined: system calls (seccomp), files (an old Landlock: not the network)"
               : "the processes are confined: system calls (seccomp); files are open, for want of Landlock";
}

bool confine_is_built(void)
{
    return true;
}
