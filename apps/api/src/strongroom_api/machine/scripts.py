"""The enrolment scripts. Small, readable by whoever pipes them into a shell, filled in here."""

from importlib.resources import files

VARIANTS = {"": "bootstrap.sh", "ps": "bootstrap.ps1", "k8s": "bootstrap.k8s.sh"}
"""What follows the token in the address, and the script it gives."""


def bootstrap_script(variant: str, *, url: str, token: str) -> str:
    """Return the script by which a machine registers with this token."""
    # Not string.Template: shells use both dollars and at-signs for themselves.
    return _template(VARIANTS[variant]).replace("@{URL}", url).replace("@{TOKEN}", token)


def refusal_script(variant: str) -> str:
    """Return a script that says why nothing will be done, and exits with 1."""
    return _template("refused.ps1" if variant == "ps" else "refused.sh")


def _template(name: str) -> str:
    return files("strongroom_api.machine").joinpath("templates", name).read_text("utf-8")
