"""What can be wrong with a file of consents as a whole. Each says what, where, and what to do.

GatheringError
├── BadFile          it is no table: its encoding, its delimiter, its header, its quotes
├── BadMapping       a column that isn't there, is named twice, or is missing
├── AlreadyImported  the very same file was imported before
└── TooManyErrors    rows are wrong, and the merchant asked for all or nothing
"""


class GatheringError(Exception):
    """The file can't be imported; nothing of it was."""

    permanent = True


class BadFile(GatheringError):
    """The file can't be read as a table."""


class BadMapping(GatheringError):
    """The columns don't say what an import has to know."""


class AlreadyImported(GatheringError):
    """This very file was imported before."""


class TooManyErrors(GatheringError):
    """Some rows are wrong, and the import was to be strict."""
