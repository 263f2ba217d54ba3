/* network.c: questions in flight, and the time each has. */
#include "network/network.h"

#include "base/banned.h"

struct network { struct network_options o; struct network_body body; };

enum fault network_new(struct network **out, const struct network_options *o) { (void)out; (void)o; return FAULT_INTERNAL; }
void network_attach(struct network *n, const struct network_body *body) { n->body = *body; }
void network_stop(struct network *n) { (void)n; }
void network_free(struct network *n) { (void)n; }
void network_ask(struct network *n, struct network_call *call) { (void)n; call->answer.verdict = NETWORK_BUSY; call->done(call); }
void network_ask_wait(struct network *n, struct network_call *call) { (void)n; call->answer.verdict = NETWORK_BUSY; }
void network_answered(struct network *n, uint64_t handle, const struct network_answer *answer) { (void)n; (void)handle; (void)answer; }
void network_notice(struct network *n, const struct network_notice *notice) { n->o.notice(n->o.arg, notice); }
void network_noticed(struct network *n, uint64_t id) { n->body.noticed(n->body.body, id); }
uint64_t network_late(const struct network *n) { (void)n; return 0; }
const char *network_verdict_name(enum network_verdict v) { (void)v; return ""; }
const char *network_verdict_text(enum network_verdict v) { (void)v; return ""; }
