"""What other tools do about carts left in a Shopify shop, as far as Shopify tells us.

It tells it only to apps that may read marketing events, and of whoever reports what it sends. There is no channel for
texts among Shopify's (MarketingChannel is DISPLAY, EMAIL, REFERRAL, SEARCH, SOCIAL), so that an activity texts can only
be read in its words. shopify.dev/docs/api/admin-graphql/latest/objects/MarketingActivity.
"""

import re
from typing import Any

from connectors.platforms.shopify.admin import AdminClient, NotAllowed, NotReached
from connectors.wire import Part, Prose, Text, Wire
from sequences.errors import BadDelivery
from sequences.standing_down import Automation, kind_of

ACTIVE = "ACTIVE"
# A text may be reported as a message instead; a message about anything else is none of our business.
CARTS = re.compile(r"\b(carts?|checkouts?|baskets?|recovery)\b", re.IGNORECASE)


class _Utm(Wire):
    medium = Text()


class _App(Wire):
    title = Prose()


class _Activity(Wire):
    title = Prose()
    status = Text(required=True)
    tactic = Text(required=True)
    sourceAndMedium = Prose()
    marketingChannelType = Text()
    utmParameters = Part(_Utm())
    app = Part(_App())


class _Page(Wire):
    nodes = Part(_Activity(), many=True, required=True)


class _Answer(Wire):
    marketingActivities = Part(_Page(), required=True)


ANSWER = _Answer()


def cart_automations(admin: AdminClient) -> tuple[Automation, ...] | None:
    """Those at work now; None if Shopify doesn't tell us. Raises AdminError if it couldn't be asked."""
    try:
        values = ANSWER.read(admin.run("CartAutomations", {}))
    except NotAllowed:  # the merchant didn't give the app leave for it: an optional scope
        return None
    except BadDelivery as error:
        raise NotReached(f"the shop's marketing activities can't be read: {error}") from None
    found = values["marketingActivities"]["nodes"]
    kept = [_automation(one) for one in found if one["status"] == ACTIVE and _about_carts(one)]
    return tuple(dict.fromkeys(kept))


def _about_carts(activity: dict[str, Any]) -> bool:
    return activity["tactic"] == "ABANDONED_CART" or bool(CARTS.search(activity["title"]))


def _automation(activity: dict[str, Any]) -> Automation:
    app = (activity["app"] or {}).get("title") or ""
    # The source begins with the app's name, which often lists everything that the app can do.
    source = activity["sourceAndMedium"].replace(app, "") if app else activity["sourceAndMedium"]
    own = (activity["title"], source, (activity["utmParameters"] or {}).get("medium") or "")
    mails = activity["marketingChannelType"] == "EMAIL"
    return Automation(
        app=app, title=activity["title"], kind=kind_of(own, app, mails), status=activity["status"]
    )
