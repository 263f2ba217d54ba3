/* json_in.c: reading a body, and checking it against a table of fields. */
#include "base/json_in.h"

#include <assert.h>
#include <string.h>

#include "base/json_tree.h"

#include "base/banned.h"

/* What one json_fill() works on. `into` is NULL inside lists and maps, where nothing is filled. */
struct walk { struct arena *a; struct json_complaint *why; void *into; };

/* Where in the body a value stands; `name` is NULL for a value that adds nothing to the path. */
struct place { const struct place *up; const struct json_field *field; const char *name; };

static enum fault check_fields(const struct walk *w, const struct place *up, const struct json_node *object,
                               const struct json_field *fields);

void json_in_start(void)
{
    json_tree_start();
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Pass over the number that begins at *at. Is it kept as it is written? Zeros before the first digit and behind the
 * last are none of its digits. A whole number is no double: the tree keeps it or refuses it. */
static bool take_number(struct span body, size_t *at)
{
    size_t i = *at, digits = 0, zeros = 0;
    bool whole = true;

    for (; i < body.n && (is_digit(body.p[i]) || body.p[i] == '.'); i++) {
        if (body.p[i] == '.') {
            whole = false;
        } else if (body.p[i] != '0') {
            digits += zeros + 1;
            zeros = 0;
        } else if (digits > 0) {
            zeros++;
        }
    }
    if (i < body.n && (body.p[i] | 0x20) == 'e') {
        whole = false;
        i++;
        while (i < body.n && (is_digit(body.p[i]) || body.p[i] == '+' || body.p[i] == '-'))
            i++;
    }
    *at = i - 1;
    return whole || digits <= JSON_DIGITS_MAX;
}

/* What is wrong with `body` that the tree would not tell; NULL: nothing. For what is not JSON any answer will do. */
static const char *look_over(struct span body)
{
    unsigned depth = 0;
    bool quoted = false;

    if (memchr(body.p, 0, body.n))    /* the library takes one for the end of a number */
        return "a NUL character";
    for (size_t i = 0; i < body.n; i++) {
        uint8_t c = body.p[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_IN_DEPTH)
                return "nested too deep";
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        } else if (is_digit(c) && !take_number(body, &i)) {
            return "a number with more digits than can be kept exactly";
        }
    }
    return NULL;
}

/* `line` 0: the whole body is meant. */
static enum fault bad_syntax(struct json_complaint *why, const char *text, int line, int column)
{
    struct buf b;

    *why = (struct json_complaint){ .why = JSON_WHY_SYNTAX };
    b = (struct buf){ (uint8_t *)why->text, 0, sizeof why->text - 1, false };
    buf_text(&b, text);
    if (line > 0) {
        buf_text(&b, " at line ");
        buf_i64(&b, line);
        buf_text(&b, " column ");
        buf_i64(&b, column);
    }
    return FAULT_BAD_INPUT;
}

enum fault json_read(const struct json_node **out, struct arena *a, struct span body,
                     struct json_complaint *why)
{
    struct json_tree_error e;
    struct json_node *root = NULL;
    const char *wrong;
    enum fault f;

    if (body.n == 0)
        return bad_syntax(why, "the body is empty", 0, 0);
    wrong = look_over(body);
    if (wrong)
        return bad_syntax(why, wrong, 0, 0);
    f = json_tree_parse(&root, a, &e, body);
    if (f)
        return f == FAULT_BAD_INPUT ? bad_syntax(why, e.text, e.line, e.column) : f;
    if (json_tree_kind(root) != JSON_IS_OBJECT)
        return bad_syntax(why, "the body is not one JSON object", 0, 0);
    *out = root;
    return FAULT_NONE;
}

static void put_path(struct buf *b, const struct place *at)
{
    if (!at)
        return;
    put_path(b, at->up);
    if (!at->name)
        return;
    if (b->n)
        buf_byte(b, '.');
    buf_text(b, at->name);
}

static struct span number_text(const struct walk *w, const struct json_node *number)
{
    uint8_t text[JSON_TREE_DECIMAL];
    struct buf b = BUF(text);

    json_tree_number(&b, number);
    assert(!b.full);
    return arena_copy(w->a, buf_view(&b));
}

static struct span received_text(const struct walk *w, const struct json_node *value)
{
    switch (json_tree_kind(value)) {
    case JSON_IS_TEXT:
        return json_tree_text(value);
    case JSON_IS_INT:
    case JSON_IS_REAL:
        return number_text(w, value);
    case JSON_IS_TRUE:
        return SPAN("true");
    case JSON_IS_FALSE:
        return SPAN("false");
    case JSON_IS_NULL:
    case JSON_IS_OBJECT:
    case JSON_IS_LIST:
        break;
    }
    return (struct span){ 0 };
}

