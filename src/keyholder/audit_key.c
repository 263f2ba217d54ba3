/* audit_key.c: the audit key outside the keyholder, by generation. */
#include "keyholder/audit_key.h"

#include <stdlib.h>

#include "base/secret.h"
#include "keyholder/desk.h"
#include "keyholder/keyring.h"
#include "keyholder/wire.h"

#include "base/banned.h"

/* The newest generation first. */
struct audit_key { struct crypt_mac *mac[KEY_GENERATIONS]; unsigned n; };

static enum fault add(struct audit_key *k, const struct keyring_entry *e)
{
    AUTO_SECRET key = NULL;
    enum fault f = secret_new(&key, CRYPT_KEY);

    if (!f)
        f = desk_derive(key->bytes, key->n, (struct span){ e->root, KEYRING_ROOT }, "audit chain");
    if (!f)
        f = crypt_mac_new(&k->mac[k->n], CRYPT_SHA256, secret_span(key));
    k->n++;
    return f;
}

enum fault audit_key_of_ring(struct audit_key **out, const struct keyring *ring)
{
    struct audit_key *k = calloc(1, sizeof *k);
    const struct keyring_entry *e;
    enum fault f = FAULT_NONE;

    if (!k)
        return FAULT_INTERNAL;
    while (!f && k->n < KEY_GENERATIONS && (e = keyring_find(ring, KEY_PURPOSE_SIGNING, k->n)))
        f = add(k, e);
    if (f) {
        audit_key_free(k);
        return f;
    }
    *out = k;
    return FAULT_NONE;
}

enum fault audit_key_of(struct audit_key **out, const struct secret *master)
{
    struct keyring *ring = NULL;
    enum fault f = keyring_of_master(&ring, master);

    if (!f)
        f = audit_key_of_ring(out, ring);
    keyring_free(ring);
    return f;
}

void audit_key_free(struct audit_key *k)
{
    if (!k)
        return;
    for (unsigned i = 0; i < k->n; i++)
        crypt_mac_free(k->mac[i]);
    free(k);
}

/* Which generation makes `said` of the parts? */
static enum fault find_age(struct audit_key *k, unsigned *age, struct span said, const struct span parts[static 4])
{
    uint8_t mac[CHAIN_MAC];
    enum fault f;

    for (unsigned i = 0; i < k->n; i++) {
        f = crypt_mac(k->mac[i], mac, parts, 4);
        if (f)
            return f;
        if (secret_equal((struct span){ mac, CHAIN_MAC }, said)) {
            *age = i;
            return FAULT_NONE;
        }
    }
    return FAULT_DENIED;
}

enum fault audit_key_link(struct audit_key *k, unsigned *age, const struct chain_link *l,
                          const struct chain_seal *seal)
{
    uint8_t head_bytes[CHAIN_HEAD], tail_bytes[CHAIN_LIFE + 8 + 8];
    struct buf head = BUF(head_bytes), tail = BUF(tail_bytes);
    struct chain_link bare = *l;

    bare.digests = (struct span){ 0 };
    chain_put(&head, &bare);
    buf_put(&tail, seal->life, CHAIN_LIFE);
    wire_put(&tail, (uint64_t)seal->cards, 8);
    wire_put(&tail, (uint64_t)seal->numbers, 8);
    return find_age(k, age, (struct span){ seal->mac, CHAIN_MAC },
                    (struct span[]){ SPAN("link"), buf_view(&head), l->digests, buf_view(&tail) });
}

enum fault audit_key_stub(struct audit_key *k, uint8_t out[static CHAIN_MAC], struct span stub)
{
    return crypt_mac(k->mac[0], out, (struct span[]){ SPAN("stub"), stub }, 2);
}

enum fault audit_key_stub_is(struct audit_key *k, struct span mac, struct span stub)
{
    unsigned age;

    return find_age(k, &age, mac, (struct span[]){ SPAN("stub"), stub, { 0 }, { 0 } });
}
