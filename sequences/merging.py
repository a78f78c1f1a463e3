"""One cart, told of twice: by webhooks, and by re-reading its store. Neither makes it poorer.

A webhook may know what re-reading never does: the name an order is tied to, the number that consent was given for, the
consent itself. Re-reading may know a newer state of the cart. Pure.
"""

from dataclasses import replace

from sequences.cart import Cart, Contact, Line


def reread(known: Cart, found: Cart) -> Cart | None:
    """The cart after its store was re-read and said `found`; None if that is no news."""
    if found.updated_at <= known.updated_at:
        return None
    # Known from re-reading too: then there is nothing that only a webhook knew.
    return _with(found, found if known.key in (found.key, *found.aliases) else known, known)


def joined(known: Cart, told: Cart) -> Cart | None:
    """The cart, known from re-reading only, after a webhook brought its own name; None if it has that already. Of two
    words of one moment the webhook's is the fuller."""
    if known.key == told.key or known.key not in told.aliases:
        return None
    newest, other = (told, known) if told.updated_at >= known.updated_at else (known, told)
    return _with(newest, told, other)


def added(known: Cart, told: Cart) -> Cart | None:
    """The cart with what a webhook of the very moment that we know adds to it: a checkout's first two webhooks may have
    one time, and only the second the consent. None if it adds nothing."""
    if known.updated_at != told.updated_at:
        return None
    cart = _with(known, known, told)
    return None if cart == known else cart


def outnumbered(known: Cart, told: Cart) -> bool:
    """`told` is an older snapshot of the very second that we know: stores tell whole seconds."""
    return told.updated_at == known.updated_at and 0 < told.revision < known.revision


def together(known: Cart, told: Cart) -> Cart | None:
    """One cart told of by two: its own snapshots, whose link restores it, and the order that was made of it. Whichever
    comes, it adds to what the other told and takes nothing of it away. None: they aren't two."""
    if not any(cart.revision or cart.restores for cart in (known, told)):
        return None
    kinds = {(bool(cart.revision), cart.restores) for cart in (known, told)}
    if known.key == told.key and len(kinds) == 1:
        return None
    newest, other = (told, known) if told.updated_at >= known.updated_at else (known, told)
    key = told.key if known.key in (told.key, *told.aliases) else known.key
    return _with(newest, replace(newest, key=key), other)


def _with(content: Cart, surer: Cart, other: Cart) -> Cart:
    """`content`, named and reached as `surer` says, and never without what `other` knows."""
    names = dict.fromkeys((*content.aliases, content.key, *other.aliases, other.key))
    way_back = max((content, other), key=lambda cart: (bool(cart.recovery_link), cart.restores))
    return replace(
        content,
        key=surer.key,
        aliases=tuple(name for name in names if name != surer.key),
        created_at=min(content.created_at, other.created_at),
        lines=_lines(content, other),
        contact=_contact(content.contact, surer.contact, other.contact),
        shipping=content.shipping or other.shipping,
        billing=content.billing or other.billing,
        consent=tuple(dict.fromkeys((*content.consent, *other.consent))),
        recovery_link=way_back.recovery_link,
        restores=way_back.restores,
        locale=surer.locale or content.locale or other.locale,
        browser_zone=content.browser_zone or other.browser_zone,
        completed_at=content.completed_at or other.completed_at,
        stage="payment" if "payment" in (content.stage, other.stage) else "cart",
        revision=max(content.revision, other.revision),
    )


def _contact(newest: Contact, surer: Contact, other: Contact) -> Contact:
    """The surer one's number and address. One that can't be texted is remembered only where there is none that can."""
    sources = (surer, newest, other)
    phone = next((c.phone for c in sources if c.phone), None)
    said = next((c for c in sources if c.phone == phone and (phone or c.dropped)), surer)
    named = next((c for c in (newest, other) if c.first_name or c.last_name), newest)
    return Contact(
        phone=phone,
        email=next((c.email for c in sources if c.email), None),
        first_name=named.first_name,
        last_name=named.last_name,
        customer_id=next((c.customer_id for c in sources if c.customer_id), ""),
        dropped=said.dropped,
    )


def _lines(content: Cart, other: Cart) -> tuple[Line, ...]:
    """A store may show the first lines only, and without the numbers of their products."""
    count = len(content.lines)
    same = [_as_sold(line) for line in content.lines] == [_as_sold(line) for line in other.lines[:count]]
    if same and content.total == other.total and content.lines:
        return other.lines
    known = {_as_sold(line)[:3]: line for line in other.lines}
    return tuple(_numbered(line, known.get(_as_sold(line)[:3])) for line in content.lines)


def _as_sold(line: Line) -> tuple[str, str, str, int]:
    return line.title, line.variant_title, line.sku, line.quantity


def _numbered(line: Line, known: Line | None) -> Line:
    if known is None:
        return line
    return replace(
        line,
        product_id=line.product_id or known.product_id,
        variant_id=line.variant_id or known.variant_id,
    )
