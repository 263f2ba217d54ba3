/* key_counts.c: counting and maxima. */
#include "store/key_counts.h"

#include "store/numbers.h"

#include "base/banned.h"

struct at { int64_t now_ms, before_ms; };
static const struct db_field at_fields[] = {
    { "now_ms",    DB_I64, offsetof(struct at, now_ms) },
    { "before_ms", DB_I64, offsetof(struct at, before_ms) },
    { 0 },
};
static const struct db_field secrets_fields[] = {
    { "n",         DB_I64, offsetof(struct key_secrets, n) },
    { "oldest_ms", DB_I64, offsetof(struct key_secrets, oldest_ms) },
    { 0 },
};

#define SECRETS(from) { \
        "SELECT count(*) AS n, coalesce(min(created_ms), 0) AS oldest_ms FROM " from, at_fields, secrets_fields }
#define LIVE "(ends_ms = 0 OR ends_ms > :now_ms)"

static const struct db_sql secrets[KEY_SECRETS] = {
    [KEY_SECRET_CASHFREE] = SECRETS("credentials WHERE " LIVE " AND substr(client_id, 1, 7) <> 'juspay:'"),
    [KEY_SECRET_JUSPAY] = SECRETS("credentials WHERE " LIVE " AND substr(client_id, 1, 7) = 'juspay:'"),
    [KEY_SECRET_PAYTM] = SECRETS("paytm_keys WHERE " LIVE),
    [KEY_SECRET_PUBLIC] = SECRETS("public_keys"),
    [KEY_SECRET_ENDPOINT] = SECRETS("webhook_endpoints WHERE disabled = 0 AND auth_sealed IS NOT NULL"),
    [KEY_SECRET_ADMIN] = SECRETS("admin_tokens WHERE revoked_ms = 0 AND expires_ms > :now_ms"),
};

struct last { int64_t order_no, token_no; };
static const struct db_field last_fields[] = {
    { "order_no", DB_I64, offsetof(struct last, order_no) },
    { "token_no", DB_I64, offsetof(struct last, token_no) },
    { 0 },
};

/* Merchant by merchant, since each one's last is found without reading the others. */
static const struct db_sql last_numbers = {
    "SELECT coalesce(max((SELECT max(o.order_no) FROM orders o WHERE o.merchant_id = m.merchant_id)), 0) AS order_no,"
    " coalesce(max((SELECT max(t.token_no) FROM tokens t WHERE t.merchant_id = m.merchant_id)), 0) AS token_no"
    " FROM merchants m", NULL, last_fields,
};
static const struct db_sql tokens_before = {
    "SELECT count(*) AS n FROM tokens WHERE status < 3 AND created_ms < :before_ms", at_fields, secrets_fields,
};

enum fault key_counts_secrets(struct store_tx *tx, struct key_secrets *out, enum key_secret kind, int64_t now_ms)
{
    const struct at at = { .now_ms = now_ms };

    return db_one(tx, &secrets[kind], &at, out, NULL);
}

enum fault key_counts_next_number(struct store_tx *tx, int64_t *out, int64_t now_ms)
{
    struct last last = { 0 };
    enum fault f = db_one(tx, &last_numbers, NULL, &last, NULL);

    *out = numbers_first(now_ms + 1);
    if (*out <= last.order_no)
        *out = last.order_no + 1;
    if (*out <= last.token_no)
        *out = last.token_no + 1;
    return f;
}

int64_t key_counts_numbers_of(int64_t ms)
{
    return numbers_in(ms);
}

enum fault key_counts_tokens(struct store_tx *tx, int64_t *out, int64_t before_ms)
{
    const struct at at = { .before_ms = before_ms };
    struct key_secrets found = { 0 };
    enum fault f = db_one(tx, &tokens_before, &at, &found, NULL);

    *out = found.n;
    return f;
}
