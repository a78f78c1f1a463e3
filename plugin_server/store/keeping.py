"""What rows lose once they were kept long enough. A number's country is the one on the customer list."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from plugin_server.store.tx import Tx

CLOSED = "('bought', 'recovered', 'expired', 'abandoned', 'erased')"


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of one country; "": those whose country nobody knows, and rows without a number."""

    country: str

    def holds(self, column: str) -> str:
        """A condition: this column is the hash of a number of the group."""
        listed = f"EXISTS (SELECT FROM subscribers s WHERE s.shop_id = :shop_id AND s.phone_hash = {column}"
        # The second names the parameter too: every statement binds it.
        return (
            f"{listed} AND s.country = :country)"
            if self.country
            else f"NOT {listed} AND s.country <> :country)"
        )


def shops(c: Connection) -> list[int]:
    """Those that hold anything, by their ids alone: also one whose credentials can't be read."""
    return [row.id for row in c.execute(text("SELECT id FROM shops WHERE state <> 'removed' ORDER BY id"))]


def groups(tx: Tx) -> list[Group]:
    rows = tx.rows("SELECT DISTINCT country FROM subscribers WHERE shop_id = :shop_id AND country <> ''")
    return [*(Group(country) for country in sorted(row.country for row in rows)), Group("")]


def empty_carts(tx: Tx, group: Group, before: datetime) -> int:
    """Content, names and the way back. What it was worth and how it ended stays."""
    emptied = _run(
        tx,
        "UPDATE carts SET sealed = NULL, phone_hash = NULL, email_hash = NULL, customer_id = '', idle_at = NULL,"
        " state = CASE WHEN state = 'abandoned' THEN 'expired' ELSE state END"
        f" WHERE shop_id = :shop_id AND sealed IS NOT NULL AND active_at < :before AND state IN {CLOSED}"
        f" AND {group.holds('carts.phone_hash')}",
        group,
        before,
    )
    _run(
        tx,
        "UPDATE links SET sealed = NULL FROM carts c WHERE links.shop_id = :shop_id AND c.shop_id = links.shop_id"
        " AND c.id = links.cart_id AND c.sealed IS NULL AND links.sealed IS NOT NULL AND c.active_at < :before",
        group,
        before,
    )
    _run(
        tx,
        "UPDATE orders SET phone_hash = NULL, email_hash = NULL, customer_id = '' WHERE shop_id = :shop_id"
        " AND created_at < :before AND (phone_hash IS NOT NULL OR email_hash IS NOT NULL OR customer_id <> '')"
        f" AND {group.holds('orders.phone_hash')}",
        group,
        before,
    )
    return emptied


def empty_texts(tx: Tx, group: Group, before: datetime) -> int:
    """Also notices that were never handed over: they name their number all the same."""
    return sum(
        _run(
            tx,
            f"UPDATE {table} SET sealed = NULL WHERE shop_id = :shop_id AND sealed IS NOT NULL"
            f" AND {at} < :before AND {group.holds(f'{table}.phone_hash')}",
            group,
            before,
        )
        for table, at in (("attempts", "committed_at"), ("notices", "coalesce(committed_at, asked_at)"))
    )


def empty_replies(tx: Tx, group: Group, before: datetime) -> int:
    return _run(
        tx,
        "UPDATE replies SET sealed = NULL WHERE shop_id = :shop_id AND sealed IS NOT NULL AND at < :before"
        f" AND {group.holds('replies.phone_hash')}",
        group,
        before,
    )


def ended_lines(tx: Tx, group: Group, before: datetime) -> list[int]:
    """The evidence of numbers whose consent ended before that and who said nothing since. Consent that stands is kept;
    it doesn't where an opt-out without a line of its own is as old (its number's owner was forgotten)."""
    rows = tx.rows(
        "SELECT array_agg(seq) AS seqs FROM consents WHERE shop_id = :shop_id AND phone_hash <> decode(repeat('00', 32), 'hex')"
        f" AND {group.holds('consents.phone_hash')} GROUP BY phone_hash HAVING max(at) < :before"
        " AND ((array_agg(state ORDER BY at DESC, seq DESC) FILTER (WHERE state IN ('given', 'pending', 'withdrawn')))[1]"
        " IS DISTINCT FROM 'given' OR EXISTS (SELECT FROM suppressions s WHERE s.shop_id = :shop_id"
        " AND s.phone_hash = consents.phone_hash AND s.lifted_at IS NULL AND s.kind <> 'bounced' AND s.at < :before))",
        country=group.country,
        before=before,
    )
    return sorted(seq for row in rows for seq in row.seqs)


def drop_suppressions(tx: Tx, group: Group, before: datetime) -> int:
    """Without the hash, and without evidence of consent, nothing says that this number may be texted either."""
    return _run(
        tx,
        "DELETE FROM suppressions WHERE shop_id = :shop_id AND at < :before AND (lifted_at IS NULL OR lifted_at < :before)"
        f" AND {group.holds('suppressions.phone_hash')}"
        " AND NOT EXISTS (SELECT FROM consents c WHERE c.shop_id = :shop_id AND c.phone_hash = suppressions.phone_hash)",
        group,
        before,
    )


def empty_erased(tx: Tx) -> int:
    """Answers that an erasure spared because they had still to be given, however they ended."""
    return tx.run(
        "UPDATE notices SET sealed = NULL WHERE shop_id = :shop_id AND sealed IS NOT NULL"
        " AND state NOT IN ('planned', 'held', 'claimed', 'sending') AND EXISTS (SELECT FROM suppressions s"
        " WHERE s.shop_id = notices.shop_id AND s.phone_hash = notices.phone_hash"
        " AND s.erased_at >= notices.asked_at)"
    ).rowcount


def _run(tx: Tx, sql: str, group: Group, before: datetime, **more: Any) -> int:
    return tx.run(sql, country=group.country, before=before, **more).rowcount
