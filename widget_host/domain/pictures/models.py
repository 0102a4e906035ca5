"""The pictures themselves."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from widget_host.kit.db import Table


class Picture(Table):
    """The bytes of a picture under a name made of them, so that it never changes; nobody's in particular."""

    __tablename__ = "pictures"

    name: Mapped[str] = mapped_column(String(70), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
