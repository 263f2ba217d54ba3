/* hmac.c: HMAC on OpenSSL's EVP_MAC. */
#include "service/hmac.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "base/banned.h"

struct hmac { EVP_MAC_CTX *ctx; size_t size; };

enum fault hmac_new(struct hmac **out, size_t size)
{
    struct hmac *h = calloc(1, sizeof *h);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    if (h && mac)
        h->ctx = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);                /* the context keeps its own reference */
    if (!h || !h->ctx) {
        hmac_free(h);
        return FAULT_INTERNAL;
    }
    h->size = size;
    *out = h;
    return FAULT_NONE;
}

void hmac_free(struct hmac *h)
{
    if (!h)
        return;
    EVP_MAC_CTX_free(h->ctx);
    free(h);
}

enum fault hmac_key(struct hmac *h, struct span key)
{
    char sha256[] = "SHA256", sha384[] = "SHA384";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, h->size == HMAC_SHA384_SIZE ? sha384 : sha256, 0),
        OSSL_PARAM_construct_end(),
    };

    return EVP_MAC_init(h->ctx, key.p, key.n, params) == 1 ? FAULT_NONE : FAULT_INTERNAL;
}

enum fault hmac_parts(struct hmac *h, uint8_t *out, const struct span *parts, size_t n)
{
    size_t written = 0;

    if (EVP_MAC_init(h->ctx, NULL, 0, NULL) != 1)      /* begins anew under the scheduled key */
        return FAULT_INTERNAL;
    for (size_t i = 0; i < n; i++)
        if (EVP_MAC_update(h->ctx, parts[i].p, parts[i].n) != 1)
            return FAULT_INTERNAL;
    if (EVP_MAC_final(h->ctx, out, &written, h->size) != 1 || written != h->size)
        return FAULT_INTERNAL;
    return FAULT_NONE;
}
