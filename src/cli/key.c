/* key.c: asking a running server about its keys. */
#include "cli/key.h"

#include <stdio.h>

#include "cli/options.h"

#include "base/banned.h"

int key_run(const struct options *o)
{
    (void)o;
    (void)fprintf(stderr, "tijori: this command is not built in\n");
    return 2;
}
