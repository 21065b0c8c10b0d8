import copy
import json

import numpy as np
import pytest
import torch
from judge import refuses
from PIL import Image
from pycocotools.coco import COCO

from dlsteps.data import DataError, coco_boxes, picture_files
from dlsteps.data.shuffle import shuffled

# Red, green and blue rectangles on white: where a box is can be seen in the pixels.
COLORS = {1: (255, 0, 0), 4: (0, 255, 0), 9: (0, 0, 255)}
CATEGORIES = [{"id": 9, "name": "blue"}, {"id": 1, "name": "red"}, {"id": 4, "name": "green"}]
PICTURES = {
    "wide.png": ((80, 40), [(1, (8, 4, 24, 16)), (9, (40, 20, 32, 16))]),
    "high.png": ((30, 60), [(4, (6, 12, 12, 36))]),
    "none.png": ((20, 20), []),
}


@pytest.fixture
def found(tmp_path):
    """Three pictures and what COCO's format says of them, as a dictionary that a test may change."""
    content = {"images": [], "annotations": [], "categories": copy.deepcopy(CATEGORIES)}
    (tmp_path / "pictures").mkdir()
    for k, (name, (size, objects)) in enumerate(PICTURES.items()):
        image = Image.new("RGB", size, "white")
        for category, (x, y, w, h) in objects:
            image.paste(COLORS[category], (x, y, x + w, y + h))
            number = len(content["annotations"])
            box = {"id": number, "image_id": k + 7, "category_id": category, "bbox": [x, y, w, h]}
            content["annotations"].append({**box, "area": w * h, "iscrowd": 0})
        image.save(tmp_path / "pictures" / name)
        content["images"].append({"id": k + 7, "file_name": name, "width": size[0], "height": size[1]})
    return content


@pytest.fixture
def read(found, tmp_path):
    """A function that writes the content down and reads it."""

    def reader(size=40, **changes):
        (tmp_path / "boxes.json").write_text(json.dumps(found))
        return coco_boxes(tmp_path / "boxes.json", size, **{"images": tmp_path / "pictures", **changes})

    return reader


def by_name(draw):
    """Each picture with its boxes and labels."""
    shown, order = draw(torch.arange(len(draw))), shuffled(torch.arange(len(draw)), len(draw), 0)
    names = [draw.files.paths[k].name for k in order.tolist()]
    return {name: (shown.pictures[i], shown.boxes[i], shown.labels[i]) for i, name in enumerate(names)}


def test_boxes_are_where_the_pixels_are(read):
    draw = read()
    assert draw.classes == ("red", "green", "blue")
    assert draw.most == 2
    colors = {0: (1, 0, 0), 1: (0, 1, 0), 2: (0, 0, 1)}
    seen = 0
    for picture, boxes, labels in by_name(draw).values():
        for box, label in zip(boxes[labels >= 0], labels[labels >= 0].tolist(), strict=True):
            color = torch.tensor(colors[label]).view(3, 1, 1)
            rows, columns = ((picture - color).abs().amax(0) < 0.3).nonzero(as_tuple=True)
            edges = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 40
            assert (box - edges).abs().max() <= 1 / 40  # resizing blurs an edge by up to a pixel
            seen += 1
    assert seen == 3


def test_boxes_are_those_that_cocos_own_reader_gives(read, tmp_path, capsys):
    draw = read()
    theirs = COCO(tmp_path / "boxes.json")
    for name, (_, boxes, labels) in by_name(draw).items():
        (image,) = [image for image in theirs.imgs.values() if image["file_name"] == name]
        W, H = image["width"], image["height"]
        side = max(W, H)
        annotations = theirs.loadAnns(theirs.getAnnIds(image["id"]))
        assert len(annotations) == int((labels >= 0).sum())
        for annotation, box, label in zip(annotations, boxes, labels.tolist(), strict=False):
            x, y, w, h = annotation["bbox"]
            left, top = x + (side - W) / 2, y + (side - H) / 2
            expected = torch.tensor([left, top, left + w, top + h]) / side
            torch.testing.assert_close(box, expected, rtol=0, atol=1e-6)
            assert draw.classes[label] == theirs.cats[annotation["category_id"]]["name"]


def test_gaps_and_margins(read):
    picture, boxes, labels = by_name(read())["none.png"]
    assert labels.tolist() == [-1, -1]
    assert not boxes.any()
    assert torch.equal(picture, torch.ones(3, 40, 40))
    picture, _, _ = by_name(read())["wide.png"]
    assert torch.equal(picture[:, :10], torch.full((3, 10, 40), 128 / 255))
    assert not (picture[:, 10:30] == 128 / 255).all(0).any()


