"""What the page on embedding tells: the messages between a widget and its host, and the snippets for each platform."""

from functools import cache
from urllib.parse import urlsplit

from widget_host.kit.resources import resource
from widget_host.web.rows import Row

# The address in the snippets' files; the page shows this host's own instead.
EXAMPLE_HOST = "points.example.com"

FROM_WIDGET = (
    Row("ready", "", False, "The first screen is there."),
    Row("resize", "height", False, "How high the content is, in CSS pixels; `embed.js` makes its frame as high."),
    Row(
        "step",
        "name",
        False,
        "Another step is shown: `amount`, `review`, `done`; or `overview`, `programs`, `account`, `saved`.",
    ),
    Row(
        "success",
        "transactionId, referenceNumber, programId, totalPoints, value, currency, status",
        False,
        "An exchange was made; `status` is `COMPLETED` or `PENDING`. A hint for the screen: the webhook is the truth.",
    ),
    Row(
        "preferences.changed",
        "changes",
        False,
        "Programs were linked, updated or delinked: `type`, `destinationProgramId`.",
    ),
    Row(
        "error",
        "code, message, displayMessage, recoverable, requestId",
        False,
        "`NO_ANSWER`: no answer came. `FAULT`: the host failed. The customer reads `displayMessage` already. `embed.js`"
        " adds `LOAD_FAILED`, when no widget is ready within 10 seconds, and `TOKEN_FAILED`, when `fetchToken` fails.",
    ),
    Row(
        "token.request",
        "expiresInMs",
        False,
        "The session ends soon, or has ended: answer with `token`. It comes two minutes before the end, after a reload"
        " and when the customer starts again.",
    ),
    Row("session.expired", "", False, "The session has ended; the customer sees so, and may start again."),
    Row(
        "exit",
        "reason, step",
        False,
        "The widget may be taken away. `reason`: `done`, `cancel` (the customer chose to leave), `expired`, or `host`"
        " (you asked, and nothing was lost).",
    ),
)
TO_WIDGET = (
    Row(
        "token", "token", False, "A fresh launch token for the same customer: the `accessToken` your backend was given."
    ),
    Row("theme", "mode", False, "Paint it `light`, `dark`, or `auto`, as the customer's system has it."),
    Row(
        "close",
        "",
        False,
        "Close, please: the widget asks the customer where something would be lost, and says `exit`.",
    ),
)


@cache
def snippet(file: str, base_url: str) -> str:
    """Return the code for one platform, for the widgets of this host."""
    text = (resource("templates") / "docs" / "snippets" / "embed" / file).read_text("utf-8").strip()
    return text.replace(f"https://{EXAMPLE_HOST}", base_url).replace(EXAMPLE_HOST, urlsplit(base_url).hostname or "")
