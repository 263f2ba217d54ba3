/* files.c: the limit of open files, and the first three of them. */
#include "gateway/files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/banned.h"

/* Opened the wrong way round: what is written to it, or read from it, fails as it does where nothing is open. */
enum fault files_keep_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return FAULT_INTERNAL;
    return FAULT_NONE;
}

void files_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);      /* where that is refused, the old limit is counted with */
    }
}

unsigned files_needed(unsigned threads)
{
    return FILES_RESERVE + ADMIN_CONNECTIONS + FILES_A_THREAD * threads + CONNECTIONS_MIN;
}

unsigned files_connections(unsigned threads, unsigned most)
{
    rlim_t taken = files_needed(threads) - CONNECTIONS_MIN;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= taken)
        return 0;
    return limit.rlim_cur - taken < most ? (unsigned)(limit.rlim_cur - taken) : most;
}
