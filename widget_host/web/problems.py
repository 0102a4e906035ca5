"""Every code an error can carry: its status, its title, when it comes, what helps. The one table of them all."""

from collections.abc import Mapping

from widget_host.web.problem import OAuthProblem, Problem
from widget_host.web.problems_http import HTTP
from widget_host.web.problems_webhooks import WEBHOOKS

PROGRAM_ID = "prg_01m7xnezqjfa8rhkv62mvwwfth"

_API = (
    Problem(
        "VALIDATION_ERROR",
        400,
        "The request has wrong or missing fields",
        "The body is no JSON object, or a field or parameter is missing, unknown or of the wrong form."
        " `errors` names every one of them.",
        "Correct the fields that `errors` names, then send the request again. Nothing was done.",
        "The request was not understood. Correct: value, referenceNumber.",
        {
            "errors": [
                {"field": "value", "code": "number_type", "message": "This must be a number."},
                {"field": "referenceNumber", "code": "required", "message": "This field is required."},
            ]
        },
    ),
    Problem(
        "INVALID_TOKEN",
        401,
        "The access token is not valid",
        "The access token is missing, expired, revoked with the secret that fetched it, or not one of this host.",
        "Fetch a new token from POST /auth/token and send the request again. Tokens live 600 seconds: fetch one"
        " shortly before the last one ends.",
        "The access token has expired. Ask for a new one.",
    ),
    Problem(
        "NO_PARTNERSHIP",
        403,
        "There is no partnership with this program",
        "The program exists, but your environment has no enabled partnership with it.",
        "Offer only the programs that GET /programs lists. To sell this one, ask for the partnership to be enabled.",
        "There is no partnership with Aurora Club.",
        {"details": {"programId": PROGRAM_ID}},
    ),
    Problem(
        "POINTS_MODE_DISABLED",
        403,
        "Exact points are not enabled",
        'The request says `"currency": "POINTS"`, and your organization may not order an exact number of points.',
        "Send a value in a currency, or ask for exact points to be enabled.",
        "Ordering an exact number of points is not enabled for your organization.",
    ),
    Problem(
        "INVALID_PROGRAM",
        404,
        "There is no such program",
        "No program has the id that the request names.",
        "Take the id from GET /programs. Programs of the sandbox and of production have different ids.",
        "There is no program with this id.",
        {"details": {"programId": "prg_00000000000000000000000000"}},
    ),
    Problem(
        "NOT_FOUND",
        404,
        "There is nothing here",
        "The path leads nowhere, or to something that is not yours: both look the same.",
        "Check the path and the id. A transaction can be asked for by its id or by its reference number, in the"
        " environment that it was made in.",
        "There is no transaction with this id or reference number.",
    ),
    Problem(
        "QUOTE_EXPIRED",
        409,
        "The quote no longer holds",
        "The quote that the request names is past its two minutes, or its figures are not those of the request.",
        "Ask for a new preview, show the new figures to your customer, and issue with the new `quoteId`.",
        "The quote has expired. Ask for a new preview.",
    ),
    Problem(
        "DUPLICATE_REFERENCE",
        409,
        "The reference number was used before",
        "The `referenceNumber`, or the `Idempotency-Key`, belongs to an earlier request with another body;"
        " `details.fields` names what differs.",
        "Send exactly the first body again to hear the first answer again. For a new purchase use a new reference.",
        "referenceNumber order-1 was used for another request; it differs in value."
        " Use a new referenceNumber for a new request.",
        {"details": {"fields": ["value"]}},
    ),
    Problem(
        "REQUEST_IN_PROGRESS",
        409,
        "The same request is still being worked on",
        "A request with the same reference number or idempotency key has come and is not answered yet.",
        "Wait for as long as `Retry-After` says, then send the same request again.",
        "A request with this referenceNumber is being worked on.",
    ),
    Problem(
        "VALUE_LIMIT_EXCEEDED",
        422,
        "The value is outside the limits",
        "The value is below or above what the partnership sells at once; `details` gives both bounds.",
        "Keep the value between `minValue` and `maxValue`, as GET /programs lists them.",
        "The value must be between 5.00 USD and 2000.00 USD for Aurora Club.",
        {"details": {"minValue": 5, "maxValue": 2000, "currency": "USD"}},
    ),
    Problem(
        "POINTS_LIMIT_EXCEEDED",
        422,
        "The points are outside the limits",
        "The points are fewer or more than the program accepts at once; `details` gives both bounds.",
        "Keep the points between `minAmountOfPoints` and `maxAmountOfPoints`, as GET /programs lists them.",
        "Aurora Club accepts between 500 and 200000 Aurora Miles at once.",
        {"details": {"minAmountOfPoints": 500, "maxAmountOfPoints": 200000}},
    ),
    Problem(
        "INVALID_MEMBER",
        422,
        "The program refuses this member",
        "The program does not know the destination account, or does not give it points.",
        "Ask your customer to correct the account, check it with validate-member, and send the order under a new"
        " reference number: the refusal stays with the old one.",
        "Aurora Club does not know this member.",
        {"details": {"programId": PROGRAM_ID}},
    ),
    Problem(
        "RATE_LIMITED",
        429,
        "There were too many requests",
        "Your client has sent more requests than it may in this span of time.",
        "Wait for as long as `Retry-After` says. `RateLimit` tells how many are left: slow down before.",
        "Too many requests. Try again in 7 seconds.",
    ),
    Problem(
        "PARTNER_ERROR",
        502,
        "The program answered with an error",
        "The program failed before anything was given: nothing was posted, nobody is charged.",
        "Send the same request with the same reference number again in a few minutes.",
        "Aurora Club answered with an error. Nothing was posted.",
    ),
    Problem(
        "PARTNER_TIMEOUT",
        504,
        "The program did not answer in time",
        "The program did not answer, and is known to have given nothing: nothing was posted, nobody is charged.",
        "Send the same request with the same reference number again in a few minutes.",
        "Aurora Club did not answer in time. Nothing was posted.",
    ),
)
_HOOKS = (
    Problem(
        "INVALID_SIGNATURE",
        401,
        "The webhook is not signed as it must be",
        "The signature is missing, wrong or made with a secret that is not live, or the time is more than five minutes"
        " away. The answer is the same for all of them.",
        "Sign `x-timestamp`, a colon and the raw body with a live inbound secret (HMAC-SHA256, in hexadecimal), and"
        " send it at once.",
        "The signature does not fit.",
    ),
    Problem(
        "EVENT_CONFLICT",
        409,
        "The event came before with another body",
        "An event of this id was taken already, and its body was another one.",
        "Give each event an id of its own, and send the same bytes when you repeat one.",
        "An event of this id came before, with another body.",
    ),
    Problem(
        "STATE_REFUSED",
        409,
        "The transaction does not take this step",
        "The transaction has come to another end already; `details.status` names it.",
        "Read the transaction back, and clear up with the operator what happened at the program.",
        "A transaction that is COMPLETED does not become FAILED.",
        {"details": {"status": "COMPLETED"}},
    ),
)
_WIDGETS = (
    Problem(
        "NO_LAUNCH_TOKEN",
        401,
        "The page was opened without a token",
        "A widget's address was opened without `token`, or with one that this host never signed.",
        "Open the `widgetUrl` that POST /auth/widget/point-exchange gave, unchanged.",
        "This page was opened without a token of this host.",
    ),
    Problem(
        "SESSION_ENDED",
        401,
        "The session has ended",
        "The widget's session or its launch token is over, spent or replaced by a newer one.",
        "Fetch a new launch token and open the widget again. Nothing was charged.",
        "This link has expired.",
    ),
    Problem(
        "SESSION_NOT_RENEWED",
        409,
        "The session was not renewed",
        "The host answered a `token.request` with a launch token that is over, used, or another's: customer or widget.",
        "Answer with a fresh token for the same customer. The session goes on until its end.",
        "The token is used, or over. Fetch a new one.",
    ),
    Problem(
        "PREFERENCES_CHANGED",
        409,
        "The preferences were changed meanwhile",
        "Somebody changed the card's preferences, in another window or from elsewhere, since this page showed them.",
        "The page shows the newer ones: look at them, and save again. Nothing was overwritten.",
        "The preferences of this card were changed meanwhile. Read them again.",
    ),
)

