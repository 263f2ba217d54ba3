/* audit.c: links: the rows of a batch, what the keyholder says of them, one after the other. */
#include "service/audit_own.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/journal.h"
#include "keyholder/card.h"
#include "store/driver.h"

#include "base/banned.h"

_Static_assert((int)AUDIT_BATCH_ROWS == (int)CHAIN_ROWS_MAX, "one link, one batch");

static const struct { const char *sentence; enum journal_level level; } states[] = {
    [AUDIT_FINE] = { "the audit log is written again", JOURNAL_WARNING },
    [AUDIT_UNANSWERED] = { "the audit log cannot be signed: the keyholder does not answer; what must be audited is "
                           "refused", JOURNAL_ERROR },
    [AUDIT_FORKED] = { "the audit log does not continue what the keyholder signed: the database is another or an older "
                       "one; what must be audited is refused", JOURNAL_ERROR },
    [AUDIT_UNWRITTEN] = { "the audit log cannot be written; what must be audited is refused", JOURNAL_ERROR },
};

static void set_state(struct audit *a, enum audit_state state)
{
    if (atomic_exchange(&a->state, (int)state) != (int)state)
        journal_event(a->services->journal, states[state].level, states[state].sentence, 0, NULL);
}

const char *audit_trouble(const struct services *s)
{
    int state = s->audit ? atomic_load(&s->audit->state) : AUDIT_FINE;

    return state == AUDIT_FINE ? NULL : states[state].sentence;
}

static void set_head(struct audit_head *h, const struct audit_link_row *l)
{
    *h = (struct audit_head){ .link_no = l->link_no, .last_row = l->first_row + l->row_count - 1, .at_ms = l->at_ms,
                              .cards = l->cards, .numbers = l->numbers };
    if (l->mac.n == CHAIN_MAC)
        memcpy(h->mac, l->mac.p, CHAIN_MAC);
    if (l->life.n == CHAIN_LIFE)
        memcpy(h->life, l->life.p, CHAIN_LIFE);
}

/* Where all links were purged, the stub says what they ended with. */
static enum fault read_head(struct audit *a, struct store_tx *tx)
{
    struct audit_link_row l;
    struct audit_stub_row stub;
    struct audit_head head = { 0 };
    enum fault f = audit_link_last(tx, &l, a->arena);

    if (!f) {
        set_head(&head, &l);
    } else if (f == FAULT_NOT_FOUND) {
        f = audit_stub_find(tx, &stub, a->arena);
        if (!f && stub.link_mac.n == CHAIN_MAC) {
            head.link_no = stub.link_no;
            head.last_row = stub.last_row;
            memcpy(head.mac, stub.link_mac.p, CHAIN_MAC);
        }
    }
    if (f && f != FAULT_NOT_FOUND)
        return f;
    pthread_mutex_lock(&a->lock);
    a->head = head;
    pthread_mutex_unlock(&a->lock);
    a->knows_head = true;
    return FAULT_NONE;
}

static struct span text_of(const char *text)
{
    return text[0] ? span_of(text) : (struct span){ 0 };
}

/* Rows of what happened meanwhile outside any transaction. The queue keeps them until the commit. */
static enum fault add_notes(struct audit *a, struct store_tx *tx, const struct audit_batch *batch)
{
    size_t n, room = AUDIT_BATCH_ROWS - batch->rows;
    enum fault f = FAULT_NONE;

    pthread_mutex_lock(&a->lock);
    n = a->n < AUDIT_NOTES_IN_ONE ? a->n : AUDIT_NOTES_IN_ONE;
    pthread_mutex_unlock(&a->lock);
    a->taken = n < room ? n : room;
    for (size_t i = 0; i < a->taken && !f; i++) {      /* nobody but this thread takes from the front */
        const struct audit_note *note = &a->notes[(a->first + i) % AUDIT_NOTES_MAX];
        struct audit_row row = {
            .merchant_id = note->merchant_id, .at_ms = note->at_ms, .event = note->event, .channel = note->channel,
            .outcome = note->outcome, .request_id = text_of(note->request_id), .source = text_of(note->source),
            .actor = text_of(note->actor), .object = text_of(note->object), .cards = note->cards,
        };
        f = audit_insert(tx, &row);
    }
    return f;
}

