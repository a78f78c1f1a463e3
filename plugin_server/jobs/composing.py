"""From a cart and a step to the text that will be handed over."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast
from urllib.parse import unquote_plus

from compliance.content import Finding
from compliance.phones import Phone, parse
from message_templates.library import Tone, texts
from message_templates.render import Rendered, render
from message_templates.wording import best_language, fill, wording
from plugin_server.jobs.spelling import money
from plugin_server.store import links
from plugin_server.store.shops import Installed
from plugin_server.texts import about_text, look_over, without
from plugin_server.wiring import Machine
from sequences.cart import Cart
from sequences.codec import encode
from sequences.dispatching import Skip
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


NO_WAY_BACK = Skip("there is no link back to the cart, or the text doesn't carry it", "link")


def compose(
    machine: Machine,
    installed: Installed,
    cart: Cart,
    step: Step,
    ids: tuple[uuid.UUID, int],
    places: tuple[str, ...],
    now: datetime,
) -> Composed | Skip:
    """The text for (touch, cart) `ids`; Skip if there is no way back to the cart, or if the text may not say what it
    says to somebody in `places`."""
    if cart.recovery_link is None:
        return NO_WAY_BACK
    code, ref = links.new_code(), links.new_ref()
    locale = cart.locale or installed.shop.locale
    language = best_language(locale)
    url = f"{machine.settings.public_url}/r/{code}"
    target = _target(machine, installed, cart.recovery_link, step, ref)
    step = _saying_the_code(step, language, target)
    words = values(installed, cart, step, locale, url)
    opt_out = _opt_out(installed.sender, language, url)
    way_out = "" if takes_replies(installed.sender) else f"{url}/stop"
    about = about_text(installed.shop, offer=step.offer, links=(url,), values=words, way_out=way_out)
    rendered, found = _fitting(
        lambda words: render(source(step, language), words, language=language, opt_out=opt_out),
        lambda text: look_over(text, about, machine.rulebook, places, opt_out),
        words,
    )
    if url not in rendered.text:
        return NO_WAY_BACK
    for finding in found:
        if finding.blocks:
            return Skip(f"the text may not be sent so: {finding.what}", finding.rule.id)
    return Composed(
        rendered=rendered,
        language=language,
        estimate=estimate(machine.settings.text_prices, cart.contact.phone or "", rendered),
        link={
            "code": code,
            "ref": ref,
            "touch": ids[0],
            "cart": ids[1],
            "target": target,
            "offer_code": step.offer.code if step.offer else "",
            "expires": now + LINK_LIFE,
        },
    )


def _fitting(
    write: Callable[[dict[str, object]], Rendered],
    look: Callable[[str], tuple[Finding, ...]],
    words: dict[str, object],
) -> tuple[Rendered, tuple[Finding, ...]]:
    """The text, and what is wrong with it; without the item or the name if it's them (CONT-07, PII-07)."""
    rendered = write(words)
    found = look(rendered.text)
    fewer = without(words, found)
    if len(fewer) == len(words):
        return rendered, found
    rendered = write(fewer)
    return rendered, look(rendered.text)


def estimate(prices: Mapping[str, Decimal], phone: str, rendered: Rendered) -> Decimal | None:
    """What the carrier will probably take, in its own currency; None without a price for that country."""
    parsed = parse(phone)
    country = parsed.country if isinstance(parsed, Phone) else None
    price = prices.get(country or "*", prices.get("*"))
    return None if price is None else price * rendered.segments.segments


def _opt_out(sender: str, language: str, url: str) -> str:
    """A name as sender can't be replied to: then the text must offer another way (OPT-08)."""
    words = wording(language)
    return words.opt_out if takes_replies(sender) else fill(words.opt_out_link, link=f"{url}/stop")


def takes_replies(sender: str) -> bool:
    """A number does, a name doesn't."""
    return sender.lstrip("+").isdigit()


def source(step: Step, language: str) -> str:
    """The merchant's own text in this language, else the library's in the step's tone."""
    if language in step.texts:
        return step.texts[language]
    ready, code = texts(language, cast(Tone, step.tone)), step.offer.code if step.offer else ""
    fitting = [t for t in ready if t.needs_offer == bool(code)]
    if not fitting and (not code or (step.offer and step.offer.discount)):
        # Nothing is promised without a code, and a code that was made for this text is told.
        fitting = [t for t in texts(language) if t.needs_offer == bool(code)]
    return (fitting or ready or texts(language))[0].text


def _saying_the_code(step: Step, language: str, target: str) -> Step:
    """The step; without its merchant's words where they don't say a code that the link can't carry either (the page on
    which a WooCommerce order is paid takes none): the ready-made ones say it."""
    code = step.offer.code if step.offer else ""
    told = "offer.code" in step.texts.get(language, "offer.code")
    return step if not code or told or code in unquote_plus(target) else replace(step, texts={})


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


def _address_name(cart: Cart) -> str:
    return next((a.first_name for a in (cart.shipping, cart.billing) if a and a.first_name), "")


def _target(machine: Machine, installed: Installed, link: str, step: Step, ref: str) -> str:
    utm = {"utm_source": "sms", "utm_medium": "text", "utm_campaign": "cart_recovery", "utm_id": ref}
    code = step.offer.code if step.offer else ""
    return machine.platform(installed.shop.platform).recovery_link(link, code=code, utm=utm)
