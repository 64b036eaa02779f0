"""What became of the mutants: a file with a line for each, and what it sums up to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.trial import Trial


class Results:
    """Kept from the first trial on, so that a run that was interrupted goes on, and can be summed up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.killers: dict[Mutant, str] = {}  # "" for a survivor
        for line in path.read_text().splitlines() if path.exists() else ():
            row = json.loads(line)
            mutant = Mutant(**{**row["mutant"], "place": tuple(row["mutant"]["place"])})
            self.killers[mutant] = row["killed_by"]

    def add(self, trial: Trial) -> None:
        self.killers[trial.mutant] = trial.killed_by
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(trial)) + "\n")


def table(killers: Mapping[Mutant, str]) -> Iterator[str]:
    survivors = sorted(mutant for mutant, killer in killers.items() if not killer)
    killed = len(killers) - len(survivors)
    yield f"{len(killers)} mutants: {killed} killed, {len(survivors)} survived ({killed / max(1, len(killers)):.1%})"
    hows = Counter(killer for killer in killers.values() if killer in ("import", "patience"))
    yield from (f"  of the killed, by {how}: {count}" for how, count in sorted(hows.items()))
    places, lost = Counter(mutant.file for mutant in killers), Counter(mutant.file for mutant in survivors)
    for file, count in sorted(places.items()):
        yield f"  {file:<44}{count - lost[file]:>4} of {count}"
    yield from (f"survived: {mutant}" for mutant in survivors)