static enum fault digest_rows(struct audit *a, struct span *out, const struct audit_batch *batch)
{
    uint8_t *digests = arena_take(a->arena, batch->rows * CHAIN_DIGEST + 1);

    if (!digests)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < batch->rows; i++) {
        struct span row = audit_batch_row(batch, i);
        if (EVP_DigestInit_ex2(a->digest, a->sha256, NULL) != 1 || EVP_DigestUpdate(a->digest, row.p, row.n) != 1
            || EVP_DigestFinal_ex(a->digest, digests + i * CHAIN_DIGEST, NULL) != 1)
            return FAULT_INTERNAL;
    }
    *out = (struct span){ digests, batch->rows * CHAIN_DIGEST };
    return FAULT_NONE;
}

static enum fault ask(struct audit *a, struct chain_seal *seal, const struct chain_link *l)
{
    struct key_ask ask;
    enum fault f = chain_ask(&ask, a->arena, l);

    if (f)
        return f;
    f = keyholder_ask_one(a->services->keyholder, &ask);
    return f == FAULT_SILENT ? f : chain_read(seal, &ask);
}

/* Did the keyholder open anything that the last link does not tell of? */
static bool has_moved(const struct audit_head *h, const struct chain_seal *seal)
{
    return h->cards != seal->cards || h->numbers != seal->numbers || memcmp(h->life, seal->life, CHAIN_LIFE) != 0;
}

static enum fault make_link(struct audit *a, struct store_tx *tx, const struct audit_batch *batch)
{
    const struct audit_head *head = &a->head;
    struct chain_link l = { .link_no = head->link_no + 1, .first_row = head->last_row + 1,
                            .rows = (int64_t)batch->rows, .at_ms = clock_now_ms(clock_system()) };
    struct chain_seal seal;
    struct audit_link_row row;
    enum fault f = digest_rows(a, &l.digests, batch);

    if (batch->rows)
        l.first_row = batch->first_row;
    memcpy(l.before, head->mac, CHAIN_MAC);
    if (!f)
        f = ask(a, &seal, &l);
    if (f || (!batch->rows && !has_moved(head, &seal)))
        return f;
    row = (struct audit_link_row){
        .link_no = l.link_no, .first_row = l.first_row, .row_count = l.rows, .at_ms = l.at_ms, .cards = seal.cards,
        .numbers = seal.numbers, .digests = l.digests, .life = { seal.life, CHAIN_LIFE },
        .mac = { seal.mac, CHAIN_MAC },
    };
    f = audit_link_insert(tx, &row);
    if (!f) {
        set_head(&a->next, &row);
        a->linked = true;
    }
    return f;
}

/* In the words of who waits: DISK is everybody's, and a chain that forked is no fault of the caller's rights. */
static enum fault settle(struct audit *a, enum fault f)
{
    if (!f)
        return f;
    set_state(a, f == FAULT_SILENT ? AUDIT_UNANSWERED : f == FAULT_DENIED ? AUDIT_FORKED : AUDIT_UNWRITTEN);
    return f == FAULT_DENIED ? FAULT_SILENT : f;
}

static enum fault link_batch(void *arg, struct store_tx *tx, struct audit_batch *batch)
{
    struct audit *a = arg;
    enum fault f = FAULT_NONE;

    arena_reset(a->arena);
    a->linked = false;
    a->taken = 0;
    if (!a->knows_head)
        f = read_head(a, tx);
    if (!f)
        f = add_notes(a, tx, batch);
    if (!f)
        f = make_link(a, tx, batch);
    return settle(a, f);
}

static void batch_kept(void *arg, bool kept)
{
    struct audit *a = arg;

    if (!kept) {
        a->knows_head = false;        /* the disk knows, even of a commit that came to be after all */
        return;
    }
    pthread_mutex_lock(&a->lock);
    if (a->linked)
        a->head = a->next;
    a->first = (a->first + a->taken) % AUDIT_NOTES_MAX;
    a->n -= a->taken;
    pthread_mutex_unlock(&a->lock);
    a->taken = 0;
    a->linked = false;
    set_state(a, AUDIT_FINE);
}

