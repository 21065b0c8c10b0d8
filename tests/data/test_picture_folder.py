import os
import struct

import numpy as np
import pytest
import torch
from judge import refuses
from PIL import Image, ImageOps, TiffImagePlugin

from dlsteps.data import DataError, image_folder, load_photograph, picture_files
from dlsteps.data.picture_files import plain


def photograph(name, downscale=4):
    """A real photograph as a picture of 160×106 pixels."""
    pixels = (load_photograph(name, downscale)[0] * 255).round().byte()
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


@pytest.fixture
def folder(tmp_path):
    china, flower = photograph("china"), photograph("flower")
    (tmp_path / "more").mkdir()
    china.save(tmp_path / "a.png")
    flower.resize((300, 40)).save(tmp_path / "more" / "b.jpg")
    flower.convert("L").resize((31, 64)).save(tmp_path / "c.webp")
    (tmp_path / ".hidden.png").write_bytes(b"no picture")
    return tmp_path


def test_pictures_of_any_size_become_squares(folder):
    draw = image_folder(folder, 24)
    assert len(draw) == 3
    pictures = draw(torch.arange(7))
    assert pictures.shape == (7, 3, 24, 24)
    assert pictures.dtype == torch.float32
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert pictures.flatten(1).std(1).min() > 0.05


def test_the_middle_square_is_resized(folder):
    draw = image_folder(folder, 24, dtype=torch.float64)
    middle = photograph("china").crop((27, 0, 133, 106)).resize((24, 24), Image.Resampling.LANCZOS)
    expected = torch.from_numpy(np.asarray(middle).copy()).permute(2, 0, 1).double() / 255
    every = draw(torch.arange(3))
    inner = slice(2, -2)  # near the edge, the filter sees what lies beyond the square
    off = [(picture - expected)[:, inner, inner].abs().max() for picture in every]
    assert min(off) < 2 / 255


def test_a_sample_is_its_number_alone(folder):
    draw = image_folder(folder, 8, seed=3)
    together, again = draw(torch.arange(9)), image_folder(folder, 8, seed=3, room=0)
    for number in (8, 2, 5):
        assert torch.equal(again(torch.tensor([number]))[0], together[number])
    assert not torch.equal(image_folder(folder, 8, seed=4)(torch.arange(9)), together)


def test_gray(folder):
    assert image_folder(folder, 8, channels=1)(torch.arange(2)).shape == (2, 1, 8, 8)


def test_files_that_are_no_pictures_are_named_and_skipped(folder):
    (folder / "notes.txt").write_text("what I did")
    (folder / "cut.png").write_bytes((folder / "a.png").read_bytes()[:30])
    with pytest.warns(
        UserWarning, match=r"skipped: .*cut.png \(.*\); .*notes.txt \(cannot identify image file"
    ):
        draw = image_folder(folder, 8)
    assert set(draw.files.skipped) == {str(folder / name) for name in ("notes.txt", "cut.png")}
    assert len(draw) == 3


def test_a_long_list_of_skipped_files_is_cut(folder):
    for k in range(8):
        (folder / f"{k}.txt").write_text("")
    with pytest.warns(UserWarning, match=r"4\.txt \([^;]*\) and 3 more$"):
        draw = image_folder(folder, 8)
    assert len(draw.files.skipped) == 8


