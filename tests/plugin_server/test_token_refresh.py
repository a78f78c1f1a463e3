"""A shop's token ends every hour. Whoever refreshes it, however many at once, whatever dies: the shop stays."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from shopify_kit import TEA, change_tokens, found, kept, open_app, open_shop
from spine_kit import change, errand, faults, rows, settle, skip
from sqlalchemy import text

from connectors.platforms.shopify import access
from connectors.platforms.shopify.admin import AdminError, AppRefused, NotAllowed, NotReached, QueryRefused
from connectors.platforms.shopify.install import read_settings
from connectors.platforms.shopify.tokens import TokenClient
from plugin_server import wiring
from plugin_server.jobs import errands as errand_job
from plugin_server.jobs import looking, nightly, queues, refreshing
from plugin_server.store import errands as errand_store
from plugin_server.store import shops, tokens
from plugin_server.store.tx import Tx

ROUNDS = 500


@pytest.fixture
def tea(spine):
    """A shop that opened the app; its token is fresh."""
    open_shop(spine)
    assert open_app(spine).status_code == 200
    return spine


def source(spine):
    shop = found(spine).shop
    return spine.machine.keeper.of(shop)


def token(spine) -> str:
    return source(spine).current()


def taken(spine, access_token: str) -> bool:
    """Does the shop take it?"""
    answer = requests.post(
        f"{spine.world.url}/shopify/{TEA}/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { name } }"},
        headers={"X-Shopify-Access-Token": access_token},
        timeout=30,
    )
    return answer.status_code == 200


# -- in time


def test_a_token_is_used_until_five_minutes_before_its_end_and_then_renewed(tea) -> None:
    first = token(tea)
    skip(tea, minutes=54)
    assert token(tea) == first
    skip(tea, minutes=2)
    second = token(tea)
    assert second != first
    assert token(tea) == second
    assert taken(tea, second)
    assert taken(tea, first), "it lives out its time"


def test_one_that_has_ended_is_renewed_as_well_and_ninety_days_begin_anew(tea) -> None:
    for _ in range(3):
        skip(tea, days=89)
        assert taken(tea, token(tea))


def test_an_answer_that_doesnt_say_how_long_it_lasts_doesnt_end_refreshing(tea) -> None:
    faults(tea, token_no_expiry=True)
    skip(tea, hours=2)
    first = token(tea)
    assert kept(tea).tokens.expires_at - tea.machine.clock.now() > timedelta(minutes=59)
    skip(tea, hours=2)
    assert taken(tea, second := token(tea))
    assert second != first


def test_after_ninety_days_without_a_refresh_the_shop_is_lost_until_somebody_opens_the_app(tea) -> None:
    skip(tea, days=91)
    with pytest.raises(NotAllowed, match="open the app"):
        token(tea)
    assert (kept(tea).state, bool(kept(tea).note)) == ("lost", True)
    with pytest.raises(NotAllowed, match="open the app"):
        token(tea)
    assert open_app(tea).status_code == 200
    assert taken(tea, token(tea))


# -- many at once


def refresh_much(settings, url: str, redis: str, rounds: int, results) -> None:
    """One worker: it wants a token again and again, each about to end, and tries some of them at the shop."""
    machine = wiring.machine(settings, url, redis)
    try:
        with machine.db.system() as c:
            installed = shops.by_domain(c, machine.secrets.vault, "shopify", TEA)
        own = machine.keeper.of(installed.shop)
        client = access.client(installed.shop, machine.store_secrets(installed))
        for n in range(rounds):
            own.current()
            if n % 10 == 0:
                read_settings(client)
        results.put("done")
    except AdminError as error:
        results.put(str(error))
    finally:
        machine.close()


def refreshes(spine) -> int:
    """How often the shop gave a new token for a refresh token."""
    return max(entry["refresh"] for entry in spine.world.get("/sandbox/ledger?kind=token")["entries"])


def test_two_processes_that_refresh_one_shop_five_hundred_times_never_lose_it(tea, embedded) -> None:
    faults(tea, access_token_seconds=250)  # always about to end
    skip(tea, hours=1)
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    args = (tea.machine.settings, tea.machine.db.url, embedded.redis_url, ROUNDS, results)
    workers = [context.Process(target=refresh_much, args=args) for _ in range(2)]
    for worker in workers:
        worker.start()
    said = [results.get(timeout=240) for _ in workers]
    for worker in workers:
        worker.join(30)
    assert said == ["done", "done"]
    assert refreshes(tea) >= ROUNDS
    assert kept(tea).good
    faults(tea, access_token_seconds=3600)
    assert taken(tea, token(tea))


def test_who_waited_takes_what_the_other_got(tea) -> None:
    """Twenty threads hold the token that has ended: it is refreshed once."""
    skip(tea, hours=2)
    before, held = refreshes(tea), kept(tea).tokens.access
    shop, keeper = found(tea).shop, tea.machine.keeper
    with ThreadPoolExecutor(10) as pool:
        got = set(pool.map(lambda _: keeper.rotate(shop, held), range(20)))
    assert len(got) == 1
    assert refreshes(tea) - before == 1


def test_a_rollback_of_the_caller_doesnt_lose_the_new_token(tea) -> None:
    skip(tea, hours=2)

    class Stop(Exception):
        pass

    with pytest.raises(Stop), tea.machine.db.shop(found(tea).shop.id) as c:
        c.execute(text("UPDATE shops SET support = 'x'"))
        new = token(tea)
        raise Stop
    assert found(tea).shop.support != "x"
    assert kept(tea).tokens.access == new
    skip(tea, hours=2)
    assert taken(tea, token(tea))


# -- what dies on the way


def test_an_answer_that_was_lost_on_the_way_is_asked_for_again(tea) -> None:
    skip(tea, hours=2)
    for _ in range(3):
        faults(tea, token_hangup=1)
        with pytest.raises(NotReached):
            token(tea)
        assert kept(tea).good
    faults(tea, token_hangup=0)
    assert taken(tea, token(tea))


def test_a_worker_that_dies_between_the_answer_and_the_commit_leaves_a_way_back(tea, monkeypatch) -> None:
    skip(tea, hours=2)

    class Killed(BaseException):
        pass

    def dies(*_args, **_more):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(tokens, "write", dies)
        with pytest.raises(Killed):
            token(tea)
    assert refreshes(tea) == 1, "the shop gave a token that nobody kept"
    assert taken(tea, token(tea))
    skip(tea, hours=2)
    assert taken(tea, token(tea))


def test_a_database_that_came_back_from_an_hour_ago_still_has_a_way_in(tea) -> None:
    """It holds the pair before the last one, and the refresh token before that."""
    skip(tea, hours=2)
    token(tea)
    old = rows(tea, "SELECT sealed FROM shop_tokens")[0].sealed
    skip(tea, hours=2)
    token(tea)
    change_tokens(tea, sealed=old, expires_at=tea.machine.clock.now())
    assert taken(tea, token(tea))


def test_the_refresh_token_before_the_last_is_a_way_in_if_the_last_isnt_known(tea) -> None:
    skip(tea, hours=2)
    shop, before = found(tea).shop, kept(tea).tokens.refresh
    token(tea)
    with tea.machine.db.shop(shop.id) as c:
        broken = replace(kept(tea).tokens, refresh="shprt_never_given", access="shpat_x")
        now = tea.machine.clock.now()
        tokens.write(
            c, tea.machine.secrets.vault, shop.id, replace(broken, expires_at=now), now, before=before
        )
    assert taken(tea, token(tea))


def test_as_long_as_shopify_cant_be_asked_a_token_that_is_about_to_end_is_used(tea) -> None:
    skip(tea, minutes=57)
    faults(tea, store_error=1)
    assert token(tea) == kept(tea).tokens.access
    skip(tea, minutes=4)
    with pytest.raises(NotReached):
        token(tea)
    assert kept(tea).good
    faults(tea, store_error=0)
    assert taken(tea, token(tea))


def test_an_app_whose_secret_is_wrong_loses_no_shop(tea, monkeypatch) -> None:
    skip(tea, hours=2)
    wrong = replace(tea.machine.settings, shopify_client_secret="wrong-secret-that-is-32-bytes-long")
    with monkeypatch.context() as patched:
        patched.setattr(tea.machine, "settings", wrong)
        with pytest.raises(AppRefused, match="COMEBACK_SHOPIFY_CLIENT_ID"):
            token(tea)
    assert kept(tea).good
    assert taken(tea, token(tea))


# -- refused by the shop


def left_cart(spine) -> list[int]:
    who = {"phone": "+447400123456", "email": "a@example.com", "consent": True, "country": "GB"}
    spine.world.post("/sandbox/carts", {"shop": "tea", "items": [{"sku": "MUG-BLUE"}], **who})
    settle(spine)
    change(spine, "UPDATE carts SET state = 'abandoned'")
    return [row.id for row in rows(spine, "SELECT id FROM carts")]


def looked(spine, carts: list[int]) -> tuple[str, str]:
    (seen,) = looking.look(spine.machine, found(spine), carts).values()
    return seen.state, seen.detail


def test_a_token_that_the_shop_refuses_is_renewed_once_and_the_look_goes_on(tea) -> None:
    carts = left_cart(tea)
    spoil(tea, access="shpat_unknown")
    assert looked(tea, carts)[0] == "open"
    assert kept(tea).tokens.access != "shpat_unknown"


def spoil(spine, **changes) -> None:
    """As if we held another token than the shop gave."""
    shop, now = found(spine).shop, spine.machine.clock.now()
    with spine.machine.db.shop(shop.id) as c:
        held = kept(spine)
        tokens.write(
            c, spine.machine.secrets.vault, shop.id, replace(held.tokens, **changes), now, held.before
        )


def test_a_second_refusal_loses_the_shop_but_none_of_its_work(tea) -> None:
    carts = left_cart(tea)
    shop = found(tea)
    with tea.machine.db.shop(shop.shop.id) as c:
        said = Tx(c, shop.shop, tea.machine.secrets)
        errand_store.add(said, "opt_out", "+447400123456", tea.machine.clock.now())
    faults(tea, access_token_seconds=0)  # what it gives is dead at once
    spoil(tea, access="shpat_unknown")
    state, why = looked(tea, carts)
    assert state == "unknown"
    assert "open the app" in why
    assert kept(tea).state == "lost"
    faults(tea, access_token_seconds=3600)
    assert looked(tea, carts)[0] == "unknown", "it isn't tried again and again"
    errand_job.run(tea.machine)
    waits = rows(tea, "SELECT state, note FROM errands")
    assert [(w.state, "open the app" in w.note) for w in waits] == [("new", True)]
    assert open_app(tea).status_code == 200
    assert looked(tea, carts)[0] == "open"
    skip(tea, hours=7)
    errand_job.run(tea.machine)
    assert [row.state for row in rows(tea, "SELECT state FROM errands")] == ["done"]


def test_a_newer_token_isnt_lost_because_an_older_one_was_refused(tea) -> None:
    tea.machine.keeper.lose(found(tea).shop, "shpat_an_older_one")
    assert kept(tea).good


def test_a_token_that_never_ends_works_and_moves_on_once_shopify_wants_it_to(spine) -> None:
    with spine.machine.db.system() as c:
        mugs = shops.by_domain(c, spine.machine.secrets.vault, "shopify", "mugs.myshopify.com")
    admin = access.client(mugs.shop, spine.machine.store_secrets(mugs))
    assert read_settings(admin).name == "Mugs & More"
    assert spine.machine.keeper.kept(mugs.shop) is None
    faults(spine, expiring_only=True)
    assert read_settings(admin).name == "Mugs & More"
    moved = spine.machine.keeper.kept(mugs.shop)
    assert moved.tokens.refresh
    skip(spine, hours=2)
    assert read_settings(admin).name == "Mugs & More"
    assert spine.machine.keeper.kept(mugs.shop).tokens.access != moved.tokens.access


def test_two_that_move_on_at_once_end_with_a_token_that_lasts(spine) -> None:
    faults(spine, expiring_only=True)
    with spine.machine.db.system() as c:
        mugs = shops.by_domain(c, spine.machine.secrets.vault, "shopify", "mugs.myshopify.com")
    fixed, keeper = mugs.credentials["access_token"], spine.machine.keeper
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(lambda _: keeper.adopt(mugs.shop, fixed), range(6)))) == 1
    skip(spine, hours=2)
    assert read_settings(access.client(mugs.shop, spine.machine.store_secrets(mugs))).name == "Mugs & More"


def test_a_fixed_token_that_is_wrong_is_only_refused(spine) -> None:
    errand(spine, "uninstall", "mugs")
    with spine.machine.db.system() as c:
        mugs = shops.by_domain(c, spine.machine.secrets.vault, "shopify", "mugs.myshopify.com")
    with pytest.raises(NotAllowed, match="open the app"):
        read_settings(access.client(mugs.shop, spine.machine.store_secrets(mugs)))
    assert rows(spine, "SELECT * FROM shop_tokens") == []


# -- shops that nothing asks for


def test_a_dormant_shop_is_refreshed_long_before_its_ninety_days_are_over(tea) -> None:
    first = kept(tea)
    skip(tea, days=29)
    assert refreshing.run(tea.machine) == 0
    skip(tea, days=2)
    assert refreshing.run(tea.machine) == 1
    assert kept(tea).tokens.refresh != first.tokens.refresh
    assert refreshing.run(tea.machine) == 0
    for _ in range(4):
        skip(tea, days=31)
        assert refreshing.run(tea.machine) == 1
    assert taken(tea, token(tea))


def test_what_cant_be_refreshed_one_night_is_refreshed_another(tea) -> None:
    skip(tea, days=31)
    faults(tea, store_error=1)
    assert refreshing.run(tea.machine) == 0
    faults(tea, store_error=0)
    assert refreshing.run(tea.machine) == 1


def test_a_shop_that_left_isnt_refreshed(tea) -> None:
    skip(tea, days=31)
    change(tea, "UPDATE shops SET state = 'uninstalled'")
    assert refreshing.run(tea.machine) == 0
    change(tea, "UPDATE shops SET state = 'active'")
    assert refreshing.run(tea.machine) == 1


def test_a_shop_that_refused_a_new_token_for_an_hour_is_back_the_next_night(tea) -> None:
    """No merchant has to open the app because Shopify had trouble."""
    carts = left_cart(tea)
    faults(tea, access_token_seconds=0)  # what it gives is dead at once
    spoil(tea, access="shpat_unknown")
    assert looked(tea, carts)[0] == "unknown"
    assert kept(tea).state == "lost"
    faults(tea, access_token_seconds=3600)
    assert refreshing.run(tea.machine) == 1
    assert kept(tea).good
    assert looked(tea, carts)[0] == "open"
    assert refreshing.run(tea.machine) == 0


def test_a_shop_that_takes_its_refresh_token_no_more_isnt_tried_every_night(tea) -> None:
    errand(tea, "uninstall", "tea")
    skip(tea, hours=2)
    with pytest.raises(NotAllowed):
        token(tea)
    change(tea, "UPDATE shops SET state = 'active'")
    assert kept(tea).state == "lost"
    with tea.machine.db.system() as c:
        assert tokens.dormant(c, tea.machine.clock.now(), tea.machine.clock.now(), 10) == []


def test_something_in_between_that_refuses_doesnt_end_a_token_that_is_still_good(tea, monkeypatch) -> None:
    skip(tea, minutes=57)

    def refuse(*_: object) -> None:
        raise QueryRefused("Shopify gave no token (HTTP 403)")

    monkeypatch.setattr(TokenClient, "refresh", refuse)
    assert token(tea) == kept(tea).tokens.access
    assert kept(tea).good


def test_every_night_asks_for_it_once_and_a_redis_that_is_down_keeps_no_night_from_ending(tea) -> None:
    with queues.impatient(tea.machine.redis_url) as connection:
        queue = queues.queue(queues.ERRANDS, connection)
        queue.empty()
        nights = nightly.Nights()
        assert nights.pass_by(tea.machine)
        assert not nights.pass_by(tea.machine)
        assert [job.func_name for job in queue.jobs].count("plugin_server.jobs.worker.work_refreshing") == 1
        queue.empty()
    down = replace(tea.machine, redis_url="redis://127.0.0.1:1/0")
    assert nightly.Nights().pass_by(down)
