"""The machine: the web door, the jobs, the store, the command line."""

from plugin_server.cli import create_app

__all__ = ["create_app"]
