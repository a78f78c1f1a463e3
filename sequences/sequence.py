"""A merchant's plan: when to remind, how often, in which tone and with which incentive."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from sequences.cart import Stage
from sequences.errors import BadSequence
from sequences.offers import KINDS, Discount, troubles
from sequences.standing_down import CHOICES, StandDown


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An incentive: one that the merchant keeps in the store under `code`, or a `discount` whose codes we have made
    there, one for each text. `value` and `expires` are how people say it: 10 %, Sunday evening. Beside a `discount`
    they're left out, and `code` is what stands in where a store makes no codes for us."""

    kind: str = ""
    value: str = ""
    code: str = ""
    expires: str = ""
    discount: Discount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One reminder. `delay` counts from the moment the shopper left the cart.

    `tone` picks a text of the library in the shopper's language; `texts` (language → Liquid source) are
    the merchant's own and win over it.
    """

    delay: timedelta
    tone: str = "friendly"
    texts: dict[str, str] = field(default_factory=dict)
    offer: Offer | None = None
    on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A shop's plan.

    `idle_after`: how long a cart lies still before it counts as abandoned; `idle_unpaid`: how long an order that was
    placed waits for its payment before it does, whatever the first step says. `deadline`: how long after the
    shopper left it a reminder still makes sense (48 h is also the carriers' limit for +1, CART-04).
    `attribution`: how long after a text an order may count as its doing. `holdout`: the share of carts that
    get nothing, so that what the texts cause can be measured. `send_blind`: text even if the store can't be
    asked whether the cart was bought meanwhile. `double_opt_in`: where the rules want a confirmed consent and the
    store only says that a box was ticked, ask the shopper by text, and let the cart wait for the answer.
    `store_consent`: the merchant vouches that shoppers ticked a
    box at the store's checkout whose wording names cart reminders, and relies on the store's record of it
    where the rulebook asks for proof of our own. `sender_registered`: the name that the texts come from stands in
    the register of the countries that have one (Australia, Singapore, Ireland). `rest`: how long a person who got a
    reminder of one cart gets none of another. `stand_down`: leave the carts to another tool that texts about them
    ("texts"), to one that writes by e-mail, too ("any"), or to none ("off"). `other_tool`: the name of one that texts
    here and that the store doesn't tell of.
    """

    idle_after: timedelta = timedelta(minutes=30)
    idle_unpaid: timedelta = timedelta(hours=1)
    steps: tuple[Step, ...] = (
        Step(delay=timedelta(hours=1)),
        Step(delay=timedelta(hours=24), tone="brief"),
    )
    deadline: timedelta = timedelta(hours=48)
    attribution: timedelta = timedelta(days=5)
    holdout: Decimal = Decimal("0.05")
    send_blind: bool = False
    double_opt_in: bool = True
    store_consent: bool = False
    sender_registered: bool = False
    rest: timedelta = timedelta(hours=24)
    stand_down: StandDown = "texts"
    other_tool: str = ""
    on: bool = True

    def idle(self, stage: Stage) -> timedelta:
        """How long a cart of this stage lies still before it counts as abandoned."""
        return self.idle_unpaid if stage == "payment" else self.idle_after


def _span(**kwargs: Any) -> fields.TimeDelta:
    """A span of time in seconds; none runs backwards."""
    return fields.TimeDelta(precision="seconds", validate=validate.Range(min=timedelta(0)), **kwargs)


