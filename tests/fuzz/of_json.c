/* of_json.c: bodies read by the tables of their fields, copied, and read again as raw bytes. */
#include "fuzz.h"

#include <string.h>

#include "base/json_in.h"
#include "base/json_raw.h"
#include "dialect/cashfree/order_fields.h"
#include "dialect/paytm/respell.h"
#include "service/offer.h"

#include "base/banned.h"

enum { COPY_MAX = 256 * 1024, INNER_MAX = 8 };

static struct arena *arena;

struct inner { struct span text, number, decimal, either; int64_t whole; bool yes; };
struct outer {
    struct span text, id, amount;
    int64_t count;
    bool flag;
    const struct json_node *object, *list, *names, *values, *map;
};

static bool is_lower(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 'a' || s.p[i] > 'z')
            return false;
    return true;
}

static const char *const words[] = { "one", "two", NULL };
static const struct json_field map_row[] = { { .name = "", .type = JSON_TEXT, .max = 8 }, JSON_END };
static const struct json_field inner_fields[] = {
    { .name = "text", .type = JSON_TEXT, .min = 1, .max = 5, .at = offsetof(struct inner, text) },
    { .name = "number", .type = JSON_TEXT_OR_INT, .rule = is_lower, .at = offsetof(struct inner, number) },
    { .name = "decimal", .type = JSON_DECIMAL, .at = offsetof(struct inner, decimal) },
    { .name = "either", .type = JSON_DECIMAL_OR_TEXT, .one_of = words, .at = offsetof(struct inner, either) },
    { .name = "whole", .type = JSON_INT, .min = -5, .max = 5, .at = offsetof(struct inner, whole) },
    { .name = "yes", .type = JSON_BOOL, .at = offsetof(struct inner, yes) },
    JSON_END
};
static const struct json_field outer_fields[] = {
    { .name = "text", .type = JSON_TEXT, .keep_empty = true, .at = offsetof(struct outer, text) },
    { .name = "id", .type = JSON_TEXT_OR_INT, .max = 45, .at = offsetof(struct outer, id) },
    { .name = "amount", .type = JSON_DECIMAL_OR_TEXT, .at = offsetof(struct outer, amount) },
    { .name = "count", .type = JSON_INT, .at = offsetof(struct outer, count) },
    { .name = "flag", .type = JSON_BOOL, .at = offsetof(struct outer, flag) },
    { .name = "object", .type = JSON_OBJECT, .sub = inner_fields, .at = offsetof(struct outer, object) },
    { .name = "list", .type = JSON_LIST, .max = INNER_MAX, .sub = inner_fields, .at = offsetof(struct outer, list) },
    { .name = "names", .type = JSON_LIST, .at = offsetof(struct outer, names) },
    { .name = "values", .type = JSON_VALUES, .max = INNER_MAX, .at = offsetof(struct outer, values) },
    { .name = "map", .type = JSON_MAP, .max = INNER_MAX, .sub = map_row, .at = offsetof(struct outer, map) },
    JSON_END
};

void fuzz_json_open(void)
{
    json_in_start();
    fuzz_check(arena_new(&arena) == FAULT_NONE);
}

void fuzz_json_close(void)
{
    arena_free(arena);
    arena = NULL;
}

static void check_complaint(const struct json_complaint *why)
{
    fuzz_check(memchr(why->path, 0, sizeof why->path));
    fuzz_check(why->why != JSON_WHY_SYNTAX || memchr(why->text, 0, sizeof why->text));
    fuzz_check(why->why == JSON_WHY_SYNTAX || why->field);
}

/* A copy is read like its original, and copied again it is the same. */
static void copy_is_stable(const struct json_node *node, const struct json_field *fields, size_t size)
{
    struct buf first = arena_buf(arena, COPY_MAX), second = arena_buf(arena, COPY_MAX);
    struct json_out o = json_out(&first);
    struct json_complaint why;
    const struct json_node *again;
    void *into = arena_take(arena, size);

    json_copy(&o, node, fields);
    if (first.full || !into)
        return;                       /* memory for one request is out */
    fuzz_check(json_read(&again, arena, buf_view(&first), &why) == FAULT_NONE);
    fuzz_check(json_fill(into, again, fields, arena, &why) == FAULT_NONE);
    o = json_out(&second);
    json_copy(&o, again, fields);
    fuzz_check(second.full || span_equal(buf_view(&first), buf_view(&second)));
}

