/* model.c: what must hold. Every number below is written down anew from the headers' tables, none is included. */
#include "model.h"

#include <string.h>

#include "base/banned.h"

enum { STATES = 9 };

/* One move at a time; what several of them make is legal too, since not every state is looked at. */
struct table { const char *name, *rows; int states; unsigned moves[STATES]; };

#define TO(state) (1u << (state))

static const struct table tables[SEEN_KINDS] = {
    [SEEN_ORDER] = { "order", "SELECT merchant_id, order_no, state FROM orders", 5,
        { TO(1) | TO(3) | TO(4), 0, 0, 0, TO(1) | TO(3) } },
    [SEEN_PAYMENT] = { "payment", "SELECT merchant_id, payment_no, state FROM payments", 9,
        { TO(1) | TO(2) | TO(3) | TO(4) | TO(5) | TO(6) | TO(8), TO(3) | TO(4) | TO(5) | TO(6) | TO(8),
          TO(3) | TO(4) | TO(5) | TO(6) | TO(8), TO(4) | TO(5) | TO(8), TO(7), TO(8), TO(8), 0, 0 } },
    [SEEN_REFUND] = { "refund", "SELECT merchant_id, refund_no, status FROM refunds", 5,
        { TO(1) | TO(2) | TO(3) | TO(4), 0, 0, TO(0) | TO(1) | TO(2) | TO(4), 0 } },
    [SEEN_TOKEN] = { "token", "SELECT merchant_id, token_no, status FROM tokens", 5,
        { TO(1) | TO(2) | TO(3) | TO(4), TO(2) | TO(3), TO(1) | TO(3), 0, 0 } },
};

static bool may(const struct table *t, int64_t from, int64_t to)
{
    unsigned reached = TO((unsigned)from);

    for (int i = 0; i < t->states; i++)
        for (int s = 0; s < t->states; s++)
            if (reached & TO((unsigned)s))
                reached |= t->moves[s];
    return reached & TO((unsigned)to);
}

static struct seen *find(struct model *m, enum seen_kind kind, int64_t merchant_id, int64_t no)
{
    for (size_t i = 0; i < m->n[kind]; i++)
        if (m->seen[kind][i].merchant_id == merchant_id && m->seen[kind][i].no == no)
            return &m->seen[kind][i];
    if (m->n[kind] == MODEL_ROWS)
        world_fail("more rows than the model can watch");
    m->seen[kind][m->n[kind]] = (struct seen){ merchant_id, no, -1 };
    return &m->seen[kind][m->n[kind]++];
}

void model_told(struct model *m, enum seen_kind kind, const struct seen *row)
{
    struct seen *s = find(m, kind, row->merchant_id, row->no);

    s->state = row->state;
}

bool model_pick_key(const struct model *m, struct model_key *out, struct dice *d)
{
    uint64_t at = dice_roll(d, m->n_keys ? m->n_keys : 1);

    if (m->n_keys)
        *out = m->keys[at];
    return m->n_keys > 0;
}

void model_key(struct model *m, const struct world *w, const struct model_key *key, struct span answer, bool existed)
{
    struct model_key *k = NULL;

    for (size_t i = 0; i < m->n_keys; i++) {
        m->keys[i].over = m->keys[i].over || world_now(w) >= m->keys[i].until_ms;
        if (m->keys[i].no == key->no && m->keys[i].merchant_id == key->merchant_id)
            k = &m->keys[i];
    }
    if (existed && k && !span_equal(answer, span_of(k->answer)))
        world_fail("key %lld was answered %s, and now otherwise", (long long)k->no, k->answer);
    if (!existed && k && !k->over)
        world_fail("key %lld had its effect twice: %s first", (long long)k->no, k->answer);
    if (existed || (!k && m->n_keys == MODEL_KEYS))
        return;
    k = k ? k : &m->keys[m->n_keys++];
    *k = (struct model_key){ .no = key->no, .merchant_id = key->merchant_id,
                             .until_ms = world_now(w) + w->s.idempotency_ms };
    if (span_text(k->answer, sizeof k->answer, answer))
        world_fail("an answer that is too long");
}

