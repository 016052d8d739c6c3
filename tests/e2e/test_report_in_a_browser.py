"""The report as a reader has it: opened from disk in headless Chromium, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

DRIVER, BROWSER = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(DRIVER is None or BROWSER is None, reason="no Chromium with its chromedriver here"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDE, NARROW = (1280, 900), (390, 844)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
        )
        yield driver
    finally:
        driver.quit()


def show(browser: Any, page: Any, size: tuple[int, int] = WIDE, scheme: str = "light") -> None:
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get(page.as_uri())


def element(browser: Any, selector: str) -> Any:
    return browser.find_element("css selector", selector)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_it_opens_without_a_network_and_without_a_complaint(browser, iris_run, law_run, own_run, size, scheme) -> None:
    for run in (iris_run, law_run, own_run):
        page = run.path / "report.html"
        show(browser, page, size, scheme)
        assert [entry["message"] for entry in browser.get_log("browser")] == []
        requests = [
            entry["message"] for entry in browser.get_log("performance") if 'requestWillBeSent"' in entry["message"]
        ]
        assert requests
        assert not [message for message in requests if '"url":"http' in message]
        overflow = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, "the page is wider than the screen"
        paper = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        red = int(paper.partition("(")[2].split(",")[0])
        assert (red < 100) == (scheme == "dark"), paper


def test_a_dot_of_the_front_lights_its_row_and_leads_there(browser, iris_run) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    show(browser, iris_run.path / "report.html")
    dot = element(browser, "svg a[data-member]")
    member = dot.get_attribute("data-member")
    row = element(browser, f"#member-{member}")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", dot)
    ActionChains(browser).move_to_element(element(browser, "svg a[data-member] circle.reach")).perform()
    assert "lit" in row.get_attribute("class")
    ActionChains(browser).move_to_element(element(browser, "#front h2")).perform()
    assert "lit" not in (row.get_attribute("class") or "")
    ActionChains(browser).click(element(browser, "svg a[data-member] circle.reach")).perform()
    assert browser.execute_script("return location.hash") == f"#member-{member}"
    assert "lit" in row.get_attribute("class")


def test_everything_can_be_reached_by_keyboard(browser, iris_run) -> None:
    from selenium.webdriver.common.keys import Keys

    show(browser, iris_run.path / "report.html")
    wanted = len(browser.find_elements("css selector", "svg a[data-member]"))
    reached: set[str] = set()
    for _ in range(200):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        focus = browser.switch_to.active_element
        if focus.tag_name == "body":
            break
        if focus.tag_name == "a" and focus.get_attribute("data-member"):
            reached.add(focus.get_attribute("data-member"))
            row = element(browser, f"#member-{focus.get_attribute('data-member')}")
            assert "lit" in row.get_attribute("class")
    assert len(reached) == wanted > 0
