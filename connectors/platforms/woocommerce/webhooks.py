"""A store's webhooks that come to us: seen, made, made anew.

WooCommerce never sends a delivery again and switches a webhook off at the seventh failure in a row; one that is
switched on again keeps its count, so the next failure ends it (includes/class-wc-webhook.php). So a webhook that isn't
active is deleted and made anew. A secret is never given back: whoever doesn't know which one a webhook was made with
makes it anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from connectors.platforms.woocommerce.client import Store
from connectors.platforms.woocommerce.errors import NotFound, NotJson, Unavailable
from connectors.platforms.woocommerce.schema import Id
from connectors.wire import Text, Wire
from sequences.errors import BadDelivery

TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "customer.updated",
    "customer.deleted",
    "product.updated",
)
"""Those that `reading.py` makes something of."""
NAME = "Comeback: {topic}"
FIELDS = "id,topic,status,delivery_url"


class WebhookWire(Wire):
    id = Id(required=True)
    topic = Text(longest=200)
    status = Text(longest=40)
    delivery_url = Text(longest=2000)


WEBHOOK = WebhookWire()


@dataclass(frozen=True, slots=True)
class Webhook:
    """One that comes to us, wherever we were when it was made."""

    id: str
    topic: str
    status: str
    url: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What had to be done: topics that were made, and how many webhooks were deleted."""

    made: tuple[str, ...] = ()
    deleted: int = 0

    def __bool__(self) -> bool:
        return bool(self.made or self.deleted)


def ours(store: Store, url: str) -> list[Webhook]:
    """Those whose address ends as ours does: with the shop's key, which nobody can guess. Raises StoreError."""
    try:
        rows = [WEBHOOK.read(row) for page in store.pages("webhooks", _fields=FIELDS) for row in page]
    except BadDelivery as error:
        raise NotJson(f"the store's webhooks can't be read: {error}") from None
    found = [Webhook(row["id"], row["topic"], row["status"], row["delivery_url"]) for row in rows]
    return sorted((hook for hook in found if _comes_to(hook.url, url)), key=lambda hook: int(hook.id))


def good(found: Sequence[Webhook], url: str) -> dict[str, Webhook]:
    """By topic, the first that is as it should be."""
    best: dict[str, Webhook] = {}
    for hook in found:
        if hook.topic in TOPICS and hook.status == "active" and hook.url == url:
            best.setdefault(hook.topic, hook)
    return best


def mend(store: Store, url: str, secret: str, *, known: bool) -> Mended:
    """Have exactly one active webhook of every topic. `known`: those that are there were made with this secret.

    May be repeated at any time, also after an answer that never came: what was made all the same is found. While one is
    made the store calls us, so whoever calls this must not be the only one who can answer. Raises StoreError.
    """
    found = ours(store, url)
    kept = good(found, url) if known else {}
    surplus = [hook for hook in found if hook not in kept.values()]
    for hook in surplus:
        _delete(store, hook)
    missing = tuple(topic for topic in TOPICS if topic not in kept)
    for topic in missing:
        _make(store, topic, url, secret)
    return Mended(missing, len(surplus))


def delete_all(store: Store, url: str) -> int:
    """The shop leaves. Returns how many there were. Raises StoreError."""
    found = ours(store, url)
    for hook in found:
        _delete(store, hook)
    return len(found)


def _make(store: Store, topic: str, url: str, secret: str) -> None:
    wanted = {
        "name": NAME.format(topic=topic),
        "topic": topic,
        "delivery_url": url,
        "secret": secret,
        "status": "active",
    }
    try:
        store.post("webhooks", wanted)
    except (Unavailable, NotJson):  # it may have been made all the same
        if topic not in good(ours(store, url), url):
            raise


def _delete(store: Store, hook: Webhook) -> None:
    try:
        store.delete(f"webhooks/{hook.id}", force=True)
    except NotFound:
        return


def _comes_to(theirs: str, url: str) -> bool:
    """At our address, or at one that we had before, perhaps under another path: what follows it ends with our key."""
    ours = "/".join(urlsplit(url).path.split("/")[-3:])
    try:
        return urlsplit(theirs).path.endswith(f"/{ours}")
    except ValueError:
        return False
