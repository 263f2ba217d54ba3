/* tools.h: `tijori jwe` and `tijori paytm`: what an integrator's side does with keys. They ask no server. */
#pragma once

struct options;

/* Run the sub-command in `o`: standard input to standard output, complaints to standard error. Returns the exit status:
 * 0 done; 1 it does not open, or the signature is not the body's; 2 it cannot be used. */
int jwe_command(const struct options *o);
int paytm_command(const struct options *o);
