/* inventory.c: the table of algorithms and keys, and what there is of each. */
#include "service/inventory.h"

#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "keyholder/card.h"

#include "base/banned.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))
#define USE(u) (1u << KEY_USE_##u)
enum { YEAR = 365, TWO_YEARS = 730 };

const struct inventory_row inventory_rows[] = {
    { "key-encryption key", INVENTORY_KEK, 0, 0, "AES-256-GCM", 256, "FIPS 197, NIST SP 800-38D",
      "seals the keyring at rest", "a key file, custodians' shares (Shamir, GF(2^8)) or an HSM (PKCS#11) keeps it; it "
      "lies apart from what it seals", TWO_YEARS },
    { "data", INVENTORY_RING, KEY_PURPOSE_DATA, USE(CREDENTIAL) | USE(PRIVATE) | USE(ANSWER) | USE(PAYTM) |
      USE(RECIPIENT) | USE(BACKUP), "AES-256-GCM, a key for each record by HKDF-SHA-256 and HMAC-SHA-256", 256,
      "FIPS 197, NIST SP 800-38D, RFC 5869, RFC 2104",
      "private parts of orders, payments and customers; remembered answers; merchants' secrets and keys; backups", NULL,
      YEAR },
    { "fingerprint", INVENTORY_RING, KEY_PURPOSE_FINGERPRINT, USE(CARD), "HMAC-SHA-256, a key for each merchant", 256,
      "RFC 2104, PCI DSS 3.5.1.1", "whose card and which card it is, without its number",
      "old tokens stay under the key before until they are deleted", TWO_YEARS },
    { "id", INVENTORY_RING, KEY_PURPOSE_ID, 0, "AES-256-CBC, AES-256, Feistel network over AES-256", 256,
      "FIPS 197, NIST SP 800-38A", "public ids of orders, sessions and tokens",
      "hides order and counts; it authenticates nothing. The gateway holds it", TWO_YEARS },
    { "signing: order tokens", INVENTORY_RING, KEY_PURPOSE_SIGNING, 0, "HMAC-SHA-384, a key for each hour", 384,
      "RFC 2104, RFC 7518", "order tokens, which live for half an hour", NULL, YEAR },
    { "signing: audit log", INVENTORY_RING, KEY_PURPOSE_SIGNING, USE(AUDIT), "HMAC-SHA-256", 256, "RFC 2104",
      "links of the audit log, stubs of what was purged", "verifying needs every key that signed a link", YEAR },
    { "look-up", INVENTORY_RING, KEY_PURPOSE_BASE, USE(DIGEST) | USE(CHECK), "HMAC-SHA-256", 256, "RFC 2104",
      "look-up of customers by phone and of answers by key, digests of admin tokens, proof that a folder is this key's",
      "never rotated: what it made is looked for by it", 0 },
    { "simulated network", INVENTORY_RING, KEY_PURPOSE_BASE, USE(NETWORK),
      "FF1 over AES-256, HMAC-SHA-256", 256, "NIST SP 800-38G, RFC 2104",
      "token numbers and cryptograms of the simulated card network and acquirer", "never rotated; not a real network's",
      0 },
    { "private keys at rest", INVENTORY_RING, KEY_PURPOSE_BASE, USE(CARD), "AES-256-GCM", 256,
      "FIPS 197, NIST SP 800-38D", "card-jwe.key and card-rsa.key", "never rotated", 0 },
    { "cards in flight", INVENTORY_MEMORY, 0, USE(CARD), "AES-256-GCM", 256, "FIPS 197, NIST SP 800-38D",
      "a card between its arrival and the network's or acquirer's answer",
      "a new key each minute, destroyed half an hour later", 0 },
    { "verified secrets", INVENTORY_MEMORY, 0, 0, "HMAC-SHA-256", 256, "RFC 2104",
      "which secrets of merchants the gateway has seen verified", "made at each start", 0 },
    { "cards through the Juspay API", INVENTORY_CARDS, CARD_FORM_JWE, USE(CARD),
      "RSA-OAEP-256, A128GCM or A256GCM", 0, "RFC 7516, RFC 7518, RFC 8017", "cards that merchants encrypt to us", NULL,
      TWO_YEARS },
    { "cards through the Paytm API", INVENTORY_CARDS, CARD_FORM_RSA, USE(CARD), "RSAES-PKCS1-v1_5", 0, "RFC 8017",
      "cards that merchants encrypt to us",
      "PKCS#1 v1.5 is Paytm's format; a wrong padding looks and lasts like a right one", TWO_YEARS },
    { "TLS certificate", INVENTORY_TLS, 0, 0, "", 0, "RFC 8446, RFC 5246, RFC 5280", "the public listener",
      "TLS 1.2 and 1.3, modern suites only", 0 },
    { "other servers' certificates", INVENTORY_OTHERS, 0, 0, "TLS 1.2 and 1.3", 0, "RFC 8446, RFC 5280",
      "webhooks: the courier verifies whom it connects to", "no key of ours: this system's store of authorities", 0 },
    { "Cashfree client secrets", INVENTORY_SECRETS, KEY_SECRET_CASHFREE, USE(CREDENTIAL), "HMAC-SHA-256", 128,
      "RFC 2104", "merchants' calls; signatures of webhooks", "sealed, and compared inside the keyholder", YEAR },
    { "Juspay API keys", INVENTORY_SECRETS, KEY_SECRET_JUSPAY, USE(CREDENTIAL), "random", 128, "RFC 7617",
      "merchants' calls", "sealed, and compared inside the keyholder", YEAR },
    { "Paytm merchant keys", INVENTORY_SECRETS, KEY_SECRET_PAYTM, USE(PAYTM),
      "AES-128-CBC over a salted SHA-256; HS256", 128, "FIPS 197, RFC 7515",
      "checksums and tokens of merchants' calls and our answers",
      "AES-128-CBC with a fixed IV is Paytm's checksum format", YEAR },
    { "merchants' public keys", INVENTORY_SECRETS, KEY_SECRET_PUBLIC, USE(RECIPIENT), "RSA-OAEP-256, A256GCM", 0,
      "RFC 7516, RFC 7518", "answers that are encrypted to merchants", "sealed, so that none is swapped", TWO_YEARS },
    { "endpoints' authorisations", INVENTORY_SECRETS, KEY_SECRET_ENDPOINT, USE(PRIVATE), "none: sent as it is", 0,
      "RFC 9110", "webhooks of the Juspay kind", "the merchant's own", YEAR },
    { "admin tokens", INVENTORY_SECRETS, KEY_SECRET_ADMIN, USE(DIGEST), "HMAC-SHA-256", 256, "RFC 6750, RFC 2104",
      "the admin listener", "each has an end; that of the first run is not counted", YEAR },
    { .name = NULL },
};

