/* key_show.c: tables and lines from the admin listener's JSON. */
#include "cli/key_show.h"

#include <string.h>

#include "base/json_in.h"
#include "cli/table.h"

#include "base/banned.h"

enum { GENERATION_COLUMNS = 5, KEY_COLUMNS = 8, USE_COLUMNS = 4 };

struct generation { struct span purpose, id, created, days, state; };
struct damaged { struct span column, merchant, records; };
struct progress {
    struct span stage, to, records, done, percent, damaged;
    bool paused;
    const struct json_node *damaged_in;
};
struct status {
    struct span source, set, version, threshold, shares, older_tokens;
    const struct json_node *generations;
    struct progress progress;
};
struct change { struct span purpose, id, records, tokens; bool destroyed; };
struct key {
    struct span name, id, state, algorithm, bits, standard, used, created, days, expires, count, period, remark;
    bool over;
};
struct keys { const struct json_node *list; };

#define NUMBER(key_, in_, field_) { .name = (key_), .type = JSON_TEXT_OR_INT, .at = offsetof(struct in_, field_) }
#define WORDS(key_, in_, field_) { .name = (key_), .type = JSON_TEXT, .at = offsetof(struct in_, field_) }

static const struct json_field generation_fields[] = {
    { .name = "purpose", .type = JSON_TEXT, .required = true, .at = offsetof(struct generation, purpose) },
    { .name = "id", .type = JSON_TEXT, .required = true, .at = offsetof(struct generation, id) },
    WORDS("created_at", generation, created), NUMBER("age_days", generation, days), WORDS("state", generation, state),
    JSON_END,
};
static const struct json_field damaged_fields[] = {
    WORDS("column", damaged, column), NUMBER("merchant_id", damaged, merchant), NUMBER("records", damaged, records),
    JSON_END,
};
static const struct json_field progress_fields[] = {
    { .name = "stage", .type = JSON_TEXT, .required = true, .at = offsetof(struct status, progress.stage) },
    { .name = "paused", .type = JSON_BOOL, .at = offsetof(struct status, progress.paused) },
    WORDS("to", status, progress.to), NUMBER("records", status, progress.records),
    NUMBER("done", status, progress.done), NUMBER("percent", status, progress.percent),
    NUMBER("damaged", status, progress.damaged),
    { .name = "damaged_in", .type = JSON_LIST, .sub = damaged_fields,
      .at = offsetof(struct status, progress.damaged_in) },
    JSON_END,
};
static const struct json_field status_fields[] = {
    WORDS("source", status, source), WORDS("set", status, set), NUMBER("version", status, version),
    NUMBER("threshold", status, threshold), NUMBER("shares", status, shares),
    NUMBER("tokens_under_older_fingerprint", status, older_tokens),
    { .name = "generations", .type = JSON_LIST, .required = true, .sub = generation_fields,
      .at = offsetof(struct status, generations) },
    { .name = "reencryption", .type = JSON_OBJECT, .required = true, .sub = progress_fields, .at = JSON_NOWHERE },
    JSON_END,
};
static const struct json_field change_fields[] = {
    { .name = "purpose", .type = JSON_TEXT, .required = true, .at = offsetof(struct change, purpose) },
    { .name = "id", .type = JSON_TEXT, .required = true, .at = offsetof(struct change, id) },
    NUMBER("records", change, records), NUMBER("tokens", change, tokens),
    { .name = "destroyed", .type = JSON_BOOL, .at = offsetof(struct change, destroyed) },
    JSON_END,
};
static const struct json_field key_fields[] = {
    { .name = "name", .type = JSON_TEXT, .required = true, .at = offsetof(struct key, name) },
    WORDS("id", key, id), WORDS("state", key, state), WORDS("algorithm", key, algorithm), NUMBER("bits", key, bits),
    WORDS("standard", key, standard), WORDS("used_for", key, used), WORDS("created_at", key, created),
    NUMBER("age_days", key, days), WORDS("expires_at", key, expires), NUMBER("count", key, count),
    NUMBER("period_days", key, period), WORDS("remark", key, remark),
    { .name = "over", .type = JSON_BOOL, .at = offsetof(struct key, over) },
    JSON_END,
};
static const struct json_field keys_fields[] = {
    { .name = "keys", .type = JSON_LIST, .required = true, .sub = key_fields, .at = offsetof(struct keys, list) },
    JSON_END,
};

