"""Which WooCommerce stores are to be looked after now, or told that we part: `webhooks_due` and `parting_due` in their
shops' facts say when."""

from datetime import datetime

from sqlalchemy import Connection, text

# Nothing is put off for as long as a day: that was a clock which ran ahead.
_WHEN = (
    "(coalesce(facts ->> '{0}', '') = '' OR (facts ->> '{0}')::timestamptz <= :now"
    " OR (facts ->> '{0}')::timestamptz > CAST(:now AS timestamptz) + interval '1 day')"
)
DUE = (
    f"platform = 'woocommerce' AND (state = 'active' AND {_WHEN.format('webhooks_due')}"
    f" OR state = 'uninstalled' AND octet_length(credentials) > 0 AND {_WHEN.format('parting_due')})"
)
WAITING = text(f"SELECT EXISTS (SELECT FROM shops WHERE {DUE})")
FIND = text(
    f"SELECT id FROM shops WHERE {DUE} ORDER BY state DESC, facts ->> 'webhooks_due' NULLS FIRST, id LIMIT :most"
)


def waiting(c: Connection, now: datetime) -> bool:
    """Is a store to be looked after, or told that we part?"""
    return bool(c.execute(WAITING, {"now": now}).scalar_one())


def due(c: Connection, now: datetime, most: int) -> list[int]:
    """Their shops' ids, those first that leave, then those that wait longest."""
    return [row.id for row in c.execute(FIND, {"now": now, "most": most})]
