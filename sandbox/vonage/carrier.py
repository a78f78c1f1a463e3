"""The pretend carrier: takes texts, brings them to phones, reports on them, carries what people answer."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from sandbox import replies
from sandbox.courier import Courier
from sandbox.phones import Bubble, PhoneBook
from sandbox.tally import Tally
from sandbox.vonage import problems, reports
from sandbox.vonage.account import Account, Number, digits
from sandbox.vonage.fate import SUBMITTED_AFTER, Fate, OptOuts, fate
from sandbox.vonage.orders import Order, Refused
from sandbox.vonage.reports import Message
from sandbox.vonage.webhooks import OnAck, Webhook, send
from sandbox.world import World

DEFAULT_TTL = 72 * 3600  # seconds; Messages OpenAPI 1.11.0, `ttl`

Listener = Callable[[str, Message], None]


class NobodyToAnswer(ValueError):
    """This phone can't answer: no number of the carrier is known yet."""


class Carrier:
    """One carrier for all accounts. Phones are E.164 here; numbers on the wire have no plus. Thread-safe."""

    def __init__(self, world: World, courier: Courier) -> None:
        self.world = world
        self.courier = courier
        self.phones = PhoneBook()
        self.tally = Tally(world.ledger, world.zones)
        self.accounts: dict[str, Account] = {}  # by application id
        self.listeners: list[Listener] = []  # told of every text that reached a phone
        self._opt_outs = OptOuts()
        self._lock = threading.RLock()

    def set_up(self, account: Account) -> None:
        """Take or renew an account; its earlier numbers stay unless given anew."""
        with self._lock:
            before = self.accounts.get(account.application_id)
            numbers = {**(before.numbers if before else {}), **account.numbers}
            self.accounts[account.application_id] = Account(
                account.api_key, account.application_id, account.signature_secret, account.public_key, numbers
            )

    def take(self, account: Account, order: Order) -> Message:
        """Take a text from that account: it reaches the phone at once, reports follow.

        Raises Refused if a sender's number isn't the account's.
        """
        number = account.numbers.get(order.sender)
        if number is None and order.sender.isdigit():
            raise Refused(problems.invalid_sender("This number is not linked to the application."))
        message = self._message(order, number)
        end = fate(message, self._opt_outs)
        self._report(account, message, end, self._write(message, end))
        if end.status == "delivered":
            for listener in self.listeners:
                listener("+" + message.to, message)
        return message

    def answer(self, phone: str, text: str, to: str | None = None, wants_out: bool | None = None) -> str:
        """The phone's owner writes `text` to number `to` (default: who texted last); returns that number.

        `wants_out` is what the person means, where the caller knows; else it is judged from the words.
        Raises NobodyToAnswer.
        """
        account, number = self._find(digits(to) if to else self._last_sender(phone))
        now = self.world.clock.now()
        self._opt_outs.heard(number.digits, phone, text, now)
        self.world.ledger.write("reply", phone=phone, shop=number.shop, text=text, to=number.digits)
        on_ack = self._intention(phone, number, text, wants_out)
        bubble = self.phones.add(
            phone,
            incoming=False,
            text=text,
            at=now,
            other=number.digits,
            shop=self._name(number.shop),
            state="sent",
        )
        self._inform(account, number, phone, text, bubble, on_ack)
        return number.digits

    def numbers(self) -> list[Number]:
        """Every number that can be written to."""
        with self._lock:
            return [number for account in self.accounts.values() for number in account.numbers.values()]

    def _message(self, order: Order, number: Number | None) -> Message:
        return Message(
            uuid=str(uuid.uuid4()),
            to=order.to,
            sender=order.sender,
            text=order.text,
            client_ref=order.client_ref,
            status_url=order.webhook_url or (number.status_url if number else None),
            ttl=order.ttl or DEFAULT_TTL,
            at=self.world.clock.now(),
            shop=number.shop if number else None,
        )

    def _write(self, message: Message, end: Fate) -> Bubble | None:
        phone = "+" + message.to
        self.world.ledger.write(
            "text", client_ref=message.client_ref, to=phone, **{"from": message.sender}, text=message.text,
            shop=message.shop, outcome=end.status, code=end.code, message_uuid=message.uuid,
        )  # fmt: skip
        self.tally.catch_up()
        if end.status != "delivered":
            return None
        return self.phones.add(
            phone, incoming=True, text=message.text, at=message.at, other=message.sender,
            shop=self._name(message.shop), state="arriving",
        )  # fmt: skip

    def _report(self, account: Account, message: Message, end: Fate, bubble: Bubble | None) -> None:
        self._status(account, message, "submitted", None, SUBMITTED_AFTER)
        self._status(account, message, end.status, end.code, end.after)
        if bubble is not None:
            self.world.clock.after(end.after, lambda: setattr(bubble, "state", "delivered"))

    def _status(
        self, account: Account, message: Message, state: str, code: str | None, after: timedelta
    ) -> None:
        """One status webhook, with the misfortunes that are switched on."""
        faults, roll = self.world.faults, self.world.roll
        if message.status_url is None or roll(faults.report_lost):
            return
        copies = 2 if roll(faults.report_duplicate) else 1
        late = timedelta(seconds=faults.report_late_seconds) if roll(faults.report_late) else timedelta(0)
        body = reports.status(message, state, message.at + after, code, uuid.uuid4().hex)
        url = message.status_url
        lane = f"report {message.uuid}" + (" late" if late else "")

        def leave() -> None:
            now = self.world.clock.now()
            send(self.courier, Webhook(url, body, account, message.shop, state, lane, now), copies)

        self.world.clock.after(after + late, leave)

    def _inform(
        self, account: Account, number: Number, phone: str, text: str, bubble: Bubble, on_ack: OnAck | None
    ) -> None:
        if number.inbound_url is None:
            return
        now = self.world.clock.now()
        body = reports.inbound(str(uuid.uuid4()), number.digits, phone.lstrip("+"), text, now)

        def acked(delivery: dict[str, object]) -> None:
            bubble.state = "delivered"
            if on_ack is not None:
                on_ack(delivery)

        webhook = Webhook(
            number.inbound_url, body, account, number.shop, "inbound", f"phone {phone}", now, on_ack=acked
        )
        send(self.courier, webhook, 2 if self.world.roll(self.world.faults.report_duplicate) else 1)

    def _intention(self, phone: str, number: Number, text: str, wants_out: bool | None) -> OnAck | None:
        """Write down an opt-out or a change of mind; an opt-out is known once its webhook is acked."""
        if replies.carrier_start(text):
            self.world.ledger.write("opt_in", phone=phone, shop=number.shop, text=text)
        elif replies.wants_out(text) if wants_out is None else wants_out:
            opt_out = self.world.ledger.write(
                "opt_out", phone=phone, shop=number.shop, text=text, known_seq=None
            )
            return lambda delivery: _known(opt_out, delivery["seq"])
        return None

    def _last_sender(self, phone: str) -> str | None:
        others = [bubble.other for bubble in self.phones.talk(phone) if bubble.other.isdigit()]
        return others[-1] if others else None

    def _find(self, number: str | None) -> tuple[Account, Number]:
        with self._lock:
            for account in self.accounts.values():
                for known in account.numbers.values():
                    if number is None or known.digits == number:
                        return account, known
        raise NobodyToAnswer(
            f"the carrier has no number {number or ''}".rstrip()
            + ": POST /sandbox/carrier with its addresses"
        )

    def _name(self, shop: str | None) -> str | None:
        store = self.world.stores.get(shop or "")
        return store.name if store is not None else shop


def _known(opt_out: dict[str, object], seq: object) -> None:
    if opt_out["known_seq"] is None:
        opt_out["known_seq"] = seq
