/* desk.h: what the sandbox dialect's files share. Private to this folder. */
#pragma once

#include "base/json_in.h"
#include "dialect/admin/desk.h"
#include "dialect/sandbox/sandbox.h"

struct sim;

/* What a request says, by the tables of the routes. Wiped with the arena. */
struct sandbox_call {
    struct span now;
    int64_t advance_s;
    bool system, freeze, resume;
    struct span scheme, manner, event, token, trid, number, tavv, amount, currency;
    int64_t ms, count;
    bool active;
    void *own;                        /* the route's */
};

/* The admin token, for the second one a simulated network too, then the body by `fields` (NULL: none). The result is
 * x->state as well; when it is NULL the answer is made. */
struct sandbox_call *sandbox_read(struct exchange *x, const struct json_field *fields);
struct sandbox_call *sandbox_read_network(struct exchange *x, const struct json_field *fields);

/* Answer 400: what is wrong with `field`, as a constant sentence. */
void sandbox_bad(struct exchange *x, const char *field, const char *message);

/* clock.c */
enum step clock_get_parse(struct exchange *x);
enum step clock_set_parse(struct exchange *x);

/* network.c */
enum step network_get_parse(struct exchange *x);
enum step network_behave_parse(struct exchange *x);
enum step network_event_parse(struct exchange *x);
enum step token_event_parse(struct exchange *x);      /* of the token in the path */
enum fault network_event_work(struct exchange *x, struct store_tx *tx);
void network_event_show(struct exchange *x, enum fault outcome);
enum step network_requestor_parse(struct exchange *x);
enum fault network_requestor_work(struct exchange *x, struct store_tx *tx);
void network_requestor_show(struct exchange *x, enum fault outcome);

/* tokens.c */
enum step network_tokens_parse(struct exchange *x);
enum fault network_tokens_work(struct exchange *x, struct store_tx *tx);
void network_tokens_show(struct exchange *x, enum fault outcome);

/* Have the token that `text` names, the network's own reference or a merchant's token id as any dialect prints it, go
 * through `event` (enum sim_event). NOT_FOUND, WRONG_STATE. */
MUST_CHECK enum fault network_happen(struct exchange *x, struct store_tx *tx, struct span text, unsigned event);

/* acquirer.c */
enum step acquirer_get_parse(struct exchange *x);
enum fault acquirer_get_work(struct exchange *x, struct store_tx *tx);
void acquirer_get_show(struct exchange *x, enum fault outcome);
enum step acquirer_behave_parse(struct exchange *x);
enum fault acquirer_list_work(struct exchange *x, struct store_tx *tx);
void acquirer_list_show(struct exchange *x, enum fault outcome);
enum step acquirer_decide_parse(struct exchange *x);
enum fault acquirer_decide_work(struct exchange *x, struct store_tx *tx);
void acquirer_decide_show(struct exchange *x, enum fault outcome);

/* webhooks.c */
enum step webhooks_get_parse(struct exchange *x);
enum step webhooks_behave_parse(struct exchange *x);

/* verify.c */
enum step network_verify_parse(struct exchange *x);
enum next network_verify_call(struct exchange *x);
void network_verify_show(struct exchange *x, enum fault outcome);
