/* roles.h: what this binary can be. Each is handed the command line after the program's (and role's) name. */
#pragma once

#include <stdint.h>

/* The first process of `tijori sandbox` and `tijori serve`: make the folder, bind, supervise. Returns the exit
 * status. */
struct options;
int role_supervisor(const struct options *o, const char *const *args);

/* What the gateway's connection `channel` (gateway/wire.h) may ask the keyholder (keyholder/heart.h). Those of a
 * network or an acquirer that is not simulated here may ask nothing. */
uint32_t role_channel_rights(const struct options *o, unsigned channel);


/* The keyholder, the gateway and the courier, started by the supervisor. */
int role_keyholder(const char *const *args);
int role_gateway(const char *const *args);
int role_courier(void);
