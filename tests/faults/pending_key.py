#!/usr/bin/env python3
"""A card that waits for its payment's second factor rests sealed under a key that lives as long as twice a payment's
time limit and dies with the keyholder. So what is left of it in files opens nothing afterwards, and a payment whose
card can no longer be read still stands: only its card is not saved.

Environment: TIJORI_BIN."""

import contextlib
import sqlite3
import sys

import books as ledgers
from books import Books
from payer import OTP, Payer, card
from sandbox import processes, run_campaign, wait_for

CARD = "4706131211212123"
LIMIT_S = 15 * 60           # of a payment
LIFE_S = 2 * LIMIT_S + 60   # of the key, with the minute in which it seals
SETTLED_S = 25


def begin(payer, name):
    """A payment that saves its card and waits for its OTP; gives its order's id and its own."""
    status, order = payer.create(f"order-{name}", f"customer-{name.split('-')[0]}")
    if status == 200:
        status, order = payer.pay(order, card(CARD), save=True)
    if status != 200:
        raise RuntimeError(f"{name}: {status} {order}")
    return f"order-{name}", order["cf_payment_id"]


def row_of(sandbox, order_id):
    return next(p for p in Books(sandbox.data).payments.values() if p["order_id"] == order_id)


def plant(sandbox, order_id, flight):
    """Put into the row what was left of another."""
    with contextlib.closing(sqlite3.connect(sandbox.data / "tijori.db", timeout=10)) as db:
        with db:
            if db.execute("UPDATE payments SET flight = ? WHERE order_id = ?", (flight, order_id)).rowcount != 1:
                raise RuntimeError(f"{order_id} has no payment")


def advance(sandbox, seconds):
    status, got = sandbox.admin("POST", "/sandbox/clock", {"advance_seconds": seconds})
    if status != 200:
        raise RuntimeError(f"the clock: {status} {got}")


def saved_in_the_end(sandbox, payer, name):
    """The customer's instruments, once none of them is being made."""
    def look():
        got = payer.instruments(f"customer-{name}")
        settled = row_of(sandbox, f"order-{name}-2")["saves"] != ledgers.SAVES_ASKED
        return [got] if settled and all(one["instrument_status"] != "INIT" for one in got) else None
    return wait_for("the card is saved, or is not", look, SETTLED_S)[0]


def pay_with_leftovers(sandbox, payer, name, meanwhile):
    """What was left of one payment's card is put into another's row; gives what that one saves."""
    first, _ = begin(payer, f"{name}-1")
    left = row_of(sandbox, first)["flight"]
    meanwhile()
    second, payment = begin(payer, f"{name}-2")
    plant(sandbox, second, left)
    status, got = payer.otp(payment, OTP)
    if status != 200 or got["authenticate_status"] != "SUCCESS" or payer.state(second) != "PAID":
        raise RuntimeError(f"{name}: the payment itself failed: {status} {got}")
    return saved_in_the_end(sandbox, payer, name)


def is_saved(instruments):
    return any(one["instrument_status"] == "ACTIVE" for one in instruments)


def test_gateway_killed(report, sandbox, payer):
    order_id, payment = begin(payer, "survivor-2")
    sandbox.kill_role("gateway")
    wait_for("another gateway", sandbox.readyz, 20)
    status, got = payer.otp(payment, OTP)
    report.check(status == 200 and payer.state(order_id) == "PAID",
                 "a payment whose gateway was killed goes on to its end",
                 f"{status} {got}")
    kept = saved_in_the_end(sandbox, payer, "survivor")
    report.check(is_saved(kept), "and its card is saved, for the keyholder can still open it", str(kept))


def test_keyholder_killed(report, sandbox, payer):
    order_id, payment = begin(payer, "killed-2")
    before = payer.charged()
    old = processes(sandbox.process.pid)["keyholder"]
    sandbox.kill_role("keyholder")
    wait_for("another keyholder", lambda: processes(sandbox.process.pid).get("keyholder", old) != old
             and sandbox.readyz(), 20)
    status, got = payer.otp(payment, OTP)
    report.check(status == 200 and got["authenticate_status"] == "SUCCESS" and payer.state(order_id) == "PAID",
                 "a payment whose keyholder was killed goes on to its end", f"{status} {got}")
    report.check(payer.charged() == before + 1, "and is charged once")
    kept = saved_in_the_end(sandbox, payer, "killed")
    report.check(all(one["instrument_status"] == "FAILED" for one in kept),
                 "its card, which nobody can open any more, is not saved", str(kept))
    now = Books(sandbox.data)
    row = row_of(sandbox, order_id)
    report.check(row["state"] == ledgers.SUCCESS and row["flight"] is None, "the payment stands")
    token = now.tokens.get((row["merchant_id"], row["token_no"]))
    report.check(token is None or (token["status"] == ledgers.TOKEN_FAILED and token["verdict"]),
                 "of its token is kept that it failed, and why", str(token))
    report.check(not list(now.complaints()), "and the books agree", str(list(now.complaints())[:3]))


def test_leftovers(report, sandbox, payer):
    fresh = pay_with_leftovers(sandbox, payer, "fresh", lambda: None)
    report.check(is_saved(fresh), "self-test: what is left of a card is of use while its key lives", str(fresh))
    late = pay_with_leftovers(sandbox, payer, "late", lambda: advance(sandbox, LIFE_S))
    report.check(not is_saved(late), "what is left of a card opens nothing when its key's life is over", str(late))

    def begin_again():
        sandbox.stop()
        sandbox.start()
    again = pay_with_leftovers(sandbox, payer, "again", begin_again)
    report.check(not is_saved(again), "what is left of a card opens nothing after a restart", str(again))


def test_late_otp(report, sandbox, payer):
    for name, seconds in (("slow", LIMIT_S + 1), ("slower", LIFE_S)):
        order_id, payment = begin(payer, f"{name}-1")
        before = payer.charged()
        advance(sandbox, seconds)
        status, got = payer.otp(payment, OTP)
        report.check(status == 400, f"an OTP after {seconds} s is refused", f"{status} {got}")
        state = wait_for("the payment ends", lambda: (s := payer.payment(order_id, payment)) != "PENDING" and s,
                         SETTLED_S)
        report.check(state in ("USER_DROPPED", "FAILED") and payer.charged() == before,
                     "its payment is over, and nothing was charged", str(state))
        report.check(row_of(sandbox, order_id)["flight"] is None and not payer.instruments(f"customer-{name}"),
                     "its card is gone from its row, and is not saved")


def campaign(sandbox, report):
    payer = Payer(sandbox)
    sandbox.start()
    for test in (test_gateway_killed, test_keyholder_killed, test_leftovers, test_late_otp):
        test(report, sandbox, payer)


if __name__ == "__main__":
    sys.exit(run_campaign("pending", campaign))
