"""``labelq audit`` of tasks that show pictures, and of protected data."""

import json

import pytest

from labelq.cli import main

CONFIG = """<View><Image name="image" value="$image"/><Text name="text" value="$text"/>
<Choices name="kind" toName="image"><Choice value="cat"/><Choice value="dog"/></Choices></View>"""


@pytest.fixture
def export(tmp_path, monkeypatch):
    """A round of pictures from a file: two annotators who often disagree."""

    def choice(label):
        value = {"choices": [label]}
        return {"from_name": "kind", "to_name": "image", "type": "choices", "value": value}

    def task(n):
        labels = ("cat", "dog" if n % 3 == 0 else "cat")
        return {
            "id": n,
            "data": {"image": f"/data/upload/1/{n}.png", "text": f"secrettoken{n} on a sofa"},
            "annotations": [
                {"id": 10 * n + who, "completed_by": who, "result": [choice(label)]}
                for who, label in enumerate(labels, 1)
            ],
        }

    monkeypatch.chdir(tmp_path)
    (tmp_path / "round.json").write_text(json.dumps([task(n) for n in range(1, 25)]))
    (tmp_path / "label_config.xml").write_text(CONFIG)
    return ["audit", "round.json", "--resamples", "0", "--no-cross-check", "--out", "a"]


def audit(arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0


def test_a_file_knows_no_server_to_ask_for_pictures(export, tmp_path):
    audit(export)
    pictures = json.loads((tmp_path / "a/pictures.json").read_text("utf-8"))
    assert pictures
    assert {told["reason"] for told in pictures.values()} == {
        "the round was audited from a file, so no server was asked for it"
    }
    page = (tmp_path / "a/report.html").read_text("utf-8")
    assert "No picture here: <bdi>the round was audited from a file" in page
    assert "secrettoken3" in page


def test_protected_data_stands_on_no_page_and_is_not_printed(export, tmp_path, capsys):
    (tmp_path / "labelq.toml").write_text("no_text = true\n")
    audit(export)
    assert "secrettoken" not in capsys.readouterr().out
    pages = [*(tmp_path / "a").rglob("*.html"), tmp_path / "a/report.md"]
    assert not [page for page in pages if "secrettoken" in page.read_text("utf-8")]
    assert not (tmp_path / "a/pictures.json").exists()
    assert "secrettoken3" in (tmp_path / "a/ratings.csv").read_text("utf-8")
    assert json.loads((tmp_path / "a/manifest.json").read_text())["options"]["no_text"] is True
