"""What a visitor may send: within bounds as it is, beyond them not at all, while others are served."""

import json
import random
import re
from contextlib import suppress
from types import SimpleNamespace

import pytest
from streamlit import runtime
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from websockets.exceptions import ConnectionClosed

from tests.support.drawing import canvas_state, example, seven_on_paper
from tests.support.websocket_client import Visitor
from ui.receiving import (
    MAX_FILE_MEMORY,
    MAX_FILES,
    MAX_STATE,
    MAX_WIDGETS,
    NOTHING,
    REFUSED,
    Tab,
    keep_newest_files,
    page_shown_by,
)

ROUNDS, LONG_ROUNDS = 150, 5_000
ERROR = "encountered an error"  # what Streamlit says of an exception that nobody caught
LEAVES = [None, True, False, 0, -1, 0.5, 1e308, 10**400, float("nan"), "", "Path", "M", "#000000", "\ud800", "é" * 99]
NESTED = "[" * 50_000 + "]" * 50_000
NO_DRAWING = [
    *("null", "true", "5", '"text"', "[1, 2]", "not JSON", '{"drawing"', '{"drawing": 5}', '{"drawing": "text"}'),
    *('{"drawing": [1]}', '{"drawing": {"raw": 5}}', '{"drawing": {"raw": {"objects": 5}}}', '{"backgroundFit": 5}'),
    f'{{"drawing": {NESTED}}}',
    f'{{"drawing": {{"raw": {{"objects": [{"9" * 5000}]}}}}}}',
]


NO_FRAME = [None, 7, [], {}, {"version": 1, "serial": "x", "crop": {}}, {"version": "", "serial": 2, "crop": [0] * 4}]


def message(*widgets: WidgetState) -> bytes:
    result = BackMsg()
    result.rerun_script.query_string = "digit=4"
    result.rerun_script.widget_states.widgets.extend(widgets)
    return result.SerializeToString()


def taken(*widgets: WidgetState) -> dict[str, WidgetState]:
    read = BackMsg.FromString(Tab().let_in(message(*widgets)))
    assert read.rerun_script.query_string == "digit=4"
    return {widget.id: widget for widget in read.rerun_script.widget_states.widgets}


def answer(visitor: Visitor) -> str:
    return re.search(r'data-testid="answer"[^>]*>(.)', visitor.words())[1]


@pytest.fixture(scope="module")
def visitor(app_address):
    with Visitor(app_address) as visitor:
        yield visitor


def test_what_a_page_sends_stays_as_it_is():
    drawing = json.dumps(canvas_state(example("4") * 100))
    sent = message(
        WidgetState(id="canvas", json_value=drawing),
        WidgetState(id="map", json_trigger_value='[{"event": "pressed", "value": [3, 4]}]'),
        WidgetState(id="chart", string_value='{"selection": {"points": []}}'),
        WidgetState(id="name", string_value="[not JSON"),
        WidgetState(id="button", trigger_value=True),
    )
    assert Tab().let_in(sent) == sent


@pytest.mark.parametrize("kind", ["clear_cache", "load_git_info", "set_run_on_save"])
def test_what_no_page_of_ours_says_is_not_let_in(kind):
    sent = BackMsg(**{kind: True})
    assert BackMsg.FromString(Tab().let_in(sent.SerializeToString())).WhichOneof("type") == "app_heartbeat"


def test_nobody_can_clear_what_the_server_keeps_for_all(app_address, visitor):
    with Visitor(app_address) as forger:
        forger.send(BackMsg(clear_cache=True))
        forger.send(BackMsg(load_git_info=True))
        forger.press("example 3", wait=False)
        kinds = {message.WhichOneof("type") for message in until_it_has_run(forger)}
    assert "git_info_changed" not in kinds
    visitor.press("example 5")
    assert answer(visitor) == "5"


