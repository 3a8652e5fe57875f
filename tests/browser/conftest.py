"""A real browser against a live server; the console must stay silent."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # playwright runs a loop in this thread for the whole session
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def open_as(browser: Browser, live_server) -> Iterator[Callable[..., Page]]:
    """Opens a page as a person, with a width, a scheme, with or without JavaScript."""
    contexts: list[BrowserContext] = []
    noise: list[str] = []

    def opened(person=None, *, width: int = 1280, scheme: str = "light", javascript: bool = True, reauthenticated: bool = False) -> Page:
        from django.test import Client

        context = browser.new_context(
            viewport={"width": width, "height": 850}, color_scheme=scheme, java_script_enabled=javascript, base_url=live_server.url
        )
        contexts.append(context)
        if person is not None:
            client = Client()
            client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
            session = client.session  # what every real sign-in leaves behind: how, and when
            session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": reauthenticated}]
            session["account_authentication_methods_user"] = str(person.pk)
            session.save()
            context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda message: noise.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda problem: noise.append(str(problem)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [line for line in noise if "422" not in line and "401" not in line] == []


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Runs axe-core (WCAG 2.2 A and AA) and returns what it found."""

    def check(page: Page) -> list[str]:
        page.evaluate(AXE)
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = page.evaluate("tags => axe.run({runOnly: {type: 'tag', values: tags}})", tags)
        return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]

    return check
