"""The scripts and style sheets of the components: files of their own, all of them used, none of them broken."""

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.places import PROJECT
from ui.assets import read_asset

UI = PROJECT / "ui"
SHARED = {  # by what they define
    "walkWithArrows": "widgets/roving_focus.js",
    "layTiles": "widgets/digit_tiles.js",
    "findCanvas": "inputs/find_canvas.js",
    "isTaken": "widgets/key_owners.js",
}
SHARED_STYLE = "widgets/digit_tiles.css"
STYLE = "style.css"  # the whole page's
NODE = shutil.which("node")


def place(node: ast.AST) -> tuple[int, int]:
    """Where it stands in its file."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def assets_of(path: Path) -> dict[str, dict[str, list[str]]]:
    """The components that a Python file registers: name → js and css → the files they are joined from."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    registered = [call for call in calls if ast.unparse(call.func) == "st.components.v2.component"]
    return {
        ast.literal_eval(call.args[0]): {
            keyword.arg: [
                ast.literal_eval(node.args[0])
                for node in sorted(ast.walk(keyword.value), key=place)
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "read_asset"
            ]
            for keyword in call.keywords
        }
        for call in registered
    }


COMPONENTS = {name: assets for path in sorted(UI.rglob("*.py")) for name, assets in assets_of(path).items()}
each_component = pytest.mark.parametrize("name", COMPONENTS)


def test_all_files_beside_the_python_are_used_and_no_component_shares_its_own():
    shared = [*SHARED.values(), SHARED_STYLE]
    own = [file for assets in COMPONENTS.values() for files in assets.values() for file in files if file not in shared]
    there = [path.relative_to(UI).as_posix() for kind in ("js", "css") for path in UI.rglob(f"*.{kind}")]
    assert len(COMPONENTS) >= 9
    assert sorted([*own, *shared, STYLE]) == sorted(there)


@each_component
def test_a_component_has_one_script_after_those_that_it_calls(name):
    *before, own = COMPONENTS[name]["js"]
    script = read_asset(own)
    assert before == [file for function, file in SHARED.items() if f"{function}(" in script]
    assert script.count("export default function") == 1


@pytest.mark.parametrize(("function", "file"), SHARED.items())
def test_a_shared_script_defines_its_function(function, file):
    assert f"const {function} = " in read_asset(file)


@each_component
def test_the_joined_script_of_a_component_is_a_module_that_parses(name, tmp_path):
    if not NODE:
        pytest.skip("needs Node")
    script = tmp_path / "script.mjs"
    script.write_text("".join(map(read_asset, COMPONENTS[name]["js"])), encoding="utf-8")
    check = subprocess.run([NODE, "--check", script], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr


def test_no_script_is_written_in_python():
    files = list(UI.rglob("*.py"))
    assert files
    for path in files:
        assert "export default function" not in path.read_text(encoding="utf-8"), path.name
