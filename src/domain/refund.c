/* refund.c: the states of a refund as a table. */
#include "domain/refund.h"

#include <assert.h>

#include "base/banned.h"

#define TO(status) (1u << REFUND_##status)

static const struct { const char *name; unsigned next; bool counts; } statuses[REFUND_STATUSES] = {
    [REFUND_PENDING]   = { "PENDING",   TO(SUCCESS) | TO(FAILED) | TO(ONHOLD) | TO(CANCELLED), true },
    [REFUND_SUCCESS]   = { "SUCCESS",   0, true },
    [REFUND_FAILED]    = { "CANCELLED", 0, false },
    [REFUND_ONHOLD]    = { "ONHOLD",    TO(PENDING) | TO(SUCCESS) | TO(FAILED) | TO(CANCELLED), true },
    [REFUND_CANCELLED] = { "CANCELLED", 0, false },
};

static const char *const types[REFUND_TYPES] = {
    [REFUND_BY_MERCHANT] = "MERCHANT_INITIATED", [REFUND_AUTOMATIC] = "PAYMENT_AUTO_REFUND",
    [REFUND_UNRECONCILED] = "UNRECONCILED_AUTO_REFUND",
};

static const char *const speeds[REFUND_SPEEDS] = { [REFUND_STANDARD] = "STANDARD", [REFUND_INSTANT] = "INSTANT" };

bool refund_may_move(enum refund_status from, enum refund_status to)
{
    assert(from < REFUND_STATUSES && to < REFUND_STATUSES);
    return statuses[from].next & (1u << to);
}

bool refund_counts(enum refund_status s)
{
    assert(s < REFUND_STATUSES);
    return statuses[s].counts;
}

const char *refund_status_name(enum refund_status s)
{
    assert(s < REFUND_STATUSES);
    return statuses[s].name;
}

const char *refund_type_name(enum refund_type t)
{
    assert(t < REFUND_TYPES);
    return types[t];
}

const char *refund_speed_name(enum refund_speed s)
{
    assert(s < REFUND_SPEEDS);
    return speeds[s];
}

static bool is_id_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool refund_id_is_valid(struct span id)
{
    if (id.n < REFUND_ID_MIN || id.n > REFUND_ID_MAX)
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (!is_id_byte(id.p[i]))
            return false;
    return true;
}
