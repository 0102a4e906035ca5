"""A wire to PostgreSQL that is cut when the server has committed, before the caller hears of it."""

import asyncio
import threading
from typing import Self

# CommandComplete, as the server's protocol writes it.
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"
PIECE = 64 * 1024


class Cutter:
    """Passes everything on between callers and the server, until it is told to cut the next commit's answer off."""

    def __init__(self, port: int) -> None:
        self.cut = 0
        self._is_armed = False
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

    def arm(self) -> None:
        self._is_armed = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        lines = {writer, server_writer}
        self._lines |= lines
        asking = asyncio.create_task(self._pass_on(reader, server_writer))
        try:
            while (piece := await server_reader.read(PIECE)) and not self._is_to_be_cut(piece):
                writer.write(piece)
        finally:
            asking.cancel()
            for line in lines:
                line.transport.abort()
            self._lines -= lines

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            writer.write(piece)
        writer.transport.abort()

    def _is_to_be_cut(self, piece: bytes) -> bool:
        if not (self._is_armed and COMMITTED in piece):
            return False
        self._is_armed, self.cut = False, self.cut + 1
        return True

    async def _stop(self) -> None:
        self._listener.close()
        for line in self._lines:
            line.transport.abort()
        await asyncio.sleep(0.05)
