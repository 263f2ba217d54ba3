/* keyring.h: the root keys of each purpose, by generation, and the file they rest in.
 *
 * Every key the keyholder works with is derived from a root (keyholder/desk.h). Each purpose has roots of its own, so
 * that one can be rotated without the others, and each root is one generation: the newest is the one that is worked
 * with; older ones still open, match and verify what was made under them until they are destroyed (PCI DSS 3.7.4,
 * 3.7.5). A ring of one key, the same root for every purpose, is what a key file without a keyring beside it stands
 * for; the first rotation writes the ring.
 *
 * At rest it lies beside the key file, as `keyring`, mode 0600, sealed under the key-encryption key
 * (keyholder/keysource.h says where that comes from):
 *
 *     "tijori-keyring-1\n" | source (1) | threshold (1) | shares (1) | set (8) | version (8) | length (2) | what the
 *     source keeps | nonce (12) | entries | tag (16)
 *
 * AES-256-GCM; everything before the entries is authenticated with them. Numbers are big-endian. */
#pragma once

#include "base/secret.h"
#include "keyholder/keyholder.h"

#define KEYRING_NAME "keyring"        /* of its file, beside the key file */

enum {
    KEYRING_ROOT = 32, KEYRING_KEK = 32,      /* bytes of a root, and of the key-encryption key */
    KEYRING_ID = KEY_RING_ID,                 /* bytes of a root's id: derived from it, printed in hexadecimal */
    KEYRING_ENTRIES = KEY_PURPOSES * KEY_GENERATIONS,
    KEYRING_SET = KEY_RING_SET,       /* bytes that tell this ring from every other: on shares, too */
    KEYRING_FOR_SOURCE = 512,         /* bytes at most that the source keeps in the head: a wrapped key of the HSM */
};

/* One generation. `from`: the first number that it goes for; of ids only (service/ids.h), elsewhere 0. */
struct keyring_entry {
    enum key_purpose purpose;
    uint8_t id[KEYRING_ID];
    int64_t created_ms;               /* 0: as old as the key file */
    uint64_t from;
    uint8_t root[KEYRING_ROOT];
};

/* What is known of a ring before it is open. */
struct keyring_head {
    enum keyring_source source;
    uint8_t threshold, shares;        /* of KEYRING_SHARES; 0 elsewhere */
    uint8_t set[KEYRING_SET];
    uint64_t version;                 /* one more with every change */
    uint8_t for_source[KEYRING_FOR_SOURCE];
    size_t for_source_n;
};

struct keyring;                       /* in locked memory, wiped when freed */

/* The key-encryption key of KEYRING_FILE: derived from the master key, so that a keyring that leaked is of no use
 * without the key file. BAD_INPUT: not KEYRING_ROOT bytes. The caller frees it. */
MUST_CHECK enum fault keyring_kek_of_master(struct secret **kek, const struct secret *master);

/* A ring for `master` (KEYRING_ROOT bytes, which stay the caller's): one generation of every purpose, all of that root,
 * with source KEYRING_FILE and version 0. Its set is derived from the root, so the same master is the same set.
 * BAD_INPUT: another size; INTERNAL: no locked memory. The caller frees it with keyring_free(); NULL is fine there. */
MUST_CHECK enum fault keyring_of_master(struct keyring **out, const struct secret *master);

/* A ring of random roots, one a purpose, made at `now_ms`, for a new folder: a random set, KEYRING_FILE, version 0. */
MUST_CHECK enum fault keyring_new(struct keyring **out, int64_t now_ms);
MUST_CHECK enum fault keyring_copy(struct keyring **out, const struct keyring *r);
void keyring_free(struct keyring *r);

/* Its head, to be changed by whoever decides where the key-encryption key comes from, and to be read. */
struct keyring_head *keyring_head(struct keyring *r);
const struct keyring_head *keyring_head_of(const struct keyring *r);

/* Its generations, purpose by purpose and the newest first in each; NULL behind the last one. */
size_t keyring_count(const struct keyring *r);
const struct keyring_entry *keyring_at(const struct keyring *r, size_t i);

/* The generation number `age` of a purpose, 0 being the newest; NULL when there is none so old. */
const struct keyring_entry *keyring_find(const struct keyring *r, enum key_purpose purpose, size_t age);

/* Add a new random generation, which becomes the newest; it counts as made at `now_ms`, but not before the one it
 * follows. WRONG_STATE when KEY_GENERATIONS are there; BAD_INPUT for KEY_PURPOSE_BASE, which is never rotated, and for
 * a `from` below that of the newest, or other than 0 where ids are not meant. */
MUST_CHECK enum fault keyring_rotate(struct keyring *r, enum key_purpose purpose, int64_t now_ms,
                                     uint64_t from);

/* Take an older generation away for good. NOT_FOUND; WRONG_STATE when it is the newest of its purpose. */
MUST_CHECK enum fault keyring_destroy(struct keyring *r, enum key_purpose purpose, const uint8_t id[static KEYRING_ID]);

/* The file beside `key_file`: its head alone, without a key. NOT_FOUND; DENIED when it is not private to us; BAD_INPUT
 * when it is no keyring, or the path is too long; DISK. */
MUST_CHECK enum fault keyring_peek(struct keyring_head *out, const char *key_file);

/* The whole of it under the key-encryption key (KEYRING_KEK bytes). DENIED also when that does not open it. */
MUST_CHECK enum fault keyring_open(struct keyring **out, const char *key_file, const struct secret *kek);

/* Write it: beside the old one, on disk, then renamed in its place, so that a power cut leaves the one or the other.
 * The version goes up by one first. DENIED, DISK, BAD_INPUT (path too long). */
MUST_CHECK enum fault keyring_save(struct keyring *r, const char *key_file, const struct secret *kek);
