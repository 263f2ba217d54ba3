#!/usr/bin/env python3
"""The data folder's file system fills up under load: creating and paying answer 5xx to everybody, with a clear log
line; reading goes on; when there is space again so is service; and whatever was acknowledged is there. The acquirer
keeps its book on the same disk: nothing is charged of which we have no row, and payments that waited go on.

Needs the right to mount a small tmpfs; says "skipped" without it. Environment: TIJORI_BIN."""

import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time

from books import Books
from payer import NO_ANSWER, OTP, Payer, card
from sandbox import Report, Sandbox, wait_for

DISK = "24m"
MEMBERS = 16                # requests sent at once
ROUNDS_TO_FULL = 60
RECOVERY_S = 15
WAITING, UNTRIED = 12, 12   # payments that wait for their OTP when the disk is full; orders that are paid from then on
ROOMS = (0, 0, 1 << 14, 1 << 15, 1 << 16, 0)          # enough for our intent, for the acquirer's record, or for neither
CARDS = ("4706131211212123", "4012888888881881", "5105105105105100")
PAST_ALL_LIMITS_S = 20 * 60


def fill(folder, room=0):
    """Write until the disk is full to the last page, and then give back `room` bytes."""
    with open(os.path.join(folder, "filler"), "ab", buffering=0) as filler:
        for size in (1 << 20, 1 << 16, 1 << 12, 1):
            try:
                while filler.write(b"x" * size):
                    pass
            except OSError:
                continue
        if room:
            filler.truncate(max(0, os.fstat(filler.fileno()).st_size - room))


