/* keyring_file.c: the ring at rest. */
#include <limits.h>
#include <string.h>

#include "keyholder/crypt.h"
#include "keyholder/desk.h"
#include "keyholder/keyring_parts.h"
#include "keyholder/private_file.h"
#include "keyholder/wire.h"

#include "base/banned.h"

#define FIRST_LINE "tijori-keyring-1\n"

enum {
    FIRST = sizeof FIRST_LINE - 1,
    HEAD = FIRST + 1 + 1 + 1 + KEYRING_SET + 8 + 2,           /* what the source keeps and the nonce come behind it */
    ENTRY = 1 + KEYRING_ID + 8 + 8 + KEYRING_ROOT,
    PLAIN_MAX = KEYRING_ENTRIES * ENTRY,
    FILE_MAX = HEAD + KEYRING_FOR_SOURCE + CRYPT_NONCE + PLAIN_MAX + CRYPT_TAG,
};

_Static_assert((int)PLAIN_MAX <= (int)SECRET_MAX, "the entries are one secret while they are written");

static void put_head(struct buf *out, const struct keyring_head *h)
{
    buf_text(out, FIRST_LINE);
    wire_put(out, h->source, 1);
    wire_put(out, h->threshold, 1);
    wire_put(out, h->shares, 1);
    buf_put(out, h->set, KEYRING_SET);
    wire_put(out, h->version, 8);
    wire_put(out, h->for_source_n, 2);
    buf_put(out, h->for_source, h->for_source_n);
}

static bool is_source(uint64_t source)
{
    return source == KEYRING_FILE || source == KEYRING_SHARES || source == KEYRING_HSM;
}

/* `r` is at the nonce then. */
static enum fault take_head(struct wire *r, struct keyring_head *h)
{
    struct span first = wire_take(r, FIRST);
    uint64_t source = wire_number(r, 1);

    *h = (struct keyring_head){ .source = (enum keyring_source)source };
    h->threshold = (uint8_t)wire_number(r, 1);
    h->shares = (uint8_t)wire_number(r, 1);
    wire_copy(r, h->set, KEYRING_SET);
    h->version = wire_number(r, 8);
    h->for_source_n = wire_number(r, 2);
    if (r->bad || !span_equal(first, SPAN(FIRST_LINE)) || !is_source(source) || h->for_source_n > KEYRING_FOR_SOURCE)
        return FAULT_BAD_INPUT;
    wire_copy(r, h->for_source, h->for_source_n);
    return r->bad ? FAULT_BAD_INPUT : FAULT_NONE;
}

/* May `e` come behind the ring's entries? In the order of purposes none is missing, none has more than may be, and of
 * one purpose nothing is newer than what is before it. */
static bool follows(const struct keyring *r, const struct keyring_entry *e)
{
    const struct keyring_entry *last = r->n ? &r->entries[r->n - 1] : NULL;
    enum key_purpose expected = last ? last->purpose + 1 : 0;

    if (e->created_ms < 0 || (e->from && e->purpose != KEY_PURPOSE_ID))
        return false;
    if (!last || last->purpose != e->purpose)
        return e->purpose == expected;
    return e->purpose != KEY_PURPOSE_BASE && !keyring_find(r, e->purpose, KEY_GENERATIONS - 1) &&
           e->created_ms <= last->created_ms && e->from <= last->from;
}

static enum fault take_entry(struct keyring *r, struct wire *w)
{
    struct keyring_entry *e = &r->entries[r->n];
    uint64_t purpose = wire_number(w, 1);
    uint8_t id[KEYRING_ID];
    enum fault f;

    wire_copy(w, e->id, KEYRING_ID);
    e->created_ms = (int64_t)wire_number(w, 8);
    e->from = wire_number(w, 8);
    wire_copy(w, e->root, KEYRING_ROOT);
    if (w->bad || purpose >= KEY_PURPOSES)
        return FAULT_BAD_INPUT;
    e->purpose = (enum key_purpose)purpose;
    if (!follows(r, e))
        return FAULT_BAD_INPUT;
    f = desk_derive(id, sizeof id, (struct span){ e->root, KEYRING_ROOT }, "key id");
    r->n++;
    return f ? f : memcmp(id, e->id, KEYRING_ID) == 0 ? FAULT_NONE : FAULT_BAD_INPUT;
}

static enum fault take_entries(struct keyring *r, struct span plain)
{
    struct wire w = { plain, false };
    enum fault f = FAULT_NONE;

    while (!f && w.s.n > 0)
        f = r->n < KEYRING_ENTRIES ? take_entry(r, &w) : FAULT_BAD_INPUT;
    return f ? f : keyring_find(r, KEY_PURPOSES - 1, 0) ? FAULT_NONE : FAULT_BAD_INPUT;
}

/* The head of a whole file; `rest` is what is behind the nonce. */
static enum fault split(struct keyring_head *head, struct span *rest, struct span text)
{
    struct wire w = { text, false };
    enum fault f = take_head(&w, head);

