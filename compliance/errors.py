"""The error tree of this room.

    ComplianceError
    ├── RulebookError   a rule file or data file is wrong: fix the file
    └── StaleTzdata     the time zone data is too old: update `tzdata`, call `use_pinned_tzdata()`

A refusal to text somebody is never an exception: it is a `Refused` value (see `verdict`).
"""


class ComplianceError(Exception):
    """Something in the compliance room is wrong."""

    permanent = True  # trying again changes nothing: a file or a package has to change first


class RulebookError(ComplianceError):
    """A rule cannot be used as it stands in its file."""

    def __init__(self, file: str, rule: str, problem: str) -> None:
        super().__init__(f"{file}: rule {rule}: {problem}" if rule else f"{file}: {problem}")
        self.file, self.rule, self.problem = file, rule, problem


class StaleTzdata(ComplianceError):
    """The time zone data does not know the clock changes of 2026."""
