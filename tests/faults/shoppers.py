"""Shoppers, for the fault campaigns: they pay, save cards, pay with them, capture, void and refund, end orders
meanwhile, and ask again where they got no answer. What was told them is kept; and what the server's books, its promises
and the merchant's receiver say afterwards is compared."""

import threading
import time

import books as ledgers
from books import Books
from payer import NO_ANSWER, OTP, WRONG_OTP, Payer, card, saved
from sandbox import wait_for

SLOW_MS = 15                # so that kills meet questions on their way
MANNERS = ("slow", "slow", "slow", "slow", "twice", "mute", "deaf", "down")           # of acquirer and network
TRIES, AGAIN_S = 40, 0.15   # of one request
SETTLED_S = TOLD_S = 30
AMOUNTS = (10.15, 250, 99.05)                         # the bank says no to the last one
CONSENTED = ("4706131211212123", "4012888888881881", "5105105105105100", "6074825972083818")
NEVER_SAVED = "5555555555554444"
RESERVES = "preauth_transaction"                      # the note of an order whose payments are only authorised
UPI = {"upi": {"channel": "collect", "upi_id": "testsuccess@gocash"}}


class Client(threading.Thread):
    """One shopper after another, until told to stop; what was told them is kept."""

    def __init__(self, sandbox, name, chance, told):
        super().__init__(daemon=True)
        self.payer, self.name_, self.chance, self.told = Payer(sandbox), name, chance, told
        self.customer = f"customer-{name.split('-')[-1]}"
        self.over = threading.Event()
        self.failure = None

    def run(self):
        number = 0
        try:
            while not self.over.is_set():
                number += 1
                self.shop(f"{self.name_}-{number}")
        except Exception as error:
            self.failure = repr(error)

    def insist(self, call, done=lambda status, got: status < 500):
        """Ask until there is an answer; None: there was none in time."""
        for _ in range(TRIES):
            try:
                status, got = call()
                if done(status, got):
                    return status, got
            except NO_ANSWER:
                pass
            if self.over.is_set():
                return None
            time.sleep(AGAIN_S)
        return None

    def order(self, order_id, amount, note):
        made = self.insist(lambda: self.payer.create(order_id, self.customer, amount, note))
        if made and made[0] == 409:   # an earlier try was heard
            made = self.insist(lambda: self.payer.send("GET", f"/pg/orders/{order_id}"))
        return made[1] if made and made[0] == 200 else None

    def shop(self, order_id):
        reserves = self.chance.random() < 0.25
        order = self.order(order_id, self.chance.choice(AMOUNTS), RESERVES if reserves else None)
        if order is None:
            return
        attempts = [threading.Thread(target=self.attempt, args=(order,))
                    for _ in range(self.chance.choice((1, 1, 2)))]
        if self.chance.random() < 0.15:
            attempts.append(threading.Thread(target=self.terminate, args=(order_id,)))
        for thread in attempts:
            thread.start()
        for thread in attempts:
            thread.join()
        if ("paid", order_id) in self.told and reserves:
            self.settle_reserved(order)
        if ("paid", order_id) in self.told and self.chance.random() < 0.5:
            self.refund(order)

    def way(self):
        """(payment_method, whether the card is to be saved)"""
        pick = self.chance.random()
        if pick < 0.2:
            return UPI, False
        if pick < 0.4:
            return card(NEVER_SAVED), False
        if pick < 0.6:
            try:
                ready = [one for one in self.payer.instruments(self.customer) if one["instrument_status"] == "ACTIVE"]
            except NO_ANSWER:
                ready = []
            if ready:
                return saved(self.chance.choice(ready)["instrument_id"]), False
        return card(self.chance.choice(CONSENTED)), True

    def attempt(self, order):
        method, save = self.way()
        begun = self.insist(lambda: self.payer.pay(order, method, save))
        if begun is None or begun[0] != 200:
            return
        payment = begun[1]["cf_payment_id"]
        if self.chance.random() < 0.1:
            return                    # the payer goes away
        if "upi" not in method:
            if self.chance.random() < 0.2:
                self.insist(lambda: self.payer.otp(payment, WRONG_OTP))
            answered = self.insist(lambda: self.payer.otp(payment, OTP))
            if answered and answered[0] == 200 and answered[1]["authenticate_status"] == "SUCCESS":
                self.told.add(("success", payment, order["order_id"]))
        state = self.insist(lambda: self.payer.send("GET", f"/pg/orders/{order['order_id']}"))
        if state and state[0] == 200 and state[1]["order_status"] == "PAID":
            self.told.add(("paid", order["order_id"]))

    def terminate(self, order_id):
        time.sleep(self.chance.uniform(0, 0.1))
        got = self.insist(lambda: self.payer.send("PATCH", f"/pg/orders/{order_id}", {"order_status": "TERMINATED"}))
        if got and got[0] == 200 and got[1]["order_status"] == "TERMINATED":
            self.told.add(("terminated", order_id))

    def settle_reserved(self, order):
        """Capture some, all or nothing of it, or void it; or both, against each other."""
        for action, amount in self.chance.choice(((("CAPTURE", None),), (("CAPTURE", 5),), (("VOID", None),),
                                                  (("CAPTURE", 5), ("VOID", None)), ())):
            self.insist(lambda: self.payer.authorization(order["order_id"], action, amount))

    def refund(self, order):
        half = round(order["order_amount"] / 2, 2)
        for number in range(self.chance.choice((1, 2, 3))):
            refund_id = f"r{number}-{order['order_id']}"
            got = self.insist(lambda: self.payer.refund(order["order_id"], refund_id, half, "SUCCESS"))
            if got and got[0] == 200 and got[1]["refund_status"] == "SUCCESS":
                self.told.add(("refunded", refund_id))


