/* confine.h: what a process gives up before it meets anything from outside.
 *
 * Four layers, each of which stands when another fails: no powers beyond the user's own (no_new_privs, no
 * capabilities), no look inside (no core file, no debugger, no reader of /proc of the same user), no files and no
 * network but those of a list (Landlock), no system calls but those of a table (seccomp; everything else kills the
 * process).
 *
 * A process asks for them in this order, while it has one thread: process, files, calls. What it has opened before
 * stays open. Builds with sanitizers keep no_new_privs and no core file only: leak checkers need the rest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct buf;
struct journal;

enum confine_role {
    CONFINE_SUPERVISOR = 1, CONFINE_KEYHOLDER = 2, CONFINE_GATEWAY = 4, CONFINE_COURIER = 8,
    CONFINE_SUPERVISOR_HSM = 16,      /* a supervisor whose keyholder asks an HSM at its start */
};

enum { CONFINE_RULES_MAX = 64 };

/* What may be done with a file, or with all that is in a folder. */
enum confine_may {
    CONFINE_READ = 1,                 /* open for reading */
    CONFINE_WRITE = 2,                /* open for writing, cut to length */
    CONFINE_LIST = 4,                 /* open a folder */
    CONFINE_NAME = 8,                 /* make and remove files in a folder, and rename within it; not write into them */
    CONFINE_RUN = 16,                 /* execute */
    CONFINE_SOCKET = 32,              /* make sockets in a folder */
};

struct confine_rule { const char *path; unsigned may; };

/* What one process may open. A rule whose path is not there counts for nothing. */
struct confine_files {
    struct confine_rule rules[CONFINE_RULES_MAX];
    size_t n;
    bool connects;                    /* to others, by TCP; nobody binds any more */
};

/* Become `user` if we are root: all its groups, and of root's powers only the one to bind a low port, until
 * confine_process(). "" and root stay who they are. BAD_INPUT with a sentence in `why`: no such user, or we are
 * somebody else and not root. */
MUST_CHECK enum fault confine_user(const char *user, struct buf *why);

/* no_new_privs, no core file, not dumpable, no capabilities. INTERNAL when the system refuses. */
MUST_CHECK enum fault confine_process(void);

/* Add a rule; a path of NULL or "" adds none. More than CONFINE_RULES_MAX is our own bug. */
void confine_add(struct confine_files *f, const char *path, unsigned may);

/* From here on this thread, and those it starts, open nothing else. A kernel without Landlock, or with an old one,
 * gives less, as confine_in_force() says. INTERNAL when a kernel that has it refuses. */
MUST_CHECK enum fault confine_files(const struct confine_files *f);

/* From here on a system call that is not in the table of `role` kills the process: in all its threads. INTERNAL when
 * the system refuses. */
MUST_CHECK enum fault confine_calls(enum confine_role role);

/* What our processes are held to once they have asked for everything: a sentence for people. */
#define CONFINE_WHOLE "the processes are confined: files and network (Landlock), system calls (seccomp)"
const char *confine_in_force(void);

/* That sentence into the journal; a warning when the kernel lacks something. */
void confine_tell(struct journal *j);

/* Is this a build whose processes are confined? */
bool confine_is_built(void);
