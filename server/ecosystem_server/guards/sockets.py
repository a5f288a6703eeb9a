"""How much a visitor's websocket may bring and leave unread: uvicorn's own, with limits.

Solara sends from threads that hold what others wait for, and waits for slow clients without an end. Here only what a
play sends by itself waits: bytes, which are frames and files. A client that does not read holds up its own play, and
is dropped after a while; text, such as answers, is never waited for.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ecosystem_server.guards import messages
from ecosystem_server.limits import limits_in_force

RATE, BURST = 100.0, 600.0
"""Frames a second that a client may send for long, and at once; a page that plays sends about 25."""
PIECE = 2**16
"""Bytes that count as one frame more."""
BEHIND = 4_000_000
"""Bytes that may wait for a client beyond what it is sent last."""
PATIENCE = 10.0
"""Seconds in which a client that is behind must have read something."""


class Socket(WebSocketsSansIOProtocol):
    """One visitor's connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conn.max_message_size = limits_in_force().upload + messages.HEAD
        self._allowance, self._at = BURST, self.loop.time()
        self._drained = asyncio.Event()
        self._drained.set()
        self._unread = math.inf  # what a client that is behind had not read when looked at last
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to watch whether the client reads."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of whoever waits for the client."""
        super().connection_lost(exc)
        self._drained.set()
        if self._watch:
            self._watch.cancel()

    def pause_writing(self) -> None:
        """Let bytes wait; text does not."""
        self._drained.clear()

    def resume_writing(self) -> None:
        """Let bytes go on: the client reads."""
        self._drained.set()
        self._unread = math.inf

    def keepalive_timeout(self) -> None:
        """Drop a client that answers no ping, with all that waits for it."""
        super().keepalive_timeout()
        self.transport.abort()

    async def send(self, message: Any) -> None:
        """Send a message, or drop the client if too much waits for it."""
        if message.get("bytes") is not None:
            await self._drained.wait()
        elif self.transport.get_write_buffer_size() > BEHIND:
            self.transport.abort()
        await super().send(message)

    def data_received(self, data: bytes) -> None:
        """Count bytes."""
        self._spend(len(data) / PIECE)
        super().data_received(data)

    def handle_events(self) -> None:
        """Count frames of all kinds, pings and parts of messages too, and take them while there are not too many."""
        self._spend(len(self.conn.events))
        if self._allowance < 0 and not self.close_sent:
            self._close(1008, f"too much at once: at most {RATE:.0f} messages a second, please")
        super().handle_events()

    def _spend(self, amount: float) -> None:
        now = self.loop.time()
        self._allowance = min(self._allowance + (now - self._at) * RATE, BURST) - amount
        self._at = now

    def _close(self, code: int, reason: str) -> None:
        """Close, and say why; what still comes is thrown away, so that the client gets to read it."""
        self.conn.events.clear()
        self.conn.fail(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_sent = True
        self.transport.resume_reading()
        self.close_timer = self.loop.call_later(3.0, self.transport.abort)

    def _look(self) -> None:
        behind = self.transport.is_closing() or not self._drained.is_set()
        unread = self.transport.get_write_buffer_size() if behind else math.inf
        if behind and unread >= self._unread:
            self.transport.abort()
            return
        self._unread = unread
        self._watch = self.loop.call_later(PATIENCE, self._look)
