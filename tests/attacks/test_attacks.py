"""A real browser does to us and to plain uvicorn what pages can do: who lets it happen."""

from collections.abc import Iterator

import pytest

from tests.attacks.browser import CHROMIUM, DEEDS, Deed, Victim, Visitor, visiting
from tests.attacks.victims import homeport, uvicorn

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    with visiting() as found:
        yield found


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with homeport(tmp_path_factory.mktemp("ours")) as victim:
        yield victim


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with uvicorn(tmp_path_factory.mktemp("theirs")) as victim:
        yield victim


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.words.replace(" ", "-"))
def test_what_a_page_can_do(deed: Deed, visitor: Visitor, ours: Victim, theirs: Victim) -> None:
    assert deed.do(visitor, theirs) is True, "it would not have worked anyway"
    assert deed.do(visitor, ours) is deed.wanted
