/* json_tree.h: the JSON library (jansson) behind a wall, for json_in.c and json_copy.c only.
 *
 * The library and our writer both have functions called json_object() and the like, so no source file may see
 * both: json_tree.c sees the library and nothing of ours that is called json_ without tree. */
#pragma once

#include "base/arena.h"

enum { JSON_TREE_DECIMAL = 352 };     /* bytes: "-0." and the 324 places and 17 digits of the smallest double fit */

enum json_kind {
    JSON_IS_NULL, JSON_IS_TEXT, JSON_IS_INT, JSON_IS_REAL, JSON_IS_TRUE, JSON_IS_FALSE, JSON_IS_OBJECT, JSON_IS_LIST,
};

struct json_node;

/* What is wrong with a body: a constant text, and where (line 0: all of it). Never bytes of the body. */
struct json_tree_error { const char *text; int line, column; };

/* Let the library take its memory from arenas. Once, before anything else here. */
void json_tree_start(void);

/* Parse `body`, duplicate keys and trailing bytes refused. The tree lies in `a`, is wiped and goes with it, and is
 * never released by itself. BAD_INPUT with *why filled, also when the tree would be larger than ARENA_MAX;
 * INTERNAL when memory is out. */
MUST_CHECK enum fault json_tree_parse(struct json_node **out, struct arena *a, struct json_tree_error *why,
                                      struct span body);

/* What a value is. NULL, a value that is not there, is a JSON_IS_NULL. */
enum json_kind json_tree_kind(const struct json_node *value);
static inline bool json_tree_is_number(enum json_kind k) { return k == JSON_IS_INT || k == JSON_IS_REAL; }

/* The bytes of a string value, borrowed from it; the absent span for any other value. */
struct span json_tree_text(const struct json_node *value);

/* An integer's value; 0 for any other value. */
int64_t json_tree_int(const struct json_node *value);

/* Append a number in plain decimal: an integer digit by digit; a real as the shortest text that reads back as
 * the same double, which gives "10.15" for 10.15, without exponent ("100" for 1e2). */
void json_tree_number(struct buf *out, const struct json_node *number);

/* The value of `key` in an object, or NULL. */
const struct json_node *json_tree_get(const struct json_node *object, const char *key);

/* How many members an object or list has; the i-th of a list. */
size_t json_tree_count(const struct json_node *value);
const struct json_node *json_tree_member(const struct json_node *list, size_t i);

/* Walk an object's members in the order received: `at` is NULL at first, then what the call before gave;
 * NULL is given behind the last, and then *key and *value are untouched. */
void *json_tree_next(const struct json_node *object, void *at, struct span *key, const struct json_node **value);
