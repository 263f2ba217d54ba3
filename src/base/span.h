/* span.h: borrowed bytes, and buffers whose ceiling is fixed at birth.
 *
 * A span never owns, is never freed and is not NUL-terminated. A buf writes into somebody's array; its `cap`
 * is the law: a put that does not fit changes nothing but the sticky `full`, which is checked once at the end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct span { const uint8_t *p; size_t n; };
struct buf  { uint8_t *p; size_t n, cap; bool full; };

#define SPAN(lit) ((struct span){ (const uint8_t *)(lit), sizeof(lit) - 1 })

/* The bytes of the NUL-terminated `text` without its NUL; NULL gives the absent span {NULL, 0}. */
struct span span_of(const char *text);

/* Same length and same bytes. Not constant time: for secrets use secret_equal() (base/secret.h). */
bool span_equal(struct span a, struct span b);

/* Same as span_equal() but ASCII letters compare case-blind. */
bool span_equal_nocase(struct span a, struct span b);

/* Does `s` begin with `prefix`? */
bool span_starts(struct span s, struct span prefix);

/* `s` without the spaces, tabs and ends of lines around it. */
struct span span_trim(struct span s);

/* Is it a random id: 32 and more hexadecimal digits, dashes among them or not, at least four of them letters? Its runs
 * of digits are nobody's card number. */
bool span_is_random_id(struct span s);

/* How many bytes has the character at the front of `s`? 0: it is no UTF-8 (RFC 3629), or `s` is empty. */
size_t span_utf8(struct span s);

/* An absent span (p == NULL) is "not given"; an empty one (n == 0, p != NULL) is "given, empty". */
static inline bool span_absent(struct span s) { return s.p == NULL; }

/* Read `s` as an unsigned decimal of digits only, at most `max`. BAD_INPUT otherwise (then *out is untouched). */
MUST_CHECK enum fault span_u64(uint64_t *out, struct span s, uint64_t max);

/* Copy `s` and a NUL into `out` of `cap` bytes. BAD_INPUT if it does not fit or holds a NUL (then out is ""). */
MUST_CHECK enum fault span_text(char *out, size_t cap, struct span s);

/* A buffer over `array`, empty. */
#define BUF(array) ((struct buf){ (uint8_t *)(array), 0, sizeof(array), false })

void buf_put(struct buf *b, const void *src, size_t n);
void buf_span(struct buf *b, struct span s);
void buf_text(struct buf *b, const char *text);       /* the bytes of a C string, without its NUL */
void buf_byte(struct buf *b, uint8_t byte);
void buf_u64(struct buf *b, uint64_t n);               /* decimal digits */
void buf_i64(struct buf *b, int64_t n);                /* decimal digits, with '-' where needed */

/* What was written, borrowed from the buffer's array. INTERNAL if anything did not fit (then *out is absent). */
MUST_CHECK enum fault buf_done(const struct buf *b, struct span *out);

/* What was written so far, whether or not something was refused. */
static inline struct span buf_view(const struct buf *b) { return (struct span){ b->p, b->n }; }
