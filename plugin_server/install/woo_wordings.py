"""What stands beside the box at a store's checkout: in its language and in English, each under a number of ours."""

import re
from dataclasses import replace

import structlog

from connectors.platforms.woocommerce.pairing import Plugin, Wording
from message_templates.wording import FALLBACK, best_language
from plugin_server.gathering import disclosing
from plugin_server.gathering import plan as plans
from plugin_server.gathering.plan import BadPlan, Gathering
from plugin_server.store.shops import Installed
from plugin_server.store.tx import Tx
from plugin_server.wiring import Machine

log = structlog.get_logger()
FORM = "woocommerce-checkout"
ADDRESS = re.compile(r"https?://[^\s<>\"']{4,200}")


def of(machine: Machine, installed: Installed, plugin: Plugin) -> tuple[tuple[Wording, ...], tuple[str, ...]]:
    """The wordings, the store's language first; and what is lacking ("terms", "privacy"), without which there is none:
    whoever agrees must be able to read both (CART-05, CONT-02)."""
    plan = _plan(installed, plugin)
    lacks = tuple(what for what, url in (("terms", plan.terms_url), ("privacy", plan.privacy_url)) if not url)
    if lacks:
        return (), lacks
    languages = dict.fromkeys((best_language(installed.shop.locale), FALLBACK))
    with machine.db.shop(installed.shop.id) as c:
        tx = Tx(c, installed.shop, machine.secrets)
        return tuple(_kept(machine, tx, plan, language) for language in languages), ()


def _kept(machine: Machine, tx: Tx, plan: Gathering, language: str) -> Wording:
    words = disclosing.as_text(disclosing.parts(tx.shop.name, plan, language))
    # The form around it is the store's checkout, which we don't see.
    kept = disclosing.keep(tx, FORM, language, words, "", machine.clock.now())
    return Wording(locale=language, version=kept.number, text=kept.wording)


def _plan(installed: Installed, plugin: Plugin) -> Gathering:
    """What the merchant told us of terms and privacy, else what WordPress and WooCommerce know."""
    try:
        plan = plans.load(installed.gathering)
    except BadPlan as error:
        log.error("a plan for gathering consent can't be read", shop=installed.shop.id, error=str(error))
        plan = Gathering()
    return replace(
        plan,
        terms_url=plan.terms_url or _address(plugin.terms_url),
        privacy_url=plan.privacy_url or _address(plugin.privacy_url),
    )


def _address(given: str) -> str:
    return given if ADDRESS.fullmatch(given) else ""
