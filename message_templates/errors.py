"""The room's error tree. What a merchant can mend comes back from `check` as values; these are raised.

TemplateError
├── SourceBroken     a source that `check` refuses was rendered
└── LibraryBroken    one of our own files under library/ is wrong
"""


class TemplateError(Exception):
    """A text could not be made."""

    permanent = True
    """Rendering is pure, so trying again with the same input cannot help."""


class SourceBroken(TemplateError):
    """The template cannot be rendered: save it through `check` first, which says what to mend."""


class LibraryBroken(TemplateError):
    """A file of ready-made texts is wrong: the message names the file, the text and the key."""