/* Does `value` (NULL when the key is not there) count as not given? */
static bool is_absent(const struct json_node *value, const struct json_field *f)
{
    enum json_kind k = json_tree_kind(value);

    return k == JSON_IS_NULL || (k == JSON_IS_TEXT && json_tree_text(value).n == 0 && !f->keep_empty);
}

static enum fault complain(const struct walk *w, const struct place *at, const struct json_node *value,
                           enum json_why why)
{
    struct buf b;

    *w->why = (struct json_complaint){ .why = why, .field = at->field };
    b = (struct buf){ (uint8_t *)w->why->path, 0, sizeof w->why->path - 1, false };
    put_path(&b, at);
    assert(!b.full);
    w->why->received = received_text(w, value);
    return FAULT_BAD_INPUT;
}

static void store(const struct walk *w, const struct json_field *f, const void *value, size_t n)
{
    if (w->into && f->at != JSON_NOWHERE)
        memcpy((uint8_t *)w->into + f->at, value, n);
}

static long count_characters(struct span s)
{
    long n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xC0) != 0x80;    /* every byte but the continuation bytes begins a character */
    return n;
}

static bool is_one_of(struct span s, const char *const *list)
{
    for (; *list; list++)
        if (span_equal(s, span_of(*list)))
            return true;
    return false;
}

/* Length is for text only: how large a number may be is not a matter of its digits. */
static enum fault check_text(const struct walk *w, const struct place *at, const struct json_node *value,
                             struct span text)
{
    const struct json_field *f = at->field;

    if (json_tree_kind(value) == JSON_IS_TEXT || f->type == JSON_TEXT_OR_INT) {
        long n = count_characters(text);
        if (n < f->min)
            return complain(w, at, value, JSON_WHY_SHORT);
        if (f->max && n > f->max)
            return complain(w, at, value, JSON_WHY_LONG);
    }
    if (f->one_of && !is_one_of(text, f->one_of))
        return complain(w, at, value, JSON_WHY_ONE_OF);
    if (f->rule && !f->rule(text))
        return complain(w, at, value, JSON_WHY_RULE);
    store(w, f, &text, sizeof text);
    return FAULT_NONE;
}

static enum fault check_number_text(const struct walk *w, const struct place *at, const struct json_node *value)
{
    struct span text = number_text(w, value);

    return span_absent(text) ? FAULT_INTERNAL : check_text(w, at, value, text);
}

static enum fault check_int(const struct walk *w, const struct place *at, const struct json_node *value)
{
    const struct json_field *f = at->field;
    int64_t n = json_tree_int(value);

    if (n < f->min)
        return complain(w, at, value, JSON_WHY_SMALL);
    if (f->max && n > f->max)
        return complain(w, at, value, JSON_WHY_LARGE);
    store(w, f, &n, sizeof n);
    return FAULT_NONE;
}

static enum fault check_object(const struct walk *w, const struct place *at, const struct json_node *value)
{
    enum fault f = at->field->sub ? check_fields(w, at, value, at->field->sub) : FAULT_NONE;

    if (!f)
        store(w, at->field, &value, sizeof value);
    return f;
}

static enum fault check_count(const struct walk *w, const struct place *at, const struct json_node *value, size_t n)
{
    const struct json_field *f = at->field;

    if (f->min > 0 && n < (size_t)f->min)
        return complain(w, at, value, JSON_WHY_FEW);
    if (f->max > 0 && n > (size_t)f->max)
        return complain(w, at, value, JSON_WHY_MANY);
    return FAULT_NONE;
}

static enum fault check_list(const struct walk *w, const struct place *at, const struct json_node *value)
{
    struct walk inside = { w->a, w->why, NULL };
    const struct json_field *sub = at->field->sub;
    enum fault f = check_count(w, at, value, json_tree_count(value));

    for (size_t i = 0; !f && i < json_tree_count(value); i++) {
        const struct json_node *member = json_tree_member(value, i);
        if (json_tree_kind(member) != (sub ? JSON_IS_OBJECT : JSON_IS_TEXT))
            return complain(w, at, member, JSON_WHY_TYPE);
        if (sub)
            f = check_fields(&inside, at, member, sub);
        else if (at->field->rule && !at->field->rule(json_tree_text(member)))
            return complain(w, at, member, JSON_WHY_RULE);
    }
    if (!f)
        store(w, at->field, &value, sizeof value);
    return f;
}

static enum fault check_values(const struct walk *w, const struct place *at, const struct json_node *value)
{
    enum fault f = check_count(w, at, value, json_tree_count(value));

