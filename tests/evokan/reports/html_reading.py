"""A page of ours as a browser would read it."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from html.parser import HTMLParser

STEER = "\x1b[31m\r\n\u202e\u2028"
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}<img src=x onerror=alert(1)>&amp;' + STEER + "."
VOID = {"meta", "img", "br", "hr", "link", "input"}
EMPTY = {"path", "circle"}  # of a drawing


class Reader(HTMLParser):
    """Checks that what opens closes, and keeps elements, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts, self.ids = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in EMPTY, tag
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def harmless(text, scripts=1):
    """Assert that a page holds our one script or none, nothing from elsewhere, and no character that steers."""
    found = Reader(text)
    assert (len(found.all("script")), len(found.all("style"))) == (scripts, 1)
    policy = next(one["content"] for one in found.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    assert ("script-src" in policy) == (scripts > 0)
    for tag in ("script",) * scripts + ("style",):
        ours = text.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
        digest = base64.b64encode(hashlib.sha256(ours.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not {tag for tag, _ in found.elements} & {"link", "iframe", "object", "embed", "form", "base"}
    for tag, attributes in found.elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("src", "href", "xlink:href", "action", "srcset", "poster"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,")), attributes[name][:80]
    assert not re.search(r"url\(|@import|https?:", re.sub(r"base64,[\w+/=]+", "", text))
    assert not {char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp", "Cf")}
    targets = [attributes["href"][1:] for attributes in found.all("a")]
    assert set(targets) <= set(found.ids)
    return found