static void check_move(struct model *m, enum seen_kind kind, const struct seen *now)
{
    const struct table *t = &tables[kind];
    struct seen *s = find(m, kind, now->merchant_id, now->no);

    if (now->state < 0 || now->state >= t->states)
        world_fail("%s %lld has no state: %lld", t->name, (long long)now->no, (long long)now->state);
    if (s->state >= 0 && !may(t, s->state, now->state))
        world_fail("%s %lld of merchant %lld went from %lld to %lld", t->name, (long long)now->no,
                   (long long)now->merchant_id, (long long)s->state, (long long)now->state);
    s->state = now->state;
}

static void check_rows(struct model *m, const struct world *w, enum seen_kind kind)
{
    sqlite3_stmt *look = NULL;
    size_t n = 0;

    if (sqlite3_prepare_v2(w->eye, tables[kind].rows, -1, &look, NULL) != SQLITE_OK)
        world_fail("looking at the rows: %s", sqlite3_errmsg(w->eye));
    while (sqlite3_step(look) == SQLITE_ROW) {
        struct seen now = { sqlite3_column_int64(look, 0), sqlite3_column_int64(look, 1),
                            sqlite3_column_int64(look, 2) };

        check_move(m, kind, &now);
        n++;
    }
    (void)sqlite3_finalize(look);
    if (n != m->n[kind])              /* each row there was found among the seen, so that one of those is gone */
        world_fail("%zu rows of a kind (%s) were seen or told, and %zu are there", m->n[kind], tables[kind].name, n);
}

/* Each of these finds nothing. */
static const struct { const char *what, *sql; } never[] = {
    { "an order with two successful payments",
      "SELECT order_no FROM payments WHERE state IN (4, 7) GROUP BY merchant_id, order_no HAVING count(*) > 1" },
    { "a paid order without a payment",
      "SELECT order_no FROM orders o WHERE state = 1 AND NOT EXISTS (SELECT 1 FROM payments p"
      " WHERE p.merchant_id = o.merchant_id AND p.order_no = o.order_no AND p.state IN (4, 7))" },
    { "a successful payment of an order that is not paid",
      "SELECT p.payment_no FROM payments p JOIN orders o USING (merchant_id, order_no)"
      " WHERE p.state IN (4, 7) AND o.state <> 1" },
    { "two live tokens of one card and owner",
      "SELECT token_no FROM tokens WHERE status < 3 GROUP BY merchant_id, owner HAVING count(*) > 1" },
    { "two live tokens of one card of a customer",
      "SELECT token_no FROM tokens WHERE status < 3"
      " GROUP BY merchant_id, fingerprint, customer_id, sub_merchant HAVING count(*) > 1" },
    { "a token without consent",
      "SELECT token_no FROM tokens t WHERE NOT EXISTS (SELECT 1 FROM consents c"
      " WHERE c.merchant_id = t.merchant_id AND c.token_no = t.token_no)" },
    { "a token of Cashfree's channel without a successful payment that saves and had its second factor",
      "SELECT token_no FROM tokens t WHERE channel = 0 AND NOT EXISTS (SELECT 1 FROM payments p"
      " WHERE p.merchant_id = t.merchant_id AND p.token_no = t.token_no AND p.state IN (4, 7)"
      " AND p.saves > 0 AND p.sent_ms > 0)" },
    { "a card saved that nobody said was to be saved",
      "SELECT payment_no FROM payments WHERE saves > 0 AND order_id NOT LIKE 'save-%'" },
    { "refunds of another sum than their payment says",
      "SELECT payment_no FROM payments p WHERE refunded_minor <> (SELECT coalesce(sum(r.amount_minor), 0)"
      " FROM refunds r WHERE r.merchant_id = p.merchant_id AND r.payment_no = p.payment_no AND r.type = 0"
      " AND r.status IN (0, 1, 3))" },
    { "more refunded than was captured",
      "SELECT payment_no FROM payments WHERE refunded_minor >"
      " CASE WHEN state <> 4 THEN 0 WHEN authorise_only THEN captured_minor ELSE amount_minor END" },
    { "more captured than was authorised", "SELECT payment_no FROM payments WHERE captured_minor > amount_minor" },
    { "more tries of an OTP than there are", "SELECT payment_no FROM payments WHERE tries > 3 OR resends > 2" },
    { "a card in flight kept after its payment",
      "SELECT payment_no FROM payments WHERE state > 3 AND saves IN (0, 3) AND length(flight) > 0" },
};

