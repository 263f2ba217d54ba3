/* routes.h: the functions that the route table names; each file has the steps of its own routes. */
#pragma once

#include "dialect/dialect.h"

/* generate.c: POST /generateToken */
enum step juspay_generate_parse(struct exchange *x);
enum step juspay_generate_prepare(struct exchange *x);
enum fault juspay_generate_work(struct exchange *x, struct store_tx *tx);
void juspay_generate_compose(struct exchange *x, enum fault outcome);
void juspay_generate_show(struct exchange *x, enum fault outcome);

/* token_get.c: POST /v4/card/get */
enum step juspay_get_parse(struct exchange *x);
void juspay_get_show(struct exchange *x, enum fault outcome);

/* token_change.c: POST /v4/card/delete, POST /v4/card/tokenStatus */
enum step juspay_delete_parse(struct exchange *x);
void juspay_delete_show(struct exchange *x, enum fault outcome);
enum step juspay_status_parse(struct exchange *x);
void juspay_status_show(struct exchange *x, enum fault outcome);

/* fingerprint.c: POST /v2/card/fingerprint */
enum step juspay_fingerprint_parse(struct exchange *x);
enum step juspay_fingerprint_prepare(struct exchange *x);
enum fault juspay_fingerprint_work(struct exchange *x, struct store_tx *tx);
enum next juspay_fingerprint_call(struct exchange *x);
enum fault juspay_fingerprint_settle(struct exchange *x, struct store_tx *tx);
void juspay_fingerprint_show(struct exchange *x, enum fault outcome);

/* alt_id.c: POST /get/altId */
enum step juspay_alt_id_parse(struct exchange *x);
enum step juspay_alt_id_prepare(struct exchange *x);
enum fault juspay_alt_id_work(struct exchange *x, struct store_tx *tx);
void juspay_alt_id_compose(struct exchange *x, enum fault outcome);
void juspay_alt_id_show(struct exchange *x, enum fault outcome);

/* cards.c: GET /cards */
enum step juspay_cards_parse(struct exchange *x);
enum fault juspay_cards_work(struct exchange *x, struct store_tx *tx);
void juspay_cards_show(struct exchange *x, enum fault outcome);

/* cardbins.c: GET /cardbins/{bin} */
enum step juspay_cardbins_parse(struct exchange *x);
void juspay_cardbins_show(struct exchange *x, enum fault outcome);