    (void)wire_take(&w, CRYPT_NONCE);
    *rest = w.s;
    if (!f && (w.bad || w.s.n < CRYPT_TAG + KEY_PURPOSES * ENTRY || (w.s.n - CRYPT_TAG) % ENTRY != 0))
        f = FAULT_BAD_INPUT;
    return f;
}

/* The file beside `key_file`, into `text`, which has FILE_MAX bytes. */
static enum fault load(struct buf *text, const char *key_file)
{
    char path[PATH_MAX];
    enum fault f = private_file_beside(path, sizeof path, key_file, KEYRING_NAME);

    return f ? f : private_file_read(text, path);
}

enum fault keyring_peek(struct keyring_head *out, const char *key_file)
{
    uint8_t bytes[FILE_MAX];
    struct buf text = BUF(bytes);
    struct keyring_head head = { .source = KEYRING_FILE };
    struct span rest;
    enum fault f = load(&text, key_file);

    if (!f)
        f = split(&head, &rest, buf_view(&text));
    if (!f)
        *out = head;
    return f;
}

/* Open `sealed`, which is behind the nonce in `text`. */
static enum fault unseal(struct keyring *r, struct span text, struct span sealed, const struct secret *kek)
{
    AUTO_SECRET plain = NULL;
    struct crypt_gcm_job job = { kek->bytes, sealed.p - CRYPT_NONCE, { text.p, text.n - sealed.n }, sealed };
    struct crypt_gcm *gcm = NULL;
    enum fault f = sealed.n - CRYPT_TAG <= PLAIN_MAX ? secret_new(&plain, sealed.n - CRYPT_TAG) : FAULT_BAD_INPUT;

    if (!f)
        f = crypt_gcm_new(&gcm);
    if (!f)
        f = crypt_gcm_open(gcm, plain->bytes, &job);
    if (!f)
        f = take_entries(r, secret_span(plain));
    crypt_gcm_free(gcm);
    return f;
}

enum fault keyring_read(struct keyring **out, struct span text, const struct secret *kek)
{
    struct keyring *r = NULL;
    struct span sealed;
    enum fault f = kek->n == KEYRING_KEK ? keyring_empty(&r) : FAULT_DENIED;

    if (!f)
        f = split(&r->head, &sealed, text);
    if (!f)
        f = unseal(r, text, sealed, kek);
    if (f) {
        keyring_free(r);
        return f;
    }
    *out = r;
    return FAULT_NONE;
}

enum fault keyring_open(struct keyring **out, const char *key_file, const struct secret *kek)
{
    uint8_t bytes[FILE_MAX];
    struct buf text = BUF(bytes);
    enum fault f = load(&text, key_file);

    return f ? f : keyring_read(out, buf_view(&text), kek);
}

static void put_entries(struct buf *out, const struct keyring *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct keyring_entry *e = &r->entries[i];
        wire_put(out, e->purpose, 1);
        buf_put(out, e->id, KEYRING_ID);
        wire_put(out, (uint64_t)e->created_ms, 8);
        wire_put(out, e->from, 8);
        buf_put(out, e->root, KEYRING_ROOT);
    }
}

/* Append the sealed entries to `text`, which has head and nonce. */
static enum fault seal(struct buf *text, const struct keyring *r, const struct secret *kek)
{
    AUTO_SECRET plain = NULL;
    struct crypt_gcm *gcm = NULL;
    struct crypt_gcm_job job = { kek->bytes, text->p + text->n - CRYPT_NONCE, buf_view(text), { 0 } };
    struct buf entries;
    enum fault f = secret_new(&plain, r->n * ENTRY);

    if (!f)
        f = crypt_gcm_new(&gcm);
    if (!f) {
        entries = (struct buf){ plain->bytes, 0, plain->n, false };
        put_entries(&entries, r);
        job.in = buf_view(&entries);
        f = crypt_gcm_seal(gcm, text->p + text->n, &job);
        text->n += plain->n + CRYPT_TAG;
    }
    crypt_gcm_free(gcm);
    return f;
}

enum fault keyring_save(struct keyring *r, const char *key_file, const struct secret *kek)
{
    uint8_t bytes[FILE_MAX], nonce[CRYPT_NONCE];
    struct buf text = BUF(bytes);
    char path[PATH_MAX];
    enum fault f = private_file_beside(path, sizeof path, key_file, KEYRING_NAME);

    if (f)
        return f;
    if (kek->n != KEYRING_KEK || r->head.for_source_n > KEYRING_FOR_SOURCE)
        return FAULT_BAD_INPUT;
    r->head.version++;
    put_head(&text, &r->head);
    secret_random(nonce, sizeof nonce);
    buf_put(&text, nonce, sizeof nonce);
    f = seal(&text, r, kek);
    return f ? f : private_file_replace(path, buf_view(&text));
}
