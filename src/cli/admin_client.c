/* admin_client.c: curl, kept to one host, one answer and no proxies. */
#include "cli/admin_client.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_in.h"

#include "base/banned.h"

enum { PATH_TEXT = 2 * OPTIONS_TEXT, URL_TEXT = 2 * OPTIONS_TEXT };

static enum fault complain(struct buf *why, const char *a, const char *b, const char *c)
{
    buf_text(why, a);
    buf_text(why, b);
    buf_text(why, c);
    return FAULT_BAD_INPUT;
}

/* Put two pieces together and end them with a NUL. */
static enum fault join(char *out, size_t cap, const char *a, const char *b)
{
    struct buf text = { (uint8_t *)out, 0, cap, false };

    buf_text(&text, a);
    buf_text(&text, b);
    buf_byte(&text, '\0');
    return text.full ? FAULT_BAD_INPUT : FAULT_NONE;
}

/* The path of "unix:PATH"; NULL of any other address. */
static const char *socket_of(const char *url)
{
    return strncmp(url, "unix:/", 6) == 0 ? url + 5 : NULL;
}

bool admin_url_is_safe(const char *url)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL;
    bool safe = socket_of(url) != NULL;

    if (!safe && u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        bool loopback = strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
                        (strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == strlen(host));
        safe = strcmp(scheme, "https") == 0 || (strcmp(scheme, "http") == 0 && loopback);
    }
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(u);
    return safe;
}

/* Append the whole file. NOT_FOUND when it is not there; BAD_INPUT when it cannot be read or is too large. */
static enum fault read_file(struct buf *out, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? FAULT_NOT_FOUND : FAULT_BAD_INPUT;
    while (out->n < out->cap && (n = read(fd, out->p + out->n, out->cap - out->n)) > 0)
        out->n += (size_t)n;
    (void)close(fd);
    return n < 0 || out->n == out->cap ? FAULT_BAD_INPUT : FAULT_NONE;
}

struct admin_part { struct span url, token; };

static const struct json_field admin_fields[] = {
    { .name = "url", .type = JSON_TEXT, .required = true, .min = 1, .max = OPTIONS_TEXT - 1,
      .at = offsetof(struct admin_part, url) },
    { .name = "token", .type = JSON_TEXT, .required = true, .min = 1, .max = ADMIN_TOKEN_MAX,
      .at = offsetof(struct admin_part, token) },
    JSON_END,
};
static const struct json_field credentials_fields[] = {
    { .name = "admin", .type = JSON_OBJECT, .required = true, .sub = admin_fields, .at = JSON_NOWHERE },
    JSON_END,
};

/* Take from `text` what is not known yet. */
static enum fault take_access(struct admin_access *out, struct arena *a, struct span text)
{
    struct admin_part part = { 0 };
    const struct json_node *root;
    struct json_complaint why;
    enum fault f;

    if ((f = json_read(&root, a, text, &why)) || (f = json_fill(&part, root, credentials_fields, a, &why)))
        return f;
    if (!out->url[0] && (f = span_text(out->url, sizeof out->url, part.url)))
        return f;
    return out->token ? FAULT_NONE : secret_copy(&out->token, part.token);
}

static enum fault access_from(struct admin_access *out, const char *data, const char *name, struct buf *why)
{
    char path[PATH_TEXT];
    uint8_t text[ADMIN_FILE_MAX];
    struct buf b = BUF(text);
    struct arena *a = NULL;
    enum fault f;

    if (join(path, sizeof path, data, name))
        return complain(why, "the path of the data folder is too long", "", "");
    if ((f = read_file(&b, path)) == FAULT_NOT_FOUND)
        return f;
    if (f) {
        complain(why, "cannot read ", path, "");
    } else if (!(f = arena_new(&a))) {
        if ((f = take_access(out, a, buf_view(&b))))
            complain(why, path, " has no admin url and token in it", "");
        arena_free(a);
    }
    secret_wipe(text, sizeof text);
    return f;
}

static enum fault token_from(struct admin_access *out, const char *path, struct buf *why)
{
    uint8_t text[ADMIN_TOKEN_MAX];
    struct buf b = BUF(text);
    enum fault f = read_file(&b, path);

    while (!f && b.n && (b.p[b.n - 1] == '\n' || b.p[b.n - 1] == '\r' || b.p[b.n - 1] == ' '))
        b.n--;
    if (f || b.n == 0)
        f = complain(why, "cannot read a token from ", path, "");
    else
        f = secret_copy(&out->token, buf_view(&b));
    secret_wipe(text, sizeof text);
    return f;
}

enum fault admin_access_find(struct admin_access *out, const struct options *o, struct buf *why)
{
    enum fault f = FAULT_NONE;

