"""Words of strangers are shown as typed and never obeyed: by the source of all that shows something.

A model's name, a card, a folder, an upload, an address, what an error repeats of them. Streamlit takes most of what it
shows for Markdown, in which a stranger could have a picture fetched from elsewhere.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache

import pytest

from tests.support.places import PROJECT
from tests.support.trusted import Sources

# What takes Markdown: the places of the arguments that it is taken from.
MARKDOWN = {
    **dict.fromkeys(("markdown", "caption", "info", "warning", "error", "success", "toast", "badge"), (0,)),
    **dict.fromkeys(("title", "header", "subheader", "expander", "popover", "tabs", "spinner", "status"), (0,)),
    **dict.fromkeys(("button", "download_button", "link_button", "form_submit_button", "toggle", "checkbox"), (0,)),
    **dict.fromkeys(("selectbox", "multiselect", "slider", "number_input", "text_input", "text_area"), (0,)),
    **dict.fromkeys(("file_uploader", "camera_input", "date_input", "time_input", "color_picker", "dialog"), (0,)),
    **dict.fromkeys(("segmented_control", "pills", "radio", "select_slider"), (0, 1)),
    "progress": (1,),
    "metric": (0, 1, 2),
    "image": (),
    "page_link": (),
    "TextColumn": (0,),
    "NumberColumn": (0,),
}
BY_NAME = {"label", "help", "body", "text", "caption", "captions", "options", "format_func", "delta", "placeholder"}
HTML = {"html": (0,), "html_table": (0, 1, 2)}
HTML_BY_NAME = {"css", "label", "heads", "rows"}
PLAIN_OPTIONS = {"selectbox", "multiselect"}  # which show them as they are
NEVER = {"write", "write_stream", "exception", "latex", "table", "echo", "chat_message"}  # a harmless one is at hand
KNOWN = {  # trusted for a reason that cannot be seen where they are called
    "paragraphs",  # of our own functions' docstrings
    "training_command",  # made of a checked name, and of settings within their ranges
    "differing_hyperparameters",  # the names of our settings, and values within their ranges
    "recipe_to_json",  # the same
    "setting_label",  # a setting is named in our own recipes, also where an error names it
    "preset",  # of a run or a card: one of ours, which is checked where they are read
    "describe_unit",  # the layers are named in our own networks
    "read_asset",  # our own scripts and style sheets
    "data_url",  # letters of base64
    "html_table",  # its arguments are looked at where it is called
}
EXCEPTIONS = {  # where, and how the expression begins: why it is trusted
    ("ui/inside/node_link.py", "'  \\n'.join((f'**{layer.activations.name}**"): "layers are named in our own networks",
    ("ui/draw/robustness_maps.py", "sentence"): "the words of an axis are put together of figures in that file",
}


@cache
def sources(kind: str, *, are_planted: bool = False) -> Sources:
    """The project's source; with what is planted, each in a file of its own."""
    folders = ("ui", "pages", "mnist_core")
    files = {path: (PROJECT / path).read_text() for path in ("streamlit_app.py",)}
    for path in (path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))):
        files[str(path.relative_to(PROJECT))] = path.read_text()
    if are_planted:
        planted = PLANTED | HARMLESS if kind == "Markdown" else PLANTED_IN_HTML
        files |= {f"ui/planted/{name}.py": text for name, text in planted.items()}
    return Sources(files, {"verbatim"} if kind == "Markdown" else {"escape"}, KNOWN)


def shown(
    found: Sources, takers: Mapping[str, tuple[int, ...]], by_name: Collection[str]
) -> Iterator[tuple[str, ast.AST]]:
    """Go through all that is shown: the file, and the expression."""
    for call, file in found.file.items():
        if not isinstance(call, ast.Call) or file.startswith("mnist_core"):
            continue
        called = call.func.body if isinstance(call.func, ast.IfExp) else call.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name not in takers or (isinstance(called, ast.Name) and name != "html_table"):
            continue
        for place, argument in enumerate(call.args):
            if place in takers[name] or isinstance(argument, ast.Starred):
                yield file, argument
        for keyword in call.keywords:
            if keyword.arg in by_name and not (name in PLAIN_OPTIONS and keyword.arg in ("options", "format_func")):
                yield file, keyword.value


def strangers(found: Sources, kind: str) -> list[str]:
    """Return what could be a stranger's of all that is shown, each with its place."""
    takers, by_name = (MARKDOWN, BY_NAME) if kind == "Markdown" else (HTML, HTML_BY_NAME)
    return [
        f"{file}:{node.lineno} {words}"
        for file, node in shown(found, takers, by_name)
        if not found.is_trusted(node)
        for words in [ast.unparse(node)]
        if not any(file == place and words.startswith(start) for place, start in EXCEPTIONS)
    ]


@pytest.mark.parametrize("kind", ["Markdown", "HTML"])
def test_what_could_be_a_strangers_is_shown_verbatim(kind):
    found = sources(kind)
    takers, by_name = (MARKDOWN, BY_NAME) if kind == "Markdown" else (HTML, HTML_BY_NAME)
    assert len(list(shown(found, takers, by_name))) > (200 if kind == "Markdown" else 25)
    assert strangers(found, kind) == []