def until_it_has_run(visitor: Visitor):
    for message in visitor.messages():
        yield message
        if message.WhichOneof("type") == "script_finished":
            return


def test_numbers_without_json_are_weighed_too():
    many = WidgetState(id="slider")
    many.int_array_value.data.extend([1] * 150_000)
    assert taken(many, WidgetState(id="button", trigger_value=True)).keys() == {"button"}


def test_a_message_beyond_streamlits_own_bound_is_left_to_it_unread():
    sent = message(*(WidgetState(id=f"{number:030}") for number in range(100_000)))
    assert len(sent) > get_max_widget_state_size_bytes()
    assert Tab().let_in(sent) is sent


def test_a_selection_of_all_test_digits_is_let_in():
    point = {"curve_number": 0, "point_number": 1234, "point_index": 1234, "x": -12.3456789, "y": 1.23456789}
    selection = {"points": [point] * 10_000, "point_indices": list(range(10_000)), "box": [], "lasso": []}
    text = json.dumps({"selection": selection}, separators=(",", ":"))
    assert taken(WidgetState(id="map", string_value=text))["map"].string_value == text


def test_what_is_no_message_is_left_to_streamlit():
    assert Tab().let_in(b"\xff\xff\xff") == b"\xff\xff\xff"


@pytest.mark.parametrize("text", [NESTED, "[" + "9" * 5000 + "]", "{", "[" + "[]," * 300_000 + "[]]"])
def test_json_that_cannot_be_read_or_is_too_much_is_not_let_in(text):
    kinds = taken(
        WidgetState(id="state", json_value=text),
        WidgetState(id="event", json_trigger_value=text),
        WidgetState(id="button", trigger_value=True),
    )
    assert json.loads(kinds["state"].json_value) == {REFUSED: True}
    assert kinds.keys() == {"state", "button"}


def test_a_selection_that_is_nested_too_deep_is_not_let_in():
    assert taken(WidgetState(id="chart", string_value=NESTED)) == {}


