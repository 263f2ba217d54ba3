/* test_key_process.c: the keyholder as its supervisor sees it, in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/journal.h"
#include "keyholder/card.h"
#include "keyholder/card_keys.h"
#include "keyholder/charge.h"
#include "keyholder/client.h"
#include "keyholder/heart.h"
#include "keyholder/keyfile.h"
#include "keyholder/keymake.h"
#include "keyholder/process.h"
#include "keyholder/share.h"
#include "keyholder/unseal.h"
#include "supervisor/control.h"

#include "unit/card_keys.h"

#include "base/banned.h"

static char dir[64], path[96], card_jwe[96], card_rsa[96], keyring[96], unseal_at[UNSEAL_PATH_MAX], replaced[128];
static char shares[3][SHARE_TEXT + 1];
static const char *journal_at = "/dev/null";          /* and standard error */
static int control;
static pid_t pid;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/tijori-keyproc-XXXXXX");
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/key", dir);
    snprintf(card_jwe, sizeof card_jwe, "%s/card-jwe.key", dir);
    snprintf(card_rsa, sizeof card_rsa, "%s/card-rsa.key", dir);
    snprintf(keyring, sizeof keyring, "%s/keyring", dir);
    assert_int_equal(unseal_path(unseal_at, path), FAULT_NONE);
    snprintf(replaced, sizeof replaced, "%s.replaced", path);
    return 0;
}

/* The same with keys there already: making them takes longer than all else. */
static int setup_with_keys(void **state)
{
    struct heart_keys cards = test_card_keys();
    AUTO_SECRET master = NULL;

    if (setup(state) || keyfile_create(path) || keyfile_read(&master, path) ||
        card_keys_save(CARD_KEY_JWE, cards.jwe, master, path) || card_keys_save(CARD_KEY_RSA, cards.rsa, master, path))
        return 1;
    rsa_private_free(cards.jwe);
    rsa_private_free(cards.rsa);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(card_jwe);
    (void)unlink(card_rsa);
    (void)unlink(keyring);
    (void)unlink(unseal_at);
    (void)unlink(replaced);
    return rmdir(dir);
}

/* A build that counts what is reached would not hear of a child that ends at once. */
#ifdef COUNTS_COVERAGE
void __gcov_dump(void);
#else
#define __gcov_dump() ((void)0)
#endif

_Noreturn static void be_keyholder(int fd, bool create)
{
    int null = open(journal_at, O_RDWR | O_APPEND), status = 2;
    struct keyholder_options o = { .source = { .key_file = path }, .create = create, .control_fd = fd };

    (void)dup2(null, STDERR_FILENO);
    if (journal_open(&o.journal, null, "keyholder", clock_system()) == FAULT_NONE)
        status = keyholder_run(&o);
    journal_close(o.journal);
    __gcov_dump();
    _exit(status);
}

static void start(bool create)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    pid = fork();
    if (pid == 0) {
        close(pair[0]);
        be_keyholder(pair[1], create);
    }
    assert_true(pid > 0);
    close(pair[1]);
    control = pair[0];
}

static bool gets_ready(void)
{
    struct control_message m;
    int fd;

    return control_receive(control, &m, &fd) == FAULT_NONE && m.word == CONTROL_READY;
}

static void give_channel(struct keyholder *k, unsigned i, uint32_t rights)
{
    struct control_message m = { .word = CONTROL_CHANNEL, .index = i, .rights = rights };
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(control_send(control, &m, pair[1]), FAULT_NONE);
    close(pair[1]);
    keyholder_channel(k, i, pair[0]);
}

