/* jwe.h: what is encrypted to us or to a merchant: compact JWE (RFC 7516) with RSA-OAEP-256 and AES-GCM (RFC 7518).
 *
 * Opening has two steps. jwe_read() looks at what everybody can see and may say what is wrong with it. jwe_open() works
 * with the key, and from there on all that is wrong looks the same: one fault, after the same work, since a wrong
 * wrapped key is replaced by a random one that the tag then refuses (RFC 7516 section 11.5). */
#pragma once

#include "base/arena.h"
#include "keyholder/rsa.h"

enum {
    JWE_HEADER_MAX = 1024,            /* bytes of the header's JSON */
    JWE_KID_MAX = 128,                /* characters of a key id */
    JWE_TEXT_MAX = 16 * 1024,         /* bytes of a plaintext */
    JWE_IV = 12, JWE_TAG = 16,        /* bytes (RFC 7518 section 5.3) */
    JWE_WRAPPED_MAX = RSA_BYTES_MAX,  /* bytes of the wrapped key */
    JWE_COMPACT_MAX = (JWE_HEADER_MAX + JWE_WRAPPED_MAX + JWE_TEXT_MAX + JWE_IV + JWE_TAG) / 3 * 4 + 5 * 4 + 4,
};

/* The allow-list, which a header's `enc` is compared with before anything is done. `alg` is RSA-OAEP-256 or refused. */
enum jwe_enc { JWE_A128GCM, JWE_A256GCM, JWE_ENCS };

/* What jwe_read() finds. All spans lie in the arena or in the text that was read. */
struct jwe {
    enum jwe_enc enc;
    struct span kid;                  /* absent when the header has none */
    struct span protected;            /* the header as it came, which the tag covers too */
    struct span wrapped, iv, text, tag;
    const char *why;                  /* after BAD_INPUT: what is wrong, in constant words, for the sandbox */
};

/* Take the compact JWE `text` apart. BAD_INPUT with out->why: not five segments of canonical base64url (RFC 7515
 * section 2: no padding, no line ends), a size over its limit, a header that is no JSON object or has no `alg` and
 * `enc` of the allow-list, or a `crit` or `zip` of whatever value. Other members are ignored (RFC 7516 section 4). */
MUST_CHECK enum fault jwe_read(struct jwe *out, struct arena *a, struct span text);

/* The ciphers, fetched once. A context is one thread's at a time; the caller frees it with jwe_bench_free(). */
struct jwe_bench;
MUST_CHECK enum fault jwe_bench_new(struct jwe_bench **out);
void jwe_bench_free(struct jwe_bench *b);

/* Append the plaintext, which is no longer than j->text, to `out`, whose room is the caller's to wipe. DENIED when `k`
 * does not open it, whatever the reason; INTERNAL when `out` is too small, which only depends on sizes. */
MUST_CHECK enum fault jwe_open(struct jwe_bench *b, struct buf *out, const struct jwe *j, const struct rsa_private *k);

/* What is to be sealed. `kid` may be absent; it and `text` stay the caller's. */
struct jwe_job { const struct rsa_public *key; enum jwe_enc enc; struct span kid, text; };

/* Append the compact JWE of job->text under a new content key and IV. BAD_INPUT: the text is longer than JWE_TEXT_MAX,
 * or the kid is empty, longer than JWE_KID_MAX or not of printable ASCII. After a fault nothing was appended. */
MUST_CHECK enum fault jwe_seal(struct jwe_bench *b, struct buf *out, const struct jwe_job *job);