    *out = (struct admin_access){ 0 };
    memcpy(out->url, o->admin_url, sizeof out->url);
    if (o->admin_token_file[0] && (f = token_from(out, o->admin_token_file, why)))
        return f;
    if (!out->url[0] || !out->token) {
        f = access_from(out, o->data, "/credentials.json", why);
        if (f == FAULT_NOT_FOUND)
            f = access_from(out, o->data, "/admin.json", why);
    }
    if (f == FAULT_NOT_FOUND && access(o->data, F_OK) == 0)
        return complain(why, "no admin token is in ", o->data, " yet: a server makes it when it first serves, and a "
                        "sealed one once it is unsealed; another folder is named with --data");
    if (f == FAULT_NOT_FOUND)
        return complain(why, "there is no server's data folder at ", o->data, "; name it with --data");
    if (!f && !admin_url_is_safe(out->url))
        f = complain(why, out->url, " is neither https nor loopback; the token is not sent there", "");
    return f;
}

void admin_access_fini(struct admin_access *a)
{
    secret_free(a->token);
    *a = (struct admin_access){ 0 };
}

enum fault admin_talk_begin(struct admin_talk *t, const struct options *o)
{
    uint8_t *answer = malloc(ADMIN_ANSWER_MAX), *shown = malloc(ADMIN_ANSWER_MAX);

    *t = (struct admin_talk){ .answer = { answer, 0, ADMIN_ANSWER_MAX, false },
                              .shown = { shown, 0, ADMIN_ANSWER_MAX, false } };
    t->why = BUF(t->why_bytes);
    json_in_start();
    if (answer && shown)
        return admin_access_find(&t->access, o, &t->why);
    buf_text(&t->why, "no memory");
    return FAULT_INTERNAL;
}

static void forget(struct buf *b)
{
    if (b->p)
        secret_wipe(b->p, b->n);
    free(b->p);
    *b = (struct buf){ 0 };
}

void admin_talk_end(struct admin_talk *t)
{
    admin_access_fini(&t->access);
    forget(&t->answer);
    forget(&t->shown);
}

static size_t take_bytes(char *bytes, size_t one, size_t n, void *out)
{
    struct buf *b = out;

    buf_put(b, bytes, one * n);
    return b->full ? 0 : n;           /* 0 ends the transfer */
}

/* curl copies header lines, so the copy with the token is wiped before the list is freed. */
static void headers_free(struct curl_slist *headers)
{
    for (struct curl_slist *h = headers; h; h = h->next)
        secret_wipe(h->data, strlen(h->data));
    curl_slist_free_all(headers);
}

static struct curl_slist *headers_for(const struct admin_access *a)
{
    static const char scheme[] = "Authorization: Bearer ";
    char line[sizeof scheme + ADMIN_TOKEN_MAX];
    struct buf b = BUF(line);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json"), *more = NULL;

    buf_text(&b, scheme);
    buf_span(&b, secret_span(a->token));
    buf_byte(&b, '\0');
    if (headers && !b.full && !memchr(line, '\n', b.n) && !memchr(line, '\r', b.n))
        more = curl_slist_append(headers, line);
    secret_wipe(line, sizeof line);
    if (!more)
        headers_free(headers);
    return more;
}

/* `path`: of the socket through which `url` is reached; NULL: none. */
static bool set_up(CURL *curl, const struct admin_call *call, const char *url, const char *path,
                   struct curl_slist *headers, struct buf *out)
{
    bool ok = curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)ADMIN_CONNECT_S) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ADMIN_TIMEOUT_S) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_WRITEDATA, out) == CURLE_OK &&
              curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method) == CURLE_OK;

    if (ok && path)
        ok = curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, path) == CURLE_OK;
    if (ok && !span_absent(call->body))
        ok = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)call->body.n) == CURLE_OK &&
             curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, call->body.p) == CURLE_OK;
    return ok;
}

enum fault admin_call(const struct admin_access *a, const struct admin_call *call, long *status, struct buf *out,
                      struct buf *why)
{
    struct curl_slist *headers = headers_for(a);
    CURL *curl = curl_easy_init();
    char url[URL_TEXT];
    const char *path = socket_of(a->url), *base = path ? "http://localhost" : a->url;
    size_t n = strlen(base);
    enum fault f = FAULT_INTERNAL;
    CURLcode code;

    if (headers && curl && !join(url, sizeof url, base, base[n ? n - 1 : 0] == '/' ? call->path + 1 : call->path) &&
        set_up(curl, call, url, path, headers, out)) {
        code = curl_easy_perform(curl);
        if (code == CURLE_OK)
            code = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
        f = code == CURLE_OK ? FAULT_NONE : FAULT_SILENT;
        if (f)
            (void)complain(why, path ? path : url, ": ", curl_easy_strerror(code));
    }
    if (f == FAULT_INTERNAL)
        (void)complain(why, "the call could not be made", "", "");
    curl_easy_cleanup(curl);
    headers_free(headers);
    return f;
}
