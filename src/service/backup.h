/* backup.h: a backup of a running server: its databases copied, then told in sealed pieces to whoever fetches them.
 *
 * One at a time. A thread copies each database at one moment, ours before those of the simulated network and acquirer:
 * then whatever ours remembers of them is in theirs too (docs/BACKUP.md). The pieces are numbered, and any of them may
 * be fetched again, in whatever order; the keyholder seals them, so no key for them is here. */
#pragma once

#include "service/backup_file.h"
#include "service/services.h"

enum {
    BACKUP_TAKE = 3,                  /* pieces fetched at once, at most */
    BACKUP_RECORD_MAX = 4 + BACKUP_PLAIN_MAX + KEY_SEAL_EXTRA,        /* bytes of a piece in the file */
    BACKUP_IDLE_MS = 60 * 1000,       /* of a backup that nobody fetched from for so long another takes the place */
    BACKUP_PATH = 320,                /* bytes of a path, with NUL */
    BACKUP_WHO = 72,                  /* bytes of a name of whoever uses one, with NUL */
};

/* A database: what it is called in the backup, where it is, where its copy may be while the backup lasts. */
struct backup_source { const char *name, *path, *copy; };

struct backups;

/* For `s`, which outlives it, as `sources` do not. The caller frees it with backups_free(), which ends what is under
 * way and empties the copies. */
MUST_CHECK enum fault backups_new(struct backups **out, const struct services *s, const struct backup_source *sources,
                                  size_t n);
void backups_free(struct backups *b);

enum backup_stage { BACKUP_NONE, BACKUP_COPYING, BACKUP_READY, BACKUP_FAILED };

/* How it is: bytes copied of those there are, and, once READY, how many pieces there are to be fetched. */
struct backup_now {
    enum backup_stage stage;
    uint8_t id[BACKUP_ID];
    int64_t done, total, pieces, bytes;       /* bytes: of all parts */
};

/* Begin one; *out says which. BUSY: another is under way, and somebody fetched from it lately. DISK. */
MUST_CHECK enum fault backup_begin(const struct services *s, struct backup_now *out);
/* NOT_FOUND: there is none of this id (any more). */
MUST_CHECK enum fault backup_look(const struct services *s, struct backup_now *out, const uint8_t id[static BACKUP_ID]);
/* Append up to BACKUP_TAKE records, from piece `no` on; none behind the last. Waits for the disk and the keyholder.
 * NOT_FOUND as above; WRONG_STATE: it is not READY; BUSY: somebody is fetching now; SILENT, DISK. */
MUST_CHECK enum fault backup_take(const struct services *s, struct buf *out, const uint8_t id[static BACKUP_ID],
                                  int64_t no);
/* What has hundreds of calls and one row in the audit log, of each that does it. */
enum backup_use { BACKUP_LOOKS, BACKUP_FETCHES, BACKUP_USES };

/* Whose use of this backup has its row already: the name is copied; "" for nobody's. And from now on this one's has. */
void backup_known(const struct services *s, char out[static BACKUP_WHO], const uint8_t id[static BACKUP_ID],
                  enum backup_use use);
void backup_know(const struct services *s, const char *who, const uint8_t id[static BACKUP_ID], enum backup_use use);

/* It is not needed any more. NOT_FOUND as above. */
MUST_CHECK enum fault backup_end(const struct services *s, const uint8_t id[static BACKUP_ID]);
