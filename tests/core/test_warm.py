import pytest

from homeport.core import warm


def test_what_is_not_preloaded() -> None:
    seen = ("json", "homeport.core.wire", "shop", "shop.app", "numpy", "numpy.linalg", "numpyro")
    assert warm.preloadable(seen, "shop.app", ("numpy",)) == ("json", "numpyro")


def test_the_order_of_the_imports_is_kept_without_repetition() -> None:
    assert warm.preloadable(("b", "a", "b"), "main", ()) == ("b", "a")


@pytest.mark.parametrize(
    "name", ["uv.lock", "poetry.lock", "requirements-dev.txt", "pyproject.toml"]
)
def test_files_that_say_what_is_installed(name: str) -> None:
    assert warm.is_lock_file(name)


@pytest.mark.parametrize("name", ["notes.txt", "requirements.md", "cargo.lock"])
def test_other_files(name: str) -> None:
    assert not warm.is_lock_file(name)


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        ({}, {}, None),
        ({"a": [1, 2]}, {"a": (1, 2)}, None),
        ({"a": None}, {"a": None}, None),
        ({"a": [1], "b": [1]}, {"a": [1], "b": [2]}, "b"),
        ({"a": [1]}, {"a": None}, "a"),
        ({"a": None}, {"a": [1]}, "a"),
        ({"a": [1]}, {}, "a"),
        ({}, {"a": [1]}, "a"),
    ],
)
def test_the_first_change_is_found(
    before: dict[str, warm.Version], now: dict[str, warm.Version], changed: str | None
) -> None:
    assert warm.first_change(before, now) == changed


def test_a_new_file_may_come_before_a_preloaded_module() -> None:
    modules = ("numpy", "xml.dom")
    assert warm.covered(modules, ["main.py", "xml"]) == "xml"
    assert warm.covered(modules, ["numpy.py"]) == "numpy.py"
    assert warm.covered(modules, ["dom.py", "num.py"]) is None


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/srv/shop/uv.lock", "uv.lock"),
        ("/etc/shop.env", "/etc/shop.env"),
        ("/usr/lib/python3/site-packages/numpy/x.py", "numpy/x.py"),
        ("/srv/shop/.venv/lib/site-packages", "the packages in .venv/lib/site-packages"),
    ],
)
def test_why_it_is_rebuilt(path: str, named: str) -> None:
    assert warm.rebuilt(path, "/srv/shop") == f"warm: rebuilt ({named} changed)"


def test_what_is_left_out_is_named_but_not_at_length() -> None:
    assert warm.left_out({"a": "it starts a thread"}).endswith("reload: a (it starts a thread)")
    assert warm.left_out(dict.fromkeys("abcde", "x")).endswith("a (x), b (x), c (x) and 2 more")


def test_the_other_words() -> None:
    assert "x.py has the name of" in warm.in_front("x.py")
    assert warm.forbidden("gevent has patched it").endswith("because gevent has patched it")
    assert warm.lost("has ended", for_good=False).endswith("has ended; the next reload starts cold")
    assert warm.lost("has ended", for_good=True).endswith("reloads start cold from now on")