const char *inventory_source(const struct key_ring *r)
{
    switch (r->source) {
    case KEYRING_FILE:
        return "key file";
    case KEYRING_SHARES:
        return "custodians' shares";
    case KEYRING_HSM:
        return "HSM";
    }
    return "unknown";
}

struct inventory {
    const struct services *s;
    struct keys_status status;
    struct key_secrets secrets[KEY_SECRETS];
    int64_t now_ms;
    enum fault (*each)(void *arg, const struct inventory_line *l);
    void *arg;
};

static bool is_over(const struct inventory *i, const struct inventory_line *l)
{
    if (l->expires_ms)
        return l->expires_ms <= i->now_ms;
    return l->row->days && l->created_ms > 0 && i->now_ms - l->created_ms > l->row->days * DAY_MS;
}

static enum fault give(const struct inventory *i, struct inventory_line *l)
{
    l->over = is_over(i, l);
    return i->each(i->arg, l);
}

static enum fault give_ring(const struct inventory *i, struct inventory_line *l)
{
    const struct key_ring *r = &i->status.ring;
    enum fault f = FAULT_NONE;

    for (size_t g = 0; g < r->n && !f; g++) {
        if (r->generations[g].purpose != (enum key_purpose)l->row->which)
            continue;
        l->generation = &r->generations[g];
        l->state = keys_state_of(&i->status, g, i->now_ms);
        l->created_ms = l->generation->created_ms;
        f = give(i, l);
    }
    return f;
}

