/* test_confine.c: what a process that gave it up cannot do any more, tried in children of ours. Only in a build without
 * sanitizers, whose processes are not confined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine/confine.h"
#include "gateway/confinement.h"
#include "keyholder/keyring.h"
#include "keyholder/unseal.h"

#include "base/banned.h"

/* A data folder, and a listener that somebody might connect to. */
static struct bed {
    char dir[64];
    struct options o;
    struct folder folder;
    int listener;
    struct sockaddr_in at;
} bed;

static int set_up(void **state)
{
    socklen_t n = sizeof bed.at;
    int fd;
    bool shut;

    (void)state;
    memset(&bed, 0, sizeof bed);
    memcpy(bed.dir, "/tmp/tijori-confine-XXXXXX", sizeof "/tmp/tijori-confine-XXXXXX");
    assert_non_null(mkdtemp(bed.dir));
    bed.o.command = COMMAND_SANDBOX;
    (void)snprintf(bed.o.data, sizeof bed.o.data, "%s", bed.dir);
    memcpy(bed.o.network, "simulated", sizeof "simulated");
    memcpy(bed.o.acquirer, "simulated", sizeof "simulated");
    folder_paths(&bed.folder, &bed.o);
    assert_int_equal(folder_make(&shut, &bed.folder, &bed.o), FAULT_NONE);
    fd = open(bed.folder.key_file, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 && write(fd, "secret", 6) == 6 && close(fd) == 0);
    bed.listener = socket(AF_INET, SOCK_STREAM, 0);
    bed.at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    assert_int_equal(bind(bed.listener, (struct sockaddr *)&bed.at, sizeof bed.at), 0);
    assert_int_equal(listen(bed.listener, 8), 0);
    assert_int_equal(getsockname(bed.listener, (struct sockaddr *)&bed.at, &n), 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    close(bed.listener);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", bed.dir);
    return system(command);
}

/* Run `child` in a process of its own; its exit status, or minus the signal that ended it. */
static int in_child(int (*child)(void))
{
    pid_t pid = fork();
    int how;

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(child());
    assert_int_equal(waitpid(pid, &how, 0), pid);
    return WIFSIGNALED(how) ? -WTERMSIG(how) : WEXITSTATUS(how);
}

/* On a kernel without Landlock there is nothing to try. */
static void need_landlock(void)
{
    if (strcmp(confine_in_force(), CONFINE_WHOLE) != 0)
        skip();
}

/* 0: open; otherwise why not. */
static int try_open(const char *path, int flags)
{
    int fd = open(path, flags, 0600);

    return fd >= 0 ? close(fd) : errno;
}

static int try_connect(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return connect(fd, (struct sockaddr *)&bed.at, sizeof bed.at) == 0 ? 0 : errno;
}

static bool as_gateway(void)
{
    struct holds *h;

    return confinement_gateway(&h, &bed.o, &bed.folder) == FAULT_NONE;
}

/* --- files and network ------------------------------------------------------------------------------------------- */

static int gateway_files(void)
{
    char text[FOLDER_PATH + 8];

    if (!as_gateway())
        return 1;
    if (try_open(bed.folder.key_file, O_RDONLY) != EACCES || try_open(bed.folder.key_file, O_WRONLY) != EACCES)
        return 2;
    if (try_open("/etc/passwd", O_RDONLY) != EACCES || try_open("/tmp/tijori-new", O_WRONLY | O_CREAT) != EACCES)
        return 3;
    (void)snprintf(text, sizeof text, "%s/new.key", bed.folder.key_dir);
    if (try_open(text, O_WRONLY | O_CREAT) != EACCES)
        return 4;
    if (rename(bed.folder.credentials, bed.folder.key_file) == 0)
        return 5;
    if (try_open(bed.folder.store, O_RDWR) || try_open(bed.folder.network, O_RDWR) ||
        try_open(bed.folder.acquirer, O_RDWR))
        return 6;
    (void)snprintf(text, sizeof text, "%s-wal", bed.folder.store);
    if (try_open(text, O_RDWR) || try_open(bed.folder.journal, O_WRONLY | O_APPEND) == 0)
        return 7;                     /* the journal was not there: the supervisor makes it */
    return 0;
}

static void the_gateway_opens_its_databases_but_not_the_keys_and_makes_none(void **state)
{
    (void)state;
    need_landlock();
    assert_int_equal(in_child(gateway_files), 0);
}

static int gateway_replaces(void)
{
    struct credentials c = { 0 };

    if (!as_gateway())
        return 1;
    if (folder_write_credentials(&c, &bed.folder) || folder_write_curl(&c, &bed.folder))
        return 2;
    return access(bed.folder.credentials, F_OK);
}

static void the_gateway_replaces_its_credentials_file(void **state)
{
    (void)state;
    assert_int_equal(in_child(gateway_replaces), 0);
}

static int no_network(void)
{
    const struct confine_files none = { 0 };
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (try_connect() != 0 || confine_files(&none) != FAULT_NONE)
        return 1;
    if (bind(fd, (struct sockaddr *)&any, sizeof any) == 0 || errno != EACCES)
        return 2;
    return try_connect() == EACCES ? 0 : 3;
}

static void by_its_files_alone_a_process_neither_connects_nor_listens(void **state)
{
    (void)state;
    need_landlock();
    assert_int_equal(in_child(no_network), 0);
}

static int courier_files(void)
{
    if (confinement_courier() != FAULT_NONE)
        return 1;
    if (try_open(bed.dir, O_RDONLY | O_DIRECTORY) != EACCES || try_open(bed.folder.key_file, O_RDONLY) != EACCES)
        return 2;
    if (try_open(bed.folder.lock, O_RDWR | O_CREAT) != EACCES || try_open("/etc/passwd", O_RDONLY) != EACCES)
        return 3;
    if (try_open("/etc/hosts", O_RDONLY) || try_open("/etc/resolv.conf", O_RDONLY) == EACCES)
        return 4;
    return try_connect() == 0 ? 0 : 5;
}

static void the_courier_connects_but_cannot_open_the_data_folder(void **state)
{
    (void)state;
    need_landlock();
    assert_int_equal(in_child(courier_files), 0);
}

static int courier_resolves(void)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found;

    if (confinement_courier() != FAULT_NONE)
        return 1;
    return getaddrinfo("localhost", "80", &hints, &found) == 0 ? 0 : 2;
}

