/* keyring_parts.h: the inside of a ring, for the files that keep and write it. */
#pragma once

#include "keyholder/keyring.h"

/* Lies in the bytes of `home`. Entries: purpose by purpose, the newest first in each; every purpose has one. */
struct keyring {
    struct secret *home;
    struct keyring_head head;
    size_t n;
    struct keyring_entry entries[KEYRING_ENTRIES];
};

/* A ring without entries. INTERNAL: no locked memory. */
MUST_CHECK enum fault keyring_empty(struct keyring **out);

/* The ring of a whole file, as keyring_open() reads it. */
MUST_CHECK enum fault keyring_read(struct keyring **out, struct span text, const struct secret *kek);
