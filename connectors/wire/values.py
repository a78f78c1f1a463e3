"""The fields that payloads are made of. None of their messages shows the value that was wrong."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, missing

from connectors.wire.documents import KINDS, Wire, kind
from sequences.errors import BadValue
from sequences.money import Money

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL keeps neither NUL nor half a surrogate pair
_HALVES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CURRENCY = re.compile("[A-Za-z]{3}")
_EMAIL = re.compile("(?=.{3,254}$)[^\\s@\x00-\x1f\x7f\ud800-\udfff]+@[^\\s@\x00-\x1f\x7f\ud800-\udfff]+")


class _Field(fields.Field[Any]):
    """Absent and null are one thing."""

    default_error_messages = {"required": "is missing", "null": "is missing"}
    empty: Any = None

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        if not required:
            kwargs.setdefault("load_default", self.empty)
        super().__init__(required=required, **kwargs)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super().deserialize(missing if value is None else value, *args, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return self.take(value)

    def take(self, value: Any) -> Any:
        """The checked value. Raises ValidationError, without the value in its words."""
        raise NotImplementedError


class Text(_Field):
    """A name for something, a code, a link: taken as it is, or not at all. Ids that come as numbers become
    text. Refused: longer than `longest`; NUL and lone surrogates, which PostgreSQL can't store."""

    empty = ""

    def __init__(self, *, longest: int = 255, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(**kwargs)

    def take(self, value: Any) -> str:
        words = _text(value)
        if len(words) > self.longest:
            raise ValidationError(f"is longer than {self.longest} characters")
        if _UNSTORABLE.search(words):
            raise ValidationError("holds characters that can't be stored (NUL or half a character)")
        if self.required and not words:
            raise ValidationError("is empty")
        return words


def _text(value: Any) -> str:
    """A text, or an id that came as a number. Raises ValidationError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ValidationError(f"should be a text, not {kind(value)}")
    return value


class Prose(_Field):
    """Words for people: a title, a name. Mended rather than refused, since a store may cut an emoji in half
    and an order must not be missed for it: halves become U+FFFD, control characters go, the end is cut."""

    empty = ""

    def __init__(self, *, longest: int = 255, **kwargs: Any) -> None:
        self.longest = longest
        super().__init__(**kwargs)

    def take(self, value: Any) -> str:
        return clean(_text(value))[: self.longest]


def clean(text: str) -> str:
    """`text` on one line, with nothing in it that can't be stored or shown, and no space around it."""
    return " ".join(_CONTROLS.sub("", _HALVES.sub("\ufffd", text)).split())


class Email(_Field):
    """An e-mail address as it was given. What can't be one is taken for none: it reaches nobody, and an
    order must not be missed for it."""

    empty = ""

    def take(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"should be a text, not {kind(value)}")
        given = value.strip()
        return given if _EMAIL.fullmatch(given) else ""


class Flag(_Field):
    """True or false. A text or a number is refused: "false" must not be taken for consent."""

    def take(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"should be true or false, not {kind(value)}")
        return value


class Count(_Field):
    """A whole number from `least` to `most`, as a number or, as some stores send it, as a text."""

    def __init__(self, *, least: int = 0, most: int = 1_000_000, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def take(self, value: Any) -> int:
        amount = _amount(value)
        if not self.least <= amount <= self.most or amount != amount.to_integral_value():
            raise ValidationError(f"should be a whole number from {self.least} to {self.most}")
        return int(amount)


class Amount(_Field):
    """An amount of money without its currency, as a decimal text or number; `Money` is made where the
    currency is known. Zero, negative (a refund) and many decimals are fine; 10^12 and more is refused."""

    def take(self, value: Any) -> Decimal:
        return _amount(value)


def _amount(value: Any) -> Decimal:
    try:
        amount = Money.parse(value, "").amount
    except BadValue as e:
        raise ValidationError(e.what) from None
    if not -30 <= int(amount.as_tuple().exponent) <= 12:  # finite, so a number; "1e-99999" fits no column
        raise ValidationError("is not a believable amount")
    return amount


class Currency(_Field):
    """An ISO 4217 code, made upper-case."""

    empty = ""

    def take(self, value: Any) -> str:
        if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
            raise ValidationError("should be a currency code of three letters")
        return value.upper()


class StoreTime(_Field):
    """A time with its offset (ISO 8601), made UTC. One without an offset is refused, unless the field is
    declared to be UTC, as WooCommerce's `*_gmt` are; so is a year that no live store writes."""

    def __init__(self, *, naive_is_utc: bool = False, **kwargs: Any) -> None:
        self.naive_is_utc = naive_is_utc
        super().__init__(**kwargs)

    def take(self, value: Any) -> datetime:
        try:
            return store_time(value, naive_is_utc=self.naive_is_utc)
        except BadValue as e:
            raise ValidationError(e.what) from None


def store_time(value: object, where: str = "time", *, naive_is_utc: bool = False) -> datetime:
    """What `StoreTime` does, for a time that stands in a header. Raises BadValue, naming `where`."""
    if not isinstance(value, str):
        raise BadValue(where, f"should be a time in text, not {kind(value)}")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise BadValue(where, "isn't an ISO 8601 time") from None
    if at.tzinfo is None:
        if not naive_is_utc:
            raise BadValue(where, "has no offset, so nobody knows when it is")
        at = at.replace(tzinfo=UTC)
    if not 2000 <= at.year <= 2100:
        raise BadValue(where, "isn't a believable year")
    return at.astimezone(UTC)


class Part(fields.Nested):
    """A nested object, or with `many` a list of them. Absent, null and an empty list where an object should
    be (PHP's way to write an object without keys) are one thing: None, or with `many` an empty list."""

    default_error_messages = {"required": "is missing"}

    def __init__(self, nested: Wire, *, many: bool = False, required: bool = False, **kwargs: Any) -> None:
        if not required:
            kwargs.setdefault("load_default", list if many else None)
        super().__init__(nested, many=many, required=required, **kwargs)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        nothing = value is None or (value == [] and not self.many)
        return super().deserialize(missing if nothing else value, *args, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, partial: Any = None, **kwargs: Any
    ) -> Any:
        if not isinstance(value, list if self.many else dict):
            raise ValidationError(f"should be {KINDS[list if self.many else dict]}, not {kind(value)}")
        return super()._deserialize(value, attr, data, partial=partial, **kwargs)
