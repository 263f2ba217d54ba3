/* journal.h: what happened, one JSON object a line, through types that cannot carry a secret.
 *
 * There is no format string and no function that takes bytes as they came. Text that callers influence goes
 * through journal_text(), which keeps printable ASCII, cuts at JOURNAL_TEXT and masks every run of digits
 * (spaces and dashes between them included) that could be a card number; times in milliseconds and random ids of 32
 * hexadecimal digits could not. Lines are appended to a bounded
 * buffer and written by the journal's own thread, so a slow disk never holds a request; when the buffer is
 * full, lines are dropped and counted, and the count is the next line. Warnings and errors are written to standard
 * error as well, at once: the journal's disk may be the one that is full. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/span.h"

enum { JOURNAL_TEXT = 64 };           /* bytes of one caller-influenced text, with NUL */

struct journal;
struct journal_text { char text[JOURNAL_TEXT]; };        /* made only by journal_text() */

/* Text that a caller influenced, made fit for the journal as said above. */
struct journal_text journal_text(struct span s);

struct journal_request {
    int64_t at_ms, took_us;
    uint64_t merchant;                   /* internal number; 0: none */
    const char *route;                   /* a constant such as "POST /pg/orders"; never the path as it came */
    unsigned status;
    struct journal_text request_id;
    struct journal_text routing_id;      /* the caller's own mark for routing; "": none, and then it is left out */
};

/* Open a journal that appends to the file descriptor `fd` (kept open by the caller until journal_close()).
 * `process` is a constant such as "gateway". */
MUST_CHECK enum fault journal_open(struct journal **out, int fd, const char *process, const struct clock *clock);

/* Write what is waiting and free; NULL is fine. */
void journal_close(struct journal *j);

/* One request. Here and below, no journal (NULL) keeps nothing. */
void journal_request(struct journal *j, const struct journal_request *r);

/* One event: `what` is a constant sentence. `n` and `text` are optional detail (n = 0 and NULL to leave out). */
enum journal_level { JOURNAL_INFO, JOURNAL_WARNING, JOURNAL_ERROR };
void journal_event(struct journal *j, enum journal_level level, const char *what, int64_t n,
                   const struct journal_text *text);

/* Lines dropped because the buffer was full, since the start. */
uint64_t journal_dropped(const struct journal *j);
