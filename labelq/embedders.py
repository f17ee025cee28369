"""Sentence vectors from a model in a local directory; nothing is ever downloaded.

Two formats are read: sentence-transformers (``modules.json``) and model2vec (``config.json``
that says so, the small static kind, which needs nothing but numpy).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from labelq.errors import SettingsError

EXTRA = 'pip install "labelq[embeddings]"'


class LocalEmbedder:
    """Texts to a matrix, by a model whose ``name`` is its directory's."""

    def __init__(self, name: str, encode: Callable[[list[str]], Any]) -> None:
        self.name = name
        self._encode = encode

    def __call__(self, texts: Sequence[str]) -> Any:
        """One row per text."""
        return self._encode(list(texts))


def local_embedder(path: Path) -> LocalEmbedder:
    """The model in the directory ``path``.

    Raises:
        SettingsError: there is no such directory or no model in it, or the package that reads
            it is not installed.
    """
    if not path.is_dir():
        raise SettingsError(
            f"--embedder {path}: no such directory; a model is a local directory, never a name"
            " on a hub"
        )
    # The packages ask a hub about what is missing; a local model is whole or an error.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        return LocalEmbedder(path.resolve().name, _encoder(path))
    except SettingsError:
        raise
    except ImportError as error:
        package = (error.name or "a package").partition(".")[0]
        raise SettingsError(
            f"--embedder {path}: reading this model needs {package}: {_how(package)}"
        ) from None
    except Exception as error:  # noqa: BLE001 whatever a broken model makes its package raise
        said = " ".join(str(error).split())[:200]
        raise SettingsError(f"--embedder {path}: the model cannot be read ({said})") from None


def _encoder(path: Path) -> Callable[[list[str]], Any]:
    if _config(path).get("model_type") == "model2vec":
        from model2vec import StaticModel

        static = StaticModel.from_pretrained(str(path))
        return static.encode  # type: ignore[no-any-return]
    if (path / "modules.json").is_file():
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(path), local_files_only=True, trust_remote_code=False)
        return lambda texts: model.encode(texts, show_progress_bar=False, convert_to_numpy=True)
    raise SettingsError(
        f"--embedder {path}: no model of sentence-transformers (modules.json) or model2vec"
        " (config.json) is in it"
    )


def _config(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _how(package: str) -> str:
    return EXTRA if package == "model2vec" else f"pip install {package.replace('_', '-')}"
