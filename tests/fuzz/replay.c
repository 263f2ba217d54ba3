/* replay.c: every seed, and every input that once made a target fail, through its target: a unit test, so that neither
 * the targets nor what they found are forgotten. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fuzz.h"

#include "base/banned.h"

enum { TARGETS_MAX = 32, INPUT_MAX = 64 * 1024, NAME_MAX_ = 96, PATH_MAX_ = 512 };

static uint8_t input[INPUT_MAX];

static void run_file(const struct fuzz_target *t, int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, input, sizeof input);

    assert_true(n >= 0);
    (void)close(fd);
    t->run(input, (size_t)n);
}

/* How many there were. */
static unsigned run_folder(const struct fuzz_target *t, const char *kind)
{
    char path[PATH_MAX_];
    unsigned n = 0;
    DIR *dir;

    (void)snprintf(path, sizeof path, "%s/%s/%s", FUZZ_FOLDER, kind, t->name);
    dir = opendir(path);
    for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        if (e->d_name[0] == '.')
            continue;
        run_file(t, dirfd(dir), e->d_name);
        n++;
    }
    if (dir)
        (void)closedir(dir);
    return n;
}

static void replay(void **state)
{
    const struct fuzz_target *t = *state;
    bool opened_before = t > fuzz_targets && t[-1].run == t->run;        /* the dialects share one gateway */

    if (t->open && !opened_before)
        t->open();
    assert_true(run_folder(t, "seeds") > 0);
    (void)run_folder(t, "crashes");
    if (t->close && t[1].run != t->run)
        t->close();
}

int main(void)
{
    static struct CMUnitTest tests[TARGETS_MAX];
    static char names[TARGETS_MAX][NAME_MAX_];
    size_t n = 0;

    for (const struct fuzz_target *t = fuzz_targets; t->name; t++, n++) {
        if (n == TARGETS_MAX)
            return 2;
        (void)snprintf(names[n], NAME_MAX_, "%s_survives_its_seeds_and_past_crashes", t->name);
        tests[n] = (struct CMUnitTest){ names[n], replay, NULL, NULL, (void *)t };
    }
    return _cmocka_run_group_tests("fuzz", tests, n, NULL, NULL);
}
