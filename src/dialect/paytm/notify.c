/* notify.c: Token Notify: head and body, signed like an answer. */
#include "dialect/paytm/notify.h"

#include "dialect/paytm/answer.h"
#include "service/partners.h"

#include "base/banned.h"

enum { BODY_MAX = 4096, HEAD_MAX = 512, MILLISECONDS = 24 };

struct letter { struct token_row token; struct partner_key key; struct span text; };

static enum fault gather(struct webhook_letter *l, struct store_tx *tx)
{
    struct letter *n = l->state = arena_take(l->arena, sizeof *n);
    int64_t merchant_id = l->delivery->merchant_id;
    enum fault f = n ? FAULT_NONE : FAULT_INTERNAL;

    if (!f)
        f = tokens_find(tx, &n->token, l->arena, merchant_id, l->delivery->subject_no);
    if (!f)
        f = partner_paytm_signer(tx, &n->key, l->arena, merchant_id, l->now_ms);
    return f;
}

/* The body of the envelope: what is signed, to the byte. */
static struct span make_text(const struct webhook_letter *l, const struct letter *n)
{
    const struct exchange x = { .services = l->services, .now_ms = l->now_ms };
    struct buf b = arena_buf(l->arena, BODY_MAX);
    struct json_out o = json_out(&b);
    char id[VAULT_ID_HEX];
    struct token_words words = answer_row(&x, id, &n->token, (struct span){ 0 });

    words.status = (enum token_status)l->delivery->subject_state;
    json_object(&o);
    json_put_text(&o, "mid", n->key.id);
    answer_token(&o, "tokenInfo", &words);
    json_object_end(&o);
    return b.full ? (struct span){ 0 } : buf_view(&b);
}

static enum fault write(struct webhook_letter *l)
{
    struct letter *n = l->state;

    n->text = make_text(l, n);
    if (span_absent(n->text))
        return FAULT_INTERNAL;
    partner_ask(&l->signature, KEY_SIGN, &n->key);
    l->signature.presented = n->text;
    l->signature.out = arena_buf(l->arena, KEY_PAYTM_SIGNATURE);
    l->signs_itself = true;
    l->content_type = "application/json";
    return FAULT_NONE;
}

/* The merchant's own id of the request that made the token is not kept as long as the token: the token's stands for
 * it. */
static void put_head(struct json_out *o, const struct webhook_letter *l)
{
    const struct letter *n = l->state;
    char digits[MILLISECONDS], id[VAULT_ID_HEX];
    uint8_t public[VAULT_ID];
    struct buf now = BUF(digits);

    buf_i64(&now, l->now_ms);
    vault_id(l->services, public, &n->token);
    vault_id_hex(id, public);
    json_key(o, "head");
    json_object(o);
    json_put_str(o, "version", "v1");
    json_put_text(o, "signature", buf_view(&l->signature.out));
    json_put_str(o, "requestId", id);
    json_put_str(o, "signatureType", "CHECKSUM");
    json_put_text(o, "requestTimestamp", buf_view(&now));
    json_object_end(o);
}

static enum fault sign(struct webhook_letter *l)
{
    const struct letter *n = l->state;
    struct buf b = arena_buf(l->arena, HEAD_MAX + n->text.n);
    struct json_out o = json_out(&b);

    json_object(&o);
    put_head(&o, l);
    json_put_raw(&o, "body", n->text);
    json_object_end(&o);
    return buf_done(&b, &l->body);
}

const struct webhook_writer paytm_webhooks = {
    .kind = ENDPOINT_PAYTM, .wants = 1u << WEBHOOK_TOKEN, .gather = gather, .write = write, .sign = sign,
};
