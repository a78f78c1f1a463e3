"""What planned shoppers do about a text: nothing, click, click and buy, ask, or say STOP."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sandbox import replies
from sandbox.links import PHONE_BROWSERS, PREVIEW_ROBOTS, Landing, open_link, preview
from sandbox.plans import STEP
from sandbox.shoppers import Shopper, if_possible
from sandbox.vonage.reports import Message

PREVIEWED = 0.3  # of the texts with a link: a messenger's robot fetches it at once
REACTIONS = (("buy", 0.12), ("click", 0.15), ("stop", 0.03), ("ask", 0.02))
CONFIRMS, REFUSES = 0.7, 0.03  # of those who are asked to reply with a word to confirm
AWAKE = range(8, 23)  # local hours in which a person picks up the phone


@dataclass(frozen=True, slots=True)
class Reaction:
    """One text in the hands of one shopper, whose carts in that shop are `carts`, the latest last."""

    shopper: Shopper
    message: Message
    link: str
    carts: Sequence[Shopper]

    def begin(self) -> None:
        """Throw the dice and set the timers."""
        dice, world = self.shopper.dice, self.shopper.world
        if dice.random() < PREVIEWED:
            agent = dice.choice(PREVIEW_ROBOTS)
            world.carrier.courier.queue(lambda: self._preview(agent))
        chosen, when = self._choose(), self._awake(world.clock.now())
        if chosen in ("buy", "click"):
            self.shopper.at(when, lambda: self._click(chosen == "buy"))
        elif chosen is not None:
            self.shopper.at(when, lambda: self._write(chosen == "stop"))

    def _choose(self) -> str | None:
        left = self.shopper.dice.random()
        for name, share in REACTIONS:
            if left < share:
                return name
            left -= share
        return None

    def _awake(self, now: datetime) -> datetime:
        """5 to 240 minutes from now, but in the person's day: else the next morning."""
        when, home = now + timedelta(minutes=self.shopper.dice.randint(5, 240)), self.shopper.plan.person.zone
        while (when + STEP).astimezone(ZoneInfo(home)).hour not in AWAKE:
            when += STEP
        return when

    def _preview(self, agent: str) -> None:
        status = preview(self.shopper.world.carrier.courier, self.link, agent)
        self._note("preview", agent=agent, status=status)

    def _click(self, buys: bool) -> None:
        world, agent = self.shopper.world, self.shopper.dice.choice(PHONE_BROWSERS)
        landing = open_link(world.carrier.courier, self.link, agent)
        meant = self._cart_at(landing)
        self._note(
            "click", status=landing.status, client_ref=self.message.client_ref, landed=meant is not None
        )
        if buys and meant is not None:
            self.shopper.at(world.clock.now() + STEP, lambda: if_possible(lambda: self._buy(meant, landing)))

    def _buy(self, meant: Shopper, landing: Landing) -> None:
        if is_rebuilt(landing.url):
            self._fill_in(meant, landing)
        else:
            meant.buy(landing.discount_code, dict(landing.attributes))

    def _fill_in(self, meant: Shopper, landing: Landing) -> None:
        """A link has rebuilt the cart: who one is must be typed again."""
        if meant.bought:
            return
        person = meant.plan.person
        form = {
            "action": "buy",
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": person.email,
            "phone": meant.typed or "",
            "country": person.country,
            "region": person.region,
        }
        reply = meant.world.carrier.courier.call(
            "POST",
            landing.url,
            body=urlencode(form).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "User-Agent": PHONE_BROWSERS[0]},
        )
        if reply.status in (302, 303):
            meant.has_bought(reply.headers["Location"].rstrip("/").rpartition("/")[2])

    def _cart_at(self, landing: Landing) -> Shopper | None:
        """Whose cart stands on that page, the latest open one if the page is a rebuilt cart."""
        for each in reversed(self.carts):
            home = each.cart.recover_url if each.cart else ""
            if page(home) == page(landing.url):
                return each
            if is_rebuilt(landing.url) and not each.bought and shop_of(home) == shop_of(landing.url):
                return each
        return None

    def _write(self, stop: bool) -> None:
        language = self.shopper.plan.person.locale[:2]
        said = replies.OPT_OUTS if stop else replies.QUESTIONS
        words = self.shopper.dice.choice(said.get(language, said["en"]))
        phone = "+" + self.message.to
        self.shopper.world.carrier.answer(phone, words, self.message.sender, wants_out=stop)

    def _note(self, kind: str, **facts: object) -> None:
        shopper = self.shopper
        shopper.world.ledger.write(kind, phone=shopper.phone, shop=shopper.plan.shop, url=self.link, **facts)


def confirm(shopper: Shopper, message: Message, yes: str) -> None:
    """Asked to reply with a word, most who had ticked the box do, sooner or later; a few have had enough."""
    left = shopper.dice.random()
    if left < CONFIRMS:
        words = shopper.dice.choice((yes, yes.lower(), yes.capitalize() + "!", yes + " please"))
        out = False
    elif left < CONFIRMS + REFUSES:
        words, out = "STOP", True
    else:
        return
    wait = timedelta(minutes=shopper.dice.choice((0, 0, 10, 20, 60, 300)))
    shopper.at(
        shopper.world.clock.now() + wait,
        lambda: shopper.world.carrier.answer("+" + message.to, words, message.sender, wants_out=out) and None,
    )


def page(url: str) -> str:
    """The address without its query."""
    return url.partition("?")[0].rstrip("/")


def shop_of(url: str) -> str:
    """The part of an address that is the shop's home."""
    return re.split(r"/checkouts?(?:/|$)", page(url))[0]


def is_rebuilt(url: str) -> bool:
    """True for the checkout of a cart that WooCommerce's checkout link or Shopify's permalink has put together."""
    return "/checkouts/cn/" in url or (page(url).endswith("/checkout") and "session=" in url)
