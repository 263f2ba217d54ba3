/* tokens.c: the network's tokens, by its reference or by the merchant's. */
#include "base/isotime.h"
#include "dialect/sandbox/desk.h"
#include "network/sim/sim.h"
#include "service/ids.h"
#include "service/vault.h"
#include "store/tokens.h"

#include "base/banned.h"

enum { TOKENS_MAX = 64 * 1024 };      /* bytes of the list: SIM_LIST_MAX tokens of at most 500 */

struct list { size_t n; struct sim_token tokens[SIM_LIST_MAX]; };

enum step network_tokens_parse(struct exchange *x)
{
    return sandbox_read_network(x, NULL) ? STEP_GO : STEP_ANSWERED;
}

enum fault network_tokens_work(struct exchange *x, struct store_tx *tx)
{
    struct sandbox_call *call = x->state;
    struct list *list = arena_take(x->arena, sizeof *list);

    (void)tx;
    call->own = list;
    return list ? sim_tokens(x->services->sim, list->tokens, &list->n) : FAULT_BUSY;
}

/* The merchant's id of a token is made of the two numbers that the network was given as our reference. */
static void show_token(const struct services *s, struct json_out *o, const struct sim_token *t)
{
    uint8_t id[VAULT_ID];
    char hex[VAULT_ID_HEX], created[ISOTIME_TEXT];

    ids_token(s->ids, id, t->ref.merchant_id, t->ref.token_no);
    vault_id_hex(hex, id);
    isotime_utc(created, t->created_ms);
    json_object(o);
    json_put_str(o, "token", hex);
    json_put_str(o, "reference", t->token_ref);
    json_put_i64(o, "merchant_id", t->ref.merchant_id);
    json_put_str(o, "trid", t->trid);
    json_put_str(o, "scheme", scheme_name(t->scheme, SCHEME_WORDS_OWN));
    json_put_str(o, "par", t->par);
    json_put_str(o, "last4", t->last4);
    json_put_str(o, "status", token_status_name(t->life.status));
    json_put_bool(o, "suspended_by_requestor", t->life.suspended_by & TOKEN_MARK(TOKEN_BY_REQUESTOR));
    json_put_bool(o, "suspended_by_issuer", t->life.suspended_by & TOKEN_MARK(TOKEN_BY_ISSUER));
    json_put_bool(o, "expired", t->life.expired);
    json_put_str(o, "created_at", created);
    json_object_end(o);
}

void network_tokens_show(struct exchange *x, enum fault outcome)
{
    const struct sandbox_call *call = x->state;
    const struct list *list = call->own;
    struct json_out o;

    if (outcome != FAULT_NONE) {
        admin_fault(x, outcome);
        return;
    }
    o = admin_json(x, TOKENS_MAX);
    json_object(&o);
    json_key(&o, "tokens");
    json_list(&o);
    for (size_t i = 0; i < list->n; i++)
        show_token(x->services, &o, &list->tokens[i]);
    json_list_end(&o);
    json_object_end(&o);
}

/* The network's reference of a merchant's token id; absent when there is no such token, or none at the network yet. */
static struct span reference_of(struct exchange *x, struct store_tx *tx, struct span text)
{
    uint8_t id[VAULT_ID];
    int64_t merchant_id, token_no;
    struct token_row row;

    if (vault_id_read(id, text) != FAULT_NONE ||
        ids_token_open(x->services->ids, &merchant_id, &token_no, id) != FAULT_NONE ||
        tokens_find(tx, &row, x->arena, merchant_id, token_no) != FAULT_NONE)
        return (struct span){ 0 };
    return row.network_ref;
}

enum fault network_happen(struct exchange *x, struct store_tx *tx, struct span text, unsigned event)
{
    struct span reference = reference_of(x, tx, text);

    return sim_happen(x->services->sim, span_absent(reference) ? text : reference, (enum sim_event)event, x->now_ms);
}
