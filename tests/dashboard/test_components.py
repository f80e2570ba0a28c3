"""The components of all screens: what they render, and what they must never do (U-2, U-3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import reflex as rx

import strongroom_dashboard
from strongroom_dashboard.components.badge import avatar, severity
from strongroom_dashboard.components.button import button
from strongroom_dashboard.components.chart import Bucket, draw
from strongroom_dashboard.components.dialog import confirm
from strongroom_dashboard.components.fields import password_field, secret_field, text_field
from strongroom_dashboard.components.form import change, problems, submit
from strongroom_dashboard.components.mark import icon
from strongroom_dashboard.components.second_step import sign_in_steps
from strongroom_dashboard.components.table import Column, cell, row_of, table
from strongroom_dashboard.components.value_fields import generate_fields, pairs_field
from strongroom_dashboard.screens.application import page as application
from strongroom_dashboard.screens.gallery import page as gallery
from strongroom_dashboard.screens.project_settings import page as project_settings
from strongroom_dashboard.screens.project_settings.dialogs import freeze_dialog
from strongroom_dashboard.screens.security import page as security

NOW = datetime(2026, 11, 19, 11, 48, tzinfo=UTC)
PACKAGE = Path(strongroom_dashboard.__file__).parent
SCRIPTS = sorted((PACKAGE / "assets/js").glob("*.js"))
STYLES = sorted((PACKAGE / "assets/css").glob("*.css"))
TOP, BASE = 8.0, 166.0


def hours(count: int, read: int = 5, refused: int = 0) -> list[Bucket]:
    """One-hour buckets, the last of which is the current hour."""
    first = NOW.replace(minute=0) - timedelta(hours=count - 1)
    return [
        {"start": (first + timedelta(hours=at)).isoformat(), "read": read, "refused": refused}
        for at in range(count)
    ]


def test_an_icon_has_one_name() -> None:
    """U-2: a name that is known only in the browser would bundle all of lucide's icons."""
    with pytest.raises(TypeError, match="not between their names"):
        icon(rx.cond(rx.Var.create("a") == "a", "landmark", "search-x"))  # pyright: ignore[reportArgumentType]


def test_bars_stay_below_the_top_line() -> None:
    """A chart's grid lines are at round numbers, and no bar extends above the top line (U-1)."""
    for highest in [*range(1, 1300), 9_999, 10_000, 10_001, 1_234_567]:
        drawing = draw(hours(48, highest), minutes=60)

        top = max(float(bar["read_y"]) for bar in drawing["bars"])
        assert TOP <= top <= BASE
        step = int(drawing["levels"][1]["text"].replace(",", ""))
        assert str(step).rstrip("0") in {"1", "2", "5"}
        assert f"{3 * step:,}" == drawing["levels"][3]["text"]


def test_chart_counts_every_read_and_denial() -> None:
    """The totals next to a chart, and the counts for its table for screen readers, are exact (U-1)."""
    drawing = draw(hours(72, 1_001, 7), minutes=60)

    assert ("72,072", "504") == (drawing["read"], drawing["refused"])
    assert ("72", "60") == (drawing["buckets"], drawing["minutes"])
    assert (72_072, 504) == (
        sum(int(bar["read"]) for bar in drawing["bars"]),
        sum(int(bar["refused"]) for bar in drawing["bars"]),
    )


def test_one_denial_is_visible_among_many_reads() -> None:
    """Denials are marked separately, even if there are only a few (U-1)."""
    [*_, last] = draw(hours(48, 90_000, 1), minutes=60)["bars"]

    assert float(last["refused_height"]) >= 2.5
    assert float(last["refused_y"]) + float(last["refused_height"]) < float(last["read_y"])
    assert ("90000", "1") == (last["read"], last["refused"])


def test_a_chart_without_buckets() -> None:
    """Without buckets, the chart is drawn without bars (U-1)."""
    drawing = draw([], minutes=60)

    assert ([], "0", "0") == (drawing["bars"], drawing["read"], drawing["refused"])


def test_no_field_is_an_event() -> None:
    """Form input never reaches a Reflex handler, so it is never in the state or on the websocket (S-2)."""
    form = change(
        text_field("name", "Name", required=True),
        secret_field(),
        password_field("password", "Password"),
        pairs_field(names=rx.Var("names").to(list[str])),
        generate_fields(),
        problems(),
        submit("Create secret"),
        action="/api/secrets",
    )

    drawn = str(form.render())
    assert "sr-form" in drawn
    assert not re.findall(r"\bon[A-Z]\w+:|addEvents", drawn)


def test_no_part_writes_style_elements() -> None:
    """No component uses props that Reflex turns into `<style>` elements, because those break tables."""
    drawn = str(gallery.page().render())

    assert "css:" not in drawn
    assert "DynamicIcon" not in drawn


def test_names_of_severity_and_actors_are_words() -> None:
    """Severities and actors are shown by a shape and a word in addition to a color (U-2)."""
    assert "Critical" in str(severity("critical").render())
    assert "TR" in str(avatar("user", "Tomás Rivera").render())
    assert '"sev"' not in str(severity("critical").render())


