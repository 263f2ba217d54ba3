/* audit_key.c: the audit key from the key file. */
#include "keyholder/audit_key.h"

#include <stdlib.h>

#include "base/secret.h"
#include "keyholder/desk.h"
#include "keyholder/heart.h"
#include "keyholder/keyfile.h"
#include "keyholder/wire.h"

#include "base/banned.h"

struct audit_key { struct crypt_mac *mac; };

enum fault audit_key_of(struct audit_key **out, const struct secret *master)
{
    AUTO_SECRET key = NULL;
    struct audit_key *k;
    enum fault f = master->n == HEART_MASTER ? secret_new(&key, CRYPT_KEY) : FAULT_BAD_INPUT;

    if (f)
        return f;
    k = calloc(1, sizeof *k);
    if (!k)
        return FAULT_INTERNAL;
    f = desk_derive(key->bytes, key->n, master, "audit chain");
    if (!f)
        f = crypt_mac_new(&k->mac, CRYPT_SHA256, secret_span(key));
    if (f) {
        audit_key_free(k);
        return f;
    }
    *out = k;
    return FAULT_NONE;
}

enum fault audit_key_read(struct audit_key **out, const char *path)
{
    AUTO_SECRET master = NULL;
    enum fault f = keyfile_read(&master, path);

    return f ? f : audit_key_of(out, master);
}

void audit_key_free(struct audit_key *k)
{
    if (!k)
        return;
    crypt_mac_free(k->mac);
    free(k);
}

enum fault audit_key_link(struct audit_key *k, const struct chain_link *l, const struct chain_seal *seal)
{
    uint8_t head_bytes[CHAIN_HEAD], tail_bytes[CHAIN_LIFE + 8 + 8], mac[CHAIN_MAC];
    struct buf head = BUF(head_bytes), tail = BUF(tail_bytes);
    struct chain_link bare = *l;
    enum fault f;

    bare.digests = (struct span){ 0 };
    chain_put(&head, &bare);
    buf_put(&tail, seal->life, CHAIN_LIFE);
    wire_put(&tail, (uint64_t)seal->cards, 8);
    wire_put(&tail, (uint64_t)seal->numbers, 8);
    f = crypt_mac(k->mac, mac, (struct span[]){ SPAN("link"), buf_view(&head), l->digests, buf_view(&tail) }, 4);
    if (f)
        return f;
    return secret_equal((struct span){ mac, CHAIN_MAC }, (struct span){ seal->mac, CHAIN_MAC }) ? FAULT_NONE
                                                                                                : FAULT_DENIED;
}

enum fault audit_key_stub(struct audit_key *k, uint8_t out[static CHAIN_MAC], struct span stub)
{
    return crypt_mac(k->mac, out, (struct span[]){ SPAN("stub"), stub }, 2);
}
