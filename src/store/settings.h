/* settings.h: single values that belong to the data folder itself (mode stamp, key check, admin token digest). */
#pragma once

#include "base/arena.h"
#include "store/store.h"

/* NOT_FOUND when `name` was never set. */
MUST_CHECK enum fault settings_get(struct store_tx *tx, struct span *value, struct arena *a, struct span name);
MUST_CHECK enum fault settings_put(struct store_tx *tx, struct span name, struct span value);
