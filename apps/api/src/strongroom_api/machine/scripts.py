"""The enrolment scripts. Small, readable by whoever pipes them into a shell, filled in here."""

from importlib.resources import files
from string import Template

VARIANTS = {"": "bootstrap.sh", "ps": "bootstrap.ps1", "k8s": "bootstrap.k8s.sh"}
"""What follows the token in the address, and the script it gives."""


def bootstrap_script(variant: str, *, url: str, token: str) -> str:
    """Return the script by which a machine registers with this token."""
    return _template(VARIANTS[variant]).substitute(URL=url, TOKEN=token)


def refusal_script(variant: str) -> str:
    """Return a script that says why nothing will be done, and exits with 1."""
    if variant == "ps":
        return _template("refused.ps1").template
    return _template("refused.sh").template


def _template(name: str) -> Template:
    text = files("strongroom_api.machine").joinpath("templates", name).read_text("utf-8")
    return _AtTemplate(text)


class _AtTemplate(Template):
    """Shell scripts are full of dollars, so ours are filled in at `@{NAME}`."""

    delimiter = "@"
