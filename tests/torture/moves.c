/* moves.c: one step of a run: something drawn at random is done, and perhaps everything ends in the middle of it. */
#include "moves.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lead.h"

#include "base/banned.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, ROUNDS = 14 };
#define DAY (INT64_C(24) * HOUR)

/* How often each is drawn, out of their sum. */
static const struct { void (*move)(struct run *r); unsigned weight; } moves[] = {
    { lead_order, 10 }, { lead_order_again, 5 }, { lead_terminate, 3 },
    { lead_typed, 14 }, { lead_saved, 10 }, { lead_upi, 9 },
    { lead_otp, 26 }, { lead_resend, 3 }, { lead_abandon, 3 }, { lead_capture, 6 },
    { lead_refund, 10 }, { lead_refund_cancel, 3 },
    { lead_make, 5 }, { lead_change, 6 }, { lead_disclose, 5 },
    { lead_issuer, 4 }, { lead_bank, 12 }, { lead_payment_news, 6 }, { lead_refund_news, 3 }, { lead_token_news, 5 },
};

static void sweep(struct run *r)
{
    struct world *w = r->w;
    bool more;

    lead_fault(r, pay_sweeper_look(w->payments, world_now(w), &more));
    lead_fault(r, refunds_sweep(&w->s, world_now(w), &more));
    lead_fault(r, vault_sweeper_look(w->tokens, world_now(w), &more));
}

/* Mostly a little forward; at times far, or back. */
static void pass(struct run *r)
{
    static const int64_t jumps[] = { 40, 900, 5000, 31 * 1000, 2 * MINUTE, 6 * MINUTE, 16 * MINUTE, HOUR, 25 * HOUR,
                                     -5000, -3 * MINUTE, -HOUR, -365 * DAY, 365 * DAY };
    uint64_t which = dice_roll(&r->dice, 8) ? dice_roll(&r->dice, 4)
                                            : dice_roll(&r->dice, sizeof jumps / sizeof *jumps);
    int64_t to = world_now(r->w) + jumps[which];

    if (to < WORLD_BEGIN - DAY || to > WORLD_BEGIN + 900 * DAY)
        return;                       /* the cards' expiry is a bound */
    world_set(r->w, to);
    r->tally.jumps_back += jumps[which] < 0;
}

static void crash(struct run *r)
{
    world_crash(r->w, (struct crash){ .power = dice_roll(&r->dice, 3) > 0, .keys = dice_roll(&r->dice, 3) == 0,
                                      .loss = dice_roll(&r->dice, 2) ? SHIM_LOSE_ALL : SHIM_LOSE_SOME });
    r->tally.crashes++;
    r->broken = false;
    model_look(r->m, r->w);
}

static void draw(struct run *r)
{
    uint64_t sum = 0, at;

    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        sum += moves[i].weight;
    at = dice_roll(&r->dice, sum);
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        if (at < moves[i].weight) {
            moves[i].move(r);
            return;
        }
        at -= moves[i].weight;
    }
}

void moves_step(struct run *r, uint64_t seed, int64_t step)
{
    uint64_t fate;

    r->step = step;
    r->dice = (struct dice){ seed * 1000003 + (uint64_t)step };
    r->w->line.dice = (struct dice){ ~r->dice.state };
    r->tally.steps++;
    arena_reset(r->w->arena);
    pass(r);
    fate = dice_roll(&r->dice, 50);
    if (fate == 0) {                  /* the power goes somewhere within what follows */
        shim_power_cut_at(r->w->shim, dice_roll(&r->dice, 2) ? SHIM_SYNC : SHIM_WRITE,
                          1 + (unsigned)dice_roll(&r->dice, 4), SHIM_LOSE_SOME);
        r->tally.cuts++;
    }
    draw(r);
    if (!r->broken && dice_roll(&r->dice, 3) == 0)
        sweep(r);
    if (dice_roll(&r->dice, 8) == 0)
        world_deliver(r->w);
    if (r->broken || fate <= 1)
        crash(r);
    else if (step % 4 == 0)
        model_look(r->m, r->w);
}

void moves_calm(struct run *r)
{
    arena_reset(r->w->arena);
    if (r->broken)
        crash(r);
    r->w->line.calm = true;
    world_deliver(r->w);
    for (int i = 0; i < ROUNDS; i++) {
        world_set(r->w, world_now(r->w) + (i < ROUNDS / 2 ? 20 * MINUTE : 2 * HOUR));
        for (int j = 0; j < 3; j++)
            sweep(r);
        arena_reset(r->w->arena);
    }
    model_settled(r->m, r->w);
    r->w->line.calm = false;
}
