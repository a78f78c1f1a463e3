"""What can't work in a text, before a merchant may save it. Answers with values, never raises.

What a text may not say is no matter of templates: the rulebook knows that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from liquid import BoundTemplate
from liquid.exceptions import LiquidError

from message_templates import engine
from message_templates.cleaning import GAP, clean, tidy
from message_templates.filters import FILTERS
from message_templates.optout import has_opt_out
from message_templates.render import MAX_CHARS, nested, usable
from message_templates.samples import SAMPLES, Sample
from message_templates.segments import count
from message_templates.typography import plain
from message_templates.variables import BY_NAME
from message_templates.wording import wording


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the source: `line` and `column` count from 1, `snippet` is that line's text."""

    line: int
    column: int
    snippet: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `code` never changes (for translations and docs); `blocks`: it can't be saved so."""

    code: str
    what: str
    how: str
    where: Place | None = None
    blocks: bool = True


def check(source: str, language: str, *, needs_offer: bool = False) -> list[Problem]:
    """Everything wrong with `source`, worst first; a problem that `blocks` means that it can't be saved.

    `needs_offer` says the text is only sent with an offer.
    """
    source = clean(source)
    if len(source) > engine.MAX_SOURCE:
        return [_too_long(f"The template has {len(source)} characters", engine.MAX_SOURCE)]
    try:
        template = engine.parse(source)
    except LiquidError as error:
        return [_syntax(source, error)]
    problems = [*_unknown_names(source, template)]
    problems += _tried(source, [s for s in SAMPLES if s.has_offer or not needs_offer], language)
    return sorted(problems, key=lambda problem: not problem.blocks)


def place(source: str, index: int) -> Place:
    """The place of the character at `index`, which may lie past the end."""
    index = min(max(index, 0), len(source))
    start = source.rfind("\n", 0, index) + 1
    end = source.find("\n", start)
    return Place(
        source.count("\n", 0, index) + 1, index - start + 1, source[start : end if end >= 0 else None].strip()
    )


_EXPRESSION = re.compile(r"{%-?\s*comment\b.*?{%-?\s*endcomment\s*-?%}|{{.*?}}|{%.*?%}", re.DOTALL)


def prose(source: str) -> str:
    """`source` with a sign that is no letter for each character of its expressions: the words keep their places."""
    return _EXPRESSION.sub(lambda found: "\ufffc" * len(found[0]), source)


def _too_long(what: str, limit: int) -> Problem:
    return Problem("too-long", f"{what}; {limit} are allowed.", "Shorten the text.")


def _syntax(source: str, error: LiquidError) -> Problem:
    token = error.token
    # Errors at the end of an expression carry no index of their own.
    index = token.start_index if token and token.start_index >= 0 else len(source)
    found = place(source, index)
    tags = ", ".join(engine.TAGS)
    how = (
        f"These tags are known: {tags}." if "tag" in str(error.message) else "Mend the Liquid at this place."
    )
    return Problem("syntax", f"Line {found.line} can't be read: {error.message}.", how, found)


def _unknown_names(source: str, template: BoundTemplate) -> Iterator[Problem]:
    analysis = template.analyze()
    for variables in analysis.globals.values():
        for variable in variables:
            name = str(variable)
            if name not in BY_NAME and name.removesuffix(".size") not in BY_NAME:
                at = place(source, variable.span.index)
                yield Problem("unknown-variable", f"There is no variable {name}.", _nearest(name), at)
    for name, spans in analysis.filters.items():
        if name not in FILTERS:
            how = f"These filters are known: {', '.join(sorted(FILTERS))}."
            yield Problem("unknown-filter", f"There is no filter {name}.", how, place(source, spans[0].index))


def _nearest(name: str) -> str:
    last = name.rpartition(".")[2]
    near = [known for known in BY_NAME if last and (last in known or known.rpartition(".")[2] in name)]
    return f"Use one of: {', '.join(near or BY_NAME)}."


def _tried(source: str, samples: list[Sample], language: str) -> Iterator[Problem]:
    """Renders every sample; each kind of finding is told once, for the first sample that shows it."""
    told: set[str] = set()
    for sample in samples:
        for problem in _try(source, sample, language):
            if problem.code not in told:
                told.add(problem.code)
                yield problem


def _try(source: str, sample: Sample, language: str) -> Iterator[Problem]:
    words = wording(language).opt_out
    try:
        raw = engine.fill(source, nested(usable({**sample.values, "opt_out": words})), strict=True)
    except engine.RUN_ERRORS as error:
        yield _cannot_run(source, error)
        return
    text = clean(tidy(raw))
    if GAP in raw and sample.lacks_only_offer:
        how = "Put the part about the offer between {% if offer.code %} and {% endif %}."
        yield Problem("offer-hole", f"Without an offer this reads: {text}", how, blocks=False)
    if str(sample.values["cart.link"]) not in text:
        how = "Put {{ cart.link }} where every shopper gets it, outside conditions."
        yield Problem("no-link", f"With {sample.name} the text has no link back to the cart.", how)
    yield from _opt_out(text, words, sample)
    yield from _cost(text, words, sample)


def _opt_out(text: str, words: str, sample: Sample) -> Iterator[Problem]:
    if not has_opt_out(text, words):
        what = f'With {sample.name} nothing tells how to opt out. "{words}" will be added.'
        yield Problem("no-opt-out", what, "Leave it so, or place {{ opt_out }} yourself.", blocks=False)


def _cost(text: str, words: str, sample: Sample) -> Iterator[Problem]:
    whole = text if has_opt_out(text, words) else f"{text}\n{words}"
    final, _ = plain(whole)
    if len(final) > MAX_CHARS:
        yield _too_long(f"With {sample.name} the text has {len(final)} characters", MAX_CHARS)
    counted = count(final)
    if counted.forced_by:
        guilty = counted.forced_by[0]
        at = f"{guilty.char} ({guilty.name.lower()}) on line {guilty.line}"
        what = f"{at} turns 160 characters a segment into 70."
        how = f"The text costs {counted.segments} segments so; leave it out if it isn't worth that."
        yield Problem("unicode", what, how, blocks=False)
    elif counted.segments > 2 and not sample.extreme:
        yield Problem(
            "costly",
            f"With {sample.name} the text costs {counted.segments} segments.",
            "Shorten it.",
            blocks=False,
        )


def _cannot_run(source: str, error: Exception) -> Problem:
    token = error.token if isinstance(error, LiquidError) else None
    what = error.message if isinstance(error, LiquidError) else error
    how = "Compare numbers with numbers (cart.items) and texts with texts, and give filters what they expect."
    return Problem(
        "cannot-run", f"This can't work: {what}.", how, place(source, token.start_index) if token else None
    )
