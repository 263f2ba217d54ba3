/* merchant_show.c: tables and lines from the admin listener's JSON. */
#include "cli/merchant_show.h"

#include "base/json_in.h"
#include "cli/table.h"

#include "base/banned.h"

enum { COLUMNS = 7 };

struct merchant { struct span id, name, client_id, mid, currencies, created; bool disabled; };
struct merchants { const struct json_node *list; };
struct credentials {
    struct span id, name, client_id, client_secret, old_until;
    struct span api_key, key_id, juspay_server_key;
    struct span mid, merchant_key, paytm_client_id, key_version, paytm_server_key;
    struct span onboarding, origin;
    bool may_frame;
};
struct refusal { struct span message; };
struct erased { struct span tokens, orders, open; };

static const struct json_field merchant_fields[] = {
    { .name = "merchant_id", .type = JSON_TEXT_OR_INT, .required = true, .at = offsetof(struct merchant, id) },
    { .name = "name", .type = JSON_TEXT, .at = offsetof(struct merchant, name) },
    { .name = "client_id", .type = JSON_TEXT, .at = offsetof(struct merchant, client_id) },
    { .name = "mid", .type = JSON_TEXT, .at = offsetof(struct merchant, mid) },
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
static const struct json_field juspay_fields[] = {
    { .name = "api_key", .type = JSON_TEXT, .at = offsetof(struct credentials, api_key) },
    { .name = "key_id", .type = JSON_TEXT, .at = offsetof(struct credentials, key_id) },
    { .name = "server_public_key_pem", .type = JSON_TEXT, .at = offsetof(struct credentials, juspay_server_key) },
    JSON_END,
};
static const struct json_field paytm_fields[] = {
    { .name = "mid", .type = JSON_TEXT, .at = offsetof(struct credentials, mid) },
    { .name = "merchant_key", .type = JSON_TEXT, .at = offsetof(struct credentials, merchant_key) },
    { .name = "client_id", .type = JSON_TEXT, .at = offsetof(struct credentials, paytm_client_id) },
    { .name = "encryption_key_version", .type = JSON_TEXT, .at = offsetof(struct credentials, key_version) },
    { .name = "server_public_key_pem", .type = JSON_TEXT, .at = offsetof(struct credentials, paytm_server_key) },
    JSON_END,
};
static const struct json_field credentials_fields[] = {
    { .name = "merchant_id", .type = JSON_TEXT_OR_INT, .required = true, .at = offsetof(struct credentials, id) },
    { .name = "name", .type = JSON_TEXT, .at = offsetof(struct credentials, name) },
    { .name = "client_id", .type = JSON_TEXT, .at = offsetof(struct credentials, client_id) },
    { .name = "client_secret", .type = JSON_TEXT, .at = offsetof(struct credentials, client_secret) },
    { .name = "old_secret_valid_until", .type = JSON_TEXT_OR_INT, .at = offsetof(struct credentials, old_until) },
    { .name = "juspay", .type = JSON_OBJECT, .sub = juspay_fields, .at = JSON_NOWHERE },
    { .name = "paytm", .type = JSON_OBJECT, .sub = paytm_fields, .at = JSON_NOWHERE },
    { .name = "onboarding", .type = JSON_TEXT, .at = offsetof(struct credentials, onboarding) },
    { .name = "origin", .type = JSON_TEXT, .at = offsetof(struct credentials, origin) },
    { .name = "may_frame", .type = JSON_BOOL, .at = offsetof(struct credentials, may_frame) },
    JSON_END,
};
static const struct json_field erased_fields[] = {
    { .name = "tokens", .type = JSON_TEXT_OR_INT, .required = true, .at = offsetof(struct erased, tokens) },
    { .name = "orders", .type = JSON_TEXT_OR_INT, .required = true, .at = offsetof(struct erased, orders) },
    { .name = "open", .type = JSON_TEXT_OR_INT, .required = true, .at = offsetof(struct erased, open) },
    JSON_END,
};
static const struct json_field refusal_fields[] = {
    { .name = "message", .type = JSON_TEXT, .required = true, .at = offsetof(struct refusal, message) },
    JSON_END,
};

static enum fault fill(void *into, struct arena *a, struct span answer, const struct json_field *fields)
{
    const struct json_node *root;
    struct json_complaint why;
    enum fault f = json_read(&root, a, answer, &why);

    return f ? f : json_fill(into, root, fields, a, &why);
}

static void cells_of(struct span cells[static COLUMNS], const struct merchant *m)
{
    cells[0] = m->id;
    cells[1] = m->name;
    cells[2] = m->client_id;
    cells[3] = m->mid;
    cells[4] = m->currencies;
    cells[5] = m->disabled ? SPAN("disabled") : SPAN("active");
    cells[6] = m->created;
}

static enum fault show_list(struct buf *out, struct arena *a, struct span answer)
{
    static const struct span heads[COLUMNS] = {
        SPAN("ID"), SPAN("NAME"), SPAN("CLIENT ID"), SPAN("PAYTM MID"), SPAN("CURRENCIES"), SPAN("STATE"),
        SPAN("CREATED"),
    };
    struct merchants all = { 0 };
    enum fault f = fill(&all, a, answer, list_fields);
    size_t n = f ? 0 : json_count(all.list);
    struct span *cells = f ? NULL : arena_take(a, (n + 1) * COLUMNS * sizeof *cells);

    if (f || !cells)
        return f ? f : FAULT_INTERNAL;
    for (size_t i = 0; i < n; i++) {
        struct json_complaint why;
        struct merchant m = { 0 };

        if ((f = json_fill(&m, json_member(all.list, i), merchant_fields, a, &why)))
            return f;
        cells_of(cells + i * COLUMNS, &m);
    }
    table_put(out, &(struct table){ heads, cells, COLUMNS, n });
    return FAULT_NONE;
}

/* A key of several lines, each cleaned. */
static void put_pem(struct buf *out, const char *label, struct span pem)
{
    if (span_absent(pem))
        return;
    buf_text(out, label);
    buf_text(out, "\n");
    for (size_t i = 0; i < pem.n; i++)
        if (pem.p[i] == '\n')
            buf_byte(out, '\n');
        else
            table_clean(out, (struct span){ pem.p + i, 1 });
    if (pem.n && pem.p[pem.n - 1] != '\n')
        buf_text(out, "\n");
}

/* What is not in the answer takes no line. BAD_INPUT when an answer says nothing that the command asks for. */
static enum fault show_credentials(struct buf *out, struct arena *a, struct span answer)
{
    struct credentials c = { 0 };
    enum fault f = fill(&c, a, answer, credentials_fields);

    if (!f && !c.client_secret.n && !c.api_key.n && !c.key_id.n && !c.merchant_key.n && !c.onboarding.n &&
        !c.origin.n)
        f = FAULT_BAD_INPUT;
    if (f)
        return f;
    table_line(out, "merchant id        ", c.id);
    table_line(out, "name               ", c.name);
    table_line(out, "client id          ", c.client_id);
    table_line(out, "client secret      ", c.client_secret);
    table_line(out, "old secret valid until ", c.old_until);
    table_line(out, "Juspay API key     ", c.api_key);
    table_line(out, "public key id      ", c.key_id);
    table_line(out, "Paytm MID          ", c.mid);
    table_line(out, "Paytm merchant key ", c.merchant_key);
    table_line(out, "Paytm client id    ", c.paytm_client_id);
    table_line(out, "Paytm key version  ", c.key_version);
    table_line(out, "card networks      ", c.onboarding);
    table_line(out, c.may_frame ? "may frame checkout " : "may frame no more  ", c.origin);
    put_pem(out, "server's public key for cards through the Juspay API:", c.juspay_server_key);
    put_pem(out, "server's public key for cards through the Paytm API:", c.paytm_server_key);
    if (c.client_secret.n || c.api_key.n || c.merchant_key.n)
        buf_text(out, "Secrets and keys are shown this once. Keep them where secrets are kept.\n");
    return FAULT_NONE;
}

static enum fault show_disabled(struct buf *out, struct arena *a, struct span answer)
{
    struct merchant m = { 0 };
    enum fault f = fill(&m, a, answer, merchant_fields);

    if (f)
        return f;
    table_line(out, "disabled merchant ", m.id);
    return FAULT_NONE;
}

static enum fault show_erased(struct buf *out, struct arena *a, struct span answer)
{
    struct erased e = { 0 };
    enum fault f = fill(&e, a, answer, erased_fields);

    if (f)
        return f;
    table_line(out, "tokens that are being deleted ", e.tokens);
    table_line(out, "orders without private parts  ", e.orders);
    table_line(out, "still open, to be done again  ", e.open);
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
    else if (c == COMMAND_CUSTOMER_ERASE)
        f = show_erased(out, a, answer);
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
        table_clean(out, r.message);
    } else {
        buf_text(out, "the server answered with status ");
        buf_i64(out, status);
    }
    buf_text(out, "\n");
    arena_free(a);
}
