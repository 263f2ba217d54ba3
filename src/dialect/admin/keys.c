/* keys.c: the server's own keys: shown, rotated, destroyed. The use cases wait for keyholder and disk: on a worker. */
#include "service/keys.h"

#include "base/base64.h"
#include "dialect/admin/desk.h"
#include "service/inventory.h"

#include "base/banned.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))
enum { ID_TEXT = 2 * KEY_RING_ID, STATUS_MAX = 16 * 1024, INVENTORY_MAX = 64 * 1024 };

struct keys_call {
    struct span purpose, id;
    bool confirm;
    enum key_purpose which;
    uint8_t id_bytes[KEY_RING_ID];
    struct keys_status status;
    struct keys_made made;
    struct keys_gone gone;
};

static const struct json_field rotate_fields[] = {
    { .name = "purpose", .type = JSON_TEXT, .required = true, .max = 16, .at = offsetof(struct keys_call, purpose) },
    JSON_END,
};
static const struct json_field destroy_fields[] = {
    { .name = "purpose", .type = JSON_TEXT, .required = true, .max = 16, .at = offsetof(struct keys_call, purpose) },
    { .name = "id", .type = JSON_TEXT, .required = true, .max = ID_TEXT, .at = offsetof(struct keys_call, id) },
    { .name = "confirm", .type = JSON_BOOL, .at = offsetof(struct keys_call, confirm) },
    JSON_END,
};

static struct keys_call *enter(struct exchange *x)
{
    struct keys_call *call;

    if (!admin_may(x, NULL))
        return NULL;
    call = arena_take(x->arena, sizeof *call);
    if (!call)
        admin_fault(x, FAULT_INTERNAL);
    return x->state = call;
}

enum step keys_parse(struct exchange *x)
{
    return enter(x) ? STEP_GO : STEP_ANSWERED;
}

static enum step complain(struct exchange *x, const char *why)
{
    admin_error(x, 400, "bad_input", why);
    return STEP_ANSWERED;
}

enum step keys_rotate_parse(struct exchange *x)
{
    struct keys_call *call = enter(x);
    struct json_complaint why = { 0 };
    enum fault f = call ? admin_body(x, call, rotate_fields, &why) : FAULT_DENIED;

    if (f && f != FAULT_BAD_INPUT)
        return STEP_ANSWERED;
    if (f || keys_purpose_read(&call->which, call->purpose) || call->which == KEY_PURPOSE_BASE)
        return complain(x, "purpose is needed: data, fingerprint, id or signing");
    return STEP_GO;
}

enum step keys_destroy_parse(struct exchange *x)
{
    struct keys_call *call = enter(x);
    struct json_complaint why = { 0 };
    enum fault f = call ? admin_body(x, call, destroy_fields, &why) : FAULT_DENIED;
    struct buf id;

    if (f && f != FAULT_BAD_INPUT)
        return STEP_ANSWERED;
    id = BUF(call->id_bytes);
    if (f || keys_purpose_read(&call->which, call->purpose) || call->id.n != ID_TEXT || hex_read(&id, call->id))
        return complain(x, "purpose (data, fingerprint, id or signing) and id, 8 hexadecimal digits, are needed");
    if (call->confirm)
        return STEP_GO;
    admin_error(x, 409, "confirm", call->which == KEY_PURPOSE_DATA
                ? "backups from before the rotation could not be restored any more: \"confirm\": true is needed"
                : "what was made under this key could not be recognised any more: \"confirm\": true is needed");
    return STEP_ANSWERED;
}

enum fault keys_work(struct exchange *x, struct store_tx *tx)
{
    (void)tx;
    return keys_status(x->services, &((struct keys_call *)x->state)->status);
}

enum fault keys_rotate_work(struct exchange *x, struct store_tx *tx)
{
    struct keys_call *call = x->state;

    (void)tx;
    return keys_rotate(x->services, &call->made, call->which);
}