    for (size_t i = 0; !f && i < json_tree_count(value); i++) {
        const struct json_node *member = json_tree_member(value, i);
        if (json_tree_kind(member) != JSON_IS_TEXT && json_tree_kind(member) != JSON_IS_INT)
            return complain(w, at, member, JSON_WHY_TYPE);
        if (at->field->rule && !at->field->rule(received_text(w, member)))
            return complain(w, at, member, JSON_WHY_RULE);
    }
    if (!f)
        store(w, at->field, &value, sizeof value);
    return f;
}

/* The row for the values, when there is one, is what a complaint about a value names. The key stays out of
 * the path: the caller chose it, and a path is made of our own words only. */
static enum fault check_map_value(const struct walk *w, const struct place *at, const struct json_node *value)
{
    const struct json_field *sub = at->field->sub;
    struct place below = { at, sub ? sub : at->field, NULL };

    if (json_tree_kind(value) != JSON_IS_TEXT)
        return complain(w, &below, value, JSON_WHY_TYPE);
    if (sub && is_absent(value, sub))
        return sub->required ? complain(w, &below, value, JSON_WHY_MISSING) : FAULT_NONE;
    return sub ? check_text(w, &below, value, json_tree_text(value)) : FAULT_NONE;
}

static enum fault check_map(const struct walk *w, const struct place *at, const struct json_node *value)
{
    struct walk inside = { w->a, w->why, NULL };
    const struct json_node *member;
    struct span key;
    enum fault f = check_count(w, at, value, json_tree_count(value));

    for (void *i = NULL; !f && (i = json_tree_next(value, i, &key, &member)) != NULL; )
        f = at->field->rule && !at->field->rule(key) ? complain(w, at, NULL, JSON_WHY_RULE)
                                                     : check_map_value(&inside, at, member);
    if (!f)
        store(w, at->field, &value, sizeof value);
    return f;
}

static bool is_of_type(enum json_kind k, enum json_type type)
{
    switch (type) {
    case JSON_TEXT:            return k == JSON_IS_TEXT;
    case JSON_TEXT_OR_INT:     return k == JSON_IS_TEXT || k == JSON_IS_INT;
    case JSON_DECIMAL:         return json_tree_is_number(k);
    case JSON_DECIMAL_OR_TEXT: return k == JSON_IS_TEXT || json_tree_is_number(k);
    case JSON_INT:             return k == JSON_IS_INT;
    case JSON_BOOL:            return k == JSON_IS_TRUE || k == JSON_IS_FALSE;
    case JSON_OBJECT:
    case JSON_MAP:             return k == JSON_IS_OBJECT;
    case JSON_VALUES:
    case JSON_LIST:            return k == JSON_IS_LIST;
    }
    return false;
}

static enum fault check_value(const struct walk *w, const struct place *at, const struct json_node *value)
{
    enum json_kind k = json_tree_kind(value);
    bool yes = k == JSON_IS_TRUE;

    if (is_absent(value, at->field))
        return at->field->required ? complain(w, at, value, JSON_WHY_MISSING) : FAULT_NONE;
    if (!is_of_type(k, at->field->type))
        return complain(w, at, value, JSON_WHY_TYPE);
    switch (at->field->type) {
    case JSON_TEXT:
    case JSON_TEXT_OR_INT:
    case JSON_DECIMAL:
    case JSON_DECIMAL_OR_TEXT:
        if (k == JSON_IS_TEXT)
            return check_text(w, at, value, json_tree_text(value));
        return check_number_text(w, at, value);
    case JSON_INT:
        return check_int(w, at, value);
    case JSON_BOOL:
        store(w, at->field, &yes, sizeof yes);
        return FAULT_NONE;
    case JSON_OBJECT:
        return check_object(w, at, value);
    case JSON_LIST:
        return check_list(w, at, value);
    case JSON_VALUES:
        return check_values(w, at, value);
    case JSON_MAP:
        return check_map(w, at, value);
    }
    return FAULT_INTERNAL;
}

static enum fault check_fields(const struct walk *w, const struct place *up, const struct json_node *object,
                               const struct json_field *fields)
{
    for (const struct json_field *field = fields; field->name; field++) {
        struct place at = { up, field, field->name };
        enum fault f = check_value(w, &at, json_tree_get(object, field->name));
        if (f)
            return f;
    }
    return FAULT_NONE;
}

enum fault json_fill(void *into, const struct json_node *node, const struct json_field *fields,
                     struct arena *a, struct json_complaint *why)
{
    struct walk w = { a, why, into };

    return check_fields(&w, NULL, node, fields);
}

struct span json_value(const struct json_node *list, size_t i, struct arena *a)
{
    struct walk w = { a, NULL, NULL };

    return received_text(&w, json_tree_member(list, i));
}
