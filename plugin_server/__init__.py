"""The machine: the web door, the jobs, the store, the command line."""

from plugin_server.app import create_app

__all__ = ["create_app"]