/* Its exit status, or -1 when it did not exit by itself. */
static int stop(void)
{
    int how = 0;

    close(control);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static void id_key(uint8_t *out, struct keyholder *k)
{
    struct key_ask ask = { .op = KEY_ID, .out = { out, 0, KEY_ID_SIZE, false } };

    assert_int_equal(keyholder_ask_one(k, &ask), FAULT_NONE);
}

static void it_makes_a_key_serves_channels_and_ends_when_let_go(void **state)
{
    struct keyholder *k = NULL;
    uint8_t first[KEY_ID_SIZE], second[KEY_ID_SIZE];

    (void)state;
    assert_int_equal(keyholder_new(&k, NULL, NULL), FAULT_NONE);
    start(true);
    assert_true(gets_ready());
    give_channel(k, 0, MAY_ALL);
    id_key(first, k);
    assert_int_equal(stop(), 0);
    assert_false(keyholder_is_up(k));

    start(false);                     /* the next one finds the key that the first one made */
    assert_true(gets_ready());
    for (unsigned i = 0; i < KEY_CHANNELS; i++)
        give_channel(k, i, MAY_ALL);
    id_key(second, k);
    assert_memory_equal(first, second, sizeof first);
    assert_int_equal(stop(), 0);
    keyholder_free(k);
}

static void rights_come_with_the_channel(void **state)
{
    struct keyholder *k = NULL;
    uint8_t out[KEY_HOURLY_SIZE];
    struct key_ask hourly = { .op = KEY_HOURLY, .out = BUF(out) }, id = { .op = KEY_ID, .out = BUF(out) };

    (void)state;
    assert_int_equal(keyholder_new(&k, NULL, NULL), FAULT_NONE);
    start(true);
    assert_true(gets_ready());
    give_channel(k, 0, MAY_HOURLY);
    assert_int_equal(keyholder_ask_one(k, &id), FAULT_DENIED);
    assert_int_equal(keyholder_ask_one(k, &hourly), FAULT_NONE);
    assert_int_equal(stop(), 0);
    keyholder_free(k);
}

/* A typed card, told about over a slow channel. */
static struct card_facts tell_card(struct keyholder *k, struct arena *a)
{
    const struct card_typed typed = { SPAN("4111111111111111"), SPAN("10"), SPAN("90"), SPAN("123") };
    struct buf text = arena_buf(a, CARD_CLEAR_MAX);
    struct card_ask c = { .form = CARD_FORM_CLEAR, .merchant_id = 7, .now_ms = INT64_C(1790000000000) };
    struct card_facts facts;
    struct key_ask ask;

    assert_int_equal(card_clear(&text, &typed), FAULT_NONE);
    c.text = buf_view(&text);
    assert_int_equal(card_ask(&ask, a, &c), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(k, &ask), FAULT_NONE);
    assert_int_equal(card_read(&facts, &ask), FAULT_NONE);
    assert_int_equal(facts.flaw, CARD_FINE);
    return facts;
}

static enum fault ask_charge(struct keyholder *k, struct arena *a, const struct card_facts *facts)
{
    struct charge_card told;
    struct key_ask ask;

    assert_int_equal(charge_ask(&ask, a, (struct span){ facts->charge, CARD_CHARGE }), FAULT_NONE);
    assert_int_equal(keyholder_ask(k, &ask, 1), FAULT_NONE);
    return charge_read(&told, &ask);
}

/* The gateway and the acquirer each with a connection, and then with its successor's. */
static void a_charge_is_the_acquirers_to_open_and_ends_with_the_process(void **state)
{
    struct keyholder *gateway = NULL, *acquirer = NULL;
    struct card_facts facts;
    struct arena *a = NULL;

    (void)state;
    assert_int_equal(arena_new(&a), FAULT_NONE);
    assert_int_equal(keyholder_new(&gateway, NULL, NULL), FAULT_NONE);
    assert_int_equal(keyholder_new(&acquirer, NULL, NULL), FAULT_NONE);
    for (int life = 0; life < 2; life++) {
        start(false);
        assert_true(gets_ready());
        give_channel(gateway, 0, MAY_GATEWAY);
        give_channel(gateway, KEY_CHANNELS, MAY_GATEWAY);
        give_channel(acquirer, 0, MAY_ACQUIRER);
        if (life == 1)
            assert_int_equal(ask_charge(acquirer, a, &facts), FAULT_DENIED);
        facts = tell_card(gateway, a);
        assert_int_equal(ask_charge(gateway, a, &facts), FAULT_DENIED);
        assert_int_equal(ask_charge(acquirer, a, &facts), FAULT_NONE);
        assert_int_equal(stop(), 0);
    }
    keyholder_free(gateway);
    keyholder_free(acquirer);
    arena_free(a);
}

static void a_word_it_does_not_know_does_not_stop_it(void **state)
{
    const struct control_message stop_word = { .word = CONTROL_STOP };
    struct keyholder *k = NULL;
    uint8_t out[KEY_ID_SIZE];

    (void)state;
    assert_int_equal(keyholder_new(&k, NULL, NULL), FAULT_NONE);
    start(true);
    assert_true(gets_ready());
    assert_int_equal(control_send(control, &stop_word, -1), FAULT_NONE);
    assert_int_equal(send(control, "nonsense", 8, 0), 8);
    give_channel(k, 0, MAY_ALL);
    id_key(out, k);
    assert_int_equal(stop(), 0);
    keyholder_free(k);
}

static void without_a_usable_key_file_it_fails_before_it_is_ready(void **state)
{
    int fd;

    (void)state;
    start(false);
    assert_false(gets_ready());
    assert_int_equal(stop(), 1);

    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    start(true);                      /* an empty file is not replaced */
    assert_false(gets_ready());
    assert_int_equal(stop(), 1);
    assert_int_equal(chmod(path, 0644), 0);
    start(true);
    assert_false(gets_ready());
    assert_int_equal(stop(), 1);
}

static void cards_public_keys_outlive_a_restart_and_spoilt_ones_stop_it(void **state)
{
    uint8_t first[KEY_PUBLIC_MAX], second[KEY_PUBLIC_MAX];
    struct key_ask a = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .out = BUF(first) };
    struct key_ask b = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .out = BUF(second) };
    struct key_ask *asks[] = { &a, &b };
    struct keyholder *k = NULL;

    (void)state;
    assert_int_equal(keyholder_new(&k, NULL, NULL), FAULT_NONE);
    for (int i = 0; i < 2; i++) {
        start(i == 0);
        assert_true(gets_ready());
        give_channel(k, 0, MAY_GATEWAY);
        assert_int_equal(keyholder_ask_one(k, asks[i]), FAULT_NONE);
        assert_int_equal(stop(), 0);
    }
    assert_true(span_equal(buf_view(&a.out), buf_view(&b.out)));
    keyholder_free(k);

    assert_int_equal(chmod(card_rsa, 0644), 0);
    start(false);
    assert_false(gets_ready());
    assert_int_equal(stop(), 1);
    assert_int_equal(chmod(card_rsa, 0600), 0);
    assert_int_equal(truncate(card_rsa, 10), 0);
    start(true);                      /* nor is it replaced */
    assert_false(gets_ready());
    assert_int_equal(stop(), 1);
}

