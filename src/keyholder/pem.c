/* pem.c: PEM text, read and written without leaving copies. */
#include "keyholder/pem.h"

#include <stdlib.h>

#include "base/base64.h"

#include "base/banned.h"

enum { PEM_BORDER = 64 };             /* bytes of the longest line that begins or ends a block */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void put_border(struct buf *out, const char *word, const char *label)
{
    buf_text(out, "-----");
    buf_text(out, word);
    buf_text(out, label);
    buf_text(out, "-----");
}

bool pem_is(struct span text)
{
    return span_starts(span_trim(text), SPAN("-----BEGIN "));
}

void pem_put(struct buf *out, const char *label, struct span der)
{
    enum { LINE = PEM_LINE / 4 * 3 };

    put_border(out, "BEGIN ", label);
    buf_byte(out, '\n');
    for (size_t at = 0; at < der.n; at += LINE) {
        base64_put(out, (struct span){ der.p + at, der.n - at < LINE ? der.n - at : LINE });
        buf_byte(out, '\n');
    }
    put_border(out, "END ", label);
    buf_byte(out, '\n');
}

/* What is between the two lines; BAD_INPUT when `text` does not begin and end with them. */
static enum fault inside(struct span *out, const char *label, struct span text)
{
    char lines[2][PEM_BORDER];
    struct buf begin = BUF(lines[0]), end = BUF(lines[1]);

    put_border(&begin, "BEGIN ", label);
    put_border(&end, "END ", label);
    if (begin.full || end.full)
        return FAULT_INTERNAL;
    text = span_trim(text);
    if (text.n < begin.n + end.n || !span_starts(text, buf_view(&begin)) ||
        !span_equal((struct span){ text.p + text.n - end.n, end.n }, buf_view(&end)))
        return FAULT_BAD_INPUT;
    *out = (struct span){ text.p + begin.n, text.n - begin.n - end.n };
    return FAULT_NONE;
}

/* Bytes that `packed` stands for if it is base64 at all. */
static size_t decoded_size(struct span packed)
{
    size_t pad = 0;

    while (pad < 2 && pad < packed.n && packed.p[packed.n - 1 - pad] == '=')
        pad++;
    return packed.n < 4 ? 0 : packed.n / 4 * 3 - pad;
}

enum fault pem_read(struct secret **out, const char *label, struct span text)
{
    struct span body = { 0 };
    AUTO_SECRET der = NULL;
    struct buf packed = { 0 }, b;
    size_t size;
    enum fault f = text.n > PEM_MAX ? FAULT_BAD_INPUT : inside(&body, label, text);

    if (f)
        return f;
    packed.p = malloc(body.n ? body.n : 1);
    packed.cap = body.n;
    if (!packed.p)
        return FAULT_INTERNAL;
    for (size_t i = 0; i < body.n; i++)
        if (!is_blank(body.p[i]))
            buf_byte(&packed, body.p[i]);
    size = decoded_size(buf_view(&packed));
    f = size == 0 || size > SECRET_MAX ? FAULT_BAD_INPUT : secret_new(&der, size);
    if (!f) {
        b = (struct buf){ der->bytes, 0, der->n, false };
        f = base64_read(&b, buf_view(&packed));
    }
    secret_wipe(packed.p, body.n);
    free(packed.p);
    if (f)
        return f;
    *out = der;
    der = NULL;
    return FAULT_NONE;
}
