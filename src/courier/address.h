/* address.h: which addresses are somebody's on the internet, and which are this machine's, a private network's, or
 * nobody's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* May a stranger have us connect to it? No to what the special-purpose registries of IANA (RFC 6890 and later) do not
 * call globally reachable: this machine, private and shared networks, link-local, documentation, benchmarks, multicast,
 * reserved. An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is as that one is; other families: no. */
bool address_is_public(const struct sockaddr *a, socklen_t n);

/* The same of the bytes alone, in network order. */
bool address_four_is_public(const uint8_t a[static 4]);
bool address_six_is_public(const uint8_t a[static 16]);
