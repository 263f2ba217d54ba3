/* key_init.h: `tijori key init`: who keeps the key of the keys. */
#pragma once

struct options;

/* Make the keyring of the data folder in `o`, which no server may be running on; returns the exit status: 0 done, 1 it
 * could not be. The shares go to standard output, and nowhere else. */
int key_init_command(const struct options *o);
