"""What happened to money and cards, by the two books on disk, ours and the acquirer's, and where they disagree."""

import collections
import contextlib
import sqlite3

# As src/domain and src/acquirer count them; stored, so never renumbered.
BEGUN, FACTOR, APPROVAL, FLAGGED, SUCCESS, FAILED, DROPPED, VOID, CANCELLED = range(9)
STATES = ("BEGUN", "FACTOR", "APPROVAL", "FLAGGED", "SUCCESS", "FAILED", "DROPPED", "VOID", "CANCELLED")
CHARGED, HELD, VOIDED, REVERSED, REFUND_DONE = 0, 3, 6, 7, 9
ORDER_PAID, ORDER_TERMINATED, ORDER_TERMINATION_REQUESTED = 1, 3, 4
SAVES_ASKED, SAVES_SETTLED = 2, 3
TOKEN_INIT, TOKEN_ACTIVE, TOKEN_FAILED = 0, 1, 4
BY_CASHFREE, BY_JUSPAY, BY_PAYTM = range(3)           # channels of tokens
REFUND_PENDING, REFUND_SUCCESS, REFUND_ONHOLD = 0, 1, 3
BY_MERCHANT = 0


def tables(path, *names):
    """The rows of each, all as they were at one moment."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
        db.row_factory = sqlite3.Row
        db.execute("BEGIN")
        return [[dict(row) for row in db.execute(f"SELECT * FROM {name}")] for name in names]


def key(row, name):
    """A number is a merchant's own: two merchants have a first payment each."""
    return row["merchant_id"], row[name]


class Books:
    """Both as they are now; the server may be running."""

    def __init__(self, data):
        orders, payments, self.refunds, tokens = tables(data / "tijori.db", "orders", "payments", "refunds", "tokens")
        self.orders = {key(row, "order_no"): row for row in orders}
        self.payments = {key(row, "payment_no"): row for row in payments}
        self.tokens = {key(row, "token_no"): row for row in tokens}
        payments, refunds = tables(data / "acquirer.db", "payments", "refunds")
        self.theirs = {key(row, "payment_no"): row for row in payments}
        self.their_refunds = {key(row, "refund_no"): row for row in refunds}

    def open(self):
        """What nobody has settled yet."""
        yield from (f"payment {no}: {STATES[p['state']]}, asked about at {p['ask_ms']}"
                    for no, p in self.payments.items() if p["state"] < SUCCESS or p["ask_ms"])
        yield from (f"refund {r['refund_no']}" for r in self.refunds if r["status"] == REFUND_PENDING or r["ask_ms"])
        yield from (f"the end of order {o['order_id']}" for o in self.orders.values()
                    if o["state"] == ORDER_TERMINATION_REQUESTED)
        yield from (f"token {no}" for no, t in self.tokens.items() if t["status"] == TOKEN_INIT)

    def charged_twice(self):
        """Orders of which money is held more than once; so it may be asked while nothing is settled."""
        kept = collections.Counter(key(self.payments[no], "order_no") for no, charge in self.theirs.items()
                                   if no in self.payments and charge["verdict"] in (CHARGED, HELD, VOIDED)
                                   and self.payments[no]["state"] in (SUCCESS, VOID))
        yield from (f"order {no} is charged {n} times" for no, n in kept.items() if n > 1)

    def complaints(self):
        """Where what is settled is not as it must be."""
        yield from self._charges()
        yield from self._orders()
        yield from self._refunds()
        yield from self._tokens()

    def _charges(self):
        """Every charge has its row, and no row says otherwise than the acquirer."""
        said = {CHARGED: SUCCESS, VOIDED: VOID, REVERSED: CANCELLED, HELD: FLAGGED}
        for no, charge in self.theirs.items():
            if charge["verdict"] not in said:
                continue
            ours = self.payments.get(no)
            if ours is None:
                yield f"the acquirer charged payment {no}, of which there is no row"
            elif ours["state"] != said[charge["verdict"]]:
                yield f"payment {no} is {STATES[ours['state']]}, and the acquirer has it as {charge['verdict']}"
            elif ours["amount_minor"] != charge["amount_minor"]:
                yield f"payment {no} has another amount at the acquirer"
            elif ours["state"] == SUCCESS and ours["captured_minor"] != charge["captured_minor"]:
                yield (f"of payment {no}, {ours['captured_minor']} were captured, and {charge['captured_minor']} by "
                       "the acquirer's book")
        for no, ours in self.payments.items():
            theirs = self.theirs.get(no)
            if ours["state"] in said.values() and (theirs is None or theirs["verdict"] not in said):
                yield f"payment {no} is {STATES[ours['state']]} without a charge"
            if ours["flight"] is not None and ours["state"] != SUCCESS:
                yield f"payment {no} is over and still holds its card"

    def _orders(self):
        kept = collections.Counter(key(self.payments[no], "order_no") for no, charge in self.theirs.items()
                                   if no in self.payments and charge["verdict"] in (CHARGED, HELD, VOIDED))
        paid = collections.Counter(key(p, "order_no") for p in self.payments.values() if p["state"] in (SUCCESS, VOID))
        for no, order in self.orders.items():
            if kept[no] > 1:
                yield f"order {order['order_id']} is charged {kept[no]} times"
            if paid[no] != (order["state"] == ORDER_PAID):
                yield f"order {order['order_id']} is in state {order['state']} with {paid[no]} successful payments"

    def _refunds(self):
        ours, theirs = collections.Counter(), collections.Counter()
        for refund in self.refunds:
            if refund["type"] != BY_MERCHANT:
                continue
            if refund["status"] in (REFUND_PENDING, REFUND_SUCCESS, REFUND_ONHOLD):
                ours[key(refund, "payment_no")] += refund["amount_minor"]
            there = self.their_refunds.get(key(refund, "refund_no"))
            done = there is not None and there["verdict"] == REFUND_DONE
            if done != (refund["status"] == REFUND_SUCCESS):
                yield f"refund {refund['refund_id']} has status {refund['status']}, at the acquirer {there}"
        known = {key(refund, "refund_no") for refund in self.refunds}
        for no, refund in self.their_refunds.items():
            if refund["verdict"] == REFUND_DONE:
                theirs[key(refund, "payment_no")] += refund["amount_minor"]
            if no not in known:
                yield f"the acquirer has paid out refund {no}, of which there is no row"
        for no, payment in self.payments.items():
            if payment["state"] == SUCCESS and not (
                    theirs[no] <= ours[no] == payment["refunded_minor"] <= payment["captured_minor"]):
                yield (f"of payment {no}, {payment['captured_minor']} were captured, {payment['refunded_minor']} count"
                       f" as refunded, {ours[no]} in refunds, {theirs[no]} at the acquirer")

    def _tokens(self):
        """No token of Cashfree's channel without a payment that succeeded, voided later or not, and was to save it."""
        earned = {key(p, "token_no") for p in self.payments.values()
                  if p["state"] in (SUCCESS, VOID) and p["saves"] in (SAVES_ASKED, SAVES_SETTLED)}
        yield from (f"token {no} was made without a successful payment that consents" for no, t in self.tokens.items()
                    if t["channel"] == BY_CASHFREE and no not in earned)
