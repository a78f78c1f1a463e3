"""A store's front as a shopper uses it: a browser of their own fills the block or the classic checkout."""

import re
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Locator, Page

LANDED = re.compile(r"order-received|offsite_pay|order-pay")
WAIT = 30_000  # milliseconds; a small store on a busy machine is slow


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a checkout is filled in for; all fictional. `phone`: as they type it."""

    phone: str = ""
    e164: str = ""
    email: str = ""
    first_name: str = "Dagmarella"
    last_name: str = "Exemplarova"
    address: str = "1 Main Street"
    city: str = "New York"
    state: str = "NY"
    postcode: str = "10001"
    country: str = "US"


def visitor(browser: Browser) -> BrowserContext:
    """A device of its own: nothing of any other visit is known to it."""
    probe = browser.new_page()
    agent = probe.evaluate("navigator.userAgent").replace("Headless", "")
    probe.close()
    context = browser.new_context(locale="en-US", user_agent=agent)
    context.set_default_timeout(WAIT)
    return context


class Checkout:
    """What both checkouts have in common; `Block` and `Classic` know where it is."""

    fields: dict[str, str]
    consent_box = ""
    form = ""

    def __init__(self, page: Page, wording: str) -> None:
        self.page, self.wording = page, wording

    def box(self) -> Locator:
        """The box as a person finds it: by the words beside it."""
        return self.page.get_by_role("checkbox", name=self.wording)

    def type(self, what: str, value: str) -> None:
        """Type one field and leave it by the keyboard."""
        field = self.page.locator(self.fields[what])
        field.fill(value)
        field.press("Tab")

    def contact(self, person: Person) -> None:
        self.type("email", person.email)
        self.type("phone", person.phone)
        self.rest()

    def tick(self) -> None:
        self.box().check()
        self.rest()

    def untick(self) -> None:
        self.box().uncheck()
        self.rest()

    def address(self, person: Person) -> None:
        self.choose_country(person)
        for what in ("first_name", "last_name", "address", "city", "postcode"):
            self.type(what, str(getattr(person, what)))
        self.rest()

    def choose_country(self, person: Person) -> None:
        self.page.locator(self.fields["country"]).select_option(person.country, force=True)
        state = self.page.locator(self.fields["state"])
        if person.state:
            state.select_option(person.state, force=True)

    def rest(self) -> None:
        """Until what was typed has been told to the store."""
        self.page.wait_for_timeout(1500)  # both checkouts wait a moment before they send anything
        self.page.wait_for_load_state("networkidle")

    def values(self) -> dict[str, str]:
        """What the form holds of a person."""
        person = ("email", "phone", "first_name", "last_name", "address", "city", "postcode")
        shown = {name: self.page.locator(self.fields[name]) for name in person}
        return {name: field.input_value() for name, field in shown.items() if field.count()}

    def pay(self, gateway: str) -> int:
        raise NotImplementedError

    def _landed(self) -> int:
        """The order's number, from where the checkout leads."""
        self.page.wait_for_url(LANDED, timeout=WAIT, wait_until="commit")
        found = re.search(r"(?:order-received|order-pay)/(\d+)|offsite_pay=(\d+)", self.page.url)
        assert found, self.page.url
        return int(found[1] or found[2])


class Block(Checkout):
    """The checkout block."""

    form = "block"
    fields = {
        "email": "#email",
        "phone": "#shipping-phone, #billing-phone",
        "first_name": "#shipping-first_name, #billing-first_name",
        "last_name": "#shipping-last_name, #billing-last_name",
        "address": "#shipping-address_1, #billing-address_1",
        "city": "#shipping-city, #billing-city",
        "postcode": "#shipping-postcode, #billing-postcode",
        "country": "#shipping-country, #billing-country",
        "state": "#shipping-state, #billing-state",
    }

    def pay(self, gateway: str) -> int:
        self.page.locator(f"#radio-control-wc-payment-method-options-{gateway}").check()
        self.rest()
        self.page.get_by_role("button", name="Place Order").click()
        return self._landed()


class Classic(Checkout):
    """The checkout of the shortcode."""

    form = "classic"
    fields = {
        "email": "#billing_email",
        "phone": "#billing_phone",
        "first_name": "#billing_first_name",
        "last_name": "#billing_last_name",
        "address": "#billing_address_1",
        "city": "#billing_city",
        "postcode": "#billing_postcode",
        "country": "#billing_country",
        "state": "#billing_state",
    }

    def pay(self, gateway: str) -> int:
        self.page.locator(f"label[for=payment_method_{gateway}]").click()
        self.rest()
        self.page.locator("#place_order").click()
        return self._landed()


def open_checkout(page: Page, address: str, wording: str) -> Checkout:
    """Go there and see which of the two it is."""
    page.goto(address)
    return shown_checkout(page, wording)


def shown_checkout(page: Page, wording: str) -> Checkout:
    page.wait_for_selector("#email, form.checkout #billing_email")
    made = Classic if page.locator("form.checkout #billing_email").count() else Block
    return made(page, wording)
