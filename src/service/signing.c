/* signing.c: a merchant's secrets, found as rows; what they sign, asked of the keyholder. */
#include "service/signing.h"

#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "store/merchants.h"

#include "base/banned.h"

_Static_assert((int)SIGNING_KEYS_MAX <= (int)KEY_ASKS_MAX, "all keys are asked at once");

/* What credentials_of() fills. */
struct finding { struct signing_keys *keys; struct arena *arena; };

/* Further ones than there is room for are older, and left out. */
static enum fault keep(void *arg, const struct credential_row *row)
{
    struct finding *w = arg;
    struct signing_key *k = &w->keys->all[w->keys->n];
    struct buf about;

    if (w->keys->n == SIGNING_KEYS_MAX || memchr(row->client_id.p, ':', row->client_id.n))
        return FAULT_NONE;            /* with a colon it is another provider's (service/partners.h) */
    about = arena_buf(w->arena, CALLER_ABOUT_MAX);
    caller_about_secret(&about, row->merchant_id, row->client_id, row->secret_no);
    k->about = buf_view(&about);
    k->sealed = arena_copy(w->arena, row->secret_sealed);
    if (about.full || span_absent(k->sealed) ||
        span_text(k->client_id, sizeof k->client_id, row->client_id) != FAULT_NONE)
        return FAULT_INTERNAL;
    w->keys->n++;
    return FAULT_NONE;
}

enum fault signing_find(struct store_tx *tx, struct signing_keys *out, struct arena *a, int64_t merchant_id,
                        int64_t now_ms)
{
    struct finding w = { out, a };
    struct merchant_row merchant;
    enum fault f = merchants_find(tx, &merchant, a, merchant_id);

    *out = (struct signing_keys){ .n = 0 };
    if (f || merchant.disabled)
        return f ? f : FAULT_NOT_FOUND;
    f = credentials_of(tx, merchant_id, now_ms, keep, &w);
    return !f && out->n == 0 ? FAULT_NOT_FOUND : f;
}

enum fault signing_ask(struct key_ask *out, struct arena *a, const struct signing_key *k, struct span text)
{
    if (text.n > KEY_IN_MAX)
        return FAULT_BAD_INPUT;
    *out = (struct key_ask){ .op = KEY_HMAC, .use = KEY_USE_CREDENTIAL, .about = k->about, .in = k->sealed,
                             .presented = text, .out = arena_buf(a, KEY_MAC_SIZE) };
    return out->out.full ? FAULT_INTERNAL : FAULT_NONE;
}

enum fault signing_read(char out[static SIGNING_TEXT], const struct key_ask *answered)
{
    struct buf text = { (uint8_t *)out, 0, SIGNING_TEXT - 1, false };

    out[0] = '\0';
    if (answered->fault == FAULT_SILENT || answered->fault == FAULT_DENIED)
        return answered->fault;
    if (answered->fault || answered->out.n != KEY_MAC_SIZE)
        return FAULT_INTERNAL;
    base64_put(&text, buf_view(&answered->out));
    out[text.n] = '\0';
    return FAULT_NONE;
}

/* Every answer is looked at, whichever fits. */
static enum fault compare(const struct key_ask *asks, size_t n, struct span said)
{
    bool equal = false;

    for (size_t i = 0; i < n; i++) {
        bool same = !asks[i].fault && secret_equal(buf_view(&asks[i].out), said);
        equal = equal || same;
    }
    return equal ? FAULT_NONE : FAULT_DENIED;
}

enum fault signing_check(const struct services *s, struct arena *a, const struct signing_keys *keys, struct span text,
                         struct span signature)
{
    struct key_ask asks[SIGNING_KEYS_MAX] = { 0 };
    uint8_t raw[SIGNING_TEXT];
    struct buf said = BUF(raw);
    enum fault f = FAULT_NONE;

    if (signature.n != SIGNING_TEXT - 1 || base64_read(&said, signature) != FAULT_NONE || said.n != KEY_MAC_SIZE ||
        keys->n == 0 || text.n > KEY_IN_MAX)
        return FAULT_DENIED;
    for (size_t i = 0; i < keys->n && !f; i++)
        f = signing_ask(&asks[i], a, &keys->all[i], text);
    if (!f)
        f = keyholder_ask(s->keyholder, asks, keys->n);
    return f ? f : compare(asks, keys->n, buf_view(&said));
}