def test_a_sample_is_its_number_alone(read):
    draw, tight = read(seed=2), read(seed=2, room=0)
    together = draw(torch.arange(9))
    for number in (8, 2, 5):
        for whole, part in zip(together, tight(torch.tensor([number])), strict=True):
            assert torch.equal(whole[number], part[0])


def test_names_start_at_the_json_file_by_default(found, tmp_path):
    for image in found["images"]:
        image["file_name"] = f"pictures/{image['file_name']}"
    (tmp_path / "boxes.json").write_text(json.dumps(found))
    draw = coco_boxes(str(tmp_path / "boxes.json"), 16, channels=1)
    assert draw(torch.arange(2)).pictures.shape == (2, 1, 16, 16)


def test_groups_are_left_out_and_counted(found, read):
    found["annotations"][0]["iscrowd"] = 1
    _, boxes, labels = by_name(read())["wide.png"]
    assert labels.tolist() == [2]
    assert boxes.shape == (1, 4)
    assert read().facts()["groups left out"] == 1


@pytest.mark.parametrize("value", ["0", 0, 0.0, False, None])
def test_what_is_no_group_by_its_value_is_kept(found, read, value):
    """The text "0" is true to Python, and had all objects of a file left out."""
    expected = [entry.tolist() for entry in read().labels]
    for annotation in found["annotations"]:
        annotation["iscrowd"] = value
    draw = read()
    assert ([entry.tolist() for entry in draw.labels], draw.groups) == (expected, 0)


