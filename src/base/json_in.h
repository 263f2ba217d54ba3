/* json_in.h: say what you read before you read it.
 *
 * A body is described by a table of fields. json_fill() puts every field where the table says or names the
 * first bad one; json_copy() writes a normalised copy of the known fields. Duplicate keys and trailing bytes
 * are refused, unknown keys are ignored (real clients send more than the documents list). A number is either
 * kept exactly or refused: an integer outside int64_t, or a decimal of more than JSON_DIGITS_MAX digits. Nobody but
 * json_tree.c sees the JSON library (jansson, which takes its memory from the request's arena). */
#pragma once

#include <limits.h>

#include "base/arena.h"
#include "base/json_out.h"

enum {
    JSON_IN_DEPTH = 32,               /* nesting a body may have; deeper is refused before the tree is built */
    JSON_DIGITS_MAX = 15,             /* significant digits of a number with a point or an exponent: a double keeps so
                                       * many of any decimal (IEEE 754), and with more an amount would be rounded */
    JSON_PATH_MAX = 96,               /* bytes of a dotted path in a complaint, with NUL */
};

enum json_type {
    JSON_TEXT,          /* string                           -> struct span, borrowed from the document */
    JSON_TEXT_OR_INT,   /* string or integer                -> struct span of its text */
    JSON_DECIMAL,       /* number                           -> struct span: plain decimal text, no exponent: "10.15" */
    JSON_DECIMAL_OR_TEXT, /* number or string               -> struct span: as above, or the string as it came */
    JSON_INT,           /* integer, min..max on its value   -> int64_t */
    JSON_BOOL,          /*                                  -> bool */
    JSON_OBJECT,        /* object described by `sub`        -> const struct json_node *; NULL when absent */
    JSON_LIST,          /* list of objects (`sub`), min..max on the count; sub NULL: list of strings -> node */
    JSON_VALUES,        /* list of strings and integers, min..max on the count -> node */
    JSON_MAP,           /* object of free keys with string values, min..max on the count -> node;
                         * each value must satisfy `sub` (one row whose name is ignored) */
};

/* One field. `min`/`max`: characters (UTF-8 code points) of text, value of an integer, count of a list or
 * map; max 0 means no bound. An empty string or null counts as absent (real clients send both) unless `keep_empty`. */
struct json_field {
    const char *name;
    enum json_type type;
    bool required, keep_empty;
    long min, max;
    bool (*rule)(struct span value);      /* a further rule on text; NULL: none. Of a list of strings or values: on each
                                           * of them; of a map: on each key */
    const char *const *one_of;            /* text must be one of these, NULL-terminated; NULL: anything */
    const struct json_field *sub;         /* fields of an object or of a list's members, ended by a NULL name */
    size_t at;                            /* its place in what json_fill() fills; JSON_NOWHERE: only checked */
};
#define JSON_NOWHERE SIZE_MAX
#define JSON_END { 0 }

enum json_why {
    JSON_WHY_SYNTAX,      /* not JSON, not one object, duplicate key, bad UTF-8, NUL, too deep, a number with too many
                           * digits: `text` says which */
    JSON_WHY_MISSING, JSON_WHY_TYPE, JSON_WHY_SHORT, JSON_WHY_LONG, JSON_WHY_SMALL, JSON_WHY_LARGE,
    JSON_WHY_FEW, JSON_WHY_MANY, JSON_WHY_RULE, JSON_WHY_ONE_OF,
};

/* The first thing wrong with a body. `path` is dotted ("customer_details.customer_phone"; list members add
 * no index). `received` is the offending value as text (absent when it was missing), borrowed. */
struct json_complaint {
    enum json_why why;
    char path[JSON_PATH_MAX];
    const struct json_field *field;       /* NULL for SYNTAX */
    struct span received;
    char text[128];                       /* SYNTAX only: what and where, without any of the body's bytes */
};

struct json_node;                         /* an object or list inside a parsed body; lives as long as the arena */

/* Once, before anything else: let the library take its memory from arenas. */
void json_in_start(void);

/* Parse `body`, which must be one JSON object. *out lives until `a` is reset. BAD_INPUT with *why filled; INTERNAL,
 * with *why as it was, when memory is out. */
MUST_CHECK enum fault json_read(const struct json_node **out, struct arena *a, struct span body,
                                struct json_complaint *why);

/* Check `node` against `fields` in table order and fill `into` (which the caller zeroed); absent optional
 * fields stay zero. BAD_INPUT with *why filled: the first bad field; INTERNAL as above. */
MUST_CHECK enum fault json_fill(void *into, const struct json_node *node, const struct json_field *fields,
                                struct arena *a, struct json_complaint *why);

/* Write the known fields of `node` as one JSON object, in table order, null for the absent ones (lists and
 * maps too). `node` must have passed json_fill() with the same table. */
void json_copy(struct json_out *o, const struct json_node *node, const struct json_field *fields)
    JSON_LINK_NAME("json_copy");

/* The same for a list of objects (`sub`) or of strings and integers (`sub` NULL), and for a map. */
void json_copy_list(struct json_out *o, const struct json_node *list, const struct json_field *sub);
void json_copy_map(struct json_out *o, const struct json_node *map);

/* Members of a list (0 for NULL), and the i-th of them, which is an object. */
size_t json_count(const struct json_node *list);
const struct json_node *json_member(const struct json_node *list, size_t i);

/* The i-th of a list of strings and integers, as text: borrowed, or in `a`. Absent when it is neither, or memory is
 * out. */
struct span json_value(const struct json_node *list, size_t i, struct arena *a);

/* Call `each` with key and text value of every member of a map or an object, in the order received, until it returns
 * false. The value of a member that is no text (an object may have such) is absent. */
void json_each(const struct json_node *map, bool (*each)(void *arg, struct span key, struct span value), void *arg);
