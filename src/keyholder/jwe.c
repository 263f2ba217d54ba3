/* jwe.c: compact JWE, RSA-OAEP-256 with A128GCM or A256GCM. */
#include "keyholder/jwe.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/json_in.h"

#include "base/banned.h"

enum { SEGMENTS = 5, KEY_MAX = 32 };
enum segment { HEADER, WRAPPED, IV, TEXT, TAG };

static const struct { const char *name, *cipher; size_t key; } encs[JWE_ENCS] = {
    [JWE_A128GCM] = { "A128GCM", "AES-128-GCM", 16 },
    [JWE_A256GCM] = { "A256GCM", "AES-256-GCM", 32 },
};
static const char alg[] = "RSA-OAEP-256";

struct jwe_bench { EVP_CIPHER *cipher[JWE_ENCS]; EVP_CIPHER_CTX *ctx; };

/* Bytes that each segment may and must have, and what to say when it has not. */
static const struct { size_t min, max; const char *why; } sizes[SEGMENTS] = {
    [HEADER]  = { 2, JWE_HEADER_MAX, "the header is empty or too long" },
    [WRAPPED] = { 1, JWE_WRAPPED_MAX, "the encrypted key is empty or too long" },
    [IV]      = { JWE_IV, JWE_IV, "the initialization vector has not 12 bytes" },
    [TEXT]    = { 0, JWE_TEXT_MAX, "the ciphertext is too long" },
    [TAG]     = { JWE_TAG, JWE_TAG, "the authentication tag has not 16 bytes" },
};

struct header { struct span alg, enc, kid, typ, cty; };

static const struct json_field header_fields[] = {
    { .name = "alg", .type = JSON_TEXT, .required = true, .at = offsetof(struct header, alg) },
    { .name = "enc", .type = JSON_TEXT, .required = true, .at = offsetof(struct header, enc) },
    { .name = "kid", .type = JSON_TEXT, .max = JWE_KID_MAX, .at = offsetof(struct header, kid) },
    { .name = "typ", .type = JSON_TEXT, .at = offsetof(struct header, typ) },
    { .name = "cty", .type = JSON_TEXT, .at = offsetof(struct header, cty) },
    JSON_END,
};

static enum fault refuse(struct jwe *j, const char *why)
{
    j->why = why;
    return FAULT_BAD_INPUT;
}

static enum fault failed(enum fault f)
{
    ERR_clear_error();
    return f;
}

/* Cut `text` at its dots. False when there are more or fewer than four. */
static bool cut(struct span segments[SEGMENTS], struct span text)
{
    size_t n = 0, begun = 0;

    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && text.p[i] != '.')
            continue;
        if (n == SEGMENTS)
            return false;
        segments[n++] = (struct span){ text.p + begun, i - begun };
        begun = i + 1;
    }
    return n == SEGMENTS;
}

/* The bytes of segment `i`. */
static enum fault decode(struct jwe *j, struct arena *a, struct span *out, size_t i, struct span segment)
{
    size_t size = segment.n / 4 * 3 + segment.n % 4 * 3 / 4;
    struct buf b;
    enum fault f;

    if (size < sizes[i].min || size > sizes[i].max)
        return refuse(j, sizes[i].why);
    b = arena_buf(a, size + 1);
    f = base64url_read(&b, segment);
    if (f)
        return f == FAULT_BAD_INPUT ? refuse(j, "a segment is not canonical base64url") : f;
    *out = buf_view(&b);
    return FAULT_NONE;
}

static bool is_ignorable(void *arg, struct span key, struct span value)
{
    bool *refused = arg;

    (void)value;
    *refused = span_equal(key, SPAN("crit")) || span_equal(key, SPAN("zip"));
    return !*refused;
}

static enum fault check_header(struct jwe *j, struct arena *a, struct span json)
{
    const struct json_node *root = NULL;
    struct json_complaint complaint;
    struct header h = { 0 };
    bool refused = false;
    enum fault f = json_read(&root, a, json, &complaint);

