import pytest

from homeport.core import app_refusals
from homeport.core.appref import AppName


def test_without_a_name_the_python_files_here_are_offered() -> None:
    error = app_refusals.no_app_named("/srv", ("main.py", "app.py"), ("shop.py", "web.py"))
    assert error.message == "No app was named, and /srv has none of main.py, app.py."
    assert error.next_steps[:2] == ("there is:  homeport shop.py", "there is:  homeport web.py")


def test_a_file_that_is_not_there_is_answered_with_similar_ones() -> None:
    near = app_refusals.no_such_file("man.py", ("main.py", "men.py"))
    assert near.next_steps == (
        "did you mean:  homeport main.py",
        "did you mean:  homeport men.py",
    )
    assert near.facts["nearest"] == ["main.py", "men.py"]
    assert "main.py" in app_refusals.no_such_file("x", ()).next_steps[0]


@pytest.mark.parametrize(
    "text", ["main:", "main:app()", ":app", "", "my app:x", "my-app", "1main:app", "shop..api:app"]
)
def test_what_is_offered_instead_of_a_bad_name_is_a_better_one(text: str) -> None:
    for step in app_refusals.bad_app_name(text, "no").next_steps:
        label, _, name = step.partition(":  homeport ")
        if label == "perhaps":
            assert name != text
            AppName.parse(name)


def test_a_good_place_before_a_bad_object_is_offered() -> None:
    error = app_refusals.bad_app_name("main:app()", "'app()' is not a name")
    assert error.message == "'main:app()' does not name an app: 'app()' is not a name."
    assert error.next_steps[0] == "perhaps:  homeport main"


def test_a_folder_without_app_says_what_was_looked_for() -> None:
    error = app_refusals.no_app_in_folder("shop", ("shop/main.py", "shop/app.py"))
    assert "shop/main.py, shop/app.py" in error.message
