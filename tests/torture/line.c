/* line.c: each question's manner is drawn when it is put; it is answered, or not, before the asking returns. */
#include "line.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum { ODD_ONE_IN = 6, WAIT_MS = 10 * 1000 };     /* how often the line does not behave */

static enum line_manner draw(struct line *l)
{
    uint64_t odd = dice_roll(&l->dice, ODD_ONE_IN), which = dice_roll(&l->dice, LINE_MANNERS - 1);

    return l->calm || odd ? LINE_WELL : (enum line_manner)(which + 1);
}

static struct acquirer_answer ask_bank(struct world *w, const struct acquirer_ask *ask)
{
    struct acquirer_call call = { .ask = *ask };

    acquirer_ask_wait(w->bank, &call);
    return call.answer;
}

static struct network_answer ask_net(struct world *w, const struct network_ask *ask)
{
    struct network_call call = { .ask = *ask };

    network_ask_wait(w->net, &call);
    return call.answer;
}

static bool arrives(enum line_manner m)
{
    return m == LINE_WELL || m == LINE_MUTE || m == LINE_TWICE;
}

static void bank_ask(void *body, uint64_t handle, const struct acquirer_ask *ask)
{
    struct world *w = body;
    struct acquirer_answer said = { .verdict = ACQUIRER_SILENT, .ref = ask->ref };
    enum line_manner m = draw(&w->line);

    w->questions++;
    w->losses += m != LINE_WELL && m != LINE_TWICE;
    if (arrives(m))
        said = ask_bank(w, ask);
    if (m == LINE_TWICE)
        said = ask_bank(w, ask);
    if (m == LINE_LATE && w->line.n_late < WORLD_HELD)
        w->line.late[w->line.n_late++] = *ask;
    if (m == LINE_MUTE)
        said = (struct acquirer_answer){ .verdict = ACQUIRER_SILENT, .ref = ask->ref };
    if (m == LINE_DOWN)
        said.verdict = ACQUIRER_UNREACHABLE;
    acquirer_answered(w->s.acquirer, handle, &said);
    if (m == LINE_TWICE)
        acquirer_answered(w->s.acquirer, handle, &said);
}

static bool discloses(const struct network_ask *ask)
{
    return ask->op == NETWORK_NUMBER || ask->op == NETWORK_CRYPTOGRAM || (ask->op == NETWORK_PROVISION &&
                                                                          ask->wants_number);
}

static struct disclosed *find(struct world *w, const struct network_ref *ref)
{
    for (size_t i = 0; i < w->n_disclosed; i++)
        if (w->disclosed[i].merchant_id == ref->merchant_id && w->disclosed[i].token_no == ref->token_no)
            return &w->disclosed[i];
    if (w->n_disclosed == WORLD_ASKED)
        world_fail("more tokens than the simulator can watch");
    w->disclosed[w->n_disclosed] = (struct disclosed){ ref->merchant_id, ref->token_no, 0 };
    return &w->disclosed[w->n_disclosed++];
}

/* Before a number leaves: is the row that says so on the disk? */
static void check_audit(struct world *w, const struct network_ask *ask)
{
    struct disclosed *d = find(w, &ask->ref);
    int64_t rows = eye_number(w, "SELECT count(*) FROM audit WHERE merchant_id = ?1 AND token_no = ?2"
                              " AND event IN (3, 4, 12) AND outcome = 0", 2,
                              (int64_t[]){ ask->ref.merchant_id, ask->ref.token_no });

    /* A number that was not told with its token is asked for once more, for the same row. */
    d->n += ask->op != NETWORK_PROVISION;
    if (rows < d->n || rows == 0)
        world_fail("token %lld of merchant %lld: %lld disclosures are asked for, and %lld audit rows are there",
                   (long long)d->token_no, (long long)d->merchant_id, (long long)d->n, (long long)rows);
}

static void net_ask(void *body, uint64_t handle, const struct network_ask *ask)
{
    struct world *w = body;
    struct network_answer said = { .verdict = NETWORK_SILENT, .ref = ask->ref };
    enum line_manner m = draw(&w->line);

    w->questions++;
    w->losses += m != LINE_WELL && m != LINE_TWICE;
    if (discloses(ask))
        check_audit(w, ask);
    if (arrives(m))
        said = ask_net(w, ask);
    if (m == LINE_TWICE)
        said = ask_net(w, ask);
    if (m == LINE_LATE && w->line.n_late_net < WORLD_HELD)
        w->line.late_net[w->line.n_late_net++] = *ask;
    if (m == LINE_MUTE)
        said = (struct network_answer){ .verdict = NETWORK_SILENT, .ref = ask->ref };
    if (m == LINE_DOWN)
        said.verdict = NETWORK_UNREACHABLE;
    network_answered(w->s.network, handle, &said);
    if (m == LINE_TWICE)
        network_answered(w->s.network, handle, &said);
}

void line_open(struct world *w)
{
    must(acquirer_new(&w->s.acquirer, &(struct acquirer_options){ .wait_ms = WAIT_MS }));
    acquirer_attach(w->s.acquirer, &(struct acquirer_body){ .ask = bank_ask, .body = w });
    must(network_new(&w->s.network, &(struct network_options){ .wait_ms = WAIT_MS }));
    network_attach(w->s.network, &(struct network_body){ .ask = net_ask, .body = w });
}

void line_close(struct world *w)
{
    acquirer_stop(w->s.acquirer);
    acquirer_free(w->s.acquirer);
    network_stop(w->s.network);
    network_free(w->s.network);
    w->s.acquirer = NULL;
    w->s.network = NULL;
}

void world_deliver(struct world *w)
{
    size_t n = w->line.n_late, n_net = w->line.n_late_net;

    w->line.n_late = w->line.n_late_net = 0;
    for (size_t i = 0; i < n; i++)
        (void)ask_bank(w, &w->line.late[i]);
    for (size_t i = 0; i < n_net; i++)
        (void)ask_net(w, &w->line.late_net[i]);
}
