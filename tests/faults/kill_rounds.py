#!/usr/bin/env python3
"""Orders are created on several connections while the process group is killed at a random moment, round after
round on one data folder. Every order that was acknowledged must be found afterwards.

Environment: ROUNDS (50), CONNECTIONS (8), SEED (random; printed), TIJORI_BIN."""

import http.client
import os
import random
import shutil
import sys
import tempfile
import threading
import time

from sandbox import Report, Sandbox

ROUNDS = int(os.environ.get("ROUNDS", "50"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "8"))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
KILL_AFTER_S = (0.005, 0.4)


def create_until_killed(sandbox, name, acknowledged, refusals):
    """Create orders on one connection until it breaks; every 200 goes into `acknowledged`."""
    connection = sandbox.connect()
    number = 0
    try:
        while True:
            number += 1
            order_id = f"{name}-{number}"
            status, entity = connection.create(order_id)
            if status == 200:
                acknowledged.append((order_id, entity["cf_order_id"]))
            else:
                refusals.append((order_id, status, entity))
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()


def missing_orders(sandbox, acknowledged):
    """The acknowledged orders that are not there, or are another order."""
    connection = sandbox.connect()
    lost = []
    for order_id, cf_order_id in acknowledged:
        status, entity = connection.fetch(order_id)
        if status != 200 or entity["cf_order_id"] != cf_order_id or entity["order_amount"] != 10.15:
            lost.append((order_id, status))
    connection.close()
    return lost


def one_round(sandbox, number, chance, report):
    acknowledged, refusals = [], []
    threads = [threading.Thread(target=create_until_killed,
                                args=(sandbox, f"round{number}-{i}", acknowledged, refusals))
               for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(*KILL_AFTER_S))
    sandbox.kill()
    for thread in threads:
        thread.join()
    took = sandbox.start()
    lost = missing_orders(sandbox, acknowledged)
    report.check(not lost and not refusals,
                 f"round {number}: {len(acknowledged)} acknowledged, all found; ready again in {took * 1000:.0f} ms",
                 f"lost {lost[:5]} refused {refusals[:3]}")
    return acknowledged


def main():
    print(f"# kill rounds: {ROUNDS} rounds, {CONNECTIONS} connections, SEED={SEED}", flush=True)
    chance = random.Random(SEED)
    report = Report()
    data = tempfile.mkdtemp(prefix="tijori-kill-")
    sandbox = Sandbox(data)
    everything = []
    try:
        sandbox.start()
        for number in range(1, ROUNDS + 1):
            everything += one_round(sandbox, number, chance, report)
        lost = missing_orders(sandbox, everything)
        report.check(len(everything) >= ROUNDS, f"the rounds did some work: {len(everything)} orders acknowledged")
        report.check(not lost, f"all {len(everything)} orders of all rounds are there at the end", str(lost[:5]))
        status = sandbox.stop()
        report.check(status == 0, "the last server stops cleanly", f"exit status {status}")
        report.check(not sandbox.complaints(), "no sanitiser complained", "".join(sandbox.complaints()[:5]))
    except Exception as error:
        report.check(False, "the campaign runs to its end", repr(error))
    finally:
        sandbox.kill()
        shutil.rmtree(data, ignore_errors=True)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