class _DiscountSchema(Schema):
    kind = fields.Str(required=True, validate=validate.OneOf(KINDS))
    percent = fields.Decimal(load_default=None, allow_none=True)
    amount = fields.Decimal(load_default=None, allow_none=True)
    currency = fields.Str(load_default="")
    minimum_subtotal = fields.Decimal(load_default=None, allow_none=True)
    minimum_quantity = fields.Int(load_default=None, allow_none=True, strict=True)
    buy_quantity = fields.Int(load_default=None, allow_none=True, strict=True)
    buy_items = fields.List(fields.Str(), load_default=list)
    get_quantity = fields.Int(load_default=None, allow_none=True, strict=True)
    get_items = fields.List(fields.Str(), load_default=list)
    lasts = _span(load_default=Discount(kind="percent").lasts)
    combines_with = fields.List(fields.Str(), load_default=list)
    prefix = fields.Str(load_default=Discount(kind="percent").prefix)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Discount:
        lists = {name: tuple(data[name]) for name in ("buy_items", "get_items", "combines_with")}
        made = Discount(**{**data, **lists})
        wrong: dict[str, list[str]] = {}
        for name, what in troubles(made):
            wrong.setdefault(name, []).append(what)
        if wrong:
            raise ValidationError(wrong)
        return made


class _OfferSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    kind = fields.Str(load_default="", validate=validate.Length(max=40))
    value = fields.Str(load_default="", validate=validate.Length(max=40))
    code = fields.Str(load_default="", validate=validate.Length(max=64))
    expires = fields.Str(load_default="", validate=validate.Length(max=40))
    discount = fields.Nested(_DiscountSchema, load_default=None, allow_none=True)

    @validates_schema
    def said_once(self, data: dict[str, Any], **_: Any) -> None:
        for name in ("kind", "value", "expires") if data["discount"] else ():
            if data[name] and not (name == "value" and data["discount"].kind == "buy_x_get_y"):
                raise ValidationError("is said by the discount: leave it out", name)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Offer:
        return Offer(**data)


class _StepSchema(Schema):
    delay = _span(required=True)
    tone = fields.Str(load_default="friendly")
    texts = fields.Dict(keys=fields.Str(), values=fields.Str(), load_default=dict)
    offer = fields.Nested(_OfferSchema, load_default=None, allow_none=True)
    on = fields.Bool(load_default=True)

    @validates_schema
    def own_words(self, data: dict[str, Any], **_: Any) -> None:
        offer = data["offer"]
        if offer and offer.discount and offer.discount.kind == "buy_x_get_y" and not data["texts"]:
            raise ValidationError(
                "must say what one gets: the ready-made texts don't know buy_x_get_y", "texts"
            )

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Step:
        return Step(**data)


class _SequenceSchema(Schema):
    idle_after = _span(load_default=Sequence().idle_after)
    idle_unpaid = _span(load_default=Sequence().idle_unpaid)
    steps = fields.List(fields.Nested(_StepSchema), load_default=lambda: list(Sequence().steps))
    deadline = _span(load_default=Sequence().deadline)
    attribution = _span(load_default=Sequence().attribution)
    holdout = fields.Decimal(load_default=Decimal("0.05"), validate=validate.Range(0, Decimal("0.5")))
    send_blind = fields.Bool(load_default=False)
    double_opt_in = fields.Bool(load_default=True)
    store_consent = fields.Bool(load_default=False)
    sender_registered = fields.Bool(load_default=False)
    rest = _span(load_default=Sequence().rest)
    stand_down = fields.Str(load_default=Sequence().stand_down, validate=validate.OneOf(CHOICES))
    other_tool = fields.Str(load_default="", validate=validate.Length(max=80))
    on = fields.Bool(load_default=True)

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        delays = [step.delay for step in data["steps"]]
        if delays != sorted(delays):
            raise ValidationError("each step must come later than the one before it", "steps")
        if delays and delays[0] < data["idle_after"]:
            raise ValidationError("the first step can't come before the cart counts as abandoned", "steps")
        if delays and delays[-1] > data["deadline"]:
            raise ValidationError("the last step comes after the deadline and would never be sent", "steps")

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Sequence:
        return Sequence(**{**data, "steps": tuple(data["steps"])})


_SCHEMA = _SequenceSchema()


def load(data: dict[str, Any]) -> Sequence:
    """From JSON values (durations in seconds). Raises BadSequence with the path of each mistake."""
    try:
        return _SCHEMA.load(data)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise BadSequence(f"the sequence can't work as written: {error.messages}") from None
