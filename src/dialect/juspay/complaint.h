/* complaint.h: what went wrong, in Juspay's words (reference A.5).
 *
 * Juspay's APIs publish several shapes of an error; the body here has the members of all of them, so that every
 * published client finds the ones it reads. No text ever repeats a value of the caller's but the id of a key. */
#pragma once

#include "base/json_in.h"
#include "dialect/dialect.h"
#include "keyholder/card.h"
#include "service/vault.h"

/* One error. Pointers are constants; spans are constants or live in the request's arena. */
struct complaint {
    unsigned status;
    const char *code, *category;      /* "INVALID_INPUT", "USER_ERROR" */
    const char *headline;             /* error_message where it is published as a word of its own; NULL: `message` */
    const char *user;                 /* for the customer */
    struct span message;              /* for the developer */
    struct span field;                /* which one; absent: none */
    const char *reason;               /* what is wrong with that field */
};

/* The general words of a status and code. */
struct complaint complaint_make(unsigned status, const char *code, const char *message);

/* What a fault says to the caller when nothing more is known. */
struct complaint complaint_of_fault(enum fault f);

/* What the first bad field of a body says; `a` takes the texts. The second form: of one field that we looked at
 * ourselves; `path` and `reason` are constants. */
struct complaint complaint_of_json(struct arena *a, const struct json_complaint *why);
struct complaint complaint_of_field(struct arena *a, const char *code, const char *path, const char *reason);

/* complaint_card.c: what a flawed card says. `server_key`: the id of our key, told in sandbox mode only; "": unknown.
 * In live mode every card that does not open gets one and the same text, and what it does not say differs in no
 * other way either. */
struct complaint complaint_of_card(struct arena *a, const struct card_facts *facts, enum services_mode mode,
                                   const char *server_key);

/* complaint_vault.c: what a use of the vault says that ended with `outcome`, which may be NONE when the network was
 * asked and said no. */
struct complaint complaint_of_vault(struct arena *a, const struct vault_job *job, enum fault outcome);
struct complaint complaint_of_verdict(struct arena *a, enum network_verdict v);

/* Answer with it. */
void complaint_answer(struct exchange *x, const struct complaint *c);

/* The dialect's way to refuse what never reached a route. */
void complaint_refuse(struct exchange *x, enum refusal why);

/* The parts one behind the other, in `a`; empty when memory is out. */
struct span complaint_join(struct arena *a, const struct span *parts, size_t n);
