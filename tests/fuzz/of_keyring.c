/* of_keyring.c: the file of the keyring, whoever wrote it, and what the keyholder says of its keys. */
#include "fuzz.h"

#include <string.h>

#include "base/secret.h"
#include "keyholder/crypt.h"
#include "keyholder/desk.h"
#include "keyholder/keyring_parts.h"

#include "base/banned.h"

enum { HEAD_MAX = 600, ENTRY = 53, ENTRIES_MAX = 60 * ENTRY, SOURCE_AT = 17, LENGTH_AT = SOURCE_AT + 3 + 8 + 8 };

static struct secret *kek;
static struct crypt_gcm *gcm;

void fuzz_keyring_open(void)
{
    fuzz_check(secret_new(&kek, KEYRING_KEK) == FAULT_NONE);
    fuzz_check(crypt_gcm_new(&gcm) == FAULT_NONE);
}

void fuzz_keyring_close(void)
{
    crypt_gcm_free(gcm);
    secret_free(kek);
}

/* What holds of every ring, and what may be done with one. */
static void use_ring(struct keyring *r)
{
    size_t n = keyring_count(r);

    fuzz_check(n >= KEY_PURPOSES && n <= KEYRING_ENTRIES && !keyring_at(r, n));
    fuzz_check(!keyring_find(r, KEY_PURPOSE_BASE, 1));
    for (enum key_purpose p = 0; p < KEY_PURPOSES; p++) {
        const struct keyring_entry *newest = keyring_find(r, p, 0);
        bool is_full = keyring_find(r, p, KEY_GENERATIONS - 1);
        uint8_t id[KEYRING_ID];
        enum fault f;

        fuzz_check(newest && !keyring_find(r, p, KEY_GENERATIONS));
        memcpy(id, newest->id, sizeof id);
        f = keyring_rotate(r, p, 1, p == KEY_PURPOSE_ID ? newest->from : 0);
        fuzz_check(f == (p == KEY_PURPOSE_BASE ? FAULT_BAD_INPUT : is_full ? FAULT_WRONG_STATE : FAULT_NONE));
        if (!f)
            fuzz_check(keyring_destroy(r, p, id) == FAULT_NONE);
    }
    fuzz_check(keyring_count(r) == n);
}

static void open_file(struct span text)
{
    struct keyring *r = NULL;
    enum fault f = keyring_read(&r, text, kek);

    fuzz_check(f == FAULT_NONE || f == FAULT_DENIED || f == FAULT_BAD_INPUT);
    fuzz_check((f == FAULT_NONE) == (r != NULL));
    if (r)
        use_ring(r);
    keyring_free(r);
}

/* As somebody writes it who has the key: the head as it comes, with a length that fits, then `entries` sealed. */
static void open_forged(struct span head, struct span entries)
{
    static uint8_t text[HEAD_MAX + CRYPT_NONCE + ENTRIES_MAX + CRYPT_TAG];
    struct buf b = BUF(text);
    struct crypt_gcm_job job = { .key = kek->bytes, .in = entries };

    buf_text(&b, "tijori-keyring-1\n");
    buf_span(&b, head);
    while (b.n < LENGTH_AT)
        buf_byte(&b, 1);
    b.n = LENGTH_AT;
    buf_byte(&b, 0);
    buf_byte(&b, 0);
    job.nonce = text + b.n;
    for (size_t i = 0; i < CRYPT_NONCE; i++)
        buf_byte(&b, (uint8_t)i);
    job.aad = buf_view(&b);
    fuzz_check(!b.full && entries.n <= sizeof text - b.n - CRYPT_TAG);
    fuzz_check(crypt_gcm_seal(gcm, text + b.n, &job) == FAULT_NONE);
    open_file((struct span){ text, b.n + entries.n + CRYPT_TAG });
}

/* Each entry gets the id of its root, or most forgeries would end there. */
static void set_ids(uint8_t *entries, size_t n)
{
    for (uint8_t *e = entries; n - (size_t)(e - entries) >= ENTRY; e += ENTRY) {
        struct span root = { e + ENTRY - KEYRING_ROOT, KEYRING_ROOT };
        fuzz_check(desk_derive(e + 1, KEYRING_ID, root, "key id") == FAULT_NONE);
    }
}

static void read_told(struct span said)
{
    struct key_ask a = { .op = KEY_RING, .out = { (uint8_t *)said.p, said.n, said.n, false } };
    struct key_ring ring;

    if (key_ring_read(&ring, &a) != FAULT_NONE) {
        fuzz_check(ring.n == 0);
        return;
    }
    fuzz_check(said.n == KEY_RING_SIZE && ring.n <= KEY_PURPOSES * KEY_GENERATIONS);
    for (size_t i = 0; i < ring.n; i++)
        fuzz_check(ring.generations[i].purpose < KEY_PURPOSES);
}

/* The first byte says what comes: a whole file, what the keyholder said, or 21 bytes of a head and the entries. */
void fuzz_keyring(const uint8_t *bytes, size_t n)
{
    static uint8_t entries[ENTRIES_MAX];
    struct span rest = { bytes + 1, n ? n - 1 : 0 };
    size_t head = LENGTH_AT - SOURCE_AT;

    if (n == 0)
        return;
    if (bytes[0] % 4 == 0)
        open_file(rest);
    else if (bytes[0] % 4 == 1)
        read_told(rest);
    else if (rest.n > head && rest.n - head <= sizeof entries) {
        memcpy(entries, rest.p + head, rest.n - head);
        if (bytes[0] % 4 == 2)
            set_ids(entries, rest.n - head);
        open_forged((struct span){ rest.p, head }, (struct span){ entries, rest.n - head });
    }
}