API_PROBLEMS = {problem.code: problem for problem in (*_API, *WEBHOOKS)}
HTTP_PROBLEMS = {problem.code: problem for problem in HTTP}
HOOK_PROBLEMS = {problem.code: problem for problem in _HOOKS}
WIDGET_PROBLEMS = {problem.code: problem for problem in _WIDGETS}
PROBLEMS: Mapping[str, Problem] = API_PROBLEMS | HTTP_PROBLEMS | HOOK_PROBLEMS | WIDGET_PROBLEMS
OAUTH_PROBLEMS: Mapping[str, OAuthProblem] = {
    problem.code: problem
    for problem in (
        OAuthProblem(
            "invalid_client",
            401,
            "The client is unknown, its secret is wrong or revoked, or there are no credentials.",
            "Check the client id and the secret; the secret decides whether you are in the sandbox or in production.",
            "Unknown client, or wrong secret.",
        ),
        OAuthProblem(
            "invalid_request",
            400,
            "The body is neither a form nor a JSON object of strings, a parameter comes twice, or credentials stand"
            " in two places.",
            "Send each parameter once, and the credentials either in the Authorization header or in the body.",
            "The body must be a JSON object or a form.",
        ),
        OAuthProblem(
            "unsupported_grant_type",
            400,
            "The `grant_type` is another than client_credentials.",
            "Send `client_credentials`, or leave `grant_type` out.",
            "grant_type must be client_credentials.",
        ),
        OAuthProblem(
            "invalid_scope",
            400,
            "The `scope` names something that this host does not know.",
            "Leave `scope` out: a token always gives everything that its client may do.",
            "The requested scope is invalid, unknown, or malformed.",
        ),
    )
}
