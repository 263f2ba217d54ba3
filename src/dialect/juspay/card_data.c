/* card_data.c: the forms of an encrypted card. */
#include "dialect/juspay/card_data.h"

#include "dialect/juspay/complaint.h"
#include "keyholder/card.h"

#include "base/banned.h"

static const struct json_field as_text[] = {
    { .name = "cardData", .type = JSON_TEXT, .required = true, .max = CARD_TEXT_MAX, .at = 0 }, JSON_END
};

static const struct json_field wrapped[] = {
    { .name = "encData", .type = JSON_TEXT, .required = true, .max = CARD_TEXT_MAX, .at = 0 }, JSON_END
};

static const struct json_field as_object[] = {
    { .name = "cardData", .type = JSON_OBJECT, .required = true, .sub = wrapped, .at = JSON_NOWHERE }, JSON_END
};

static struct span trimmed(struct span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
        s = (struct span){ s.p + 1, s.n - 1 };
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || (s.p[s.n - 1] >= '\t' && s.p[s.n - 1] <= '\r')))
        s.n--;
    return s;
}

/* A string that begins like an object is one, or is nothing. */
static enum fault unwrap(struct exchange *x, struct span *out, struct json_complaint *why)
{
    const struct json_node *object;
    enum fault f;

    *out = trimmed(*out);
    if (out->n == 0 || out->p[0] != '{')
        return FAULT_NONE;
    f = json_read(&object, x->arena, *out, why);
    if (!f)
        f = json_fill(out, object, wrapped, x->arena, why);
    *out = trimmed(*out);
    return f;
}

enum step card_data_read(struct exchange *x, struct span *out, const struct json_node *body)
{
    struct json_complaint why;
    struct complaint c;
    enum fault f = json_fill(out, body, as_text, x->arena, &why);

    if (f == FAULT_BAD_INPUT && why.why == JSON_WHY_TYPE) {
        f = json_fill(out, body, as_object, x->arena, &why);
        if (f == FAULT_BAD_INPUT && why.why == JSON_WHY_TYPE && why.field == &as_object[0])
            return jcall_fail_field(x, "INVALID_INPUT", "cardData", "should be a string");
    }
    if (!f)
        f = unwrap(x, out, &why);
    if (f && f != FAULT_BAD_INPUT)
        return jcall_fail(x, f);
    if (f && why.why == JSON_WHY_SYNTAX)
        return jcall_fail_field(x, "INVALID_INPUT", "cardData", "begins like a JSON object and is none");
    if (f) {
        c = complaint_of_json(x->arena, &why);
        complaint_answer(x, &c);
    }
    return f ? STEP_ANSWERED : STEP_GO;
}
