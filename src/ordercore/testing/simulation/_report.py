"""
A page about one simulation, for people: what happened, what went wrong, how soon it was mended.

One file without scripts, fonts or images from elsewhere; it can be kept beside a failing build.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from ordercore.testing.simulation._charts import Series, areas, lines, spans
from ordercore.testing.simulation._findings import Findings, Sample

__all__ = ["report_page"]

_STATUSES: Final = ("placed", "released", "completed", "canceled")

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --faint: #66707d; --line: #dde2e8; --paper: #fff;
  --good: #0a7d4f; --bad: #b3261e; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --faint: #9aa4b1; --line: #333b46;
  --paper: #14181e; --good: #4cc38a; --bad: #ff8a80; --card: #1c222a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 900px; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.4rem 0 .5rem; }
p.about { color: var(--faint); margin: .2rem 0 1.4rem; }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .6rem; }
dl div { background: var(--card); border-radius: 8px; padding: .6rem .8rem; }
dt { color: var(--faint); font-size: .8rem; } dd { margin: 0; font-size: 1.25rem; }
svg { width: 100%; height: auto; stroke-width: 1.6; }
text { fill: var(--faint); font: 11px system-ui, sans-serif; stroke: none; }
.row { fill: var(--ink); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .2rem 0; font-size: .85rem; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin-right: .4em; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .2rem .6rem;
  border-bottom: 1px solid var(--line); } td.n, th.n { text-align: right; }
td.n { font-variant-numeric: tabular-nums; } pre { background: var(--card); padding: 1rem;
  overflow: auto; border-radius: 8px; font-size: 12px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(360px, 1fr)); gap: 2rem; }
"""


def report_page(findings: Findings, replay: str = "") -> str:
    """
    Return a page of HTML about a run.

    Args:
        findings: Of the run.
        replay: The command that replays it, shown where it failed.
    """
    days = findings.simulated_s // 86_400
    about = f"{findings.acts_played:,} acts, {days:,} days of virtual time"
    body = "".join(
        (
            f"<h1>Simulation {findings.seed}</h1><p class='about'>{about}</p>",
            _verdict(findings, replay),
            _figures(findings),
            _over_time(findings.samples),
            _recovery(findings),
            _tables(findings),
            _story(findings),
        )
    )
    head = f"<title>Simulation {findings.seed}</title><style>{_STYLE}</style>"
    viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{viewport}{head}</head>'
        f"<body>{body}</body></html>\n"
    )


def _verdict(findings: Findings, replay: str) -> str:
    if findings.incident is None:
        return "<p class='verdict good'>All promises were kept, and all came to rest.</p>"
    words = escape(str(findings.incident))
    again = f"<pre>{escape(replay)}</pre>" if replay else ""
    return (
        f"<p class='verdict bad'>A promise was broken in act {findings.incident.act}, after "
        f"{findings.incident.step:,} steps.</p><pre>{words}</pre>{again}"
    )


def _figures(findings: Findings) -> str:
    done = findings.steps + findings.steps_to_rest
    figures = {
        "steps": f"{findings.steps:,}",
        "accepted": f"{100 * findings.accepted // max(done, 1)} %",
        "steps a second": f"{findings.steps_per_s:,.0f}",
        "orders": f"{findings.orders:,}",
        "faults": f"{sum(findings.faults_fired.values()):,}",
        "checks": f"{sum(findings.invariants_checked.values()):,}",
        "waiting for a person": f"{findings.waiting:,}",
        "lost or stuck": f"{len(findings.lost) + len(findings.stuck):,}",
    }
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items()
    )
    return f"<dl>{cells}</dl>"


def _over_time(samples: Sequence[Sample]) -> str:
    if not samples:
        return ""
    labels = [f"{sample.at:%Y-%m-%d}" for sample in samples]
    statuses = [s for s in _STATUSES if any(sample.orders.get(s) for sample in samples)]
    orders = [Series(s, tuple(sample.orders.get(s, 0) for sample in samples)) for s in statuses]
    skus = list(samples[-1].stock)
    stock = [Series(sku, tuple(sample.stock.get(sku, 0) for sample in samples)) for sku in skus]
    return (
        "<h2>Orders under way, by status</h2>"
        "<p class='about'>Ended orders are left out once nobody comes back to them.</p>"
        f"{areas('Orders under way, by status', labels, orders)}"
        "<h2>Stock that can be promised</h2>"
        "<p class='about'>Of the SKUs that are wanted most.</p>"
        f"{lines('Stock that can be promised', labels, stock)}"
    )


def _recovery(findings: Findings) -> str:
    rows: dict[str, tuple[int, int, int]] = {}
    for kind, took in sorted(findings.recovery_s.items()):
        ordered = sorted(took)
        late = ordered[len(ordered) * 95 // 100] if len(ordered) > 1 else ordered[0]
        rows[kind] = (len(ordered), ordered[len(ordered) // 2], late)
    if not rows:
        return ""
    return (
        "<h2>From the fault to its settlement</h2>"
        "<p class='about'>Virtual time until what a fault befell was written: a dot for the median,"
        " a bar to the 95th percentile, and the count.</p>"
        f"{spans('From the fault to its settlement', rows)}"
    )


def _tables(findings: Findings) -> str:
    faults = {str(kind): count for kind, count in findings.faults_fired.items()}
    tables = (
        _table("Faults", "fault", faults),
        _table("Checks", "promise", findings.invariants_checked),
        _table("Commands", "command", findings.commands),
        _table("Refusals", "code", findings.refused),
        _table("At rest", "status", findings.ended),
    )
    return f"<div class='columns'>{''.join(tables)}</div>"


def _table(title: str, of: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td class='n'>{count:,}</td></tr>" for name, count in ordered
    )
    head = f"<tr><th>{of}</th><th class='n'>count</th></tr>"
    return f"<section><h2>{title}</h2><table>{head}{rows}</table></section>"


def _story(findings: Findings) -> str:
    if findings.story is None:
        return ""
    return f"<h2>The story</h2><pre>{escape(chr(10).join(findings.story))}</pre>"
