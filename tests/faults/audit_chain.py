#!/usr/bin/env python3
"""The audit log of a real server, under kills and under hands that tamper with its database: what was done to it is
found and named, what a kill did is not taken for that, and without the keyholder's signature nothing audited happens.

Environment: TIJORI_BIN, AUDIT_KILLS (default 5)."""

import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from payer import OTP, Payer, card
from sandbox import BINARY, Report, Sandbox, processes, wait_for

KILLS = int(os.environ.get("AUDIT_KILLS", "5"))
CARD = "4706131211212123"
PENDING_S = 2               # in which the ends of admin calls have their rows
NEXT_LINK_S = 6             # in which the rows of what was opened have come


class Said(Report):
    """What is said first, then whether it is so."""

    def __call__(self, what, good, detail=""):
        return self.check(good, what, detail)


def tool(data, verb, *words):
    return subprocess.run([BINARY, "audit", verb, "--data", str(data), *words], capture_output=True, text=True)


def busy(sandbox, name):
    """A payment with a saved card: card opened, charged, token made, all of it audited."""
    payer = Payer(sandbox)
    status, order = payer.create(f"order-{name}", "customer-1")
    if status == 200:
        status, order = payer.pay(order, card(CARD), save=True)
    if status == 200:
        payer.otp(order["cf_payment_id"], OTP)
    return status


def change(data, *statements):
    with contextlib.closing(sqlite3.connect(data / "tijori.db")) as db:
        with db:
            for one in statements:
                db.execute(one)


def number(data, question):
    with contextlib.closing(sqlite3.connect(data / "tijori.db")) as db:
        return db.execute(question).fetchone()[0]


def tampering(whole):
    """What is done to a copy of the folder, and the words that name it. `whole` is the folder."""
    last = number(whole, "SELECT max(link_no) FROM audit_links")
    row = number(whole, "SELECT max(row_no) FROM audit") // 2
    link = last // 2
    end = number(whole, f"SELECT first_row - 1 FROM audit_links WHERE link_no = {last - 2}")
    yield "edited", f"edited: row {row} ", [f"UPDATE audit SET source = '192.0.2.9' WHERE row_no = {row}"]
    yield "deleted", f"deleted: row {row} ", [f"DELETE FROM audit WHERE row_no = {row}"]
    yield "swapped", f"swapped: rows {row} and {row + 2} ", [
        f"UPDATE audit SET row_no = 99999999 WHERE row_no = {row}",
        f"UPDATE audit SET row_no = {row} WHERE row_no = {row + 2}",
        f"UPDATE audit SET row_no = {row + 2} WHERE row_no = 99999999"]
    yield "link edited", f"edited: link {link} ", [
        f"UPDATE audit_links SET cards = cards + 1 WHERE link_no = {link}"]
    yield "link deleted", f"deleted: links {link} to {link} ", [f"DELETE FROM audit_links WHERE link_no = {link}"]
    yield "links cut off", "truncated: rows ", [f"DELETE FROM audit_links WHERE link_no > {last - 3}"]
    yield "end cut off", f"truncated or rolled back: link {last} was anchored", [
        f"DELETE FROM audit_links WHERE link_no > {last - 3}", f"DELETE FROM audit WHERE row_no > {end}"]


def check_tampering(report, folder, whole):
    for name, words, statements in tampering(whole):
        copy = folder / "tampered"
        shutil.copytree(whole, copy)
        change(copy, *statements)
        said = tool(copy, "verify")
        report(f"a log that was {name} is found out: {words.strip()}",
               said.returncode == 1 and words in said.stdout, said.stdout + said.stderr)
        shutil.rmtree(copy)


def check_rollback(report, folder, sandbox):
    """The database is put back by an older copy, and the server goes on from there."""
    older = folder / "older.db"
    shutil.copy(sandbox.data / "tijori.db", older)
    sandbox.start()
    for i in range(3):
        busy(sandbox, f"gone-{i}")
    sandbox.stop()
    anchored = tool(sandbox.data, "verify")
    for end in ("", "-wal", "-shm"):
        (sandbox.data / f"tijori.db{end}").unlink(missing_ok=True)
    shutil.copy(older, sandbox.data / "tijori.db")
    said = tool(sandbox.data, "verify")
    report("an older copy of the database is found out by the anchor",
           anchored.returncode == 0 and said.returncode == 1 and "rolled back" in said.stdout, said.stdout)
    sandbox.start()
    for i in range(6):
        busy(sandbox, f"again-{i}")
    sandbox.stop()
    said = tool(sandbox.data, "verify")
    report("and so it is when the server went on from it", said.returncode == 1 and "rolled back: link" in said.stdout,
           said.stdout)


def stands_still(pid):
    """Have all its threads taken the signal?"""
    return all(task.read_text().rpartition(")")[2].split()[0] == "T"
               for task in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"))


def check_without_keyholder(report, sandbox):
    keyholder = processes(sandbox.process.pid)["keyholder"]
    time.sleep(PENDING_S)                   # what came of the calls before has its rows by then
    before = number(sandbox.data, "SELECT count(*) FROM audit")
    os.kill(keyholder, signal.SIGSTOP)
    wait_for("the keyholder stands still", lambda: stands_still(keyholder) and [True], 10)
    try:
        status, said = sandbox.admin("POST", "/admin/merchants", {"name": "nobody", "currencies": "INR"})
        report("without the keyholder nothing that must be audited is done, and the refusal has a name",
               status == 503 and said["error"] == "audit", f"{status} {said}")
        status, said = sandbox.admin("GET", "/readyz")
        report("and /readyz says why", status == 503 and "keyholder" in said["why"], f"{status} {said}")
    finally:
        os.kill(keyholder, signal.SIGCONT)
    report("and no row is there", number(sandbox.data, "SELECT count(*) FROM audit") == before)
    wait_for("the server is ready again",
             lambda: sandbox.admin("GET", "/admin/merchants")[0] == 200 and [True], 20)
    report("afterwards all goes on", busy(sandbox, "afterwards") == 200)


def check_kills(report, sandbox):
    for i in range(KILLS):
        sandbox.start()
        for k in range(4):
            busy(sandbox, f"kill-{i}-{k}")
        if i % 2:
            sandbox.kill_role(("gateway", "keyholder")[i // 2 % 2])
            wait_for("it is ready again", lambda: sandbox.readyz() and [True], 30)
            busy(sandbox, f"kill-{i}-more")
        sandbox.kill()
    sandbox.start()
    busy(sandbox, "after-the-kills")
    time.sleep(NEXT_LINK_S)
    said = tool(sandbox.data, "verify")
    report(f"{KILLS} kills are no tampering, and the log is whole while the server runs", said.returncode == 0,
           said.stdout + said.stderr)


def main():
    report = Said()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tijori-audit-"))
    sandbox = Sandbox(folder / "data")
    try:
        check_kills(report, sandbox)
        check_without_keyholder(report, sandbox)
        report("the server stops", sandbox.stop() == 0)
        said = tool(sandbox.data, "verify")
        report("the log is whole, and anchored to its end",
               said.returncode == 0 and "unanchored: 0 link(s)" in said.stdout, said.stdout + said.stderr)
        check_tampering(report, folder, sandbox.data)
        check_rollback(report, folder, sandbox)
        report("no sanitiser complains", not sandbox.complaints(), "".join(sandbox.complaints()[:5]))
    except Exception as error:
        report("the campaign runs to its end", False, repr(error))
    finally:
        sandbox.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
