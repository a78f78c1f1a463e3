"""The filters a text may use. Each works on any value and grows nothing beyond `LIMIT`, so no template can
hurt the worker.

They follow Shopify's Liquid reference (shopify.dev/docs/api/liquid/filters) for the cases that matter in a
text.
"""

from collections.abc import Callable
from functools import wraps

from liquid.exceptions import FilterArgumentError
from liquid.undefined import is_undefined

LIMIT = 2000
"""Characters a filter may return, twice the longest text: chains of `replace` would grow exponentially."""

_DEFAULT_WORDS = 15
_DEFAULT_CHARS = 50

Filter = Callable[..., object]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object, otherwise: int = 0) -> int:
    try:
        return int(value) if isinstance(value, str | int | float) else otherwise
    except (ValueError, OverflowError):
        return otherwise


def append(value: object, more: object) -> str:
    return _text(value) + _text(more)


def capitalize(value: object) -> str:
    return _text(value).capitalize()


def default(value: object, otherwise: object = "") -> object:
    return otherwise if is_undefined(value) or value in (None, "", False) else value


def downcase(value: object) -> str:
    return _text(value).lower()


def minus(value: object, less: object) -> int:
    return _number(value) - _number(less)


def plus(value: object, more: object) -> int:
    return _number(value) + _number(more)


def prepend(value: object, before: object) -> str:
    return _text(before) + _text(value)


def remove(value: object, part: object) -> str:
    return _text(value).replace(_text(part), "")


def replace(value: object, part: object, by: object = "") -> str:
    return _text(value).replace(_text(part), _text(by))


def size(value: object) -> int:
    return len(value) if isinstance(value, str) else 0


def strip(value: object) -> str:
    return _text(value).strip()


def truncate(value: object, length: object = _DEFAULT_CHARS, ending: object = "...") -> str:
    text, end, longest = _text(value), _text(ending), max(_number(length, _DEFAULT_CHARS), 0)
    return text if len(text) <= longest else text[: max(longest - len(end), 0)] + end


def truncatewords(value: object, length: object = _DEFAULT_WORDS, ending: object = "...") -> str:
    words, most = _text(value).split(), max(_number(length, _DEFAULT_WORDS), 1)
    return " ".join(words) if len(words) <= most else " ".join(words[:most]) + _text(ending)


def upcase(value: object) -> str:
    return _text(value).upper()


def _guarded(function: Filter) -> Filter:
    @wraps(function)
    def run(value: object, *args: object, **named: object) -> object:
        try:
            result = function(value, *args, **named)
        except TypeError as error:  # a wrong number of arguments; the functions themselves take anything
            raise FilterArgumentError(str(error), token=None) from error
        return result[:LIMIT] if isinstance(result, str) else result

    return run


_ALL = (
    append,
    capitalize,
    default,
    downcase,
    minus,
    plus,
    prepend,
    remove,
    replace,
    size,
    strip,
    truncate,
    truncatewords,
    upcase,
)
FILTERS: dict[str, Filter] = {function.__name__: _guarded(function) for function in _ALL}
