"""The gate: what the two sides of a split share is declared by its protocol, or stops it.

The gate looks at the clips' own facts and not at the rule that dealt them. What a protocol
declares is counted, and its label is on every report of the split.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from pipeline.core.errors import ProtocolError
from pipeline.splits import registry
from pipeline.splits.roles import TEST, TRAIN, VALIDATION

WORDS: Final = {
    "speaker": "speakers are on both sides",
    "audio": "identical recordings are on both sides",
    "child": "augmented copies of tested clips are trained on",
}
"""Kinds of leak, as labels say them."""

SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Audit:
    """What the two sides of a split share.

    Attributes:
        shared: clips per kind of leak, as ``speaker``, ``audio``, ``child``.
        allowed: the kinds that the protocol declares.
    """

    shared: dict[str, tuple[str, ...]]
    allowed: frozenset[str]

    @property
    def label(self) -> str:
        """What stands on every report of the split.

        Example:
            >>> Audit(shared={"speaker": ("a",)}, allowed=frozenset({"speaker"})).label
            'leaks: speakers are on both sides'
            >>> Audit(shared={}, allowed=frozenset()).label
            'no speaker and no recording on both sides'
        """
        if not self.shared:
            return "no speaker and no recording on both sides"
        return "leaks: " + "; ".join(WORDS[kind] for kind in self.shared)


def mechanisms(label: str) -> list[str]:
    """The kinds of leak that a label names.

    Example:
        >>> mechanisms("leaks: speakers are on both sides")
        ['speaker']
        >>> mechanisms("no speaker and no recording on both sides")
        []
    """
    return [kind for kind, words in WORDS.items() if words in label]


def audit(table: pd.DataFrame, clips: pd.DataFrame, kind: str) -> Audit:
    """Look for what the two sides of any fold share; validation counts as training.

    Args:
        table: clip, plane, fold and role.
        clips: the clips' facts: id, speaker, hash.
        kind: of the protocol.
    """
    shared: dict[str, set[str]] = {"speaker": set(), "audio": set(), "child": set()}
    facts = clips.set_index("id")[["speaker", "hash"]]
    for _, fold in table.groupby("fold"):
        joined = fold.join(facts, on="clip")
        tested = joined[joined["role"] == TEST]
        trained = joined[joined["role"] != TEST]
        speakers = set(tested["speaker"]) & set(trained["speaker"])
        shared["speaker"] |= set(tested[tested["speaker"].isin(speakers)]["clip"])
        parents = set(tested["clip"]) & set(trained["clip"])
        shared["child"] |= parents
        sounds = set(tested["hash"]) & set(trained[~trained["clip"].isin(parents)]["hash"])
        shared["audio"] |= set(tested[tested["hash"].isin(sounds - {""})]["clip"])
    found = {name: tuple(sorted(names)) for name, names in shared.items() if names}
    return Audit(shared=found, allowed=registry.leaks(kind))


def gate(table: pd.DataFrame, clips: pd.DataFrame, kind: str) -> Audit:
    """Let a split through, or stop it.

    Raises:
        ProtocolError: the sides share what the protocol does not declare, or a fold has
            no clips to train on, to validate on or to test.
    """
    for number, fold in table.groupby("fold"):
        for role in (TRAIN, VALIDATION, TEST):
            if not (fold["role"] == role).any():
                raise ProtocolError(
                    f"fold {number} has no {role} clips; change the protocol's shares"
                )
    found = audit(table, clips, kind)
    for leak, names in found.shared.items():
        if leak not in found.allowed:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            raise ProtocolError(
                f"the split leaks: {WORDS[leak]}, though the protocol is {kind!r}: "
                f"{', '.join(names[:SHOWN])}{more}"
            )
    return found
