"""The search of secrecy.py, of payments: every way in which a card and its code reach a payment, typed through the API
or on the checkout's page, and every way in which the payment ends, or does not."""

import http.client
import json
import re
import time

from payer import CODE, OTP, YEAR, Page, Payer, card

# No number of a payment is that of anything else.
WRONG_OTP = "73919264"
CODE_AMEX = "7373"
EXPIRY = f"10/{YEAR[2:]}"

CARDS = {
    "sessions, waiting": "4111110000000047", "sessions, waiting, to be saved": "4111110000000062",
    "sessions, paid": "4111110000000054", "sessions, paid and saved": "4111110000000013",
    "sessions, saved by a silent network": "4111110000000104", "sessions, that cannot be saved": "5555550000000044",
    "sessions, wrong OTPs": "4111110000000070", "sessions, wrong code": "4111110000000088",
    "sessions, on the bank's page": "4111110000000096", "sessions, declined": "5555550000000010",
    "sessions, expired": "5555550000000028", "sessions, of no order": "5555550000000036",
    "sessions, bad check digit": "4111110000000138", "sessions, code too long": "4111110000000146",
    "sessions, of American Express": "378282000000016", "sessions, of Diners": "30569300000013",
    "sessions, kept open": "5555550000000127", "sessions, not finished": "5555550000000051",
    "sessions, a silent acquirer": "30569300000104", "sessions, an absent acquirer": "378282000000073",
    "page, waiting": "5555550000000077", "page, paid": "378282000000032", "page, paid and saved": "6074820000000017",
    "page, cancelled": "5555550000000119", "page, bad expiry": "5555550000000101", "page, no guard": "6074820000000108",
    "page, wrong OTP": "30569300000039", "page, kept open": "378282000000107",
}

CONTEXTS = [
    ("a security code in a form", re.compile(rb"card_cvv=7373?(?!\d)")),
    ("a card's expiry in a form", re.compile(rb"card_expiry=10(?:/|%2F)" + YEAR[2:].encode())),
    ("a card's expiry in its place", re.compile(rb'"card_expiry_yy\\*"\s*:\s*\\*"' + YEAR[2:].encode())),
]
OTPS = [
    ("a one-time password", re.compile(rb"(?:otp=|\"otp\\*\"\s*:\s*\\*\"?)" + OTP.encode())),
    ("a wrong one-time password", re.compile(WRONG_OTP.encode())),
]
PLANTED = [f"way=card&card_cvv={CODE}&guard=", f"card_expiry=10%2F{YEAR[2:]}", f'"card_expiry_yy": "{YEAR[2:]}"']
PLANTED_OTPS = [f'{{"action":"SUBMIT_OTP","otp":"{OTP}"}}', f"otp={OTP}&guard=x", f"#{WRONG_OTP}#"]


def code_of(number):
    return CODE_AMEX if len(number) == 15 else CODE