static void the_courier_finds_hosts_by_name(void **state)
{
    (void)state;
    assert_int_equal(in_child(courier_resolves), 0);
}

static int keyholder_files(void)
{
    if (confinement_keyholder(&bed.folder) != FAULT_NONE)
        return 1;
    if (try_open(bed.folder.key_file, O_RDONLY) || try_open(bed.folder.store, O_RDWR | O_CREAT) != EACCES)
        return 2;
    if (try_connect() != EACCES || confinement_keyholder_done() != FAULT_NONE)
        return 3;
    if (try_open(bed.folder.key_file, O_RDONLY) || try_open(bed.folder.store, O_RDWR | O_CREAT) != EACCES)
        return 4;
    return try_open("/etc/passwd", O_RDONLY) == EACCES ? 0 : 5;
}

/* As it is when keys are rotated, or custodians come. */
static int keyholder_writes(void)
{
    AUTO_SECRET kek = NULL;
    struct keyring *ring = NULL, *again = NULL;
    int fd = -1;

    if (confinement_keyholder(&bed.folder) || unseal_listen(&fd, bed.folder.key_file) || confinement_keyholder_done() ||
        fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        return 1;
    if (secret_new(&kek, KEYRING_KEK) || keyring_new(&ring, 1) || keyring_save(ring, bed.folder.key_file, kek) ||
        keyring_save(ring, bed.folder.key_file, kek))
        return 2;
    if (keyring_open(&again, bed.folder.key_file, kek) || keyring_head(again)->version != 2)
        return 3;
    return accept4(fd, NULL, NULL, SOCK_CLOEXEC) < 0 && errno == EAGAIN ? 0 : 4;
}

static void the_keyholder_writes_its_keyring_and_hears_custodians_in_its_folder_alone(void **state)
{
    (void)state;
    assert_int_equal(in_child(keyholder_writes), 0);
}

static int supervisor_socket(void)
{
    int fd;

    return confine_process() || confine_calls(CONFINE_SUPERVISOR) || unseal_listen(&fd, bed.folder.key_file) ? 1 : 0;
}

/* Its filter holds for the keyholder, too. */
static void the_supervisor_leaves_the_keyholder_its_socket(void **state)
{
    (void)state;
    assert_int_equal(in_child(supervisor_socket), 0);
}

/* Where the library of an HSM is: under the supervisor's rules, and none of its own. */
static int hsm_library(void)
{
    char theirs[128], file[160], outside[] = "/tmp/tijori-not-theirs";
    int fd;

    (void)snprintf(theirs, sizeof theirs, "%s.hsm", bed.dir);
    (void)snprintf(file, sizeof file, "%s/token", theirs);
    (void)snprintf(bed.o.hsm_module, sizeof bed.o.hsm_module, "/usr/lib/hsm.so");
    (void)snprintf(bed.o.hsm_folder, sizeof bed.o.hsm_folder, "%s", theirs);
    if (mkdir(theirs, 0700) != 0 || confinement_supervisor(&bed.o, &bed.folder))
        return 1;
    fd = open(file, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) != 0 || close(fd) != 0 || unlink(file) != 0)
        return 2;
    if (try_open(outside, O_WRONLY | O_CREAT) != EACCES)
        return 3;
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return fd < 0 ? 4 : 0;
}

