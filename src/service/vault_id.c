/* vault_id.c: how a token is named outside, and how its life looks. */
#include <assert.h>
#include <string.h>

#include "service/ids.h"
#include "service/vault_own.h"

#include "base/banned.h"

_Static_assert((int)VAULT_ID == (int)IDS_TOKEN, "an id is what ids.h makes");

enum {
    UUID_TEXT = 36,                   /* 32 digits and four hyphens */
    BASE32_BITS = 5,
    NO_DIGIT = 16,
};

static const char hex[] = "0123456789abcdef";

void vault_id(const struct services *s, uint8_t out[static VAULT_ID], const struct token_row *t)
{
    ids_token(s->ids, out, t->merchant_id, t->token_no);
}

void vault_id_hex(char out[static VAULT_ID_HEX], const uint8_t id[static VAULT_ID])
{
    for (size_t i = 0; i < VAULT_ID; i++) {
        out[2 * i] = hex[id[i] >> 4];
        out[2 * i + 1] = hex[id[i] & 15];
    }
    out[VAULT_ID_HEX - 1] = '\0';
}

static uint8_t digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return (uint8_t)(c - '0');
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? (uint8_t)(c - 'a' + 10) : NO_DIGIT;
}

static bool has_hyphen_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static struct span without(struct span text, struct span prefix)
{
    return span_starts(text, prefix) ? (struct span){ text.p + prefix.n, text.n - prefix.n } : text;
}

enum fault vault_id_read(uint8_t out[static VAULT_ID], struct span text)
{
    uint8_t id[VAULT_ID] = { 0 };
    size_t n = 0;

    text = span_starts(text, SPAN("token_")) ? without(text, SPAN("token_")) : without(text, SPAN("cref_"));
    if (text.n != UUID_TEXT && text.n != VAULT_ID_HEX - 1)
        return FAULT_BAD_INPUT;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t d = digit(text.p[i]);

        if (text.n == UUID_TEXT && has_hyphen_at(i)) {
            if (text.p[i] != '-')
                return FAULT_BAD_INPUT;
            continue;
        }
        if (d == NO_DIGIT)
            return FAULT_BAD_INPUT;
        id[n / 2] = (uint8_t)(id[n / 2] << 4 | d);
        n++;
    }
    memcpy(out, id, VAULT_ID);
    return FAULT_NONE;
}

/* The first 130 bits, five to a character. */
void vault_fingerprint(char out[static VAULT_FINGERPRINT_TEXT], const uint8_t fingerprint[static CARD_FINGERPRINT])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned bits = 0, n = 0;
    size_t next = 0;

    for (size_t i = 0; i < VAULT_FINGERPRINT_TEXT - 1; i++) {
        if (n < BASE32_BITS) {
            bits = (bits << 8 | fingerprint[next++]) & 0xfff;
            n += 8;
        }
        n -= BASE32_BITS;
        out[i] = letters[bits >> n & 31];
    }
    out[VAULT_FINGERPRINT_TEXT - 1] = '\0';
}

struct expiry vault_expiry(const struct token_row *t)
{
    return (struct expiry){ (uint16_t)(t->expiry / 100), (uint8_t)(t->expiry % 100) };
}

/* What its customer asked to delete is deleted, also while the network has not heard of it. */
struct token_life vault_life(const struct token_row *t, int64_t now_ms)
{
    struct token_life life = vault_stored_life(t);

    if (t->wanted == NETWORK_DELETE && life.status != TOKEN_FAILED)
        return (struct token_life){ .status = TOKEN_DEAD };
    return t->expiry ? token_at(life, vault_expiry(t), now_ms) : life;
}

struct span vault_owner(struct arena *a, struct span sub_merchant, struct span customer_id)
{
    struct buf b;
    struct span owner;

    if (sub_merchant.n > VAULT_SUB_MERCHANT_MAX || customer_id.n > VAULT_CUSTOMER_MAX)
        return (struct span){ 0 };
    b = arena_buf(a, 1 + sub_merchant.n + customer_id.n);
    buf_byte(&b, (uint8_t)sub_merchant.n);
    buf_span(&b, sub_merchant);
    buf_span(&b, customer_id);
    return buf_done(&b, &owner) ? (struct span){ 0 } : owner;
}
