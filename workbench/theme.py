"""The options that give the pages their look; the server adds its own and hands all of them to Streamlit.

The theme itself, light and dark, is `assets/theme/mien.toml`; the few rules Streamlit has no option for are in
`assets/theme/mien.css`.
"""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent / "assets" / "theme"
STYLE_SHEET = _FOLDER / "mien.css"
LOGO = _FOLDER / "mien.svg"

STREAMLIT_OPTIONS: dict[str, str | bool | int] = {
    "theme.base": str(_FOLDER / "mien.toml"),
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "browser.gatherUsageStats": False,
    "runner.magicEnabled": False,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 50,
}
"""Streamlit option -> value. Apply with
`streamlit.web.bootstrap.load_config_options(STREAMLIT_OPTIONS)`, the only way in which a theme file is read."""