PLANTED = {  # faults of each kind, as they could be written tomorrow
    "an error": "def show(error: Exception): st.error(str(error))",
    "an error, caught": "try:\n    pass\nexcept ValueError as error:\n    st.warning(f'No. {error}')",
    "a name in Markdown": "def show(card: Card): st.markdown(f'**{card.name}**')",
    "a name in a code span": "def show(found: Damaged): st.caption(f'The folder `{found.name}` is not used.')",
    "a note": "def show(card: Card): st.info(card.note)",
    "a reason": "def show(run: Run): st.toast('It failed. ' + run.reason)",
    "an address": "st.info(st.query_params['model'])",
    "an address, by a detour": "def say(words: str): st.info(words)\nsay(st.query_params.get('x', ''))",
    "what is put together": "def show(names: list[str]):\n    words = ', '.join(names)\n    st.success(words)",
    "a loop": "def show(cards: list[Card]):\n    for card in cards:\n        st.header(card.name)",
    "a method of a place": "def show(place: DeltaGenerator, run: Run): place.caption(run.name)",
    "one of two": "def show(run: Run): (st.success if run else st.error)(run.name)",
    "a label": "def show(card: Card): st.button(f'Draw with {card.name}')",
    "help": "def show(card: Card): st.toggle('x', help=card.note)",
    "options": "def show(names: list[str]): st.segmented_control('Model', names)",
    "how options are shown": "def show(): st.radio('Model', [1], format_func=lambda each: st.query_params['x'])",
    "progress": "def show(name: str): st.progress(0.5, f'{name} is read')\nshow(st.query_params['x'])",
    "a spinner": "def show(run: Run):\n    with st.spinner(f'{run.name} is loaded'): pass",
    "a dialog": "def show(run: Run): st.dialog(run.name)(print)()",
    "a link": "def show(run: Run): st.page_link('pages/draw.py', label=run.name)",
    "a file's name": "def show(file: UploadedFile): st.caption(file.name)",
    "the second word of a field": "def show(): st.info(Deed(Path(), st.query_params['x']).words)",
}
PLANTED_IN_HTML = {
    "a name": "def show(card: Card): st.html(f'<b>{card.name}</b>')",
    "words for Markdown": "def show(card: Card): st.html(f'<b>{verbatim(card.name)}</b>')",
    "a table": "def show(card: Card): st.html(html_table('x', (), [f'<tr><td>{card.note}</td></tr>']))",
    "a label": "def show(card: Card): html_table('x', (), (), label=card.name)",
}
HARMLESS = {
    "a name, verbatim": "def show(card: Card): st.markdown(f'**{verbatim(card.name)}**')",
    "an error, verbatim": "def show(error: Exception): st.error(verbatim(error))",
    "several, verbatim": "def show(names: list[str]): st.info(', '.join(map(verbatim, names)))",
    "a number": "def show(card: Card): st.info(f'{card.parameters:,} of {len(card.name)}')",
}


@pytest.mark.parametrize(("kind", "planted"), [("Markdown", PLANTED), ("HTML", PLANTED_IN_HTML)])
def test_every_kind_of_fault_is_found_and_nothing_that_is_harmless(kind, planted):
    found = strangers(sources(kind, are_planted=True), kind)
    in_files = {each.partition(".py:")[0].removeprefix("ui/planted/") for each in found if "/planted/" in each}
    assert in_files == {*planted}


def test_what_takes_anything_is_not_used_nor_is_a_taker_passed_on_under_another_name():
    found = sources("Markdown")
    for node, file in found.file.items():
        if not file.startswith("mnist_core") and isinstance(node, ast.Attribute) and ast.unparse(node.value) == "st":
            assert node.attr not in NEVER, f"{file}:{node.lineno}"
            above = found.above[node]
            if node.attr in MARKDOWN | HTML and not (isinstance(above, ast.Call) and above.func is node):
                assert isinstance(above, ast.IfExp), f"{file}:{node.lineno} st.{node.attr}"
                assert getattr(found.above[above], "func", None) is above, f"{file}:{node.lineno}"


def test_every_exception_is_needed():
    found = sources("Markdown")
    places = [(file, ast.unparse(node)) for file, node in shown(found, MARKDOWN, BY_NAME) if not found.is_trusted(node)]
    for place, start in EXCEPTIONS:
        assert any(file == place and words.startswith(start) for file, words in places), (place, start)
    for name in KNOWN:
        assert any(name in (getattr(node, "attr", ""), getattr(node, "id", "")) for node in found.file), name


MAKES_HTML = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser|createContextualFragment"


def test_no_script_makes_html_of_what_it_is_sent():
    found = {}
    for path in sorted((PROJECT / "ui").rglob("*.js")):
        text = path.read_text()
        if re.search(MAKES_HTML, text):
            found[path.name] = re.findall(rf"(?:{MAKES_HTML}) = (`[^`$]*`|[\w.]+)", text)
    assert {name: [each[:8] for each in made] for name, made in found.items()} == {
        "canvas.js": ["`\n      "],  # its own words, with nothing in them
        "node_link.js": ["data.svg"],  # whose names are escaped: `column` in ui/inside/node_link.py
    }
