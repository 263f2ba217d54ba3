/* json_tree.c: the only file that sees the JSON library. */
#include "base/json_tree.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/banned.h"

/* 15 digits are always kept by a double and so give back what people type; 17 always tell doubles apart. */
enum { DIGITS_FEWEST = 15, DIGITS_MOST = 17 };

enum { OUT_OF_MEMORY = -2 };          /* a line that the library never tells */

/* A number taken to pieces: 0.DDDD times ten to the power of `point`. */
struct pieces { bool negative; char digits[DIGITS_MOST]; int count, point; };

/* The library reads through pointers that are not const; nothing here changes a value. */
static json_t *tree(const struct json_node *node)
{
    return (json_t *)(uintptr_t)node;
}

static const struct json_node *node_of(const json_t *value)
{
    return (const struct json_node *)value;
}

/* Where the library's memory comes from while this thread parses, and where to go when there is none. The library's
 * hooks take no argument, so this has to wait for them here. */
static _Thread_local struct { struct arena *arena; jmp_buf out; } parsing;

/* Without memory the library is left at once: where it cannot lengthen the text of a string (2.14) it goes on with what
 * it has, and writes beyond its end. It holds nothing but the arena's memory. */
static void *arena_malloc(size_t n)
{
    void *p = parsing.arena ? arena_take(parsing.arena, n) : NULL;

    if (!p && parsing.arena)
        longjmp(parsing.out, 1);
    return p;
}

/* The arena wipes and frees everything at once. */
static void arena_keep(void *p)
{
    (void)p;
}

void json_tree_start(void)
{
    json_set_alloc_funcs(arena_malloc, arena_keep);
    json_object_seed(0);              /* now, while /dev/urandom can still be opened */
}

/* The library's own message quotes the body, which may hold a card number; its code does not. */
static const char *error_text(enum json_error_code code)
{
    static const struct { enum json_error_code code; const char *text; } known[] = {
        { json_error_duplicate_key,          "a key given twice" },
        { json_error_invalid_utf8,           "bytes that are not UTF-8" },
        { json_error_premature_end_of_input, "the body ends too early" },
        { json_error_end_of_input_expected,  "further bytes behind the body" },
        { json_error_null_character,         "a NUL character" },
        { json_error_null_byte_in_key,       "a NUL character" },
        { json_error_numeric_overflow,       "a number out of range" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == code)
            return known[i].text;
    return "not JSON";
}

/* NULL: *e says why, or memory is out and it says nothing. */
static json_t *load(struct arena *a, struct span body, json_error_t *e)
{
    json_t *root = NULL;

    e->line = 0;
    parsing.arena = a;
    if (setjmp(parsing.out) == 0)
        root = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, e);
    else
        e->line = OUT_OF_MEMORY;
    parsing.arena = NULL;
    return root;
}

enum fault json_tree_parse(struct json_node **out, struct arena *a, struct json_tree_error *why, struct span body)
{
    json_error_t e;
    json_t *root;

    assert(body.n > 0 && !parsing.arena);
    root = load(a, body, &e);
    if (root) {
        *out = (struct json_node *)root;
        return FAULT_NONE;
    }
    if (e.line != OUT_OF_MEMORY)
        *why = (struct json_tree_error){ error_text(json_error_code(&e)), e.line, e.column };
    else if (!arena_is_starved(a))
        *why = (struct json_tree_error){ "more values than one request may hold", 0, 0 };
    else
        return FAULT_INTERNAL;
    return FAULT_BAD_INPUT;
}

enum json_kind json_tree_kind(const struct json_node *value)
{
    static const enum json_kind kinds[] = {
        [JSON_OBJECT] = JSON_IS_OBJECT, [JSON_ARRAY] = JSON_IS_LIST, [JSON_STRING] = JSON_IS_TEXT,
        [JSON_INTEGER] = JSON_IS_INT, [JSON_REAL] = JSON_IS_REAL, [JSON_TRUE] = JSON_IS_TRUE,
        [JSON_FALSE] = JSON_IS_FALSE, [JSON_NULL] = JSON_IS_NULL,
    };

    return value ? kinds[json_typeof(tree(value))] : JSON_IS_NULL;
}

struct span json_tree_text(const struct json_node *value)
{
    return (struct span){ (const uint8_t *)json_string_value(tree(value)), json_string_length(tree(value)) };
}

int64_t json_tree_int(const struct json_node *value)
{
    return json_integer_value(tree(value));
}

const struct json_node *json_tree_get(const struct json_node *object, const char *key)
{
    return node_of(json_object_get(tree(object), key));
}

size_t json_tree_count(const struct json_node *value)
{
    return json_is_array(tree(value)) ? json_array_size(tree(value)) : json_object_size(tree(value));
}

const struct json_node *json_tree_member(const struct json_node *list, size_t i)
{
    return node_of(json_array_get(tree(list), i));
}

void *json_tree_next(const struct json_node *object, void *at, struct span *key, const struct json_node **value)
{
    void *next = at ? json_object_iter_next(tree(object), at) : json_object_iter(tree(object));

    if (next) {
        *key = (struct span){ (const uint8_t *)json_object_iter_key(next), json_object_iter_key_len(next) };
        *value = node_of(json_object_iter_value(next));
    }
    return next;
}

/* Take "-1.2345e-07" or "10.15" to pieces. A zero before the point is no digit of the value. */
static struct pieces take_apart(const char *text)
{
    struct pieces p = { .negative = *text == '-' };
    bool fraction = false;

    for (text += p.negative; *text && *text != 'e'; text++) {
        if (*text == '.') {
            fraction = true;
        } else if (fraction || p.count > 0 || *text != '0') {
            assert(*text >= '0' && *text <= '9');
            if (p.count == 0 && *text == '0') {
                p.point--;            /* "0.00123": zeros that only move the point */
                continue;
            }
            assert(p.count < DIGITS_MOST);
            p.digits[p.count++] = *text;
            p.point += !fraction;
        }
    }
    if (*text == 'e')
        p.point += (int)strtol(text + 1, NULL, 10);
    return p;
}

static void put_zeros(struct buf *out, int n)
{
    for (; n > 0; n--)
        buf_byte(out, '0');
}

static void put_real(struct buf *out, double value)
{
    char text[32];
    struct pieces p;
    int whole;

    for (int digits = DIGITS_FEWEST; digits <= DIGITS_MOST; digits++) {
        int n = snprintf(text, sizeof text, "%.*g", digits, value);
        assert(n > 0 && (size_t)n < sizeof text);
        if (strtod(text, NULL) == value)
            break;
    }
    p = take_apart(text);
    whole = p.point < 0 ? 0 : p.point > p.count ? p.count : p.point;
    if (p.negative)
        buf_byte(out, '-');
    if (p.point <= 0)
        buf_byte(out, '0');
    buf_put(out, p.digits, (size_t)whole);
    put_zeros(out, p.point - p.count);
    if (whole < p.count) {
        buf_byte(out, '.');
        put_zeros(out, -p.point);
        buf_put(out, p.digits + whole, (size_t)(p.count - whole));
    }
}

void json_tree_number(struct buf *out, const struct json_node *number)
{
    assert(json_tree_is_number(json_tree_kind(number)));
    if (json_is_integer(tree(number)))
        buf_i64(out, json_integer_value(tree(number)));
    else
        put_real(out, json_real_value(tree(number)));
}
