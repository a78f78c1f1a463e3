"""The Flask application that `web` serves."""

from http import HTTPStatus

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from plugin_server.web import (
    api,
    door,
    health,
    joining,
    links,
    overview,
    problems,
    shopify,
    shopify_auth,
    woocommerce,
)
from plugin_server.web.asking import Asking
from plugin_server.web.intake import Intake
from plugin_server.web.limits import Limits
from plugin_server.wiring import Machine


def create_app(machine: Machine) -> Flask:
    """Everything that is reached over HTTP, over one machine."""
    app = Flask("plugin_server.web")
    app.config["MAX_CONTENT_LENGTH"] = door.LARGEST_BODY
    app.extensions["machine"] = machine
    app.extensions["limits"] = Limits(machine.redis_url)
    app.extensions["asking"] = Asking()
    app.wsgi_app = door.Door(Intake(machine), app.wsgi_app)  # type: ignore[method-assign]
    app.register_blueprint(links.bp)
    app.register_blueprint(joining.bp)
    app.register_blueprint(api.bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(shopify.bp)  # its "/" stands before the overview's
    app.register_blueprint(shopify_auth.bp)
    app.register_blueprint(woocommerce.bp)
    if machine.settings.sandbox:
        # Until merchants can sign in, only the pretend world may be looked at.
        app.register_blueprint(overview.bp)
        app.register_blueprint(health.pretend)
    app.register_error_handler(HTTPException, _plain)
    app.after_request(_headers)
    return app


def _plain(error: HTTPException) -> Response:
    if request.path.startswith(problems.PREFIX):
        return problems.of_http(error)
    status = HTTPStatus(error.code or 500)
    return Response(f"{status.phrase}\n", status, mimetype="text/plain")


def _headers(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'",
    )
    return response
