/* test_http_steps.c: routes that prepare, call out, settle and compose, through a running server.
 *
 * Each step leaves a letter, a capital where it runs on its request's HTTP thread: Parse, pRepare, Work, Call, Settle,
 * coMpose, sHow. The words in the path say what the steps do. */
#include <sys/mman.h>
#include <time.h>

#include "base/journal.h"
#include "keyholder/serve.h"
#include "unit/http_fixture.h"

enum { MANY = 64, TRACE = 16, RESUMERS_MAX = 256, TYPES_MAX = 256 };

struct run { char trace[TRACE]; size_t n; pthread_t http; };

static struct fixture *f;
static char answer[FIXTURE_ANSWER];

/* Threads that resume. */
static pthread_mutex_t resumers_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t resumers[RESUMERS_MAX];
static size_t n_resumers;

/* The one that waits for the test to resume it, and how often something was settled. */
static sem_t waiting, resumed;
static struct exchange *held;
static atomic_uint settled;

static bool says(const struct exchange *x, const char *word)
{
    char path[64];

    return span_text(path, sizeof path, x->params[0]) == FAULT_NONE && strstr(path, word);
}

static void leave(struct exchange *x, char letter)
{
    struct run *r = x->state;

    assert_true(r->n < TRACE - 1);
    r->trace[r->n++] = pthread_equal(r->http, pthread_self()) ? (char)(letter - 'a' + 'A') : letter;
}

static void ask_for_mac(struct exchange *x)
{
    x->asks[x->n_asks++] = (struct key_ask){ .op = KEY_MAC, .use = KEY_USE_DIGEST, .about = SPAN("about"),
                                             .in = SPAN("in"), .out = arena_buf(x->arena, KEY_MAC_SIZE) };
}

static enum step parse(struct exchange *x)
{
    struct run *r = arena_take(x->arena, sizeof *r);

    assert_non_null(r);
    memset(r, 0, sizeof *r);
    r->http = pthread_self();
    x->state = r;
    exchange_request_id(x, x->header(x, "x-request-id"));
    assert_int_equal(span_text(x->routing_id, sizeof x->routing_id, x->header(x, "x-routing-id")), FAULT_NONE);
    leave(x, 'p');
    x->no_prepare = says(x, "unprepared");
    return says(x, "composed-by-parse") ? STEP_COMPOSE : STEP_GO;
}

static enum step prepare(struct exchange *x)
{
    leave(x, 'r');
    if (says(x, "answered")) {
        buf_text(answer_start(x, 403, "text/plain", 64), "prepared");
        return STEP_ANSWERED;
    }
    if (says(x, "asks-before"))
        ask_for_mac(x);
    return says(x, "composed-by-prepare") ? STEP_COMPOSE : STEP_GO;
}

static enum fault work(struct exchange *x, struct store_tx *tx)
{
    leave(x, 'w');
    if (says(x, "work-fails"))
        return FAULT_NOT_FOUND;
    return x->route->lane == LANE_WRITE ? settings_put(tx, SPAN("worked"), SPAN("yes")) : FAULT_NONE;
}

static void *resume(void *arg)
{
    struct exchange *x = arg;

    x->resume(x, true);
    return NULL;
}

static void *resume_and_tell(void *arg)
{
    resume(arg);
    sem_post(&resumed);
    return NULL;
}

static void resume_elsewhere(struct exchange *x, void *(*how)(void *))
{
    pthread_mutex_lock(&resumers_lock);
    assert_true(n_resumers < RESUMERS_MAX);
    assert_int_equal(pthread_create(&resumers[n_resumers++], NULL, how, x), 0);
    pthread_mutex_unlock(&resumers_lock);
}

static enum next call(struct exchange *x)
{
    leave(x, 'c');
    if (says(x, "settle-next"))
        return NEXT_SETTLE;
    if (says(x, "show-next"))
        return NEXT_SHOW;
    if (says(x, "held")) {
        held = x;
        sem_post(&waiting);
    } else if (says(x, "inline")) {
        x->resume(x, true);
    } else if (says(x, "nothing")) {
        x->resume(x, false);
    } else if (says(x, "before")) {
        resume_elsewhere(x, resume_and_tell);
        sem_wait(&resumed);           /* and by now the request may be answered and gone */
    } else {
        resume_elsewhere(x, resume);
    }
    return NEXT_WAIT;
}

