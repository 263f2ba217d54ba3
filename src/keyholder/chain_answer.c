/* chain_answer.c: the keyholder's part in the audit chain: a MAC over a link and over what was opened so far. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "keyholder/audit_chain.h"
#include "keyholder/parts.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum { AT_BEFORE = CHAIN_HEAD - CHAIN_MAC, TAIL = CHAIN_LIFE + 8 + 8 };

/* The last link that was made in this run, and the one before it. */
struct heart_chain {
    pthread_mutex_t lock;
    bool begun;
    uint8_t life[CHAIN_LIFE], last[CHAIN_MAC], before[CHAIN_MAC];
};

enum fault chain_new(struct heart_chain **out)
{
    struct heart_chain *c = calloc(1, sizeof *c);

    if (!c)
        return FAULT_INTERNAL;
    pthread_mutex_init(&c->lock, NULL);
    secret_random(c->life, sizeof c->life);
    *out = c;
    return FAULT_NONE;
}

void chain_free(struct heart_chain *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* The first of a run continues whatever there is; then a link follows the last one or takes its place. */
static bool continues(const struct heart_chain *c, const uint8_t before[static CHAIN_MAC])
{
    return !c->begun || memcmp(before, c->last, CHAIN_MAC) == 0 || memcmp(before, c->before, CHAIN_MAC) == 0;
}

static enum fault link_up(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct heart_chain *c = h->chain;
    const uint8_t *before = ask->in.p + AT_BEFORE;
    uint8_t mac[CHAIN_MAC], bytes[TAIL];
    struct buf tail = BUF(bytes);
    struct span parts[3] = { SPAN("link"), ask->in, { bytes, TAIL } };
    enum fault f;

    if (!continues(c, before))
        return FAULT_DENIED;
    buf_put(&tail, c->life, CHAIN_LIFE);
    wire_put(&tail, heart_cards_opened(h), 8);
    wire_put(&tail, heart_numbers_told(h), 8);
    f = crypt_mac(d->chain, mac, parts, 3);
    if (f)
        return f;
    memcpy(c->before, before, CHAIN_MAC);
    memcpy(c->last, mac, CHAIN_MAC);
    c->begun = true;
    buf_put(&ask->out, mac, CHAIN_MAC);
    buf_put(&ask->out, bytes, TAIL);
    return FAULT_NONE;
}

enum fault chain_answer(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    enum fault f;

    pthread_mutex_lock(&h->chain->lock);
    f = link_up(h, d, ask);
    pthread_mutex_unlock(&h->chain->lock);
    return f;
}