enum fault keys_destroy_work(struct exchange *x, struct store_tx *tx)
{
    struct keys_call *call = x->state;

    (void)tx;
    return keys_destroy(x->services, &call->gone, call->which, call->id_bytes);
}

static void put_id(struct json_out *o, const char *key, const uint8_t *bytes, size_t n)
{
    uint8_t text[2 * sizeof(uint64_t)];
    struct buf id = BUF(text);

    hex_put(&id, (struct span){ bytes, n });
    json_put_text(o, key, buf_view(&id));
}

static const char *state_text(enum keys_state s)
{
    static const char *const texts[] = { [KEYS_NEWEST] = "newest", [KEYS_OVERLAP] = "overlap", [KEYS_OLD] = "old" };

    return texts[s];
}

/* Null where it is as old as the key file. */
static void put_age(struct json_out *o, int64_t created_ms, int64_t now_ms)
{
    json_put_ist(o, "created_at", created_ms);
    if (created_ms > 0)
        json_put_i64(o, "age_days", now_ms > created_ms ? (now_ms - created_ms) / DAY_MS : 0);
    else
        json_put_null(o, "age_days");
}

static void put_generations(struct json_out *o, const struct keys_status *s, int64_t now_ms)
{
    json_key(o, "generations");
    json_list(o);
    for (size_t i = 0; i < s->ring.n; i++) {
        const struct key_generation *g = &s->ring.generations[i];

        json_object(o);
        json_put_str(o, "purpose", keys_purpose(g->purpose));
        put_id(o, "id", g->id, sizeof g->id);
        put_age(o, g->created_ms, now_ms);
        json_put_str(o, "state", state_text(keys_state_of(s, i, now_ms)));
        json_object_end(o);
    }
    json_list_end(o);
}

static void put_progress(struct json_out *o, const struct keys_progress *p)
{
    static const char *const stages[] = {
        [KEYS_NONE] = "none", [KEYS_COUNTING] = "counting", [KEYS_WORKING] = "working", [KEYS_CHECKING] = "checking",
        [KEYS_DONE] = "done",
    };

    json_key(o, "reencryption");
    json_object(o);
    json_put_str(o, "stage", stages[p->stage]);
    json_put_bool(o, "paused", p->paused);
    put_id(o, "to", p->to, sizeof p->to);
    json_put_i64(o, "records", p->old);
    json_put_i64(o, "done", p->done);
    json_put_i64(o, "percent", p->stage == KEYS_NONE ? 100 : keys_percent(p));
    json_put_i64(o, "damaged", p->damaged);
    json_key(o, "damaged_in");
    json_list(o);
    for (size_t i = 0; i < p->damaged_n; i++) {
        json_object(o);
        json_put_str(o, "column", reseal_name(p->in[i].column));
        json_put_i64(o, "merchant_id", p->in[i].merchant_id);
        json_put_i64(o, "records", p->in[i].n);
        json_object_end(o);
    }
    json_list_end(o);
    json_put_ist(o, "began_at", p->began_ms);
    json_put_ist(o, "ended_at", p->ended_ms);
    json_object_end(o);
}

void keys_show(struct exchange *x, enum fault outcome)
{
    const struct keys_call *call = x->state;
    const struct key_ring *r = &call->status.ring;
    struct json_out o;

    if (outcome) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, STATUS_MAX);
    json_object(&o);
    json_put_str(&o, "source", inventory_source(r));
    json_put_i64(&o, "threshold", r->threshold);
    json_put_i64(&o, "shares", r->shares);
    put_id(&o, "set", r->set, sizeof r->set);
    json_put_i64(&o, "version", (int64_t)r->version);
    put_generations(&o, &call->status, x->now_ms);
    put_progress(&o, &call->status.progress);
    json_put_i64(&o, "tokens_under_older_fingerprint", call->status.older_tokens);
    json_object_end(&o);
}

