/* tool_jwe.c: `tijori jwe`. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_in.h"
#include "base/json_out.h"
#include "cli/tool.h"
#include "cli/tools.h"
#include "keyholder/jwe.h"

#include "base/banned.h"

enum { MESSAGE_MAX = 512 };           /* bytes of an answer's own message that are shown */

/* What a run works with. */
struct work {
    const struct options *o;
    struct arena *arena;
    struct jwe_bench *bench;
    struct buf input, output, *why;
};

static enum fault complain(const struct work *w, const char *text)
{
    buf_text(w->why, text);
    return FAULT_BAD_INPUT;
}

/* The key's text: from its own file, or else from the credentials. */
static enum fault key_text(struct span *out, const struct work *w, bool public)
{
    const char *path = public ? w->o->public_key : w->o->private_key;
    struct tool_credentials c = { 0 };
    struct buf text = arena_buf(w->arena, TOOL_FILE_MAX);
    enum fault f;

    if (path[0]) {
        f = tool_file(&text, path, w->why);
        *out = buf_view(&text);
        return f;
    }
    f = tool_credentials(&c, w->arena, w->o, w->why);
    if (f)
        return f;
    *out = public ? c.server_public_key : c.merchant_private_key;
    return out->n ? FAULT_NONE : complain(w, "the credentials have no such key; name its file");
}

/* The JSON that is to be encrypted, as it came or as a JSON string of it. */
static enum fault plaintext(struct span *out, const struct work *w)
{
    struct json_complaint why;
    const struct json_node *node;
    struct buf text = arena_buf(w->arena, 2 * TOOL_INPUT_MAX);
    struct json_out o = json_out(&text);

    *out = span_trim(buf_view(&w->input));
    if (json_read(&node, w->arena, *out, &why))
        return complain(w, "standard input is no JSON object");
    if (!w->o->double_encoded)
        return FAULT_NONE;
    json_text(&o, *out);
    return buf_done(&text, out);
}

static enum fault encrypt(struct work *w)
{
    struct jwe_job job = { .enc = strcmp(w->o->enc, "A128GCM") == 0 ? JWE_A128GCM : JWE_A256GCM };
    struct rsa_public *key = NULL;
    struct span pem;
    enum fault f = plaintext(&job.text, w);

    if (!f)
        f = key_text(&pem, w, true);
    if (f)
        return f;
    if (rsa_public_read(&key, pem))
        return complain(w, "the public key is no RSA key of 2048 to 4096 bits in PEM (\"PUBLIC KEY\")");
    job.key = key;
    if (w->o->kid[0])
        job.kid = span_of(w->o->kid);
    f = jwe_seal(w->bench, &w->output, &job);
    rsa_public_free(key);
    return f == FAULT_BAD_INPUT ? complain(w, "the JSON or the key id is too long") : f;
}

/* An answer that has no JWE: what it says instead, without what a terminal would act on. */
static enum fault no_payload(const struct work *w, struct span message)
{
    buf_text(w->why, "standard input is an answer without a payload");
    if (message.n)
        buf_text(w->why, ": ");
    for (size_t i = 0; i < message.n && i < MESSAGE_MAX; i++)
        buf_byte(w->why, message.p[i] < 0x20 || message.p[i] == 0x7f ? '?' : message.p[i]);
    return FAULT_BAD_INPUT;
}

/* The JWE itself, or the payload of an answer. */
static enum fault compact_text(struct span *out, const struct work *w)
{
    struct answer { struct span payload, message; } answer = { 0 };
    static const struct json_field fields[] = {
        { .name = "errorMessage", .type = JSON_TEXT, .at = offsetof(struct answer, message) },
        { .name = "payload", .type = JSON_TEXT, .at = offsetof(struct answer, payload) },
        JSON_END,
    };
    const struct json_node *node;
    struct json_complaint why;

    *out = span_trim(buf_view(&w->input));
    if (!out->n || out->p[0] != '{')
        return FAULT_NONE;
    if (json_read(&node, w->arena, *out, &why) || json_fill(&answer, node, fields, w->arena, &why) ||
        !answer.payload.n)
        return no_payload(w, answer.message);
    *out = answer.payload;
    return FAULT_NONE;
}

static enum fault decrypt(struct work *w)
{
    struct rsa_private *key = NULL;
    struct span text, pem;
    struct jwe jwe = { 0 };
    enum fault f = compact_text(&text, w);

    if (!f)
        f = key_text(&pem, w, false);
    if (f)
        return f;
    if (jwe_read(&jwe, w->arena, text)) {
        buf_text(w->why, "standard input is no JWE of this kind: ");
        return complain(w, jwe.why ? jwe.why : "it is too long");
    }
    if (rsa_private_read(&key, pem))
        return complain(w, "the private key is no RSA key of 2048 to 4096 bits in PEM (\"PRIVATE KEY\")");
    f = jwe_open(w->bench, &w->output, &jwe, key);
    rsa_private_free(key);
    if (f == FAULT_DENIED)
        buf_text(w->why, "this key does not open it");
    return f;
}

static enum fault run(struct work *w)
{
    enum fault f = tool_file(&w->input, NULL, w->why);

    if (!f)
        f = w->o->command == COMMAND_JWE_ENCRYPT ? encrypt(w) : decrypt(w);
    if (f)
        return f;
    buf_byte(&w->output, '\n');
    return tool_write(STDOUT_FILENO, buf_view(&w->output)) ? FAULT_NONE : complain(w, "cannot write the result");
}

int jwe_command(const struct options *o)
{
    uint8_t sentences[1024];
    struct buf why = BUF(sentences);
    struct work w = { .o = o, .why = &why };
    enum fault f = arena_new(&w.arena);

    json_in_start();
    if (!f)
        f = jwe_bench_new(&w.bench);
    if (!f) {
        w.input = arena_buf(w.arena, TOOL_INPUT_MAX);
        w.output = arena_buf(w.arena, JWE_COMPACT_MAX);
        f = run(&w);
    }
    if (f)
        tool_complain("jwe", why.n ? buf_view(&why) : span_of(fault_text(f)));
    jwe_bench_free(w.bench);
    arena_free(w.arena);
    return !f ? TOOL_DONE : f == FAULT_DENIED ? TOOL_REFUSED : TOOL_UNUSABLE;
}
