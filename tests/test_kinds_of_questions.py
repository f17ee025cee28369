"""Rankings, taxonomies, preferences and numbers from an export through the front door."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.test_cli import run

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <List name="items" value="$items"/>
  <Ranker name="rank" toName="items"/>
  <Pairwise name="prefer" toName="text,items"/>
  <Number name="size" toName="text"/>
  <Taxonomy name="kind" toName="text">
    <Choice value="Animal">
      <Choice value="Dog"><Choice value="Labrador"/><Choice value="Poodle"/></Choice>
      <Choice value="Cat"><Choice value="Siamese"/></Choice>
    </Choice>
    <Choice value="Plant"><Choice value="Tree"/><Choice value="Herb"/></Choice>
  </Taxonomy>
</View>"""

PATHS = [
    ["Animal", "Dog", "Labrador"],
    ["Animal", "Dog", "Poodle"],
    ["Animal", "Cat", "Siamese"],
    ["Plant", "Tree"],
    ["Plant"],
]


def result(name: str, kind: str, **value: Any) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": kind, "value": value}


def tasks(n: int = 24) -> list[dict[str, Any]]:
    """Every second task ranks items of its own, the others the same four."""
    rng = random.Random(2)
    found = []
    for t in range(n):
        items = [f"<b>{t}</b>{i}" if t % 2 else f"i{i}" for i in range(4)]
        rng.shuffle(items)
        path, side, size = rng.choice(PATHS), rng.choice(["left", "right"]), rng.gauss(5, 2)
        annotations = []
        for who in (1, 2, 3):
            order = items[:]
            if rng.random() < 0.4:
                order[0], order[1] = order[1], order[0]
            chosen = path if rng.random() < 0.7 else rng.choice(PATHS)
            other = {"left": "right", "right": "left"}[side]
            annotations.append(
                {
                    "completed_by": who,
                    "created_at": f"2026-03-0{who}T10:00:00Z",
                    "result": [
                        result("rank", "ranker", ranker={"rank": order}),
                        result("prefer", "pairwise", selected=rng.choice([side, side, other])),
                        result("size", "number", number=round(size + rng.gauss(0, 1), 2)),
                        result("kind", "taxonomy", taxonomy=[chosen]),
                    ],
                }
            )
        data = {"text": f"text {t}", "items": [{"id": i, "title": i} for i in items]}
        found.append({"id": t + 1, "data": data, "annotations": annotations})
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export.json").write_text(json.dumps(tasks()), encoding="utf-8")
    (tmp_path / "label_config.xml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[tuple[Any, ...], Any]:
    assert run("agreement", *arguments, "--format", "json") == 0
    table = json.loads(capsys.readouterr().out)
    table = table["agreements"] if isinstance(table, dict) else table
    return {
        (row["question"], row["metric"], row["distance"]): row
        for row in table
        if row["label"] is None and row["raters"] is None
    }


def test_agreement(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "export.json", "--label-config", "label_config.xml")
    alpha = "krippendorff_alpha"
    assert found["rank", alpha, "kendall"]["lower"] > 0.6
    assert (
        found["rank", "kendall_w", None]["value"] > found["rank", "kendall_tau_mean", None]["value"]
    )
    assert found["rank", "gwet_ac1", None]["reason"] == "not_for_rankings"
    assert found["prefer", "kendall_tau_mean", None]["value"] is not None
    assert found["size", "icc_2", None]["n_units"] == 24
    for name in ("masi", "jaccard", "tree", "subtree", "depth_1", "depth_2", "depth_3"):
        assert found["kind", alpha, name]["value"] is not None
    assert ("kind", "icc_2", None) not in found


def test_audit_and_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = ("export.json", "--label-config", "label_config.xml")
    assert run("audit", *source, "--out", "out", "--resamples", "200") == 0
    capsys.readouterr()
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "items in order" in page
    assert "<b>1</b>" not in page  # an item's id is data
    first = rows(capsys, *source)
    assert rows(capsys, "out/ratings.csv") == first
    labels = (folder / "out" / "labels.csv").read_text(encoding="utf-8")
    assert '"{""ranking"": [' in labels


def test_every_coefficient_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = ("export.json", "--label-config", "label_config.xml")
    found = rows(capsys, *source, "--metric", "ICC(3,k)", "--metric", "alpha")
    assert found["size", "icc_3k", None]["value"] is not None
    assert found["rank", "icc_3k", None]["reason"] == "needs_numbers"
    assert found["kind", "krippendorff_alpha", "passonneau_2004"]["value"] is not None
