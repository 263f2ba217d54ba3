/* card.c: the question about an encrypted card and its answer, packed and unpacked. */
#include "keyholder/card.h"

#include <string.h>

#include "keyholder/card_wire.h"
#include "keyholder/wire.h"

#include "base/banned.h"

static bool is_in_range(const struct card_ask *c)
{
    return (unsigned)c->form < CARD_FORMS && c->text.n >= 1 && c->text.n <= CARD_TEXT_MAX &&
           c->owner.n <= CARD_OWNER_MAX;
}

bool card_is_askable(const struct key_ask *ask)
{
    return ask->number < CARD_FORMS && ask->about.n == CARD_ABOUT && ask->in.n >= 1 && ask->in.n <= CARD_TEXT_MAX &&
           ask->presented.n <= CARD_OWNER_MAX;
}

enum fault card_ask(struct key_ask *out, struct arena *a, const struct card_ask *c)
{
    struct buf about, room;

    if (!is_in_range(c))
        return FAULT_BAD_INPUT;
    about = arena_buf(a, CARD_ABOUT);
    room = arena_buf(a, CARD_RESULT);
    wire_put(&about, (uint64_t)c->merchant_id, 8);
    wire_put(&about, (uint64_t)c->now_ms, 8);
    *out = (struct key_ask){ .op = KEY_CARD, .use = KEY_USE_CARD, .about = buf_view(&about), .in = c->text,
                             .presented = c->owner, .number = c->form, .out = room };
    return about.full || room.full ? FAULT_INTERNAL : FAULT_NONE;
}

/* Spaces and dashes between two digits are how people group them; elsewhere they are a mistake, and stay one. */
static bool groups(struct span s, size_t i)
{
    return (s.p[i] == ' ' || s.p[i] == '-') && i > 0 && i + 1 < s.n && s.p[i - 1] >= '0' && s.p[i - 1] <= '9' &&
           s.p[i + 1] >= '0' && s.p[i + 1] <= '9';
}

/* Count and bytes; of a number without what groups it. */
static void put_counted(struct buf *out, struct span s, bool grouped)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += !(grouped && groups(s, i));
    if (n > CARD_CLEAR_MAX)
        out->full = true;
    buf_byte(out, (uint8_t)n);
    for (size_t i = 0; i < s.n && !out->full; i++)
        if (!(grouped && groups(s, i)))
            buf_byte(out, s.p[i]);
}

enum fault card_clear(struct buf *out, const struct card_typed *typed)
{
    put_counted(out, typed->number, true);
    put_counted(out, typed->month, false);
    put_counted(out, typed->year, false);
    put_counted(out, typed->code, false);
    return out->full || out->n > CARD_CLEAR_MAX ? FAULT_BAD_INPUT : FAULT_NONE;
}

enum fault card_tick_ask(struct key_ask *out, struct arena *a, int64_t now_ms)
{
    (void)a;                          /* the answer has no bytes */
    *out = (struct key_ask){ .op = KEY_TICK, .use = KEY_USE_CARD, .number = (uint64_t)now_ms };
    return FAULT_NONE;
}

void card_unpack(struct card_ask *out, const struct key_ask *ask)
{
    struct wire r = { ask->about, false };

    out->form = (enum card_form)ask->number;
    out->text = ask->in;
    out->owner = ask->presented;
    out->merchant_id = (int64_t)wire_number(&r, 8);
    out->now_ms = (int64_t)wire_number(&r, 8);
}

/* `text` up to its NUL, and zeros up to `size` bytes. */
static void put_text(struct buf *out, const char *text, size_t size)
{
    size_t n = strnlen(text, size - 1);

    buf_put(out, text, n);
    for (; n < size; n++)
        buf_byte(out, 0);
}

void card_pack(struct buf *out, const struct card_facts *c)
{
    wire_put(out, c->flaw, 1);
    wire_put(out, c->pan, 1);
    wire_put(out, c->enc, 1);
    wire_put(out, c->scheme, 1);
    wire_put(out, c->has_code, 1);
    wire_put(out, c->bin8.number, 4);
    buf_put(out, c->last4.text, 4);
    buf_put(out, c->fingerprint, sizeof c->fingerprint);
    buf_put(out, c->owner, sizeof c->owner);
    buf_put(out, c->flight, sizeof c->flight);
    buf_put(out, c->charge, sizeof c->charge);
    put_text(out, c->kid, sizeof c->kid);
    put_text(out, c->why, sizeof c->why);
    wire_put(out, c->has_before, 1);
    buf_put(out, c->before.fingerprint, sizeof c->before.fingerprint);
    buf_put(out, c->before.owner, sizeof c->before.owner);
}

/* Is what the keyholder said within what the types can hold? */
static bool is_sound(const struct card_facts *c)
{
    return (unsigned)c->flaw < CARD_FLAWS && (unsigned)c->pan < PAN_FLAWS && (unsigned)c->scheme < SCHEMES &&
           c->kid[CARD_KID_MAX] == '\0' && c->why[CARD_WHY_MAX - 1] == '\0';
}

enum fault card_read(struct card_facts *out, const struct key_ask *answered)
{
    struct wire r = { buf_view(&answered->out), false };

    *out = (struct card_facts){ .flaw = CARD_UNREADABLE };
    if (answered->fault)
        return answered->fault == FAULT_SILENT ? FAULT_SILENT : FAULT_INTERNAL;
    out->flaw = (enum card_flaw)wire_number(&r, 1);
    out->pan = (enum pan_flaw)wire_number(&r, 1);
    out->enc = wire_number(&r, 1);
    out->scheme = (enum scheme)wire_number(&r, 1);
    out->has_code = wire_number(&r, 1) != 0;
    out->bin8.number = (uint32_t)wire_number(&r, 4);
    wire_copy(&r, out->last4.text, 4);
    wire_copy(&r, out->fingerprint, sizeof out->fingerprint);
    wire_copy(&r, out->owner, sizeof out->owner);
    wire_copy(&r, out->flight, sizeof out->flight);
    wire_copy(&r, out->charge, sizeof out->charge);
    wire_copy(&r, out->kid, sizeof out->kid);
    wire_copy(&r, out->why, sizeof out->why);
    out->has_before = wire_number(&r, 1) != 0;
    wire_copy(&r, out->before.fingerprint, sizeof out->before.fingerprint);
    wire_copy(&r, out->before.owner, sizeof out->before.owner);
    if (wire_done(&r) && is_sound(out))
        return FAULT_NONE;
    *out = (struct card_facts){ .flaw = CARD_UNREADABLE };
    return FAULT_INTERNAL;
}
