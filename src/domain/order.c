/* order.c: the life of an order as a table. */
#include "domain/order.h"

#include <assert.h>

#include "base/banned.h"

#define TO(state) (1u << ORDER_##state)

static const struct { const char *name; unsigned next; } rules[ORDER_STATES] = {
    [ORDER_ACTIVE]                = { "ACTIVE",
                                      TO(PAID) | TO(EXPIRED) | TO(TERMINATED) | TO(TERMINATION_REQUESTED) },
    [ORDER_PAID]                  = { "PAID",                  0 },
    [ORDER_EXPIRED]               = { "EXPIRED",               TO(PAID) },
    [ORDER_TERMINATED]            = { "TERMINATED",            0 },
    [ORDER_TERMINATION_REQUESTED] = { "TERMINATION_REQUESTED", TO(TERMINATED) | TO(PAID) },
};

const char *order_state_name(enum order_state s)
{
    assert(s < ORDER_STATES);
    return rules[s].name;
}

bool order_may_move(enum order_state from, enum order_state to)
{
    assert(from < ORDER_STATES && to < ORDER_STATES);
    return (rules[from].next & (1u << to)) != 0;
}

enum order_state order_state_at(enum order_state stored, int64_t expires_ms, int64_t now_ms)
{
    return stored == ORDER_ACTIVE && now_ms >= expires_ms ? ORDER_EXPIRED : stored;
}

bool order_id_is_valid(struct span id)
{
    return id.n >= ORDER_ID_MIN && order_id_is_token_id(id);
}

bool order_id_is_token_id(struct span id)
{
    if (id.n == 0 || id.n > ORDER_ID_MAX)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i], letter = c | 0x20;    /* the bit that tells the cases of an ASCII letter apart */
        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
            return false;
    }
    return true;
}

bool order_expiry_is_valid(int64_t expires_ms, int64_t now_ms)
{
    return expires_ms > now_ms + ORDER_EXPIRY_MIN_MS && expires_ms < now_ms + ORDER_EXPIRY_MAX_MS;
}