@pytest.mark.parametrize("value", ["1", 1, 1.0, True])
def test_what_is_a_group_by_its_value_is_left_out(found, read, value):
    for annotation in found["annotations"]:
        annotation["iscrowd"] = value
    draw = read()
    assert (draw.groups, draw.facts()["objects"]) == (3, 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-8"])
def test_a_byte_order_mark_is_read_over(found, read, tmp_path, encoding):
    found["categories"][0]["name"] = "藍"
    expected = read()
    (tmp_path / "boxes.json").write_text(json.dumps(found, ensure_ascii=False), encoding=encoding)
    again = coco_boxes(tmp_path / "boxes.json", 40, images=tmp_path / "pictures")
    assert again.classes == expected.classes == ("red", "green", "藍")
    assert again.facts() == expected.facts()


@pytest.mark.parametrize("without", [("width",), ("height",), ("width", "height")])
@pytest.mark.parametrize("put_null", [False, True])
def test_a_size_that_is_not_given_is_the_picture_s(found, read, without, put_null):
    expected = by_name(read())
    for image in found["images"]:
        for key in without:
            image.update({key: None}) if put_null else image.pop(key)
    for name, parts in by_name(read()).items():
        assert all(torch.equal(a, b) for a, b in zip(parts, expected[name], strict=True))


def test_a_turned_picture_without_a_size_is_upright(found, read, tmp_path):
    path = tmp_path / "pictures" / "wide.png"
    plain = by_name(read())["wide.png"]
    with Image.open(path) as image:
        lying = image.transpose(Image.Transpose.ROTATE_90)
    exif = lying.getexif()
    exif[0x0112] = 6
    lying.save(path, exif=exif)
    del found["images"][0]["width"]
    assert all(torch.equal(a, b) for a, b in zip(by_name(read())["wide.png"], plain, strict=True))


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_a_picture_that_was_flipped_is_shown_upright(found, read, tmp_path, orientation):
    path = tmp_path / "pictures" / "wide.png"
    plain = by_name(read())["wide.png"][0]
    undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM"}[orientation]
    with Image.open(path) as image:
        flipped = image.transpose(Image.Transpose[undo])
    exif = flipped.getexif()
    exif[0x0112] = orientation
    flipped.save(path, exif=exif)
    assert torch.equal(by_name(read())["wide.png"][0], plain)


def test_a_box_without_area_in_the_precision_of_use_is_named_at_the_door(found, read):
    found["annotations"][0]["bbox"] = [8, 4, 1e-7, 16]
    found["annotations"][1]["bbox"] = [1e300, 20, 1e308, 1e308]
    with pytest.warns(
        UserWarning, match=r"annotation 0 \(its bbox \[8, 4, 1e-07, 16\] has no area in wide.png\)"
    ):
        draw = read()
    assert set(draw.files.skipped) == {"annotation 0", "annotation 1"}
    shown = draw(torch.arange(3))
    assert (shown.boxes[..., 2:] > shown.boxes[..., :2])[shown.labels >= 0].all()


def test_objects_of_one_id_are_each_counted(found, read):
    for annotation in found["annotations"]:
        annotation.update(id=5, bbox=[1, 1, 0, 5])
    with pytest.warns(UserWarning, match="skipped"):
        assert set(read().files.skipped) == {"annotation 5", "annotations[1]", "annotations[2]"}


def test_all_of_another_size_are_named_at_the_door(found, read):
    for image in found["images"]:
        image["height"] = 41
    with (
        pytest.warns(UserWarning, match="skipped"),
        refuses(DataError, r"3 are skipped; .*wide.png: boxes.json says width 80, height 41, and it has"),
    ):
        read()


def test_a_name_of_any_length_is_no_such_file(found, read):
    found["images"][0]["file_name"] = "x" * 300 + ".png"
    with pytest.warns(UserWarning, match=r"x.png \(no such file\)"):
        assert len(read()) == 2


def test_folders_as_windows_writes_them(found, read, tmp_path):
    expected = by_name(read())
    for image in found["images"]:
        image["file_name"] = f"pictures\\{image['file_name']}"
    for name, parts in by_name(read(images=tmp_path)).items():
        assert all(torch.equal(a, b) for a, b in zip(parts, expected[name], strict=True))


def test_a_picture_beyond_pillow_s_limit_is_read(found, read, monkeypatch):
    expected = by_name(read())["wide.png"][0]
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert torch.equal(by_name(read())["wide.png"][0], expected)
    assert Image.MAX_IMAGE_PIXELS == 100


def test_boxes_are_cut_at_the_edge_and_those_without_area_are_named(found, read):
    found["annotations"][0]["bbox"] = [-20, 30, 30, 100]
    found["annotations"][1]["bbox"] = [80, 0, 10, 10]
    found["annotations"][2]["bbox"] = [5, 5, 0, 10]
    with pytest.warns(
        UserWarning, match=r"skipped: annotation 1 \(its bbox \[80, 0, 10, 10\] has no area in wide"
    ):
        draw = read()
    _, boxes, labels = by_name(draw)["wide.png"]
    assert labels.tolist() == [0]
    torch.testing.assert_close(boxes[0], torch.tensor([0, 50, 10, 60]) / 80)  # 20 rows of margin above
    assert set(draw.files.skipped) == {"annotation 1", "annotation 2"}


def test_pictures_that_are_missing_or_damaged_are_named_and_skipped(found, read, tmp_path):
    (tmp_path / "pictures" / "high.png").unlink()
    path = tmp_path / "pictures" / "wide.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.warns(UserWarning, match=r"high.png \(no such file\)"):
        draw = read()
    with pytest.warns(UserWarning, match=r"skipped: .*wide.png \("):
        shown = draw(torch.arange(2))
    assert (shown.labels == -1).all()  # none.png, twice: the objects of another picture are not on it
    assert torch.equal(shown.pictures, torch.ones(2, 3, 40, 40))


def test_a_picture_of_another_size_than_annotated_is_skipped(found, read):
    found["images"][0]["width"] = 90
    with pytest.warns(
        UserWarning, match=r"wide.png \(boxes.json says width 90, height 40, and it has width 80, height 40\)"
    ):
        read()(torch.arange(3))


def test_a_turned_picture_is_shown_as_it_was_annotated(found, read, tmp_path):
    path = tmp_path / "pictures" / "wide.png"
    with Image.open(path) as image:
        lying = image.transpose(Image.Transpose.ROTATE_90)
    exif = lying.getexif()
    exif[0x0112] = 6
    plain = by_name(read())["wide.png"][0]
    lying.save(path, exif=exif)
    assert torch.equal(by_name(read())["wide.png"][0], plain)  # annotated upright
    found["images"][0].update(width=40, height=80)
    found["annotations"] = []
    lying_too = by_name(read())["wide.png"][0]
    expected = np.asarray(lying.resize((20, 40), Image.Resampling.LANCZOS))
    assert np.array_equal((lying_too[:, :, 10:30] * 255).byte().permute(1, 2, 0).numpy(), expected)


def drop(*keys):
    def change(found):
        for key in keys[:-1]:
            found = found[key]
        del found[keys[-1]]

    return change


def put(value, *keys):
    def change(found):
        for key in keys[:-1]:
            found = found[key]
        found[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("categories"), r"has no list 'categories'; COCO's format has images, annotations, categories"),
        (put({}, "images"), "has no list 'images'"),
        (put("x", "images", 1), r"images\[1\] lacks id, file_name; each has id, file_name"),
        (
            put("80", "images", 0, "width"),
            "wide.png is 80×40; width and height count pixels, from 1 up, or are",
        ),
        (put(10**400, "images", 0, "width"), r"wide.png is 10+\.\.\.0+×40; width and height count pixels"),
        (put(7.5, "images", 0, "width"), "wide.png is 7.5×40; width and height count pixels"),
        (put(True, "images", 0, "width"), "wide.png is True×40; width and height count pixels"),
        (put(None, "images", 0, "file_name"), r"images\[0\] has the file_name None; give a text"),
        (put("", "images", 0, "file_name"), r"images\[0\] has the file_name ''; give a text"),
        (put(None, "categories", 0, "name"), r"categories\[0\] has the name None; give a text"),
        (put(True, "images", 0, "id"), r"images\[0\] has the id True; give a number or a text"),
        (put(7.5, "images", 0, "id"), r"images\[0\] has the id 7.5; give a number or a text"),
        (put("7", "annotations", 0, "image_id"), "annotation 0 has the image_id '7', which is not in the"),
        (put([True, 2, 3, 4], "annotations", 0, "bbox"), r"bbox \[True, 2, 3, 4\]; give four numbers"),
        (put([1, 2, 3, "4"], "annotations", 0, "bbox"), r"bbox \[1, 2, 3, '4'\]; give four numbers"),
        (put([1, 2, 10**400, 4], "annotations", 0, "bbox"), r"bbox \[1, 2, 10{10,20}\.\.\.0+, 4\]; give"),
        (put("yes", "annotations", 2, "iscrowd"), "annotation 2 has iscrowd 'yes'; give 0 for one object"),
        (put([1], "annotations", 2, "iscrowd"), r"annotation 2 has iscrowd \[1\]; give 0 for one object"),
        (drop("annotations", 2, "bbox"), r"annotations\[2\] lacks bbox"),
        (put([1], "images", 0, "id"), r"images\[0\] has the id \[1\]; give a number or a text"),
        (put(8, "images", 0, "id"), "two images have the same id; give each its own"),
        (put(9, "categories", 1, "id"), "two categories have the same id"),
        (put(0, "images", 0, "height"), "wide.png is 80×0; width and height count pixels"),
        (put(99, "annotations", 0, "image_id"), "annotation 0 has the image_id 99, which is not in the file"),
        (put(2, "annotations", 0, "category_id"), "annotation 0 has the category_id 2, which is not in"),
        (put([1, 2, 3], "annotations", 0, "bbox"), r"annotation 0 has bbox \[1, 2, 3\]; give four numbers"),
        (put("1 2 3 4", "annotations", 0, "bbox"), "annotation 0 has bbox 1 2 3 4; give four numbers"),
        (put([1, 2, float("nan"), 4], "annotations", 0, "bbox"), r"bbox \[1, 2, nan, 4\]; give four numbers"),
    ],
)
def test_a_file_that_is_not_cocos_format_is_refused(found, read, change, message):
    change(found)
    with pytest.raises(ValueError, match=message):
        read()


