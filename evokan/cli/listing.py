"""The commands that list what is registered: ``spaces``, ``datasets``."""

from __future__ import annotations

from typing import Any

from evokan.cli.options import Json, Quiet
from evokan.cli.printing import console, print_json, table


def spaces(*, quiet: Quiet = False, json: Json = False) -> None:
    """List the search spaces, one line each; --json has their options and defaults too."""
    from evokan.errors import InputError
    from evokan.spaces.registry import space_class, space_names

    found: list[dict[str, Any]] = []
    for name in space_names():
        try:
            space = space_class(name)
        except InputError as error:
            found.append({"name": name, "summary": str(error), "tasks": []})
            continue
        presets = {
            label: {"settings": dict(preset.settings), "options": dict(preset.options)}
            for label, preset in space.presets.items()
        }
        found.append(
            {
                "name": name,
                "summary": space.summary,
                "tasks": list(space.tasks),
                "options": space.Options().model_dump(mode="json"),
                "presets": presets,
            }
        )
    if json:
        print_json(found)
    elif quiet:
        print("\n".join(entry["name"] for entry in found))
    else:
        made = table("search space", "")
        for entry in found:
            made.add_row(entry["name"], entry["summary"])
        console().print(made)


def datasets(*, quiet: Quiet = False, json: Json = False) -> None:
    """List the data sets, one line each; --json has their sources and files too."""
    from evokan.datasets import list_datasets
    from evokan.datasets.catalogue import DATA_VARIABLE

    infos = list_datasets()
    if json:
        print_json(
            [
                {
                    "name": info.name,
                    "task": info.task,
                    "rows": info.rows,
                    "features": info.features,
                    "description": info.description,
                    "source": info.source,
                    "available": info.available,
                    "missing_files": list(info.missing_files),
                }
                for info in infos
            ]
        )
    elif quiet:
        print("\n".join(info.name for info in infos))
    else:
        made = table("data set", "task", ">rows", ">features", "here", "")
        for info in infos:
            made.add_row(
                info.name,
                info.task,
                str(info.rows),
                str(info.features),
                "yes" if info.available else "no",
                info.description,
            )
        out = console()
        out.print(made)
        if not all(info.available for info in infos):
            out.print(
                f"Those that are not here need files in the folder named by {DATA_VARIABLE}; a search says which.",
                soft_wrap=True,
            )
