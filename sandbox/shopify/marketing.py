"""Marketing activities: what other apps, and Shopify's own automations, say that they send in a shop.

The schema knows no channel for texts (MarketingChannel is DISPLAY, EMAIL, REFERRAL, SEARCH, SOCIAL); that an activity
sends texts shows in its title, its source and its UTM medium, if it shows.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.shopify.finding import Page
from sandbox.shopify.objects import gid, moment
from sandbox.shopify.records import Records
from sandbox.shopify.search import Search
from sandbox.storefront import SandboxError

Object = dict[str, Any]
FIELDS = frozenset(("id", "app_id", "app_name", "tactic", "title", "created_at", "updated_at"))
KIND = "MarketingActivity"
STATUSES = (
    "ACTIVE", "DELETED", "DELETED_EXTERNALLY", "DISCONNECTED", "DRAFT", "FAILED", "INACTIVE", "PAUSED",
    "PENDING", "SCHEDULED", "UNDEFINED",
)  # fmt: skip
MEDIA = {"sms": ("REFERRAL", "SMS"), "email": ("EMAIL", "email")}


class BadActivity(SandboxError):
    """A marketing activity can't be made of this."""


@dataclass
class Activity:
    """One marketing activity of one app. `medium` is sms or email."""

    id: int
    app_id: int
    app: str
    title: str
    medium: str
    created_at: datetime
    updated_at: datetime
    status: str = "ACTIVE"
    tactic: str = "ABANDONED_CART"


def switch(store: Records, facts: Object) -> None:
    """The merchant makes an automation in another app, or changes the standing one of that app and title."""
    app, title = str(facts.get("app") or "Another app"), str(facts.get("title") or "Abandoned checkout")
    medium, status = str(facts.get("medium", "sms")), str(facts.get("status", "ACTIVE"))
    if medium not in MEDIA:
        raise BadActivity(f"medium must be one of {', '.join(MEDIA)}")
    if status not in STATUSES:
        raise BadActivity(f"status must be one of {', '.join(STATUSES)}")
    found = next((a for a in store.activities if (a.app, a.title) == (app, title)), None)
    if found is None:
        known = next((a.app_id for a in store.activities if a.app == app), None) or store.new_id()
        found = Activity(store.new_id(), known, app, title, medium, store.now(), store.now())
        store.activities.append(found)
    found.medium, found.status, found.updated_at = medium, status, store.now()
    found.tactic = str(facts.get("tactic") or found.tactic)


def activities(store: Records, args: Object) -> Page:
    """marketingActivities(query:)."""
    search = Search(args.get("query") or "", FIELDS)
    wanted = args.get("marketingActivityIds")
    found = [
        activity
        for activity in store.activities
        if search.matches(fields(activity)) and (not wanted or gid(KIND, activity.id) in wanted)
    ]
    by_title = args.get("sortKey") == "TITLE"
    return Page(
        search,
        found,
        lambda activity: activity.title if by_title else activity.created_at,
        activity_object,
        bool(args.get("reverse")),
    )


def fields(activity: Activity) -> Object:
    return {
        "id": activity.id,
        "app_id": activity.app_id,
        "app_name": activity.app,
        "tactic": activity.tactic,
        "title": activity.title,
        "created_at": activity.created_at,
        "updated_at": activity.updated_at,
    }


def activity_object(activity: Activity) -> Object:
    channel, word = MEDIA[activity.medium]
    name = activity.app.lower().replace(" ", "-")
    utm = {"source": name, "medium": activity.medium, "campaign": "abandoned_checkout"}
    return {
        "id": gid(KIND, activity.id),
        "title": activity.title,
        "status": activity.status,
        "statusLabel": activity.status.capitalize(),
        "tactic": activity.tactic,
        "marketingChannelType": channel,
        "marketingChannel": channel,
        "sourceAndMedium": f"{activity.app} {word}",
        "utmParameters": utm | {"content": None, "term": None},
        "isExternal": True,
        "inMainWorkflowVersion": False,
        "createdAt": moment(activity.created_at),
        "updatedAt": moment(activity.updated_at),
        "app": {"id": gid("App", activity.app_id), "title": activity.app, "handle": name},
    }
