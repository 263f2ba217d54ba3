/* keep.c: an outcome becomes a row. */
#include "webhook/keep.h"

#include "service/schedule.h"

#include "base/banned.h"

/* One more try failed: when is the next? A try that somebody asked for, behind the schedule's end, is the last. */
static void try_again(struct place *p)
{
    int64_t after_ms;

    if (schedule_next(&p->endpoint, p->row.attempts, &after_ms)) {
        p->row.state = DELIVERY_DUE;
        p->row.due_ms = p->ended_ms + after_ms;
    } else {
        p->row.state = DELIVERY_GIVEN_UP;
        p->row.due_ms = 0;
    }
}

static bool judge_sent(struct place *p)
{
    p->row.outcome = p->call.outcome;
    p->row.status = p->call.status;
    p->row.ended_ms = p->ended_ms;
    if (p->call.outcome == COURIER_BUSY) {
        p->row.due_ms = p->ended_ms + KEEP_BUSY_MS;
        return true;
    }
    p->row.attempts++;
    if (p->call.outcome == COURIER_ANSWERED && p->call.status == KEEP_SHOWN_OK) {
        p->row.state = DELIVERY_DONE;
        p->row.due_ms = 0;
    } else {
        try_again(p);
    }
    return true;
}

/* A keyholder that does not answer says nothing about the delivery. */
static bool judge_unwritten(struct place *p)
{
    if (p->fault == FAULT_SILENT || p->fault == FAULT_BUSY || p->fault == FAULT_DISK || p->fault == FAULT_RETRY)
        return false;
    p->row.outcome = COURIER_BUSY;
    p->row.status = 0;
    p->row.ended_ms = p->ended_ms;
    p->row.attempts++;
    try_again(p);
    return true;
}

bool keep_judge(struct place *p)
{
    switch (p->fate) {
    case PLACE_SENT:
        return judge_sent(p);
    case PLACE_UNWRITTEN:
        return judge_unwritten(p);
    case PLACE_GIVE_UP:
        break;
    }
    p->row.state = DELIVERY_GIVEN_UP;
    p->row.due_ms = 0;
    p->row.ended_ms = p->ended_ms;
    return true;
}

/* What is not DUE any more was ended by somebody else, and stays so. */
static enum fault keep_one(struct store_tx *tx, const struct place *p)
{
    enum fault f = outbox_keep(tx, &p->row);

    if (f == FAULT_NOT_FOUND)
        return FAULT_NONE;
    if (!f && p->row.state != DELIVERY_DUE)
        f = outbox_release(tx, &p->row, p->ended_ms);
    return f;
}

enum fault keep_rows(struct store_tx *tx, struct place *const *places, size_t n)
{
    enum fault f = FAULT_NONE;

    for (size_t i = 0; i < n && !f; i++)
        f = keep_one(tx, places[i]);
    return f;
}