static enum fault settle(struct exchange *x, struct store_tx *tx)
{
    enum fault fault = settings_put(tx, SPAN("settled"), SPAN("yes"));

    leave(x, 's');
    atomic_fetch_add(&settled, 1);
    return says(x, "settle-fails") ? FAULT_WRONG_STATE : fault;
}

static void compose(struct exchange *x, enum fault outcome)
{
    (void)outcome;
    leave(x, 'm');
    assert_int_equal(x->n_asks, 0);
    if (says(x, "asks-after"))
        ask_for_mac(x);
}

static void show(struct exchange *x, enum fault outcome)
{
    struct buf *b = answer_start(x, 200, "text/plain", 128);
    const struct run *r = x->state;

    leave(x, 'h');
    buf_text(b, r->trace);
    buf_text(b, " ");
    buf_text(b, fault_name(outcome));
    if (x->n_asks && x->asks[0].fault == FAULT_NONE && x->asks[0].out.n == KEY_MAC_SIZE)
        buf_text(b, " mac");
}

#define LONG_ROUTE(path_, lane_) \
    { .method = "POST", .path = (path_), .lane = (lane_), .body_max = FIXTURE_BODY_MAX, .parse = parse, \
      .prepare = prepare, .work = work, .call = call, .settle = settle, .compose = compose, .show = show }

static const struct route routes[] = {
    LONG_ROUTE("/steps/write/{words}", LANE_WRITE),
    LONG_ROUTE("/steps/read/{words}", LANE_READ),
    LONG_ROUTE("/steps/worker/{words}", LANE_WORKER),
    { .method = "POST", .path = "/steps/call/{words}", .lane = LANE_READ, .parse = parse, .call = call, .show = show },
    { .method = "POST", .path = "/steps/signed/{words}", .lane = LANE_READ, .parse = parse, .work = work,
      .compose = compose, .show = show },
    { .method = NULL },
};
static const char *const prefixes[] = { "/steps", NULL };
static const struct dialect steps_dialect = {
    .name = "steps", .prefixes = prefixes, .routes = routes, .refuse = fixture_refuse, .further_type = "text/x-steps",
};

static int open_server(void **state)
{
    (void)state;
    sem_init(&waiting, 0, 0);
    sem_init(&resumed, 0, 0);
    sem_init(&gate_reached, 0, 0);
    sem_init(&gate_open, 0, 0);
    atomic_store(&settled, 0);
    n_resumers = 0;
    f = fixture_open(&steps_dialect);
    return 0;
}

static int close_server(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_resumers; i++)       /* as the network's threads end before the store is closed */
        pthread_join(resumers[i], NULL);
    fixture_close(f);
    sem_destroy(&waiting);
    sem_destroy(&resumed);
    sem_destroy(&gate_reached);
    sem_destroy(&gate_open);
    return 0;
}

