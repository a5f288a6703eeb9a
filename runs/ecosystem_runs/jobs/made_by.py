"""Which code and inputs made the results of a folder, as its config says, and whether these may go on there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecosystem_agents.inputs.checks import BadInput
from ecosystem_runs.digests.code import Code, code, differing
from ecosystem_runs.digests.hashes import digest_of

MIXED = "mixed_with"
"""Key of a config under which the code stands that went on where other code began."""


def begun(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config of a new folder: what the jobs are, and what decides their numbers."""
    own = {"input_digest": digest_of(description), "code": dict(code().modules)}
    return {"description": description} | code().as_dict() | own


def mixed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config that names the code of this process too."""
    others = [*config.get(MIXED, []), code().as_dict()]
    return dict(config) | ({} if _knows_this_code(config) else {MIXED: others})


def code_digests(config: Mapping[str, Any]) -> list[str]:
    """Return the code digests that a config names."""
    return [one.digest for one in _codes_in(config)]


def mixed_line(config: Mapping[str, Any]) -> str | None:
    """Return a line on whose results a folder holds, where more than one version of the code made them."""
    if MIXED not in config:
        return None
    return f"results of different code, mixed by --mix-versions: {'; '.join(map(str, _codes_in(config)))}"


def check_same(
    folder: Path,
    config: Mapping[str, Any],
    description: Mapping[str, Any],
    option: str = "--out",
    may_mix: bool = False,
) -> None:
    """Refuse a folder whose config says that it holds another experiment, or, unless one may mix, of other code."""
    there = config.get("description")
    if not isinstance(there, dict):
        raise BadInput(f"{option} is {str(folder)!r}, which holds another run; give a new or empty folder")
    differ = names_differing(there, description)
    inputs = ", ".join(names_differing(there.get("inputs", {}), description.get("inputs", {})))
    if differ:
        raise BadInput(
            f"{option} is {str(folder)!r}, which holds another experiment: it differs in {', '.join(differ)}"
            f"{inputs and f' ({inputs})'}; give another folder, or go back to the experiment it holds"
        )
    if not may_mix and not _knows_this_code(config):
        first = _codes_in(config)[0]
        names = f"; they differ in {differing(first, code())}" if first.modules else ""
        raise BadInput(
            f"{option} is {str(folder)!r}, which other code began: {first} there, {code()} here{names}; give another "
            "folder, go back to that version, or mix both with --mix-versions"
        )


def _codes_in(config: Mapping[str, Any]) -> list[Code]:
    none = "not recorded"
    each = [config, *config.get(MIXED, [])]
    return [Code(one.get("version", none), one.get("code_digest", none), one.get("code", {})) for one in each]


def _knows_this_code(config: Mapping[str, Any]) -> bool:
    return code().as_dict() in [one.as_dict() for one in _codes_in(config)]


def names_differing(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """Return the names, sorted, under which two mappings do not say the same."""
    names = sorted({*there, *here})
    return [name for name in names if digest_of({"": there.get(name)}) != digest_of({"": here.get(name)})]
