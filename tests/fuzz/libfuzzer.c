/* libfuzzer.c: libFuzzer's entry. The environment's FUZZ_TARGET names the target. */
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct fuzz_target *target;

static void close_target(void)
{
    if (target->close)
        target->close();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    target = fuzz_find(getenv("FUZZ_TARGET"));
    if (!target) {
        (void)fprintf(stderr, "FUZZ_TARGET names one of:");
        for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
            (void)fprintf(stderr, " %s", t->name);
        (void)fprintf(stderr, "\n");
        exit(2);
    }
    if (target->open)
        target->open();
    (void)atexit(close_target);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    target->run(bytes, n);
    return 0;
}
