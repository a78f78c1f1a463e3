"""Fills a text in for one shopper. Never sends one without its opt-out, never lets a value be code."""

from collections.abc import Mapping
from dataclasses import dataclass

from message_templates import engine, typography
from message_templates.cleaning import clean, one_line, tidy
from message_templates.optout import has_opt_out
from message_templates.segments import SegmentCount, count
from message_templates.typography import Replaced
from message_templates.variables import VARIABLES, Value, coerce, lookup
from message_templates.wording import wording

MAX_CHARS = 1000
"""The longest text Vonage's Messages API takes (developer.vonage.com, Messages API reference: `text`)."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text ready to hand over, with what it is billed as and what was done to it."""

    text: str
    segments: SegmentCount
    replaced: tuple[Replaced, ...]
    opt_out_added: bool


def render(
    source: str,
    values: Mapping[str, object],
    *,
    language: str,
    opt_out: str = "",
    insist_typography: bool = False,
) -> Rendered:
    """`source` filled with `values` (flat or nested, named as in `variables.VARIABLES`), ready to send.

    Missing or useless values leave no holes. `opt_out` is the wording to end with (see `wording.Wording`:
    the reply form, or the filled link form where the sender can't be replied to); empty means the language's
    reply form. Raises SourceBroken for a source that `check` refuses; odd values never raise.
    """
    words = _legible(opt_out) or wording(language).opt_out
    known = usable({**values, "opt_out": words})
    text = clean(tidy(engine.fill(clean(source), nested(known))))
    added = not has_opt_out(text, words, values=_printed(known))
    if added:
        text = f"{text}\n{words}".strip()
    final, replaced = typography.plain(text, insist=insist_typography)
    final = tidy(final)  # a swapped zero-width character or hard space may leave two spaces
    return Rendered(final, count(final), replaced, added)


def usable(values: Mapping[str, object]) -> dict[str, Value]:
    """The values that may be shown, by variable name; unknown names and missing values are left out."""
    found = ((variable.name, coerce(variable, lookup(values, variable.name))) for variable in VARIABLES)
    return {name: value for name, value in found if value is not None}


def nested(values: Mapping[str, Value]) -> dict[str, dict[str, Value] | Value]:
    """`{"cart.link": …}` as Liquid wants it: `{"cart": {"link": …}}`."""
    tree: dict[str, dict[str, Value] | Value] = {}
    for name, value in values.items():
        group, _, leaf = name.partition(".")
        branch = tree.setdefault(group, {}) if leaf else tree
        if isinstance(branch, dict):
            branch[leaf or group] = value
    return tree


def _legible(opt_out: str) -> str:
    """The wording on one line, or nothing if there's nothing to read in it, such as invisible characters alone."""
    words = one_line(opt_out)
    return words if any(map(str.isalnum, words)) else ""


def _printed(values: Mapping[str, Value]) -> tuple[str, ...]:
    return tuple(str(value) for name, value in values.items() if name not in ("opt_out", "cart.items"))
