/* book.c: the SQL of cards, requestors and tokens. */
#include "network/sim/book.h"

#include <string.h>

#include "store/db.h"

#include "base/banned.h"

/* Tokens and what tells them apart outgrow everything else, so their rows lie in the order they are made in. */
const char *const book_schema[] = {
    "CREATE TABLE cards ("
    "  card_no $int NOT NULL PRIMARY KEY,"
    "  pan_mac $bytes NOT NULL UNIQUE,"
    "  scheme $int NOT NULL,"
    "  par $text NOT NULL,"
    "  outcome $int NOT NULL,"
    "  block $int NOT NULL"
    ") $heap;"
    "CREATE TABLE requestors ("
    "  requestor_no $int NOT NULL PRIMARY KEY,"
    "  trid $text NOT NULL UNIQUE,"
    "  scheme $int NOT NULL,"
    "  merchant_id $int NOT NULL,"
    "  active $int NOT NULL,"
    "  name $text NOT NULL,"
    "  created_ms $int NOT NULL,"
    "  UNIQUE (scheme, merchant_id)"
    ") $heap;"
    "CREATE TABLE tokens ("
    "  scheme $int NOT NULL,"
    "  counter $int NOT NULL,"
    "  card_no $int NOT NULL,"
    "  requestor_no $int NOT NULL,"
    "  merchant_id $int NOT NULL,"
    "  token_no $int NOT NULL,"
    "  alt $int NOT NULL,"
    "  request $int NOT NULL,"
    "  status $int NOT NULL,"
    "  suspended_by $int NOT NULL,"
    "  expiry $int NOT NULL,"
    "  created_ms $int NOT NULL,"
    "  due_ms $int NOT NULL,"
    "  serial $int NOT NULL,"
    "  bin9 $text NOT NULL,"
    "  last4 $text NOT NULL,"
    "  PRIMARY KEY (scheme, counter),"
    "  UNIQUE (merchant_id, token_no, alt, request)"
    ") $ordered;"
    "CREATE INDEX tokens_due ON tokens (due_ms) WHERE due_ms > 0;",

    "CREATE TABLE effects ("
    "  merchant_id $int NOT NULL,"
    "  token_no $int NOT NULL,"
    "  request $int NOT NULL,"
    "  op $int NOT NULL,"
    "  verdict $int NOT NULL,"
    "  status $int NOT NULL,"
    "  suspended_by $int NOT NULL,"
    "  expired $int NOT NULL,"
    "  expiry $int NOT NULL,"
    "  PRIMARY KEY (merchant_id, token_no, request, op)"
    ") $ordered;"
    "CREATE TABLE spent ("
    "  serial $int NOT NULL PRIMARY KEY,"
    "  merchant_id $int NOT NULL,"
    "  token_no $int NOT NULL,"
    "  request $int NOT NULL"
    ") $ordered;"
    "CREATE TABLE notices ("
    "  id $int NOT NULL PRIMARY KEY,"
    "  scheme $int NOT NULL,"
    "  counter $int NOT NULL"
    ") $ordered;"
    "CREATE TABLE numbers ("
    "  name $int NOT NULL PRIMARY KEY,"
    "  value $int NOT NULL"
    ") $ordered;",

    NULL,
};

struct card_row { int64_t card_no, scheme, outcome, block; struct span pan_mac, par; };
static const struct db_field card_fields[] = {
    { "card_no", DB_I64,  offsetof(struct card_row, card_no) },
    { "pan_mac", DB_BLOB, offsetof(struct card_row, pan_mac) },
    { "scheme",  DB_I64,  offsetof(struct card_row, scheme) },
    { "par",     DB_TEXT, offsetof(struct card_row, par) },
    { "outcome", DB_I64,  offsetof(struct card_row, outcome) },
    { "block",   DB_I64,  offsetof(struct card_row, block) },
    { 0 },
};
static const struct db_sql card_put = {
    "INSERT INTO cards (card_no, pan_mac, scheme, par, outcome, block)"
    " SELECT coalesce(max(card_no), 0) + 1, :pan_mac, :scheme, :par, :outcome, :block FROM cards WHERE true"
    " ON CONFLICT (pan_mac) DO UPDATE SET outcome = excluded.outcome", card_fields, NULL,
};
static const struct db_sql card_find = {
    "SELECT card_no, block FROM cards WHERE pan_mac = :pan_mac", card_fields, card_fields,
};
static const struct db_sql card_block = {
    "UPDATE cards SET block = :block WHERE card_no = :card_no", card_fields, NULL,
};

