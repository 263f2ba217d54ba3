/* inject.c: the allocation functions of this process, and what fails in them. */
#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

#include "base/banned.h"

enum { RANGES = 8, FRAMES = 32, LINE = 256 };

/* The real ones: the address sanitizer's where it is built in, otherwise the C library's own. */
#define BASES(X)                                                                                              \
    X(void *, malloc, (size_t n))                                                                             \
    X(void *, calloc, (size_t n, size_t size))                                                                \
    X(void *, realloc, (void *p, size_t n))                                                                   \
    X(void *, memalign, (size_t alignment, size_t n))
#define X(type, name, args)                                                                                   \
    __attribute__((weak)) type __interceptor_##name args;                                                     \
    __attribute__((weak)) type __libc_##name args;
BASES(X)
#undef X
#define BASE(name) (__interceptor_##name ? __interceptor_##name : __libc_##name)

/* Where the allocator of the address sanitizer tells of each piece it gave. */
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(void (*given)(const volatile void *, size_t),
                                                                    void (*freed)(const volatile void *));

__attribute__((weak)) void __sanitizer_symbolize_pc(void *pc, const char *format, char *out, size_t size);

struct range { uintptr_t from, to; enum inject_who who; };

static struct {
    struct range ranges[RANGES];
    size_t n_ranges;
    bool counts_twice;
    /* Two switches, since the two counters share nothing. */
    atomic_bool open, open_below;
    struct inject_plan plan;
    atomic_uint_fast64_t seen[INJECT_WHO], planned, failed, failed_heap, allocated;
    atomic_bool first_kept;
    void *first[FRAMES];
    int first_n;
} the;

/* What the hooks themselves allocate (for a stack) is nobody's. */
static _Thread_local bool inside;

/* This thread's arena is to find no memory. */
static _Thread_local bool starving;

/* ---- counting ---- */

static enum inject_who who_calls(const void *from)
{
    uintptr_t at = (uintptr_t)from;

    for (size_t i = 0; i < the.n_ranges; i++)
        if (at >= the.ranges[i].from && at < the.ranges[i].to)
            return the.ranges[i].who;
    return INJECT_LIBC;
}

static void keep_first(void)
{
    if (atomic_exchange(&the.first_kept, true))
        return;
    inside = true;
    the.first_n = backtrace(the.first, FRAMES);
    inside = false;
}

/* Does this one fail? */
static bool fails(enum inject_who who)
{
    uint64_t nth;

    if (!atomic_load_explicit(&the.open, memory_order_relaxed) || inside)
        return false;
    atomic_fetch_add(&the.seen[who], 1);
    if (!(the.plan.who & 1u << who))
        return false;
    nth = atomic_fetch_add(&the.planned, 1) + 1;
    if (the.plan.nth == 0 || nth < the.plan.nth || (nth > the.plan.nth && !the.plan.on))
        return false;
    atomic_fetch_add(&the.failed, 1);
    if (who != INJECT_ARENA)
        atomic_fetch_add(&the.failed_heap, 1);
    keep_first();
    errno = ENOMEM;
    return true;
}

static void given(const volatile void *p, size_t n)
{
    (void)p, (void)n;
    if (atomic_load_explicit(&the.open_below, memory_order_relaxed) && !inside)
        atomic_fetch_add(&the.allocated, 1);
}

static void freed(const volatile void *p)
{
    (void)p;
}

/* ---- in place of the library's ---- */

#define FAILS() (starving || fails(who_calls(__builtin_return_address(0))))

void *malloc(size_t n)
{
    return FAILS() ? NULL : BASE(malloc)(n);
}

void *calloc(size_t n, size_t size)
{
    return FAILS() ? NULL : BASE(calloc)(n, size);
}

void *realloc(void *p, size_t n)
{
    return FAILS() ? NULL : BASE(realloc)(p, n);
}

