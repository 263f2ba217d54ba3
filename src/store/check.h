/* check.h: is a database whole, and does it agree with itself? Needs no running server and no key.
 *
 * A rule is a statement that counts the rows that break it. Each is looked at, whatever came of the others. */
#pragma once

#include "base/span.h"

enum { CHECK_TEXT = 160 };            /* bytes of a sentence with NUL */

struct check_finding {
    const char *rule;                 /* a constant sentence: what is wrong */
    int64_t n;                        /* how many rows */
    char example[CHECK_TEXT];         /* the first of them, or what the engine says; "": nothing more is known */
};

struct check_report {
    int64_t version;                  /* of the schema; 0: the file is none of the vault's */
    size_t rules;                     /* that were looked at */
    size_t findings;                  /* of them, those that found something */
};

/* Check the vault's database at `path`. `each` hears of every rule that is broken. NONE also when something is wrong:
 * report->findings. DISK: it cannot be opened or read; WRONG_STATE: its schema is newer than this program; INTERNAL. */
MUST_CHECK enum fault store_check(struct check_report *report, const char *path,
                                  void (*each)(void *arg, const struct check_finding *f), void *arg);

/* The same of any database of ours (the simulated network's, the acquirer's): its pages alone. */
MUST_CHECK enum fault store_check_pages(struct check_report *report, const char *path,
                                        void (*each)(void *arg, const struct check_finding *f), void *arg);

/* The rules, for check.c. Each statement gives one row: how many, and an example as text or NULL. */
struct check_rule {
    const char *says, *sql;
    int64_t since;                    /* the schema version whose tables it needs */
};
extern const struct check_rule check_rules[];     /* ended by a NULL sentence */
