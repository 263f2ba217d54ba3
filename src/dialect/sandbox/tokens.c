/* tokens.c: the network's tokens, by its reference or by the merchant's. */
#include <string.h>

#include "base/isotime.h"
#include "dialect/sandbox/desk.h"
#include "network/sim/sim.h"
#include "service/vault.h"

#include "base/banned.h"

enum { TOKENS_MAX = 64 * 1024 };      /* bytes of the list: SIM_LIST_MAX tokens of at most 500 */

struct list { size_t n; struct sim_token tokens[SIM_LIST_MAX]; };

/* The merchant's id of a token is a function of the same two numbers that the network was given as our reference. */
static void id_of(const struct services *s, uint8_t id[static VAULT_ID], const struct sim_token *t)
{
    const struct token_row row = { .merchant_id = t->ref.merchant_id, .token_no = t->ref.token_no };

    vault_id(s, id, &row);
}

static enum fault read_list(struct exchange *x, struct list **out)
{
    struct list *l = arena_take(x->arena, sizeof *l);

    *out = l;
    return l ? sim_tokens(x->services->sim, l->tokens, &l->n) : FAULT_BUSY;
}

enum step network_tokens_parse(struct exchange *x)
{
    return sandbox_read_network(x, NULL) ? STEP_GO : STEP_ANSWERED;
}

enum fault network_tokens_work(struct exchange *x, struct store_tx *tx)
{
    struct sandbox_call *call = x->state;
    struct list *list;
    enum fault f = read_list(x, &list);

    (void)tx;
    call->own = list;
    return f;
}

static void show_token(const struct services *s, struct json_out *o, const struct sim_token *t)
{
    uint8_t id[VAULT_ID];
    char hex[VAULT_ID_HEX], created[ISOTIME_TEXT];

    id_of(s, id, t);
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

/* The network's reference of a merchant's token id; absent when the id names none of those it lists. */
static struct span reference_of(struct exchange *x, struct span text)
{
    uint8_t wanted[VAULT_ID], id[VAULT_ID];
    struct list *list;

    if (vault_id_read(wanted, text) != FAULT_NONE || read_list(x, &list) != FAULT_NONE)
        return (struct span){ 0 };
    for (size_t i = 0; i < list->n; i++) {
        id_of(x->services, id, &list->tokens[i]);
        if (memcmp(id, wanted, sizeof id) == 0)
            return span_of(list->tokens[i].token_ref);
    }
    return (struct span){ 0 };
}

enum fault network_happen(struct exchange *x, struct span text, unsigned event)
{
    enum sim_event e = (enum sim_event)event;
    enum fault f = sim_happen(x->services->sim, text, e, x->now_ms);
    struct span reference;

    if (f != FAULT_NOT_FOUND)
        return f;
    reference = reference_of(x, text);
    return span_absent(reference) ? f : sim_happen(x->services->sim, reference, e, x->now_ms);
}
