"""One shop's sign-up page: which shop, its plan, the language; and how its pages are answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, current_app, render_template, request

from message_templates.cleaning import one_line
from message_templates.wording import best_language
from plugin_server.gathering import page_values
from plugin_server.gathering.plan import Gathering
from plugin_server.store.shops import Installed
from plugin_server.web import join_codes
from plugin_server.wiring import Machine

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
SHORT_CODE = 6  # digits at most
TOKEN = "token-stands-here"  # noqa: S105  (a mark in the page, replaced by the real one)


@dataclass(frozen=True, slots=True)
class Page:
    """One request to one shop's page."""

    machine: Machine
    installed: Installed
    plan: Gathering
    language: str

    @property
    def words(self) -> Mapping[str, str]:
        return page_values.all_words()[self.language]

    @property
    def url(self) -> str:
        return f"{self.machine.settings.public_url}/join/{self.installed.join_code}"

    @property
    def countries(self) -> list[tuple[str, str]]:
        book, own = self.machine.rulebook, self.installed.shop.country
        return page_values.countries(self.plan, book, self.language, own)

    @property
    def number(self) -> str:
        """The number that people can text; empty where the sender is a name, which can't be answered."""
        digits = self.installed.sender.removeprefix("+")
        if not digits.isdecimal():
            return ""
        return digits if len(digits) <= SHORT_CODE else f"+{digits}"


def open_page(code: str) -> Page | Response:
    machine: Machine = current_app.extensions["machine"]
    installed = join_codes.shop_at(machine, code)
    if installed is None:
        return Response(render_template("join_unknown.html"), HTTPStatus.NOT_FOUND, PRIVATE)
    plan = join_codes.plan_of(installed)
    found = Page(machine, installed, plan, _language(installed))
    if not plan.page_on:
        return render(found, "join_closed.html", HTTPStatus.NOT_FOUND, about="closed")
    if not plan.ready or not found.countries:
        return render(found, "join_closed.html", HTTPStatus.SERVICE_UNAVAILABLE, about="unready")
    return found


def _language(installed: Installed) -> str:
    """?lang=, else the first that the browser prefers and we have, else the shop's."""
    known = list(page_values.all_words())
    asked = request.args.get("lang", "")
    if asked in known:
        return asked
    return request.accept_languages.best_match(known) or best_language(installed.shop.locale)


def render(page: Page, template: str, status: int = HTTPStatus.OK, **values: object) -> Response:
    return answer(page, html(page, template, **values), status)


def html(page: Page, template: str, **values: object) -> str:
    shop = page.installed.shop
    return render_template(
        template,
        page=page,
        plan=page.plan,
        words=page.words,
        shop=one_line(shop.name),
        support=shop.support or shop.domain,
        languages=page_values.languages(),
        token=TOKEN,
        **values,
    )


def answer(page: Page, body: str, status: int) -> Response:
    return Response(body, status, {**PRIVATE, "Content-Language": page.language, "Vary": "Accept-Language"})
