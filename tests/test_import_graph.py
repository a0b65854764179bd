"""The package's structure: no two files import each other, no file is long, and the top holds only the public face."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.support.package_source import ROOM, trees

TOP = {"__init__", "__main__", "_version"}
MAX_LINES = 400

FILES = {
    ".".join(path.relative_to(ROOM.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in ROOM.rglob("*.py")
    if "node_modules" not in path.parts
}


def imports(module: str, path: Path) -> set[str]:
    """The modules of the package that a file imports anywhere, in functions and under `TYPE_CHECKING` too."""
    found = set()
    for node in ast.walk(trees()[path]):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in FILES else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return (found & set(FILES)) - {module}


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Sets of files that import each other, directly or through others: strongly connected components."""
    order: list[str] = []
    visited: set[str] = set()
    backwards: dict[str, set[str]] = {module: set() for module in graph}
    for module, others in graph.items():
        for other in others:
            backwards[other].add(module)

    def walk(start: str, edges: dict[str, set[str]], into: list[str]) -> None:
        stack = [(start, iter(sorted(edges[start])))]
        visited.add(start)
        while stack:
            module, rest = stack[-1]
            following = next((other for other in rest if other not in visited), None)
            if following is None:
                into.append(module)
                stack.pop()
            else:
                visited.add(following)
                stack.append((following, iter(sorted(edges[following]))))

    for module in graph:
        if module not in visited:
            walk(module, graph, order)
    visited.clear()
    components: list[list[str]] = []
    for module in reversed(order):
        if module not in visited:
            component: list[str] = []
            walk(module, backwards, component)
            components.append(sorted(component))
    return [component for component in components if len(component) > 1]


def test_cycles_are_found() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_no_two_files_import_each_other() -> None:
    assert cycles({module: imports(module, path) for module, path in FILES.items()}) == []


def test_no_file_is_long() -> None:
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in FILES.items()}
    assert {module: length for module, length in lengths.items() if length > MAX_LINES} == {}


def test_the_top_holds_only_the_public_face() -> None:
    assert {path.stem for path in ROOM.glob("*.py")} == TOP