def create_at_once(sandbox, name, acknowledged):
    """MEMBERS requests at the same time; gives their statuses."""
    statuses = [0] * MEMBERS
    gate = threading.Barrier(MEMBERS)

    def one(i):
        connection = sandbox.connect()
        order_id = f"{name}-{i}"
        gate.wait()
        try:
            statuses[i], _ = connection.create(order_id, note="n" * 200)
        except (OSError, http.client.HTTPException):
            statuses[i] = 0
        if statuses[i] == 200:
            acknowledged.append(order_id)
        connection.close()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(MEMBERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def not_found(sandbox, order_ids):
    connection = sandbox.connect()
    lost = [order_id for order_id in order_ids if connection.fetch(order_id)[0] != 200]
    connection.close()
    return lost


def fill_until_refused(sandbox, folder, acknowledged):
    """Create on a disk kept full until a whole round is refused; gives every status seen."""
    seen = []
    for number in range(ROUNDS_TO_FULL):
        fill(folder)
        statuses = create_at_once(sandbox, f"full{number}", acknowledged)
        seen += statuses
        if all(status != 200 for status in statuses):
            return seen, statuses
    return seen, statuses


class Payments:
    """Some wait for their OTP before the disk is full, some are begun when it is."""

    def __init__(self, sandbox):
        self.sandbox, self.payer = sandbox, Payer(sandbox)
        self.orders, self.waiting, self.successes = {}, {}, set()

    def prepare(self):
        for number in range(WAITING + UNTRIED):
            order_id = f"paid-{number}"
            _, self.orders[order_id] = self.payer.create(order_id, f"customer-{number}")
            if number < WAITING:
                self.begin(order_id)

    def begin(self, order_id):
        number = int(order_id.partition("-")[2])
        answer = self.payer.pay(self.orders[order_id], card(CARDS[number % len(CARDS)]), save=number % 2 == 0)
        if answer[0] == 200:
            self.waiting[order_id] = answer[1]["cf_payment_id"]
        return answer

    def go_on(self, order_id):
        """The next step of one order; gives (status, JSON)."""
        if order_id not in self.waiting:
            return self.begin(order_id)
        answer = self.payer.otp(self.waiting[order_id], OTP)
        if answer[0] == 200 and answer[1]["authenticate_status"] == "SUCCESS":
            self.successes.add(order_id)
        return answer

    def go_on_at_once(self):
        """Gives the answers of all that are not done."""
        answers, rest = [], [order_id for order_id in self.orders if order_id not in self.successes]

        def one(order_id):
            try:
                answers.append(self.go_on(order_id))
            except NO_ANSWER as error:
                answers.append((0, repr(error)))
        threads = [threading.Thread(target=one, args=(order_id,)) for order_id in rest]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def on_full_disk(self, report, folder):
        answers = []
        for room in ROOMS:
            fill(folder, room)
            answers += self.go_on_at_once()
        refused = [(status, got) for status, got in answers if status >= 500]
        report.check(refused and all(isinstance(got, dict) and got.get("message") for _, got in refused),
                     f"paying on a full disk is refused {len(refused)} times, with a reason", str(answers[:3]))
        report.check(all(status in (200, 400, 409) or status >= 500 for status, _ in answers),
                     "and never answered in another way", str(sorted({status for status, _ in answers})))
        strangers = self.without_intent()
        report.check(not strangers, "nothing is charged of which we have no row", str(strangers))

    def without_intent(self):
        now = Books(self.sandbox.data)
        return [no for no in now.theirs if no not in now.payments]

    def in_the_end(self, report):
        """Every order is paid when there is space again."""
        def all_paid():
            self.go_on_at_once()
            for order_id in self.orders:
                if self.payer.payment(order_id, self.waiting.get(order_id)) in ("FAILED", "USER_DROPPED"):
                    del self.waiting[order_id]
            return all(self.payer.state(order_id) == "PAID" for order_id in self.orders)
        wait_for("every order is paid", all_paid, RECOVERY_S)
        report.check(True, f"all {len(self.orders)} orders are paid once there is space")
        self.sandbox.admin("POST", "/sandbox/clock", {"advance_seconds": PAST_ALL_LIMITS_S})

        def settled():
            now = Books(self.sandbox.data)
            return None if any(now.open()) else now
        now = wait_for("everything is settled", settled, RECOVERY_S)
        wrong = list(now.complaints())
        report.check(not wrong, "our books and the acquirer's agree", "; ".join(wrong[:5]))
        lost = [order_id for order_id in self.successes if self.payer.state(order_id) != "PAID"]
        report.check(not lost, f"all {len(self.successes)} successes that were told stand", str(lost))


def campaign(sandbox, folder, report):
    acknowledged = []
    sandbox.start()
    payments = Payments(sandbox)
    payments.prepare()
    report.check(len(payments.waiting) == WAITING, f"{WAITING} payments wait for their OTP")
    report.check(create_at_once(sandbox, "before", acknowledged) == [200] * MEMBERS,
                 "orders are created while there is space")

    seen, last = fill_until_refused(sandbox, folder, acknowledged)
    report.check(all(500 <= status <= 599 for status in last),
                 "on a full disk every request at once gets a 5xx", str(last))
    report.check(all(status == 200 or 500 <= status <= 599 for status in seen),
                 "nothing but 200 and 5xx was ever answered",
                 str(sorted(set(seen))))
    lost = not_found(sandbox, acknowledged)
    report.check(not lost, f"all {len(acknowledged)} acknowledged orders can be read on the full disk", str(lost[:5]))
    payments.on_full_disk(report, folder)

    os.unlink(os.path.join(folder, "filler"))
    deadline = time.monotonic() + RECOVERY_S
    while True:
        statuses = create_at_once(sandbox, f"after{int(time.monotonic() * 1000)}", acknowledged)
        if statuses == [200] * MEMBERS or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    report.check(statuses == [200] * MEMBERS, "service returns when space does, without a restart", str(statuses))
    payments.in_the_end(report)
    time.sleep(1)
    text = sandbox.log().lower()
    report.check("full" in text or "no space" in text, "the log says that the disk was full",
                 "".join(line for line in text.splitlines(True) if '"event"' in line)[-600:])

    lost = not_found(sandbox, acknowledged)
    report.check(not lost, f"all {len(acknowledged)} acknowledged orders are there", str(lost[:5]))
    status = sandbox.stop()
    report.check(status == 0, "the server stops cleanly", f"exit status {status}")
    sandbox.start()
    lost = not_found(sandbox, acknowledged)
    report.check(not lost, "and they are there after a restart", str(lost[:5]))
    sandbox.stop()
    report.check(not sandbox.complaints(), "no sanitiser complained", "".join(sandbox.complaints()[:5]))


def main():
    report = Report()
    folder = tempfile.mkdtemp(prefix="tijori-full-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tijori-full-disk", folder],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        os.rmdir(folder)
        print("ok full disk # skipped: mounting a small file system is not permitted here", flush=True)
        return 0
    print(f"# full disk: tmpfs of {DISK}", flush=True)
    sandbox = Sandbox(os.path.join(folder, "data"))
    try:
        campaign(sandbox, folder, report)
    except Exception as error:
        report.check(False, "the campaign runs to its end", repr(error))
    finally:
        sandbox.kill()
        subprocess.run(["umount", folder], check=False)
        os.rmdir(folder)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
