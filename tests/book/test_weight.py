"""What pages load: style sheets lose only rules that nothing can use, scripts wait, pictures have a size."""

import re
from pathlib import Path

import pytest
from PIL import Image

from dlsteps.bookext import icons, weight

LINK = '<link rel="stylesheet" href="{up}_static/%s" />'
PAGE = f"{LINK % 'inner/a.css?v=1'}\n{LINK % 'b.css'}"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    static = tmp_path / "_static"
    (static / "inner").mkdir(parents=True)
    (static / "c.css").write_text(".used{left:0} .unused{left:0}")
    (static / "inner" / "a.css").write_text(
        "@charset 'utf-8'; @import '../c.css'; :root{--x:1} .used,.unused{color:red} .unused{color:blue}"
        "a:not(.unused)>b{top:0}"
        "@media print{.unused{top:0} .used{top:1px}} @media screen{#unused{top:0}}"
    )
    (static / "b.css").write_text(".used::after{content:'a,b'} @font-face{font-family:f}")
    return tmp_path


def test_the_rules_that_a_page_can_use_stay_in_their_order(out: Path):
    path = out / "book" / "p.html"
    text = weight.one_sheet(path, PAGE.format(up="../"), out, frozenset({"used"}))
    (name,) = (sheet.name for sheet in (out / "_static").glob("style-*.css"))
    assert text.strip() == f'<link rel="stylesheet" href="../_static/{name}" />'
    assert (out / "_static" / name).read_text().replace(" ", "") == (
        ".used{left:0}:root{--x:1}.used{color:red}a:not(.unused)>b{top:0}@mediaprint{.used{top:1px}}"
        ".used::after{content:'a,b'}@font-face{font-family:f}".replace("'", '"')
    )
    assert weight.one_sheet(path, text, out, frozenset()) == text  # a page that was not written again


def test_what_scripts_and_pages_name_is_used():
    page = '<p class="a b-c" id="d">class e</p><script>const x = "f g-h"</script>'
    assert weight.named([page]) >= {"a", "b-c", "d", "f", "g-h"}
    assert "e" not in weight.named([page])


def test_long_scripts_wait_and_short_ones_stand_in_the_page(tmp_path: Path):
    (tmp_path / "long.js").write_text("1;" * 300)
    (tmp_path / "short.js").write_text("const a = 1;\n")
    tags = ('src="long.js?v=1"', 'src="short.js"', 'src="long.js" defer')
    page = "".join(f"<script {tag}></script>" for tag in tags)
    assert weight.deferred(tmp_path / "p.html", page) == (
        '<script src="long.js?v=1" defer></script><script>const a = 1;</script>'
        '<script src="long.js" defer></script>'
    )


def test_a_picture_becomes_a_lighter_one_with_a_size(tmp_path: Path):
    for name in ("first", "second"):
        Image.new("RGB", (30, 20), "teal").save(tmp_path / f"{name}.png")
    page = '<img alt="a" src="first.png"/><img src="second.png" width="9"/><img src="missing.png"/>'
    assert weight.pictures(tmp_path / "p.html", page) == (
        '<img decoding="async" width="30" height="20" alt="a" src="first.webp"/>'
        '<img decoding="async" loading="lazy" src="second.webp" width="9"/><img src="missing.png"/>'
    )
    with Image.open(tmp_path / "first.webp") as picture:
        assert picture.size == (30, 20)
        assert picture.convert("RGB").getpixel((3, 3)) == (0, 128, 128)


@pytest.mark.site
def test_every_icon_of_the_pages_is_drawn(site: Path):
    asked = set()
    for path in site.rglob("*.html"):
        asked |= set(re.findall(r'class="fa[sbr]?(?:-solid)? fa-([a-z-]+)', path.read_text("utf-8")))
    assert asked
    assert asked <= set(icons.LINES)
