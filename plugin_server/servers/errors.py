"""What can keep a server from being there.

ServersError
├── NotAnswering   the server a setting names can't be reached
└── NotStarted     an embedded server doesn't come up
"""


class ServersError(Exception):
    """A server that Comeback needs isn't there."""

    permanent = False


class NotAnswering(ServersError):
    """The server that a setting names doesn't answer."""


class NotStarted(ServersError):
    """An embedded server doesn't start. Its log has the last word."""

    permanent = True
