"""What can go wrong when the common model is read or decided on.

ComebackError
├── BadDelivery      a delivery that can't be read: parked, shown, replayable
│   └── BadValue     one field of it is wrong: says which and why
└── BadSequence      a merchant's plan that can't work
"""


class ComebackError(Exception):
    """Something the caller can act on. `permanent` says whether trying again can help."""

    permanent = True


class BadDelivery(ComebackError):
    """The delivery can't be read."""


class BadValue(BadDelivery):
    """A field holds something that can't be what it should be."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


class BadSequence(ComebackError):
    """The sequence can't work as written."""