static int start_asking(const char *path)
{
    char request[128];
    int fd = client_open(f);

    snprintf(request, sizeof request, "POST /steps/%s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    client_send(fd, request);
    return fd;
}

static const char *answer_of(int fd)
{
    const char *body = client_read(fd, answer);

    close(fd);
    return body;
}

/* What a request for that path is answered. */
static const char *told(const char *path)
{
    return answer_of(start_asking(path));
}

static void each_step_has_its_thread_and_its_turn(void **state)
{
    (void)state;
    assert_string_equal(told("write/elsewhere"), "PrwcsMH NONE");
    assert_string_equal(told("worker/elsewhere"), "PrwcsMH NONE");
    assert_string_equal(told("read/elsewhere"), "PrWCsMH NONE");
    assert_string_equal(told("call/elsewhere"), "PCH NONE");
    assert_int_equal(atomic_load(&settled), 3);
}

static void a_call_may_resume_at_once_or_before_it_returns(void **state)
{
    (void)state;
    assert_string_equal(told("write/inline"), "PrwcsMH NONE");
    assert_string_equal(told("write/before"), "PrwcsMH NONE");
    assert_string_equal(told("read/inline"), "PrWCsMH NONE");
    assert_string_equal(told("read/before"), "PrWCsMH NONE");
    assert_string_equal(told("call/inline"), "PCH NONE");
}

static void nothing_is_settled_when_nothing_is_to_be_kept(void **state)
{
    (void)state;
    assert_string_equal(told("write/nothing"), "PrwcMH NONE");
    assert_string_equal(told("write/show-next"), "PrwcMH NONE");
    assert_int_equal(atomic_load(&settled), 0);
    assert_string_equal(told("write/settle-next"), "PrwcsMH NONE");
    assert_string_equal(told("read/settle-next"), "PrWCsMH NONE");
    assert_int_equal(atomic_load(&settled), 2);
}

static void preparation_may_answer_or_skip_to_composing(void **state)
{
    int fd = start_asking("write/answered");

    (void)state;
    assert_string_equal(client_read(fd, answer), "prepared");
    assert_int_equal(status_of(answer), 403);
    close(fd);
    assert_string_equal(told("write/composed-by-prepare"), "PrMH NONE");
    assert_string_equal(told("read/composed-by-prepare"), "PrMH NONE");
}

static void parse_may_do_without_preparation(void **state)
{
    (void)state;
    assert_string_equal(told("write/unprepared"), "PwcsMH NONE");
    assert_string_equal(told("read/unprepared"), "PWCsMH NONE");
}

static void parse_may_skip_to_composing(void **state)
{
    (void)state;
    assert_string_equal(told("write/composed-by-parse"), "PMH NONE");
    assert_string_equal(told("read/composed-by-parse"), "PMH NONE");
    assert_string_equal(told("call/composed-by-parse"), "PH NONE");
}

static void the_first_fault_is_the_outcome_and_is_composed_too(void **state)
{
    (void)state;
    assert_string_equal(told("write/work-fails"), "PrwMH NOT_FOUND");
    assert_string_equal(told("read/work-fails"), "PrWMH NOT_FOUND");
    assert_string_equal(told("worker/work-fails"), "PrwMH NOT_FOUND");
    assert_string_equal(told("write/settle-fails"), "PrwcsMH WRONG_STATE");
    assert_string_equal(told("signed/work-fails"), "PWMH NOT_FOUND");
}

static void questions_of_the_preparation_are_put_before_the_work(void **state)
{
    (void)state;
    assert_string_equal(told("write/asks-before"), "PrMH SILENT");     /* the fixture's batch hook says so */
    assert_string_equal(told("worker/asks-before"), "PrMH SILENT");
    assert_string_equal(told("read/asks-before"), "PrMH SILENT");
}

/* A keyholder that answers, in this process. */
struct keeping { struct heart *heart; struct serve *serve; };

static struct keeping keep(void)
{
    struct keeping k;
    struct secret *master;
    int pair[2];

    assert_int_equal(secret_new(&master, HEART_MASTER), FAULT_NONE);
    secret_random(master->bytes, master->n);
    assert_int_equal(heart_new(&k.heart, master, NULL), FAULT_NONE);
    secret_free(master);
    assert_int_equal(serve_new(&k.serve, k.heart, NULL), FAULT_NONE);
    keyholder_set_wait(f->services.keyholder, 1000 * FIXTURE_PATIENCE_S);
    for (unsigned i = 0; i < KEY_CHANNELS; i++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(serve_connection(k.serve, pair[1], MAY_ALL), FAULT_NONE);
        keyholder_channel(f->services.keyholder, i, pair[0]);
    }
    return k;
}

static void what_composing_asks_is_answered_before_it_is_shown(void **state)
{
    struct keeping k = keep();

    (void)state;
    assert_string_equal(told("write/asks-after"), "PrwcsMH NONE mac");
    assert_string_equal(told("read/asks-after-inline"), "PrWCsMH NONE mac");
    assert_string_equal(told("signed/asks-after"), "PWMH NONE mac");
    assert_string_equal(told("write/asks-after-work-fails"), "PrwMH NOT_FOUND mac");
    assert_string_equal(told("write/asks-after-composed-by-parse"), "PMH NONE mac");
    serve_free(k.serve);
    heart_free(k.heart);
}

static void an_answer_that_nobody_signs_is_silent_unless_something_else_came_first(void **state)
{
    (void)state;
    assert_string_equal(told("write/asks-after"), "PrwcsMH SILENT");
    assert_string_equal(told("write/asks-after-work-fails"), "PrwMH NOT_FOUND");
}

static void sixty_four_wait_for_answers_at_once(void **state)
{
    static const char *const paths[] = { "write/elsewhere", "write/inline", "worker/elsewhere", "write/before" };
    int fds[MANY];

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        fds[i] = start_asking(paths[i % (sizeof paths / sizeof *paths)]);
    for (size_t i = 0; i < MANY; i++)
        assert_string_equal(answer_of(fds[i]), "PrwcsMH NONE");
    assert_int_equal(atomic_load(&settled), MANY);
}

static void a_kept_connection_is_asked_again_after_its_wait(void **state)
{
    int fd = client_open(f);

    (void)state;
    for (int i = 0; i < 3; i++) {
        client_send(fd, "POST /steps/write/elsewhere HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_string_equal(client_read(fd, answer), "PrwcsMH NONE");
    }
    close(fd);
}

static void a_client_that_leaves_while_it_waits_is_settled_all_the_same(void **state)
{
    int fd = start_asking("write/held");

    (void)state;
    sem_wait(&waiting);
    close(fd);
    held->resume(held, true);
    while (atomic_load(&settled) == 0)
        usleep(1000);
    assert_string_equal(told("write/inline"), "PrwcsMH NONE");
}

static void *stop(void *arg)
{
    http_stop(arg);
    return NULL;
}

static void whoever_waits_is_answered_before_the_server_stops(void **state)
{
    int fd = start_asking("write/held");
    pthread_t stopper;

    (void)state;
    sem_wait(&waiting);
    http_linger(f->server, 1);        /* it does not wait for ever */
    http_quiesce(f->server, HTTP_STOP_MS);
    assert_int_equal(pthread_create(&stopper, NULL, stop, f->server), 0);
    held->resume(held, true);
    assert_string_equal(answer_of(fd), "PrwcsMH NONE");
    pthread_join(stopper, NULL);
    f->server = NULL;
}

static void *resume_soon(void *arg)
{
    const struct timespec soon = { 0, 20 * 1000000L };

    nanosleep(&soon, NULL);
    resume(arg);
    return NULL;
}

static void lingering_ends_when_nobody_is_away(void **state)
{
    int fd = start_asking("write/held");
    struct timespec before, after;

    (void)state;
    sem_wait(&waiting);
    resume_elsewhere(held, resume_soon);
    clock_gettime(CLOCK_MONOTONIC, &before);
    http_linger(f->server, 1000 * FIXTURE_PATIENCE_S);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < FIXTURE_PATIENCE_S);
    assert_int_equal(atomic_load(&settled), 1);
    assert_string_equal(answer_of(fd), "PrwcsMH NONE");
    http_linger(NULL, 1000);
}

static enum fault hold(struct store_tx *tx, void *arg)
{
    (void)tx, (void)arg;
    sem_post(&gate_reached);
    sem_wait(&gate_open);
    return FAULT_NONE;
}

static enum fault nothing(struct store_tx *tx, void *arg)
{
    (void)tx, (void)arg;
    return FAULT_NONE;
}

static void done(void *arg, enum fault outcome)
{
    (void)outcome;
    sem_post(arg);
}

/* Fill a lane: `holders` jobs that hold its threads, then as many as it takes. Returns how many there are. */
static size_t fill(struct store_job *jobs, size_t max, enum lane lane, size_t holders, sem_t *finished)
{
    size_t n = 0;

    for (; n < holders; n++) {
        jobs[n] = (struct store_job){ .work = hold, .done = done, .arg = finished };
        assert_int_equal(lane_run(f->lanes, lane, NULL, &jobs[n]), FAULT_NONE);
        sem_wait(&gate_reached);
    }
    do {
        jobs[n] = (struct store_job){ .work = nothing, .done = done, .arg = finished };
    } while (lane_run(f->lanes, lane, NULL, &jobs[n]) == FAULT_NONE && ++n < max);
    return n;
}

static void empty(size_t n, size_t holders, sem_t *finished)
{
    while (holders--)
        sem_post(&gate_open);
    while (n--)
        sem_wait(finished);
}

static struct store_job jobs[STORE_QUEUE_MAX + 16];

static void no_room_to_settle_is_an_outcome(void **state)
{
    int fd = start_asking("write/held");
    sem_t finished;
    size_t n;

    (void)state;
    sem_init(&finished, 0, 0);
    sem_wait(&waiting);
    n = fill(jobs, STORE_QUEUE_MAX + 16, LANE_WRITE, 1, &finished);
    held->resume(held, true);
    assert_string_equal(answer_of(fd), "PrwcMH BUSY");
    assert_int_equal(atomic_load(&settled), 0);
    empty(n, 1, &finished);
    sem_destroy(&finished);
}

static void no_room_to_work_after_the_preparation_is_a_refusal(void **state)
{
    sem_t finished;
    size_t n;
    int fd;

    (void)state;
    sem_init(&finished, 0, 0);
    n = fill(jobs, STORE_QUEUE_MAX + 16, LANE_WRITE, 1, &finished);
    fd = start_asking("write/inline");
    assert_string_equal(client_read(fd, answer), "busy");
    assert_int_equal(status_of(answer), 503);
    close(fd);
    empty(n, 1, &finished);
    sem_destroy(&finished);
}

static void no_room_to_prepare_is_a_refusal(void **state)
{
    sem_t finished;
    size_t n;

    (void)state;
    sem_init(&finished, 0, 0);
    n = fill(jobs, STORE_QUEUE_MAX + 16, LANE_WORKER, 2, &finished);
    assert_int_equal(n, LANE_WORKER_QUEUE + 2);
    assert_string_equal(told("read/inline"), "busy");
    empty(n, 2, &finished);
    assert_string_equal(told("read/inline"), "PrWCsMH NONE");
    sem_destroy(&finished);
}

static void a_dialect_may_take_json_under_a_further_content_type(void **state)
{
    static const struct { const char *type; unsigned status; } cases[] = {
        { "text/x-steps", 200 }, { "Text/X-Steps; charset=utf-8", 200 }, { "application/json", 200 },
        { "text/x-stepsister", 415 }, { "text/plain", 415 }, { "text/x-step", 415 },
    };
    char request[TYPES_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(request, sizeof request, "POST /steps/write/inline HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\n"
                                          "Content-Length: 2\r\n\r\n{}", cases[i].type);
        ask(f, answer, cases[i].status, request);
    }
    ask(f, answer, 200, "POST /steps/write/inline HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
}

static void the_callers_mark_for_routing_is_journalled(void **state)
{
    int fd = memfd_create("journal", MFD_CLOEXEC);
    char text[1024] = "";

    (void)state;
    assert_int_equal(journal_open(&f->services.journal, fd, "gateway", clock_system()), FAULT_NONE);
    ask(f, answer, 200, "POST /steps/write/inline HTTP/1.1\r\nHost: a\r\nx-routing-id: cust-7\r\n\r\n");
    ask(f, answer, 200, "POST /steps/write/inline HTTP/1.1\r\nHost: a\r\n\r\n");
    http_stop(f->server);
    f->server = NULL;
    journal_close(f->services.journal);
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    assert_non_null(strstr(text, "\"routing_id\":\"cust-7\""));
    assert_null(strstr(strstr(text, "\n"), "routing_id"));
    close(fd);
}

#define ON_A_SERVER(test) cmocka_unit_test_setup_teardown(test, open_server, close_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SERVER(each_step_has_its_thread_and_its_turn),
        ON_A_SERVER(a_call_may_resume_at_once_or_before_it_returns),
        ON_A_SERVER(nothing_is_settled_when_nothing_is_to_be_kept),
        ON_A_SERVER(preparation_may_answer_or_skip_to_composing),
        ON_A_SERVER(parse_may_do_without_preparation),
        ON_A_SERVER(parse_may_skip_to_composing),
        ON_A_SERVER(the_first_fault_is_the_outcome_and_is_composed_too),
        ON_A_SERVER(questions_of_the_preparation_are_put_before_the_work),
        ON_A_SERVER(what_composing_asks_is_answered_before_it_is_shown),
        ON_A_SERVER(an_answer_that_nobody_signs_is_silent_unless_something_else_came_first),
        ON_A_SERVER(sixty_four_wait_for_answers_at_once),
        ON_A_SERVER(a_kept_connection_is_asked_again_after_its_wait),
        ON_A_SERVER(a_client_that_leaves_while_it_waits_is_settled_all_the_same),
        ON_A_SERVER(whoever_waits_is_answered_before_the_server_stops),
        ON_A_SERVER(lingering_ends_when_nobody_is_away),
        ON_A_SERVER(no_room_to_settle_is_an_outcome),
        ON_A_SERVER(no_room_to_work_after_the_preparation_is_a_refusal),
        ON_A_SERVER(no_room_to_prepare_is_a_refusal),
        ON_A_SERVER(a_dialect_may_take_json_under_a_further_content_type),
        ON_A_SERVER(the_callers_mark_for_routing_is_journalled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
