"""Pictures in a report are small, decoded and encoded anew, whatever they were."""

import base64
import io
import json
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from labelq.errors import SourceError
from labelq.report.pictures import (
    MOST_BYTES,
    NO_PICTURE,
    PICTURES,
    SIDE,
    TOO_LARGE,
    Picture,
    pictures_document,
    read_pictures,
    thumbnail,
)


def encoded(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decoded(picture):
    head, _, body = picture.uri.partition(",")
    assert head == "data:image/jpeg;base64"
    content = base64.b64decode(body)
    assert len(content) <= MOST_BYTES
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("RGB", "PNG"), ("L", "PNG"), ("P", "GIF"), ("1", "PNG"), ("CMYK", "JPEG"), ("RGBA", "WEBP")],
)
def test_every_kind_is_made_small(mode, kind):
    small = decoded(thumbnail(encoded(Image.new(mode, (1000, 500)), kind)))
    assert (small.format, small.mode, small.size) == ("JPEG", "RGB", (SIDE, SIDE // 2))


def test_what_is_transparent_is_white():
    small = decoded(thumbnail(encoded(Image.new("RGBA", (50, 50), (255, 0, 0, 0)))))
    assert small.getpixel((25, 25)) == (255, 255, 255)


def test_sixteen_bits_keep_their_contrast():
    deep = Image.new("I;16", (2, 1))
    deep.putpixel((0, 0), 100)
    deep.putpixel((1, 0), 40_000)
    small = decoded(thumbnail(encoded(deep.resize((200, 100), Image.Resampling.NEAREST))))
    assert small.getpixel((10, 50))[0] < 20
    assert small.getpixel((190, 50))[0] > 235


def test_it_stands_upright_and_carries_no_metadata():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "Ward 7, Mr. Smith"
    content = encoded(Image.new("RGB", (400, 200)), "JPEG", exif=exif)
    picture = thumbnail(content)
    small = decoded(picture)
    assert small.size == (SIDE // 2, SIDE)
    assert not small.getexif()
    assert b"Smith" not in base64.b64decode(picture.uri.partition(",")[2])


def test_noise_is_small_too():
    noise = Image.effect_noise((700, 700), 120).convert("RGB")
    assert decoded(thumbnail(encoded(noise, "JPEG", quality=90))).size[0] <= SIDE


def claiming(width, height):
    """A small file that says it is a picture of any size."""
    whole = encoded(Image.new("1", (8, 8)))
    header = b"IHDR" + struct.pack(">II", width, height) + whole[24:29]
    return whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:]


def test_a_bomb_is_not_decoded():
    assert thumbnail(claiming(8, 8)).uri
    assert thumbnail(claiming(8_000, 8_000)) == Picture(reason=TOO_LARGE)
    assert thumbnail(claiming(30_000, 30_000)) == Picture(reason=NO_PICTURE)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html>sign in</html>",
        b'{"detail": "no"}',
        encoded(Image.new("RGB", (60, 60)))[:60],
        encoded(Image.new("RGB", (60, 60)), "TIFF"),
    ],
)
def test_what_is_no_picture_has_a_reason(content):
    assert thumbnail(content) == Picture(reason=NO_PICTURE)


@given(st.binary(max_size=200), st.integers(0, 120))
def test_damaged_files_never_raise(damage, at):
    whole = encoded(Image.linear_gradient("L").convert("RGB").resize((40, 40)))
    found = thumbnail(whole[:at] + damage + whole[at + len(damage) :])
    assert bool(found.uri) != bool(found.reason)


def test_what_is_written_is_read(tmp_path):
    told = {
        "7": thumbnail(encoded(Image.new("RGB", (9, 9)))),
        "<b>": Picture(reason="the server answers 403"),
    }
    (tmp_path / PICTURES).write_text(json.dumps(pictures_document(told)))
    assert read_pictures(tmp_path) == told
    assert read_pictures(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/x.png",
        "data:image/svg+xml;base64,AAAA",
        "data:text/html;base64,AAAA",
        'data:image/jpeg;base64,AAAA" onerror="alert(1)',
        "data:image/jpeg;base64," + "A" * 30_000,
        7,
    ],
)
def test_a_file_of_pictures_brings_nothing_else(tmp_path, uri):
    (tmp_path / PICTURES).write_text(json.dumps({"7": {"uri": uri}}))
    assert read_pictures(tmp_path) == {"7": Picture(reason=NO_PICTURE)}


@pytest.mark.parametrize("content", ["[]", '{"7": "x"}', "{", "[" * 100_000])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    (tmp_path / PICTURES).write_text(content)
    with pytest.raises(SourceError, match="is not as `labelq audit` writes it"):
        read_pictures(tmp_path)
