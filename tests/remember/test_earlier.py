"""An audit's directory is read back as it was written."""

import json
import shutil

import pytest

from labelq import audit, read
from labelq.errors import SourceError
from labelq.reading import read_audit
from labelq.report.directory import write_audit

MANIFEST = {"inputs": {"guideline": {"name": "rules.md"}}, "options": {}}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    round_ = read(
        "sample_data/support_triage/round_1.json",
        label_config="sample_data/support_triage/label_config.xml",
        map_labels={("category", "Refunds"): "Refund"},
    )
    found = audit(round_, guideline=("rules.md", "# Rules\r\n\r\n## Refund\r\n"), resamples=200)
    target = tmp_path_factory.mktemp("audits") / "first"
    write_audit(found, target, manifest=MANIFEST)
    return found, target


def test_an_audit_is_read_as_it_was_written(written):
    found, target = written
    again = read_audit(target)
    assert again.name == found.round.name
    assert again.round == found.round
    assert again.clusters == found.clusters
    assert again.guideline == ("rules.md", "# Rules\r\n\r\n## Refund\r\n")
    assert again.cluster(found.clusters[1].id) == found.clusters[1]
    with pytest.raises(KeyError):
        again.cluster("category-999")


@pytest.mark.parametrize("missing", ["audit.json", "manifest.json", "ratings.csv"])
def test_a_directory_that_lacks_a_file_is_no_audit(written, tmp_path, missing):
    copy = shutil.copytree(written[1], tmp_path / "copy")
    (copy / missing).unlink()
    with pytest.raises(SourceError, match=rf"is no audit \(it has no {missing}\)"):
        read_audit(copy)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("clusters"),
        lambda d: d["clusters"][0]["units"].append("nobody"),
        lambda d: d["clusters"][0].pop("cause"),
        lambda d: d.update(clusters=3),
    ],
)
def test_documents_that_were_changed_are_refused(written, tmp_path, change):
    copy = shutil.copytree(written[1], tmp_path / "copy")
    document = json.loads((copy / "audit.json").read_text())
    change(document)
    (copy / "audit.json").write_text(json.dumps(document))
    with pytest.raises(SourceError, match="audit again"):
        read_audit(copy)
