from dataclasses import fields

import pytest

from homeport.core.errors import UsageError
from homeport.core.options import FIELDS, OPTIONS, Settings, Source, merge


def source(origin: str = "here", /, **values: object) -> Source:
    return Source(values, {name: f"{name} from {origin}" for name in values})


def read(name: str, raw: object) -> object:
    return getattr(merge((source(**{name: raw}),)), name)


def refused(name: str, raw: object) -> str:
    with pytest.raises(UsageError) as refusal:
        read(name, raw)
    assert refusal.value.code == "bad-value"
    return refusal.value.message


def test_every_setting_is_an_option_and_every_option_a_setting() -> None:
    assert {"app", *(option.field for option in OPTIONS)} == set(FIELDS)
    assert set(FIELDS) == {field.name for field in fields(Settings)} - {
        *("host_origin", "port_origin", "allow_host_origin", "allow_origin_origin"),
        *("app_in_project", "name_in_project"),
    }


def test_every_option_has_one_environment_variable_of_its_own() -> None:
    variables = {option.variable for option in OPTIONS}
    assert len(variables) == len(OPTIONS)
    assert "HOMEPORT_RELOAD_DIR" in variables


def test_nothing_given_means_the_defaults() -> None:
    assert merge(()) == Settings()
    assert merge((source(), source())) == Settings()


def test_at_home_by_default_and_reloading() -> None:
    usual = merge(())
    assert (usual.host, usual.port) == (("localhost",), None)
    assert usual.reload
    assert usual.access_log
    assert usual.stop_timeout == 5
    assert not (usual.open or usual.json or usual.factory or usual.force_port or usual.trust_proxy)


def test_the_first_source_that_has_a_setting_wins() -> None:
    flags = source("flags", host=("all",))
    environment = source("environment", host="::1", log_level="debug")
    project = source("project", host="wlan0", log_level="error", factory=True)
    merged = merge((flags, environment, project))
    assert (merged.host, merged.log_level, merged.factory) == (("all",), "debug", True)


def test_a_false_that_was_given_beats_a_true_further_down() -> None:
    assert merge((source(reload=False), source(reload=True))).reload is False


def test_the_port_remembers_where_it_comes_from() -> None:
    merged = merge((source("flags"), source("PORT", port="80"), source("project", port=90)))
    assert (merged.port, merged.port_origin) == (80, "port from PORT")


def test_without_a_port_messages_speak_of_the_flag() -> None:
    assert merge((source("flags", open=True),)).port_origin == "--port"


def test_a_refusal_names_the_value_its_origin_and_what_is_wanted() -> None:
    with pytest.raises(UsageError, match=r"port from PORT is 'http', but must be a whole number"):
        merge((source("flags"), source("PORT", port="http")))


@pytest.mark.parametrize(
    ("raw", "port"), [("8000", 8000), (8000, 8000), (" 80\n", 80), ("-1", -1), ("0", 0)]
)
def test_a_port_is_a_whole_number(raw: object, port: int) -> None:
    assert read("port", raw) == port


@pytest.mark.parametrize(
    "raw", ["", "-", "--1", "8000.0", "0x50", "٨٠", "1 2", "9" * 5000, 80.0, True, ["80"]]
)
def test_anything_else_is_no_port(raw: object) -> None:
    assert "a whole number" in refused("port", raw)


@pytest.mark.parametrize(("raw", "seconds"), [("0.5", 0.5), (3, 3.0), (0.0, 0.0), ("1e3", 1000.0)])
def test_a_timeout_is_a_number_of_seconds(raw: object, seconds: float) -> None:
    value = read("stop_timeout", raw)
    assert value == seconds
    assert isinstance(value, float)


@pytest.mark.parametrize("raw", ["soon", "", "nan", "inf", -0.1, "-1", 1e9, True, [5]])
def test_a_timeout_is_neither_negative_nor_endless(raw: object) -> None:
    assert "a number of seconds, 0 or more" in refused("stop_timeout", raw)


def test_a_timeout_too_large_for_a_float_is_refused_like_any_other() -> None:
    assert refused("stop_timeout", 10**400)


@pytest.mark.parametrize("raw", [True, "1", "true", "Yes", "ON", 1])
def test_a_switch_can_be_turned_on(raw: object) -> None:
    assert read("open", raw) is True


@pytest.mark.parametrize("raw", [False, "0", "false", "No", "OFF", "", 0])
def test_a_switch_can_be_turned_off(raw: object) -> None:
    assert read("reload", raw) is False


@pytest.mark.parametrize("raw", ["maybe", 2, [], "truee"])
def test_a_switch_knows_no_third_way(raw: object) -> None:
    assert "true or false" in refused("reload", raw)


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        ("*.html", ("*.html",)),
        ("*.html, *.css,", ("*.html", "*.css")),
        (["a,b", "c"], ("a", "b", "c")),
        (("a",), ("a",)),
    ],
)
def test_a_list_is_texts_with_or_without_commas(raw: object, items: tuple[str, ...]) -> None:
    assert read("reload_include", raw) == items


@pytest.mark.parametrize("raw", [1, True, [1], ["a", None], {"a": 1}, "", " , ", []])
def test_a_list_holds_texts_and_at_least_one(raw: object) -> None:
    assert "a text or a list of texts" in refused("reload_include", raw)


@pytest.mark.parametrize("name", ["app", "app_dir", "env_file", "root_path"])
def test_a_text_is_taken_as_it_is(name: str) -> None:
    assert read(name, " a, b ") == " a, b "
    assert "a text" in refused(name, 1)


@pytest.mark.parametrize("raw", ["debug", "Info", "WARNING", "error"])
def test_a_log_level_is_read_in_any_case(raw: str) -> None:
    assert read("log_level", raw) == raw.lower()


@pytest.mark.parametrize("raw", ["trace", "", 10])
def test_an_unknown_log_level_is_refused_with_the_known_ones(raw: object) -> None:
    assert "one of debug, info, warning, error" in refused("log_level", raw)


def test_where_a_list_of_visitors_comes_from_is_known() -> None:
    source = Source(
        {"allow_host": ["a.example"]}, {"allow_host": "allow-host in /x/pyproject.toml"}
    )
    assert merge((source,)).allow_host_origin == "allow-host in /x/pyproject.toml"
    assert merge(()).allow_origin_origin == "--allow-origin"


def test_a_name_is_a_text() -> None:
    assert read("name", "Shop") == "shop"
    with pytest.raises(UsageError, match="name from here"):
        read("name", 8)
