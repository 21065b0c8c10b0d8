import numpy as np
import pytest
import torch
from judge import refuses
from PIL import Image, ImageOps

from dlsteps.data import image_folder, load_photograph
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
        pytest.raises(ValueError, match=r"none of the 2 picture files can be read, .*a.png among them"),
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
