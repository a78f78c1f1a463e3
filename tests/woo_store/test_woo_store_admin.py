"""What the merchant does in wp-admin: looks at us in our frame, has a person erased, takes the connection away."""

import pytest
import requests
import spine_kit as kit
from playwright.sync_api import expect
from walking import left, only_text, texted

PATH = "/checkout/"


@pytest.fixture
def admin(store, devices):
    if not store.admin:
        pytest.skip("who manages the store was not given: COMEBACK_WOO_ADMIN=user:password")
    user, _, password = store.admin.partition(":")
    page = devices()
    page.goto(f"{store.url}/wp-login.php")
    page.fill("#user_login", user)
    page.fill("#user_pass", password)
    page.click("#wp-submit")
    page.wait_for_url("**/wp-admin/**", wait_until="commit")
    return page


def erase(page, store, email):
    """Tools → Erase Personal Data, without the e-mail that asks the person."""
    page.goto(f"{store.url}/wp-admin/erase-personal-data.php", wait_until="domcontentloaded")
    page.fill("#username_or_email_for_privacy_request", email)
    page.locator("#send_confirmation_email").uncheck()
    page.click("#submit")
    row = page.locator("tr[class*=status-request]").filter(has_text=email)
    row.wait_for()
    page.wait_for_load_state("domcontentloaded")  # the button's script is at the page's end
    row.locator("button.remove-personal-data-handle").first.dispatch_event("click")
    expect(row.locator(".remove-personal-data-success")).to_be_visible(timeout=60_000)


def test_wp_admin_shows_comeback_in_its_frame(comeback, store, admin):
    admin.goto(f"{store.url}/wp-admin/admin.php?page=comeback", wait_until="domcontentloaded")
    frame = admin.frame_locator("iframe[title=Comeback]")
    expect(frame.get_by_role("heading").first).to_be_visible()
    source = admin.content()
    secrets = comeback.installed.credentials
    for name in ("plugin_secret", "webhook_secret", "consumer_secret"):
        assert secrets[name] not in source


def test_whom_the_store_erases_we_forget_and_never_text_again(comeback, store, devices, admin, person):
    left(comeback, store, devices(), PATH, person)
    only_text(comeback, store)
    link = comeback.snapshots()[-1]["cart"]["restore_url"]
    erase(admin, store, person.email)
    before = kit.texts(comeback)
    assert texted(comeback, store) == before
    assert kit.states(comeback, "carts") == ["erased"]
    kept = kit.everything(comeback.database_url).casefold()
    for secret in (person.email, person.e164, person.last_name):
        assert not any(form.casefold() in kept for form in kit.forms(secret)), secret
    gone = requests.get(link, allow_redirects=False, timeout=30)
    assert gone.status_code == 302 and "checkout" not in gone.headers["location"]


def test_a_store_that_disconnects_is_left_alone(comeback, store, devices, admin, person):
    left(comeback, store, devices(), PATH, person)
    comeback.hear(store)
    admin.goto(f"{store.url}/wp-admin/admin.php?page=comeback", wait_until="domcontentloaded")
    admin.on("dialog", lambda dialog: dialog.accept())
    admin.get_by_role("button", name="Disconnect this store").click()
    admin.wait_for_url("**said=disconnected**", wait_until="commit")
    store.run_jobs()
    kit.settle(comeback)
    assert kit.one(comeback, "shops", "state").state == "uninstalled"
    kit.work(comeback)
    assert kit.texts(comeback) == []
    comeback.part()
    ours = [hook for hook in store.api.get("webhooks", per_page=100) if comeback.url in hook["delivery_url"]]
    assert ours == []
    assert store.plugin.get("connection")["connected"] is False
