"""Liquid, cut down to what a text needs: conditions, assignments and a few filters. Knows nothing of phones
or carts.

Left out on purpose: loops (`for`, `tablerow`), files (`include`, `render`, `extends`), `case` (it repeats
its block for every equal `when`, so nesting it grows exponentially), the `date` filter and the names `now`
and `today` (they read the clock). Values are data: Liquid inside a value is never evaluated.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment, Mode, RenderContext
from liquid.ast import Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import Nil, Path
from liquid.builtin.expressions.logical import EqExpression, NeExpression
from liquid.builtin.tags import assign_tag, capture_tag, comment_tag, if_tag, inline_comment_tag, unless_tag
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.undefined import Undefined, is_undefined
from liquid.utils import ReadOnlyChainMap

from message_templates.cleaning import GAP
from message_templates.errors import SourceBroken
from message_templates.filters import FILTERS

MAX_SOURCE = 2000
"""Characters of a template's source: twice the longest text, enough for conditions."""

TAGS = ("assign", "capture", "comment", "if", "unless", "#")
"""The tags a merchant may use; `elsif` and `else` belong to `if`."""

_TAG_CLASSES = (
    content.Literal,
    output.Output,
    illegal.Illegal,
    assign_tag.AssignTag,
    capture_tag.CaptureTag,
    comment_tag.CommentTag,
    if_tag.IfTag,
    inline_comment_tag.InlineCommentTag,
    unless_tag.UnlessTag,
)

# What can come out of evaluating Liquid besides its own errors, e.g. the size of a huge range.
RUN_ERRORS = (LiquidError, ArithmeticError, TypeError, ValueError, RecursionError)


class _Missing(Undefined):
    """A variable without a value: false in conditions, a gap in the text."""

    __slots__ = ()

    def __str__(self) -> str:
        return GAP


class _Context(RenderContext):
    """A context without python-liquid's `now` and `today`: this room has no clock."""

    __slots__ = ()

    def __init__(self, template: BoundTemplate, **named: Any) -> None:
        super().__init__(template, **named)
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)


class _Template(BoundTemplate):
    context_class = _Context


class _Engine(Environment):
    template_class = _Template
    block_nesting_limit = 8
    context_depth_limit = 12
    loop_iteration_limit = 1
    local_namespace_limit = 40_000
    output_stream_limit = 16_000

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in _TAG_CLASSES:
            self.add_tag(tag)
        self.filters.update(FILTERS)


class _ValueOrEmpty(Expression):
    """A compared variable: missing is blank for Shopify (`{% if x != blank %}`), not for python-liquid."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        super().__init__(path.token)
        self.path = path

    def evaluate(self, context: RenderContext) -> object:
        value = self.path.evaluate(context)
        return "" if is_undefined(value) else value

    def children(self) -> list[Expression]:
        return [self.path]


_STRICT = _Engine(undefined=_Missing, autoescape=False, tolerance=Mode.STRICT)
_LENIENT = _Engine(undefined=_Missing, autoescape=False, tolerance=Mode.LAX)


@lru_cache(maxsize=1024)
def parse(source: str) -> BoundTemplate:
    """The parsed template. Raises LiquidSyntaxError or another LiquidError with its place in `source`."""
    template = _STRICT.from_string(source)
    _compare_with_blank(template.nodes, RenderContext(template))
    return template


def fill(source: str, values: Mapping[str, object], *, strict: bool = False) -> str:
    """`source` filled with nested `values`; a missing one leaves `GAP`.

    Values must be clean (no lone surrogates). `strict` raises one of RUN_ERRORS for a comparison or filter
    that cannot work; otherwise the part it stands in is left out, as Shopify does. Raises SourceBroken if
    `source` doesn't parse.
    """
    template = parse(source) if strict else _parse_or_refuse(source)
    if strict:
        return template.render(values)
    try:
        return _Template(_LENIENT, template.nodes).render(values)
    except RUN_ERRORS as error:
        raise SourceBroken(f"The template cannot be rendered: {error}") from error


def _parse_or_refuse(source: str) -> BoundTemplate:
    try:
        return parse(source)
    except LiquidError as error:
        raise SourceBroken(f"The template cannot be read: {error.message}") from error


def _compare_with_blank(nodes: Iterable[Node], context: RenderContext) -> None:
    for node in nodes:
        for expression in node.expressions():
            _soften(expression)
        _compare_with_blank(node.children(context), context)


def _soften(expression: Expression) -> None:
    for child in expression.children():
        _soften(child)
    if isinstance(expression, EqExpression | NeExpression):
        left, right = expression.left, expression.right
        if isinstance(left, Path) and not isinstance(right, Nil):
            expression.left = _ValueOrEmpty(left)
        if isinstance(right, Path) and not isinstance(left, Nil):
            expression.right = _ValueOrEmpty(right)
