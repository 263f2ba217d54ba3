/* of_http.c: raw bytes on a connection to a real listener, whose routes answer at once (unit/http_fixture.h). */
#include "fuzz.h"

#include "http_fixture.h"

#include "base/banned.h"

enum {
    GATES = 1 << 20, ANSWER_MAX = 1024 * 1024, HEALTHY_EVERY = 64,
    BRIEF_US = 50 * 1000,             /* a connection that stays open is left: its idle time is not under test here */
    PATIENCE_S = 20,
};

static struct fixture *fixture;
static unsigned runs;
static char answer[ANSWER_MAX + 1];

void fuzz_http_open(void)
{
    (void)sem_init(&gate_reached, 0, 0);
    (void)sem_init(&gate_open, 0, GATES);     /* nobody waits there */
    fixture = fixture_open(&fixture_dialect);
}

void fuzz_http_close(void)
{
    fixture_close(fixture);
    fixture = NULL;
    (void)sem_destroy(&gate_reached);
    (void)sem_destroy(&gate_open);
}

/* Send it all, say that no more comes, and read to the end; how many bytes came. */
static size_t exchange_bytes(const uint8_t *bytes, size_t n, struct timeval patience)
{
    int fd = client_open(fixture);
    size_t at = 0;
    ssize_t got;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (at < n && (got = send(fd, bytes + at, n - at, MSG_NOSIGNAL)) > 0)
        at += (size_t)got;
    (void)shutdown(fd, SHUT_WR);
    for (at = 0; at < ANSWER_MAX && (got = recv(fd, answer + at, ANSWER_MAX - at, 0)) > 0;)
        at += (size_t)got;
    (void)close(fd);
    answer[at] = '\0';
    return at;
}

/* Whatever was sent, what comes is nothing or an answer of HTTP, and others are served. */
void fuzz_http(const uint8_t *bytes, size_t n)
{
    static const char healthy[] = "GET /fake/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    size_t got = exchange_bytes(bytes, n, (struct timeval){ 0, BRIEF_US });

    while (sem_trywait(&gate_reached) == 0)   /* whoever passed the gate leaves it open for the next */
        (void)sem_post(&gate_open);
    fuzz_check(got == 0 || strncmp(answer, "HTTP/1.", 7) == 0);
    if (++runs % HEALTHY_EVERY == 0) {
        (void)exchange_bytes((const uint8_t *)healthy, sizeof healthy - 1, (struct timeval){ PATIENCE_S, 0 });
        fuzz_check(status_of(answer) == 200);
    }
}
