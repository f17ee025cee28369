"""labelq.toml and the command line become typed settings, or one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelq.errors import SettingsError
from labelq.settings import Budget, GateRule, load


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labelq.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_file_and_options_share_one_syntax(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        label_config = "config.xml"
        columns = ["unit=task_id,rater=worker"]
        level = ["ordinal", "price=ratio"]
        map_label = ["category:Refunds=Refund"]
        fail_under = ["category:krippendorff_alpha=.667", "gwet_ac1=0.8"]
        where = "channel=email"
        since = 2026-03-09
        seed = 7
        """,
    )
    found = load(path, {"seed": 8, "level": (), "names": None, "exclude": ("edited,prelabeled",)})
    assert found.label_config == tmp_path / "config.xml"  # relative to the file
    assert found.columns == {"unit": "task_id", "rater": "worker"}
    assert found.level == {"": "ordinal", "price": "ratio"}
    assert found.map_label == {("category", "Refunds"): "Refund"}
    assert found.fail_under == (
        GateRule("category", "krippendorff_alpha", 0.667),
        GateRule(None, "gwet_ac1", 0.8),
    )
    assert found.where == (("channel", "email"),)
    assert (found.since, found.seed) == ("2026-03-09", 8)
    assert found.exclude == ("edited", "prelabeled")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fail_undr = []", "unknown setting fail_undr; did you mean fail_under"),
        ("seed = 'x'", "seed: must be a whole number"),
        ("seed = true", "seed: must be a whole number"),
        ("confidence = 95", "confidence: must be a number between 0 and 1"),
        ("names = 1", "names: must be true or false"),
        ("columns = 'unit'", "columns unit: write it as unit=task_id"),
        ("fail_under = 'gwet_ac1=high'", "'high' is not a number"),
        ("exclude = 'drafts'", "exclude drafts: can exclude edited, prelabeled"),
        ("level = '=ordinal'", "level =ordinal: write it as urgency=ordinal"),
        ("label_config = ''", "label_config: must be a text"),
        ("reliable_from = 0.5", "--tentative-from 0.667 must not exceed --reliable-from 0.5"),
        ("seed = ", "not valid TOML"),
        ("api_key = 'x'", "api_key: a key never stands in a file; set LABEL_STUDIO_API_KEY"),
        ("project = '3'", "project: must be the number in its address"),
        ("project = [3, true]", "project: must be the number in its address"),
        ("view = 0", "view: must be the number in its address"),
        ("rater_from = 'title'", "rater_from title: can only be filename"),
        ("queues = 'no'", "queues: must be true or false"),
        ("[costs.q]\na = { b = 1 }", "unknown setting costs; did you mean cost"),
        ("cost = 'costs.csv'", "cost costs.csv: write it as category=costs.csv"),
        ("cost.q = 3", "cost.q: must be a file or a table of labels"),
        ("cost.q.a = 3", "cost.q.a: write it as { OtherLabel = 0.5 }"),
        ("cost.q.a.b = 'x'", "cost.q.a.b: must be a number"),
        ("cost.q.'*' = true", "cost.q.*: must be a number"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(write(tmp_path, text), {})
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "no.toml", {})


def test_no_file_means_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load(None, {})
    assert (found.resamples, found.seed, found.confidence) == (2000, 0, 0.95)


def test_a_server_in_the_file(tmp_path: Path) -> None:
    text = """
    url = "https://labels.example.org/ls"
    ca_bundle = "ca.pem"
    project = [3, 4, 3]
    view = 12
    join = "ticket_id"
    reviewer = ["lead@example.org", "7"]
    queues = false
    """
    found = load(write(tmp_path, text), {"project": (5,), "view": None})
    assert (found.url, found.view, found.queues) == ("https://labels.example.org/ls", 12, False)
    assert found.ca_bundle == tmp_path / "ca.pem"
    assert (found.project, found.join) == ((5,), "ticket_id")  # the command line replaces
    assert found.reviewer == ("lead@example.org", "7")
    assert load(write(tmp_path, "project = 3"), {}).project == (3,)
    assert load(write(tmp_path, "project = [3, 4, 3]"), {}).project == (3, 4)


def test_a_key_in_the_file_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load(write(tmp_path, "api_key = 'hunter2'"), {})
    assert "hunter2" not in str(raised.value)


def test_costs_as_tables_and_as_files(tmp_path: Path) -> None:
    text = """
    weight.tone = "tone.csv"
    [cost.category]
    Billing = { Refund = 0.5 }
    "*" = 1
    """
    found = load(write(tmp_path, text), {})
    assert found.cost == {"category": {"Billing": {"Refund": 0.5}, "*": 1.0}}
    assert found.weight == {"tone": tmp_path / "tone.csv"}  # relative to the file
    given = load(write(tmp_path, text), {"cost": ("category=costs.csv",)})
    assert given.cost == {"category": Path("costs.csv")}  # the command line replaces


def test_a_budget_is_labels_or_time(tmp_path):
    assert load(None, {"budget": "400"}).budget == Budget(labels=400)
    for text, hours in (("6h", 6), ("90m", 1.5), ("1.5H", 1.5)):
        assert load(None, {"budget": text}).budget == Budget(seconds=hours * 3600)
    for text in ("0", "-3", "2.5", "6d", "h", "nan", "inf", "1e99"):
        with pytest.raises(SettingsError, match="write labels as 400, or people's time as 6h"):
            load(None, {"budget": text})
    file = tmp_path / "labelq.toml"
    file.write_text('budget = 400\n[raters]\nactive = ["ann"]\n', "utf-8")
    settings = load(file, {})
    assert (settings.budget, settings.raters) == (Budget(labels=400), {"active": ("ann",)})
    for text in ('raters = "ann"', '[raters]\nidle = ["ann"]', "[raters]\nactive = [3]"):
        file.write_text(text, "utf-8")
        with pytest.raises(SettingsError, match="raters"):
            load(file, {})
