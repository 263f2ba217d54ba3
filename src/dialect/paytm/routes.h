/* routes.h: the functions that the route table names; each file has the steps of its own routes. What they share is
 * in call.h. */
#pragma once

#include "dialect/paytm/call.h"

/* generate.c: POST .../token/generateTokenData */
enum step generate_parse(struct exchange *x);
enum fault generate_work(struct exchange *x, struct store_tx *tx);

/* tokenize.c: POST .../token/tokenizeCard, .../tokenizeCardAsync */
enum step tokenize_parse(struct exchange *x);
enum step tokenize_async_parse(struct exchange *x);
enum step tokenize_prepare(struct exchange *x);
enum fault tokenize_work(struct exchange *x, struct store_tx *tx);
enum next tokenize_async_call(struct exchange *x);

/* guest.c: POST .../token/gc/generateTokenData */
enum step guest_parse(struct exchange *x);
enum step guest_prepare(struct exchange *x);
enum fault guest_work(struct exchange *x, struct store_tx *tx);

/* manage.c: POST .../token/modifyTokenStatus, GET .../token/tokenInfo, POST .../token/cardToPar */
enum step modify_parse(struct exchange *x);
enum step info_parse(struct exchange *x);
enum step par_parse(struct exchange *x);
enum step par_prepare(struct exchange *x);
enum fault manage_work(struct exchange *x, struct store_tx *tx);

/* May this be a "requestedBy"? An absent one may. */
bool requester_is_known(struct span who);

/* saved.c: POST /savedcardservice/merchant/coft/cards, POST /savedcardservice/card/delete */
enum step saved_list_parse(struct exchange *x);
enum fault saved_list_work(struct exchange *x, struct store_tx *tx);
enum step saved_delete_parse(struct exchange *x);
enum fault saved_delete_work(struct exchange *x, struct store_tx *tx);
