import pytest

from homeport.core.appref import PLACES, AppLocation, AppName


@pytest.mark.parametrize(
    ("text", "module", "attribute"),
    [
        ("main", "main", None),
        ("main:app", "main", "app"),
        ("shop.api:create_app", "shop.api", "create_app"),
        ("main:shop.app", "main", "shop.app"),
        ("größe:läden", "größe", "läden"),
        ("main.pyc", "main.pyc", None),
    ],
)
def test_dotted_names_are_modules(text: str, module: str, attribute: str | None) -> None:
    assert AppName.parse(text) == AppName(module=module, attribute=attribute)


@pytest.mark.parametrize(
    ("text", "path", "attribute"),
    [
        ("main.py", "main.py", None),
        ("main.py:app", "main.py", "app"),
        ("my-shop.py", "my-shop.py", None),
        ("shop/", "shop/", None),
        ("shop/:app", "shop/", "app"),
        ("./main.py", "./main.py", None),
        (".", ".", None),
        ("..", "..", None),
        ("/srv/my shop/main.py:app", "/srv/my shop/main.py", "app"),
        ("shop\\main.py:app", "shop\\main.py", "app"),
        ("C:\\shop\\main.py", "C:\\shop\\main.py", None),
        ("C:\\shop\\main.py:app", "C:\\shop\\main.py", "app"),
        ("c:/shop/main.py:app", "c:/shop/main.py", "app"),
    ],
)
def test_what_looks_like_a_file_or_folder_is_one(
    text: str, path: str, attribute: str | None
) -> None:
    assert AppName.parse(text) == AppName(path=path, attribute=attribute)


@pytest.mark.parametrize("text", ["main:", "main:app()", "main:1", "main:a..b", "main.py:a:b"])
def test_what_stands_after_the_colon_must_be_a_name(text: str) -> None:
    with pytest.raises(ValueError, match="after the colon is not the name of an object"):
        AppName.parse(text)


@pytest.mark.parametrize("text", ["", ":app"])
def test_something_must_stand_before_the_colon(text: str) -> None:
    with pytest.raises(ValueError, match="no module or file before the colon"):
        AppName.parse(text)


@pytest.mark.parametrize("text", ["my-app", "main app", "1main:app", "shop..api", "main\n"])
def test_what_is_neither_module_nor_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is neither a module nor a file"):
        AppName.parse(text)


@pytest.mark.parametrize("place", PLACES)
def test_every_usual_place_reads_as_a_file(place: str) -> None:
    assert AppName.parse(place).path == place


def test_a_location_is_shown_as_it_would_be_typed() -> None:
    assert str(AppLocation(module="shop.api", attribute="app", folder="/srv")) == "shop.api:app"
    assert str(AppLocation(module="main", attribute=None, folder="/srv")) == "main"