void model_look(struct model *m, const struct world *w)
{
    m->looks++;
    for (enum seen_kind k = 0; k < SEEN_KINDS; k++)
        check_rows(m, w, k);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        int64_t found = eye_number(w, never[i].sql, 0, NULL);

        if (found)
            world_fail("%s: %lld", never[i].what, (long long)found);
    }
}

/* A row of the acquirer's book; verdicts are those of acquirer/acquirer.h, which both sides speak. */
struct booked { int64_t merchant_id, payment_no, verdict, captured, refunded; };

static int64_t wants(int64_t verdict)
{
    switch (verdict) {
    case ACQUIRER_CHARGED:
        return PAYMENT_SUCCESS;
    case ACQUIRER_HELD:
        return PAYMENT_FLAGGED;
    case ACQUIRER_VOIDED:
        return PAYMENT_VOID;
    case ACQUIRER_REVERSED:
        return PAYMENT_CANCELLED;
    default:
        return -1;
    }
}

static void check_booked(const struct world *w, const struct booked *b)
{
    const int64_t key[] = { b->merchant_id, b->payment_no };
    int64_t state = eye_number(w, "SELECT state FROM payments WHERE merchant_id = ?1 AND payment_no = ?2", 2, key);
    int64_t want = wants(b->verdict), captured, refunded;

    if (want >= 0 ? state != want : state != PAYMENT_FAILED && state != PAYMENT_DROPPED)
        world_fail("payment %lld of merchant %lld: the acquirer says %lld, our row %lld", (long long)b->payment_no,
                   (long long)b->merchant_id, (long long)b->verdict, (long long)state);
    captured = eye_number(w, "SELECT captured_minor FROM payments WHERE merchant_id = ?1 AND payment_no = ?2"
                          " AND authorise_only", 2, key);
    if (captured && captured != b->captured)
        world_fail("payment %lld: captured %lld, our row says %lld", (long long)b->payment_no, (long long)b->captured,
                   (long long)captured);
    refunded = eye_number(w, "SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE merchant_id = ?1"
                          " AND payment_no = ?2 AND type = 0 AND status IN (0, 1, 3)", 2, key);
    if (refunded != b->refunded)
        world_fail("payment %lld of merchant %lld: refunded %lld, our rows say %lld", (long long)b->payment_no,
                   (long long)b->merchant_id, (long long)b->refunded, (long long)refunded);
}

static int64_t check_book(const struct world *w)
{
    sqlite3_stmt *look = NULL;
    sqlite3 *book = NULL;
    int64_t charged = 0;

    if (sqlite3_open_v2(w->bank_path, &book, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK
        || sqlite3_prepare_v2(book, "SELECT merchant_id, payment_no, verdict, captured_minor, refunded_minor"
                              " FROM payments", -1, &look, NULL) != SQLITE_OK)
        world_fail("the acquirer's book cannot be read: %s", sqlite3_errmsg(book));
    while (sqlite3_step(look) == SQLITE_ROW) {
        struct booked b = { sqlite3_column_int64(look, 0), sqlite3_column_int64(look, 1),
                            sqlite3_column_int64(look, 2), sqlite3_column_int64(look, 3),
                            sqlite3_column_int64(look, 4) };

        check_booked(w, &b);
        charged += b.verdict == ACQUIRER_CHARGED;
    }
    (void)sqlite3_finalize(look);
    (void)sqlite3_close(book);
    return charged;
}

void model_settled(struct model *m, const struct world *w)
{
    int64_t open = eye_number(w, "SELECT count(*) FROM payments WHERE state < 3 OR saves = 2", 0, NULL);
    int64_t charged, ours;

    model_look(m, w);
    if (open)
        world_fail("%lld payments never came to an end", (long long)open);
    charged = check_book(w);
    ours = eye_number(w, "SELECT count(*) FROM payments WHERE state = 4", 0, NULL);
    if (charged != ours)
        world_fail("the acquirer charged %lld payments, and %lld of ours succeeded", (long long)charged,
                   (long long)ours);
}
