#!/usr/bin/env python3
"""Under mixed load (orders, payments and what follows from them, tokens through Juspay and Paytm, webhooks) one of the
four processes, or all of them, is killed at a random moment, round after round. After each: what was killed was started
again, every acknowledged row is there, no order is charged twice. Every few rounds the load stops until everything is
settled, and then our books, the acquirer's, the network's and the merchant's agree. At the end `tijori check` and
`tijori audit verify` find nothing.

    kill_any.py [ROUNDS]

Environment: KILL_ROUNDS (200), SEED (random; printed), KILL_SECONDS (no further rounds after so many), TIJORI_BIN."""

import collections
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

import books as ledgers
import merchant_side
from books import Books
from payer import NO_ANSWER, YEAR
from receiver import Receiver
from sandbox import ANSWER_S, BINARY, parsed, processes, run_campaign, wait_for
from shoppers import (MANNERS, Client, behave, broken_promises, heard, ready_again, set_ahead, settled, stray_tokens)

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
SECONDS = float(os.environ.get("KILL_SECONDS", "inf"))
ROUNDS = int(os.environ.get("KILL_ROUNDS", "200"))
VICTIMS = ("supervisor", "keyholder", "gateway", "courier", "group")
KILL_AFTER_S = (0.05, 0.6)
SETTLE_EVERY = 10           # rounds
SHOPPERS, ORDERERS = 3, 2
AHEAD_S = 20 * 60           # how far the clock is put forward to settle
GONE_S, AGAIN_S = 10, 30    # children without their supervisor; a process that was killed
PAUSE_S = 0.2               # of a client who got no answer
ENDED_S = 10                # the last rows of what was opened
ENOUGH = 20                 # rounds, in which something of everything happens
CARDS = ("4706131211212123", "4012888888881881", "6074825972083818")


class Worker(threading.Thread):
    """Does one thing after another until told to stop."""

    def __init__(self, sandbox, name, chance):
        super().__init__(daemon=True)
        self.sandbox, self.name_, self.chance = sandbox, name, chance
        self.over = threading.Event()
        self.failure, self.told = None, []

    def run(self):
        number = 0
        while not self.over.is_set() and not self.failure:
            number += 1
            try:
                if not self.do(number):
                    time.sleep(PAUSE_S)
            except NO_ANSWER:
                time.sleep(PAUSE_S)
            except Exception as error:
                self.failure = repr(error)

    def send(self, method, path, body, headers):
        wire = http.client.HTTPConnection(self.sandbox.address, timeout=ANSWER_S)
        try:
            wire.request(method, path, body, headers)
            answer = wire.getresponse()
            return answer.status, parsed(answer.read())
        finally:
            wire.close()


class Orderer(Worker):
    """Creates orders; `told` has (order_id, cf_order_id)."""

    def do(self, number):
        order_id = f"{self.name_}-{number}"
        body = {"order_id": order_id, "order_amount": 10.15, "order_currency": "INR",
                "customer_details": {"customer_id": "customer_1", "customer_phone": "9908734801"}}
        status, got = self.send("POST", "/pg/orders", json.dumps(body), self.sandbox.headers)
        if status == 200:
            self.told.append((order_id, got["cf_order_id"]))
        return status == 200


class Saver(Worker):
    """Has cards tokenised, each for a customer of its own; `told` has the customers. No answer: asked once more."""

    def do(self, number):
        known = json.loads((self.sandbox.data / "credentials.json").read_text())
        customer = f"{self.name_}-{number}"
        for _ in range(2):
            try:
                done = self.make(known, self.chance.choice(CARDS[:1]), customer)
            except NO_ANSWER:
                time.sleep(PAUSE_S)
                continue
            if done:
                self.told.append(customer)
            return done
        return False


class ByJuspay(Saver):
    def make(self, known, number, customer):
        card = {"cardNumber": number, "expMonth": "10", "expYear": YEAR, "cardSecurityCode": "737"}
        status, _ = self.send("POST", "/generateToken",
                              json.dumps(merchant_side.juspay_token(known["juspay"], card, customer)),
                              merchant_side.juspay_headers(known["juspay"]))
        return status == 200


