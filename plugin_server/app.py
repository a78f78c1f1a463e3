"""The Flask application: blueprints for `web`, commands for `bin/comeback`."""

from http import HTTPStatus

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from plugin_server import cli
from plugin_server.web import door, health, links, overview
from plugin_server.wiring import Machine


def create_app(machine: Machine | None = None) -> Flask:
    """Without a machine: the command line only. With one: everything that `web` serves."""
    app = Flask("plugin_server", root_path=str(cli.HOME))
    app.template_folder = "web/templates"
    app.static_folder = str(cli.HOME / "web" / "static")
    cli.register(app)
    if machine is not None:
        _serve(app, machine)
    return app


def _serve(app: Flask, machine: Machine) -> None:
    app.config["MAX_CONTENT_LENGTH"] = door.LARGEST_BODY
    app.extensions["machine"] = machine
    app.extensions["intake"] = door.Intake(machine)
    app.register_blueprint(door.bp)
    app.register_blueprint(links.bp)
    app.register_blueprint(health.bp)
    if machine.settings.sandbox:
        # Until merchants can sign in, only the pretend world may be looked at.
        app.register_blueprint(overview.bp)
    app.register_error_handler(HTTPException, _plain)
    app.after_request(_headers)


def _plain(error: HTTPException) -> Response:
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
