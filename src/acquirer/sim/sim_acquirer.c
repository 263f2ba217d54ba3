/* sim_acquirer.c: the simulated acquirer: opening and closing it, its thread, and what is common to every question. */
#include "acquirer/sim/sim_acquirer.h"

#include "base/banned.h"

enum fault sim_acquirer_open(struct sim_acquirer **out, const struct sim_acquirer_options *o)
{
    (void)out, (void)o;
    return FAULT_INTERNAL;
}
void sim_acquirer_close(struct sim_acquirer *s) { (void)s; }
void sim_acquirer_behave(struct sim_acquirer *s, enum acquirer_manner m, int ms) { (void)s, (void)m, (void)ms; }
enum acquirer_manner sim_acquirer_behaviour(struct sim_acquirer *s, int *ms)
{
    (void)s, *ms = 0;
    return ACQUIRER_WELL;
}
const char *acquirer_manner_name(enum acquirer_manner m)
{
    (void)m;
    return "well";
}
enum fault sim_acquirer_look(struct sim_acquirer *s, struct acquirer_page *out, struct span acquirer_ref)
{
    (void)s, (void)out, (void)acquirer_ref;
    return FAULT_NOT_FOUND;
}
enum fault sim_acquirer_decide(struct sim_acquirer *s, enum acquirer_verdict *said, struct span acquirer_ref,
                               enum acquirer_decision d, struct span otp, int64_t now_ms)
{
    (void)s, (void)said, (void)acquirer_ref, (void)d, (void)otp, (void)now_ms;
    return FAULT_NOT_FOUND;
}
enum fault sim_acquirer_simulate(struct sim_acquirer *s, struct acquirer_ref ref, enum acquirer_decision d,
                                 enum acquirer_verdict failure, int64_t now_ms)
{
    (void)s, (void)ref, (void)d, (void)failure, (void)now_ms;
    return FAULT_NOT_FOUND;
}
enum fault sim_acquirer_counts(struct sim_acquirer *s, struct acquirer_counts *out)
{
    (void)s, (void)out;
    return FAULT_INTERNAL;
}
enum fault sim_acquirer_list(struct sim_acquirer *s, struct acquirer_entry out[static ACQUIRER_LIST_MAX], size_t *n)
{
    (void)s, (void)out, *n = 0;
    return FAULT_INTERNAL;
}
