"""Training on pictures of one's own, from the command line: refused at the door, or named in one line."""

import json
import re
import shutil

import pytest
import torch
from PIL import Image, ImageDraw

from dlsteps.data import coco_boxes
from dlsteps.detection.yolo import detect
from dlsteps.train import checkpoint, load, weights
from dlsteps.train.__main__ import main

SMALL = ["steps=2", "batch_size=4", "size=32", "S=4", "width=4", "depth=1"]
PLAIN = ["ddpm", "--device", "cpu", "--quiet", "--steps", "2", "--set"]
PLAIN += ["batch_size=4", "width=8", "levels=1", "T=10"]
CLASSES = {1: "red", 7: "blue"}


def scene(k):
    """A picture with a rectangle, and where it is."""
    image = Image.new("RGB", (32, 32), "white")
    box = [2 + k % 9, 3 + k % 7, 8 + k % 5, 9]
    x, y, w, h = box
    ImageDraw.Draw(image).rectangle((x, y, x + w - 1, y + h - 1), fill=("red", "blue")[k % 2])
    return image, box


@pytest.fixture
def pictures(tmp_path):
    """Twenty pictures with a JSON file beside them."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    images, annotations = [], []
    for k in range(20):
        image, box = scene(k)
        image.save(folder / f"{k:02}.png")
        images.append({"id": k, "file_name": f"{k:02}.png", "width": 32, "height": 32})
        annotations.append({"id": k, "image_id": k, "category_id": (1, 7)[k % 2], "bbox": box})
    categories = [{"id": number, "name": name} for number, name in CLASSES.items()]
    write(folder, {"images": images, "annotations": annotations, "categories": categories})
    return folder


def write(folder, content):
    (folder / "boxes.json").write_text(json.dumps(content))


def change(folder, edit):
    content = json.loads((folder / "boxes.json").read_text())
    edit(content)
    write(folder, content)


@pytest.fixture
def yolo(pictures, tmp_path, capsys):
    """The command, on the annotated pictures."""

    def run(*more, settings=()):
        words = ["yolo", "--device", "cpu", "--quiet", "--out", str(tmp_path / "run"), *more]
        own = [f"annotations={pictures}/boxes.json", "channels=3"]
        fresh = [] if {"--resume", "--judge"} & set(more) else [*SMALL, *own]
        words += ["--set", *fresh, *settings] if fresh or settings else []
        return main(words), *capsys.readouterr()

    return run


def test_weights_carry_their_classes_sizes_and_values_without_the_pictures(yolo, pictures, tmp_path):
    status, out, err = yolo()
    assert status == 0, err
    assert "the data: 20 pictures, 20 objects" in out
    batch = coco_boxes(pictures / "boxes.json", 32)(torch.arange(4)).pictures
    shutil.rmtree(pictures)
    model, settings = load("yolo", str(tmp_path / "run"))
    assert settings.class_names == ("red", "blue")
    assert len(detect(model, batch, 0.0)) == 4
    about = weights.result("yolo", tmp_path / "run").about
    assert about == {"takes": [3, 32, 32], "values": [0.0, 1.0], "classes": ["red", "blue"]}


def keep(count):
    """Leave only some pictures in the file."""

    def edit(content):
        content["images"] = content["images"][:count]
        content["annotations"] = [a for a in content["annotations"] if a["image_id"] < count]

    return edit


def every(table, **values):
    def edit(content):
        for item in content[table]:
            item.update(values)

    return edit


def only_object_in(*pictures):
    def edit(content):
        content["annotations"] = [a for a in content["annotations"] if a["image_id"] in pictures]

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (keep(9), "has 9 pictures that can be used, and every 10th is held out; give 10 or more"),
        (keep(0), "leaves no pictures for part 'all'"),
        (
            every("annotations", iscrowd="1"),
            "no picture with one of its 0 objects that can be read in part 'tr",
        ),
        (
            every("annotations", bbox=[5, 5, 1e-7, 9]),
            r"no picture with one of its 0 objects .* annotation 0: it",
        ),
        (
            every("annotations", bbox=[5, 5, 10**400, 9]),
            r"annotation 0 has bbox \[5, 5, 10+\.\.\.0+, 9\]; give",
        ),
        (
            every("images", width=33),
            r"0: boxes.json says width 33, height 32, and it has width 32, height 32",
        ),
        (
            only_object_in(0, 1, 2),
            "no picture with one of its 3 objects that can be read in part 'test', 2 of",
        ),
        (
            only_object_in(9, 19),
            "no picture with one of its 2 objects that can be read in part 'train', 18 of",
        ),
        (lambda content: content.update(images="[" * 1000), "has no list 'images'"),
    ],
)
@pytest.mark.filterwarnings("ignore:skipped")
def test_data_that_cannot_be_learned_from_or_judged_by_are_refused_at_the_door(
    yolo, pictures, tmp_path, edit, message
):
    change(pictures, edit)
    status, out, err = yolo()
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert re.search(message.replace("0: boxes", "00.png: boxes"), err)
    assert not (tmp_path / "run").exists()


@pytest.mark.filterwarnings("ignore:skipped")
@pytest.mark.parametrize(("cut", "part"), [(range(20), "train"), ((9, 19), "test")])
def test_pictures_that_are_all_truncated_are_refused_at_the_door(yolo, pictures, cut, part):
    for k in cut:
        path = pictures / f"{k:02}.png"
        path.write_bytes(path.read_bytes()[:-40])
    status, _, err = yolo()
    assert (status, err.count("\n")) == (2, 1)
    assert re.search(rf"no picture .* can be read in part '{part}'.*\.png: .*truncated", err)


def test_a_run_says_that_its_data_have_changed(yolo, pictures):
    assert yolo()[0] == 0
    change(pictures, keep(10))
    status, out, _ = yolo("--resume")
    assert status == 0
    assert (
        "the data have changed since step 2: 10 pictures for 20, other names and sizes of files, "
        "10 objects for 20, other boxes and labels; the run goes on with them" in out
    )
    everything = [{"id": k, "file_name": f"{k:02}.png"} for k in range(20)]
    change(pictures, lambda content: content.update(images=everything))
    with pytest.warns(UserWarning, match="the data have changed since the training: 20 pictures for 10"):
        status, _, _ = yolo("--judge")
    assert status == 0


def test_other_classes_are_refused(yolo, pictures):
    assert yolo()[0] == 0

    def swap(content):
        for category in content["categories"]:
            category["name"] = {"red": "blue", "blue": "red"}[category["name"]]

    change(pictures, swap)
    for option in ("--resume", "--judge"):
        status, _, err = yolo(option)
        assert (status, err.count("\n")) == (2, 1)
        assert "has the classes blue, red, and the run learned red, blue; give it those, in this order" in err


def test_objects_that_are_not_learned_are_counted(yolo, pictures):
    change(pictures, lambda content: content["annotations"].append({**content["annotations"][0], "id": 99}))
    change(
        pictures, lambda content: content["annotations"].append({**content["annotations"][0], "iscrowd": 1})
    )
    status, out, _ = yolo()
    assert status == 0
    assert (
        "the data: 20 pictures, 21 objects, 1 groups left out, "
        "1 objects that share a cell with another, and are not learned\n"
    ) in out


def test_classes_are_read_and_not_set(yolo):
    for text in ('["a"]', "a", "[1]", "[]", "{}"):
        status, _, err = yolo(settings=[f"classes={text}"])
        assert (status, err.count("\n")) == (2, 1), text


@pytest.mark.parametrize(("count", "status"), [(1, 2), (9, 2), (10, 0)])
def test_a_folder_must_be_large_enough_to_hold_some_out(pictures, tmp_path, capsys, count, status):
    (pictures / "boxes.json").unlink()
    for path in sorted(pictures.iterdir())[count:]:
        path.unlink()
    own = [f"folder={pictures}", "channels=3", "samples=2", "sampling_steps=99"]
    assert main([*PLAIN, *own, "--out", str(tmp_path / "run")]) == status
    out, err = capsys.readouterr()
    if status:
        assert err.startswith(f"error: {pictures} has {count} pictures that can be used, and every 10th")
    else:
        found = weights.result("ddpm", tmp_path / "run")
        assert found.data["pictures"] == count
        assert found.about == {"draws": [3, 8, 8], "values": [-1.0, 1.0]}
        assert checkpoint.newest(tmp_path / "run", "ddpm")[0].data == found.data
        assert f"the data: {count} pictures" in out


@pytest.mark.filterwarnings("ignore:skipped")
def test_data_that_are_gone_in_mid_run_end_it_in_one_line_and_saved(yolo, pictures, tmp_path, monkeypatch):
    from dlsteps.train.run import Run

    advance = Run.advance

    def lose(run):
        if run.step == 3:
            for path in pictures.glob("*.png"):
                path.write_bytes(path.read_bytes()[:50])
        return advance(run)

    monkeypatch.setattr(Run, "advance", lose)
    monkeypatch.setattr("dlsteps.data.picture_files.PictureFiles._square", _unkept)
    status, _, err = yolo(settings=["steps=6"])
    assert (status, err.count("\n")) == (1, 1)
    assert re.match(
        r"error: none of the 18 picture files can be read; .*\.png: .*; the run is saved at st", err
    )
    assert checkpoint.newest(tmp_path / "run", "yolo")[0].step == 3


def _unkept(files, k):
    """Read without keeping, as where pictures are more than fit."""
    try:
        return files._read(k)
    except Exception as error:
        files.skipped[str(files.paths[k])] = str(error)
        return None
