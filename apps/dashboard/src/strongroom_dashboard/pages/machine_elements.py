"""Elements that only the screens of machines have; `assets/js/machines.js` brings them to life."""

from reflex_components_core.el.elements.base import BaseHTML


class PanesElement(BaseHTML):
    """`<sr-panes>`: two lists of secrets, and what saving them would change."""

    tag = "SrPanes"
    alias = "sr-panes"


class ArrivalsElement(BaseHTML):
    """`<sr-arrivals>`: machines that registered since a dialog made its token."""

    tag = "SrArrivals"
    alias = "sr-arrivals"


class ScriptElement(BaseHTML):
    """`<sr-script>`: the script of a command, to be read first."""

    tag = "SrScript"
    alias = "sr-script"


class OpensElement(BaseHTML):
    """`<sr-opens>`: opens a dialog when the address asks for it."""

    tag = "SrOpens"
    alias = "sr-opens"
