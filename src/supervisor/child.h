/* child.h: one process the supervisor looks after: starting it with exactly the descriptors it may have. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "supervisor/supervisor.h"

struct child {
    const char *role, *died;          /* the hidden argument; the sentence for the journal when it was restarted */
    const int *listeners;             /* SUPERVISOR_LISTENERS of them, or NULL for a role that gets none */
    pid_t pid;                        /* 0: not running */
    int control;                      /* our end; -1: closed */
    bool ready, ever_ready;
    uint64_t restarts;
    unsigned in_a_row;                /* restarts without SUPERVISOR_HEALTHY_MS between them */
    int64_t started_ns, due_ns;       /* monotonic: its last start; the earliest next one */
};

/* Start it: fork and exec of this binary as "tijori ROLE args...". INTERNAL when the system refuses. */
MUST_CHECK enum fault child_start(struct child *c, const char *const *args);

/* It has ended: forget pid and control. */
void child_gone(struct child *c);

/* Count a restart and set when it is due. */
void child_plan_restart(struct child *c, int64_t now_ns);

/* SIGKILL, if it runs. */
void child_kill(const struct child *c);

/* The wait in milliseconds before a restart that follows `in_a_row` others. */
int64_t child_backoff_ms(unsigned in_a_row);