def test_a_destructive_question_begins_at_the_safe_button() -> None:
    """Before an action that can't be undone, the focus is on the button that changes nothing (U-2)."""
    question = str(
        confirm(
            id="revoke",
            title="Revoke waw-scanner-02?",
            sentence="It stops at the next request.",
            verb="Revoke machine",
            keep="Keep it",
            action="/api/machines/1/revoke",
            consequences=(("2", "secrets it can read now"),),
            type_name="waw-scanner-02",
        ).render()
    )

    safe = question.index("Keep it")
    assert "data-first" in question[safe - 400 : safe]
    assert 1 == question.count("data-first")
    assert '"data-equals":"waw-scanner-02"' in question
    assert "disabled" not in question


def test_freezing_begins_at_the_reason() -> None:
    """The focus is on the reason, which freezing requires (U-2)."""
    drawn = str(freeze_dialog().render())

    first = drawn.index("data-first")
    assert 0 < drawn.index("textarea") < first < drawn.index("Cancel")


def test_a_disabled_button_gives_the_reason() -> None:
    """A button that the user isn't allowed to press stays reachable and gives the reason (U-4)."""
    drawn = str(button("Replace", why_not="An owner can give you secrets.replace").render())

    assert '"aria-disabled":"true"' in drawn
    assert 2 == drawn.count("An owner can give you secrets.replace")


def test_the_second_step_is_hidden_at_first() -> None:
    """A-3: the page asks for a second factor only once the API has asked for one."""
    drawn = str(sign_in_steps().render())

    assert re.search(r'"data-second-step":""[^\[]*hidden:true', drawn)
    assert re.search(r'"data-factor":"passkey"[^\[]*hidden:true', drawn)


def test_a_sign_in_method_that_was_never_used_says_so() -> None:
    """A-3: the sentence about the last use also reads well if there was none."""
    drawn = str(security.page().render())

    assert "Never used" in drawn


def test_tables_have_a_caption_and_show_their_order() -> None:
    """A table has a name, and column headers that show how it is sorted (U-2)."""
    drawn = str(
        table(
            Column("Name", sort="ascending", href="/projects?sort=-name"),
            Column("Reads", numeric=True),
            rows=[row_of(cell("A"), cell("1", numeric=True))],
            caption="Secrets of checkout-api",
        ).render()
    )

    assert "Secrets of checkout-api" in drawn
    assert '"aria-sort":"ascending"' in drawn
    assert 2 == drawn.count('scope:"col"')


@pytest.mark.parametrize(
    ("page", "verbs"),
    [
        (project_settings.page, ("Save project", "Save label")),
        (application.page, ("Save application",)),
    ],
)
def test_a_disabled_save_button_gives_the_reason(page, verbs: tuple[str, ...]) -> None:
    """U-4: a save button is rendered twice: enabled, and disabled with the reason."""
    drawn = str(page().render())
    for verb in verbs:
        found = [at.start() for at in re.finditer(verb, drawn)]

        assert 2 == len(found)
        assert "aria-disabled" in drawn[found[0] - 600 : found[0]]
        assert "aria-disabled" not in drawn[found[1] - 600 : found[1]]


SETTINGS = {"places.js", "sorts.js", "table.js", "time.js"}
"""The scripts that keep a setting in this browser: pinned projects, sorts, row height, time zone."""

FORBIDDEN = (
    r"\beval\b|\bnew Function\b|\binnerHTML\b|\bouterHTML\b|insertAdjacentHTML|document\.write",
    r"\bconsole\.",
    r"indexedDB|document\.cookie",
    r"[\"'`](?:https?:)?//\w",
    r"setTimeout\(\s*[\"'`]|setInterval\(\s*[\"'`]",
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_evaluate_and_store_nothing(script: Path) -> None:
    """No script evaluates text, logs, stores what it has seen, or contacts another host (U-3)."""
    text = script.read_text(encoding="utf-8")

    assert [] == [found for rule in FORBIDDEN for found in re.findall(rule, text)]
    assert ("localStorage" in text) == (script.name in SETTINGS)
    # A toast must survive the page load that follows it, and so must the person's email, for
    # signing in again.
    assert ("sessionStorage" in text) == (script.name in {"toasts.js", "session.js"})


def test_every_script_is_reached() -> None:
    """Everything that `main.js` loads exists, and every script is loaded somewhere."""
    imports = {
        script.name: set(
            re.findall(r'(?:from|import) "\./([\w.]+)"', script.read_text(encoding="utf-8"))
        )
        for script in SCRIPTS
    }
    reached, ahead = set[str](), {"main.js"}
    while ahead:
        reached |= ahead
        ahead = {name for each in ahead for name in imports[each]} - reached

    assert {script.name for script in SCRIPTS} == reached


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_styles_load_nothing_from_other_hosts(style: Path) -> None:
    """Fonts come from packages that the build bundles; pictures are in the styles themselves (U-3)."""
    urls = re.findall(r"url\(\s*['\"]?([^'\")]{1,24})", style.read_text(encoding="utf-8"))

    assert [] == [url for url in urls if not url.startswith(("data:image/svg+xml", "@fontsource"))]