static void refuse(struct exchange *x, enum fault outcome, const char *why)
{
    if (outcome == FAULT_WRONG_STATE)
        admin_error(x, 409, "wrong_state", why);
    else if (outcome == FAULT_NOT_FOUND)
        admin_error(x, 404, "not_found", "there is no such generation of this key");
    else
        admin_fault(x, outcome);
}

void keys_rotate_show(struct exchange *x, enum fault outcome)
{
    const struct keys_call *call = x->state;
    struct json_out o;

    if (outcome) {
        refuse(x, outcome, call->made.why);
        return;
    }
    o = admin_json(x, ADMIN_SMALL_MAX);
    json_object(&o);
    json_put_str(&o, "purpose", keys_purpose(call->which));
    put_id(&o, "id", call->made.generation.id, KEY_RING_ID);
    json_put_ist(&o, "created_at", call->made.generation.created_ms);
    if (call->made.records >= 0)
        json_put_i64(&o, "records", call->made.records);
    else
        json_put_null(&o, "records");
    json_object_end(&o);
}

void keys_destroy_show(struct exchange *x, enum fault outcome)
{
    const struct keys_call *call = x->state;
    struct json_out o;

    if (outcome && !(outcome == FAULT_WRONG_STATE && call->gone.left)) {
        refuse(x, outcome, call->gone.why);
        return;
    }
    o = json_out(answer_start(x, outcome ? 409 : 200, "application/json", ADMIN_SMALL_MAX));
    json_object(&o);
    if (outcome) {
        json_put_str(&o, "error", "wrong_state");
        json_put_str(&o, "message", call->gone.why);
        json_put_i64(&o, "records", call->gone.left);
    } else {
        json_put_str(&o, "purpose", keys_purpose(call->which));
        json_put_text(&o, "id", call->id);
        json_put_bool(&o, "destroyed", true);
        json_put_i64(&o, "tokens", call->gone.tokens);
    }
    json_object_end(&o);
}

/* x->state is the answer so far. */
static enum fault put_line(void *arg, const struct inventory_line *l)
{
    struct exchange *x = arg;
    const struct inventory_row *row = l->row;
    struct json_out *o = x->state;

    json_object(o);
    json_put_str(o, "name", row->name);
    if (l->generation) {
        put_id(o, "id", l->generation->id, KEY_RING_ID);
        json_put_str(o, "state", state_text(l->state));
    }
    json_put_str(o, "algorithm", l->algorithm[0] ? l->algorithm : row->algorithm);
    if (l->bits)
        json_put_i64(o, "bits", l->bits);
    json_put_str(o, "standard", row->standard);
    json_put_str(o, "used_for", row->used);
    put_age(o, l->created_ms, x->now_ms);
    if (l->expires_ms)
        json_put_ist(o, "expires_at", l->expires_ms);
    if (l->count >= 0)
        json_put_i64(o, "count", l->count);
    if (row->days)
        json_put_i64(o, "period_days", row->days);
    json_put_bool(o, "over", l->over);
    if (row->remark)
        json_put_str(o, "remark", row->remark);
    json_object_end(o);
    return FAULT_NONE;
}

enum step inventory_parse(struct exchange *x)
{
    return admin_may(x, NULL) ? STEP_GO : STEP_ANSWERED;
}

enum fault inventory_work(struct exchange *x, struct store_tx *tx)
{
    struct json_out *o = arena_take(x->arena, sizeof *o);
    enum fault f;

    (void)tx;
    if (!o)
        return FAULT_INTERNAL;
    *o = admin_json(x, INVENTORY_MAX);
    x->state = o;
    json_object(o);
    json_key(o, "keys");
    json_list(o);
    f = inventory_each(x->services, put_line, x);
    json_list_end(o);
    json_object_end(o);
    return f;
}

/* The answer is there already when it went well. */
void inventory_show(struct exchange *x, enum fault outcome)
{
    if (outcome)
        admin_fault(x, outcome);
}