static void the_library_of_an_hsm_writes_in_its_folder_and_asks_a_service(void **state)
{
    char command[160];

    (void)state;
    need_landlock();
    assert_int_equal(in_child(hsm_library), 0);
    (void)snprintf(command, sizeof command, "rmdir '%s.hsm'", bed.dir);
    assert_int_equal(system(command), 0);
}

static void the_keyholder_reads_its_keys_and_then_opens_nothing_outside_their_folder(void **state)
{
    (void)state;
    need_landlock();
    assert_int_equal(in_child(keyholder_files), 0);
}

/* --- system calls ------------------------------------------------------------------------------------------------ */

static int gateway_connects(void) { return as_gateway() ? try_connect() : 1; }
static int gateway_runs(void) { return as_gateway() ? execl("/bin/true", "true", NULL) : 1; }
static int gateway_forks(void) { return as_gateway() ? (int)fork() : 1; }
static int gateway_chmods(void) { return as_gateway() ? chmod(bed.folder.key_file, 0644) : 1; }

static int gateway_runs_memory(void)
{
    return as_gateway() && mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                               MAP_FAILED;
}

static int gateway_traces(void) { return as_gateway() ? (int)ptrace(PTRACE_ATTACH, getppid(), 0, 0) : 1; }

static int courier_runs(void) { return confinement_courier() ? 1 : execl("/bin/true", "true", NULL); }
static int courier_accepts(void) { return confinement_courier() ? 1 : accept(bed.listener, NULL, NULL); }

static int keyholder_sockets(void)
{
    return confinement_keyholder(&bed.folder) || confinement_keyholder_done() ? 1 : socket(AF_INET, SOCK_STREAM, 0);
}

static int keyholder_listens(void)
{
    int fd;

    return confinement_keyholder(&bed.folder) || confinement_keyholder_done()
               ? 1 : (int)unseal_listen(&fd, bed.folder.key_file);
}

static int keyholder_connects(void)
{
    return confinement_keyholder(&bed.folder) || confinement_keyholder_done() ? 1 : connect(bed.listener, NULL, 0);
}

static int supervisor_traces(void)
{
    return confine_process() || confine_calls(CONFINE_SUPERVISOR) ? 1 : (int)ptrace(PTRACE_TRACEME, 0, 0, 0);
}

/* Only where there is an HSM. */
static int supervisor_locks(void)
{
    return confine_process() || confine_calls(CONFINE_SUPERVISOR) ? 1 : flock(bed.listener, LOCK_EX);
}