def test_what_is_no_json_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"nowhere.json cannot be read \(No such file or directory\); give a JSON"
    ):
        coco_boxes(tmp_path / "nowhere.json", 8)
    (tmp_path / "a.json").write_bytes(b"{")
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "c.json").write_text("[" * 100_000)
    (tmp_path / "d.json").write_text('{"images": [' + "9" * 5000 + "]}")
    for name in "abcd":
        with pytest.raises(ValueError, match=rf"{name}.json is no JSON \(.*\); give a file in COCO's format"):
            coco_boxes(tmp_path / f"{name}.json", 8)


def test_with_no_picture_left_the_folder_is_in_question(found, read, tmp_path):
    with (
        pytest.warns(UserWarning, match="no such file"),
        pytest.raises(
            ValueError, match=r"leaves no pictures for part 'all' \(3 are named, 3 .* the folder that"
        ),
    ):
        read(images=tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 0}, "size=0 leaves no pixel"),
        ({"channels": 2}, "channels=2 is neither gray nor color"),
        ({"part": "validation"}, "no part is called 'validation'"),
        ({"part": "test"}, "leaves no pictures for part 'test'"),
    ],
)
def test_what_cannot_be_is_refused(read, change, message):
    with refuses(ValueError, match=message):
        read(**change)


def test_a_picture_that_would_fill_the_memory_is_not_decoded_to_learn_how_it_lies(found, read, monkeypatch):
    monkeypatch.setattr(picture_files, "MOST", 2**13)
    del found["images"][0]["width"]
    with pytest.warns(
        UserWarning, match=r"wide.png \(its 80×40 pixels take 9600 bytes, and 8192 are the most"
    ):
        assert len(read()) == 2
