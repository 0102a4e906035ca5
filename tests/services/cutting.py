"""A wire to PostgreSQL that is cut when the server has committed, before the caller hears of it."""

import asyncio
import threading
from typing import Self

# Who keeps an order names the event that tells of it.
KEEPS = b"transaction.completed"
# ReadyForQuery as the server's protocol writes it, outside of any transaction: what was written is committed.
COMMITTED = b"Z\x00\x00\x00\x05I"
PIECE = 64 * 1024


class Cutter:
    """Passes everything on between callers and the server, until it is told to cut off what is said of a commit."""

    def __init__(self, port: int) -> None:
        self.cut = 0
        self._left = 0
        self._server_port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._lines: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._listener = asyncio.run_coroutine_threadsafe(listening, self._loop).result(5)
        self.port: int = self._listener.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def arm(self, times: int) -> None:
        """Cut the next so many answers to who keeps an order."""
        self._left = times

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        lines = {writer, server_writer}
        self._lines |= lines
        keeping = asyncio.Event()
        asking = asyncio.create_task(self._pass_on(reader, server_writer, keeping))
        try:
            while (piece := await server_reader.read(PIECE)) and not self._is_to_be_cut(piece, keeping):
                writer.write(piece)
        finally:
            asking.cancel()
            for line in lines:
                line.transport.abort()
            self._lines -= lines

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keeping: asyncio.Event
    ) -> None:
        while piece := await reader.read(PIECE):
            if KEEPS in piece:
                keeping.set()
            writer.write(piece)
        writer.transport.abort()

    def _is_to_be_cut(self, piece: bytes, keeping: asyncio.Event) -> bool:
        if not keeping.is_set() or COMMITTED not in piece:
            return False
        keeping.clear()
        if not self._left:
            return False
        self._left, self.cut = self._left - 1, self.cut + 1
        return True

    async def _stop(self) -> None:
        self._listener.close()
        for line in self._lines:
            line.transport.abort()
        await asyncio.sleep(0.05)
