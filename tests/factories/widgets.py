"""Widgets opened and looked at, each in a unit of work of its own."""

from widget_host.domain.access.rules import POINT_EXCHANGE, OpenWidget
from widget_host.wiring import Wiring


def open_widget(wiring: Wiring, token: str, widget: str = POINT_EXCHANGE) -> tuple[str, OpenWidget]:
    opened = wiring.openings.open(token, widget)
    return opened.bearer, opened.widget


def get_widget(wiring: Wiring, bearer: str, widget: str = POINT_EXCHANGE) -> OpenWidget:
    with wiring.reading() as services:
        return services.widget_sessions.get(bearer, widget)
