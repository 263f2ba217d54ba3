/* hold.c: one connection that has read once. */
#include "store/hold.h"

#include "store/driver.h"

#include "base/banned.h"

enum fault store_hold(struct store_hold **out, const char *path)
{
    const struct db_options o = { .path = path, .cache_kib = DB_CACHE_NONE };
    struct db *db;
    enum fault f = db_open(&db, &o);

    if (f)
        return f;
    f = db_script(db, "SELECT count(*) FROM sqlite_schema");
    if (f) {
        db_close(db);
        return f;
    }
    *out = (struct store_hold *)db;
    return FAULT_NONE;
}

void store_let_go(struct store_hold *h)
{
    db_close((struct db *)h);
}