static void fill(const struct json_node *node, const struct json_field *fields, size_t size)
{
    void *into = arena_take(arena, size);
    struct json_complaint why = { 0 };

    if (!into)
        return;
    if (json_fill(into, node, fields, arena, &why) == FAULT_NONE)
        copy_is_stable(node, fields, size);
    else
        check_complaint(&why);
}

/* A checksum covers raw bytes and a parser reads the rest: what both take they take alike. */
static void both_readers_agree(struct span body, const struct json_node *node)
{
    static const char *const keys[] = { "body", "head", "text" };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *why = NULL;
        struct span raw;
        enum fault f = json_raw_member(&raw, &why, body, span_of(keys[i]));

        fuzz_check(f != FAULT_BAD_INPUT || why);
        fuzz_check(f == FAULT_NONE || span_absent(raw));
        fuzz_check(f != FAULT_NONE || (raw.n && raw.p >= body.p && raw.p + raw.n <= body.p + body.n));
        if (f == FAULT_NONE && node && raw.p[0] == '{') {
            struct json_complaint inner;
            const struct json_node *value;

            fuzz_check(json_read(&value, arena, raw, &inner) == FAULT_NONE);
        }
    }
}

void fuzz_json_fields(const uint8_t *bytes, size_t n)
{
    struct span body = { bytes, n };
    const struct json_node *node = NULL;
    struct json_complaint why = { 0 };

    arena_reset(arena);
    if (json_read(&node, arena, body, &why) == FAULT_NONE) {
        fill(node, outer_fields, sizeof(struct outer));
        fill(node, order_fields, sizeof(struct order_body));
        fill(node, order_fields_2026, sizeof(struct order_body));
        both_readers_agree(body, node);
    } else {
        check_complaint(&why);
        both_readers_agree(body, NULL);
    }
}

void fuzz_offer(const uint8_t *bytes, size_t n)
{
    struct span meta = { bytes, n };
    struct offer o;
    struct bin bin = bin_of8(bin_test_cards(), (struct pan_bin8){ 41111111 });

    arena_reset(arena);
    if (offer_read(&o, arena, meta) != FAULT_NONE)
        return;
    fuzz_check(!(o.methods & ~(unsigned)OFFER_ALL));
    fuzz_check(o.bins.n <= OFFER_BINS_MAX && o.suffixes.n <= OFFER_BINS_MAX && o.banks.n <= OFFER_BINS_MAX);
    fuzz_check(o.emi.bins.n <= OFFER_BINS_MAX && o.emi.suffixes.n <= OFFER_BINS_MAX);
    (void)offer_allows(&o, PAYMENT_BY_CARD);
    (void)offer_allows_card(&o, &bin, (struct pan_bin8){ 41111111 }, (struct pan_last4){ "1111" });
    (void)offer_allows_emi(&o, &bin, (struct pan_bin8){ 41111111 }, (struct pan_last4){ "1111" }, 6);
}

/* Every style is JSON again, and writing it again in the same style changes nothing. */
void fuzz_respell(const uint8_t *bytes, size_t n)
{
    struct span body = { bytes, n };
    struct json_complaint why = { 0 };
    const struct json_node *node;

    arena_reset(arena);
    if (json_read(&node, arena, body, &why) != FAULT_NONE)
        return;
    for (enum respell_style style = 0; style < RESPELL_STYLES; style++) {
        struct span one = respell(arena, body, style), two;

        if (span_absent(one))
            continue;
        fuzz_check(json_read(&node, arena, one, &why) == FAULT_NONE);
        two = respell(arena, one, style);
        fuzz_check(span_absent(two) || span_equal(one, two));
    }
}
