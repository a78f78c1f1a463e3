"""From a cart and a step to the text that will be handed over."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency

from compliance.phones import Phone, parse
from message_templates.library import Tone, texts
from message_templates.render import Rendered, render
from message_templates.wording import best_language, fill, wording
from plugin_server.store import links
from plugin_server.store.shops import Installed
from plugin_server.wiring import Machine
from sequences.cart import Cart
from sequences.codec import encode
from sequences.money import Money
from sequences.sequence import Step

# A link outlives the attribution window by far; shopify.dev keeps a checkout for a month or more.
LINK_LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A text ready to hand over, with the row of the link that stands in it."""

    rendered: Rendered
    language: str
    estimate: Decimal | None
    link: dict[str, object]


def compose(
    machine: Machine, installed: Installed, cart: Cart, step: Step, ids: tuple[uuid.UUID, int], now: datetime
) -> Composed | None:
    """The text for (touch, cart) `ids`; None if there is no way back to the cart, or it isn't in the text."""
    if cart.recovery_link is None:
        return None
    code, ref = links.new_code(), links.new_ref()
    locale = cart.locale or installed.shop.locale
    language = best_language(locale)
    url = f"{machine.settings.public_url}/r/{code}"
    words = values(installed, cart, step, locale, url)
    opt_out = _opt_out(installed.sender, language, url)
    rendered = render(source(step, language), words, language=language, opt_out=opt_out)
    if url not in rendered.text:
        return None
    return Composed(
        rendered=rendered,
        language=language,
        estimate=estimate(machine.settings.text_prices, cart.contact.phone or "", rendered),
        link={
            "code": code,
            "ref": ref,
            "touch": ids[0],
            "cart": ids[1],
            "target": _target(machine, installed, cart.recovery_link, step, ref),
            "offer_code": step.offer.code if step.offer else "",
            "expires": now + LINK_LIFE,
        },
    )


def estimate(prices: Mapping[str, Decimal], phone: str, rendered: Rendered) -> Decimal | None:
    """What the carrier will probably take, in its own currency; None without a price for that country."""
    parsed = parse(phone)
    country = parsed.country if isinstance(parsed, Phone) else None
    price = prices.get(country or "*", prices.get("*"))
    return None if price is None else price * rendered.segments.segments


def _opt_out(sender: str, language: str, url: str) -> str:
    """A name as sender can't be replied to: then the text must offer another way (OPT-08)."""
    words = wording(language)
    return words.opt_out if sender.lstrip("+").isdigit() else fill(words.opt_out_link, link=f"{url}/stop")


def source(step: Step, language: str) -> str:
    """The merchant's own text in this language, else the library's in the step's tone."""
    if language in step.texts:
        return step.texts[language]
    ready = texts(language, cast(Tone, step.tone))
    fitting = [t for t in ready if t.needs_offer == bool(step.offer and step.offer.code)]
    return (fitting or ready or texts(language))[0].text


def values(installed: Installed, cart: Cart, step: Step, locale: str, link: str) -> dict[str, object]:
    """What the text's variables stand for."""
    dearest = max(cart.lines, key=lambda line: line.price.amount, default=None)
    offer = step.offer
    return {
        "shop.name": installed.shop.name,
        "shopper.first_name": cart.contact.first_name or _address_name(cart),
        "cart.items": sum(line.quantity for line in cart.lines),
        "cart.item": dearest.title if dearest else "",
        "cart.total": money(cart.presentment_total or cart.total, locale),
        "cart.link": link,
        "shop.url": shop_url(installed),
        **({f"offer.{name}": value for name, value in encode(offer).items()} if offer else {}),
    }


def shop_url(installed: Installed) -> str:
    """Where the shop is on the web: Shopify's domain has no scheme."""
    domain = installed.shop.domain
    return domain if "://" in domain else f"https://{domain}"


def money(amount: Money, locale: str) -> str:
    """An amount as people of that locale write it."""
    try:
        known = Locale.parse(locale.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        known = Locale("en", "US")
    return format_currency(amount.amount, amount.currency, locale=known)


def _address_name(cart: Cart) -> str:
    return next((a.first_name for a in (cart.shipping, cart.billing) if a and a.first_name), "")


def _target(machine: Machine, installed: Installed, link: str, step: Step, ref: str) -> str:
    utm = {"utm_source": "sms", "utm_medium": "text", "utm_campaign": "cart_recovery", "utm_id": ref}
    code = step.offer.code if step.offer else ""
    return machine.platform(installed.shop.platform).recovery_link(link, code=code, utm=utm)
