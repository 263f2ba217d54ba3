/* process.c: users, capabilities, dumps. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/span.h"
#include "confine/confine.h"

#include "base/banned.h"

enum { USER_BYTES = 16 * 1024 };      /* of a line in the user database */

/* libcap is not worth a library: this is all we ask of it. */
static bool keep_capabilities(uint32_t low)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { .effective = low, .permitted = low } };

    return syscall(SYS_capset, &head, sets) == 0;
}

static bool holds_capabilities(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

    return syscall(SYS_capget, &head, sets) != 0 || sets[0].permitted || sets[1].permitted;
}

static enum fault complain(struct buf *why, const char *user, const char *reason)
{
    buf_text(why, "user: ");
    buf_text(why, user);
    buf_text(why, reason);
    return FAULT_BAD_INPUT;
}

/* Groups first, for who is no longer root may not change them. */
static bool become(const struct passwd *p)
{
    return initgroups(p->pw_name, p->pw_gid) == 0 && setresgid(p->pw_gid, p->pw_gid, p->pw_gid) == 0 &&
           prctl(PR_SET_KEEPCAPS, 1) == 0 && setresuid(p->pw_uid, p->pw_uid, p->pw_uid) == 0 &&
           keep_capabilities(1u << CAP_NET_BIND_SERVICE);
}

enum fault confine_user(const char *user, struct buf *why)
{
    struct passwd entry, *found = NULL;
    char bytes[USER_BYTES];

    if (!user[0])
        return FAULT_NONE;
    if (getpwnam_r(user, &entry, bytes, sizeof bytes, &found) != 0 || !found)
        return complain(why, user, " is no user of this system");
    if (geteuid() != 0)
        return found->pw_uid == geteuid() ? FAULT_NONE : complain(why, user, " is somebody whom only root can become");
    if (found->pw_uid != 0 && !become(found))
        return complain(why, user, " cannot be taken on: the system refuses");
    return FAULT_NONE;
}

enum fault confine_process(void)
{
    const struct rlimit none = { 0, 0 };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        return FAULT_INTERNAL;
    if (!confine_is_built())          /* leak checkers look into their own process at its end */
        return FAULT_NONE;
    if (!keep_capabilities(0) || holds_capabilities())
        return FAULT_INTERNAL;
    /* Last, for a change of user or capabilities would set it again. */
    return prctl(PR_SET_DUMPABLE, 0) == 0 ? FAULT_NONE : FAULT_INTERNAL;
}

void confine_tell(struct journal *j)
{
    bool whole = !confine_is_built() || strcmp(confine_in_force(), CONFINE_WHOLE) == 0;

    journal_event(j, whole ? JOURNAL_INFO : JOURNAL_WARNING, confine_in_force(), 0, NULL);
}