enum fault audit_new(struct audit **out, const struct services *s, const char *anchor)
{
    struct audit *a = calloc(1, sizeof *a);
    enum fault f = a ? arena_new(&a->arena) : FAULT_INTERNAL;

    if (f) {
        free(a);
        return f;
    }
    a->services = s;
    a->hooks = (struct store_audit){ link_batch, batch_kept, a };
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->wake, NULL);
    a->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);      /* once: fetching costs more than a digest */
    a->digest = EVP_MD_CTX_new();
    if (!a->sha256 || !a->digest || (anchor && !(a->anchor = strdup(anchor)))) {
        audit_free(a);
        return FAULT_INTERNAL;
    }
    *out = a;
    return FAULT_NONE;
}

void audit_free(struct audit *a)
{
    if (!a)
        return;
    pthread_cond_destroy(&a->wake);
    pthread_mutex_destroy(&a->lock);
    EVP_MD_CTX_free(a->digest);
    EVP_MD_free(a->sha256);
    arena_free(a->arena);
    free(a->anchor);
    free(a);
}

const struct store_audit *audit_hooks(const struct audit *a)
{
    return &a->hooks;
}

static void copy(char out[static AUDIT_NOTE_TEXT], struct span text)
{
    size_t n = text.n < AUDIT_NOTE_TEXT ? text.n : AUDIT_NOTE_TEXT - 1;

    if (n)
        memcpy(out, text.p, n);
    out[n] = '\0';
}

/* BUSY: there is no room. */
static enum fault put_note(struct audit *a, const struct audit_row *row)
{
    enum fault f = FAULT_BUSY;

    pthread_mutex_lock(&a->lock);
    if (a->n < AUDIT_NOTES_MAX) {
        struct audit_note *note = &a->notes[(a->first + a->n) % AUDIT_NOTES_MAX];
        *note = (struct audit_note){ .merchant_id = row->merchant_id, .at_ms = row->at_ms, .event = row->event,
                                     .channel = row->channel, .outcome = row->outcome, .cards = row->cards };
        copy(note->request_id, row->request_id);
        copy(note->source, row->source);
        copy(note->actor, row->actor);
        copy(note->object, row->object);
        a->n++;
        f = FAULT_NONE;
    }
    pthread_mutex_unlock(&a->lock);
    return f;
}

/* A flawed card was not opened, and of a code alone there is no number. */
static bool was_opened(const struct card_facts *facts)
{
    static const uint8_t none[CARD_FINGERPRINT];

    return facts->flaw == CARD_FINE && memcmp(facts->fingerprint, none, CARD_FINGERPRINT) != 0;
}

enum fault audit_opened(const struct services *s, const struct card_facts *facts, const struct audit_opened *o)
{
    struct audit_row row = {
        .merchant_id = o->merchant_id, .at_ms = o->at_ms, .event = AUDIT_CARD, .channel = o->channel,
        .request_id = o->request_id, .source = o->source, .cards = 1,
    };

    return s->audit && was_opened(facts) ? put_note(s->audit, &row) : FAULT_NONE;
}

void audit_admin_ended(const struct services *s, const struct audit_call *c)
{
    struct audit_row row = {
        .at_ms = c->at_ms, .event = AUDIT_ADMIN_END, .channel = -1, .outcome = c->outcome,
        .request_id = c->request_id, .source = c->source, .actor = c->actor, .object = c->what,
    };

    if (s->audit && put_note(s->audit, &row) != FAULT_NONE)
        journal_event(s->journal, JOURNAL_WARNING, "the end of an admin call has no row in the audit log",
                      c->outcome, NULL);
}

void audit_refused(const struct services *s, enum audit_door door)
{
    if (s->audit)
        atomic_fetch_add_explicit(&s->audit->refused[door], 1, memory_order_relaxed);
}
