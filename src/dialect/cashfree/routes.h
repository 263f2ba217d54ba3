/* routes.h: the functions that the route table names; each file has the steps of its own routes. */
#pragma once

#include "dialect/dialect.h"

/* order_create.c: POST /pg/orders */
enum step order_create_parse(struct exchange *x);
enum fault order_create_work(struct exchange *x, struct store_tx *tx);
void order_create_show(struct exchange *x, enum fault outcome);

/* order_read.c: GET and PATCH /pg/orders/{order_id} */
enum step order_get_parse(struct exchange *x);
enum fault order_get_work(struct exchange *x, struct store_tx *tx);
void order_get_show(struct exchange *x, enum fault outcome);
enum step order_terminate_parse(struct exchange *x);
enum fault order_terminate_work(struct exchange *x, struct store_tx *tx);
void order_terminate_show(struct exchange *x, enum fault outcome);

/* payments_read.c: GET /pg/orders/{order_id}/payments and .../{cf_payment_id} */
enum step payments_list_parse(struct exchange *x);
enum fault payments_list_work(struct exchange *x, struct store_tx *tx);
void payments_list_show(struct exchange *x, enum fault outcome);
enum step payment_get_parse(struct exchange *x);
enum fault payment_get_work(struct exchange *x, struct store_tx *tx);
void payment_get_show(struct exchange *x, enum fault outcome);

/* refund_wish.c and refunds.c: POST and GET /pg/orders/{order_id}/refunds, GET and PUT .../{refund_id} */
enum step refund_create_parse(struct exchange *x);
enum step refund_get_parse(struct exchange *x);
enum step refund_change_parse(struct exchange *x);
enum fault refund_create_work(struct exchange *x, struct store_tx *tx);
enum fault refund_get_work(struct exchange *x, struct store_tx *tx);
enum fault refund_change_work(struct exchange *x, struct store_tx *tx);
enum next refund_call(struct exchange *x);
enum fault refund_settle_work(struct exchange *x, struct store_tx *tx);
void refund_show(struct exchange *x, enum fault outcome);
enum step refunds_list_parse(struct exchange *x);
enum fault refunds_list_work(struct exchange *x, struct store_tx *tx);
void refunds_list_show(struct exchange *x, enum fault outcome);

/* settlements.c: GET /pg/orders/{order_id}/settlements */
enum step settlements_parse(struct exchange *x);
enum fault settlements_work(struct exchange *x, struct store_tx *tx);
void settlements_show(struct exchange *x, enum fault outcome);

/* authorization.c: POST /pg/orders/{order_id}/authorization */
enum step authorization_parse(struct exchange *x);
enum fault authorization_work(struct exchange *x, struct store_tx *tx);
enum next authorization_call(struct exchange *x);
enum fault authorization_settle(struct exchange *x, struct store_tx *tx);
void authorization_show(struct exchange *x, enum fault outcome);

/* simulate.c: POST /pg/simulate, GET /pg/simulate/{simulation_id} */
enum step simulate_parse(struct exchange *x);
enum step simulate_prepare(struct exchange *x);
enum fault simulate_work(struct exchange *x, struct store_tx *tx);
void simulate_show(struct exchange *x, enum fault outcome);
enum step simulation_get_parse(struct exchange *x);
enum fault simulation_get_work(struct exchange *x, struct store_tx *tx);

/* extended.c: GET and PUT /pg/orders/{order_id}/extended */
enum step extended_get_parse(struct exchange *x);
enum fault extended_get_work(struct exchange *x, struct store_tx *tx);
void extended_get_show(struct exchange *x, enum fault outcome);
enum step extended_put_parse(struct exchange *x);
enum fault extended_put_work(struct exchange *x, struct store_tx *tx);
void extended_put_show(struct exchange *x, enum fault outcome);

/* cftoken.c: POST /api/v2/cftoken/order */
enum step cftoken_parse(struct exchange *x);
enum fault cftoken_work(struct exchange *x, struct store_tx *tx);
void cftoken_show(struct exchange *x, enum fault outcome);

/* customers.c: POST /pg/customers */
enum step customers_parse(struct exchange *x);
enum fault customers_work(struct exchange *x, struct store_tx *tx);
void customers_show(struct exchange *x, enum fault outcome);

/* instruments.c: GET /pg/customers/{customer_id}/instruments; GET, DELETE .../{instrument_id} */
enum step instruments_parse(struct exchange *x);
enum fault instruments_work(struct exchange *x, struct store_tx *tx);
void instruments_show(struct exchange *x, enum fault outcome);
enum step instrument_get_parse(struct exchange *x);
enum fault instrument_get_work(struct exchange *x, struct store_tx *tx);
enum step instrument_delete_parse(struct exchange *x);
void instrument_show(struct exchange *x, enum fault outcome);

/* cryptogram.c: GET .../{instrument_id}/cryptogram */
enum step cryptogram_parse(struct exchange *x);
void cryptogram_show(struct exchange *x, enum fault outcome);

/* pay.c, pay_show.c: POST /pg/orders/sessions, POST /pg/orders/pay */
enum step orderpay_session_parse(struct exchange *x);
enum step orderpay_token_parse(struct exchange *x);
enum step orderpay_prepare(struct exchange *x);
enum fault orderpay_work(struct exchange *x, struct store_tx *tx);
enum next orderpay_call(struct exchange *x);
enum fault orderpay_settle(struct exchange *x, struct store_tx *tx);
void orderpay_show(struct exchange *x, enum fault outcome);

/* authenticate.c: POST /pg/orders/pay/authenticate/{cf_payment_id} */
enum step authenticate_parse(struct exchange *x);
enum fault authenticate_work(struct exchange *x, struct store_tx *tx);
void authenticate_show(struct exchange *x, enum fault outcome);

/* utilities.c: POST /pg/utilities/cardbin, POST /pg/utilities/pars */
enum step cardbin_parse(struct exchange *x);
void cardbin_show(struct exchange *x, enum fault outcome);
enum step pars_parse(struct exchange *x);
enum step pars_prepare(struct exchange *x);
void pars_show(struct exchange *x, enum fault outcome);
