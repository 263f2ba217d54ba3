/* key.h: `tijori key rotate`, `status`, `inventory` and `destroy`: the keys of a running server. */
#pragma once

struct options;

/* Run the command in `o`; returns the exit status. */
int key_command(const struct options *o);
