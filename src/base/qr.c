/* qr.c: QR codes as PNG (RFC 2083; ISO/IEC 15948), of one bit a dot and not compressed: they are small. */
#include "base/qr.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

#include "base/banned.h"

enum {
    DOTS = 4,                         /* of the picture for a module of the code, each way */
    QUIET = 4,                        /* modules of white around it (ISO/IEC 18004, 6.3.8) */
    PICTURE_MAX = 18 * 1024,          /* bytes of the PNG */
    STORED_MAX = 65535,               /* bytes of a deflate block that is not compressed (RFC 1951 3.2.4) */
    AROUND_ROWS = 2 + 5 + 4,          /* zlib's head, the block's, the checksum */
    ADLER = 65521,
};

#define PREFIX "data:image/png;base64,"

static void put_u32(struct buf *b, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_byte(b, (uint8_t)(n >> shift));
}

static uint32_t crc32_of(struct span s)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < s.n; i++) {
        crc ^= s.p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static uint32_t adler32_of(struct span s)
{
    uint32_t low = 1, high = 0;

    for (size_t i = 0; i < s.n; i++) {
        low = (low + s.p[i]) % ADLER;
        high = (high + low) % ADLER;
    }
    return high << 16 | low;
}

/* A chunk's length, type, data and checksum. */
static void put_chunk(struct buf *out, const char *type, struct span data)
{
    size_t from;

    put_u32(out, (uint32_t)data.n);
    from = out->n;
    buf_text(out, type);
    buf_span(out, data);
    put_u32(out, out->full ? 0 : crc32_of((struct span){ out->p + from, out->n - from }));
}

static bool is_black(const QRcode *code, size_t x, size_t y)
{
    size_t width = (size_t)code->width;

    if (x < QUIET || y < QUIET || x >= QUIET + width || y >= QUIET + width)
        return false;
    return code->data[(y - QUIET) * width + x - QUIET] & 1;
}

/* Each row begins with its filter, which is none; a bit that is set is white. */
static void put_rows(struct buf *out, const QRcode *code)
{
    size_t side = ((size_t)code->width + 2 * (size_t)QUIET) * DOTS;

    for (size_t y = 0; y < side; y++) {
        buf_byte(out, 0);
        for (size_t x = 0; x < side; x += 8) {
            unsigned bits = 0;
            for (size_t i = 0; i < 8; i++)
                bits = bits << 1 | (x + i < side && !is_black(code, (x + i) / DOTS, y / DOTS));
            buf_byte(out, (uint8_t)bits);
        }
    }
}

static struct span stored(struct arena *a, struct span rows)
{
    struct buf b = arena_buf(a, rows.n + AROUND_ROWS);

    buf_byte(&b, 0x78);               /* zlib (RFC 1950): deflate, 32 KiB */
    buf_byte(&b, 0x01);
    buf_byte(&b, 0x01);               /* the last block, stored */
    buf_byte(&b, (uint8_t)(rows.n & 0xFF));
    buf_byte(&b, (uint8_t)(rows.n >> 8));
    buf_byte(&b, (uint8_t)(~rows.n & 0xFF));
    buf_byte(&b, (uint8_t)(~rows.n >> 8 & 0xFF));
    buf_span(&b, rows);
    put_u32(&b, adler32_of(rows));
    return b.full ? (struct span){ 0 } : buf_view(&b);
}

MUST_CHECK static enum fault draw(struct span *out, struct arena *a, const QRcode *code)
{
    size_t side = ((size_t)code->width + 2 * (size_t)QUIET) * DOTS;
    struct buf png = arena_buf(a, PICTURE_MAX), rows = arena_buf(a, side * (side / 8 + 2)), url;
    uint8_t head[13];
    struct buf h = BUF(head);
    struct span packed;

    put_rows(&rows, code);
    if (rows.full || rows.n > STORED_MAX)
        return FAULT_INTERNAL;
    packed = stored(a, buf_view(&rows));
    put_u32(&h, (uint32_t)side);
    put_u32(&h, (uint32_t)side);
    buf_span(&h, SPAN("\x01\x00\x00\x00\x00"));       /* one bit of grey; the only methods there are */
    buf_span(&png, SPAN("\x89PNG\r\n\x1a\n"));
    put_chunk(&png, "IHDR", buf_view(&h));
    put_chunk(&png, "IDAT", packed);
    put_chunk(&png, "IEND", SPAN(""));
    if (span_absent(packed) || png.full)
        return FAULT_INTERNAL;
    url = arena_buf(a, sizeof PREFIX + 4 * (png.n / 3 + 1));
    buf_text(&url, PREFIX);
    base64_put(&url, buf_view(&png));
    return buf_done(&url, out);
}

enum fault qr_data_url(struct span *out, struct arena *a, struct span text)
{
    char plain[QR_TEXT_MAX + 1];
    QRcode *code;
    enum fault f;

    if (text.n == 0 || span_text(plain, sizeof plain, text))
        return FAULT_BAD_INPUT;
    code = QRcode_encodeString8bit(plain, 0, QR_ECLEVEL_M);
    if (!code)
        return FAULT_INTERNAL;
    f = draw(out, a, code);
    QRcode_free(code);
    return f;
}
