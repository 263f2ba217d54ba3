/* of_dialects.c: requests of every dialect, from their text through router and route to their answer. */
#include "fuzz.h"

#include "gateway.h"

enum { RUNS = 2000 };                 /* of one gateway: then its store has grown, and it is opened anew */

static struct gateway *gateway;
static unsigned runs;

void fuzz_gateway_open(void)
{
    gateway = gateway_open();
    runs = 0;
}

void fuzz_gateway_close(void)
{
    gateway_close(gateway);
    gateway = NULL;
}

void fuzz_gateway(const uint8_t *bytes, size_t n)
{
    if (++runs > RUNS) {
        fuzz_gateway_close();
        fuzz_gateway_open();
    }
    (void)gateway_send(gateway, bytes, n);
}
