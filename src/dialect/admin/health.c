/* health.c: the courier, as the admin's pages tell of it. */
#include "dialect/admin/health.h"

#include "courier/courier.h"

#include "base/banned.h"

void health_sealed_metrics(struct buf *out, bool sealed)
{
    buf_text(out, "# HELP tijori_sealed Whether the keyholder waits for its custodians.\n"
                  "# TYPE tijori_sealed gauge\ntijori_sealed ");
    buf_u64(out, sealed);
    buf_byte(out, '\n');
}

void health_courier_metrics(struct buf *out, const struct services *s)
{
    if (!s->courier)
        return;
    buf_text(out, "# HELP tijori_courier_up Whether the process that connects out is connected.\n"
                  "# TYPE tijori_courier_up gauge\ntijori_courier_up ");
    buf_u64(out, courier_is_up(s->courier));
    buf_text(out, "\n# HELP tijori_courier_requests_total Requests sent out, by what came of them.\n"
                  "# TYPE tijori_courier_requests_total counter\n");
    for (enum courier_outcome o = 0; o < COURIER_OUTCOMES; o++) {
        buf_text(out, "tijori_courier_requests_total{outcome=\"");
        buf_text(out, courier_outcome_name(o));
        buf_text(out, "\"} ");
        buf_u64(out, courier_count(s->courier, o));
        buf_byte(out, '\n');
    }
}

const char *health_courier(const struct services *s)
{
    if (!s->courier)
        return "none";
    return courier_is_up(s->courier) ? "up" : "down";
}