def test_damage_further_on_is_named_when_the_file_is_read_and_the_next_one_is_shown(folder):
    whole = (folder / "a.png").read_bytes()
    (folder / "a.png").write_bytes(whole[: len(whole) // 2])
    draw = image_folder(folder, 8)
    assert len(draw) == 3
    with pytest.warns(UserWarning, match=r"skipped: .*a.png \(.*truncated"):
        pictures = draw(torch.arange(3))
    assert draw(torch.arange(3)).equal(pictures)  # without another warning
    assert list(draw.files.skipped) == [str(folder / "a.png")]
    assert len(torch.unique(pictures, dim=0)) == 2  # c.webp, the next one, is shown twice


def test_when_no_file_can_be_read(folder):
    (folder / "c.webp").unlink()
    for path in (folder / "a.png", folder / "more" / "b.jpg"):
        path.write_bytes(path.read_bytes()[:900])
    draw = image_folder(folder, 8)
    with (
        pytest.warns(UserWarning, match="skipped"),
        pytest.raises(
            ValueError, match=r"none of the 2 picture files can be read; .*a.png: image file is tr"
        ),
    ):
        draw(torch.arange(1))


def test_memory_is_bounded(folder):
    for k in range(20):
        photograph("china").rotate(k).save(folder / f"turned{k:02}.png")
    free, tight = image_folder(folder, 16), image_folder(folder, 16, room=5000)
    assert torch.equal(free(torch.arange(46)), tight(torch.arange(46)))
    assert free.files.kept == 23 * 3 * 16 * 16
    assert tight.files.kept == 6 * 3 * 16 * 16  # the largest multiple of 768 within 5000


def test_every_tenth_file_is_held_out(folder):
    for k in range(20):
        photograph("flower").rotate(k).save(folder / f"turned{k:02}.png")
    parts = {
        part: [path.name for path in image_folder(folder, 8, part=part).files.paths]
        for part in ("all", "train", "test")
    }
    assert parts["test"] == parts["all"][9::10]
    assert sorted(parts["train"] + parts["test"]) == sorted(parts["all"])
    assert len(parts["all"]) == 23


def test_a_picture_that_the_camera_turned_is_upright(tmp_path):
    lying = photograph("china").transpose(Image.Transpose.ROTATE_90)
    exif = lying.getexif()
    exif[0x0112] = 6  # turn by 90° to the right to see it upright
    lying.save(tmp_path / "a.png", exif=exif)
    shown = image_folder(tmp_path, 32)(torch.arange(1))[0]
    expected = np.asarray(ImageOps.fit(photograph("china"), (32, 32), Image.Resampling.LANCZOS))
    assert np.abs(shown.permute(1, 2, 0).numpy() * 255 - expected).max() < 1.5


def test_transparent_places_are_white():
    image = photograph("china")
    image.putalpha(0)
    assert np.asarray(plain(image, 3)).min() == 255
    clear = Image.new("P", (4, 4), 0)
    clear.putpalette([0, 0, 0])
    clear.info["transparency"] = 0
    assert np.asarray(plain(clear, 1)).min() == 255


def test_sixteen_bits_become_eight():
    ramp = np.array([[0, 255, 256, 65535]], dtype=np.uint16)
    assert np.asarray(plain(Image.fromarray(ramp), 1)).tolist() == [[0, 0, 1, 255]]


def test_every_value_of_sixteen_bits_becomes_its_upper_byte():
    everything = np.arange(2**16, dtype=np.uint16).reshape(256, 256)
    assert np.array_equal(np.asarray(plain(Image.fromarray(everything), 1)), everything >> 8)


TAGS = {"low": 340, "high": 341, "bits": 258, "kind": 339, "size": 279}  # of the TIFF format


def tiff(path, values, **tags):
    """Write values as they are, with tags of the format; those that Pillow writes are changed after it."""
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for name in {"low", "high"} & set(tags):
        info[TAGS[name]] = tags[name]
    after = {TAGS[name]: value for name, value in tags.items() if name not in ("low", "high")}
    Image.fromarray(values).save(path, tiffinfo=info)
    data = bytearray(path.read_bytes())
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    for place in range(first + 2, first + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from("<H", data, place)
        if tag in after:
            struct.pack_into("<H", data, place + 8, after[tag])
    path.write_bytes(data)
    return path


RAMP = np.arange(64).reshape(8, 8)
GRAYS = (RAMP * 256 // 63).clip(0, 255)  # black at 0, white at 63
VALUES = {
    "float from 0 to 1": (RAMP.astype(np.float32) / 63, {}),
    "float with its range": (RAMP.astype(np.float32) * 10 - 200, {"low": -200.0, "high": 430.0}),
    "32 bits with their range": (RAMP.astype(np.int32) * 100 - 500, {"low": -500, "high": 5800}),
    "32 bits without a sign": (
        (RAMP.astype(np.int64) * 2**26).astype(np.uint32).view(np.int32),
        {"low": 0, "high": 63 * 2**26, "kind": 1},
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_more_bits_are_scaled_by_what_the_file_says(tmp_path, name):
    """They came out black: the plain conversion cuts at 255."""
    values, tags = VALUES[name]
    path = tiff(tmp_path / "a.tif", values, **tags)
    found = image_folder(tmp_path, 8, channels=1)(torch.arange(1))[0, 0] * 255
    assert np.abs(found.numpy() - GRAYS).max() <= 1, path


def test_twelve_bits_are_as_bright_as_the_file_says(tmp_path):
    values = (RAMP * 65).astype(np.uint16)
    path = tiff(tmp_path / "a.tif", values, bits=12, size=values.size * 3 // 2)
    odd, even = values.reshape(-1, 2).T.astype(int)
    packed = np.stack([odd >> 4, (odd & 15) << 4 | even >> 8, even & 255], 1).astype(np.uint8).tobytes()
    data = path.read_bytes()
    path.write_bytes(data.replace(values.tobytes(), packed.ljust(values.nbytes, b"\0")))
    found = image_folder(tmp_path, 8, channels=1)(torch.arange(1))[0, 0] * 255
    assert np.abs(found.numpy() - GRAYS).max() <= 1


def test_twelve_bits_in_sixteen_are_as_bright_as_the_file_says(tmp_path):
    Image.fromarray((RAMP * 65).astype(np.uint16)).save(tmp_path / "a.pgm")  # 16 bits, written by Pillow
    data = (tmp_path / "a.pgm").read_bytes().replace(b"65535", b"4095", 1)
    (tmp_path / "a.pgm").write_bytes(data)
    found = image_folder(tmp_path, 8, channels=1)(torch.arange(1))[0, 0] * 255
    assert np.abs(found.numpy() - GRAYS).max() <= 1


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (RAMP.astype(np.float32), r"its values run from 0 to 63, and nothing says which are black and white"),
        (RAMP.astype(np.float32) / 63 - 0.5, r"its values run from -0.5 to 0.5"),
        (RAMP.astype(np.int32) * 70000, r"its values run from 0 to 4.41e\+06, and nothing says"),
        (np.where(RAMP == 5, np.nan, 0.5).astype(np.float32), "some of its values are NaN or infinite; rep"),
    ],
)
def test_values_of_an_unknown_range_are_refused_with_the_range_found(folder, values, why):
    tiff(folder / "d.tif", values)
    draw = image_folder(folder, 8)
    with pytest.warns(UserWarning, match=rf"skipped: .*d.tif \({why}"):
        draw(torch.arange(4))
    assert list(draw.files.skipped) == [str(folder / "d.tif")]


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "LA", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_every_mode_show_what_is_on_them(mode, channels):
    """Against the plain conversion of 8 bits, which is right for them."""
    gray = photograph("china").convert("L")
    wide = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    if mode in wide:
        values = np.asarray(gray).astype(wide[mode])
        image = Image.fromarray(values / np.float32(255) if mode == "F" else values * wide[mode](257))
        image.format = "PPM" if mode == "I" else None
    else:
        image = gray.convert("L").convert(mode) if mode != "PA" else gray.convert("P").convert("PA")
    found = np.asarray(plain(image, channels)).astype(int)
    expected = np.asarray(gray.convert("1" if mode == "1" else "L").convert("L")).astype(int)
    expected = expected if channels == 1 else np.repeat(expected[..., None], 3, 2)
    assert np.abs(found - expected).max() <= 3


def test_linked_folders_are_followed_and_each_is_seen_once(folder, tmp_path_factory):
    """They were left out in silence; and a link back must not lead round for ever."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    photograph("flower").save(elsewhere / "e.png")
    (folder / "linked").symlink_to(elsewhere)
    (folder / "more" / "again").symlink_to(elsewhere)
    (folder / "more" / "back").symlink_to(folder)
    (folder / "f.png").symlink_to(folder / "a.png")
    names = [path.name for path in image_folder(folder, 8).files.paths]
    assert sorted(names) == ["a.png", "b.jpg", "c.webp", "e.png", "f.png"]


def test_links_to_nowhere_are_named(folder):
    (folder / "g.png").symlink_to(folder / "nowhere.png")
    os.mkfifo(folder / "pipe")
    with pytest.warns(UserWarning, match=r"g.png \(its link leads nowhere\); .*pipe \(it is no file\)"):
        image_folder(folder, 8)


def test_a_picture_beyond_pillow_s_limit_is_read(folder, monkeypatch):
    expected = image_folder(folder, 8)(torch.arange(3))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert torch.equal(image_folder(folder, 8)(torch.arange(3)), expected)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_a_picture_that_would_fill_the_memory_is_named(folder, monkeypatch):
    monkeypatch.setattr(picture_files, "MOST", 2**16)
    Image.new("1", (300, 300)).save(folder / "h.tif")
    draw = image_folder(folder, 8)
    why = r"h.tif \(its 300×300 pixels take 90000 bytes, and 65536 are the most; make it smaller"
    with pytest.warns(UserWarning, match=why):
        draw(torch.arange(4))


def test_the_same_files_are_known_again(folder):
    facts = image_folder(folder, 8).files.facts(folder)
    assert facts == image_folder(folder, 8, seed=5).files.facts(folder)
    (folder / "c.webp").rename(folder / "d.webp")
    other = image_folder(folder, 8).files.facts(folder)
    assert other["pictures"] == 3
    assert other != facts


def test_too_few_files_to_hold_any_out_are_refused(folder):
    files = image_folder(folder, 8).files
    with refuses(DataError, "has 3 pictures that can be used, and every 10th is held out; give 10 or more"):
        files.check_parts(folder)


def test_a_name_of_any_length_is_no_folder():
    with refuses(DataError, "x is no folder; give one with pictures in it"):
        image_folder("x" * 300, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 0}, "size=0 leaves no pixel"),
        ({"channels": 4}, "channels=4 is neither gray nor color; try 1 or 3"),
        ({"part": "validation"}, "no part is called 'validation'; try one of all, train, test"),
        ({"part": "test"}, "has no pictures for part 'test' .3 files, 0 are no pictures.; give"),
    ],
)
def test_what_cannot_be_is_refused(folder, change, message):
    with refuses(ValueError, match=message):
        image_folder(**{"folder": folder, "size": 8, **change})


def test_no_folder_and_an_empty_one_are_refused(tmp_path):
    with pytest.raises(ValueError, match="nowhere is no folder; give one with pictures in it"):
        image_folder(tmp_path / "nowhere", 8)
    with pytest.raises(ValueError, match=r"has no pictures for part 'all' \(0 files"):
        image_folder(tmp_path, 8)
