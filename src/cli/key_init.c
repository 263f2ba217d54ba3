/* key_init.c: making a keyring. */
#include "cli/key_init.h"

#include <stdio.h>

#include "cli/options.h"

#include "base/banned.h"

int key_init_run(const struct options *o)
{
    (void)o;
    (void)fprintf(stderr, "tijori: this command is not built in\n");
    return 2;
}
