"""`python -m bench.world port carrier_ms store_ms [start]`: a carrier and a store that cost next to nothing.

The carrier speaks the Messages API: 202 with a message_uuid, after so many milliseconds. The store answers our
last look: no orders, and it has nothing else either. `GET /seen` tells how many texts the carrier took, and of how
many touches; `GET /clock` what time it is in a world that began at `start`.
"""

import asyncio
import json
import sys
import uuid
from datetime import UTC, datetime

NO_ORDERS = {"nodes": [], "pageInfo": {"hasNextPage": False}}
LOOK = json.dumps({"data": {"byToken": NO_ORDERS, "byPerson": NO_ORDERS, "byPhone": NO_ORDERS}}).encode()
# What else a store is asked for, by the field that its operation reads: there is nothing of it.
NOTHING = {"found": NO_ORDERS, "expected": {"count": 0}, "marketingActivities": {"nodes": []}}
ELSE = json.dumps({"data": NOTHING}).encode()


class World:
    """Takes each request on its own time: a slow answer keeps nobody else waiting."""

    def __init__(self, carrier_ms: float, store_ms: float, start: datetime) -> None:
        self._carrier, self._store = carrier_ms / 1000, store_ms / 1000
        self._ahead = start - datetime.now(UTC)
        self._refs: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
                status, said = await self._answer(head, body)
                about = f"Content-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n"
                writer.write(f"HTTP/1.1 {status}\r\n{about}".encode() + said)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, head: bytes, body: bytes) -> tuple[str, bytes]:
        if head.startswith(b"POST /v1/messages "):
            self._refs.append(json.loads(body)["client_ref"])
            await asyncio.sleep(self._carrier)
            return "202 Accepted", json.dumps({"message_uuid": str(uuid.uuid4())}).encode()
        if head.startswith(b"GET /seen "):
            return "200 OK", json.dumps({"texts": len(self._refs), "refs": len(set(self._refs))}).encode()
        if head.startswith(b"GET /clock "):
            return "200 OK", json.dumps({"now": (datetime.now(UTC) + self._ahead).isoformat()}).encode()
        await asyncio.sleep(self._store)
        return "200 OK", LOOK if b'"OrdersOfCarts"' in body else ELSE


def _length(head: bytes) -> int:
    _, found, after = head.lower().partition(b"\r\ncontent-length:")
    return int(after.split(b"\r\n", 1)[0]) if found else 0


async def main() -> None:
    port, carrier_ms, store_ms, *start = sys.argv[1:]
    begins = datetime.fromisoformat(start[0]) if start else datetime.now(UTC)
    world = World(float(carrier_ms), float(store_ms), begins)
    server = await asyncio.start_server(world.serve, "127.0.0.1", int(port), backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
