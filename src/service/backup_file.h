/* backup_file.h: the bytes of a backup, written by a server and read by whoever restores (docs/BACKUP.md).
 *
 *     file   = "tijori-backup-1\n" (16) | id (16) | record ...
 *     record = length of what follows (4, big-endian) | sealed piece (KEY_USE_BACKUP)
 *     piece  = kind (1) | body:  'P' a part begins: its size (8) | its name
 *                                'D' its next bytes, BACKUP_PIECE of them unless they are its last
 *                                'E' the end: when it was begun, in ms (8) | how many parts (1)
 *
 * Each piece is sealed for its place: "backup|", the id in hexadecimal digits, "|" and its number from 0. So none can
 * be left out, moved, or taken from another backup; and a file without its end is not whole. */
#pragma once

#include "base/span.h"

enum {
    BACKUP_MAGIC = 16, BACKUP_ID = 16, BACKUP_HEAD = BACKUP_MAGIC + BACKUP_ID,          /* bytes */
    BACKUP_PIECE = 60 * 1024,         /* bytes of a part in one piece */
    BACKUP_NAME_MAX = 32,             /* bytes of a part's name */
    BACKUP_PARTS_MAX = 4,
    BACKUP_ABOUT = 64,                /* bytes that hold any place */
    BACKUP_PLAIN_MAX = 1 + BACKUP_PIECE,
};
#define BACKUP_MAGIC_TEXT SPAN("tijori-backup-1\n")

enum backup_kind { BACKUP_PART = 'P', BACKUP_DATA = 'D', BACKUP_END = 'E' };

/* A piece in the clear. `bytes`: a part's name, or data. `number`: a part's size, or when the backup was begun. */
struct backup_piece { enum backup_kind kind; int64_t number; unsigned parts; struct span bytes; };

/* Append it. */
void backup_piece_pack(struct buf *out, const struct backup_piece *p);

/* Read it; `bytes` is borrowed from `plain`. BAD_INPUT: it is none. */
MUST_CHECK enum fault backup_piece_unpack(struct backup_piece *p, struct span plain);

/* Append what piece number `no` of the backup `id` is sealed for. */
void backup_about(struct buf *out, const uint8_t id[static BACKUP_ID], int64_t no);

/* May a part have this name? A file's name, of lower-case letters and dots, that does not begin with a dot. */
bool backup_name_is_valid(struct span name);

/* How many data pieces a part of so many bytes has. */
int64_t backup_pieces(int64_t size);
