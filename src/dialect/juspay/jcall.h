/* jcall.h: what every Juspay request has in common: ids, who asks, limits, the body, the headers of the answer.
 *
 * The state of an exchange in this dialect always begins with a struct jcall. */
#pragma once

#include "base/json_in.h"
#include "dialect/dialect.h"
#include "service/callers.h"

struct jcall { struct caller caller; };

/* Request id and routing id of the exchange, unless they are there already. Of a routing id the printable ASCII that
 * fits is kept. */
void jcall_ids(struct exchange *x);

/* Begin: ids, a zeroed state of `size` bytes that begins with a struct jcall, authentication, rate limit. NULL: the
 * answer is there. x-merchantid and version are not looked at (decision 9): the key names the merchant. */
void *jcall_begin(struct exchange *x, size_t size);

/* Read the body into `into` by `fields`; *node (NULL: not wanted) is then the body. */
MUST_CHECK enum step jcall_read(struct exchange *x, void *into, const struct json_field *fields,
                                const struct json_node **node);

/* A body that is a form (a=b&c=d) becomes a JSON object of texts, and of objects where a value begins with a brace, as
 * an older sample sends it (reference A.10). A body that begins with a brace stays as it is. */
void jcall_take_form(struct exchange *x);

/* A member of the body that says yes or no: a boolean, or "true" or "false" (reference A.10). *out stays as it is
 * when there is none. */
MUST_CHECK enum step jcall_flag(struct exchange *x, bool *out, const struct json_node *body, const char *name);

/* A parameter of the query by its name, decoded, in the arena; absent when it was not sent or does not decode. */
struct span jcall_query(const struct exchange *x, const char *name);

/* Begin an answer of at most `cap` bytes, with all common headers. */
struct buf *jcall_answer(struct exchange *x, unsigned status, size_t cap);

/* Answer with a fault, or with a complaint about a field. */
enum step jcall_fail(struct exchange *x, enum fault f);
enum step jcall_fail_field(struct exchange *x, const char *code, const char *path, const char *reason);

/* Rules on fields: printable ASCII; the same without a card number in it (PCI DSS 3.5.1). What a rule says of a text
 * that it refused, never NULL. */
bool jcall_rule_plain(struct span s);
bool jcall_rule_id(struct span s);
const char *jcall_rule_text(bool (*rule)(struct span s), struct span refused);