class ByPaytm(Saver):
    def make(self, known, number, customer):
        card = {"cardNumber": number, "expiryMonth": "10", "expiryYear": YEAR, "securityCode": "737"}
        body = merchant_side.paytm_card(known["paytm"], card, customer)
        path, text = merchant_side.paytm_request(known["paytm"], "tokenizeCard", body)
        status, got = self.send("POST", path, text, {"content-type": "application/json"})
        return status == 200 and got["body"]["resultInfo"]["resultCode"] == "00"


class Load:
    """Everybody who asks for something, until stop()."""

    def __init__(self, sandbox, name, chance):
        def own():
            return random.Random(chance.random())
        self.promises = set()
        self.shoppers = [Client(sandbox, f"{name}-shop{i}", own(), self.promises) for i in range(SHOPPERS)]
        self.orderers = [Orderer(sandbox, f"{name}-order{i}", own()) for i in range(ORDERERS)]
        self.savers = [ByJuspay(sandbox, f"{name}-juspay", own()), ByPaytm(sandbox, f"{name}-paytm", own())]
        for thread in self.everybody():
            thread.start()

    def everybody(self):
        return self.shoppers + self.orderers + self.savers

    def orders(self):
        return [told for orderer in self.orderers for told in list(orderer.told)]

    def customers(self):
        return [told for saver in self.savers for told in list(saver.told)]

    def stop(self):
        for thread in self.everybody():
            thread.over.set()
        for thread in self.everybody():
            thread.join()
        return [thread.failure for thread in self.everybody() if thread.failure]


def missing(now, orders, customers):
    """What was acknowledged and is not there, or is there twice."""
    there = {row["order_id"]: row["order_no"] for row in now.orders.values()}
    yield from (f"order {order_id} is gone" for order_id, _ in orders if order_id not in there)
    alive = collections.Counter(t["customer_id"] for t in now.tokens.values() if t["status"] < 3)
    yield from (f"the card of {customer} is gone" for customer in customers if not alive[customer])
    yield from (f"{customer} has {alive[customer]} tokens of one card" for customer in customers if alive[customer] > 1)


