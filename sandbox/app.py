"""Puts the pretend world together: stores, carrier, phones and the API that moves them."""

import threading
from datetime import UTC, datetime
from importlib import import_module

from flask import Flask, Response

from sandbox.clock import SandboxClock
from sandbox.courier import Courier
from sandbox.vonage.carrier import Carrier
from sandbox.world import World

BLUEPRINTS = (
    "sandbox.control",
    "sandbox.control_shops",
    "sandbox.pages",
    "sandbox.pages_links",
    "sandbox.pages_phone",
    "sandbox.pages_shop",
    "sandbox.pages_woo",
    "sandbox.shopify.app_events_routes",
    "sandbox.shopify.oauth_routes",
    "sandbox.shopify.routes",
    "sandbox.vonage.routes",
    "sandbox.woocommerce.companion_routes",
    "sandbox.woocommerce.routes",
    "sandbox.woocommerce.wc_auth",
)


def create_app(world: World | None = None) -> Flask:
    """The sandbox as a WSGI application over `world` (default: a new one that starts now).

    Starts the thread that runs the world's timers. State lives in this process: serve it with one worker.
    """
    world = world or World(SandboxClock(datetime.now(UTC)))
    app = Flask("sandbox", static_folder="static", template_folder="templates")
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["world"] = world
    world.carrier = Carrier(world, Courier(world))
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).bp)
    app.after_request(_mark)
    threading.Thread(target=world.clock.run_forever, name="sandbox-timers", daemon=True).start()
    return app


def _mark(response: Response) -> Response:
    """Nobody should ever take this for a real shop or carrier."""
    response.headers["X-Sandbox"] = "comeback-sandbox"
    return response