static bool keep_share(void *arg, unsigned i, struct span text)
{
    (void)arg;
    memcpy(shares[i - 1], text.p, text.n);
    return true;
}

static void give_to_custodians(void)
{
    const struct keymake_options o = { .source = { .key_file = path }, .shares = 3, .threshold = 2, .now_ms = 1 };
    const char *why;
    bool converted = false;

    assert_int_equal(keymake(&converted, &o, keep_share, NULL, &why), FAULT_NONE);
    assert_true(converted);
}

static enum unseal_verdict unseal_with(const char *text)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    uint8_t frame[UNSEAL_FRAME_MAX] = { UNSEAL_VERSION, UNSEAL_SHARE }, answer[UNSEAL_ANSWER];
    struct unseal_answer a;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    ssize_t n;

    memcpy(at.sun_path, unseal_at, sizeof unseal_at);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    memcpy(frame + 2, text, strlen(text));
    assert_int_equal(send(fd, frame, 2 + strlen(text), 0), 2 + (ssize_t)strlen(text));
    n = recv(fd, answer, sizeof answer, 0);
    assert_true(n > 0);
    assert_int_equal(unseal_answer_read(&a, (struct span){ answer, (size_t)n }), FAULT_NONE);
    close(fd);
    return a.verdict;
}

static void custodians_open_what_a_key_file_opened_before_and_the_ring_is_kept(void **state)
{
    struct keyholder *k = NULL;
    struct key_ask tick = { .op = KEY_TICK, .use = KEY_USE_CARD, .number = 1700000000000 };
    struct key_ask rotate = { .op = KEY_ROTATE, .number = KEY_PURPOSE_DATA };
    uint8_t before[KEY_ID_SIZE], after[KEY_ID_SIZE];
    struct keyring_head head;

    (void)state;
    assert_int_equal(keyholder_new(&k, NULL, NULL), FAULT_NONE);
    start(false);
    assert_true(gets_ready());
    give_channel(k, 0, MAY_ALL);
    id_key(before, k);
    assert_int_equal(stop(), 0);
    give_to_custodians();

    for (int i = 0; i < 2; i++) {
        start(false);
        assert_true(gets_ready());
        give_channel(k, 0, MAY_ALL);
        assert_int_equal(keyholder_probe(k), FAULT_SILENT);
        assert_true(keyholder_is_sealed(k));
        assert_int_equal(unseal_with(shares[2]), UNSEAL_TAKEN);
        assert_int_equal(unseal_with(shares[i]), UNSEAL_OPENED);
        id_key(after, k);
        assert_memory_equal(after, before, KEY_ID_SIZE);
        assert_false(keyholder_is_sealed(k));
        assert_int_equal(keyholder_ask_one(k, &tick), FAULT_NONE);
        assert_int_equal(keyholder_ask_one(k, &rotate), FAULT_NONE);
        assert_int_equal(stop(), 0);
    }
    assert_int_equal(keyring_peek(&head, path), FAULT_NONE);
    assert_int_equal(head.source, KEYRING_SHARES);
    assert_int_equal(head.version, 3);
    keyholder_free(k);
}

static void a_key_file_beside_the_custodians_ring_keeps_it_from_starting(void **state)
{
    (void)state;
    give_to_custodians();
    assert_int_equal(rename(replaced, path), 0);
    start(false);
    assert_false(gets_ready());
    assert_int_equal(stop(), 1);
    assert_int_equal(chmod(keyring, 0644), 0);
    assert_int_equal(unlink(path), 0);
    start(true);
    assert_false(gets_ready());
    assert_int_equal(stop(), 1);
    assert_int_equal(access(path, F_OK), -1);         /* and no new key file was made */
}

