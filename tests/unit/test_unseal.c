/* test_unseal.c: custodians at the keyholder's socket, and those who are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/journal.h"
#include "keyholder/unseal.h"

#include "base/banned.h"

enum { SHARES = 5, NEED = 3, SLOW_MS = 10, CLIENT_MS = 200 };

static struct bed {
    char dir[64], key_file[96], journal_path[96];
    int journal_fd;
    struct journal *journal;
    struct keyring_head head;
    uint8_t secret[KEYRING_KEK];
    struct shamir_share shares[SHARES];
    struct unseal *unseal;
    unsigned opened, refused;         /* what the keyring was asked to do */
    enum fault then;                  /* what it says of the right key */
} bed;

/* The keyring: the right key opens it. */
static enum fault try_key(void *arg, const struct secret *kek)
{
    struct bed *b = arg;

    if (!secret_equal(secret_span(kek), (struct span){ b->secret, sizeof b->secret })) {
        b->refused++;
        return FAULT_DENIED;
    }
    b->opened += !b->then;
    return b->then;
}

static int set_up(void **state)
{
    struct unseal_options o = { .open = try_key, .arg = &bed, .slow_ms = SLOW_MS, .client_ms = CLIENT_MS };

    (void)state;
    memset(&bed, 0, sizeof bed);
    snprintf(bed.dir, sizeof bed.dir, "/tmp/tijori-unseal-XXXXXX");
    assert_non_null(mkdtemp(bed.dir));
    snprintf(bed.key_file, sizeof bed.key_file, "%s/master.key", bed.dir);
    snprintf(bed.journal_path, sizeof bed.journal_path, "%s/journal", bed.dir);
    bed.journal_fd = open(bed.journal_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_int_equal(journal_open(&bed.journal, bed.journal_fd, "keyholder", clock_system()), FAULT_NONE);
    bed.head = (struct keyring_head){ .source = KEYRING_SHARES, .threshold = NEED, .shares = SHARES };
    secret_random(bed.head.set, sizeof bed.head.set);
    secret_random(bed.secret, sizeof bed.secret);
    assert_int_equal(shamir_split(bed.shares, SHARES, NEED, (struct span){ bed.secret, sizeof bed.secret }),
                     FAULT_NONE);
    o.head = bed.head;
    o.journal = bed.journal;
    assert_int_equal(unseal_listen(&o.listen_fd, bed.key_file), FAULT_NONE);
    assert_int_equal(unseal_new(&bed.unseal, &o), FAULT_NONE);
    return 0;
}

static int tear_down(void **state)
{
    char path[UNSEAL_PATH_MAX];

    (void)state;
    unseal_free(bed.unseal);
    journal_close(bed.journal);
    close(bed.journal_fd);
    assert_int_equal(unseal_path(path, bed.key_file), FAULT_NONE);
    (void)unlink(path);
    (void)unlink(bed.journal_path);
    return rmdir(bed.dir);
}

static int connect_to(void)
{
    const struct timeval wait = { .tv_sec = 10 };
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    assert_int_equal(unseal_path(at.sun_path, bed.key_file), FAULT_NONE);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Put a frame; false when the connection was closed on it. */
static bool put(struct unseal_answer *out, int fd, const void *frame, size_t n)
{
    uint8_t answer[UNSEAL_ANSWER + 1];
    ssize_t got;

    assert_int_equal(send(fd, frame, n, MSG_NOSIGNAL), (ssize_t)n);
    got = recv(fd, answer, sizeof answer, 0);
    if (got <= 0)
        return false;
    assert_int_equal(unseal_answer_read(out, (struct span){ answer, (size_t)got }), FAULT_NONE);
    assert_memory_equal(out->set, bed.head.set, sizeof out->set);
    assert_int_equal(out->need, NEED);
    assert_int_equal(out->shares, SHARES);
    return true;
}

static struct unseal_answer put_text(const char *text)
{
    uint8_t frame[UNSEAL_FRAME_MAX];
    struct buf b = BUF(frame);
    struct unseal_answer a = { 0 };
    int fd = connect_to();

    buf_byte(&b, UNSEAL_VERSION);
    buf_byte(&b, UNSEAL_SHARE);
    buf_text(&b, text);
    assert_false(b.full);
    assert_true(put(&a, fd, b.p, b.n));
    close(fd);
    return a;
}

static const char *text_of(const struct share *s)
{
    static char text[SHARE_TEXT + 1];
    struct buf b = { (uint8_t *)text, 0, SHARE_TEXT, false };

    share_write(&b, s);
    text[b.n] = '\0';
    return text;
}

static struct share share_number(unsigned i)
{
    struct share s = { .part = bed.shares[i - 1] };

    memcpy(s.set, bed.head.set, sizeof s.set);
    return s;
}

static struct unseal_answer give(unsigned i)
{
    struct share s = share_number(i);

    return put_text(text_of(&s));
}

static struct unseal_answer ask_status(void)
{
    static const uint8_t frame[] = { UNSEAL_VERSION, UNSEAL_STATUS };
    struct unseal_answer a = { 0 };
    int fd = connect_to();

    assert_true(put(&a, fd, frame, sizeof frame));
    close(fd);
    return a;
}

static void assert_answer(struct unseal_answer a, enum unseal_verdict verdict, unsigned index, unsigned have)
{
    assert_int_equal(a.verdict, verdict);
    assert_int_equal(a.index, index);
    assert_int_equal(a.have, have);
}

/* Does the journal have these words, and how often? */
static unsigned journal_says(const char *words)
{
    static char text[64 * 1024];
    unsigned n = 0;
    ssize_t got;

    journal_close(bed.journal);       /* what waits is written */
    assert_int_equal(journal_open(&bed.journal, bed.journal_fd, "keyholder", clock_system()), FAULT_NONE);
    got = pread(bed.journal_fd, text, sizeof text - 1, 0);
    assert_true(got >= 0);
    text[got] = '\0';
    for (const char *at = text; (at = strstr(at, words)); at++)
        n++;
    return n;
}

static void enough_shares_in_any_order_open_the_keyring(void **state)
{
    (void)state;
    assert_answer(ask_status(), UNSEAL_SEALED, 0, 0);
    assert_answer(give(4), UNSEAL_TAKEN, 4, 1);
    assert_answer(give(1), UNSEAL_TAKEN, 1, 2);
    assert_answer(ask_status(), UNSEAL_SEALED, 0, 2);
    assert_int_equal(bed.opened, 0);
    assert_answer(give(5), UNSEAL_OPENED, 5, 3);
    assert_int_equal(bed.opened, 1);
    assert_answer(ask_status(), UNSEAL_OPEN, 0, 3);
    assert_answer(give(2), UNSEAL_OPEN, 0, 3);
    assert_int_equal(bed.opened, 1);
}

static void a_mistyped_share_and_one_of_another_keyring_take_nothing_away(void **state)
{
    struct share other = share_number(2);
    char typed[SHARE_TEXT + 1];

    (void)state;
    assert_answer(give(1), UNSEAL_TAKEN, 1, 1);
    other.set[0] ^= 1;
    assert_answer(put_text(text_of(&other)), UNSEAL_OTHER_SET, 2, 1);
    other = share_number(2);
    snprintf(typed, sizeof typed, "%s", text_of(&other));
    typed[40] = typed[40] == '7' ? '8' : '7';
    assert_answer(put_text(typed), UNSEAL_MISTYPED, 0, 1);
    assert_answer(put_text(""), UNSEAL_MISTYPED, 0, 1);
    assert_answer(give(2), UNSEAL_TAKEN, 2, 2);
    assert_answer(give(3), UNSEAL_OPENED, 3, 3);
    assert_int_equal(bed.refused, 0);
}

static void a_share_counts_once_and_a_forged_one_of_its_number_not_at_all(void **state)
{
    struct share forged = share_number(1);

    (void)state;
    assert_answer(give(1), UNSEAL_TAKEN, 1, 1);
    assert_answer(give(1), UNSEAL_AGAIN, 1, 1);
    forged.part.bytes[7] ^= 0x20;
    assert_answer(put_text(text_of(&forged)), UNSEAL_CONFLICT, 1, 1);
    assert_answer(give(2), UNSEAL_TAKEN, 2, 2);
    assert_answer(give(3), UNSEAL_OPENED, 3, 3);
}

static void shares_that_do_not_open_it_are_all_dropped_and_others_may_come(void **state)
{
    struct share forged = share_number(2);

    (void)state;
    forged.part.bytes[0] ^= 1;
    assert_answer(give(1), UNSEAL_TAKEN, 1, 1);
    assert_answer(put_text(text_of(&forged)), UNSEAL_TAKEN, 2, 2);
    assert_answer(give(3), UNSEAL_WRONG, 3, 0);
    assert_int_equal(bed.refused, 1);
    assert_answer(ask_status(), UNSEAL_SEALED, 0, 0);
    assert_answer(give(1), UNSEAL_TAKEN, 1, 1);
    assert_answer(give(2), UNSEAL_TAKEN, 2, 2);
    assert_answer(give(3), UNSEAL_OPENED, 3, 3);
    assert_int_equal(journal_says("do not open the keyring"), 1);
}

static void a_keyholder_that_cannot_go_on_says_so_and_stays_sealed(void **state)
{
    (void)state;
    bed.then = FAULT_DISK;
    assert_answer(give(1), UNSEAL_TAKEN, 1, 1);
    assert_answer(give(2), UNSEAL_TAKEN, 2, 2);
    assert_answer(give(3), UNSEAL_BROKEN, 3, 0);
    assert_answer(ask_status(), UNSEAL_SEALED, 0, 0);
}

static void the_journal_has_the_numbers_of_the_shares_and_nothing_of_what_was_typed(void **state)
{
    struct share s = share_number(2);
    char typed[SHARE_TEXT + 1];

    (void)state;
    snprintf(typed, sizeof typed, "%s", text_of(&s));
    assert_answer(put_text(typed), UNSEAL_TAKEN, 2, 1);
    assert_int_equal(journal_says("a custodian's share was taken\",\"n\":2"), 1);
    for (size_t at = 15; at + 6 <= SHARE_TEXT; at += 7) {
        char group[7];
        snprintf(group, sizeof group, "%.6s", typed + at);
        assert_int_equal(journal_says(group), 0);
    }
    assert_int_equal(journal_says("tijori-share"), 0);
}

static void a_frame_that_is_none_ends_its_connection_and_no_other(void **state)
{
    static const uint8_t frames[][4] = {
        { UNSEAL_VERSION }, { 0, UNSEAL_STATUS }, { 2, UNSEAL_STATUS }, { UNSEAL_VERSION, 2 }, { UNSEAL_VERSION, 255 },
        { UNSEAL_VERSION, UNSEAL_STATUS, 0 },
    };
    static const size_t sizes[] = { 1, 2, 2, 2, 2, 3 };
    uint8_t large[UNSEAL_FRAME_MAX + 1] = { UNSEAL_VERSION, UNSEAL_SHARE };
    struct unseal_answer a;
    int fd;

    (void)state;
    assert_answer(give(1), UNSEAL_TAKEN, 1, 1);
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        fd = connect_to();
        assert_false(put(&a, fd, frames[i], sizes[i]));
        close(fd);
    }
    memset(large + 2, 'A', sizeof large - 2);
    fd = connect_to();
    assert_false(put(&a, fd, large, sizeof large));
    close(fd);
    fd = connect_to();
    assert_true(put(&a, fd, large, sizeof large - 1));
    assert_answer(a, UNSEAL_MISTYPED, 0, 1);
    close(fd);
    assert_answer(ask_status(), UNSEAL_SEALED, 0, 1);
    assert_int_equal(journal_says("a malformed frame"), 7);
}

/* Random frames: whatever comes, it answers or hangs up, and takes nothing. */
static void nothing_random_is_taken_for_a_share(void **state)
{
    uint8_t frame[UNSEAL_FRAME_MAX];
    struct unseal_answer a;

    (void)state;
    for (unsigned i = 0; i < 24; i++) {
        int fd = connect_to();
        size_t n = 1 + 11 * i % sizeof frame;
        secret_random(frame, sizeof frame);
        frame[0] = i % 3 ? UNSEAL_VERSION : frame[0];
        frame[1] = i % 8 == 1 ? UNSEAL_SHARE : (uint8_t)(frame[1] | 2);
        if (put(&a, fd, frame, n))
            assert_answer(a, UNSEAL_MISTYPED, 0, 0);
        close(fd);
    }
    assert_answer(ask_status(), UNSEAL_SEALED, 0, 0);
}

static void one_client_may_put_several_questions_and_who_is_silent_is_let_go(void **state)
{
    static const uint8_t frame[] = { UNSEAL_VERSION, UNSEAL_STATUS };
    struct unseal_answer a;
    int mute = connect_to(), patient;
    uint8_t byte;

    (void)state;
    patient = connect_to();           /* waits until the mute one's time is over */
    assert_true(put(&a, patient, frame, sizeof frame));
    assert_int_equal(recv(mute, &byte, 1, MSG_DONTWAIT), 0);
    assert_true(put(&a, patient, frame, sizeof frame));
    close(mute);
    close(patient);
}

static void the_socket_is_its_users_alone_and_takes_the_place_of_an_older_one(void **state)
{
    char path[UNSEAL_PATH_MAX];
    struct stat st;
    int fd = -1;

    (void)state;
    assert_int_equal(unseal_path(path, bed.key_file), FAULT_NONE);
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(unseal_listen(&fd, bed.key_file), FAULT_NONE);
    close(fd);
    (void)umask(0);
    assert_int_equal(unseal_listen(&fd, bed.key_file), FAULT_NONE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    close(fd);
}

static void a_path_that_is_too_long_or_not_there_is_told(void **state)
{
    char path[UNSEAL_PATH_MAX], text[2 * UNSEAL_PATH_MAX];
    int fd = -1;

    (void)state;
    memset(text, 'a', sizeof text);
    text[0] = '/';
    text[UNSEAL_PATH_MAX - sizeof UNSEAL_SOCKET] = '/';
    text[UNSEAL_PATH_MAX - sizeof UNSEAL_SOCKET + 1] = '\0';
    assert_int_equal(unseal_path(path, text), FAULT_BAD_INPUT);
    text[UNSEAL_PATH_MAX - sizeof UNSEAL_SOCKET - 1] = '/';
    text[UNSEAL_PATH_MAX - sizeof UNSEAL_SOCKET] = 'k';
    assert_int_equal(unseal_path(path, text), FAULT_NONE);
    assert_int_equal(strlen(path), UNSEAL_PATH_MAX - 1);
    assert_int_equal(unseal_listen(&fd, text), FAULT_DISK);
    assert_int_equal(unseal_path(path, "key"), FAULT_NONE);
    assert_string_equal(path, UNSEAL_SOCKET);
}

static void what_is_no_answer_is_told(void **state)
{
    uint8_t bytes[UNSEAL_ANSWER + 1] = { UNSEAL_VERSION, UNSEAL_TAKEN };
    struct unseal_answer a;

    (void)state;
    assert_int_equal(unseal_answer_read(&a, (struct span){ bytes, UNSEAL_ANSWER }), FAULT_NONE);
    assert_int_equal(unseal_answer_read(&a, (struct span){ bytes, UNSEAL_ANSWER - 1 }), FAULT_BAD_INPUT);
    assert_int_equal(unseal_answer_read(&a, (struct span){ bytes, UNSEAL_ANSWER + 1 }), FAULT_BAD_INPUT);
    bytes[1] = UNSEAL_BROKEN + 1;
    assert_int_equal(unseal_answer_read(&a, (struct span){ bytes, UNSEAL_ANSWER }), FAULT_BAD_INPUT);
    bytes[1] = 0;
    bytes[0] = UNSEAL_VERSION + 1;
    assert_int_equal(unseal_answer_read(&a, (struct span){ bytes, UNSEAL_ANSWER }), FAULT_BAD_INPUT);
}

static void a_keyring_that_asks_for_impossible_numbers_is_not_waited_for(void **state)
{
    struct unseal_options o = { .open = try_key, .head = bed.head };
    struct unseal *u = NULL;

    (void)state;
    o.head.threshold = 1;
    o.listen_fd = dup(STDIN_FILENO);
    assert_int_equal(unseal_new(&u, &o), FAULT_INTERNAL);
    o.head.threshold = SHAMIR_SHARES_MAX + 1;
    o.listen_fd = dup(STDIN_FILENO);
    assert_int_equal(unseal_new(&u, &o), FAULT_INTERNAL);
    assert_null(u);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(enough_shares_in_any_order_open_the_keyring),
        T(a_mistyped_share_and_one_of_another_keyring_take_nothing_away),
        T(a_share_counts_once_and_a_forged_one_of_its_number_not_at_all),
        T(shares_that_do_not_open_it_are_all_dropped_and_others_may_come),
        T(a_keyholder_that_cannot_go_on_says_so_and_stays_sealed),
        T(the_journal_has_the_numbers_of_the_shares_and_nothing_of_what_was_typed),
        T(a_frame_that_is_none_ends_its_connection_and_no_other),
        T(nothing_random_is_taken_for_a_share),
        T(one_client_may_put_several_questions_and_who_is_silent_is_let_go),
        T(the_socket_is_its_users_alone_and_takes_the_place_of_an_older_one),
        T(a_path_that_is_too_long_or_not_there_is_told),
        T(what_is_no_answer_is_told),
        T(a_keyring_that_asks_for_impossible_numbers_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