def set_ahead(sandbox, seconds):
    """The sandbox's clock is its own again after a restart."""
    status, got = sandbox.admin("GET", "/sandbox/clock")
    if status == 200 and got["ahead_seconds"] + 5 < seconds:
        sandbox.admin("POST", "/sandbox/clock", {"advance_seconds": seconds - got["ahead_seconds"]})


def behave(sandbox, acquirer, network):
    def said(manner):
        return {"manner": manner, "ms": SLOW_MS} if manner == "slow" else {"manner": manner}
    sandbox.admin("POST", "/sandbox/acquirer/behaviour", said(acquirer))
    sandbox.admin("POST", "/sandbox/network/behaviour", {"scheme": "all", **said(network)})


def ready_again(sandbox, ahead, manners):
    def is_ready():
        try:
            set_ahead(sandbox, ahead)
            behave(sandbox, *manners)
            return sandbox.readyz()
        except NO_ANSWER:
            return False
    wait_for("the server is ready", is_ready, 30)


def settled(sandbox):
    """The books, once nothing in them is open."""
    def look():
        now = Books(sandbox.data)
        return None if any(now.open()) else now
    try:
        return wait_for("everything is settled", look, SETTLED_S)
    except RuntimeError as error:
        raise RuntimeError(f"{error}: {list(Books(sandbox.data).open())[:5]}") from None


def broken_promises(sandbox, told):
    """What was told and is not so."""
    payer = Payer(sandbox)
    for what, *about in told:
        if what == "paid" and payer.state(about[0]) != "PAID":
            yield f"order {about[0]} was PAID"
        if what == "terminated" and payer.state(about[0]) != "TERMINATED":
            yield f"order {about[0]} was TERMINATED"
        if what == "success" and payer.payment(about[1], about[0]) not in ("SUCCESS", "VOID"):
            yield f"payment {about[0]} of {about[1]} was SUCCESS"
        if what == "refunded":
            order_id = about[0].partition("-")[2]
            status, got = payer.send("GET", f"/pg/orders/{order_id}/refunds/{about[0]}")
            if status != 200 or got["refund_status"] != "SUCCESS":
                yield f"refund {about[0]} was SUCCESS, and is {status} {got}"


def stray_tokens(sandbox, now):
    """Tokens that are alive at the network, where nobody of ours is; and cards saved that nobody wanted saved."""
    _, got = sandbox.admin("GET", "/sandbox/network/tokens")
    ours = {t["network_ref"] for t in now.tokens.values() if t["status"] == ledgers.TOKEN_ACTIVE}
    yield from (f"the network's token {t['reference']} is not ours" for t in got["tokens"]
                if t["status"] == "ACTIVE" and t["reference"] not in ours)
    yield from (f"token {no} is of a card that was never to be saved" for no, t in now.tokens.items()
                if t["last4"] == NEVER_SAVED[-4:])


def misheard(receiver, now):
    """What the merchant should have been told and was not, or was told and should not have been."""
    first = receiver.first()
    paid = {p["order_id"] for p in now.payments.values() if p["state"] in (ledgers.SUCCESS, ledgers.VOID)}
    refunded = {r["refund_id"]: r["order_id"] for r in now.refunds
                if r["type"] == ledgers.BY_MERCHANT and r["status"] == ledgers.REFUND_SUCCESS}
    active = sum(t["status"] == ledgers.TOKEN_ACTIVE and t["channel"] == ledgers.BY_CASHFREE
                 for t in now.tokens.values())

    def told(kind):
        return {about for what, about in first if what == kind}
    for kind, happened in (("PAYMENT_SUCCESS_WEBHOOK", paid), ("REFUND_STATUS_WEBHOOK", set(refunded))):
        yield from (f"{kind} of {about} was never told" for about in happened - told(kind))
        yield from (f"{kind} of {about} was told" for about in told(kind) - happened)
    if len(told("INSTRUMENT_ACTIVE_WEBHOOK")) != active:
        yield f"{active} cards were saved, and {len(told('INSTRUMENT_ACTIVE_WEBHOOK'))} told"
    yield from (f"refund {refund} was told before the payment of {order}" for refund, order in refunded.items()
                if first.get(("REFUND_STATUS_WEBHOOK", refund), 1) < first.get(("PAYMENT_SUCCESS_WEBHOOK", order), 0))
    if receiver.bad:
        yield f"{receiver.bad} signatures were wrong"


def heard(receiver, now):
    """misheard(), once everything has had its time to arrive."""
    until = time.monotonic() + TOLD_S
    while any(misheard(receiver, now)) and time.monotonic() < until:
        time.sleep(0.1)
    return list(misheard(receiver, now))
