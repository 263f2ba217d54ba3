/* partner.c: what is signed, verified and encrypted with partners' keys, which are opened here and nowhere else. */
#include <string.h>

#include "base/secret.h"
#include "keyholder/msg.h"
#include "keyholder/partner_keys.h"
#include "keyholder/parts.h"

#include "base/banned.h"

_Static_assert((int)PAYTM_CHECKSUM == (int)KEY_PAYTM_SIGNATURE && (int)CRYPT_SHA256 == (int)KEY_JWS_MAC,
               "keyholder.h promises these sizes");

/* A merchant's Paytm key, opened. The caller wipes `room`. */
static enum fault open_key(struct desk *d, uint8_t room[static MSG_PAYTM_KEY_MAX], struct span *key,
                           const struct key_ask *ask)
{
    *key = (struct span){ room, ask->in.n - KEY_SEAL_EXTRA };
    return desk_open(d, room, ask);
}

enum fault partner_sign(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    uint8_t room[MSG_PAYTM_KEY_MAX], random[PAYTM_RANDOM];
    struct paytm_checksum_job job = { .body = ask->presented };
    enum fault f = open_key(d, room, &job.key, ask);

    (void)h;
    secret_random_few(random, sizeof random);
    if (!f)
        f = paytm_checksum_sign(d->checksum, (char *)ask->out.p, &job, random);
    ask->out.n = ask->out.cap;
    secret_wipe(room, sizeof room);
    return f;
}

enum fault partner_checksum(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    uint8_t room[MSG_PAYTM_KEY_MAX];
    struct span signature = { ask->presented.p, PAYTM_CHECKSUM };
    struct paytm_checksum_job job = {
        .body = { ask->presented.p + PAYTM_CHECKSUM, ask->presented.n - PAYTM_CHECKSUM },
    };
    enum fault f = open_key(d, room, &job.key, ask);

    (void)h;
    if (!f)
        f = paytm_checksum_verify(d->checksum, &job, signature);
    secret_wipe(room, sizeof room);
    return f;
}

enum fault partner_jws(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    uint8_t room[MSG_PAYTM_KEY_MAX], mac[KEY_JWS_MAC];
    struct span said = { ask->presented.p, KEY_JWS_MAC };
    struct span input = { ask->presented.p + KEY_JWS_MAC, ask->presented.n - KEY_JWS_MAC };
    struct span key;
    enum fault f = open_key(d, room, &key, ask);

    (void)h;
    if (!f)
        f = crypt_mac_under(d->any, key, mac, &input, 1);
    if (!f && !secret_equal(said, (struct span){ mac, sizeof mac }))
        f = FAULT_DENIED;
    secret_wipe(mac, sizeof mac);
    secret_wipe(room, sizeof room);
    return f;
}

/* The recipient's key, held. Its name is a MAC of the record and its place, so a record that opened once and came back
 * unchanged need not be opened again, as long as the keys it is sealed under are there. */
static enum fault hold_recipient(const struct heart *h, struct desk *d, struct partner_key **out,
                                 const struct key_ask *ask)
{
    uint8_t name[PARTNER_KEY_NAME], length[2] = { (uint8_t)(ask->about.n >> 8), (uint8_t)ask->about.n };
    struct span parts[] = { { length, 2 }, ask->about, ask->in };
    struct rsa_public *key = NULL;
    struct crypt_mac *keyed = desk_keyed(d, ask->in, KEY_USE_RECIPIENT);
    enum fault f = keyed ? crypt_mac(keyed, name, parts, 3) : FAULT_DENIED;

    if (f)
        return f;
    *out = partner_keys_find(h->recipients, name);
    if (*out)
        return FAULT_NONE;
    f = desk_open(d, d->scratch, ask);
    if (!f && rsa_public_read_again(&key, (struct span){ d->scratch, ask->in.n - KEY_SEAL_EXTRA }) != FAULT_NONE)
        f = FAULT_INTERNAL;           /* it was read before it was sealed */
    return f ? f : partner_keys_add(h->recipients, out, name, key);
}

enum fault partner_encrypt(const struct heart *h, struct desk *d, struct key_ask *ask)
{
    struct jwe_job job = { .enc = (enum jwe_enc)ask->number, .text = ask->presented };
    struct partner_key *recipient = NULL;
    enum fault f = hold_recipient(h, d, &recipient, ask);

    if (f)
        return f;
    job.key = partner_key_of(recipient);
    f = jwe_seal(d->jwe, &ask->out, &job);
    partner_key_release(h->recipients, recipient);
    return f;
}
