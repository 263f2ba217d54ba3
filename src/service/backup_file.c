/* backup_file.c: both ends of a backup's pieces. */
#include "service/backup_file.h"

#include "base/base64.h"

#include "base/banned.h"

enum { NUMBER = 8, END = NUMBER + 1 };        /* bytes */

static void put_number(struct buf *out, int64_t n)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buf_byte(out, (uint8_t)((uint64_t)n >> shift));
}

static int64_t get_number(const uint8_t *p)
{
    uint64_t n = 0;

    for (size_t i = 0; i < NUMBER; i++)
        n = n << 8 | p[i];
    return (int64_t)n;
}

void backup_piece_pack(struct buf *out, const struct backup_piece *p)
{
    buf_byte(out, (uint8_t)p->kind);
    switch (p->kind) {
    case BACKUP_PART:
        put_number(out, p->number);
        buf_span(out, p->bytes);
        break;
    case BACKUP_DATA:
        buf_span(out, p->bytes);
        break;
    case BACKUP_END:
        put_number(out, p->number);
        buf_byte(out, (uint8_t)p->parts);
        break;
    }
}

enum fault backup_piece_unpack(struct backup_piece *p, struct span plain)
{
    struct span body = { plain.p + 1, plain.n - 1 };

    if (plain.n == 0)
        return FAULT_BAD_INPUT;
    *p = (struct backup_piece){ .kind = (enum backup_kind)plain.p[0] };
    if (plain.p[0] == BACKUP_DATA) {
        p->bytes = body;
        return body.n > 0 && body.n <= BACKUP_PIECE ? FAULT_NONE : FAULT_BAD_INPUT;
    }
    if (body.n < NUMBER)
        return FAULT_BAD_INPUT;
    p->number = get_number(body.p);
    p->bytes = (struct span){ body.p + NUMBER, body.n - NUMBER };
    if (plain.p[0] == BACKUP_PART)
        return p->number >= 0 && backup_name_is_valid(p->bytes) ? FAULT_NONE : FAULT_BAD_INPUT;
    if (plain.p[0] != BACKUP_END || body.n != END)
        return FAULT_BAD_INPUT;
    p->parts = body.p[NUMBER];
    return FAULT_NONE;
}

void backup_about(struct buf *out, const uint8_t id[static BACKUP_ID], int64_t no)
{
    buf_text(out, "backup|");
    hex_put(out, (struct span){ id, BACKUP_ID });
    buf_byte(out, '|');
    buf_i64(out, no);
}

bool backup_name_is_valid(struct span name)
{
    if (name.n == 0 || name.n > BACKUP_NAME_MAX || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] != '.' && (name.p[i] < 'a' || name.p[i] > 'z'))
            return false;
    return true;
}

int64_t backup_pieces(int64_t size)
{
    return (size + BACKUP_PIECE - 1) / BACKUP_PIECE;
}
