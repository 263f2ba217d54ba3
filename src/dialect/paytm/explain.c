/* explain.c: what the sandbox says beside a code. */
#include "dialect/paytm/explain.h"

#include "dialect/paytm/answer.h"

#include "base/banned.h"

enum { SHAPE = 24 };                  /* bytes of each end whose shape is shown */

/* A body that is one of our answers is refused with the same code, and its checksum may well be good. */
static bool is_checksum(const struct call *c)
{
    return c->result.code == CODE_CHECKSUM && c->pending.code != CODE_CHECKSUM && !c->is_jwt && !c->form->headers
        && !span_absent(c->head.body);
}

void explain_ask(struct exchange *x)
{
    struct call *c = call_of(x);

    if (x->services->mode != MODE_SANDBOX || !is_checksum(c) || c->head.signature.n != KEY_PAYTM_SIGNATURE)
        return;
    for (enum respell_style s = 0; s < RESPELL_STYLES && x->n_asks < EXCHANGE_ASKS_MAX; s++) {
        struct span other = respell(x->arena, c->head.body, s);
        struct buf both = arena_buf(x->arena, KEY_PAYTM_SIGNATURE + other.n);
        struct key_ask *ask = &x->asks[x->n_asks];

        buf_span(&both, c->head.signature);
        buf_span(&both, other);
        if (span_absent(other) || both.full || both.n > KEY_IN_MAX)
            continue;
        c->likely[s] = other;
        partner_ask(ask, KEY_CHECKSUM, &c->key);
        ask->presented = buf_view(&both);
        x->n_asks++;
    }
}

/* Letters become a, digits 0, what is not ASCII or not printable "?": structure without values. */
static void put_shape(struct json_out *o, const char *key, struct span s)
{
    uint8_t text[SHAPE];

    for (size_t i = 0; i < s.n && i < SHAPE; i++) {
        uint8_t byte = s.p[i], lower = byte | 0x20;

        text[i] = lower >= 'a' && lower <= 'z' ? 'a' : byte >= '0' && byte <= '9' ? '0' : byte;
        if (byte < ' ' || byte > '~')
            text[i] = '?';
    }
    json_put_text(o, key, (struct span){ text, s.n < SHAPE ? s.n : SHAPE });
}

static void put_number(struct json_out *o, const char *key, uint64_t n)
{
    uint8_t digits[20];
    struct buf text = BUF(digits);

    buf_u64(&text, n);
    json_put_text(o, key, buf_view(&text));
}

static void put_covered(struct json_out *o, const struct call *c)
{
    struct span body = c->head.body;
    size_t tail = body.n < SHAPE ? body.n : SHAPE;

    json_key(o, "covered");
    json_object(o);
    put_number(o, "bytes", body.n);
    put_shape(o, "begins", body);
    put_shape(o, "ends", (struct span){ body.p + body.n - tail, tail });
    json_object_end(o);
    answer_put(o, "clientId", c->key.client_id);
    answer_put(o, "encryptionKeyVersion", c->key.id);
}

/* What compose found out. Its questions stand behind the one for our own signature, in the order of the spellings. */
static void put_fit(struct json_out *o, const struct exchange *x)
{
    const struct call *c = call_of(x);
    size_t ask = 1;

    for (enum respell_style s = 0; s < RESPELL_STYLES; s++) {
        struct span other = c->likely[s];
        size_t at = 0;

        if (span_absent(other) || ask >= x->n_asks || x->asks[ask++].fault)
            continue;
        while (at < other.n && at < c->head.body.n && other.p[at] == c->head.body.p[at])
            at++;
        json_put_str(o, "signed", respell_name(s));
        put_number(o, "firstDifference", at);
        return;
    }
    json_put_str(o, "signed", "none of the usual spellings of this body under this key");
}

void explain_refusal(struct json_out *o, const struct exchange *x, const char *reason)
{
    if (x->services->mode != MODE_SANDBOX)
        return;
    json_key(o, "explain");
    json_object(o);
    json_put_str(o, "reason", reason);
    json_object_end(o);
}

void explain_put(struct json_out *o, struct exchange *x)
{
    const struct call *c = call_of(x);

    if (x->services->mode != MODE_SANDBOX || !c->result.why)
        return;
    json_key(o, "explain");
    json_object(o);
    json_put_str(o, "reason", c->result.why);
    if (c->result.field[0])
        json_put_str(o, "field", c->result.field);
    if (c->keyed && is_checksum(c)) {
        put_covered(o, c);
        if (x->n_asks > 1)
            put_fit(o, x);
    }
    json_object_end(o);
}
