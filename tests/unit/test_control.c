/* test_control.c: words and descriptors between supervisor and children. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervisor/control.h"

#include "base/banned.h"

static int pair[2];

static int setup(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int teardown(void **state)
{
    (void)state;
    close(pair[0]);
    close(pair[1]);
    return 0;
}

static const struct control_message channel = {
    .word = CONTROL_CHANNEL, .index = 3, .rights = 0x2F, .restarts_keyholder = UINT64_MAX, .restarts_gateway = 258,
    .restarts_courier = UINT64_C(1) << 40,
};

static void a_message_arrives_as_it_was_sent_with_its_descriptor(void **state)
{
    struct control_message m = { 0 };
    int pipes[2], fd = -1;
    char byte = 0;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(control_send(pair[0], &channel, pipes[1]), FAULT_NONE);
    close(pipes[1]);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_NONE);
    assert_int_equal(m.word, CONTROL_CHANNEL);
    assert_int_equal(m.index, 3);
    assert_int_equal(m.rights, 0x2F);
    assert_true(m.restarts_keyholder == UINT64_MAX);
    assert_int_equal(m.restarts_gateway, 258);
    assert_true(m.restarts_courier == UINT64_C(1) << 40);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    close(fd);
    close(pipes[0]);
}

static void messages_without_a_descriptor_arrive_in_order(void **state)
{
    const struct control_message ready = { .word = CONTROL_READY }, stop = { .word = CONTROL_STOP };
    struct control_message m;
    int fd = 7;

    (void)state;
    assert_int_equal(control_send(pair[0], &ready, -1), FAULT_NONE);
    assert_int_equal(control_send(pair[0], &stop, -1), FAULT_NONE);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_NONE);
    assert_int_equal(m.word, CONTROL_READY);
    assert_int_equal(fd, -1);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_NONE);
    assert_int_equal(m.word, CONTROL_STOP);
}

static void a_channel_whose_descriptor_has_no_room_is_told_from_nonsense(void **state)
{
    struct rlimit limit, low;
    struct control_message m = { 0 };
    int fd = 7, next;

    (void)state;
    assert_int_equal(control_send(pair[0], &channel, STDIN_FILENO), FAULT_NONE);
    assert_int_equal(control_send(pair[0], &channel, STDIN_FILENO), FAULT_NONE);
    next = dup(STDIN_FILENO);         /* the lowest number that is free */
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = (struct rlimit){ (rlim_t)next, limit.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_BUSY);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(fd, -1);
    assert_int_equal(m.index, channel.index);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_NONE);
    close(fd);
}

static void the_end_of_the_other_side_is_silent(void **state)
{
    struct control_message m;
    int fd;

    (void)state;
    close(pair[0]);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_SILENT);
    assert_int_equal(control_send(pair[1], &channel, -1), FAULT_SILENT);
    pair[0] = -1;
}

static void a_side_that_never_reads_does_not_hold_the_sender(void **state)
{
    const struct control_message stop = { .word = CONTROL_STOP };
    int sent = 0;

    (void)state;
    while (sent < 1000000 && control_send(pair[0], &stop, -1) == FAULT_NONE)
        sent++;
    assert_in_range(sent, 16, 999999);
}

static void what_is_no_message_is_refused(void **state)
{
    static const uint8_t wrong_word[36] = { 0, 0, 0, 4 };
    struct control_message m;
    uint8_t bytes[64] = { 0, 0, 0, 1 };
    int fd;

    (void)state;
    for (size_t n = 1; n < sizeof bytes; n++) {
        assert_int_equal(send(pair[0], bytes, n, 0), n);
        assert_int_equal(control_receive(pair[1], &m, &fd), n == 36 ? FAULT_NONE : FAULT_BAD_INPUT);
        assert_int_equal(fd, -1);
    }
    assert_int_equal(send(pair[0], wrong_word, sizeof wrong_word, 0), sizeof wrong_word);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_BAD_INPUT);
}

/* The lowest number a new descriptor would get: nothing leaked when it is the same before and after. */
static int lowest_free(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static void the_stream_to_the_courier_comes_with_its_descriptor(void **state)
{
    const struct control_message stream = { .word = CONTROL_COURIER, .restarts_courier = 3 };
    struct control_message m;
    int fd = -1;

    (void)state;
    assert_int_equal(control_send(pair[0], &stream, 0), FAULT_NONE);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_NONE);
    assert_int_equal(m.word, CONTROL_COURIER);
    assert_int_equal(m.restarts_courier, 3);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(control_send(pair[0], &stream, -1), FAULT_NONE);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_BAD_INPUT);
}

static void a_channel_without_descriptor_or_a_word_with_one_is_refused_and_nothing_leaks(void **state)
{
    const struct control_message stop = { .word = CONTROL_STOP };
    struct control_message m;
    int fd, before = lowest_free();

    (void)state;
    assert_int_equal(control_send(pair[0], &channel, -1), FAULT_NONE);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_BAD_INPUT);
    assert_int_equal(control_send(pair[0], &stop, 0), FAULT_NONE);
    assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_BAD_INPUT);
    assert_int_equal(fd, -1);
    assert_int_equal(lowest_free(), before);
}

static void several_descriptors_are_refused_and_all_closed(void **state)
{
    enum { MANY = 12 };
    union { struct cmsghdr align; uint8_t bytes[CMSG_SPACE(MANY * sizeof(int))]; } anc = { 0 };
    uint8_t wire[36] = { 0 };
    struct iovec io = { wire, sizeof wire };
    struct msghdr msg = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = anc.bytes };
    struct control_message m;
    int fd, before = lowest_free();

    (void)state;
    for (size_t n = 2; n <= MANY; n += 5) {
        struct cmsghdr *c;
        msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
        c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(n * sizeof(int));
        memset(CMSG_DATA(c), 0, n * sizeof(int));     /* standard input, n times */
        assert_int_equal(sendmsg(pair[0], &msg, 0), sizeof wire);
        assert_int_equal(control_receive(pair[1], &m, &fd), FAULT_BAD_INPUT);
        assert_int_equal(lowest_free(), before);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_message_arrives_as_it_was_sent_with_its_descriptor),
        T(messages_without_a_descriptor_arrive_in_order),
        T(a_channel_whose_descriptor_has_no_room_is_told_from_nonsense),
        T(the_end_of_the_other_side_is_silent),
        T(a_side_that_never_reads_does_not_hold_the_sender),
        T(what_is_no_message_is_refused),
        T(the_stream_to_the_courier_comes_with_its_descriptor),
        T(a_channel_without_descriptor_or_a_word_with_one_is_refused_and_nothing_leaks),
        T(several_descriptors_are_refused_and_all_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
