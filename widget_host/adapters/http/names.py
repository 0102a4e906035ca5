"""Names become addresses: looked up once for each attempt, judged all together, never waited for without end."""

import asyncio
import socket
import threading
from concurrent.futures import Future

from widget_host.kit.addresses import AddressRules, Target, is_literal

# A resolver that hangs holds a thread for each name that it was asked for, and no more than these.
MOST_LOOKUPS = 256
Lookup = tuple[str, int]


class Names:
    """Looks up the addresses of a target; raises AddressRefused unless each is allowed, gaierror, TimeoutError."""

    def __init__(self, rules: AddressRules) -> None:
        """Judge by these rules."""
        self._rules = rules
        self._lock = threading.Lock()
        self._under_way: dict[Lookup, Future[list[str]]] = {}

    def find(self, target: Target, seconds: float) -> list[str]:  # float: seconds
        """Return the addresses, waiting at most so long."""
        found = [target.host] if is_literal(target.host) else self._look_up(target).result(timeout=max(seconds, 0))
        self._rules.check_addresses(found)
        return found

    async def find_soon(self, target: Target) -> list[str]:
        """Return the addresses; whoever asks gives up by cancelling."""
        if is_literal(target.host):
            found = [target.host]
        else:
            found = await asyncio.shield(asyncio.wrap_future(self._look_up(target)))
        self._rules.check_addresses(found)
        return found

    def _look_up(self, target: Target) -> Future[list[str]]:
        """Ask the system on a thread of its own; who asks for the same name meanwhile gets the same answer."""
        asked = (target.host, target.port)
        with self._lock:
            if asked in self._under_way:
                return self._under_way[asked]
            if len(self._under_way) >= MOST_LOOKUPS:
                raise socket.gaierror(socket.EAI_AGAIN, "too many names are being looked up")
            answer = self._under_way[asked] = Future()
        threading.Thread(target=self._answer, args=(asked, answer), name="lookup", daemon=True).start()
        return answer

    def _answer(self, asked: Lookup, answer: Future[list[str]]) -> None:
        answer.set_running_or_notify_cancel()
        try:
            found = socket.getaddrinfo(*asked, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises belongs to who asked
            self._forget(asked)
            answer.set_exception(error)
        else:
            self._forget(asked)
            answer.set_result(addresses)

    def _forget(self, asked: Lookup) -> None:
        with self._lock:
            del self._under_way[asked]