def test_what_many_widgets_take_together_is_bounded():
    text = json.dumps({"lists": [[]] * (MAX_STATE // 480)})  # of 70 bytes, with its comma of 50
    states = taken(*(WidgetState(id=str(number), json_value=text) for number in range(9))).values()
    assert [REFUSED in state.json_value for state in states] == [False] * 3 + [True] * 6


def test_a_hundred_thousand_widgets_are_few():
    assert len(taken(*(WidgetState(id=str(number), bool_value=True) for number in range(100_000)))) == MAX_WIDGETS


def test_an_address_that_is_too_long_is_none():
    sent = BackMsg()
    sent.rerun_script.query_string = "digit=" + "4" * 10_000
    sent.rerun_script.page_name = "inside"
    read = BackMsg.FromString(Tab().let_in(sent.SerializeToString())).rerun_script
    assert (read.query_string, read.page_name) == ("", "inside")


def test_of_a_file_that_was_read_the_content_is_forgotten_and_its_picture_goes_on_being_shown(app_address):
    with Visitor(app_address) as visitor:
        visitor.set("way", string_array_value=["Use a picture"])
        uploader = visitor.find("picture")
        assert visitor.upload(uploader, "first.png", seven_on_paper()) == 204
        first = visitor.values[uploader].file_uploader_state_value
        for sent in NO_FRAME:
            visitor.trigger("crop", "moved", sent)
            assert ERROR not in visitor.words(), sent
        assert answer(visitor) == "7"
        assert visitor.upload(uploader, "second.png", seven_on_paper()) == 204
        assert answer(visitor) == "7"
        visitor.set(uploader, file_uploader_state_value=first)  # the uploader had lost it
        assert answer(visitor) == "?"
        gone = FileUploaderState(uploaded_file_info=[UploadedFileInfo(name="x.png", size=9, file_id="gone")])
        visitor.set(uploader, file_uploader_state_value=gone)
        assert "1 of these is not here any more" in visitor.words()


def test_the_newest_files_of_a_session_are_kept_up_to_a_number_and_a_size(monkeypatch):
    files = MemoryUploadedFileManager("/upload")
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=files))

    def give(count: int, size: int) -> list[str]:
        for number in range(count):
            files.add_file("session", UploadedFileRec(f"{size} {number}", "x.png", "image/png", bytes(size)))
            keep_newest_files("session")
        return list(files.file_storage["session"])

    assert give(MAX_FILES + 2, 1) == [f"1 {number}" for number in range(2, MAX_FILES + 2)]
    third = MAX_FILE_MEMORY // 3
    assert give(4, third) == [f"{third} 1", f"{third} 2", f"{third} 3"]


@pytest.mark.parametrize("text", NO_DRAWING, ids=lambda text: text[:40])
def test_what_is_no_drawing_is_an_empty_canvas(visitor, text):
    visitor.send_json("canvas", canvas_state(example("4")))
    assert answer(visitor) == "4"
    visitor.send_json("canvas", text)
    assert ERROR not in visitor.words()
    assert answer(visitor) == "?"


def test_a_drawing_that_is_too_long_is_said_to_be(visitor):
    visitor.send_json("canvas", canvas_state(example("4") * 2_000))
    assert "The drawing is too long to be read" in visitor.words()
    visitor.send_json("canvas", canvas_state(example("4")))
    assert answer(visitor) == "4"


@pytest.mark.chaos
def test_a_message_that_is_too_large_ends_its_session_and_no_other(app_address, visitor):
    with Visitor(app_address) as forger:
        forger.send_json("canvas", json.dumps({"drawing": "x" * 3_000_000}), wait=False)
        visitor.press("example 3")
        assert answer(visitor) == "3"
        with pytest.raises(ConnectionClosed) as closed:
            forger.wait()
        assert closed.value.rcvd.code == 1009  # "message too big" (RFC 6455, 7.4.1)


@pytest.mark.chaos
def test_whatever_the_canvas_sends_the_page_goes_on(visitor, pytestconfig):
    rounds = LONG_ROUNDS if pytestconfig.getoption("long") else ROUNDS
    for number in range(rounds):
        chance = random.Random(number)
        state = bent(canvas_state(example(chance.choice("0123456789"))), chance)
        visitor.send_json("canvas", json.dumps(state))
        assert ERROR not in visitor.words(), (number, state)
    visitor.send_json("canvas", canvas_state(example("8")))
    assert answer(visitor) == "8"


def bent(value: object, chance: random.Random) -> object:
    """Return JSON in which here and there something else stands, goes or is there twice."""
    if chance.random() < 0.03:
        return chance.choice([*LEAVES, [], {}, [value] * 3, {"objects": value}, {"type": "Path", "path": value}])
    if isinstance(value, dict):
        return {key: bent(each, chance) for key, each in value.items() if chance.random() > 0.02}
    if isinstance(value, list):
        return [bent(each, chance) for each in value for _ in range(chance.choice([1] * 40 + [0, 2]))]
    return value


def asking(page: str, fragment: str = "") -> bytes:
    return BackMsg(rerun_script=ClientState(page_script_hash=page, fragment_id=fragment)).SerializeToString()


@pytest.mark.parametrize(
    ("page", "sent", "shown", "is_let_in"),
    [
        ("", asking("draw"), "draw", True),
        ("draw", asking("draw", "canvas"), "draw", True),
        ("draw", asking("mistakes"), "mistakes", True),
        ("mistakes", asking("draw", "canvas"), "mistakes", False),
        ("mistakes", asking("draw"), "draw", True),
        ("", asking("draw", "canvas"), "", True),  # opened by its name: the hash is not known yet
        ("draw", asking(""), "", True),
        ("draw", BackMsg(app_heartbeat=True).SerializeToString(), "draw", True),
        ("draw", b"no message", "draw", True),
    ],
)
def test_a_part_of_a_page_that_was_left_is_not_heard(page, sent, shown, is_let_in):
    tab = Tab(page)
    assert tab.let_in(sent) == (sent if is_let_in else NOTHING)
    assert tab.page == shown


def test_the_page_that_the_server_leads_to_is_heard():
    led = ForwardMsg()
    led.navigation.page_script_hash = "draw"
    assert page_shown_by(led.SerializeToString()) == "draw"
    assert not page_shown_by(ForwardMsg(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY).SerializeToString())
    assert not page_shown_by(b"")


CHART, PRESS = WidgetState(id="chart", json_value="{}"), WidgetState(id="press", trigger_value=True)
MODEL, OTHER = WidgetState(id="model", string_value="quick"), WidgetState(id="model", string_value="accurate")
TURNED = WidgetState(id="chart", json_value='{"moves": true}')


@pytest.mark.parametrize(
    ("earlier", "widgets", "fragment"),
    [
        ([], [CHART], "part"),
        ([], [PRESS], "part"),
        ([], [MODEL, CHART], "part"),  # a widget's first value is no word of the visitor's
        ([], [MODEL, CHART, PRESS], ""),
        ([MODEL, CHART], [MODEL, TURNED], "part"),
        ([MODEL, CHART], [MODEL, CHART, PRESS], "part"),
        ([MODEL, CHART], [OTHER, TURNED], ""),
        ([MODEL], [OTHER, CHART], ""),
        ([PRESS, CHART], [PRESS, CHART], "part"),
    ],
)
def test_the_whole_page_runs_where_several_widgets_speak_in_one_message(earlier, widgets, fragment):
    tab, states = Tab(), [WidgetStates(widgets=said) for said in (earlier, widgets)]
    heard = [
        BackMsg.FromString(tab.let_in(BackMsg(rerun_script=asked).SerializeToString())).rerun_script
        for asked in (ClientState(widget_states=state, fragment_id="part") for state in states)
    ][1]
    assert (heard.fragment_id, list(heard.widget_states.widgets)) == (fragment, widgets)


def test_a_press_does_not_count_twice_as_a_part_runs_again_by_itself():
    tab, sent = Tab(), BackMsg()
    sent.rerun_script.fragment_id, sent.rerun_script.is_auto_rerun = "part", True
    sent.rerun_script.widget_states.widgets.append(CHART)
    assert tab.let_in(sent.SerializeToString()) == sent.SerializeToString()
    sent.rerun_script.widget_states.widgets.append(PRESS)
    assert tab.let_in(sent.SerializeToString()) == NOTHING


def test_a_press_in_the_message_of_another_part_is_answered(app_address):
    with Visitor(app_address) as visitor:
        chart, press = visitor.find("probabilities mover"), visitor.find("example 8")
        part = visitor.fragment_of(chart)
        assert part
        assert not visitor.fragment_of(press)
        visitor.values[chart] = WidgetState(id=chart, json_value='{"moves": true}')
        visitor.values[press] = WidgetState(id=press, trigger_value=True)
        visitor.rerun(ClientState(fragment_id=part))
        assert answer(visitor) == "8"


def test_a_page_stays_when_the_one_before_it_speaks_once_more(app_address):
    with Visitor(app_address) as visitor:
        canvas = visitor.fragment_of(visitor.find("canvas"))
        draw = visitor.page_hash
        visitor.open("models")
        visitor.rerun()
        models, visitor.page_hash = visitor.page_hash, draw
        visitor.rerun()
        visitor.page_hash = models
        visitor.rerun(wait=False)
        visitor.send(BackMsg(rerun_script=ClientState(page_script_hash=draw, fragment_id=canvas)))
        with suppress(TimeoutError):  # until it has nothing more to say
            for _ in visitor.messages(patience=2):
                pass
        assert visitor.page_hash == models
