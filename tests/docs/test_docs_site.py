"""The site is built without a warning, and opens without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
import typer
from docs_pages import ROOT, pages

from evokan.cli.app import app

LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""Tags by which a browser loads something, and the attribute that says what."""


class Loads(HTMLParser):
    """Collects what a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        address = dict(attrs).get(LOADED.get(tag, ""))
        if address and dict(attrs).get("rel") not in ("prev", "next", "canonical"):
            self.found.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr + done.stdout
    return folder


def test_pages_open_without_a_network(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        loads = Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert [address for address in loads.found if re.match(r"(https?:)?//", address)] == [], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import )['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_reference_has_every_command_and_option(site):
    text = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    for name, command in typer.main.get_command(app).commands.items():
        assert f"<code>evokan {name}" in text
        for parameter in command.params:
            assert all(f"<code>{flag}</code>" in text for flag in parameter.opts if flag.startswith("--")), name


def test_reference_has_what_the_package_offers(site):
    import evokan

    text = (site / "reference" / "python.html").read_text(encoding="utf-8")
    offered = set(evokan.__all__) - {"__version__"}
    assert {name for name in offered if f'id="evokan.{name}"' not in text} == set()


def test_links_lead_somewhere_in_the_checkout_too():
    """Pages of `docs/` are read there as well: the site is not the only place."""
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in (*pages(), ROOT / "README.md", ROOT / "results" / "README.md")
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_results_are_pages_and_named_by_links(site):
    text = (site / "results" / "index.html").read_text(encoding="utf-8")
    assert 'href="gakan/tables.html"' in text
