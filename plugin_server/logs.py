"""placeholder, being written"""


def configure(settings: object) -> None: ...
