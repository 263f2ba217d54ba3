/* tool_paytm.c: `tijori paytm`. */
#include <unistd.h>

#include "base/json_in.h"
#include "cli/tool.h"
#include "cli/tools.h"
#include "keyholder/paytm_checksum.h"

#include "base/banned.h"

static struct span without_line_end(struct span s)
{
    if (s.n && s.p[s.n - 1] == '\n')
        s.n--;
    if (s.n && s.p[s.n - 1] == '\r')
        s.n--;
    return s;
}

static struct span first_line(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\n' || s.p[i] == '\r')
            s.n = i;
    return s;
}

static enum fault find_key(struct span *out, struct arena *a, const struct options *o, struct buf *why)
{
    struct tool_credentials c = { 0 };
    struct buf text = arena_buf(a, TOOL_FILE_MAX);
    enum fault f;

    if (o->merchant_key_file[0]) {
        f = tool_file(&text, o->merchant_key_file, why);
        *out = first_line(buf_view(&text));
        return f;
    }
    f = tool_credentials(&c, a, o, why);
    *out = c.merchant_key;
    if (!f && !out->n) {
        buf_text(why, "the credentials have no Paytm key; name its file with --merchant-key-file");
        f = FAULT_BAD_INPUT;
    }
    return f;
}

static enum fault sign(struct paytm_checksum *c, const struct paytm_checksum_job *job)
{
    uint8_t random[PAYTM_RANDOM];
    char signature[PAYTM_CHECKSUM + 1];
    enum fault f;

    secret_random(random, sizeof random);
    f = paytm_checksum_sign(c, signature, job, random);
    signature[PAYTM_CHECKSUM] = '\n';
    if (!f && !tool_write(STDOUT_FILENO, (struct span){ (const uint8_t *)signature, sizeof signature }))
        f = FAULT_DISK;
    return f;
}

static enum fault verify(struct paytm_checksum *c, const struct paytm_checksum_job *job, const char *signature,
                         struct buf *why)
{
    enum fault f = paytm_checksum_verify(c, job, span_of(signature));

    if (!f && !tool_write(STDOUT_FILENO, SPAN("the signature is the body's\n")))
        return FAULT_DISK;
    if (f == FAULT_DENIED)
        buf_text(why, "the signature is not the body's, byte for byte, under this key");
    return f;
}

static enum fault run(const struct options *o, struct arena *a, struct buf *why)
{
    struct buf input = arena_buf(a, TOOL_INPUT_MAX);
    struct paytm_checksum *c = NULL;
    struct paytm_checksum_job job;
    enum fault f = tool_file(&input, NULL, why);

    if (!f)
        f = find_key(&job.key, a, o, why);
    if (!f)
        f = paytm_checksum_new(&c);
    if (f)
        return f;
    job.body = o->raw ? buf_view(&input) : without_line_end(buf_view(&input));
    f = o->command == COMMAND_PAYTM_SIGN ? sign(c, &job) : verify(c, &job, o->signature, why);
    paytm_checksum_free(c);
    if (f == FAULT_BAD_INPUT)
        buf_text(why, "a Paytm merchant key has 16, 24 or 32 characters");
    return f;
}

int paytm_command(const struct options *o)
{
    uint8_t sentences[1024];
    struct buf why = BUF(sentences);
    struct arena *a = NULL;
    enum fault f = arena_new(&a);

    json_in_start();
    if (!f)
        f = run(o, a, &why);
    if (f)
        tool_complain("paytm", why.n ? buf_view(&why) : span_of(fault_text(f)));
    arena_free(a);
    return !f ? TOOL_DONE : f == FAULT_DENIED ? TOOL_REFUSED : TOOL_UNUSABLE;
}
