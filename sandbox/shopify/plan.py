"""What a merchant pays an app for: a plan with meters, in periods of thirty days (shopify.dev, "App Pricing")."""

from dataclasses import dataclass
from datetime import datetime, timedelta

PERIOD = timedelta(days=30)
AFTER_UNINSTALL = timedelta(hours=24)  # in which the rest of the use may still be reported


@dataclass
class Plan:
    """`meters`: the handles that cost something; None takes any."""

    began: datetime
    active: bool = True
    meters: tuple[str, ...] | None = None

    @classmethod
    def of_yesterday(cls, now: datetime) -> "Plan":
        """What a shop has from the start: taken a day ago."""
        return cls(now - timedelta(days=1))

    def over(self, uninstalled: datetime | None, now: datetime) -> bool:
        """The app has been gone for more than a day."""
        return uninstalled is not None and now >= uninstalled + AFTER_UNINSTALL

    def period_begun(self, now: datetime) -> datetime:
        """When the period began that is open now."""
        return self.began + (now - self.began) // PERIOD * PERIOD
