"""The carts that previews and `check` try a text on: a usual one, the dearest, the ones with holes."""

from collections.abc import Mapping
from dataclasses import dataclass

from message_templates.variables import VARIABLES, Value

_OFFER = ("offer.",)


@dataclass(frozen=True, slots=True)
class Sample:
    """Values to try and what they stand for in words that fit after "with"; `extreme`: dearer than usual."""

    name: str
    values: Mapping[str, Value]
    has_offer: bool
    extreme: bool = False

    @property
    def lacks_only_offer(self) -> bool:
        """Whether a hole in the text can only come from the missing offer."""
        return (
            all(v.name in self.values or v.name.startswith(_OFFER) for v in VARIABLES) and not self.has_offer
        )


def _values(longest: bool = False, without: tuple[str, ...] = (), **given: Value) -> dict[str, Value]:
    values = {
        v.name: v.longest if longest else v.example for v in VARIABLES if not v.name.startswith(without)
    }
    return {**values, **{name.replace("__", "."): value for name, value in given.items()}}


TYPICAL = Sample("a usual cart", _values(), True)
LONGEST = Sample("the longest values", _values(longest=True), True, extreme=True)

SAMPLES = (
    TYPICAL,
    LONGEST,
    Sample("no offer", _values(without=_OFFER), False),
    Sample("the longest values and no offer", _values(longest=True, without=_OFFER), False, extreme=True),
    Sample("one item", _values(cart__items=1), True),
    Sample("no first name", _values(without=("shopper.",)), True),
    Sample("no first name and no offer", _values(without=("shopper.", *_OFFER)), False),
    Sample("only what is always known", {v.name: v.example for v in VARIABLES if not v.optional}, False),
    Sample("a fixed amount off", _values(offer__kind="amount", offer__value="$5"), True),
    Sample("free shipping", _values(offer__kind="free_shipping", offer__value="$0"), True),
    Sample("an offer without an end", _values(without=("offer.expires",)), True),
)
