/* keyfile.c: reading and making the key file. */
#include "keyholder/keyfile.h"

#include "base/base64.h"
#include "keyholder/heart.h"
#include "keyholder/private_file.h"

#include "base/banned.h"

#define FIRST_LINE "tijori-key-1\n"

enum {
    FIRST = sizeof FIRST_LINE - 1,
    TEXT = FIRST + 2 * HEART_MASTER + 1,      /* bytes of the file, with the last line end */
};

static enum fault parse(struct secret **out, struct span text)
{
    AUTO_SECRET key = NULL;
    enum fault f;
    struct buf b;

    if (text.n == TEXT && text.p[TEXT - 1] == '\n')
        text.n--;                     /* an editor may have left the last line end out */
    if (text.n != TEXT - 1 || !span_starts(text, SPAN(FIRST_LINE)))
        return FAULT_BAD_INPUT;
    f = secret_new(&key, HEART_MASTER);
    if (f)
        return f;
    b = (struct buf){ key->bytes, 0, key->n, false };
    f = hex_read(&b, (struct span){ text.p + FIRST, 2 * HEART_MASTER });
    if (f)
        return f;
    *out = key;
    key = NULL;
    return FAULT_NONE;
}

enum fault keyfile_read(struct secret **out, const char *path)
{
    uint8_t text[TEXT];
    struct buf b = BUF(text);
    enum fault f = private_file_read(&b, path);

    if (!f)
        f = parse(out, buf_view(&b));
    secret_wipe(text, sizeof text);
    return f;
}

enum fault keyfile_create(const char *path)
{
    uint8_t key[HEART_MASTER], text[TEXT];
    struct buf b = BUF(text);
    enum fault f;

    secret_random(key, sizeof key);
    buf_text(&b, FIRST_LINE);
    hex_put(&b, (struct span){ key, sizeof key });
    buf_byte(&b, '\n');
    f = private_file_create(path, buf_view(&b));
    secret_wipe(key, sizeof key);
    secret_wipe(text, sizeof text);
    return f;
}
