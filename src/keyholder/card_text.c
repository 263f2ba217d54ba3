/* card_text.c: reading a card's JSON, whatever its wrapping. */
#include "keyholder/card_text.h"

#include "base/json_in.h"
#include "keyholder/wire.h"

#include "base/banned.h"

enum { MEMBERS = 4 };

/* The members of a card in a form's words, in the order of struct card_text. */
static const char *const names[CARD_FORMS][MEMBERS] = {
    [CARD_FORM_JWE] = { "cardNumber", "expMonth", "expYear", "cardSecurityCode" },
    [CARD_FORM_RSA] = { "cardNumber", "expiryMonth", "expiryYear", "securityCode" },
};

/* The first member's text, and how many members there are. */
struct only { struct span text; size_t n; };

static bool take_only(void *arg, struct span key, struct span value)
{
    struct only *o = arg;

    (void)key;
    o->text = value;
    return ++o->n == 1;
}

/* What the JSON string `text` holds. The parser reads objects only, so it gets one around it. */
static enum fault unwrap(struct span *out, struct arena *a, struct span text)
{
    struct buf b = arena_buf(a, text.n + sizeof "{\"x\":}");
    const struct json_node *root = NULL;
    struct json_complaint why;
    struct only o = { { 0 }, 0 };
    enum fault f;

    buf_text(&b, "{\"x\":");
    buf_span(&b, text);
    buf_byte(&b, '}');
    if (b.full)
        return FAULT_INTERNAL;
    f = json_read(&root, a, buf_view(&b), &why);
    if (f)
        return f;
    json_each(root, take_only, &o);
    if (o.n != 1 || span_absent(o.text))
        return FAULT_BAD_INPUT;
    *out = span_trim(o.text);
    return FAULT_NONE;
}

struct taking { const char *const *names; struct span members[MEMBERS]; bool given[MEMBERS], twice; };

static bool take_member(void *arg, struct span key, struct span value)
{
    struct taking *t = arg;

    for (size_t i = 0; i < MEMBERS; i++)
        if (span_equal_nocase(key, span_of(t->names[i]))) {
            t->twice = t->twice || t->given[i];
            t->given[i] = true;
            t->members[i] = value;
        }
    return true;
}

static enum fault read_object(struct card_text *out, struct arena *a, enum card_form form, struct span text)
{
    struct taking t = { .names = names[form] };
    const struct json_node *root = NULL;
    struct json_complaint why;
    enum fault f = json_read(&root, a, text, &why);

    if (f)
        return f;
    json_each(root, take_member, &t);
    if (t.twice)
        return FAULT_BAD_INPUT;
    *out = (struct card_text){ t.members[0], t.members[1], t.members[2], t.members[3] };
    return FAULT_NONE;
}

static enum fault read_number(struct card_text *out, struct span text)
{
    if (text.n < CARD_TEXT_DIGITS_MIN || text.n > CARD_TEXT_DIGITS_MAX)
        return FAULT_BAD_INPUT;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return FAULT_BAD_INPUT;
    *out = (struct card_text){ .number = text };
    return FAULT_NONE;
}

/* What card_clear() joined. */
static enum fault read_clear(struct card_text *out, struct span text)
{
    struct span *const members[MEMBERS] = { &out->number, &out->month, &out->year, &out->code };
    struct wire r = { text, false };

    for (size_t i = 0; i < MEMBERS; i++)
        *members[i] = wire_take(&r, wire_number(&r, 1));
    return wire_done(&r) ? FAULT_NONE : FAULT_BAD_INPUT;
}

enum fault card_text_read(struct card_text *out, struct arena *a, enum card_form form, struct span plain)
{
    struct span text = span_trim(plain);

    if (form == CARD_FORM_RSA_NUMBER)
        return read_number(out, text);
    if (form == CARD_FORM_NUMBER) {
        *out = (struct card_text){ .number = plain };
        return FAULT_NONE;
    }
    if (form == CARD_FORM_CLEAR)
        return read_clear(out, plain);
    for (int i = 0; i < CARD_TEXT_LEVELS && form == CARD_FORM_JWE && text.n && text.p[0] == '"'; i++) {
        enum fault f = unwrap(&text, a, text);
        if (f)
            return f;
    }
    return read_object(out, a, form, text);
}
