/* secret.c: one locked mapping of its own for every secret. */
#include "base/secret.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/banned.h"

/* Whole pages, so that locking and leaving out of dumps touch nobody else's memory. */
static size_t mapping_size(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (sizeof(struct secret) + n + page - 1) / page * page;
}

enum fault secret_new(struct secret **out, size_t n)
{
    size_t size = mapping_size(n);
    struct secret *s;

    if (n == 0 || n > SECRET_MAX)
        return FAULT_INTERNAL;
    s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED)
        return FAULT_INTERNAL;
    if (mlock(s, size) != 0 || madvise(s, size, MADV_DONTDUMP) != 0) {
        (void)munmap(s, size);
        return FAULT_INTERNAL;
    }
    s->n = n;
    *out = s;
    return FAULT_NONE;
}

enum fault secret_copy(struct secret **out, struct span s)
{
    struct secret *copy = NULL;
    enum fault f = secret_new(&copy, s.n);

    if (f)
        return f;
    memcpy(copy->bytes, s.p, s.n);
    *out = copy;
    return FAULT_NONE;
}

void secret_free(struct secret *s)
{
    size_t size;

    if (!s)
        return;
    size = mapping_size(s->n);
    secret_wipe(s, size);
    (void)munmap(s, size);            /* unlocks as well */
}

bool secret_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

void secret_random(void *out, size_t n)
{
    uint8_t *p = out;

    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            abort();
        p += got;
        n -= (size_t)got;
    }
}

void secret_random_few(void *out, size_t n)
{
    static _Thread_local uint8_t ahead[16 * SECRET_FEW];
    static _Thread_local size_t left;

    assert(n <= SECRET_FEW);
    if (left < n) {
        secret_random(ahead, sizeof ahead);
        left = sizeof ahead;
    }
    left -= n;
    memcpy(out, ahead + left, n);
    secret_wipe(ahead + left, n);
}

void secret_wipe(void *p, size_t n)
{
    if (n)
        explicit_bzero(p, n);
}