static void a_call_that_is_not_its_own_kills_the_process(void **state)
{
    static int (*const calls[])(void) = {
        gateway_connects, gateway_runs, gateway_forks, gateway_chmods, gateway_runs_memory, gateway_traces,
        courier_runs, courier_accepts, keyholder_sockets, keyholder_listens, keyholder_connects, supervisor_traces,
        supervisor_locks,
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        assert_int_equal(in_child(calls[i]), -SIGSYS);
}

static void *forbidden(void *arg)
{
    (void)arg;
    return (void *)syscall(SYS_getsid, 0);
}

static int thread_before(void)
{
    pthread_t t;
    int pipes[2];

    if (pipe(pipes) != 0 || pthread_create(&t, NULL, forbidden, NULL) != 0 || pthread_join(t, NULL) != 0)
        return 1;
    if (confine_process() != FAULT_NONE || confine_calls(CONFINE_GATEWAY) != FAULT_NONE)
        return 2;
    return pthread_create(&t, NULL, forbidden, NULL) == 0 ? pthread_join(t, NULL) : 3;
}

static void it_dies_whichever_of_its_threads_made_the_call(void **state)
{
    (void)state;
    assert_int_equal(in_child(thread_before), -SIGSYS);
}

static int supervisor_child(void)
{
    pid_t pid;
    int how;

    if (confine_process() != FAULT_NONE || confine_calls(CONFINE_SUPERVISOR) != FAULT_NONE)
        return 1;
    pid = fork();
    if (pid == 0)
        execl("/bin/true", "true", NULL);
    return waitpid(pid, &how, 0) == pid && WIFEXITED(how) ? WEXITSTATUS(how) : 2;
}

static void the_supervisor_starts_children(void **state)
{
    (void)state;
    assert_int_equal(in_child(supervisor_child), 0);
}

/* --- the process ------------------------------------------------------------------------------------------------- */

static int process(void)
{
    struct rlimit core;
    FILE *status;
    char line[128];
    unsigned found = 0;

    if (confine_process() != FAULT_NONE || getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        return 1;
    status = fopen("/proc/thread-self/status", "r");
    while (status && fgets(line, sizeof line, status))
        found += strncmp(line, "NoNewPrivs:\t1", 13) == 0 || strcmp(line, "CapEff:\t0000000000000000\n") == 0 ||
                 strcmp(line, "CapPrm:\t0000000000000000\n") == 0;
    return found == 3 ? 0 : 2;
}

static void a_process_has_no_powers_and_leaves_no_core(void **state)
{
    (void)state;
    assert_int_equal(in_child(process), 0);
}

static int becomes_nobody(void)
{
    char text[128];
    struct buf why = BUF(text);

    if (geteuid() != 0)
        return 0;                     /* only root becomes somebody */
    if (confine_user("nobody", &why) || geteuid() == 0 || setuid(0) == 0)
        return 1;
    return confine_process() == FAULT_NONE && setuid(0) != 0 ? 0 : 2;
}

static int refuses_strangers(void)
{
    char text[128];
    struct buf why = BUF(text);

    if (confine_user("no-such-user-here", &why) != FAULT_BAD_INPUT || !why.n)
        return 1;
    return confine_user("", &why) == FAULT_NONE ? 0 : 2;
}

static void root_becomes_the_user_that_is_named(void **state)
{
    (void)state;
    assert_int_equal(in_child(becomes_nobody), 0);
    assert_int_equal(in_child(refuses_strangers), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_gateway_opens_its_databases_but_not_the_keys_and_makes_none),
        T(the_gateway_replaces_its_credentials_file),
        T(by_its_files_alone_a_process_neither_connects_nor_listens),
        T(the_courier_connects_but_cannot_open_the_data_folder),
        T(the_courier_finds_hosts_by_name),
        T(the_keyholder_reads_its_keys_and_then_opens_nothing_outside_their_folder),
        T(the_keyholder_writes_its_keyring_and_hears_custodians_in_its_folder_alone),
        T(the_supervisor_leaves_the_keyholder_its_socket),
        T(the_library_of_an_hsm_writes_in_its_folder_and_asks_a_service),
        T(a_call_that_is_not_its_own_kills_the_process),
        T(it_dies_whichever_of_its_threads_made_the_call),
        T(the_supervisor_starts_children),
        T(a_process_has_no_powers_and_leaves_no_core),
        T(root_becomes_the_user_that_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
