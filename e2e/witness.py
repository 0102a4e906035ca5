"""Keeps what a browser said while a test went on: what it complained about, and every answer it got."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Response

NO_FAULTS = (
    # A refusal is a 422 that htmx shows in place; Chromium reports every such answer as an error of the page.
    "the server responded with a status of 422",
    # Without scripts a page says by `autofocus` where to go on; Chromium does not obey it in a strange frame.
    "Blocked autofocusing on",
)


class Witness:
    """Everything that a browser context loaded and complained about."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.answers: list[Response] = []
        context.on("console", self._hear)
        context.on("weberror", lambda fault: self.complaints.append(str(fault.error)))
        context.on("response", self._keep)

    def answers_of(self, url: str) -> list[Response]:
        """What one server answered."""
        return [answer for answer in self.answers if answer.url.startswith(f"{url}/")]

    def forgive(self, *parts: str) -> None:
        """Leave out what had to be complained about."""
        for part in parts:
            assert any(part in complaint for complaint in self.complaints), f"nobody complained of {part}"
            self.complaints = [complaint for complaint in self.complaints if part not in complaint]

    def _keep(self, answer: Response) -> None:
        self.answers.append(answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in NO_FAULTS):
            self.complaints.append(message.text)