/* A key's kind and size as the library says them. */
static void describe(struct inventory_line *l, EVP_PKEY *key)
{
    const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;

    if (!kind || span_text(l->algorithm, sizeof l->algorithm, span_of(kind)))
        return;
    l->bits = EVP_PKEY_get_bits(key);
}

static enum fault give_cards(const struct inventory *i, struct inventory_line *l)
{
    uint8_t pem[KEY_PUBLIC_MAX];
    struct key_ask ask = { .op = KEY_PUBLIC, .use = KEY_USE_CARD, .number = l->row->which, .out = BUF(pem) };
    enum fault f = keyholder_ask_one(i->s->keyholder, &ask);
    EVP_PKEY *key;
    BIO *bio;

    if (f)
        return f == FAULT_SILENT ? f : FAULT_NONE;    /* there is no such key */
    bio = BIO_new_mem_buf(ask.out.p, (int)ask.out.n);
    key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    describe(l, key);
    l->algorithm[0] = '\0';           /* how it is used says more, and the row says it */
    EVP_PKEY_free(key);
    BIO_free(bio);
    return give(i, l);
}

static int64_t ms_of(const ASN1_TIME *t)
{
    struct tm tm = { 0 };

    return ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

static enum fault give_tls(const struct inventory *i, struct inventory_line *l)
{
    struct span pem = i->s->tls_certificate;
    BIO *bio = pem.n ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    enum fault f = FAULT_NONE;

    if (certificate) {
        l->created_ms = ms_of(X509_get0_notBefore(certificate));
        l->expires_ms = ms_of(X509_get0_notAfter(certificate));
        describe(l, X509_get0_pubkey(certificate));
        f = give(i, l);
    }
    X509_free(certificate);
    BIO_free(bio);
    return f;
}

static enum fault give_row(const struct inventory *i, const struct inventory_row *row)
{
    struct inventory_line l = { .row = row, .bits = row->bits, .count = -1 };

    switch (row->kind) {
    case INVENTORY_RING:
        return give_ring(i, &l);
    case INVENTORY_SECRETS:
        l.count = i->secrets[row->which].n;
        l.created_ms = i->secrets[row->which].oldest_ms;
        return give(i, &l);
    case INVENTORY_CARDS:
        return give_cards(i, &l);
    case INVENTORY_TLS:
        return give_tls(i, &l);
    case INVENTORY_KEK: case INVENTORY_MEMORY: case INVENTORY_OTHERS:
        break;
    }
    return give(i, &l);
}

static enum fault count_all(struct store_tx *tx, void *arg)
{
    struct inventory *i = arg;
    enum fault f = FAULT_NONE;

    for (unsigned kind = 0; kind < KEY_SECRETS && !f; kind++)
        f = key_counts_secrets(tx, &i->secrets[kind], (enum key_secret)kind, i->now_ms);
    return f;
}

enum fault inventory_each(const struct services *s,
                          enum fault (*each)(void *arg, const struct inventory_line *l), void *arg)
{
    struct inventory i = { .s = s, .now_ms = clock_now_ms(s->clock), .each = each, .arg = arg };
    struct store_reader *reader;
    enum fault f = keys_status(s, &i.status);

    if (!f)
        f = store_reader_open(&reader, s->store);
    if (f)
        return f;
    f = store_read(reader, count_all, &i);
    store_reader_close(reader);
    for (const struct inventory_row *row = inventory_rows; row->name && !f; row++)
        f = give_row(&i, row);
    return f;
}
