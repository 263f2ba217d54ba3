/* inject.h: allocations that fail on command. This program has functions malloc, calloc, realloc, strdup and their kin
 * of its own, which every library of the process calls in place of the C library's, and arena_take, arena_copy and
 * arena_buf are led through here by the linker. While the window is open each call is counted, and the chosen ones
 * give NULL. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Who asked for memory, told by the code that called. */
enum inject_who {
    INJECT_OURS,                      /* our code: the heap itself */
    INJECT_ARENA,                     /* our code and jansson, whose memory is an arena: each taking from one */
    INJECT_SQLITE,
    INJECT_LIBC,                      /* the C library on its own account, and libraries without a name here */
    INJECT_OPENSSL,
    INJECT_WHO
};

/* Set of 1u << enum inject_who. */
enum { INJECT_ALL = (1u << INJECT_WHO) - 1 };

struct inject_plan {
    unsigned who;                     /* whose allocations are counted towards `nth`, and fail */
    uint64_t nth;                     /* from 1 on; 0: none fails */
    bool on;                          /* all from the n-th on fail, until the window closes */
};

struct inject_counts {
    uint64_t seen[INJECT_WHO];        /* in the window, those that failed among them */
    uint64_t failed;                  /* of those planned */
    uint64_t failed_heap;             /* of them, not takings from an arena */
    uint64_t allocated;               /* what the allocator itself counted meanwhile; 0 where it cannot */
};

/* Learn where each library lies. Before any thread but the first. */
void inject_start(void);

/* Is there a second counter, the allocator's own? Only in builds with the address sanitizer. */
bool inject_counts_twice(void);

/* Set the plan and the counts to zero; the window stays closed. */
void inject_plan(const struct inject_plan *p);

/* Open or close the window, from any thread; counts go on where they were. */
void inject_window(bool open);

/* What was counted since the plan was set. */
struct inject_counts inject_counted(void);

/* The stack of the first allocation that failed, to standard error. */
void inject_show_first(void);

const char *inject_who_name(enum inject_who w);
