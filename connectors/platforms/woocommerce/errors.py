"""What can go wrong between us and a WooCommerce store.

ComebackError
└── StoreError        the store didn't do what we asked; `status` and `code` are its own
    ├── WrongStoreUrl    the address isn't the store's REST API
    │   └── SentOn          it sends us on to another
    ├── Unauthorised     the key was refused, or may not do this
    ├── NotFound         no such order, coupon, webhook
    ├── Refused          the store understood and said no
    ├── NotJson          it answered with a page instead of data
    └── Unavailable      not reached, timed out, overloaded
"""

from sequences.errors import ComebackError


class StoreError(ComebackError):
    """The store did not do what was asked.

    `status`: its HTTP status, 0 if none came. `code`: WooCommerce's own error code, '' if none came. `retry_after`:
    for how many seconds it asks to be left alone, if it said.
    """

    permanent = True

    def __init__(
        self, message: str, *, status: int = 0, code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after


class WrongStoreUrl(StoreError):
    """The address is not where the store's REST API answers."""


class SentOn(WrongStoreUrl):
    """The address sends us on to another. `to`: that of the store there, as far as it can be told; never followed."""

    to: str = ""


class Unauthorised(StoreError):
    """The store refused the key, or the key may not do this."""


class NotFound(StoreError):
    """The store has no such thing."""


class Refused(StoreError):
    """The store understood the request and said no."""


class NotJson(StoreError):
    """The store answered with something that is not the data asked for."""

    permanent = False


class Unavailable(StoreError):
    """The store could not be reached or is overloaded. Whether it acted is unknown."""

    permanent = False
