/* vault.c: the door of the vault. */
#include "service/vault.h"

#include <string.h>

#include "base/banned.h"

enum fault vault_new(struct vault **out, const struct services *s)
{
    (void)s;
    *out = NULL;
    return FAULT_INTERNAL;
}

void vault_free(struct vault *v)
{
    (void)v;
}

void vault_notice(void *vault, const struct network_notice *n)
{
    (void)vault;
    (void)n;
}

struct span vault_owner(struct arena *a, struct span sub_merchant, struct span customer_id)
{
    (void)a;
    (void)sub_merchant;
    (void)customer_id;
    return (struct span){ 0 };
}

enum fault vault_begin(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    (void)s;
    (void)tx;
    (void)job;
    return FAULT_INTERNAL;
}

bool vault_asks(const struct vault_job *job)
{
    return job->asks;
}

void vault_ask(const struct services *s, struct vault_job *job, void (*asked)(struct vault_job *job), void *arg)
{
    (void)s;
    job->arg = arg;
    asked(job);
}

void vault_ask_alone(const struct services *s, const struct vault_job *job)
{
    (void)s;
    (void)job;
}

bool vault_settles(const struct vault_job *job)
{
    return job->settles;
}

enum fault vault_settle(const struct services *s, struct store_tx *tx, struct vault_job *job)
{
    (void)s;
    (void)tx;
    (void)job;
    return FAULT_INTERNAL;
}

enum vault_why vault_outcome(const struct vault_job *job)
{
    return job->why;
}

enum fault vault_find(const struct services *s, struct store_tx *tx, struct token_row *out, struct arena *a,
                      const struct vault_wish *wish, int64_t now_ms, enum vault_why *why)
{
    (void)s;
    (void)tx;
    (void)out;
    (void)a;
    (void)wish;
    (void)now_ms;
    (void)why;
    return FAULT_INTERNAL;
}

enum fault vault_list(struct store_tx *tx, struct arena *a, const struct vault_wish *wish, bool all,
                      enum fault (*each)(void *arg, const struct token_row *t), void *arg)
{
    (void)tx;
    (void)a;
    (void)wish;
    (void)all;
    (void)each;
    (void)arg;
    return FAULT_INTERNAL;
}

struct token_life vault_life(const struct token_row *t, int64_t now_ms)
{
    (void)t;
    (void)now_ms;
    return (struct token_life){ 0 };
}

struct expiry vault_expiry(const struct token_row *t)
{
    (void)t;
    return (struct expiry){ 0 };
}

void vault_id(const struct services *s, uint8_t out[static VAULT_ID], const struct token_row *t)
{
    (void)s;
    (void)t;
    memset(out, 0, VAULT_ID);
}

void vault_id_hex(char out[static VAULT_ID_HEX], const uint8_t id[static VAULT_ID])
{
    (void)id;
    out[0] = '\0';
}

enum fault vault_id_read(uint8_t out[static VAULT_ID], struct span text)
{
    (void)out;
    (void)text;
    return FAULT_INTERNAL;
}

void vault_fingerprint(char out[static VAULT_FINGERPRINT_TEXT], const uint8_t fingerprint[static CARD_FINGERPRINT])
{
    (void)fingerprint;
    out[0] = '\0';
}

bool vault_fingerprint_allowed(const struct services *s, int64_t merchant_id,
                               const uint8_t fingerprint[static CARD_FINGERPRINT], int64_t now_ms)
{
    (void)s;
    (void)merchant_id;
    (void)fingerprint;
    (void)now_ms;
    return true;
}

enum fault vault_sweep(struct vault *v, int64_t now_ms)
{
    (void)v;
    (void)now_ms;
    return FAULT_INTERNAL;
}
