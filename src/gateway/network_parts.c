/* network_parts.c: the card network, its simulated body, the card budget, the vault. */
#include "gateway/network_parts.h"

#include <string.h>
#include <unistd.h>

#include "base/journal.h"
#include "network/sim/sim.h"
#include "service/card_budget.h"
#include "service/vault.h"
#include "store/tokens.h"

#include "base/banned.h"

static void notice(void *parts, const struct network_notice *n);
static enum fault open_network(struct parts *p, struct buf *why);
static enum fault open_vault(struct parts *p);

enum fault network_parts_open(struct parts *p, struct buf *why)
{
    enum fault f = FAULT_NONE;

    if (strcmp(p->options->network, "simulated") == 0)
        f = open_network(p, why);
    if (!f && p->options->card_budget > 0)
        f = card_budget_new(&p->services.card_budget, (unsigned)p->options->card_budget, p->services.journal);
    if (!f)
        f = open_vault(p);
    if (f && !why->n)
        buf_text(why, f == FAULT_SILENT ? "the keyholder does not answer" : "cannot start the vault");
    return f;
}

void network_parts_stop(struct parts *p)
{
    if (p->services.network)
        network_stop(p->services.network);
}

/* The vault goes first, for it may still tell the network which notices it has kept. */
void network_parts_close(struct parts *p)
{
    struct vault *vault;

    pthread_mutex_lock(&p->notice_lock);
    vault = p->listener;
    p->listener = NULL;
    pthread_mutex_unlock(&p->notice_lock);
    vault_free(vault);
    p->services.vault = NULL;
    sim_close(p->services.sim);
    network_free(p->services.network);
    card_budget_free(p->services.card_budget);
}

/* The network is there before the vault and after it. What it tells nobody it tells again. */
static void notice(void *parts, const struct network_notice *n)
{
    struct parts *p = parts;

    pthread_mutex_lock(&p->notice_lock);
    if (p->listener)
        vault_notice(p->listener, n);
    pthread_mutex_unlock(&p->notice_lock);
}

static enum fault look_for_tokens(struct store_tx *tx, void *any)
{
    return tokens_any(tx, any);
}

/* A network that lost its database makes the same token numbers again. It is for people to put it back. */
static void warn_of_lost_network(const struct parts *p)
{
    bool any = false;

    if (!store_write(p->services.store, look_for_tokens, &any) && any)
        journal_event(p->services.journal, JOURNAL_WARNING,
                      "the simulated network's database is new and knows none of the vault's tokens; was one lost?", 0,
                      NULL);
}

static enum fault open_network(struct parts *p, struct buf *why)
{
    const struct network_options no = { .wait_ms = (int)p->options->network_wait_ms, .journal = p->services.journal,
                                        .notice = notice, .arg = p };
    struct sim_options so = { .path = p->folder.network, .clock = p->services.clock,
                              .keyholder = p->network_keyholder, .journal = p->services.journal };
    bool is_new = access(p->folder.network, F_OK) != 0;
    enum fault f = network_new(&p->services.network, &no);

    if (f)
        return f;
    if (is_new)
        warn_of_lost_network(p);
    so.network = p->services.network;
    f = sim_open(&p->services.sim, &so);
    if (f == FAULT_DISK || f == FAULT_WRONG_STATE) {
        buf_text(why, f == FAULT_DISK ? "cannot open the simulated network's database: "
                                      : "the simulated network's database was made by a newer tijori: ");
        buf_text(why, p->folder.network);
    }
    return f;
}

static enum fault open_vault(struct parts *p)
{
    enum fault f = vault_new(&p->services.vault, &p->services);

    pthread_mutex_lock(&p->notice_lock);
    p->listener = p->services.vault;
    pthread_mutex_unlock(&p->notice_lock);
    return f;
}
