"""How the pretend plugin posts: each try signed anew under the same delivery id, with the patience of the contract."""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.courier import Courier, NotLoopback, Reply
from sandbox.woocommerce.state import WORDPRESS, Shop
from sandbox.world import World

Json = dict[str, Any]
TIMEOUT = (5.0, 10.0)
AGAIN = tuple(timedelta(minutes=n) for n in (1, 5, 15, 60, 180, 360, 720))
MOST_OFF = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Connection:
    """Who takes what the plugin says. `wordings`: beside the box, the first for all other languages."""

    url: str
    shop_key: str
    secret: str
    wordings: tuple[Mapping[str, Any], ...]

    def wording(self, locale: str) -> Mapping[str, Any] | None:
        language = locale.replace("_", "-").partition("-")[0]
        fits = [one for one in self.wordings if str(one["locale"]).partition("-")[0] == language]
        return next(iter([*fits, *self.wordings]), None)


@dataclass(eq=False)
class Parcel:
    """One delivery. `to`: who gets it whatever becomes of the connection; None: whoever is connected by then."""

    slot: str
    topic: str
    raw: bytes
    delivery: str
    to: Connection | None
    tries: int = 0


@dataclass
class Postman:
    """What waits to be posted, one parcel a slot. The world's lock guards it, but isn't held while one travels."""

    world: World
    courier: Courier
    shop: Shop
    now: Callable[[], datetime]  # by the store's own clock
    connection: Connection | None = None
    quiet: str = ""  # why nothing is posted any more until it is connected anew
    shift: timedelta = timedelta(0)  # what an answer's Date said of the store's clock
    waiting: dict[str, Parcel] = field(default_factory=dict)

    def connect(self, connection: Connection) -> None:
        """What waited for a connection goes out by the new one."""
        self.connection, self.quiet, self.shift = connection, "", timedelta(0)
        for parcel in self.waiting.values():
            self._soon(parcel)

    def post(self, topic: str, body: Json, slot: str | None = None) -> None:
        """Post soon. What stands in the same `slot` and still waits is replaced."""
        if self.connection is None or (self.quiet and slot is None):
            return
        delivery = str(uuid.UUID(int=self.world.dice.getrandbits(128), version=4))
        raw = json.dumps(body, separators=(",", ":")).encode()
        parcel = Parcel(slot or delivery, topic, raw, delivery, None if slot else self.connection)
        self.waiting[parcel.slot] = parcel
        late = self.world.roll(self.world.faults.webhook_late)
        self._soon(parcel, timedelta(seconds=self.world.faults.webhook_late_seconds if late else 0))

    def _soon(self, parcel: Parcel, wait: timedelta = timedelta(0)) -> None:
        lane = f"{self.shop.id}:{parcel.slot}"
        if wait:
            self.courier.later(wait, lambda: self._carry(parcel), lane)
        else:
            self.courier.queue(lambda: self._carry(parcel), lane)

    def _carry(self, parcel: Parcel) -> None:
        with self.world.lock:
            to = parcel.to or self.connection
            if self.waiting.get(parcel.slot) is not parcel or to is None or (self.quiet and not parcel.to):
                return
        reply = self._send(to, parcel)
        if reply.ok and self.world.roll(self.world.faults.webhook_duplicate):
            self._send(to, parcel)
        with self.world.lock:
            if self.waiting.get(parcel.slot) is parcel:
                self._heed(parcel, reply)

    def _heed(self, parcel: Parcel, reply: Reply) -> None:
        """What the contract says of an answer."""
        again = reply.status in (0, 401, 429) or reply.status >= 500
        if reply.status == 401:
            self._set_clock(reply)
        if reply.status in (404, 410):
            self.quiet = "Comeback doesn't know this shop any more"
            if parcel.to is None:
                return  # it waits until the store is connected anew
        if again and parcel.tries < len(AGAIN):
            parcel.tries += 1
            self._soon(parcel, AGAIN[parcel.tries - 1])
        else:
            del self.waiting[parcel.slot]

    def _send(self, to: Connection, parcel: Parcel) -> Reply:
        stamp = str(int((self.now() + self.shift).timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"WordPress/{WORDPRESS}; {self.shop.home_url}",
            "X-Comeback-Topic": parcel.topic,
            "X-Comeback-Delivery": parcel.delivery,
            "X-Comeback-Timestamp": stamp,
            "X-Comeback-Signature": signature(to.secret, parcel.topic, parcel.delivery, stamp, parcel.raw),
            "Connection": "close",
        }
        address = f"{to.url}/webhooks/woocommerce/{to.shop_key}"
        try:
            reply = self.courier.call("POST", address, body=parcel.raw, headers=headers, timeout=TIMEOUT)
        except NotLoopback as trouble:
            reply = Reply(0, url=address, error=str(trouble))
        self.world.ledger.write(
            "delivery" if reply.ok else "delivery_lost",
            shop=self.shop.id,
            topic=parcel.topic,
            delivery_id=parcel.delivery,
            sha256=hashlib.sha256(parcel.raw).hexdigest(),
            status=reply.status,
        )
        return reply

    def _set_clock(self, reply: Reply) -> None:
        """By the answer's Date, if the store's own clock is off by more than a minute.

        Servers tell the machine's time, which the sandbox's may have left far behind: what a Date is off from the
        machine's clock, its server is off from the sandbox's.
        """
        told = {name.lower(): value for name, value in reply.headers.items()}.get("date", "")
        try:
            there = parsedate_to_datetime(told).astimezone(UTC)
        except ValueError:
            return
        off = self.world.clock.now() + (there - datetime.now(UTC)) - self.now()
        self.shift = off if abs(off) > MOST_OFF else timedelta(0)


def signature(secret: str, topic: str, delivery: str, stamp: str, raw: bytes) -> str:
    said = f"v1\n{topic}\n{delivery}\n{stamp}\n".encode() + raw
    return "v1=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
