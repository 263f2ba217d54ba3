/* address.c: the networks a stranger may not have us connect to. */
#include "courier/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "base/banned.h"

struct network_four { uint8_t net[4]; unsigned bits; };
struct network_six { uint8_t net[16]; unsigned bits; };

static const struct network_four closed_four[] = {
    { { 0, 0, 0, 0 }, 8 },            /* this network */
    { { 10, 0, 0, 0 }, 8 },           /* private */
    { { 100, 64, 0, 0 }, 10 },        /* shared, behind a carrier's NAT */
    { { 127, 0, 0, 0 }, 8 },          /* this machine */
    { { 169, 254, 0, 0 }, 16 },       /* link-local; the metadata of clouds */
    { { 172, 16, 0, 0 }, 12 },        /* private */
    { { 192, 0, 0, 0 }, 24 },         /* protocol assignments */
    { { 192, 0, 2, 0 }, 24 },         /* documentation */
    { { 192, 88, 99, 0 }, 24 },       /* 6to4 relays of old */
    { { 192, 168, 0, 0 }, 16 },       /* private */
    { { 198, 18, 0, 0 }, 15 },        /* benchmarks */
    { { 198, 51, 100, 0 }, 24 },      /* documentation */
    { { 203, 0, 113, 0 }, 24 },       /* documentation */
    { { 224, 0, 0, 0 }, 4 },          /* multicast */
    { { 240, 0, 0, 0 }, 4 },          /* reserved, and broadcast */
};

/* Of 2000::/3, the one block of global unicast addresses there is; all else is closed. */
static const struct network_six global_six = { { 0x20 }, 3 };
static const struct network_six closed_six[] = {
    { { 0x20, 0x01 }, 23 },           /* protocol assignments: Teredo, ORCHID, benchmarks */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },       /* documentation */
    { { 0x3f, 0xff }, 20 },           /* documentation */
};

/* Addresses with an IPv4 one inside, at byte `at`. */
static const struct { struct network_six in; size_t at; } carriers[] = {
    { { { [10] = 0xff, 0xff }, 96 }, 12 },            /* ::ffff:a.b.c.d */
    { { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },       /* NAT64 */
    { { { 0x20, 0x02 }, 16 }, 2 },                    /* 6to4 */
};

static bool is_in(const uint8_t *a, const uint8_t *net, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    if (memcmp(a, net, whole) != 0)
        return false;
    return rest == 0 || (a[whole] ^ net[whole]) >> (8 - rest) == 0;
}

bool address_four_is_public(const uint8_t a[static 4])
{
    for (size_t i = 0; i < sizeof closed_four / sizeof *closed_four; i++)
        if (is_in(a, closed_four[i].net, closed_four[i].bits))
            return false;
    return true;
}

bool address_six_is_public(const uint8_t a[static 16])
{
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++)
        if (is_in(a, carriers[i].in.net, carriers[i].in.bits))
            return address_four_is_public(a + carriers[i].at);
    if (!is_in(a, global_six.net, global_six.bits))
        return false;
    for (size_t i = 0; i < sizeof closed_six / sizeof *closed_six; i++)
        if (is_in(a, closed_six[i].net, closed_six[i].bits))
            return false;
    return true;
}

bool address_is_public(const struct sockaddr *a, socklen_t n)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    uint8_t bytes[4];

    if (n >= sizeof four && a->sa_family == AF_INET) {
        memcpy(&four, a, sizeof four);
        memcpy(bytes, &four.sin_addr, sizeof bytes);
        return address_four_is_public(bytes);
    }
    if (n >= sizeof six && a->sa_family == AF_INET6) {
        memcpy(&six, a, sizeof six);
        return address_six_is_public(six.sin6_addr.s6_addr);
    }
    return false;
}
