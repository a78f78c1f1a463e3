"""The sandbox as the demo steers it: over HTTP, like everybody else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests

from connectors import http


@dataclass(frozen=True, slots=True)
class Status:
    """What the sandbox is at. `next_timer`: when the next thing will happen in it, if anything will."""

    now: datetime
    idle: bool
    next_timer: datetime | None


class World:
    """Raises requests.RequestException if the sandbox doesn't answer, or refuses."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = http.session(allow_private=True, read=60)

    def get(self, path: str) -> Any:
        return self._checked(self._session.get(self.url + path))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._checked(self._session.post(self.url + path, json=body))

    def status(self) -> Status:
        told = self.get("/sandbox/status")
        following = told["next_timer"]
        return Status(
            now=datetime.fromisoformat(told["now"]),
            idle=told["idle"],
            next_timer=datetime.fromisoformat(following) if following else None,
        )

    def skip(self, by: timedelta) -> None:
        self.post("/sandbox/clock/skip", {"seconds": by.total_seconds()})

    @staticmethod
    def _checked(answer: requests.Response) -> Any:
        if answer.status_code >= 400:
            raise requests.HTTPError(f"the sandbox refused: {answer.text[:300]}", response=answer)
        return answer.json()
