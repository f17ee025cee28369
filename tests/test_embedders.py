"""Models come from a local directory; what is missing is said in one line."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from labelq.embedders import local_embedder
from labelq.errors import SettingsError


def test_no_directory_and_no_model(tmp_path):
    with pytest.raises(SettingsError, match="no such directory"):
        local_embedder(tmp_path / "all-MiniLM-L6-v2")
    with pytest.raises(SettingsError, match=r"no model .*modules\.json"):
        local_embedder(tmp_path)


@pytest.mark.parametrize("module", ["model2vec", "sentence_transformers"])
def test_a_missing_package_is_named(tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    _model(tmp_path, module)
    with pytest.raises(SettingsError, match="needs") as raised:
        local_embedder(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_broken_model_is_one_line(tmp_path, monkeypatch):
    def broken(_path):
        raise RuntimeError("bad\nheader")

    _fake(monkeypatch, from_pretrained=broken)
    _model(tmp_path, "model2vec")
    with pytest.raises(SettingsError, match=r"cannot be read \(bad header\)"):
        local_embedder(tmp_path)


def test_a_static_model_is_called_with_texts(tmp_path, monkeypatch):
    model = types.SimpleNamespace(encode=lambda texts: np.ones((len(texts), 2)))
    _fake(monkeypatch, from_pretrained=lambda _path: model)
    _model(tmp_path, "model2vec")
    embedder = local_embedder(tmp_path)
    assert embedder.name == tmp_path.name
    assert embedder(("a", "b")).shape == (2, 2)


def _model(path, module):
    if module == "model2vec":
        (path / "config.json").write_text('{"model_type": "model2vec"}', encoding="utf-8")
    else:
        (path / "modules.json").write_text("[]", encoding="utf-8")


def _fake(monkeypatch, from_pretrained):
    fake = types.ModuleType("model2vec")
    fake.StaticModel = types.SimpleNamespace(from_pretrained=from_pretrained)
    monkeypatch.setitem(sys.modules, "model2vec", fake)