def gone(pids):
    return all(not pathlib.Path(f"/proc/{pid}").exists()
               or pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z" for pid in pids)


def kill(sandbox, victim):
    """Kill it, and see that it comes again; gives the seconds until all was ready, and what was not as it must be."""
    before, begun = processes(sandbox.process.pid), time.monotonic()
    if len(before) != 4:
        return 0, f"there are only {sorted(before)}"
    if victim in ("supervisor", "group"):
        if victim == "group":
            sandbox.kill()
        else:
            sandbox.process.kill()
            sandbox.process.wait()
        wait_for("nothing outlives its supervisor", lambda: safely(gone, before.values()), GONE_S)
        sandbox.start()
        return time.monotonic() - begun, None
    sandbox.kill_role(victim)
    wait_for(f"another {victim}",
             lambda: processes(sandbox.process.pid).get(victim, before[victim]) != before[victim], AGAIN_S)
    return time.monotonic() - begun, None


def safely(probe, *words):
    """A process may end between two looks."""
    try:
        return probe(*words)
    except OSError:
        return False


def one_round(sandbox, load, number, ahead, chance, report):
    victim = chance.choice(VICTIMS)
    manners = chance.choice(MANNERS), chance.choice(MANNERS)
    behave(sandbox, *manners)
    time.sleep(chance.uniform(*KILL_AFTER_S))
    orders, customers = load.orders(), load.customers()
    took, wrong = kill(sandbox, victim)
    ready_again(sandbox, ahead, manners)
    now = Books(sandbox.data)
    wrong = ([wrong] if wrong else []) + list(missing(now, orders, customers)) + list(now.charged_twice())
    report.check(not wrong, f"round {number}, killed {victim}: up again in {took:.1f} s, {len(now.orders)} orders, "
                            f"{len(now.payments)} payments, {len(now.tokens)} tokens", "; ".join(wrong[:5]))
    return victim


def settle(sandbox, receiver, load, ahead, report):
    """Everybody stops, time passes, and all books agree."""
    wrong = load.stop()
    behave(sandbox, "well", "well")
    set_ahead(sandbox, ahead)
    now = settled(sandbox)
    wrong += list(missing(now, load.orders(), load.customers())) + list(now.complaints())
    wrong += list(stray_tokens(sandbox, now)) + list(broken_promises(sandbox, load.promises)) + heard(receiver, now)
    report.check(not wrong, f"settled: {len(load.promises)} promises, {len(load.orders())} orders and "
                            f"{len(load.customers())} tokens told: the books agree", "; ".join(map(str, wrong[:5])))
    return now


def tool(sandbox, *words):
    return subprocess.run([BINARY, *words, "--data", str(sandbox.data)], capture_output=True, text=True)


def finish(sandbox, victims, now, report):
    by = collections.Counter(t["channel"] for t in now.tokens.values() if t["status"] == ledgers.TOKEN_ACTIVE)
    paid = sum(p["state"] == ledgers.SUCCESS for p in now.payments.values())
    work = (paid, len(now.refunds), by[ledgers.BY_CASHFREE], by[ledgers.BY_JUSPAY], by[ledgers.BY_PAYTM])
    report.check(now.orders and (all(work) or sum(victims.values()) < ENOUGH),
                 f"the rounds did some work: {len(now.orders)} orders, {len(now.payments)} payments, {paid} successful,"
                 f" {len(now.refunds)} refunds, tokens: {by[ledgers.BY_CASHFREE]} by Cashfree's channel, "
                 f"{by[ledgers.BY_JUSPAY]} by Juspay's, {by[ledgers.BY_PAYTM]} by Paytm's")
    time.sleep(ENDED_S)
    said = tool(sandbox, "audit", "verify")
    report.check(said.returncode == 0, "the audit log is whole while the server runs", said.stdout + said.stderr)
    status = sandbox.stop()
    report.check(status == 0, "the last server stops cleanly", f"exit status {status}")
    for words in (("check",), ("audit", "verify")):
        said = tool(sandbox, *words)
        report.check(said.returncode == 0, f"tijori {' '.join(words)} finds nothing", said.stdout + said.stderr)
        print("".join(f"# {line}\n" for line in said.stdout.splitlines()[-6:]), end="", flush=True)
    print("# killed: " + ", ".join(f"{victim} {victims[victim]}" for victim in VICTIMS), flush=True)


def campaign(sandbox, rounds, report):
    chance, victims = random.Random(SEED), collections.Counter()
    begun, ahead, load, now = time.monotonic(), 0, None, None
    sandbox.start()
    receiver = Receiver(sandbox.headers["x-client-secret"], SEED)
    sandbox.admin("POST", "/admin/merchants/1/webhooks", receiver.endpoint())
    for number in range(1, rounds + 1):
        load = load or Load(sandbox, f"round{number}", chance)
        victims[one_round(sandbox, load, number, ahead, chance, report)] += 1
        over = number == rounds or time.monotonic() - begun > SECONDS
        if over or number % SETTLE_EVERY == 0:
            ahead += AHEAD_S
            now = settle(sandbox, receiver, load, ahead, report)
            load = None
        if over:
            break
    finish(sandbox, victims, now, report)
    print(f"# {sum(victims.values())} kill rounds, {len(receiver.told)} webhooks, SEED={SEED}, "
          f"{report.failed} failures", flush=True)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"# kill any: {rounds} rounds, SEED={SEED}", flush=True)
    return run_campaign("kill", lambda sandbox, report: campaign(sandbox, rounds, report), keep=True)


if __name__ == "__main__":
    sys.exit(main())
