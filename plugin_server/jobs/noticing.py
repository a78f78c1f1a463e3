"""What each notice says, in the person's language, and what compliance calls it."""

from compliance.ask import Kind
from message_templates.wording import best_language, fill, wording
from plugin_server.gathering import plan as plans
from plugin_server.gathering.plan import incentive_line
from plugin_server.jobs.composing import shop_url
from plugin_server.store.shops import Installed

KINDS: dict[str, Kind] = {
    "consent_request": "consent_request",
    "opt_out_confirmation": "opt_out_confirmation",
    "help_reply": "help_reply",
    "welcome": "welcome",
}


def words(installed: Installed, kind: str, locale: str) -> str:
    """The text. HELP and the welcome name a way to reach a person: the shop's support, else its own site."""
    fixed = wording(best_language(locale or installed.shop.locale))
    pattern = {
        "consent_request": fixed.double_opt_in,
        "opt_out_confirmation": fixed.stop_confirmation,
        "help_reply": fixed.help,
        "welcome": fixed.welcome,
    }[kind]
    said = fill(pattern, shop=installed.shop.name, contact=installed.shop.support or shop_url(installed))
    if kind != "welcome":
        return said
    # What was promised for signing up is given once the opt-in stands, not before.
    return f"{said} {_incentive(installed, fixed.language)}".rstrip()


def _incentive(installed: Installed, language: str) -> str:
    """Nothing, where the plan can't be read any more: the welcome itself is owed all the same."""
    try:
        return incentive_line(plans.load(installed.gathering), language)
    except plans.BadPlan:
        return ""
