/* calls.c: which system calls a process may make, and why; any other kills it. */
#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "confine/confine.h"

#include "base/banned.h"

/* The roles of a line. A filter outlives exec, so the supervisor's holds for its children too: it has every line, and
 * each child takes from that what it does not need. The library of an HSM runs in a child of the keyholder, which has
 * the supervisor's filter and no other. */
enum {
    P = CONFINE_SUPERVISOR, H = CONFINE_SUPERVISOR_HSM, S = P | H,
    K = CONFINE_KEYHOLDER, G = CONFINE_GATEWAY, C = CONFINE_COURIER,
    ALL = S | K | G | C,
};

/* Allowed whatever its arguments are, one reason a line. Several of these are what another C library, another version
 * of it or another kernel calls in place of its neighbour. */
static const struct call { int number; unsigned roles; const char *why; } calls[] = {
    /* memory and threads */
    { SCMP_SYS(brk), ALL, "memory" },
    { SCMP_SYS(munmap), ALL, "memory given back; secrets have pages of their own" },
    { SCMP_SYS(mremap), ALL, "large blocks grow" },
    { SCMP_SYS(madvise), ALL, "unused stacks given back; secrets left out of dumps" },
    { SCMP_SYS(mlock), ALL, "secrets are not swapped out" },
    { SCMP_SYS(munlock), ALL, "and are given back" },
    { SCMP_SYS(futex), ALL, "locks" },
    { SCMP_SYS(set_robust_list), ALL, "a thread begins" },
    { SCMP_SYS(rseq), ALL, "a thread begins" },
    { SCMP_SYS(gettid), ALL, "a thread knows itself" },
    { SCMP_SYS(membarrier), ALL, "a thread begins, in later C libraries" },
    { SCMP_SYS(sched_yield), ALL, "a lock is waited for" },
    { SCMP_SYS(sched_getaffinity), ALL, "how many processors there are" },
    { SCMP_SYS(setpriority), G, "the checkpoint thread steps back" },
    { SCMP_SYS(exit), ALL, "a thread ends" },
    { SCMP_SYS(exit_group), ALL, "the process ends" },
    /* time, chance, identity */
    { SCMP_SYS(clock_gettime), ALL, "time, where it costs a call" },
    { SCMP_SYS(gettimeofday), ALL, "time, where it costs a call" },
    { SCMP_SYS(time), ALL, "time, where it costs a call" },
    { SCMP_SYS(clock_getres), ALL, "how fine time is" },
    { SCMP_SYS(nanosleep), ALL, "waiting" },
    { SCMP_SYS(clock_nanosleep), ALL, "waiting" },
    { SCMP_SYS(getrandom), ALL, "ids, keys, tags" },
    { SCMP_SYS(getpid), ALL, "random generators look whether they were forked" },
    { SCMP_SYS(getppid), ALL, "a child looks whether its parent lives" },
    { SCMP_SYS(getuid), ALL, "who we are" },
    { SCMP_SYS(geteuid), ALL, "private files must be ours; the database asks too" },
    { SCMP_SYS(getgid), ALL, "who we are" },
    { SCMP_SYS(getegid), ALL, "who we are" },
    { SCMP_SYS(uname), ALL, "libraries look at the kernel's version" },
    { SCMP_SYS(sysinfo), ALL, "sorting and libcurl ask how much memory there is" },
    { SCMP_SYS(getrusage), ALL, "time used" },
    { SCMP_SYS(prlimit64), ALL, "how many files may be open" },
    { SCMP_SYS(getrlimit), ALL, "the same, in other C libraries" },
    /* signals */
    { SCMP_SYS(rt_sigaction), ALL, "signals that are ignored" },
    { SCMP_SYS(rt_sigprocmask), ALL, "signals that a thread leaves to others" },
    { SCMP_SYS(rt_sigreturn), ALL, "a handler ends" },
    { SCMP_SYS(sigaltstack), ALL, "a handler's stack" },
    { SCMP_SYS(restart_syscall), ALL, "the kernel goes on after a stop" },
    /* what is open */
    { SCMP_SYS(read), ALL, "reading" },
    { SCMP_SYS(readv), ALL, "reading" },
    { SCMP_SYS(write), ALL, "the journal, a bell, a message" },
    { SCMP_SYS(writev), ALL, "writing" },
    { SCMP_SYS(close), ALL, "closing" },
    { SCMP_SYS(fstat), ALL, "what is open" },
    { SCMP_SYS(newfstatat), ALL, "the same, in this C library" },
    { SCMP_SYS(statx), ALL, "the same, in others" },
    { SCMP_SYS(lseek), ALL, "how long a file is" },
    { SCMP_SYS(fcntl), ALL, "not blocking; the database's locks" },
    { SCMP_SYS(dup), G | C, "a listener for each thread" },
    { SCMP_SYS(poll), ALL, "waiting for several" },
    { SCMP_SYS(ppoll), ALL, "waiting for several" },
    { SCMP_SYS(recvfrom), ALL, "what the other processes and callers say" },
    { SCMP_SYS(recvmsg), ALL, "what comes with a descriptor" },
    { SCMP_SYS(sendto), ALL, "answers" },
    { SCMP_SYS(sendmsg), ALL, "answers in parts" },
    { SCMP_SYS(shutdown), ALL, "a connection is hung up" },
    { SCMP_SYS(setsockopt), ALL, "time-outs and buffers of a connection" },
    { SCMP_SYS(getsockopt), K | G | C, "what became of a connection; whose it is" },
    { SCMP_SYS(getsockname), ALL, "where we listen" },
    /* files: Landlock says which */
    { SCMP_SYS(openat), ALL, "the database; certificates and names of hosts; the keyring" },
    { SCMP_SYS(open), ALL, "the same, in other C libraries" },
    { SCMP_SYS(stat), S | G | C, "is a file there" },
    { SCMP_SYS(lstat), S | G | C, "is it a link" },
    { SCMP_SYS(access), S | G | C, "is a file there" },
    { SCMP_SYS(faccessat), S | G | C, "is a file there" },
    { SCMP_SYS(faccessat2), S | G | C, "is a file there" },
    { SCMP_SYS(readlink), S | G | C, "where this program is" },
    { SCMP_SYS(readlinkat), S | G | C, "where this program is" },
    { SCMP_SYS(getdents64), S | G | C, "a folder of certificates" },
    { SCMP_SYS(fstatfs), S | G | C, "what kind of disk it is" },
    { SCMP_SYS(statfs), S | G | C, "what kind of disk it is" },
    { SCMP_SYS(pread64), S | G | C, "the database's pages; programs being loaded" },
    { SCMP_SYS(pwrite64), S | G, "the database's pages" },
    { SCMP_SYS(fsync), S | K | G, "what was acknowledged is on the disk" },
    { SCMP_SYS(fdatasync), S | G, "what was acknowledged is on the disk" },
    { SCMP_SYS(ftruncate), S | G, "the database's index of its log" },
    { SCMP_SYS(fallocate), S | G, "the database grows" },
    { SCMP_SYS(truncate), S | G, "the copies of a backup that was cut off" },
    { SCMP_SYS(fchmod), S | G, "files are their user's alone" },
    { SCMP_SYS(fchown), S | G, "the log belongs to whom the database belongs" },
    { SCMP_SYS(unlink), S | K | G, "the log goes when the database is closed; what a crash left of a keyring" },
    { SCMP_SYS(rename), S | K | G, "the credentials file and the keyring are replaced in one step" },
    { SCMP_SYS(getcwd), S | G, "a relative data folder" },
    /* the HTTP server */
    { SCMP_SYS(accept4), K | G, "callers; custodians" },
    { SCMP_SYS(accept), G, "callers" },
    { SCMP_SYS(epoll_create1), G, "many callers" },
    { SCMP_SYS(epoll_ctl), G, "many callers" },
    { SCMP_SYS(epoll_wait), G, "many callers" },
    { SCMP_SYS(epoll_pwait), G, "many callers" },
    { SCMP_SYS(eventfd2), G | C, "a bell for each thread" },
    { SCMP_SYS(pipe2), G | C, "a bell, where there is no eventfd" },
    { SCMP_SYS(getpeername), G | C, "who is at the other end" },
    { SCMP_SYS(sendfile), G, "the library's way to send files" },
    /* libcurl and the resolver */
    { SCMP_SYS(connect), C, "receivers of webhooks" },
    { SCMP_SYS(bind), C, "the resolver's questions to the kernel" },
    { SCMP_SYS(socketpair), C, "libcurl wakes itself" },
    { SCMP_SYS(recvmmsg), C, "answers of a name server" },
    { SCMP_SYS(sendmmsg), C, "questions to a name server" },
    { SCMP_SYS(select), C, "a name server is waited for" },
    { SCMP_SYS(pselect6), C, "a name server is waited for" },
    /* the supervisor's own, and what a child does between fork and its own filter */
    { SCMP_SYS(execve), S, "a child is this program again" },
    { SCMP_SYS(wait4), S, "a child ended" },
    { SCMP_SYS(waitid), S, "a child ended" },
    { SCMP_SYS(kill), S, "a child that hangs" },
    { SCMP_SYS(signalfd4), S, "the word to stop or to read certificates again" },
    { SCMP_SYS(dup2), S, "a child's descriptors in their places" },
    { SCMP_SYS(dup3), S, "a child's descriptors in their places" },
    { SCMP_SYS(close_range), S, "and no others" },
    { SCMP_SYS(arch_prctl), S, "a program begins" },
    { SCMP_SYS(set_tid_address), S, "a program begins" },
    { SCMP_SYS(umask), S, "whatever is made is its user's alone" },
    { SCMP_SYS(link), S | K, "the keys for cards are made in one step" },
    { SCMP_SYS(listen), S, "the keyholder's socket for custodians" },
    { SCMP_SYS(mkdir), S, "folders that are missing" },
    { SCMP_SYS(capget), S, "a child has no capabilities" },
    { SCMP_SYS(capset), S, "a child gives up capabilities" },
    { SCMP_SYS(seccomp), S, "a child narrows its own filter" },
    { SCMP_SYS(landlock_create_ruleset), S, "a child narrows its own files" },
    { SCMP_SYS(landlock_add_rule), S, "a child narrows its own files" },
    { SCMP_SYS(landlock_restrict_self), S, "a child narrows its own files" },
};

