"""Who may import whom (docs/architecture.md): call down, announce up."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "marketplace"

# Each row may import the rows above it, and itself. Neighbours in one row see only each other's events.
ROWS = [
    {"core", "ports", "jobs", "settings"},
    {"accounts"},
    {"catalogue"},
    {"exchanges"},
    {"reclaims", "meals"},
    {"payments", "carbon", "search", "community", "messaging"},
    {"footprint"},
    {"webhooks", "moderation", "ops"},
]
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}

# The shell and the doors: they may use any capability, and no capability imports them.
OUTERMOST_PACKAGES = {"web", "api", "seeding", "wiring", "__init__", "adapters"}
OUTERMOST_FILES = ("views", "api", "commands", "forms", "start")

# technology → the only place that may import it
ONLY_THERE = {
    "whoosh": {"marketplace/core/text.py"},
    "PIL": {"marketplace/catalogue/photo_process.py"},
    "pillow_heif": {"marketplace/catalogue/photo_process.py"},
    "stripe": {"marketplace/adapters/"},
    "boto3": {"marketplace/adapters/"},
    "redis": {"marketplace/adapters/"},
    "weasyprint": {"marketplace/web/papers.py"},
    "ortools": {"marketplace/adapters/"},
}

# Decisions on plain values: no Flask, no database, no clock
PURE = {"rules", "availability", "appointments", "method", "bridge", "doubt", "terms", "states"}
PLUMBING = {"flask", "sqlalchemy", "flask_sqlalchemy", "flask_login"}
PURE_MAY_IMPORT = {"core.money", "core.errors"}


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a file imports, `from a import b` giving a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute in this house"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def place(path: Path) -> tuple[str, str]:
    """(package, file) of a source: ('catalogue', 'rules')."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0], parts[-1]


def is_outermost(package: str, file: str) -> bool:
    return package in OUTERMOST_PACKAGES or file.split("_")[0] in OUTERMOST_FILES


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_inwards(path: Path):
    package, file = place(path)
    faults = []
    for line, name in imports_of(path):
        if not name.startswith("marketplace."):
            continue
        parts = name.split(".")[1:]
        target, target_file = parts[0], parts[1] if len(parts) > 1 else ""
        where = f"{path.relative_to(ROOT)}:{line}: {name}"
        if target == package:
            if not is_outermost(package, file) and is_outermost("", target_file):
                faults.append(f"{where}: nothing imports a view, form, command or endpoint")
            continue
        if is_outermost(package, file):
            continue
        if target in OUTERMOST_PACKAGES or is_outermost("", target_file):
            faults.append(f"{where}: the shell and the doors are outermost; announce an event, or pass the value in")
        elif RANK[target] > RANK[package]:
            faults.append(f"{where}: {target} stands outside of {package}; announce an event and listen there")
        elif RANK[target] == RANK[package] and RANK[package] > 0 and target_file != "events":
            faults.append(f"{where}: {package} and {target} are neighbours; they see only each other's events")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_technology_has_one_place(path: Path):
    relative = str(path.relative_to(ROOT))
    for line, name in imports_of(path):
        allowed = ONLY_THERE.get(name.split(".")[0])
        if allowed is not None:
            assert any(relative.startswith(place) for place in allowed), f"{relative}:{line}: {name} only in {allowed}"


@pytest.mark.parametrize("path", [p for p in sources() if p.stem in PURE], ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rules_are_pure(path: Path):
    package, _file = place(path)
    for line, name in imports_of(path):
        where = f"{path.relative_to(ROOT)}:{line}: {name}"
        assert name.split(".")[0] not in {"flask", "sqlalchemy", "flask_sqlalchemy", "flask_login"}, (
            f"{where}: no plumbing"
        )
        if name.startswith("marketplace."):
            inside = name.removeprefix("marketplace.")
            fine = inside.startswith(f"{package}.") or any(inside.startswith(allowed) for allowed in PURE_MAY_IMPORT)
            assert fine, f"{where}: rules import rules, core.money and core.errors"
            assert ".models" not in inside and ".queries" not in inside, f"{where}: rules see plain values"
