"""Fills in the registration scripts, which are short so that people can read them before running them."""

from importlib.resources import files

from strongroom_wire.usage import install_line, install_line_for_powershell

VARIANTS = {"": "bootstrap.sh", "ps": "bootstrap.ps1", "k8s": "bootstrap.k8s.sh"}
"""The path suffix after the token, and the script for it."""


def bootstrap_script(variant: str, *, url: str, path: str, token: str) -> str:
    """Return the script that registers a machine with this token. `path` precedes the token."""
    # Not string.Template: shells use both dollar and at signs.
    install = install_line_for_powershell(url) if variant == "ps" else install_line(url)
    script = _template(VARIANTS[variant]).replace("@{INSTALL}", install).replace("@{PATH}", path)
    return script.replace("@{URL}", url).replace("@{TOKEN}", token)


def refusal_script(variant: str) -> str:
    """Return a script that prints why it does nothing, and exits with status 1."""
    return _template("refused.ps1" if variant == "ps" else "refused.sh")


def _template(name: str) -> str:
    return files("strongroom_api.machine").joinpath("templates", name).read_text("utf-8")
