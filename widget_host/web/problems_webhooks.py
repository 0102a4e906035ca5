"""The codes of endpoints, their secrets and deliveries: rows of the table in problems.py."""

from widget_host.web.problem import Problem

WEBHOOKS = (
    Problem(
        "ENDPOINT_DISABLED",
        409,
        "The endpoint is disabled",
        "Something was to be sent to an endpoint that nothing is sent to.",
        "Enable the endpoint with POST /webhook-endpoints/{endpointId}/enable, then recover what it missed.",
        "This endpoint is disabled. Enable it first.",
    ),
    Problem(
        "ENDPOINT_LIMIT",
        409,
        "There are as many as there may be",
        "Your environment has 100 endpoints, or the endpoint five live secrets.",
        "Delete an endpoint, or end a secret, that you no longer need.",
        "5 secrets live at once. End one of them first.",
    ),
    Problem(
        "SECRET_IN_USE",
        409,
        "The secret is not at that stage",
        "A secret is staged while another is, promoted while it is not staged, or ended while nothing else would sign.",
        "List the endpoint's secrets to see their stages. Stage one, let your receiver accept it, promote it.",
        "Only a staged secret is promoted.",
    ),
)
