/* json_out.h: a compact, streaming JSON writer into a bounded buffer. It never sees printf.
 *
 * Order is the order of calls; commas and escapes are its business. Text is UTF-8 (whatever came
 * through json_in is); a byte that is not becomes U+FFFD. Control characters, quote and backslash are escaped, '/' is
 * not. Misuse (a value
 * without its key, an unbalanced close) is our own bug and asserts. */
#pragma once

#include "base/span.h"

enum { JSON_OUT_DEPTH = 16 };         /* nested objects and lists in anything we write */

struct json_out { struct buf *buf; unsigned depth; bool object[JSON_OUT_DEPTH], comma[JSON_OUT_DEPTH], keyed; };

/* A writer at the end of `buf`, which outlives it; whether everything fitted is for buf_done() to say. */
struct json_out json_out(struct buf *buf);

/* The JSON library that json_in reads with exports functions of the same names as some of ours; a name of its
 * own for the linker keeps the library from calling ours. */
#define JSON_LINK_NAME(name) __asm__("tijori_" name)

void json_object(struct json_out *o) JSON_LINK_NAME("json_object");    /* { */
void json_object_end(struct json_out *o);          /* } */
void json_list(struct json_out *o);                /* [ */
void json_list_end(struct json_out *o);            /* ] */
void json_key(struct json_out *o, const char *key);   /* `key` is a constant that needs no escape */
void json_key_text(struct json_out *o, struct span key);   /* a key that came from outside: escaped */

void json_text(struct json_out *o, struct span s);    /* an absent span becomes null */
void json_i64(struct json_out *o, int64_t n);
void json_bool(struct json_out *o, bool b);
void json_null(struct json_out *o) JSON_LINK_NAME("json_null");
/* `s` is a JSON value this writer made earlier (a stored fragment, an exact decimal); absent becomes null. */
void json_raw(struct json_out *o, struct span s);

/* Key and value in one. */
void json_put_text(struct json_out *o, const char *key, struct span s);
void json_put_str(struct json_out *o, const char *key, const char *s);    /* NULL becomes null */
void json_put_i64(struct json_out *o, const char *key, int64_t n);
void json_put_bool(struct json_out *o, const char *key, bool b);
void json_put_ist(struct json_out *o, const char *key, int64_t ms);       /* Indian time (isotime.h); null up to 0 */
void json_put_null(struct json_out *o, const char *key);
void json_put_raw(struct json_out *o, const char *key, struct span s);
