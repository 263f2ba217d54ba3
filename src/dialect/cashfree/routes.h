/* routes.h: the functions that the route table names; each file has the steps of its own routes. */
#pragma once

#include "dialect/dialect.h"

/* order_create.c: POST /pg/orders */
enum step order_create_parse(struct exchange *x);
enum fault order_create_work(struct exchange *x, struct store_tx *tx);
void order_create_show(struct exchange *x, enum fault outcome);

/* order_read.c: GET /pg/orders/{order_id}, GET .../payments, PATCH /pg/orders/{order_id} */
enum step order_get_parse(struct exchange *x);
enum fault order_find_work(struct exchange *x, struct store_tx *tx);
enum fault order_get_work(struct exchange *x, struct store_tx *tx);
void order_get_show(struct exchange *x, enum fault outcome);
void order_payments_show(struct exchange *x, enum fault outcome);
enum step order_terminate_parse(struct exchange *x);
enum fault order_terminate_work(struct exchange *x, struct store_tx *tx);
void order_terminate_show(struct exchange *x, enum fault outcome);

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

/* utilities.c: POST /pg/utilities/cardbin, POST /pg/utilities/pars */
enum step cardbin_parse(struct exchange *x);
void cardbin_show(struct exchange *x, enum fault outcome);
enum step pars_parse(struct exchange *x);
enum step pars_prepare(struct exchange *x);
void pars_show(struct exchange *x, enum fault outcome);
