/* partner_signer.c: the key that signs what a merchant is told through Paytm's API. */
#include "service/partners.h"

#include "base/banned.h"

enum fault partner_paytm_signer(struct store_tx *tx, struct partner_key *out, struct arena *a, int64_t merchant_id,
                                int64_t now_ms)
{
    const struct paytm_key_row first = { .merchant_id = merchant_id };
    struct paytm_key_row key;
    struct mid_row whose;
    struct buf about = arena_buf(a, PARTNER_ABOUT);
    enum fault f = mids_of(tx, &whose, a, merchant_id);

    if (!f)
        f = paytm_keys_find(tx, &key, a, &first, now_ms);
    if (f)
        return f;
    partner_about_paytm(&about, whose.mid, &key);
    *out = (struct partner_key){
        .merchant_id = merchant_id, .id = whose.mid, .sealed = key.key_sealed, .about = buf_view(&about),
        .client_id = key.client_id,
    };
    return about.full ? FAULT_INTERNAL : FAULT_NONE;
}
