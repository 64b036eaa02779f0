"""The blast radius of one node, for people: what they should know before they say yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from dcosmaint.blast import Blast, Leaving, Share
from dcosmaint.model import RENEWING, Work, counted

SHOWN = 8
"""Apps of which enough is left elsewhere: more of them are only counted."""


def shown(blast: Blast, work: Work) -> Group:
    node = blast.node
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for what, sentences in _rows(blast, work):
        table.add_row(what, Text("\n").join(sentences))
    return Group(Text(f"what goes away with {node.address} ({node.private_ip}, {node.instance.id}):", "bold"), table)


def _rows(blast: Blast, work: Work) -> Iterator[tuple[str, Sequence[Text]]]:
    node = blast.node
    yield "members", [_member(one) for one in blast.members] or [Text("none")]
    back = "it is undrained" if work is Work.DRAIN else "a new node has its place"
    yield "apps", [*_apps(blast.apps, back)] or [Text("none")]
    if blast.volumes:
        kept = _fate(blast) if work in RENEWING else "stay on its disk"
        owned = ", ".join(f"{count} of {owner}" for owner, count in blast.volumes.items())
        yield "data", [Text(f"persistent volumes {kept}: {owned}")]
    if node.instance.balancers:
        yield "load balancers", [Text(_balancers(blast))]
    if node.schedulers:
        yield "schedulers", [Text(f"{', '.join(node.schedulers)}: restarts elsewhere")]


def _fate(blast: Blast) -> str:
    if blast.kept is None:
        return "come back with its work dir, or are lost with its instance: nobody can tell"
    return "come back with its work dir" if blast.kept else "are lost with its instance"


def _member(one: Leaving) -> Text:
    if one.partitions is None:
        return Text(f"{one.member} {one.fate}")
    kept = "" if one.copies is None else f", {_copies(one.copies)} in sync elsewhere"
    return Text(
        f"{one.member} {one.fate}: {counted(one.partitions, 'partition')}{kept}", "" if one.copies else "yellow"
    )


def _copies(count: int) -> str:
    if count < 2:
        return "1 copy stays" if count else "NO COPY stays"
    return f"{count} copies or more stay"


def _apps(shares: Sequence[Share], back: str) -> Iterator[Text]:
    """`back`: what ends what the node's absence begins."""
    safe = [share for share in shares if share.elsewhere and not share.short]
    yield from (_last(share, back) for share in shares if not share.elsewhere)
    yield from (_short(share, back) for share in shares if share.elsewhere and share.short)
    if safe:
        named = ", ".join(f"{share.app} {share.here} here, {share.elsewhere} elsewhere" for share in safe[:SHOWN])
        more = f" and {len(safe) - SHOWN} more" if len(safe) > SHOWN else ""
        yield Text(f"{named}{more}")


def _short(share: Share, back: str) -> Text:
    says = f"no other agent could take it, so it runs with {share.here} fewer until {back}"
    return Text(f"{share.app} {share.here} here, {share.elsewhere} elsewhere: {says}", "yellow")


def _last(share: Share, back: str) -> Text:
    """One that has nothing elsewhere."""
    if not share.gap:
        how = "started elsewhere before it ends, where there is room"
        many = "each ends while others serve, and starts elsewhere"
        return Text(f"{share.app} {share.here} here, none elsewhere: {many if share.here > 1 else how}")
    data = ", and keeps data here" if share.resident else ""
    until = back if share.short else "it runs elsewhere"
    return Text(f"{share.app} is DOWN until {until}: {share.here} here, none elsewhere{data}", "yellow")


def _balancers(blast: Blast) -> str:
    behind = blast.node.instance.balancers
    left = [f"{each.balancer.name} ({counted(each.others, 'healthy target')} beside it)" for each in behind]
    return f"it leaves {', '.join(left)}"
