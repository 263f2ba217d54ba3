/* watched_main.c: the real program over a disk that writes down what it did, to see what was on it when an answer left.
 *
 * With TIJORI_DISK_LOG=FILE every finished write and sync of the store is a line of FILE:
 * "write|sync db|wal|other BEGUN ENDED CODE", times in nanoseconds of CLOCK_MONOTONIC. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <unistd.h>

#include "shim/vfs_shim.h"

int tijori_main(int argc, char **argv);       /* src/gateway/main.c */

static const char *const op_name[SHIM_OPS] = { [SHIM_WRITE] = "write", [SHIM_SYNC] = "sync" };
static const char *const file_name[SHIM_FILES] = {
    [SHIM_ANY] = "any", [SHIM_DB] = "db", [SHIM_WAL] = "wal", [SHIM_OTHER] = "other",
    [SHIM_TEMP] = "temp",
};

/* One write(2) a line, so that processes and threads do not mix theirs. */
static void write_down(void *arg, const struct shim_event *e)
{
    char line[128];
    int n;

    if (e->op == SHIM_READ)
        return;
    n = snprintf(line, sizeof line, "%s %s %lld %lld %d\n", op_name[e->op], file_name[e->file], (long long)e->begun_ns,
                 (long long)e->ended_ns, e->code);
    if (write(*(int *)arg, line, (size_t)n) != n)
        abort();
}

int main(int argc, char **argv)
{
    const char *log = getenv("TIJORI_DISK_LOG");
    int fd, status;
    struct shim *shim;

    if (!log)
        return tijori_main(argc, argv);
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    shim = shim_open();
    if (fd < 0 || !shim || sqlite3_vfs_register(sqlite3_vfs_find("shim"), 1) != SQLITE_OK)
        return 1;
    shim_watch(shim, write_down, &fd);
    status = tijori_main(argc, argv);
    shim_close(shim);
    close(fd);
    return status;
}
