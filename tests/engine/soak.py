"""Reload after reload under load; everything that goes wrong is noted, nothing ends the story."""

import random
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine import tree
from tests.engine.live import PATIENCE, Homeport, eventually, save
from tests.engine.soak_app import FIRST, app_of
from tests.engine.soak_load import Load, Wrong
from tests.engine.soak_visitors import EVERYONE
from tests.engine.soak_wire import Address

UNWELCOME = ("failed", "crashed", "cut", "log", "error")
"""Events that a reload of sound code does not have."""


@dataclass(slots=True, kw_only=True)
class Story:
    """What happened. `took` are the `ms` of `reloaded`; `counts` is by visitor and what."""

    seed: int
    wrong: list[Wrong] = field(default_factory=list)
    samples: list[tree.Sample] = field(default_factory=list)
    took: list[int] = field(default_factory=list)
    reloadings: int = 0
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def of(self, visitor: str, what: str) -> int:
        return self.counts.get((visitor, what), 0)

    def reopened(self) -> dict[str, int]:
        """Kept connections that the server ended while nothing was under way on them."""
        return {who: n for (who, what), n in self.counts.items() if what == "reopened"}

    def told(self, most: int = 40) -> str:
        """All that went wrong: how often each, then the first ones with their time."""
        kinds = Counter(f"{wrong.visitor}: {_without_numbers(wrong.what)}" for wrong in self.wrong)
        lines = [f"seed {self.seed}; {len(self.wrong)} failures"]
        lines += [f"{count:6} × {kind}" for kind, count in kinds.most_common()]
        lines += [f"{wrong.at:9.3f} s {wrong.visitor}: {wrong.what}" for wrong in self.wrong[:most]]
        return "\n".join(lines)

    def growth(self) -> list[str]:
        """What the last sample has more of than the first."""
        first, last = self.samples[0], self.samples[-1]
        found = []
        if last.processes > first.processes:
            found.append(f"processes: {first.processes} → {last.processes}")
        if last.descriptors > first.descriptors + 2:
            found.append(f"descriptors: {first.descriptors} → {last.descriptors}")
        if last.anonymous > first.anonymous * 1.05 + 3:
            found.append(f"memory: {first.anonymous:.1f} → {last.anonymous:.1f} MiB")
        return found


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+", "N", text)[:150]


def addresses_of(server: Homeport) -> list[Address]:
    """Where it listens, as `listening` said."""
    told = next(event for event in server.events if event["event"] == "listening")["addresses"]
    pairs = (text.rpartition(":") for text in told)
    return [Address(ip.strip("[]"), int(port)) for ip, _, port in pairs]


def soak(
    server: Homeport, main: Path, *, reloads: int, sampled: Collection[int], seed: int
) -> Story:
    """Save `reloads` versions one after the other. The server has answered `ready`."""
    story = Story(seed=seed)
    chance = random.Random(seed)
    with Load(addresses_of(server), FIRST, EVERYONE) as load:
        for number in range(1, reloads + 1):
            one_reload(server, main, load, FIRST + number, story)
            if number in sampled:
                load.pause()
                pids = tree.at_rest(server.process.pid, PATIENCE, lambda: load.is_resting)
                story.samples.append(tree.sample(number, pids))
                load.resume()
            target = load.answers + chance.randrange(2, 40)
            eventually(lambda: load.answers >= target, "more answers")  # noqa: B023
    story.wrong += load.wrong
    story.counts = dict(load.counts)
    story.reloadings = sum(event["event"] == "reloading" for event in server.events)
    return story


def one_reload(server: Homeport, main: Path, load: Load, version: int, story: Story) -> None:
    """Save, and tell the load when it was announced."""
    known = len(server.events)
    load.saved = version
    save(main, app_of(version))
    try:
        story.took.append(server.until("reloaded")["ms"])
        load.announced = version
    except AssertionError as error:
        load.note("server", f"version {version} was not loaded: {str(error)[-500:]}")
        if server.process.poll() is not None:
            raise
    for event in server.events[known:]:
        if event["event"] in UNWELCOME:
            load.note("server", str(event)[:500])
