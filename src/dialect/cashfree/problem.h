/* problem.h: what went wrong, in Cashfree's words (reference 3.3 to 3.5, and 1.3 for /api/v2). */
#pragma once

#include "base/json_in.h"
#include "dialect/cashfree/version.h"
#include "dialect/dialect.h"

enum { PROBLEM_ECHO_MAX = 100 };      /* characters of a caller's value that a message repeats */

/* One error. Text is borrowed or lives in the request's arena; `type` is a constant. */
struct problem { unsigned status; const char *type; struct span code, message; };

/* A problem of that status; its type follows from the status. */
struct problem problem_make(unsigned status, const char *code, const char *message);

/* What a fault says to the caller. The words are those of orders where the fault alone does not tell. */
struct problem problem_of_fault(enum fault f);

/* What the first bad field of a body says to the caller. */
struct problem problem_of_complaint(struct arena *a, const struct json_complaint *why);

/* "<path> : <text>", code "<path>_invalid". The second form goes on with the value received, cut at
 * PROBLEM_ECHO_MAX characters, and left out when it holds a card number. */
struct problem problem_of_field(struct arena *a, const char *path, const char *text);
struct problem problem_of_value(struct arena *a, const char *path, const char *text, struct span received);

/* "<path> : is missing in the request. Value received: ", code "<path>_missing". */
struct problem problem_of_missing(struct arena *a, const char *path);

/* Bytes that problem_put() needs at most. */
size_t problem_size(const struct problem *p);

/* Append the error object of /pg and its newline. */
void problem_put(struct buf *out, const struct problem *p, enum api_version v);

/* Answer with it, in the shape of the request's path. */
void problem_answer(struct exchange *x, const struct problem *p);

/* The dialect's way to refuse what never reached a route. */
void problem_refuse(struct exchange *x, enum refusal why);
