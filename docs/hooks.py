"""What the site takes from elsewhere in the checkout: pages of results, the change log, the tables of commands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer
from mkdocs.structure.files import File

from evokan.cli.app import app
from evokan.cli.checkout import mount_experiments
from evokan.cli.families import mount

PLACE = "<!-- commands -->"
ALONE = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md"}
"""Files of the checkout, and what their pages are called."""


def on_files(files: Any, config: Any) -> Any:
    """Add the pages and pictures of `results/`, the change log and the notes for contributors."""
    root = Path(config.config_file_path).parent
    found = {name: root / source for source, name in ALONE.items()}
    for path in sorted((root / "results").rglob("*")):
        if path.suffix in (".md", ".png"):
            found[str(path.relative_to(root))] = path
    for name, path in found.items():
        files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put the tables of commands into their page, and let pages of results name others by links."""
    if page.file.src_uri.startswith("results/"):
        return linked(markdown, Path(page.file.abs_src_path).parent)
    markdown = within(markdown)
    return markdown.replace(PLACE, commands()) if PLACE in markdown else markdown


def within(markdown: str) -> str:
    """Return a page of `docs/` with the site's own pages in the place of links that lead out of that folder."""
    names = "|".join(re.escape(name) for name in ("results/", *ALONE))
    return re.sub(
        rf"\]\(\.\./((?:\.\./)*)({names})",
        lambda found: f"]({found[1]}{ALONE.get(found[2], found[2])}",
        markdown,
    )


def linked(markdown: str, folder: Path) -> str:
    """Return a page with a link for every page that it names as code."""
    return re.sub(
        r"`([\w/-]+\.md)`",
        lambda found: f"[`{found[1]}`]({found[1]})" if (folder / found[1]).is_file() else found[0],
        markdown,
    )


def commands() -> str:
    """Return a heading and a table of options for every command, those of families too."""
    group = typer.main.get_command(app)
    mount(group, ["kafcm"])
    mount_experiments(group, ["experiment"])
    return "\n\n".join(
        part for name, command in group.commands.items() for part in described(f"evokan {name}", command)
    )


def described(name: str, command: Any) -> list[str]:
    """Return the parts of the page for one command and for those below it."""
    if hasattr(command, "commands"):
        return [part for below, one in command.commands.items() for part in described(f"{name} {below}", one)]
    arguments = [one.name.upper() for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    # Help texts are wrapped by hand; paragraphs stay.
    told = re.sub(r"(?<!\n)\n(?!\n)", " ", (command.help or "").strip())
    rows = [
        f"| {' '.join(f'`{flag}`' for flag in (*one.opts, *one.secondary_opts))} | {cell(one.metavar)} | "
        f"{' '.join((one.help or '').split()).replace('|', chr(92) + '|')} |"
        for one in options
    ]
    head = [f"## `{' '.join([name, *arguments])}`", told]
    return [*head, "\n".join(["| option | takes | |", "| --- | --- | --- |", *rows])] if rows else head


def cell(metavar: str | None) -> str:
    """Return what an option takes as a cell; nothing where it is a switch."""
    return f"`{metavar}`" if metavar else ""
