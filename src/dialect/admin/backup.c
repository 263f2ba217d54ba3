/* backup.c: a backup of this server: begun, looked at, fetched piece by piece, ended. Copying and sealing wait for the
 * disk and the keyholder: on a worker. */
#include "service/backup.h"

#include "base/base64.h"
#include "dialect/admin/desk.h"

#include "base/banned.h"

enum { TAKE_MAX = BACKUP_TAKE * BACKUP_RECORD_MAX };
_Static_assert((int)BACKUP_WHO > (int)ADMIN_NAME_MAX, "a name fits");

struct backup_call { uint8_t id[BACKUP_ID]; int64_t no; struct backup_now now; struct buf *out; };

static struct backup_call *new_call(struct exchange *x)
{
    struct backup_call *call = arena_take(x->arena, sizeof *call);

    if (!call)
        admin_fault(x, FAULT_INTERNAL);
    return x->state = call;
}

enum step backup_begin_parse(struct exchange *x)
{
    return admin_may(x, NULL) && new_call(x) ? STEP_GO : STEP_ANSWERED;
}

/* The id and the number in the path. */
static bool read_path(struct backup_call *call, const struct exchange *x)
{
    struct buf id = BUF(call->id);
    uint64_t no = 0;

    if (x->params[0].n != 2 * BACKUP_ID || hex_read(&id, x->params[0]) ||
        (!span_absent(x->params[1]) && span_u64(&no, x->params[1], INT64_MAX)))
        return false;
    call->no = (int64_t)no;
    return true;
}

static enum step not_found(struct exchange *x)
{
    admin_error(x, 404, "not_found", "there is no such backup");
    return STEP_ANSWERED;
}

/* A backup is looked at each moment and fetched in hundreds of calls: of each who does, the first has a row. */
static enum step parse_one_of_many(struct exchange *x, enum backup_use use)
{
    struct backup_call path = { 0 }, *call;
    struct admin_who who = { 0 };
    char known[BACKUP_WHO] = "";
    bool good = read_path(&path, x);

    if (good)
        backup_known(x->services, known, path.id, use);
    if (!admin_may_again(x, &who, known))
        return STEP_ANSWERED;
    if (!good)
        return not_found(x);
    backup_know(x->services, who.name, path.id, use);
    call = new_call(x);
    if (!call)
        return STEP_ANSWERED;
    *call = path;
    return STEP_GO;
}

enum step backup_look_parse(struct exchange *x)
{
    return parse_one_of_many(x, BACKUP_LOOKS);
}

enum step backup_take_parse(struct exchange *x)
{
    return parse_one_of_many(x, BACKUP_FETCHES);
}

enum step backup_end_parse(struct exchange *x)
{
    struct backup_call *call = admin_may(x, NULL) ? new_call(x) : NULL;

    if (!call)
        return STEP_ANSWERED;
    return read_path(call, x) ? STEP_GO : not_found(x);
}

enum fault backup_begin_work(struct exchange *x, struct store_tx *tx)
{
    (void)tx;
    return backup_begin(x->services, &((struct backup_call *)x->state)->now);
}

enum fault backup_look_work(struct exchange *x, struct store_tx *tx)
{
    struct backup_call *call = x->state;

    (void)tx;
    return backup_look(x->services, &call->now, call->id);
}

enum fault backup_take_work(struct exchange *x, struct store_tx *tx)
{
    struct backup_call *call = x->state;

    (void)tx;
    call->out = answer_start(x, 200, "application/octet-stream", TAKE_MAX);
    return backup_take(x->services, call->out, call->id, call->no);
}

enum fault backup_end_work(struct exchange *x, struct store_tx *tx)
{
    (void)tx;
    return backup_end(x->services, ((struct backup_call *)x->state)->id);
}

static void refuse(struct exchange *x, enum fault outcome)
{
    if (outcome == FAULT_NOT_FOUND)
        admin_error(x, 404, "not_found", "there is no such backup (any more)");
    else if (outcome == FAULT_BUSY)
        admin_error(x, 409, "busy", "another backup is under way");
    else if (outcome == FAULT_WRONG_STATE)
        admin_error(x, 409, "wrong_state", "this backup cannot be fetched now");
    else
        admin_fault(x, outcome);
}

void backup_now_show(struct exchange *x, enum fault outcome)
{
    static const char *const stages[] = {
        [BACKUP_NONE] = "none", [BACKUP_COPYING] = "copying", [BACKUP_READY] = "ready", [BACKUP_FAILED] = "failed",
    };
    const struct backup_call *call = x->state;
    uint8_t text[2 * BACKUP_ID];
    struct buf id = BUF(text);
    struct json_out o;

    if (outcome) {
        refuse(x, outcome);
        return;
    }
    hex_put(&id, (struct span){ call->now.id, BACKUP_ID });
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_text(&o, "id", buf_view(&id));
    json_put_str(&o, "stage", stages[call->now.stage]);
    json_put_i64(&o, "done", call->now.done);
    json_put_i64(&o, "total", call->now.total);
    json_put_i64(&o, "pieces", call->now.pieces);
    json_put_i64(&o, "bytes", call->now.bytes);
    json_object_end(&o);
}

/* The answer is there already when it went well. */
void backup_take_show(struct exchange *x, enum fault outcome)
{
    if (outcome)
        refuse(x, outcome);
}

void backup_end_show(struct exchange *x, enum fault outcome)
{
    struct json_out o;

    if (outcome) {
        refuse(x, outcome);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_bool(&o, "ended", true);
    json_object_end(&o);
}