static enum fault fill(void *into, struct arena *a, struct span answer, const struct json_field *fields)
{
    const struct json_node *root;
    struct json_complaint why;
    enum fault f = json_read(&root, a, answer, &why);

    return f ? f : json_fill(into, root, fields, a, &why);
}

static struct span or_dash(struct span s)
{
    return s.n ? s : SPAN("-");
}

static enum fault put_generations(struct buf *out, struct arena *a, const struct json_node *list)
{
    static const struct span heads[GENERATION_COLUMNS] = {
        SPAN("PURPOSE"), SPAN("ID"), SPAN("CREATED"), SPAN("DAYS"), SPAN("STATE"),
    };
    const size_t n = json_count(list);
    struct span *cells = arena_take(a, (n + 1) * GENERATION_COLUMNS * sizeof *cells);

    if (!cells)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < n; i++) {
        struct generation g = { 0 };
        struct json_complaint why;
        struct span *row = cells + i * GENERATION_COLUMNS;
        enum fault f = json_fill(&g, json_member(list, i), generation_fields, a, &why);

        if (f)
            return f;
        row[0] = g.purpose;
        row[1] = g.id;
        row[2] = g.created.n ? g.created : SPAN("with the key file");
        row[3] = or_dash(g.days);
        row[4] = g.state;
    }
    table_put(out, &(struct table){ heads, cells, GENERATION_COLUMNS, n });
    return FAULT_NONE;
}

static void put_progress(struct buf *out, const struct progress *p)
{
    if (span_equal(p->stage, SPAN("none"))) {
        buf_text(out, "no record is under an older data key");
        return;
    }
    if (span_equal(p->stage, SPAN("counting"))) {
        buf_text(out, "records under older data keys are being counted");
    } else {
        table_clean(out, p->percent);
        buf_text(out, " %: ");
        table_clean(out, p->done);
        buf_text(out, " of ");
        table_clean(out, p->records);
        buf_text(out, " records are under the data key ");
        table_clean(out, p->to);
        buf_text(out, ", ");
        table_clean(out, p->stage);
    }
    if (p->paused)
        buf_text(out, "; it waits for keyholder or disk");
}

static enum fault put_damaged(struct buf *out, struct arena *a, const struct progress *p)
{
    if (!p->damaged.n || span_equal(p->damaged, SPAN("0")))
        return FAULT_NONE;
    table_line(out, "records that do not open and are left as they are: ", p->damaged);
    for (size_t i = 0; i < json_count(p->damaged_in); i++) {
        struct damaged d = { 0 };
        struct json_complaint why;
        enum fault f = json_fill(&d, json_member(p->damaged_in, i), damaged_fields, a, &why);

        if (f)
            return f;
        buf_text(out, "  ");
        table_clean(out, d.column);
        buf_text(out, " of merchant ");
        table_clean(out, d.merchant);
        table_line(out, ": ", d.records);
    }
    return FAULT_NONE;
}

static enum fault show_status(struct buf *out, struct arena *a, struct span answer)
{
    struct status s = { 0 };
    enum fault f = fill(&s, a, answer, status_fields);

    if (f)
        return f;
    buf_text(out, "the key of the keys: ");
    table_clean(out, s.source);
    if (s.shares.n && !span_equal(s.shares, SPAN("0"))) {
        buf_text(out, ", ");
        table_clean(out, s.threshold);
        buf_text(out, " of ");
        table_clean(out, s.shares);
    }
    buf_text(out, "\n");
    buf_text(out, "keyring ");
    table_clean(out, s.set);
    table_line(out, ", version ", s.version);
    f = put_generations(out, a, s.generations);
    if (f)
        return f;
    put_progress(out, &s.progress);
    buf_text(out, "\n");
    if (s.older_tokens.n && !span_equal(s.older_tokens, SPAN("0")))
        table_line(out, "live tokens of cards known under the older fingerprint key: ", s.older_tokens);
    return put_damaged(out, a, &s.progress);
}

static enum fault show_change(struct buf *out, struct arena *a, struct span answer)
{
    struct change c = { 0 };
    enum fault f = fill(&c, a, answer, change_fields);

