"""What everything stands on, as long as the process lives."""

from datetime import timedelta

from widget_host.config import Settings
from widget_host.domain.access.queries import CALLERS_TABLES
from widget_host.domain.programs.queries import OFFERS_TABLES
from widget_host.kit.addresses import AddressRules
from widget_host.kit.clock import Clock, EnvironmentClock, SystemClock
from widget_host.kit.crypto import BearerHasher, KeyRing, SecretBox, SecretHasher
from widget_host.kit.db import Database
from widget_host.kit.lookups import Lookups
from widget_host.kit.signing import AccessTokenSigner, LaunchTokenSigner, ReceiptSigner


class Foundation:
    """What the services stand on, as long as the process lives: settings, clock, database and keys."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        """Derive the keys and prepare the database; nothing is connected yet."""
        self.settings = settings
        self.clock = EnvironmentClock(clock or SystemClock())
        self.database = Database(settings.database_url)
        self.lookups = Lookups(self.clock)
        self.database.watch({*CALLERS_TABLES, *OFFERS_TABLES}, self.lookups.forget)
        keys = KeyRing(settings.secret_keys)
        self.access_signer = AccessTokenSigner(keys)
        self.launch_signer = LaunchTokenSigner(keys)
        self.receipt_signer = ReceiptSigner(keys)
        self.hasher = SecretHasher(keys)
        self.bearer_hasher = BearerHasher(keys)
        self.box = SecretBox(keys)
        self.retention = timedelta(days=settings.webhook_retention_days)
        self.address_rules = AddressRules(settings.development, settings.outgoing_ports)
