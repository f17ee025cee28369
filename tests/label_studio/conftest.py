import json

import pytest

from labelq.label_studio.exports import read_export


@pytest.fixture
def export(tmp_path):
    def write(content, config=None, **options):
        path = tmp_path / "round.json"
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        path.write_bytes(content)
        if config is not None:
            options["label_config"] = tmp_path / "config.xml"
            options["label_config"].write_text(f"<View>{config}</View>")
        return read_export(path, **options)

    return write
