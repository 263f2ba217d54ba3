#!/usr/bin/env python3
"""Shoppers pay while a backup is fetched. It is restored and compared: what was acknowledged before the backup was begun
is in it, its books agree, the check finds nothing. Then our older books are put beside the acquirer's and the network's
newer ones: nothing that ours does not know is made up, no number is given twice, and new payments succeed.

Environment: TIJORI_BIN, BACKUP_ORDERS (30)."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

from books import Books
from payer import OTP, Payer, card
from sandbox import BINARY, Report, Sandbox, wait_for

ORDERS = int(os.environ.get("BACKUP_ORDERS", "30"))
CARD = "4706131211212123"
SETTLED_S = 30
AHEAD_S = 20 * 60           # past the time limit of a payment that waited for its OTP when the backup was begun


def tool(*words):
    return subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, errors="replace", timeout=120,
                          check=False)


def buy(payer, order_id):
    """Gives the number of the payment that succeeded, or None."""
    status, order = payer.create(order_id)
    if status != 200:
        return None
    status, paying = payer.pay(order, card(CARD))
    if status != 200:
        return None
    payment = paying["cf_payment_id"]
    payer.otp(payment, OTP)
    return payment if payer.state(order_id) == "PAID" else None


class Shopper(threading.Thread):
    """Buys until told to stop; keeps what was told him."""

    def __init__(self, sandbox, name):
        super().__init__(daemon=True)
        self.payer, self.name_, self.over, self.paid = Payer(sandbox), name, threading.Event(), []

    def run(self):
        while not self.over.is_set():
            order_id = f"{self.name_}-{len(self.paid)}"
            if buy(self.payer, order_id) is None:
                return
            self.paid.append(order_id)


def restore(report, backup, data, key):
    done = tool("restore", backup, "--data", data, "--key-file", key)
    report.check(done.returncode == 0, f"the backup is restored into {data.name}", done.stderr + done.stdout)
    checked = tool("check", "--data", data)
    report.check(checked.returncode == 0, "the check of what was restored finds nothing", checked.stdout)


def damage(report, backup, folder, key):
    """One byte changed, the end cut off, two pieces swapped: each is refused, and nothing is left."""
    whole = backup.read_bytes()
    first = 32 + 4 + int.from_bytes(whole[32:36], "big")
    second = first + 4 + int.from_bytes(whole[first:first + 4], "big")
    cases = {
        "one byte is changed": whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:],
        "the end is cut off": whole[:-7],
        "the last piece is missing": whole[:-(4 + 47)],
        "two pieces are swapped": whole[:32] + whole[first:second] + whole[32:first] + whole[second:],
        "something is behind it": whole + b"x",
    }
    for what, content in cases.items():
        bad, into = folder / "bad.bak", folder / "bad"
        bad.write_bytes(content)
        done = tool("restore", bad, "--data", into, "--key-file", key)
        left = [path.name for path in into.iterdir()] if into.exists() else []
        report.check(done.returncode in (1, 2) and not left, f"a backup is refused when {what}",
                     f"status {done.returncode}, left {left}")


def under_load(report, folder):
    sandbox = Sandbox(folder / "data")
    sandbox.start()
    payer = Payer(sandbox)
    before = [f"before-{n}" for n in range(ORDERS)]
    for order_id in before:
        buy(payer, order_id)
    shoppers = [Shopper(sandbox, f"during-{n}") for n in range(3)]
    for shopper in shoppers:
        shopper.start()
    made = tool("backup", folder / "a.bak", "--data", sandbox.data)
    for shopper in shoppers:
        shopper.over.set()
        shopper.join()
    report.check(made.returncode == 0, "a backup of a server under load is made", made.stderr)
    report.check(sum(len(shopper.paid) for shopper in shoppers) > 0, "payments succeeded beside it")
    for n in range(5):
        buy(payer, f"after-{n}")
    wait_for("all is settled", lambda: not list(Books(sandbox.data).open()), SETTLED_S)
    report.check(sandbox.stop() == 0 and not sandbox.complaints(), "the server stops cleanly", sandbox.complaints())
    return sandbox, before


def main():
    report = Report()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tijori-backup-"))
    try:
        sandbox, before = under_load(report, folder)
        key = sandbox.data / "keys" / "master.key"
        restore(report, folder / "a.bak", folder / "restored", key)
        ours = Books(folder / "restored")
        known = {order["order_id"] for order in ours.orders.values() if order["state"] == 1}
        report.check(set(before) <= known, "what was paid before the backup is in it", sorted(set(before) - known))
        damage(report, folder / "a.bak", folder, key)
        newer(report, folder, sandbox)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if report.failed else 0


def newer(report, folder, sandbox):
    """Ours as of the backup, theirs as of the end."""
    data = folder / "mixed"
    shutil.copytree(sandbox.data, data)
    for name in ("tijori.db", "tijori.db-wal", "tijori.db-shm"):
        (data / name).unlink(missing_ok=True)
    shutil.copy(folder / "restored" / "tijori.db", data / "tijori.db")
    old = Books(data)
    again = Sandbox(data)
    again.start()
    try:
        again.admin("POST", "/sandbox/clock", {"advance_seconds": AHEAD_S})
        wait_for("all is settled", lambda: not list(Books(data).open()), SETTLED_S)
        payer = Payer(again)
        report.check(buy(payer, "new-order") is not None, "a new payment succeeds on restored books")
        now = Books(data)
        lost = {no for no in now.theirs if no not in now.payments}
        made_up = {no for no, p in now.payments.items() if p["state"] == 4 and no not in now.theirs}
        report.check(not made_up, "no payment succeeded that the acquirer does not have", made_up)
        report.check(lost == {no for no in old.theirs if no not in old.payments},
                     "what is missing in ours is what was charged after the backup, and no more", lost)
        numbers = [no for no in now.payments if no not in old.payments]
        report.check(numbers and not set(numbers) & set(old.theirs), "no number is given twice", numbers)
        wrong = [line for line in now.complaints() if "of which there is no row" not in line]
        report.check(not wrong, "in all else the books agree", wrong)
    finally:
        again.stop()
        report.check(not again.complaints(), "no sanitiser complains", again.complaints())


if __name__ == "__main__":
    sys.exit(main())