    if (f && f != FAULT_BAD_INPUT)
        return f;
    if (f)
        return refuse(j, "the header is not one JSON object, or names a member twice");
    json_each(root, is_ignorable, &refused);
    if (refused)
        return refuse(j, "the header has crit or zip, which are not supported");
    if (json_fill(&h, root, header_fields, a, &complaint))
        return refuse(j, "alg, enc, kid, typ or cty of the header is missing, too long or not a string");
    if (!span_equal(h.alg, span_of(alg)))
        return refuse(j, "the header's alg is not RSA-OAEP-256");
    j->kid = h.kid;
    for (j->enc = 0; j->enc < JWE_ENCS; j->enc++)
        if (span_equal(h.enc, span_of(encs[j->enc].name)))
            return FAULT_NONE;
    return refuse(j, "the header's enc is not A128GCM or A256GCM");
}

enum fault jwe_read(struct jwe *out, struct arena *a, struct span text)
{
    struct span segments[SEGMENTS], parts[SEGMENTS];
    enum fault f;

    *out = (struct jwe){ 0 };
    if (text.n > JWE_COMPACT_MAX)
        return refuse(out, "the text is too long");
    if (!cut(segments, text))
        return refuse(out, "there are not five segments");
    /* The header first: a foreign algorithm has other sizes too, and is the thing to say. */
    f = decode(out, a, &parts[HEADER], HEADER, segments[HEADER]);
    if (!f)
        f = check_header(out, a, parts[HEADER]);
    for (size_t i = HEADER + 1; !f && i < SEGMENTS; i++)
        f = decode(out, a, &parts[i], i, segments[i]);
    if (f)
        return f;
    out->protected = segments[HEADER];
    out->wrapped = parts[WRAPPED];
    out->iv = parts[IV];
    out->text = parts[TEXT];
    out->tag = parts[TAG];
    return FAULT_NONE;
}

enum fault jwe_bench_new(struct jwe_bench **out)
{
    struct jwe_bench *b = calloc(1, sizeof *b);
    bool well;

    if (!b)
        return FAULT_INTERNAL;
    b->ctx = EVP_CIPHER_CTX_new();
    well = b->ctx != NULL;
    for (size_t i = 0; i < JWE_ENCS && well; i++) {
        b->cipher[i] = EVP_CIPHER_fetch(NULL, encs[i].cipher, NULL);
        well = b->cipher[i] != NULL;
    }
    if (!well) {
        jwe_bench_free(b);
        return failed(FAULT_INTERNAL);
    }
    *out = b;
    return FAULT_NONE;
}

void jwe_bench_free(struct jwe_bench *b)
{
    if (!b)
        return;
    EVP_CIPHER_CTX_free(b->ctx);
    for (size_t i = 0; i < JWE_ENCS; i++)
        EVP_CIPHER_free(b->cipher[i]);
    free(b);
}

/* OpenSSL takes a NULL input for something else, so an empty one is left out. */
static bool feed(EVP_CIPHER_CTX *ctx, uint8_t *out, struct span in)
{
    int n;

    return in.n == 0 || EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n);
}

/* Begin with the key and IV, and feed the associated data. Resetting first also wipes the key before. */
static bool start(struct jwe_bench *b, const struct jwe *j, const uint8_t *key, bool seals)
{
    return EVP_CIPHER_CTX_reset(b->ctx) &&
           EVP_CipherInit_ex2(b->ctx, b->cipher[j->enc], key, j->iv.p, seals, NULL) &&
           feed(b->ctx, NULL, j->protected);
}

static enum fault open_text(struct jwe_bench *b, uint8_t *out, const struct jwe *j, const uint8_t *key)
{
    uint8_t tag[JWE_TAG], none[1];
    int n;

    memcpy(tag, j->tag.p, JWE_TAG);
    if (!start(b, j, key, false) || !feed(b->ctx, out, j->text) ||
        !EVP_CIPHER_CTX_ctrl(b->ctx, EVP_CTRL_AEAD_SET_TAG, JWE_TAG, tag))
        return FAULT_INTERNAL;
    return EVP_CipherFinal_ex(b->ctx, none, &n) > 0 ? FAULT_NONE : FAULT_DENIED;
}

enum fault jwe_open(struct jwe_bench *b, struct buf *out, const struct jwe *j, const struct rsa_private *k)
{
    uint8_t key[KEY_MAX], *at = out->p + out->n;
    enum fault f;

