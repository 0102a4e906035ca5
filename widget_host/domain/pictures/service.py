"""What may be done with pictures."""

from sqlalchemy.orm import Session

from widget_host.domain.pictures import rules
from widget_host.domain.pictures.models import Picture
from widget_host.kit.clock import Clock
from widget_host.kit.db import insert_if_new
from widget_host.kit.errors import NotFound


class Pictures:
    """Keeps pictures, each once."""

    def __init__(self, *, session: Session, clock: Clock) -> None:
        """Work within this session."""
        self._session = session
        self._clock = clock

    def keep(self, content: bytes) -> str:
        """Keep a picture and return what a `logo` says to name it; raises InvalidFields for what is none."""
        name = rules.name_of(content, rules.kind_of(content))
        insert_if_new(self._session, Picture, [{"name": name, "content": content, "created_at": self._clock.now()}])
        return rules.FOLDER + name

    def get(self, name: str) -> tuple[bytes, str]:
        """Return a picture's bytes and their media type; raises NotFound."""
        found = self._session.get(Picture, name)
        if found is None:
            raise NotFound("There is no picture of this name.")
        return found.content, rules.MEDIA_TYPES[name.rpartition(".")[2]]
