/* json_copy.c: writing what was read, and walking its lists and maps. */
#include "base/json_in.h"

#include <assert.h>

#include "base/json_tree.h"

#include "base/banned.h"

static void copy_number(struct json_out *o, const struct json_node *value, bool quoted)
{
    uint8_t text[JSON_TREE_DECIMAL];
    struct buf number = BUF(text);

    json_tree_number(&number, value);
    assert(!number.full);
    if (quoted)
        json_text(o, buf_view(&number));
    else
        json_raw(o, buf_view(&number));
}

static void copy_value(struct json_out *o, const struct json_node *value, const struct json_field *f)
{
    switch (json_tree_kind(value)) {
    case JSON_IS_TEXT:
        json_text(o, json_tree_text(value));
        return;
    case JSON_IS_INT:
    case JSON_IS_REAL:
        copy_number(o, value, f->type == JSON_TEXT_OR_INT);
        return;
    case JSON_IS_TRUE:
    case JSON_IS_FALSE:
        json_bool(o, json_tree_kind(value) == JSON_IS_TRUE);
        return;
    case JSON_IS_LIST:
        json_copy_list(o, value, f->sub);
        return;
    case JSON_IS_OBJECT:
        if (f->type == JSON_MAP)
            json_copy_map(o, value);
        else
            json_copy(o, value, f->sub);
        return;
    case JSON_IS_NULL:
        json_null(o);
        return;
    }
}

/* An empty text that the table does not keep is copied as what it counts as: absent. */
static bool is_dropped(const struct json_node *value, const struct json_field *f)
{
    return json_tree_kind(value) == JSON_IS_TEXT && json_tree_text(value).n == 0 && !f->keep_empty;
}

void json_copy(struct json_out *o, const struct json_node *node, const struct json_field *fields)
{
    json_object(o);
    for (const struct json_field *f = fields; f && f->name; f++) {
        const struct json_node *value = json_tree_get(node, f->name);
        json_key(o, f->name);
        if (is_dropped(value, f))
            json_null(o);
        else
            copy_value(o, value, f);
    }
    json_object_end(o);
}

void json_copy_list(struct json_out *o, const struct json_node *list, const struct json_field *sub)
{
    if (!list) {
        json_null(o);
        return;
    }
    json_list(o);
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json_node *member = json_member(list, i);
        if (sub)
            json_copy(o, member, sub);
        else if (json_tree_kind(member) == JSON_IS_INT)
            copy_number(o, member, false);
        else
            json_text(o, json_tree_text(member));
    }
    json_list_end(o);
}

static bool copy_member(void *arg, struct span key, struct span value)
{
    struct json_out *o = arg;

    json_key_text(o, key);
    json_text(o, value);
    return true;
}

void json_copy_map(struct json_out *o, const struct json_node *map)
{
    if (!map) {
        json_null(o);
        return;
    }
    json_object(o);
    json_each(map, copy_member, o);
    json_object_end(o);
}

size_t json_count(const struct json_node *list)
{
    return list ? json_tree_count(list) : 0;
}

const struct json_node *json_member(const struct json_node *list, size_t i)
{
    assert(i < json_count(list));
    return json_tree_member(list, i);
}

void json_each(const struct json_node *map, bool (*each)(void *arg, struct span key, struct span value), void *arg)
{
    const struct json_node *value;
    struct span key;

    for (void *i = NULL; (i = json_tree_next(map, i, &key, &value)) != NULL; )
        if (!each(arg, key, json_tree_text(value)))
            return;
}
