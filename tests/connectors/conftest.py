"""Whatever is asked of Shopify in a test of this room has variables that Shopify's own schemas take."""

from collections.abc import Mapping
from typing import Any

import pytest
from shopify_operations_kit import VERSIONS, misfits, there

from connectors.platforms.shopify.admin import AdminClient


@pytest.fixture(autouse=True)
def variables_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    if not there():
        return
    run = AdminClient.run

    def checked(self: AdminClient, name: str, variables: Mapping[str, Any], *more: Any) -> dict[str, Any]:
        wrong = {version: misfits(name, variables, version) for version in VERSIONS}
        assert not any(wrong.values()), f"{name}: {wrong}"
        return run(self, name, variables, *more)

    monkeypatch.setattr(AdminClient, "run", checked)