struct requestor_row { int64_t requestor_no, scheme, merchant_id, active, created_ms; struct span trid, name; };
static const struct db_field requestor_fields[] = {
    { "requestor_no", DB_I64,  offsetof(struct requestor_row, requestor_no) },
    { "trid",         DB_TEXT, offsetof(struct requestor_row, trid) },
    { "scheme",       DB_I64,  offsetof(struct requestor_row, scheme) },
    { "merchant_id",  DB_I64,  offsetof(struct requestor_row, merchant_id) },
    { "active",       DB_I64,  offsetof(struct requestor_row, active) },
    { "name",         DB_TEXT, offsetof(struct requestor_row, name) },
    { "created_ms",   DB_I64,  offsetof(struct requestor_row, created_ms) },
    { 0 },
};
#define REQUESTOR_COLUMNS "requestor_no, trid, scheme, merchant_id, active, name, created_ms"
static const struct db_sql requestor_find = {
    "SELECT " REQUESTOR_COLUMNS " FROM requestors WHERE trid = :trid", requestor_fields, requestor_fields,
};
static const struct db_sql requestor_of = {
    "SELECT " REQUESTOR_COLUMNS " FROM requestors WHERE scheme = :scheme AND merchant_id = :merchant_id",
    requestor_fields, requestor_fields,
};
static const struct db_sql requestor_next = {
    "SELECT coalesce(max(requestor_no), 0) + 1 AS requestor_no FROM requestors", NULL, requestor_fields,
};
static const struct db_sql requestor_insert = {
    "INSERT INTO requestors (" REQUESTOR_COLUMNS ")"
    " VALUES (:requestor_no, :trid, :scheme, :merchant_id, :active, :name, :created_ms)", requestor_fields, NULL,
};
static const struct db_sql requestor_activate = {
    "UPDATE requestors SET active = :active WHERE trid = :trid", requestor_fields, NULL,
};

struct token_row {
    int64_t scheme, counter, card_no, requestor_no, merchant_id, token_no, alt, request, status, suspended_by, expiry,
            created_ms, due_ms, serial, outcome, block, active, max;
    struct span bin9, last4, par, trid;
};
static const struct db_field token_fields[] = {
    { "scheme",       DB_I64,  offsetof(struct token_row, scheme) },
    { "counter",      DB_I64,  offsetof(struct token_row, counter) },
    { "card_no",      DB_I64,  offsetof(struct token_row, card_no) },
    { "requestor_no", DB_I64,  offsetof(struct token_row, requestor_no) },
    { "merchant_id",  DB_I64,  offsetof(struct token_row, merchant_id) },
    { "token_no",     DB_I64,  offsetof(struct token_row, token_no) },
    { "alt",          DB_I64,  offsetof(struct token_row, alt) },
    { "request",      DB_I64,  offsetof(struct token_row, request) },
    { "status",       DB_I64,  offsetof(struct token_row, status) },
    { "suspended_by", DB_I64,  offsetof(struct token_row, suspended_by) },
    { "expiry",       DB_I64,  offsetof(struct token_row, expiry) },
    { "created_ms",   DB_I64,  offsetof(struct token_row, created_ms) },
    { "due_ms",       DB_I64,  offsetof(struct token_row, due_ms) },
    { "serial",       DB_I64,  offsetof(struct token_row, serial) },
    { "bin9",         DB_TEXT, offsetof(struct token_row, bin9) },
    { "last4",        DB_TEXT, offsetof(struct token_row, last4) },
    { "par",          DB_TEXT, offsetof(struct token_row, par) },
    { "outcome",      DB_I64,  offsetof(struct token_row, outcome) },
    { "block",        DB_I64,  offsetof(struct token_row, block) },
    { "trid",         DB_TEXT, offsetof(struct token_row, trid) },
    { "active",       DB_I64,  offsetof(struct token_row, active) },
    { "max",          DB_I64,  offsetof(struct token_row, max) },
    { 0 },
};
#define TOKEN_SELECT                                                                                                 \
    "SELECT t.scheme AS scheme, t.counter AS counter, t.card_no AS card_no, t.requestor_no AS requestor_no,"         \
    " t.merchant_id AS merchant_id, t.token_no AS token_no, t.alt AS alt, t.request AS request, t.status AS status," \
    " t.suspended_by AS suspended_by, t.expiry AS expiry, t.created_ms AS created_ms, t.due_ms AS due_ms,"           \
    " t.serial AS serial, t.bin9 AS bin9, t.last4 AS last4, c.par AS par, c.outcome AS outcome, c.block AS block,"   \
    " r.trid AS trid, r.active AS active"                                                                            \
    " FROM tokens t JOIN cards c ON c.card_no = t.card_no JOIN requestors r ON r.requestor_no = t.requestor_no"
