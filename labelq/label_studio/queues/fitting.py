"""The data of a queue that came from a file → what a labeling config needs to show it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from labelq.errors import SourceError
from labelq.label_studio.config import parse_label_config

__all__ = ["Fitting"]

_VARIABLE = re.compile(r"\$([^\s.\[\]$]+)")
_PLAIN = ("text", "hypertext", "header", "image", "audio", "video")


class Fitting:
    """``Fitting(label_config, "text", where)(data)`` is the task data that the config shows.

    An audit keeps the text under its own name and lists as JSON: both are put back.
    ``where`` names the config in errors.
    """

    def __init__(self, label_config: str, text_field: str, where: str) -> None:
        from defusedxml.ElementTree import fromstring

        self.where = where
        self.text_field = text_field
        texts = parse_label_config(label_config, where=where).texts
        self.shown: dict[str, bool] = {}
        """Field → whether it may hold a list or an object."""
        for element in fromstring(label_config, forbid_dtd=True).iter():
            attributes = {name.lower(): value for name, value in element.attrib.items()}
            found = _VARIABLE.match(attributes.get("value", ""))
            if found and "name" in attributes and "toname" not in attributes:
                plain = element.tag.lower() in _PLAIN
                self.shown[found[1]] = self.shown.get(found[1], False) or not plain
        self.text_of = None
        if text_field not in self.shown and len(texts) == 1 and len(texts[0].steps) == 1:
            self.text_of = texts[0].steps[0]

    def __call__(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data, with the names and kinds that the config needs.

        Raises:
            SourceError: a field that the config shows is not there.
        """
        fitted = dict(data)
        if self.text_of is not None and self.text_of not in fitted and self.text_field in fitted:
            fitted[self.text_of] = fitted.pop(self.text_field)
        for name, structured in self.shown.items():
            if name not in fitted:
                raise SourceError(
                    f"{self.where}: shows ${name}, which a queued task lacks; push to the"
                    " project that was labeled (--project ID), whose tasks have it"
                )
            value = fitted[name]
            if structured and isinstance(value, str) and value[:1] in ("[", "{"):
                try:
                    fitted[name] = msgspec.json.decode(value)
                except msgspec.DecodeError:
                    continue
        return fitted
