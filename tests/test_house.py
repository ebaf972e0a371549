"""The house: who may import whom, what the settings must be, what the README promises."""

import ast
import re
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.places import APP, PROJECT

FORBIDDEN = {
    "mnist_core": {"streamlit", "plotly", "ui", "pages", "train", "benchmarks"},
    "pages": {"torch", "torchvision", "safetensors"},
    "ui": {"pages", "train", "benchmarks"},
    "benchmarks": {"streamlit", "pages", "ui"},
}
FLOORS = ["data", "preprocessing", "synthetic", "model", "evaluation", "explain", "store", "training"]
DOCUMENTS = [
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"),
    *("docs/serving.md", "docs/reliability.md"),
]


def imports(path: Path) -> set[str]:
    """The packages that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_point_one_way(folder):
    files = list((PROJECT / folder).rglob("*.py"))
    assert files
    for path in files:
        assert imports(path) & FORBIDDEN[folder] == set(), path.name


def test_no_two_pages_bind_the_same_part_of_the_address():
    # Between pages, Streamlit drops from the address what a widget of the page before is bound to.
    keys: dict[str, set[str]] = {}
    for path in [*PROJECT.glob("pages/*.py"), *PROJECT.glob("ui/**/*.py")]:
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            named = {each.arg: ast.unparse(each.value) for each in call.keywords}
            if "bind" in named:
                keys.setdefault(named["key"], set()).add(path.name)
    assert len(keys) > 5
    assert [key for key, files in keys.items() if len(files) > 1] == []
    assert not {"'model'", "MODEL", "'digit'", "DIGIT"} & {*keys}  # in the addresses of several pages


def own_imports(path: Path) -> set[str]:
    """The modules of the project that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", sorted((PROJECT / "mnist_core").rglob("*.py")), ids=lambda path: str(path.stem))
def test_no_room_of_the_core_imports_upwards(path):
    place = path.relative_to(PROJECT / "mnist_core").parts[0].removesuffix(".py")
    if place in ("__init__", "export"):  # the public face and a command, which lead into the rooms
        return
    floor = FLOORS.index(place) if place in FLOORS else -1  # modules beside the rooms lie below all of them
    for name in own_imports(path):
        package, _, room = name.partition(".")
        above = [each for each in FLOORS[floor + 1 :] if room.split(".")[0] == each]
        assert package != "mnist_core" or not above, f"{path.name} imports {name}"


def test_every_room_of_the_core_has_its_floor():
    rooms = {path.parent.name for path in (PROJECT / "mnist_core").glob("*/__init__.py")}
    assert rooms == set(FLOORS)


def test_nothing_opens_a_pickle():
    for path in [*PROJECT.glob("*.py"), *(path for room in FORBIDDEN for path in (PROJECT / room).rglob("*.py"))]:
        text = path.read_text()
        assert "torch.load(" not in text, path.name
        assert "import pickle" not in text, path.name


@pytest.mark.parametrize(
    "module",
    [
        "mnist_core",
        "mnist_core.store.models",
        "mnist_core.model.prediction",
        "mnist_core.store.runs",
        "mnist_core.model.summary",
        "mnist_core.store.zip_archive",
        "mnist_core.evaluation.drawing_benchmark",
        "mnist_core.store.onnx_export",
        "mnist_core.training.launcher",
        "mnist_core.training.speed",
        "mnist_core.explain.neighbours",
        "mnist_core.explain.projection",
        "mnist_core.preprocessing.edits",
        "train",
        "ui.services.answering",
        "ui.services.insights",
        "ui.inside.digit_editor",
    ],
)
def test_a_page_is_there_before_torch_and_scikit_learn(module):
    code = f"import sys, {module}; sys.exit(bool({{'torch', 'sklearn', 'scipy'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_a_drawing_is_answered_without_torch_by_what_was_imported_as_the_server_started():
    code = f"""
import asyncio, sys, threading
from streamlit.testing.v1 import AppTest
import streamlit_app
from tests.support.drawing import canvas_state, example

async def start(app):
    async with app.lifespan()(app):
        for thread in threading.enumerate():
            if thread.name == "warm-up":
                thread.join()

asyncio.run(start(streamlit_app.app))
ready = set(sys.modules)
page = AppTest.from_file({str(APP)!r}, default_timeout=60)
page.session_state["canvas"] = canvas_state(example("7"))
page.run()
assert any('data-testid="answer"' in each.value and ">7<" in each.value for each in page.get("html"))
late = {{each for each in set(sys.modules) - ready if each.startswith(("ui.", "mnist_core.", "pandas"))}}
assert not late, late
assert "torch" not in sys.modules
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False).returncode == 0


def test_the_public_names_are_there():
    import mnist_core

    for name in mnist_core.__all__:
        assert callable(getattr(mnist_core, name))
        assert getattr(mnist_core, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = mnist_core.nonsense


def test_the_settings_that_keep_the_server_quick_and_closed():
    from streamlit import config

    settings = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
    assert settings["server"]["maxWidgetStateSize"] == 2  # MB; hidden, too
    assert settings["server"]["maxMessageSize"] == 10
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["maxUploadSize"] == 20
    assert settings["browser"]["gatherUsageStats"] is False
    for section, options in settings.items():
        for option in options:
            if section != "theme":
                assert f"{section}.{option}" in config._config_options_template, f"{section}.{option} is no option"


def test_requirements_are_pinned_exactly():
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (PROJECT / name).read_text().splitlines():
            assert re.fullmatch(r"-r requirements\.txt|[a-z0-9-]+==[0-9.]+", line), line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_exists(document):
    text = (PROJECT / document).read_text()
    kinds = "py|js|css|md|txt|toml|json|lock|yml|yaml"
    folders = (PROJECT, PROJECT / "models" / "classic", (PROJECT / document).parent)
    for name in re.findall(rf"`([\w./-]+\.(?:{kinds}))`", text) + re.findall(r"\]\(([\w./-]+)\)", text):
        assert any((folder / name).exists() for folder in folders), name


def test_every_name_that_is_put_in_a_file_is_defined_there():
    text = (PROJECT / "CONTRIBUTING.md").read_text()
    found = re.findall(r"((?:`[\w.]+`(?:, | and ))*`[\w.]+`)\s+in\s+`([\w/]+\.py)`", text)
    assert len(found) >= 5
    for names, file in found:
        defined = names_in(PROJECT / file)
        for name in re.findall(r"`[\w.]*?(\w+)`", names):
            assert name in defined, f"{name} in {file}"


def names_in(path: Path) -> set[str]:
    """The functions, classes, variables and attributes that a file defines."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


