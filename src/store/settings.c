/* settings.c: the SQL of settings. */
#include "store/settings.h"

#include "store/db.h"

#include "base/banned.h"

struct setting { struct span name, value; };
static const struct db_field fields[] = {
    { "name",  DB_TEXT, offsetof(struct setting, name) },
    { "value", DB_BLOB, offsetof(struct setting, value) },
    { 0 },
};

static const struct db_sql get = { "SELECT value FROM settings WHERE name = :name", fields, fields };
static const struct db_sql put = {
    "INSERT INTO settings (name, value) VALUES (:name, :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value", fields, NULL,
};

enum fault settings_get(struct store_tx *tx, struct span *value, struct arena *a, struct span name)
{
    struct setting s = { .name = name };
    enum fault f = db_one(tx, &get, &s, &s, a);

    if (!f)
        *value = s.value;
    return f;
}

enum fault settings_put(struct store_tx *tx, struct span name, struct span value)
{
    struct setting s = { .name = name, .value = value };

    return db_run(tx, &put, &s, NULL);
}
