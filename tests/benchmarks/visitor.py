"""A person at the workbench without a browser: speaks Streamlit's protocol, so that the server alone is measured."""

import time
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PATIENCE_S = 120.0


class Visitor:
    """Somebody with one page open.

    Args:
        address: of the workbench, "http://127.0.0.1:8501".
        page: name of the page, "" for the first. query: what follows the question mark.
    """

    def __init__(self, address: str, page: str, query: str = ""):
        self.page, self.query, self.url = page, query, f"{address}/{page}"
        where = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
        self._socket = connect(where, subprotocols=["streamlit"], max_size=None, open_timeout=PATIENCE_S)
        self._choices: dict[str, Any] = {}
        self._chosen: dict[str, str] = {}

    def close(self) -> None:
        """Go away."""
        self._socket.close()

    def open(self) -> float:
        """Open the page, or draw it again; seconds until the server has sent all of it."""
        asked = BackMsg()
        run = asked.rerun_script
        run.query_string, run.page_name, run.context_info.url = self.query, self.page, self.url
        for name, value in self._chosen.items():
            state = run.widget_states.widgets.add()
            state.id = name
            state.string_array_value.data.append(value)
        began = time.monotonic()
        self._socket.send(asked.SerializeToString())
        self._drawn()
        return time.monotonic() - began

    def move(self) -> float:
        """Choose the next word of the page's first row of choices, where it has one; seconds until all is there."""
        for name, group in self._choices.items():
            words = [option.content for option in group.options]
            now = self._chosen.get(name, words[group.default[0]] if group.default else words[0])
            self._chosen[name] = words[(words.index(now) + 1) % len(words)]
            break
        return self.open()

    def _drawn(self) -> None:
        """Read until a whole run of the page has ended."""
        self._choices = {}
        while True:
            message = ForwardMsg()
            message.ParseFromString(self._socket.recv(PATIENCE_S))
            kind = message.WhichOneof("type")
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "button_group":
                group = message.delta.new_element.button_group
                if len(group.options) > 1:
                    self._choices[group.id] = group
            if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return