    if (out->full || j->text.n > out->cap - out->n)
        return FAULT_INTERNAL;
    secret_random(key, sizeof key);
    f = rsa_oaep_unwrap(k, key, encs[j->enc].key, j->wrapped);
    if (!f)
        f = open_text(b, at, j, key);
    if (f)
        secret_wipe(at, j->text.n);
    else
        out->n += j->text.n;
    secret_wipe(key, sizeof key);
    (void)EVP_CIPHER_CTX_reset(b->ctx);
    return failed(f);
}

static bool is_printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x20 || s.p[i] > 0x7E)
            return false;
    return true;
}

/* Append the header's segment; *out is it. */
static enum fault put_header(struct buf *to, struct span *out, const struct jwe_job *job)
{
    uint8_t room[2 * JWE_KID_MAX + 64];     /* each character of the kid may need an escape */
    struct buf json = BUF(room);
    struct json_out o = json_out(&json);
    size_t begun = to->n;

    json_object(&o);
    json_put_str(&o, "alg", alg);
    json_put_str(&o, "enc", encs[job->enc].name);
    if (!span_absent(job->kid))
        json_put_text(&o, "kid", job->kid);
    json_object_end(&o);
    if (json.full)
        return FAULT_INTERNAL;
    base64url_put(to, buf_view(&json));
    *out = (struct span){ to->p + begun, to->n - begun };
    return to->full ? FAULT_INTERNAL : FAULT_NONE;
}

/* Append the wrapped key's segment, with a dot in front. */
static enum fault put_key(struct buf *to, const struct jwe_job *job, const uint8_t *key)
{
    uint8_t room[RSA_BYTES_MAX];
    struct buf wrapped = BUF(room);
    enum fault f = rsa_oaep_encrypt(job->key, &wrapped, (struct span){ key, encs[job->enc].key });

    if (f)
        return FAULT_INTERNAL;
    buf_byte(to, '.');
    base64url_put(to, buf_view(&wrapped));
    return FAULT_NONE;
}

static void put_segment(struct buf *to, struct span s)
{
    buf_byte(to, '.');
    base64url_put(to, s);
}

/* Append the segments of IV, ciphertext and tag. */
static enum fault put_text(struct jwe_bench *b, struct buf *to, const struct jwe *j, const uint8_t *key)
{
    uint8_t tag[JWE_TAG], *text = malloc(j->text.n ? j->text.n : 1);
    enum fault f = FAULT_INTERNAL;
    int n;

    if (!text)
        return FAULT_INTERNAL;
    if (start(b, j, key, true) && feed(b->ctx, text, j->text) && EVP_CipherFinal_ex(b->ctx, tag, &n) &&
        EVP_CIPHER_CTX_ctrl(b->ctx, EVP_CTRL_AEAD_GET_TAG, JWE_TAG, tag)) {
        put_segment(to, j->iv);
        put_segment(to, (struct span){ text, j->text.n });
        put_segment(to, (struct span){ tag, JWE_TAG });
        f = to->full ? FAULT_INTERNAL : FAULT_NONE;
    }
    (void)EVP_CIPHER_CTX_reset(b->ctx);
    free(text);
    return f;
}

enum fault jwe_seal(struct jwe_bench *b, struct buf *out, const struct jwe_job *job)
{
    uint8_t key[KEY_MAX], iv[JWE_IV];
    struct jwe j = { .enc = job->enc, .iv = { iv, sizeof iv }, .text = job->text };
    size_t begun = out->n;
    enum fault f;

    assert(job->enc < JWE_ENCS);
    if (job->text.n > JWE_TEXT_MAX)
        return FAULT_BAD_INPUT;
    if (!span_absent(job->kid) && (job->kid.n == 0 || job->kid.n > JWE_KID_MAX || !is_printable(job->kid)))
        return FAULT_BAD_INPUT;
    secret_random(key, sizeof key);
    secret_random(iv, sizeof iv);
    f = put_header(out, &j.protected, job);
    if (!f)
        f = put_key(out, job, key);
    if (!f)
        f = put_text(b, out, &j, key);
    if (f)
        out->n = begun;
    secret_wipe(key, sizeof key);
    return failed(f);
}
