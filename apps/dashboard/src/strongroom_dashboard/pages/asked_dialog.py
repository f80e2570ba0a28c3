"""Opens a dialog that the address asks for, such as `/projects?new=project` from another screen."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData


class AskedDialog(rx.Component):
    """Shows the dialog of this id as soon as the state names one. It draws nothing itself."""

    library = "react"
    tag = "Fragment"
    asked: rx.Var[str]

    def add_imports(self) -> dict[str, Any]:
        """Return what the hooks need."""
        return {"react": ["useEffect"], "react-router": ["useLocation"]}

    def add_hooks(self) -> list[str | rx.Var[Any]]:
        """Return the hooks, in their order.

        The address has to ask as well: what the state knows may be of a page that was left.
        """
        asked = str(self.asked)
        effect = (
            "useEffect(() => {"
            ' const wanted = new URLSearchParams(srAddress.search).get("new");'
            f" if (!wanted || {asked} !== `new-${{wanted}}`) return;"
            f" const found = document.getElementById({asked});"
            " if (found instanceof HTMLDialogElement && !found.open) found.showModal();"
            f" }}, [{asked}, srAddress.search]);"
        )
        data = VarData.merge(self.asked._get_all_var_data())  # noqa: SLF001 -- no other name
        return ["const srAddress = useLocation();", rx.Var(effect, _var_data=data)]


def asked_dialog(asked: rx.Var[str]) -> rx.Component:
    """Return the part that opens the dialog `new-…` of `?new=…`, where `asked` is its id."""
    return AskedDialog.create(asked=asked)
