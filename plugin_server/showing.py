"""Settings as people see them: masked, or as a file to start from."""

import textwrap

from plugin_server.loading import about
from plugin_server.setting import Setting, database_url, redis_url, without_password
from plugin_server.settings import Settings


def masked(settings: Settings) -> dict[str, str]:
    """Every setting as text by its environment name, with *** for secrets and for passwords in addresses."""
    return {name: _shown(getattr(settings, attribute), about_it) for name, attribute, about_it in about()}


def example() -> str:
    """The text of `.env.example`."""
    lines = [
        "# Every setting with its default. Copy to .env and uncomment what you change; the environment wins."
    ]
    for name, _, about_it in about():
        words = textwrap.wrap(about_it.words, 100, break_on_hyphens=False)
        sandbox = "made once and kept" if about_it.made else about_it.sandbox
        words += [f"In the sandbox: {sandbox}"] if sandbox else []
        lines += ["", *(f"# {line}" for line in words), f"#{name}={about_it.default}"]
    return "\n".join(lines) + "\n"


def _shown(value: object, about_it: Setting) -> str:
    if about_it.read in (database_url, redis_url):
        return without_password(str(value))
    if about_it.secret:
        return "***" if value else ""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
