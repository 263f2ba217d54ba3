/* none.c: in place of files.c and calls.c in a build with sanitizers, which open and call what they like. */
#include "confine/confine.h"

#include "base/banned.h"

void confine_add(struct confine_files *f, const char *path, unsigned may)
{
    (void)f, (void)path, (void)may;
}

enum fault confine_files(const struct confine_files *f)
{
    (void)f;
    return FAULT_NONE;
}

enum fault confine_calls(enum confine_role role)
{
    (void)role;
    return FAULT_NONE;
}

const char *confine_in_force(void)
{
    return "the processes are not confined: this is a build with sanitizers, for tests";
}

bool confine_is_built(void)
{
    return false;
}