void *reallocarray(void *p, size_t n, size_t size)
{
    size_t whole;

    if (__builtin_mul_overflow(n, size, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    return FAILS() ? NULL : BASE(realloc)(p, whole);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return FAILS() ? NULL : BASE(memalign)(alignment, n);
}

void *memalign(size_t alignment, size_t n);
void *memalign(size_t alignment, size_t n)
{
    return FAILS() ? NULL : BASE(memalign)(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
    void *p = FAILS() ? NULL : BASE(memalign)(alignment, n);

    if (p)
        *out = p;
    return p ? 0 : ENOMEM;
}

void *__real_arena_take(struct arena *a, size_t n);

static char *copy_text(const char *s, size_t n)
{
    char *copy = BASE(malloc)(n + 1);

    if (copy) {
        memcpy(copy, s, n);
        copy[n] = '\0';
    }
    return copy;
}

#undef strdup
char *strdup(const char *s)
{
    return FAILS() ? NULL : copy_text(s, strlen(s));
}

#undef strndup
char *strndup(const char *s, size_t n)
{
    return FAILS() ? NULL : copy_text(s, strnlen(s, n));
}

/* A taking fails as it does when it needs a further chunk and there is none. */
static void starve(struct arena *a)
{
    starving = true;
    (void)__real_arena_take(a, ARENA_MAX / 2);
    starving = false;
}

void *__wrap_arena_take(struct arena *a, size_t n);
void *__wrap_arena_take(struct arena *a, size_t n)
{
    if (!fails(INJECT_ARENA))
        return __real_arena_take(a, n);
    starve(a);
    return NULL;
}

struct span __real_arena_copy(struct arena *a, struct span s);
struct span __wrap_arena_copy(struct arena *a, struct span s);
struct span __wrap_arena_copy(struct arena *a, struct span s)
{
    if (!fails(INJECT_ARENA))
        return __real_arena_copy(a, s);
    starve(a);
    return (struct span){ 0 };
}

struct buf __real_arena_buf(struct arena *a, size_t cap);
struct buf __wrap_arena_buf(struct arena *a, size_t cap);
struct buf __wrap_arena_buf(struct arena *a, size_t cap)
{
    if (!fails(INJECT_ARENA))
        return __real_arena_buf(a, cap);
    starve(a);
    return (struct buf){ .full = true };
}

/* The address sanitizer looks at each new thread's stack, and takes it ill when there is no memory for that. */
int pthread_getattr_np(pthread_t thread, pthread_attr_t *out)
{
    int (*real)(pthread_t, pthread_attr_t *);
    bool was = inside;
    int result;

    inside = true;
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_getattr_np");
    result = real(thread, out);
    inside = was;
    return result;
}

/* ---- the plan ---- */

static const struct { const char *part; enum inject_who who; } libraries[] = {
    { "libsqlite3", INJECT_SQLITE }, { "libcrypto", INJECT_OPENSSL }, { "libssl", INJECT_OPENSSL },
    { "libjansson", INJECT_ARENA },
};

static int note_range(struct dl_phdr_info *info, size_t size, void *first)
{
    bool *program = first;            /* the first one is the program itself, and has no name */
    enum inject_who who = INJECT_LIBC;

    (void)size;
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (strstr(info->dlpi_name, libraries[i].part))
            who = libraries[i].who;
    if (*program)
        who = INJECT_OURS;
    *program = false;
    for (int i = 0; i < info->dlpi_phnum && who != INJECT_LIBC; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];

        if (h->p_type == PT_LOAD && (h->p_flags & PF_X) && the.n_ranges < RANGES)
            the.ranges[the.n_ranges++] = (struct range){ info->dlpi_addr + h->p_vaddr,
                                                         info->dlpi_addr + h->p_vaddr + h->p_memsz, who };
    }
    return 0;
}

void inject_start(void)
{
    bool program = true;
    void *warm[FRAMES];

    (void)dl_iterate_phdr(note_range, &program);
    the.counts_twice = __sanitizer_install_malloc_and_free_hooks &&
                       __sanitizer_install_malloc_and_free_hooks(given, freed) != 0;
    (void)backtrace(warm, FRAMES);    /* the first one loads a library */
}

bool inject_counts_twice(void)
{
    return the.counts_twice;
}

void inject_plan(const struct inject_plan *p)
{
    the.plan = *p;
    for (size_t i = 0; i < INJECT_WHO; i++)
        atomic_store(&the.seen[i], 0);
    atomic_store(&the.planned, 0);
    atomic_store(&the.failed, 0);
    atomic_store(&the.failed_heap, 0);
    atomic_store(&the.allocated, 0);
    atomic_store(&the.first_kept, false);
    the.first_n = 0;
}

void inject_window(bool open)
{
    if (open)
        atomic_store(&the.open_below, true);
    atomic_store(&the.open, open);
    if (!open)
        atomic_store(&the.open_below, false);
}

struct inject_counts inject_counted(void)
{
    struct inject_counts c;

    for (size_t i = 0; i < INJECT_WHO; i++)
        c.seen[i] = atomic_load(&the.seen[i]);
    c.failed = atomic_load(&the.failed);
    c.failed_heap = atomic_load(&the.failed_heap);
    c.allocated = atomic_load(&the.allocated);
    return c;
}

void inject_show_first(void)
{
    for (int i = 0; i < the.first_n; i++) {
        char line[LINE];

        if (!__sanitizer_symbolize_pc) {
            backtrace_symbols_fd(&the.first[i], 1, STDERR_FILENO);
            continue;
        }
        __sanitizer_symbolize_pc((char *)the.first[i] - 1, "    %f %s:%l", line, sizeof line);
        (void)fprintf(stderr, "%s\n", line);
    }
}

const char *inject_who_name(enum inject_who w)
{
    static const char *const names[INJECT_WHO] = {
        [INJECT_OURS] = "our heap", [INJECT_ARENA] = "arenas", [INJECT_SQLITE] = "SQLite", [INJECT_LIBC] = "libc",
        [INJECT_OPENSSL] = "OpenSSL",
    };

    return names[w];
}
