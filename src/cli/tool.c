/* tool.c: files, standard input, a sandbox's credentials. */
#include "cli/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/json_in.h"

#include "base/banned.h"

enum { PATH_TEXT = 2 * OPTIONS_TEXT, LINE_MAX_TEXT = 1024 };

static const struct json_field juspay_fields[] = {
    { .name = "server_public_key_pem", .type = JSON_TEXT, .at = offsetof(struct tool_credentials, server_public_key) },
    { .name = "merchant_private_key_pem", .type = JSON_TEXT,
      .at = offsetof(struct tool_credentials, merchant_private_key) },
    JSON_END,
};
static const struct json_field paytm_fields[] = {
    { .name = "merchant_key", .type = JSON_TEXT, .at = offsetof(struct tool_credentials, merchant_key) },
    JSON_END,
};
static const struct json_field file_fields[] = {
    { .name = "juspay", .type = JSON_OBJECT, .sub = juspay_fields, .at = JSON_NOWHERE },
    { .name = "paytm", .type = JSON_OBJECT, .sub = paytm_fields, .at = JSON_NOWHERE },
    JSON_END,
};

bool tool_write(int fd, struct span s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s.p += n, s.n -= (size_t)n;
    }
    return true;
}

void tool_complain(const char *word, struct span why)
{
    uint8_t bytes[LINE_MAX_TEXT];
    struct buf line = BUF(bytes);

    buf_text(&line, "tijori ");
    buf_text(&line, word);
    buf_text(&line, ": ");
    (void)tool_write(STDERR_FILENO, buf_view(&line));
    (void)tool_write(STDERR_FILENO, why);
    if (why.n && why.p[why.n - 1] != '\n')
        (void)tool_write(STDERR_FILENO, SPAN("\n"));
}

static enum fault complain(struct buf *why, const char *path, const char *reason)
{
    buf_text(why, path ? path : "standard input");
    buf_text(why, reason);
    return FAULT_BAD_INPUT;
}

static ssize_t read_some(struct buf *out, int fd)
{
    ssize_t n;

    do
        n = read(fd, out->p + out->n, out->cap - out->n);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        out->n += (size_t)n;
    return n;
}

enum fault tool_file(struct buf *out, const char *path, struct buf *why)
{
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    size_t before = out->n;
    ssize_t n = 1;

    if (fd < 0)
        return complain(why, path, errno == ENOENT ? " does not exist" : " cannot be read");
    while (n > 0 && out->n < out->cap)
        n = read_some(out, fd);
    if (path)
        close(fd);
    if (n < 0)
        return complain(why, path, " cannot be read");
    if (out->n == out->cap)
        return complain(why, path, " is too large");
    return out->n == before ? complain(why, path, " is empty") : FAULT_NONE;
}

static enum fault find_path(char out[static PATH_TEXT], const struct options *o)
{
    struct buf path = { (uint8_t *)out, 0, PATH_TEXT, false };

    buf_text(&path, o->credentials[0] ? o->credentials : o->data);
    if (!o->credentials[0])
        buf_text(&path, "/credentials.json");
    buf_byte(&path, '\0');
    return path.full ? FAULT_BAD_INPUT : FAULT_NONE;
}

enum fault tool_credentials(struct tool_credentials *out, struct arena *a, const struct options *o, struct buf *why)
{
    struct buf text = arena_buf(a, TOOL_FILE_MAX);
    struct json_complaint complaint;
    const struct json_node *node;
    char path[PATH_TEXT];

    if (find_path(path, o))
        return complain(why, "the path of the credentials", " is too long");
    if (tool_file(&text, path, why)) {
        buf_text(why, ": name a sandbox's data folder with --data, or the key's own file");
        return FAULT_BAD_INPUT;
    }
    if (json_read(&node, a, buf_view(&text), &complaint) || json_fill(out, node, file_fields, a, &complaint))
        return complain(why, path, " is not a sandbox's credentials");
    return FAULT_NONE;
}
