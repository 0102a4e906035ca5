"""What a connector may need to reach the program it speaks with."""

from widget_host.adapters.http.asking import OutgoingHttp
from widget_host.kit.clock import Clock
from widget_host.kit.crypto import SecretBox
from widget_host.kit.value import Value


class Outside(Value, frozen=True):
    """The way out, the box that opens a program's secret, and the machine's clock to sign by."""

    http: OutgoingHttp
    box: SecretBox
    clock: Clock