static void a_sealed_one_ends_when_let_go(void **state)
{
    (void)state;
    give_to_custodians();
    start(false);
    assert_true(gets_ready());
    assert_int_equal(unseal_with(shares[0]), UNSEAL_TAKEN);
    assert_int_equal(stop(), 0);
}

struct here { pthread_t thread; struct keyholder_options o; int status; };

/* Does the file have the words? */
static bool says(const char *file, const char *words)
{
    char text[4096];
    FILE *in = fopen(file, "r");
    size_t n = in ? fread(text, 1, sizeof text - 1, in) : 0;

    assert_non_null(in);
    fclose(in);
    text[n] = '\0';
    return strstr(text, words) != NULL;
}

static void a_keyring_that_cannot_be_written_is_in_the_journal_and_changes_nothing(void **state)
{
    uint8_t bytes[KEY_RING_SIZE];
    struct key_ask tick = { .op = KEY_TICK, .use = KEY_USE_CARD, .number = 1700000000000 };
    struct key_ask rotate = { .op = KEY_ROTATE, .number = KEY_PURPOSE_DATA };
    struct key_ask ask = { .op = KEY_RING, .out = BUF(bytes) };
    char in_the_way[128], journal[128];
    struct keyholder *k = NULL;
    struct key_ring ring;

    (void)state;
    snprintf(in_the_way, sizeof in_the_way, "%s/keyring.new", dir);
    snprintf(journal, sizeof journal, "%s/journal", dir);
    assert_int_equal(mkdir(in_the_way, 0700), 0);
    close(open(journal, O_CREAT | O_WRONLY, 0600));
    journal_at = journal;
    assert_int_equal(keyholder_new(&k, NULL, NULL), FAULT_NONE);
    start(false);
    journal_at = "/dev/null";
    assert_true(gets_ready());
    give_channel(k, 0, MAY_ALL);
    assert_int_equal(keyholder_ask_one(k, &tick), FAULT_NONE);
    assert_int_equal(keyholder_ask_one(k, &rotate), FAULT_INTERNAL);
    assert_int_equal(keyholder_ask_one(k, &ask), FAULT_NONE);
    assert_int_equal(key_ring_read(&ring, &ask), FAULT_NONE);
    assert_int_equal(ring.n, KEY_PURPOSES);
    assert_int_equal(stop(), 0);
    assert_true(says(journal, "the keyring cannot be written"));
    assert_int_equal(rmdir(in_the_way), 0);
    assert_int_equal(unlink(journal), 0);
    keyholder_free(k);
}

static void *run_here(void *arg)
{
    struct here *h = arg;

    h->status = keyholder_run(&h->o);
    return NULL;
}

/* Beside a keyholder that runs in this process: which of the things that must hold does not? 0: none. */
static int look_while_it_serves(int theirs)
{
    int null = open("/dev/null", O_RDWR), before = prctl(PR_GET_DUMPABLE);
    struct here h = { .o = { .source = { .key_file = path }, .create = true, .control_fd = theirs } };
    struct rlimit core;

    if (journal_open(&h.o.journal, null, "keyholder", clock_system()) || pthread_create(&h.thread, NULL, run_here, &h))
        return 1;
    if (!gets_ready())
        return 2;
    if (prctl(PR_GET_DUMPABLE) != 0)
        return 3;
    if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
        return 4;
    close(control);
    pthread_join(h.thread, NULL);
    return h.status ? 5 : prctl(PR_GET_DUMPABLE) == before ? 0 : 6;
}

static void it_is_not_dumpable_while_it_serves(void **state)
{
    int pair[2], how = 0;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    control = pair[0];
    pid = fork();
    if (pid == 0)
        _exit(look_while_it_serves(pair[1]));
    close(pair[0]);
    close(pair[1]);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_int_equal(how, 0);
}

#define NEW(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define T(name) cmocka_unit_test_setup_teardown(name, setup_with_keys, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NEW(it_makes_a_key_serves_channels_and_ends_when_let_go),
        T(rights_come_with_the_channel),
        T(a_charge_is_the_acquirers_to_open_and_ends_with_the_process),
        T(a_word_it_does_not_know_does_not_stop_it),
        NEW(without_a_usable_key_file_it_fails_before_it_is_ready),
        T(custodians_open_what_a_key_file_opened_before_and_the_ring_is_kept),
        T(a_key_file_beside_the_custodians_ring_keeps_it_from_starting),
        T(a_sealed_one_ends_when_let_go),
        T(a_keyring_that_cannot_be_written_is_in_the_journal_and_changes_nothing),
        T(cards_public_keys_outlive_a_restart_and_spoilt_ones_stop_it),
        T(it_is_not_dumpable_while_it_serves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
