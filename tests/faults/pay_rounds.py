#!/usr/bin/env python3
"""Clients pay, save cards, pay with them, capture, void and refund, end orders meanwhile, and ask again where they got
no answer, while gateway, keyholder, courier, or all at once, are killed at random moments. After each round, once the
sweepers have settled what was open, our books and the acquirer's must agree: no order charged twice, no charge without
its row, and what was told stands.
And the merchant's receiver, which refuses now and then, has heard of all that happened and of nothing else.

Environment: PAY_ROUNDS (6), PAY_CLIENTS (6), SEED (random; printed), TIJORI_BIN."""

import copy
import os
import random
import sys
import time

import books as ledgers
from books import Books
from receiver import Receiver
from sandbox import run_campaign
from shoppers import (MANNERS, Client, behave, broken_promises, heard, misheard, ready_again, set_ahead, settled,
                      stray_tokens)

ROUNDS = int(os.environ.get("PAY_ROUNDS", "6"))
CLIENTS = int(os.environ.get("PAY_CLIENTS", "6"))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
VICTIMS = ("gateway", "keyholder", "courier", "group")
KILL_AFTER_S, AFTER_KILL_S = (0.1, 0.5), 0.4
KILLS = 2                   # in a round
AHEAD_S = 20 * 60           # a round's jump of the clock, past the time limit of whatever waits


def kill(sandbox, victim, ahead, manners):
    if victim == "group":
        sandbox.kill()
        sandbox.start()
    else:
        sandbox.kill_role(victim)
        time.sleep(0.05)
    ready_again(sandbox, ahead, manners)


def one_round(sandbox, receiver, number, chance, report):
    told = set()
    before = Books(sandbox.data)
    ahead = AHEAD_S * (number - 1)
    clients = [Client(sandbox, f"round{number}-{i}", random.Random(chance.random()), told) for i in range(CLIENTS)]
    victims = [chance.choice(VICTIMS) for _ in range(KILLS)]
    manners = (chance.choice(MANNERS), chance.choice(MANNERS)) if number > 1 else ("slow", "slow")
    behave(sandbox, *manners)
    for client in clients:
        client.start()
    for victim in victims:
        time.sleep(chance.uniform(*KILL_AFTER_S))
        kill(sandbox, victim, ahead, manners)
    time.sleep(AFTER_KILL_S)
    for client in clients:
        client.over.set()
    for client in clients:
        client.join()
    behave(sandbox, "well", "well")
    set_ahead(sandbox, AHEAD_S * number)
    now = settled(sandbox)
    wrong = list(now.complaints()) + list(stray_tokens(sandbox, now)) + list(broken_promises(sandbox, told))
    wrong += heard(receiver, now)
    wrong += [client.failure for client in clients if client.failure]
    did = f"killed {' and '.join(victims)}, acquirer {manners[0]}, network {manners[1]}"
    report.check(not wrong, f"round {number}, {did}: {len(now.payments) - len(before.payments)} payments, "
                            f"{len(told)} things told: the books agree", "; ".join(map(str, wrong[:5])))
    return now


def test_books(report, now):
    """Books that agree prove nothing unless a false entry shows."""
    paid = next(no for no, p in now.payments.items() if p["state"] == ledgers.SUCCESS and p["refunded_minor"] == 0)
    refund = next(no for no, r in now.their_refunds.items() if r["verdict"] == ledgers.REFUND_DONE)
    token = next(iter(now.tokens))

    def has_other_charge(false):
        merchant, last = max(no for no in false.payments if no[0] == paid[0])
        other = merchant, last + 1
        false.payments[other] = {**false.payments[paid], "payment_no": last + 1}
        false.theirs[other] = {**false.theirs[paid], "payment_no": last + 1}

    def has_no_consent(false):
        for payment in false.payments.values():
            if (payment["merchant_id"], payment["token_no"]) == token:
                payment["saves"] = 0

    for what, lie in (
            ("an order that is charged twice", has_other_charge),
            ("a charge without a row", lambda false: false.payments.pop(paid)),
            ("a success without a charge", lambda false: false.theirs.pop(paid)),
            ("a charge that was reversed and counts here",
             lambda false: false.theirs[paid].update(verdict=ledgers.REVERSED)),
            ("a capture that never was",
             lambda false: false.payments[paid].update(captured_minor=now.payments[paid]["captured_minor"] + 1)),
            ("a paid order whose payment failed", lambda false: false.payments[paid].update(state=ledgers.FAILED)),
            ("a refund that was never paid out", lambda false: false.their_refunds.pop(refund)),
            ("a refund that is too much", lambda false: false.payments[paid].update(refunded_minor=1 << 40)),
            ("a refund without a row", lambda false: false.refunds.clear()),
            ("a token without consent", has_no_consent)):
        false = copy.deepcopy(now)
        lie(false)
        report.check(any(false.complaints()), f"self-test: the books show {what}")


def test_hearing(report, receiver, now):
    paid = next(what for what in receiver.told if what[0] == "PAYMENT_SUCCESS_WEBHOOK")
    told = receiver.told
    for what, lie in (("an event that was not told", [one for one in told if one != paid]),
                      ("an event that did not happen", told + [(paid[0], "no order")]),
                      ("events in the wrong order", told[::-1])):
        receiver.told = lie
        report.check(any(misheard(receiver, now)), f"self-test: the receiver shows {what}")
    receiver.told = told


def campaign(sandbox, report):
    chance = random.Random(SEED)
    sandbox.start()
    receiver = Receiver(sandbox.headers["x-client-secret"], SEED)
    sandbox.admin("POST", "/admin/merchants/1/webhooks", receiver.endpoint())
    for number in range(1, ROUNDS + 1):
        now = one_round(sandbox, receiver, number, chance, report)
    paid = sum(p["state"] == ledgers.SUCCESS for p in now.payments.values())
    changed = sum(p["state"] in (ledgers.SUCCESS, ledgers.VOID) and p["authorise_only"] and p["capture_action"] > 0
                  for p in now.payments.values())
    ended = sum(o["state"] == ledgers.ORDER_TERMINATED for o in now.orders.values())
    report.check(paid >= ROUNDS and now.tokens and now.refunds and changed,
                 f"the rounds did some work: {len(now.payments)} payments, {paid} successful, {changed} captured "
                 f"or voided later, {ended} orders terminated, "
                 f"{len(now.refunds)} refunds, {len(now.tokens)} cards saved, {len(receiver.told)} webhooks")
    test_books(report, now)
    test_hearing(report, receiver, now)


if __name__ == "__main__":
    print(f"# pay rounds: {ROUNDS} rounds, {CLIENTS} clients, SEED={SEED}", flush=True)
    sys.exit(run_campaign("pay", campaign))
