/* unseal.c: handing a share over. */
#include "cli/unseal.h"

#include <stdio.h>

#include "cli/options.h"

#include "base/banned.h"

int unseal_run(const struct options *o)
{
    (void)o;
    (void)fprintf(stderr, "tijori: this command is not built in\n");
    return 2;
}
