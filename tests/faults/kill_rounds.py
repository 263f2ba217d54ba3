#!/usr/bin/env python3
"""Orders are created on several connections while the process group is killed at a random moment, round after
round on one data folder. Every order that was acknowledged must be found afterwards.

Environment: ROUNDS (50), CONNECTIONS (8), SEED (random; printed), TIJORI_BIN."""

import http.client
import os
import random
import sys
import threading
import time

from sandbox import run_campaign

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


def campaign(sandbox, report):
    chance = random.Random(SEED)
    everything = []
    sandbox.start()
    for number in range(1, ROUNDS + 1):
        everything += one_round(sandbox, number, chance, report)
    lost = missing_orders(sandbox, everything)
    report.check(len(everything) >= ROUNDS, f"the rounds did some work: {len(everything)} orders acknowledged")
    report.check(not lost, f"all {len(everything)} orders of all rounds are there at the end", str(lost[:5]))


if __name__ == "__main__":
    print(f"# kill rounds: {ROUNDS} rounds, {CONNECTIONS} connections, SEED={SEED}", flush=True)
    sys.exit(run_campaign("kill", campaign))
