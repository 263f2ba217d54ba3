/* calls.h: the system calls that this program makes on files of one folder, whoever makes them: counted, to check what
 * the shim counts, and failed on command where no shim is in between.
 *
 * calls.c defines open(), write(), fsync() and their like in the program itself, so that the libraries call those too.
 * Files whose names end in what calls_watch() is told are told apart; all others are let through uncounted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum call_op { CALL_OPEN, CALL_READ, CALL_WRITE, CALL_SYNC, CALL_TRUNCATE, CALL_RENAME, CALL_OPS };
enum call_kind { CALL_OTHER, CALL_STORE, CALL_PLAIN, CALL_FOLDER, CALL_KINDS };  /* databases; plain files; itself */

/* From now on: files under `folder`. A file whose name contains one of `passed` (ended by NULL) is OTHER. Both outlive
 * the watching; NULL ends it. */
void calls_watch(const char *folder, const char *const *passed);

/* Since calls_reset(). */
uint64_t calls_count(enum call_kind kind, enum call_op op);
void calls_reset(void);

/* Let the n-th (1: the next) call `op` on a PLAIN file fail with `error`; a write that is `torn` puts down its first
 * half instead, and says how much that was. n = 0 ends it. */
struct calls_fault { enum call_op op; unsigned n; int error; bool torn; };
void calls_fail(struct calls_fault f);

/* Since calls_reset(): were PLAIN files closed with bytes that no sync had put on the disk, or was one renamed, and the
 * folder not synced afterwards? */
bool calls_unsynced(void);

/* Did it come? */
bool calls_failed(void);
