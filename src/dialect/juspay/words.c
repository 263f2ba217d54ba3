/* words.c: tokens in Juspay's words. */
#include "dialect/juspay/words.h"

#include "base/banned.h"

const char *words_status(struct token_life life)
{
    switch (life.status) {
    case TOKEN_ACTIVE:
        return life.expired ? "EXPIRED" : "ACTIVE";
    case TOKEN_SUSPENDED:
        return "SUSPENDED";
    case TOKEN_DEAD:
        return "DELETED";
    case TOKEN_INIT:
    case TOKEN_FAILED:
    case TOKEN_STATUSES:
        break;
    }
    return "INACTIVE";
}

struct expiry_text words_expiry(struct expiry e)
{
    return e.month ? expiry_text(e) : (struct expiry_text){ .mm = "" };
}

static void put(char *out, size_t cap, struct span first, struct span second)
{
    struct buf b = { (uint8_t *)out, 0, cap - 1, false };

    buf_span(&b, first);
    buf_span(&b, second);
    out[b.full ? 0 : b.n] = '\0';
}

void words_reference(char out[static WORDS_REFERENCE], const struct services *s, const struct token_row *t)
{
    uint8_t id[VAULT_ID];
    char hex[VAULT_ID_HEX];

    vault_id(s, id, t);
    vault_id_hex(hex, id);
    put(out, WORDS_REFERENCE, SPAN("token_"), span_of(hex));
}

void words_fingerprint(char out[static VAULT_FINGERPRINT_TEXT], const struct token_row *t)
{
    out[0] = '\0';
    if (t->fingerprint.n == CARD_FINGERPRINT)
        vault_fingerprint(out, t->fingerprint.p);
}

const char *words_brand(int64_t scheme)
{
    return scheme > SCHEME_UNKNOWN && scheme < SCHEMES ? scheme_name((enum scheme)scheme, SCHEME_WORDS_JUSPAY) : NULL;
}

struct span words_known(struct span s)
{
    return span_absent(s) ? SPAN("") : s;
}

const char *words_type(int64_t type)
{
    return type > BIN_TYPE_UNKNOWN && type < BIN_TYPES ? bin_type_name((enum bin_type)type, BIN_WORDS_PLAIN) : NULL;
}

const char *words_sub(int64_t sub)
{
    return sub > BIN_SUB_UNKNOWN && sub < BIN_SUBS ? bin_sub_name((enum bin_sub)sub) : NULL;
}

struct span words_bank(char out[static WORDS_BANK], struct span code)
{
    if (span_absent(code))
        return code;
    put(out, WORDS_BANK, SPAN("JP_"), code);
    return span_of(out);
}

void words_masked(char out[static WORDS_MASKED], struct span last4)
{
    put(out, WORDS_MASKED, SPAN("XXXX-XXXXXXXX-"), last4);
}
