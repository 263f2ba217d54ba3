/* merchant_show.c: tables and lines from the admin listener's JSON. */
#include "cli/merchant_show.h"

#include "base/json_in.h"

#include "base/banned.h"

enum { COLUMNS = 6, COLUMN_GAP = 2 };

struct merchant { struct span id, name, client_id, currencies, created; bool disabled; };
struct merchants { const struct json_node *list; };
struct credentials { struct span id, name, client_id, client_secret, old_until; };
struct refusal { struct span message; };

static const struct json_field merchant_fields[] = {
    { .name = "merchant_id", .type = JSON_TEXT_OR_INT, .required = true, .at = offsetof(struct merchant, id) },
    { .name = "name", .type = JSON_TEXT, .at = offsetof(struct merchant, name) },
    { .name = "client_id", .type = JSON_TEXT, .at = offsetof(struct merchant, client_id) },
    { .name = "currencies", .type = JSON_TEXT, .at = offsetof(struct merchant, currencies) },
    { .name = "disabled", .type = JSON_BOOL, .at = offsetof(struct merchant, disabled) },
    { .name = "created_at", .type = JSON_TEXT_OR_INT, .at = offsetof(struct merchant, created) },
    JSON_END,
};
static const struct json_field list_fields[] = {
    { .name = "merchants", .type = JSON_LIST, .required = true, .sub = merchant_fields,
      .at = offsetof(struct merchants, list) },
    JSON_END,
};
static const struct json_field credentials_fields[] = {
    { .name = "merchant_id", .type = JSON_TEXT_OR_INT, .required = true, .at = offsetof(struct credentials, id) },
    { .name = "name", .type = JSON_TEXT, .at = offsetof(struct credentials, name) },
    { .name = "client_id", .type = JSON_TEXT, .required = true, .at = offsetof(struct credentials, client_id) },
    { .name = "client_secret", .type = JSON_TEXT, .required = true, .at = offsetof(struct credentials, client_secret) },
    { .name = "old_secret_valid_until", .type = JSON_TEXT_OR_INT, .at = offsetof(struct credentials, old_until) },
    JSON_END,
};
static const struct json_field refusal_fields[] = {
    { .name = "message", .type = JSON_TEXT, .required = true, .at = offsetof(struct refusal, message) },
    JSON_END,
};

/* Text from a server goes to a terminal: control characters become '?'. */
static void put_clean(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_byte(out, s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static void put_line(struct buf *out, const char *label, struct span value)
{
    if (span_absent(value))
        return;
    buf_text(out, label);
    put_clean(out, value);
    buf_text(out, "\n");
}

static enum fault fill(void *into, struct arena *a, struct span answer, const struct json_field *fields)
{
    const struct json_node *root;
    struct json_complaint why;
    enum fault f = json_read(&root, a, answer, &why);

    return f ? f : json_fill(into, root, fields, a, &why);
}

/* Characters, not bytes, so that names in any script line up. */
static size_t width(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += (s.p[i] & 0xc0) != 0x80;
    return n;
}

static void cells_of(struct span cells[static COLUMNS], const struct merchant *m)
{
    cells[0] = m->id;
    cells[1] = m->name;
    cells[2] = m->client_id;
    cells[3] = m->currencies;
    cells[4] = m->disabled ? SPAN("disabled") : SPAN("active");
    cells[5] = m->created;
}

static void put_row(struct buf *out, const struct span cells[static COLUMNS], const size_t widths[static COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++) {
        put_clean(out, cells[i]);
        for (size_t n = width(cells[i]); i + 1 < COLUMNS && n < widths[i] + COLUMN_GAP; n++)
            buf_byte(out, ' ');
    }
    buf_text(out, "\n");
}

static enum fault show_list(struct buf *out, struct arena *a, struct span answer)
{
    static const struct span heads[COLUMNS] = {
        SPAN("ID"), SPAN("NAME"), SPAN("CLIENT ID"), SPAN("CURRENCIES"), SPAN("STATE"), SPAN("CREATED"),
    };
    struct merchants all = { 0 };
    enum fault f = fill(&all, a, answer, list_fields);
    size_t n = f ? 0 : json_count(all.list), widths[COLUMNS];
    struct merchant *rows = f ? NULL : arena_take(a, (n + 1) * sizeof *rows);
    struct span cells[COLUMNS];

    if (f || !rows)
        return f ? f : FAULT_INTERNAL;
    for (size_t c = 0; c < COLUMNS; c++)
        widths[c] = width(heads[c]);
    for (size_t i = 0; i < n; i++) {
        struct json_complaint why;

        if ((f = json_fill(&rows[i], json_member(all.list, i), merchant_fields, a, &why)))
            return f;
        cells_of(cells, &rows[i]);
        for (size_t c = 0; c < COLUMNS; c++)
            widths[c] = width(cells[c]) > widths[c] ? width(cells[c]) : widths[c];
    }
    put_row(out, heads, widths);
    for (size_t i = 0; i < n; i++) {
        cells_of(cells, &rows[i]);
        put_row(out, cells, widths);
    }
    return FAULT_NONE;
}

static enum fault show_credentials(struct buf *out, struct arena *a, struct span answer)
{
    struct credentials c = { 0 };
    enum fault f = fill(&c, a, answer, credentials_fields);

    if (f)
        return f;
    put_line(out, "merchant id    ", c.id);
    put_line(out, "name           ", c.name);
    put_line(out, "client id      ", c.client_id);
    put_line(out, "client secret  ", c.client_secret);
    put_line(out, "old secret valid until ", c.old_until);
    buf_text(out, "The secret is shown this once. Keep it where secrets are kept.\n");
    return FAULT_NONE;
}

static enum fault show_disabled(struct buf *out, struct arena *a, struct span answer)
{
    struct merchant m = { 0 };
    enum fault f = fill(&m, a, answer, merchant_fields);

    if (f)
        return f;
    put_line(out, "disabled merchant ", m.id);
    return FAULT_NONE;
}

enum fault merchant_show(struct buf *out, enum command c, struct span answer)
{
    struct arena *a = NULL;
    enum fault f = arena_new(&a);

    if (f)
        return f;
    if (c == COMMAND_MERCHANT_LIST)
        f = show_list(out, a, answer);
    else if (c == COMMAND_MERCHANT_DISABLE)
        f = show_disabled(out, a, answer);
    else
        f = show_credentials(out, a, answer);
    arena_free(a);
    return f;
}

void merchant_show_error(struct buf *out, long status, struct span answer)
{
    struct refusal r = { 0 };
    struct arena *a = NULL;

    buf_text(out, "refused: ");
    if (!arena_new(&a) && !fill(&r, a, answer, refusal_fields)) {
        put_clean(out, r.message);
    } else {
        buf_text(out, "the server answered with status ");
        buf_i64(out, status);
    }
    buf_text(out, "\n");
    arena_free(a);
}
