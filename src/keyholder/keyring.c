/* keyring.c: roots of keys in locked memory, by purpose, the newest first. */
#include "keyholder/keyring.h"

#include <string.h>

#include "keyholder/desk.h"
#include "keyholder/keyring_parts.h"

#include "base/banned.h"

_Static_assert(sizeof(struct keyring) <= SECRET_MAX, "a ring is one secret");
_Static_assert((int)KEYRING_ID == (int)DESK_KEY_ID && (int)KEYRING_KEK == (int)CRYPT_KEY, "they name the same things");

enum fault keyring_empty(struct keyring **out)
{
    struct secret *home = NULL;
    enum fault f = secret_new(&home, sizeof(struct keyring));

    if (f)
        return f;
    *out = (struct keyring *)(void *)home->bytes;
    (*out)->home = home;
    return FAULT_NONE;
}

void keyring_free(struct keyring *r)
{
    if (r)
        secret_free(r->home);
}

static enum fault derive(uint8_t *out, size_t n, const struct keyring_entry *e, const char *label)
{
    return desk_derive(out, n, (struct span){ e->root, KEYRING_ROOT }, label);
}

enum fault keyring_kek_of_master(struct secret **kek, const struct secret *master)
{
    AUTO_SECRET key = NULL;
    enum fault f = master->n == KEYRING_ROOT ? secret_new(&key, KEYRING_KEK) : FAULT_BAD_INPUT;

    if (!f)
        f = desk_derive(key->bytes, key->n, secret_span(master), "keyring");
    if (f)
        return f;
    *kek = key, key = NULL;
    return FAULT_NONE;
}

enum fault keyring_of_master(struct keyring **out, const struct secret *master)
{
    struct keyring *r = NULL;
    enum fault f = master->n == KEYRING_ROOT ? keyring_empty(&r) : FAULT_BAD_INPUT;

    if (f)
        return f;
    r->head.source = KEYRING_FILE;
    for (r->n = 0; r->n < KEY_PURPOSES && !f; r->n++) {
        struct keyring_entry *e = &r->entries[r->n];
        e->purpose = (enum key_purpose)r->n;
        memcpy(e->root, master->bytes, KEYRING_ROOT);
        f = derive(e->id, KEYRING_ID, e, "key id");
    }
    if (!f)
        f = derive(r->head.set, KEYRING_SET, r->entries, "keyring set");
    if (f) {
        keyring_free(r);
        return f;
    }
    *out = r;
    return FAULT_NONE;
}

static const struct keyring_entry *find_id(const struct keyring *r, enum key_purpose purpose, const uint8_t *id)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->entries[i].purpose == purpose && memcmp(r->entries[i].id, id, KEYRING_ID) == 0)
            return &r->entries[i];
    return NULL;
}

/* A random root whose id no other of its purpose has: `e` is not among the ring's entries yet. */
static enum fault draw(const struct keyring *r, struct keyring_entry *e)
{
    enum fault f;

    do {
        secret_random(e->root, KEYRING_ROOT);
        f = derive(e->id, KEYRING_ID, e, "key id");
    } while (!f && find_id(r, e->purpose, e->id));
    return f;
}

enum fault keyring_new(struct keyring **out, int64_t now_ms)
{
    struct keyring *r = NULL;
    enum fault f = keyring_empty(&r);

    if (f)
        return f;
    r->head.source = KEYRING_FILE;
    secret_random(r->head.set, KEYRING_SET);
    for (; r->n < KEY_PURPOSES && !f; r->n++) {
        r->entries[r->n].purpose = (enum key_purpose)r->n;
        r->entries[r->n].created_ms = now_ms < 0 ? 0 : now_ms;
        f = draw(r, &r->entries[r->n]);
    }
    if (f) {
        keyring_free(r);
        return f;
    }
    *out = r;
    return FAULT_NONE;
}

enum fault keyring_copy(struct keyring **out, const struct keyring *r)
{
    struct keyring *copy = NULL;
    enum fault f = keyring_empty(&copy);

    if (f)
        return f;
    copy->head = r->head;
    copy->n = r->n;
    memcpy(copy->entries, r->entries, sizeof r->entries);
    *out = copy;
    return FAULT_NONE;
}

struct keyring_head *keyring_head(struct keyring *r)
{
    return &r->head;
}

const struct keyring_head *keyring_head_of(const struct keyring *r)
{
    return &r->head;
}

size_t keyring_count(const struct keyring *r)
{
    return r->n;
}

const struct keyring_entry *keyring_at(const struct keyring *r, size_t i)
{
    return i < r->n ? &r->entries[i] : NULL;
}

const struct keyring_entry *keyring_find(const struct keyring *r, enum key_purpose purpose, size_t age)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->entries[i].purpose == purpose && age-- == 0)
            return &r->entries[i];
    return NULL;
}

enum fault keyring_rotate(struct keyring *r, enum key_purpose purpose, int64_t now_ms, uint64_t from)
{
    const struct keyring_entry *newest = keyring_find(r, purpose, 0);
    size_t at = newest ? (size_t)(newest - r->entries) : 0;
    struct keyring_entry *e = &r->entries[at];
    struct keyring_entry made = { .purpose = purpose, .from = from };
    enum fault f;

    if (!newest || purpose == KEY_PURPOSE_BASE || from < newest->from || (from && purpose != KEY_PURPOSE_ID))
        return FAULT_BAD_INPUT;
    if (keyring_find(r, purpose, KEY_GENERATIONS - 1))
        return FAULT_WRONG_STATE;
    made.created_ms = now_ms > newest->created_ms ? now_ms : newest->created_ms;
    f = draw(r, &made);
    if (!f) {
        memmove(e + 1, e, (r->n - at) * sizeof *e);
        *e = made;
        r->n++;
    }
    secret_wipe(&made, sizeof made);
    return f;
}

enum fault keyring_destroy(struct keyring *r, enum key_purpose purpose, const uint8_t id[static KEYRING_ID])
{
    const struct keyring_entry *found = find_id(r, purpose, id);
    size_t at;

    if (!found)
        return FAULT_NOT_FOUND;
    if (found == keyring_find(r, purpose, 0))
        return FAULT_WRONG_STATE;
    at = (size_t)(found - r->entries);
    r->n--;
    memmove(&r->entries[at], &r->entries[at + 1], (r->n - at) * sizeof *r->entries);
    secret_wipe(&r->entries[r->n], sizeof *r->entries);
    return FAULT_NONE;
}