static const struct db_sql token_find = {
    TOKEN_SELECT " WHERE t.scheme = :scheme AND t.counter = :counter", token_fields, token_fields,
};
static const struct db_sql token_by_ref = {
    TOKEN_SELECT " WHERE t.merchant_id = :merchant_id AND t.token_no = :token_no AND t.alt = :alt"
    " AND t.request = :request", token_fields, token_fields,
};
static const struct db_sql token_insert = {
    "INSERT INTO tokens (scheme, counter, card_no, requestor_no, merchant_id, token_no, alt, request, status,"
    " suspended_by, expiry, created_ms, due_ms, serial, bin9, last4)"
    " VALUES (:scheme, :counter, :card_no, :requestor_no, :merchant_id, :token_no, :alt, :request, :status,"
    " :suspended_by, :expiry, :created_ms, :due_ms, :serial, :bin9, :last4)", token_fields, NULL,
};
static const struct db_sql token_update = {
    "UPDATE tokens SET status = :status, suspended_by = :suspended_by, expiry = :expiry, due_ms = :due_ms"
    " WHERE scheme = :scheme AND counter = :counter", token_fields, NULL,
};
static const struct db_sql token_last = {
    "SELECT coalesce(max(counter), 0) AS counter FROM tokens WHERE scheme = :scheme", token_fields, token_fields,
};
static const struct db_sql token_count = {
    "SELECT count(*) AS counter FROM tokens", NULL, token_fields,
};
static const struct db_sql tokens_due = {
    TOKEN_SELECT " WHERE t.due_ms > 0 AND t.due_ms <= :due_ms ORDER BY t.due_ms LIMIT :max", token_fields, token_fields,
};
static const struct db_sql tokens_newest = {
    TOKEN_SELECT " WHERE t.scheme = :scheme ORDER BY t.counter DESC LIMIT :max", token_fields, token_fields,
};

static struct span bytes_of(const void *p, size_t n)
{
    return (struct span){ p, n };
}

enum fault book_card_put(struct store_tx *tx, struct book_card *c)
{
    struct card_row row = {
        .pan_mac = bytes_of(c->pan_mac, sizeof c->pan_mac), .scheme = c->scheme, .par = span_of(c->par),
        .outcome = c->outcome, .block = BOOK_AS_TESTED,
    };
    enum fault f = db_run(tx, &card_put, &row, NULL);

