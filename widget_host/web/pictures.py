"""Pictures that operators gave, under addresses that never change what they show."""

from flask import Blueprint, Flask, Response
from flask.typing import ResponseReturnValue

from widget_host.domain.pictures.rules import FOLDER
from widget_host.web import guards
from widget_host.web.assets import YEAR_SECONDS, asset
from widget_host.web.headers import forbid_all_but_styles
from widget_host.web.scope import services, wiring

bp = guards.protect(Blueprint("pictures", __name__, url_prefix=f"/{FOLDER.rstrip('/')}"), guards.anyone)


def register(app: Flask) -> None:
    """Give the templates `picture`."""
    app.jinja_env.globals.update(picture=picture)


def picture(logo: str) -> str:
    """Return the address, on this host, of what a `logo` names: an operator's picture, or a file of ours."""
    return f"/{logo}" if logo.startswith(FOLDER) else asset(logo)


def picture_address(logo: str) -> str:
    """Return the whole address of what a `logo` names, for who shows it elsewhere."""
    return f"{wiring().settings.base_url}{f'/{logo}' if logo.startswith(FOLDER) else f'/static/{logo}'}"


@bp.get("/<id:name>")
def show(name: str) -> ResponseReturnValue:
    """Give a picture, for ever the same; opened by itself, it can load nothing and run nothing."""
    content, media_type = services().pictures.get(name)
    answer = Response(content, mimetype=media_type)
    answer.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    forbid_all_but_styles()
    return answer
