/* client.c: the gateway's side of the courier: a place for each request until its outcome comes. */
#include "courier/courier.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

struct courier { struct journal *journal; };

enum fault courier_new(struct courier **out, struct journal *j)
{
    struct courier *c = calloc(1, sizeof *c);

    if (!c)
        return FAULT_INTERNAL;
    c->journal = j;
    *out = c;
    return FAULT_NONE;
}

void courier_stop(struct courier *c)
{
    (void)c;
}

void courier_free(struct courier *c)
{
    free(c);
}

void courier_channel(struct courier *c, int fd)
{
    (void)c;
    (void)close(fd);
}

bool courier_is_up(struct courier *c)
{
    (void)c;
    return false;
}

void courier_send(struct courier *c, struct courier_call *call)
{
    (void)c;
    call->outcome = COURIER_BUSY;
    call->done(call);
}