def tree_in(document: str, section: str) -> list[str]:
    """Return every path of the tree in that section of a document; a folder's ends with a slash."""
    (tree,) = re.findall(rf"## {section}\n\n```\n(.*?)```", (PROJECT / document).read_text(), re.DOTALL)
    paths: list[str] = []
    above: list[str] = []
    for line in tree.splitlines():
        indent, names = re.match(r"( *)(\S+(?: \S+)*)", line).groups()  # two spaces begin the comment
        above = above[: len(indent) // 2]
        paths += ["".join(above) + name for name in names.split(" ")]
        above.append(names)
    return paths


def exists(path: str) -> bool:
    """Tell whether a path of such a tree is there, as the folder or the file that it looks like."""
    return (PROJECT / path).is_dir() if path.endswith("/") else (PROJECT / path).is_file()


def test_the_documents_show_the_house_as_it_is():
    paths = tree_in("CONTRIBUTING.md", "Where things are")
    assert len(paths) > 50
    assert [path for path in [*paths, *tree_in("README.md", "Project structure")] if not exists(path)] == []
    inside = [*PROJECT.glob("mnist_core/*/*.py"), *PROJECT.glob("ui/*/*.py")]
    folders = {path.parent.relative_to(PROJECT).as_posix() + "/" for path in inside}
    assert len(folders) > 10
    assert folders - {*paths} == set()


def test_the_lock_has_the_versions_that_are_required():
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (PROJECT / "requirements.lock").read_text(), re.MULTILINE))
    for name in ("requirements.txt", "requirements-dev.txt"):
        for package, version in re.findall(r"^([a-z0-9-]+)==(\S+)$", (PROJECT / name).read_text(), re.MULTILINE):
            assert locked[package] == version, package


def test_the_lock_has_a_hash_of_every_package_and_names_no_place():
    text = (PROJECT / "requirements.lock").read_text()
    entries = re.split(r"^(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
    assert len(entries) > 50
    for entry in entries:
        assert re.fullmatch(r"[a-z0-9-]+==\S+( \\\n    --hash=sha256:[0-9a-f]{64})+\n", entry), entry.split()[0]


def test_the_readme_shows_two_commands_of_one_line():
    commands = re.findall(r"```sh\n(.*?)\n```", (PROJECT / "README.md").read_text(), re.DOTALL)
    set_up = [command for command in commands if command.startswith("python3 -m venv .venv && ")]
    assert [command.split("/")[-1] for command in set_up] == ["streamlit run streamlit_app.py", "pytest"]
    assert not any("\n" in command for command in set_up)


def test_the_readme_python_runs_as_it_stands(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    exec(code, {})
    digit, confidence, verdict = capsys.readouterr().out.split()
    assert digit == "7"
    assert float(confidence) > 0.9
    assert verdict == "sure"


def test_the_shipped_models_are_those_of_the_list_and_git_minds_no_other():
    """Whoever ships another model: `cd models && sha256sum */weights.safetensors > SHA256SUMS`, and `.gitignore`."""
    listed = dict(line.split("  ")[::-1] for line in (PROJECT / "models" / "SHA256SUMS").read_text().splitlines())
    assert {sha256((PROJECT / "models" / file).read_bytes()).hexdigest(): file for file in listed} == {
        checksum: file for file, checksum in listed.items()
    }
    tracked = subprocess.run(["git", "ls-files", "models"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("needs the repository, not only its files")
    assert {file for file in tracked.stdout.split() if file.endswith("/weights.safetensors")} == {
        f"models/{file}" for file in listed
    }

    def is_ignored(path):
        command = ["git", "check-ignore", "--no-index", "--quiet", path]
        return subprocess.run(command, cwd=PROJECT, check=False).returncode == 0

    assert not [file for file in tracked.stdout.split() if is_ignored(file)]
    for theirs in ("mine/card.json", "quick-2/weights.safetensors", ".runs/mine/run.json", ".bin/x/card.json"):
        assert is_ignored(f"models/{theirs}"), theirs


def test_no_data_is_committed():
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("needs the repository, not only its files")
    assert not [name for name in listed.stdout.split() if re.search(r"ubyte|\.jsonl\.gz$|\.pt$|\.pkl$", name)]