/* Allowed when the bits `mask` of an argument are `value` (a mask of 0: always); with `error` refused and survived. Of
 * a call with lines for the supervisor and for others, the supervisor's are the wider ones. */
static const struct narrow {
    int number;
    unsigned roles, argument;
    uint64_t mask, value;
    int error;
    const char *why;
} narrows[] = {
    { SCMP_SYS(mmap), K | G, 2, PROT_EXEC, 0, 0, "memory, but none that runs" },
    { SCMP_SYS(mmap), S | C, 2, 0, 0, 0, "memory; programs, and the resolver's modules" },
    { SCMP_SYS(mprotect), K | G, 2, PROT_EXEC, 0, 0, "memory, but none that runs" },
    { SCMP_SYS(mprotect), S | C, 2, 0, 0, 0, "memory; programs, and the resolver's modules" },
    { SCMP_SYS(clone), K | G | C, 0, CLONE_THREAD | CLONE_NEWUSER, CLONE_THREAD, 0, "threads, but no processes" },
    { SCMP_SYS(clone), S, 0, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET, 0, 0, "children and threads" },
    { SCMP_SYS(clone3), ALL, 0, 0, 0, ENOSYS, "its flags cannot be looked at, so the C library takes clone" },
    { SCMP_SYS(ioctl), ALL, 1, UINT32_MAX, TCGETS, 0, "is it a terminal that we print on" },
    { SCMP_SYS(ioctl), ALL, 1, UINT32_MAX, FIONBIO, 0, "not blocking" },
    { SCMP_SYS(ioctl), S | C, 1, UINT32_MAX, FIONREAD, 0, "how much a name server sent" },
    { SCMP_SYS(tgkill), ALL, 2, UINT32_MAX, 6, 0, "abort() of our own assertions" },
    { SCMP_SYS(prctl), ALL, 0, UINT32_MAX, PR_SET_NAME, 0, "a thread's name" },
    { SCMP_SYS(prctl), ALL, 0, UINT32_MAX, PR_SET_DUMPABLE, 0, "the keyholder's end, once its keys are wiped" },
    { SCMP_SYS(prctl), ALL, 0, UINT32_MAX, PR_SET_VMA, 0, "a name for memory, in later C libraries" },
    { SCMP_SYS(prctl), S, 0, UINT32_MAX, PR_GET_DUMPABLE, 0, "what the keyholder goes back to" },
    { SCMP_SYS(prctl), S, 0, UINT32_MAX, PR_SET_PDEATHSIG, 0, "a child dies with its parent" },
    { SCMP_SYS(prctl), S, 0, UINT32_MAX, PR_SET_NO_NEW_PRIVS, 0, "a child gives up more" },
    { SCMP_SYS(prctl), S, 0, UINT32_MAX, PR_GET_SECCOMP, 0, "the filter's library looks what there is" },
    { SCMP_SYS(prctl), S, 0, UINT32_MAX, PR_SET_SECCOMP, 0, "a child narrows its own filter" },
    { SCMP_SYS(socket), S | C, 0, UINT32_MAX, AF_INET, 0, "receivers and name servers" },
    { SCMP_SYS(socket), S | C, 0, UINT32_MAX, AF_INET6, 0, "receivers and name servers" },
    { SCMP_SYS(socket), S | C, 0, UINT32_MAX, AF_NETLINK, 0, "which of a host's addresses can be reached" },
    { SCMP_SYS(socket), C, 0, UINT32_MAX, AF_UNIX, EACCES, "the resolver does without a cache's socket" },
    { SCMP_SYS(socket), S, 0, UINT32_MAX, AF_UNIX, 0, "custodians' socket; an HSM's library asks a service here" },
    { SCMP_SYS(flock), H, 0, 0, 0, 0, "an HSM's library locks its files" },
};

static bool add_calls(scmp_filter_ctx filter, enum confine_role role)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (((role & S) || (calls[i].roles & role)) &&
            seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i].number, 0) != 0)
            return false;
    return true;
}

static bool add_narrows(scmp_filter_ctx filter, enum confine_role role)
{
    for (size_t i = 0; i < sizeof narrows / sizeof *narrows; i++) {
        const struct narrow *n = &narrows[i];
        uint32_t action = n->error ? SCMP_ACT_ERRNO((uint32_t)n->error) : SCMP_ACT_ALLOW;
        struct scmp_arg_cmp when = { n->argument, SCMP_CMP_MASKED_EQ, n->mask, n->value };

        if ((n->roles & role) && seccomp_rule_add_array(filter, action, n->number, n->mask ? 1 : 0, &when) != 0)
            return false;
    }
    return true;
}

enum fault confine_calls(enum confine_role role)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool good = filter != NULL;

    /* All threads; no search from the front of the table at each call. */
    good = good && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
    good = good && seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0;
    good = good && add_calls(filter, role) && add_narrows(filter, role) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good ? FAULT_NONE : FAULT_INTERNAL;
}
