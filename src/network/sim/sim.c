/* sim.c: the simulated network. */
#include "network/sim/sim.h"

#include "base/banned.h"

enum fault sim_open(struct sim **out, const struct sim_options *o) { (void)out; (void)o; return FAULT_INTERNAL; }
void sim_close(struct sim *s) { (void)s; }
void sim_behave(struct sim *s, enum scheme scheme, enum sim_manner m, int ms) { (void)s; (void)scheme; (void)m; (void)ms; }
const char *sim_manner_name(enum sim_manner m) { (void)m; return ""; }
enum fault sim_happen(struct sim *s, struct span token_ref, enum sim_event e, int64_t now_ms)
{ (void)s; (void)token_ref; (void)e; (void)now_ms; return FAULT_INTERNAL; }
const char *sim_event_name(enum sim_event e) { (void)e; return ""; }
enum fault sim_requestor(struct sim *s, struct span trid, bool active) { (void)s; (void)trid; (void)active; return FAULT_INTERNAL; }
void sim_counts(const struct sim *s, struct sim_counts *out) { (void)s; *out = (struct sim_counts){ .tokens = 0 }; }
enum fault sim_tokens(struct sim *s, struct sim_token out[static SIM_LIST_MAX], size_t *n) { (void)s; (void)out; *n = 0; return FAULT_NONE; }
