"""What we need from a store to make codes in it beforehand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sequences.offers import Discount
from sequences.ports import Told


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPool:
    """A discount to be made in the store. `code`: its first code, by which it is found again if the answer is lost.
    `shared`: that code is the only one and many shoppers use it, each once; else every code is good for one order."""

    title: str
    code: str
    discount: Discount
    starts_at: datetime
    ends_at: datetime
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMade:
    """`made`: `id` is the store's for it. `taken`: its code is another discount's: try another. `retry_later`, and
    `refused`: as for `Told`."""

    kind: Literal["made", "taken", "retry_later", "refused"]
    id: str = ""
    detail: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesMade:
    """`pending`: the store is at it since `begun` (aware UTC), ask for `job` again. `done`: `ready` are in the pool,
    `refused` never will be, the rest may be asked for again. `retry_later`: nothing is known of what was asked for.
    `refused`: the store makes no such codes, or knows no such job. `gone`: it knows no such discount any more."""

    kind: Literal["pending", "done", "retry_later", "refused", "gone"]
    job: str = ""
    begun: datetime | None = None
    ready: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    detail: str = ""
    retry_after: float | None = None


class Codes(Protocol):
    """Makes discounts and their codes in one store. Never raises for what the store or the network does."""

    batch: int
    """How many codes one call takes at most."""
    tidies_after: timedelta | None
    """How long after a pool's end to `tidy` it; None where there is nothing to tidy."""

    def make(self, pool: NewPool) -> PoolMade:
        """Make the discount, or find it if it was made before. Safe to repeat with the same code: there's never a
        second one."""
        ...

    def add(self, pool_id: str, codes: Sequence[str]) -> CodesMade:
        """Have codes made. Safe to repeat with the same ones: those that the pool has already count as made."""
        ...

    def added(self, pool_id: str, job: str, codes: Sequence[str]) -> CodesMade:
        """What became of `job`, by which `codes` were asked for."""
        ...

    def close(self, pool_id: str) -> Told:
        """Nobody can use the pool's codes any more. Safe to repeat."""
        ...

    def tidy(self, pool_id: str) -> Told:
        """Take what nobody used, of a pool that is over, out of the store. What was used stays: it belongs to an
        order. Safe to repeat."""
        ...


@dataclass
class FakeCodes:
    """A store in memory that makes everything at once: for tests and dry runs."""

    batch: int = 250
    tidies_after: timedelta | None = None
    pools: dict[str, NewPool] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)  # in lower case → pool
    closed: list[str] = field(default_factory=list)
    tidied: list[str] = field(default_factory=list)

    def make(self, pool: NewPool) -> PoolMade:
        owner = self.codes.setdefault(pool.code.lower(), f"pool {len(self.pools) + 1}")
        if owner in self.pools and self.pools[owner].title != pool.title:
            return PoolMade(kind="taken", detail="the code is another discount's")
        self.pools[owner] = pool
        return PoolMade(kind="made", id=owner)

    def add(self, pool_id: str, codes: Sequence[str]) -> CodesMade:
        ready = tuple(code for code in codes if self.codes.setdefault(code.lower(), pool_id) == pool_id)
        return CodesMade(kind="done", ready=ready, refused=tuple(code for code in codes if code not in ready))

    def added(self, pool_id: str, job: str, codes: Sequence[str]) -> CodesMade:
        return self.add(pool_id, codes)

    def close(self, pool_id: str) -> Told:
        self.closed.append(pool_id)
        return Told(kind="told")

    def tidy(self, pool_id: str) -> Told:
        self.tidied.append(pool_id)
        return Told(kind="told")