    if (f)
        return f;
    table_clean(out, c.purpose);
    buf_text(out, " key ");
    table_clean(out, c.id);
    if (c.destroyed) {
        buf_text(out, " is destroyed\n");
        if (c.tokens.n && !span_equal(c.tokens, SPAN("0")))
            table_line(out, "live tokens whose cards are not recognised any more: ", c.tokens);
        return FAULT_NONE;
    }
    buf_text(out, " is made, and used from now on\n"
             "Copy the folder of the keys again, to where its copy is kept: the older copy opens nothing new.\n");
    if (span_equal(c.purpose, SPAN("data"))) {
        table_line(out, "records that are being sealed again: ", c.records.n ? c.records : SPAN("being counted"));
        buf_text(out, "See tijori key status --follow.\n");
    }
    return FAULT_NONE;
}

static void key_cells(struct span *row, struct arena *a, const struct key *k)
{
    struct buf bits = arena_buf(a, k->bits.n + 1), state = arena_buf(a, 64);

    buf_span(&bits, k->bits);
    if (k->count.n) {
        buf_span(&state, k->count);
        buf_text(&state, " in use");
    } else {
        buf_span(&state, k->state);
    }
    if (k->over)
        buf_text(&state, state.n ? ", over" : "over");
    row[0] = k->name;
    row[1] = or_dash(k->id);
    row[2] = state.n ? buf_view(&state) : SPAN("-");
    row[3] = or_dash(buf_view(&bits));
    row[4] = k->expires.n ? k->expires : or_dash(k->created);
    row[5] = or_dash(k->days);
    row[6] = or_dash(k->period);
    row[7] = k->algorithm;
}

static bool is_first(const struct key *all, size_t i)
{
    return i == 0 || !span_equal(all[i].name, all[i - 1].name);
}

static void put_uses(struct buf *out, struct span *cells, const struct key *all, size_t n)
{
    static const struct span heads[USE_COLUMNS] = { SPAN("NAME"), SPAN("USED FOR"), SPAN("STANDARD"), SPAN("REMARK") };
    size_t rows = 0;

    for (size_t i = 0; i < n; i++) {
        struct span *row = cells + rows * USE_COLUMNS;

        if (!is_first(all, i))
            continue;
        row[0] = all[i].name;
        row[1] = all[i].used;
        row[2] = all[i].standard;
        row[3] = or_dash(all[i].remark);
        rows++;
    }
    buf_text(out, "\n");
    table_put(out, &(struct table){ heads, cells, USE_COLUMNS, rows });
}

static enum fault show_inventory(struct buf *out, struct arena *a, struct span answer)
{
    static const struct span heads[KEY_COLUMNS] = {
        SPAN("NAME"), SPAN("KEY"), SPAN("STATE"), SPAN("BITS"), SPAN("CREATED OR EXPIRES"), SPAN("DAYS"),
        SPAN("PERIOD"), SPAN("ALGORITHM"),
    };
    struct keys keys = { 0 };
    enum fault f = fill(&keys, a, answer, keys_fields);
    const size_t n = f ? 0 : json_count(keys.list);
    struct span *cells = f ? NULL : arena_take(a, (n + 1) * KEY_COLUMNS * sizeof *cells);
    struct key *all = f ? NULL : arena_take(a, (n + 1) * sizeof *all);

    if (f || !cells || !all)
        return f ? f : FAULT_INTERNAL;
    for (size_t i = 0; i < n && !f; i++) {
        struct json_complaint why;

        f = json_fill(&all[i], json_member(keys.list, i), key_fields, a, &why);
        key_cells(cells + i * KEY_COLUMNS, a, &all[i]);
    }
    if (f)
        return f;
    table_put(out, &(struct table){ heads, cells, KEY_COLUMNS, n });
    put_uses(out, cells, all, n);
    return FAULT_NONE;
}

enum fault key_show(struct buf *out, enum command c, struct span answer)
{
    struct arena *a = NULL;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    if (c == COMMAND_KEY_STATUS)
        f = show_status(out, a, answer);
    else if (c == COMMAND_KEY_INVENTORY)
        f = show_inventory(out, a, answer);
    else
        f = show_change(out, a, answer);
    arena_free(a);
    return f;
}

enum fault key_show_progress(struct buf *out, bool *over, struct span answer)
{
    struct status s = { 0 };
    struct arena *a = NULL;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    f = fill(&s, a, answer, status_fields);
    if (!f) {
        *over = span_equal(s.progress.stage, SPAN("none")) || span_equal(s.progress.stage, SPAN("done"));
        put_progress(out, &s.progress);
    }
    arena_free(a);
    return f;
}