    if (!f)
        f = db_one(tx, &card_find, &row, &row, NULL);
    if (!f && (row.block < 0 || row.block >= BOOK_BLOCKS))
        f = FAULT_INTERNAL;
    if (!f) {
        c->card_no = row.card_no;
        c->block = (enum book_block)row.block;
    }
    return f;
}

/* A statement that must touch a row. */
static enum fault change(struct store_tx *tx, const struct db_sql *sql, const void *row)
{
    int64_t changed = 0;
    enum fault f = db_run(tx, sql, row, &changed);

    return !f && changed == 0 ? FAULT_NOT_FOUND : f;
}

enum fault book_card_block(struct store_tx *tx, int64_t card_no, enum book_block b)
{
    return change(tx, &card_block, &(struct card_row){ .card_no = card_no, .block = b });
}

static enum fault requestor_one(struct store_tx *tx, struct book_requestor *out, struct arena *a,
                                const struct db_sql *sql, const struct requestor_row *key)
{
    struct requestor_row row = *key;
    enum fault f = db_one(tx, sql, key, &row, a);

    if (f)
        return f;
    *out = (struct book_requestor){
        .requestor_no = row.requestor_no, .merchant_id = row.merchant_id, .created_ms = row.created_ms,
        .scheme = (enum scheme)row.scheme, .active = row.active != 0,
    };
    if (span_text(out->trid, sizeof out->trid, row.trid) || span_text(out->name, sizeof out->name, row.name))
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

enum fault book_requestor_find(struct store_tx *tx, struct book_requestor *out, struct arena *a, struct span trid)
{
    return requestor_one(tx, out, a, &requestor_find, &(struct requestor_row){ .trid = trid });
}

enum fault book_requestor_of(struct store_tx *tx, struct book_requestor *out, struct arena *a, enum scheme scheme,
                             int64_t merchant_id)
{
    return requestor_one(tx, out, a, &requestor_of,
                         &(struct requestor_row){ .scheme = scheme, .merchant_id = merchant_id });
}

enum fault book_requestor_next_no(struct store_tx *tx, int64_t *out)
{
    struct requestor_row row = { 0 };
    enum fault f = db_one(tx, &requestor_next, NULL, &row, NULL);

    if (!f)
        *out = row.requestor_no;
    return f;
}

enum fault book_requestor_insert(struct store_tx *tx, const struct book_requestor *r)
{
    const struct requestor_row row = {
        .requestor_no = r->requestor_no, .trid = span_of(r->trid), .scheme = r->scheme, .merchant_id = r->merchant_id,
        .active = r->active, .name = span_of(r->name), .created_ms = r->created_ms,
    };

    return db_run(tx, &requestor_insert, &row, NULL);
}

enum fault book_requestor_activate(struct store_tx *tx, struct span trid, bool active)
{
    return change(tx, &requestor_activate, &(struct requestor_row){ .trid = trid, .active = active });
}

/* A row as a token; INTERNAL when it is none that book_token_insert() and book_token_update() leave behind. */
static enum fault token_of(struct book_token *out, const struct token_row *row)
{
    int64_t month = row->expiry % 100, year = row->expiry / 100;

    *out = (struct book_token){
        .id = { (enum scheme)row->scheme, (uint64_t)row->counter }, .card_no = row->card_no,
        .requestor_no = row->requestor_no, .ref = { row->merchant_id, row->token_no, row->request },
        .alt = row->alt != 0, .life = { (enum token_status)row->status, (uint8_t)row->suspended_by, false },
        .expiry = { (uint16_t)year, (uint8_t)month }, .created_ms = row->created_ms, .due_ms = row->due_ms,
        .serial = (uint64_t)row->serial, .outcome = (enum test_outcome)row->outcome,
        .block = (enum book_block)row->block, .trid_active = row->active != 0,
    };
    if (!token_life_is_sound(&out->life) || month < 1 || month > 12 || year < EXPIRY_YEAR_MIN ||
        year > EXPIRY_YEAR_MAX || row->outcome < 0 || row->outcome >= TEST_OUTCOMES || row->block < 0 ||
        row->block >= BOOK_BLOCKS)
        return FAULT_INTERNAL;
    if (span_text(out->bin9, sizeof out->bin9, row->bin9) || span_text(out->last4, sizeof out->last4, row->last4) ||
        span_text(out->par, sizeof out->par, row->par) || span_text(out->trid, sizeof out->trid, row->trid))
        return FAULT_INTERNAL;
    return FAULT_NONE;
}

static struct token_row row_of(const struct book_token *t)
{
    return (struct token_row){
        .scheme = t->id.scheme, .counter = (int64_t)t->id.counter, .card_no = t->card_no,
        .requestor_no = t->requestor_no, .merchant_id = t->ref.merchant_id, .token_no = t->ref.token_no, .alt = t->alt,
        .request = t->ref.request, .status = t->life.status, .suspended_by = t->life.suspended_by,
        .expiry = t->expiry.year * 100 + t->expiry.month, .created_ms = t->created_ms, .due_ms = t->due_ms,
        .serial = (int64_t)t->serial, .bin9 = span_of(t->bin9), .last4 = span_of(t->last4),
    };
}

enum fault book_token_find(struct store_tx *tx, struct book_token *out, struct arena *a, struct net_token id)
{
    struct token_row row = { .scheme = id.scheme, .counter = (int64_t)id.counter };
    enum fault f = db_one(tx, &token_find, &row, &row, a);

    return f ? f : token_of(out, &row);
}

enum fault book_token_by_ref(struct store_tx *tx, struct book_token *out, struct arena *a,
                             const struct network_ref *ref, bool alt)
{
    struct token_row row = {
        .merchant_id = ref->merchant_id, .token_no = ref->token_no, .alt = alt, .request = alt ? ref->request : 0,
    };
    enum fault f = db_one(tx, &token_by_ref, &row, &row, a);

    return f ? f : token_of(out, &row);
}

enum fault book_token_insert(struct store_tx *tx, const struct book_token *t)
{
    struct token_row row = row_of(t);

    return db_run(tx, &token_insert, &row, NULL);
}

enum fault book_token_update(struct store_tx *tx, const struct book_token *t)
{
    struct token_row row = row_of(t);

    return change(tx, &token_update, &row);
}

enum fault book_token_last(struct store_tx *tx, uint64_t *out, enum scheme scheme)
{
    struct token_row row = { .scheme = scheme };
    enum fault f = db_one(tx, &token_last, &row, &row, NULL);

    if (!f)
        *out = (uint64_t)row.counter;
    return f;
}

enum fault book_token_count(struct store_tx *tx, uint64_t *out)
{
    struct token_row row = { 0 };
    enum fault f = db_one(tx, &token_count, NULL, &row, NULL);

    if (!f)
        *out = (uint64_t)row.counter;
    return f;
}

struct list { struct book_token *out; size_t n, max; };

static enum fault list_add(void *arg, void *row)
{
    struct list *l = arg;

    if (l->n == l->max)
        return FAULT_INTERNAL;
    return token_of(&l->out[l->n++], row);
}

static enum fault list(struct store_tx *tx, struct list *l, size_t *n, const struct db_sql *sql, struct token_row *key)
{
    struct token_row row = { 0 };
    enum fault f;

    key->max = (int64_t)l->max;
    f = db_each(tx, sql, key, &row, list_add, l);
    *n = l->n;
    return f;
}

enum fault book_tokens_due(struct store_tx *tx, struct book_token *out, size_t *n, size_t max, int64_t now_ms)
{
    struct token_row key = { .due_ms = now_ms };

    return list(tx, &(struct list){ .out = out, .max = max }, n, &tokens_due, &key);
}

enum fault book_tokens_newest(struct store_tx *tx, struct book_token *out, size_t *n, size_t max, enum scheme scheme)
{
    struct token_row key = { .scheme = scheme };

    return list(tx, &(struct list){ .out = out, .max = max }, n, &tokens_newest, &key);
}