class Shopper:
    """Pays with each of CARDS once."""

    def __init__(self, server):
        self.server, self.payer = server, Payer(server)

    def listen(self):
        """Webhooks go through the courier to the sandbox's own receiver, which keeps them in a file."""
        url = f"http://{self.server.address}/demo/webhooks/ok"
        status, got = self.server.admin("POST", "/admin/merchants/1/webhooks", {"url": url})
        self.expect("webhooks", status, 200, got)

    def order(self, use, amount=10.15):
        status, got = self.payer.create(f"order-{time.time_ns()}", re.sub(r"\W+", "-", "customer-" + use), amount)
        self.expect(use, status, 200, got)
        return got

    @staticmethod
    def expect(use, status, expected, got):
        if status != expected:
            raise RuntimeError(f"{use}: {status} {got}, not {expected}")
        return got

    @staticmethod
    def card(use, code=None, **changes):
        number = CARDS[use]
        return card(number, code or code_of(number), **changes)

    def begin(self, use, expected=200, save=False, amount=10.15, **changes):
        status, got = self.payer.pay(self.order(use, amount), self.card(use, **changes), save)
        return self.expect(use, status, expected, got)

    def finish(self, use, otp=OTP, expected="SUCCESS", **begun):
        payment = self.begin(use, **begun)["cf_payment_id"]
        status, got = self.payer.otp(payment, otp)
        self.expect(use, status, 200, got)
        if got["authenticate_status"] != expected:
            raise RuntimeError(f"{use}: {got}, not {expected}")
        return payment

    def use_sessions(self):
        self.begin("sessions, waiting")
        self.begin("sessions, waiting, to be saved", save=True)
        self.finish("sessions, paid")
        for use in ("sessions, paid and saved", "sessions, saved by a silent network", "sessions, that cannot be saved",
                    "sessions, of American Express", "sessions, of Diners"):
            self.finish(use, save=True)
        use = "sessions, wrong OTPs"
        payment = self.finish(use, WRONG_OTP, "FAILED", save=True)
        for _ in range(2):
            self.payer.otp(payment, WRONG_OTP)
        self.begin("sessions, wrong code", 400, code="999", save=True)
        self.finish("sessions, declined", expected="FAILED", save=True, amount=10.05)
        self.begin("sessions, expired", 400, card_expiry_yy="20")
        self.begin("sessions, code too long", 400, code=CODE + "73")
        use = "sessions, bad check digit"
        number = CARDS[use][:-1] + str((int(CARDS[use][-1]) + 1) % 10)
        self.expect(use, self.payer.pay(self.order(use), card(number))[0], 400, None)
        use = "sessions, of no order"
        self.expect(use, self.payer.pay({"payment_session_id": "session_of_nobody"}, self.card(use))[0], 400, None)

    def use_bank(self):
        use = "sessions, on the bank's page"
        where = self.begin(use, channel="link", save=True)["data"]["url"].split("/", 3)[3]
        page = Page(self.payer, {"payment_session_id": "none"})
        for otp in (WRONG_OTP, OTP):
            page.fetch("POST", "/" + where, {"otp": otp, "decision": "otp"})

    def use_manners(self):
        use = "sessions, a silent acquirer"
        self.payer.behave("mute")
        self.begin(use, 502, save=True)
        self.payer.behave("down")
        self.begin("sessions, an absent acquirer", 502, save=True)
        self.payer.behave("well")

    def page(self, use):
        return Page(self.payer, self.order(use))

    def use_page(self):
        self.page("page, waiting").pay(CARDS["page, waiting"])
        for use, consent in (("page, paid", False), ("page, paid and saved", True), ("page, wrong OTP", True)):
            page = self.page(use)
            where = page.pay(CARDS[use], code_of(CARDS[use]), consent)
            if "wrong" in use:
                page.otp(where, WRONG_OTP)
            elif "/result/" not in (end := page.otp(where)):
                raise RuntimeError(f"{use} leads to {end}")
        use = "page, cancelled"
        page = self.page(use)
        page.cancel(page.pay(CARDS[use]))
        use = "page, bad expiry"
        if "e=" not in (end := self.page(use).pay(CARDS[use], expiry=f"13/{YEAR[2:]}")):
            raise RuntimeError(f"{use} leads to {end}")
        use = "page, no guard"
        page = self.page(use)
        status, _, text = page.fetch("POST", f"{page.path}/pay", {
            "way": "card", "card_number": CARDS[use], "card_expiry": EXPIRY, "card_cvv": CODE})
        self.expect(use, status, 403, text)

    def keep_open(self):
        """Connections on which a card came; the caller closes them."""
        wires = []
        use = "sessions, kept open"
        body = {"payment_session_id": self.order(use)["payment_session_id"], "payment_method": self.card(use)}
        wires.append(self.ask_and_keep("/pg/orders/sessions", json.dumps(body), "application/json"))
        use = "page, kept open"
        page = self.page(use)
        form = f"way=card&card_number={CARDS[use]}&card_expiry={EXPIRY}&card_cvv={code_of(CARDS[use])}&guard=none"
        wires.append(self.ask_and_keep(f"{page.path}/pay", form, "application/x-www-form-urlencoded"))
        return wires

    def ask_and_keep(self, path, body, kind):
        wire = http.client.HTTPConnection(self.server.address, timeout=30)
        wire.request("POST", path, body, {"content-type": kind, "x-api-version": "2025-01-01"})
        wire.getresponse().read()
        return wire

    def hang_up(self):
        use = "sessions, not finished"
        body = json.dumps({"payment_method": self.card(use)})
        for begin in ("POST /pg/orders/sessions HTTP/1.1\r\nhost: x\r\nx-api-version: 2025-01-01\r\n"
                      "content-type: application/json\r\ncontent-length: 900\r\n\r\n",
                      "POST /checkout/session_x/pay HTTP/1.1\r\nhost: x\r\n"
                      "content-type: application/x-www-form-urlencoded\r\ncontent-length: 900\r\n\r\n"):
            half = http.client.HTTPConnection(self.server.address, timeout=30)
            half.connect()
            half.sock.sendall((begin + body).encode())
            time.sleep(0.05)
            half.close()

    def full_run(self):
        self.use_sessions()
        self.use_bank()
        self.use_page()
        self.use_manners()
