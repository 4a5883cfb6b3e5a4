import type { RunSummary } from "../journey/analysis/summarise-run.ts";
import { escapeHtml } from "./escape-html.ts";
import { lineageSections, type LineagePart } from "./lineage-sections.ts";

export interface ReportParts extends LineagePart {
  readonly summary: RunSummary;
  readonly title: string;
}

/**
 * The report of a run as one self-contained page: no script, no font, no request. Its numbers are the summary's, the same that
 * the terminal and `--json` show. Text of repositories and models is escaped, never markup.
 */
export async function reportPage({ summary, title, ...part }: ReportParts): Promise<string> {
  const { lineages } = summary;
  const cards = [
    card("kept", lineages.kept, lineages.total),
    card("rejected", lineages.rejected, lineages.total),
    card("failed", lineages.failed, lineages.total),
    card("unfinished", lineages.unfinished, lineages.total),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)} · Apprentice</title>
<style>${style}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1></header>
${scriptedNote(summary)}
<section class="cards">${cards.join("")}</section>
<section><h2>Run</h2>${originTable(summary)}</section>
<section><h2>Dataset</h2>${datasetSection(summary)}</section>
<section><h2>Yield by stage</h2>${stageTable(summary)}</section>
<section><h2>Reasons</h2>${reasonTable(summary)}</section>
<section><h2>Recall of kept lineages</h2>${recallTable(summary)}${recallChart(summary)}</section>
<section><h2>Tokens and cost</h2>${costTable(summary)}</section>
<section><h2>Lineages</h2>${await lineageSections(part)}</section>
</body>
</html>
`;
}

function originTable({ repositories, imported, teacher, tool, seed, begun, lastActive }: RunSummary): string {
  const time = (iso: string | null): string => (iso === null ? "not yet" : `${iso.slice(0, 16).replace("T", " ")} UTC`);
  const rows: [string, string][] = [
    ["begun", time(begun)],
    ["last worked on", time(lastActive)],
    ...repositories.map(({ name, commits, heldOut, totalCommits }): [string, string] => [
      "repository",
      `${name} at ${commits.map((commit) => commit.slice(0, 12)).join(", ")}; ${heldOut} of ${totalCommits} ${totalCommits === 1 ? "commit" : "commits"} held out`,
    ]),
    ...imported.map(({ origin, kind, count }): [string, string] => [
      "imported samples",
      `${count} of ${origin}${kind === null ? "" : `, ${kind.toUpperCase()}`}`,
    ]),
    ["teacher", teacher],
    ["seed", seed === null ? "unknown" : String(seed)],
    ["begun with", tool],
  ];
  return table(
    ["", ""],
    rows.map((row) => row.map(escapeHtml)),
  );
}

function datasetSection({ dataset }: RunSummary): string {
  if (dataset === null) return "<p>None was written yet.</p>";
  const { t1, t2, threshold, dropped, flags, flagged } = dataset;
  const rows = [
    ["T1", String(t1), "first rollouts of kept lineages, whatever their recall; one of lineages with the same first patch"],
    ["T2", String(t2), `second rollouts of those whose recall is ${threshold} or more`],
  ];
  const reasons = Object.entries(dropped).map(([reason, count]) => [escapeHtml(reason), String(count)]);
  const kept =
    flagged === "keep" ? Object.entries(flags ?? {}).map(([reason, count]) => [`kept, flagged: ${escapeHtml(reason)}`, String(count)]) : [];
  const left = reasons.length + kept.length === 0 ? "" : table(["left out, or flagged", "samples"], [...reasons, ...kept]);
  return table(["samples", "", "of"], rows) + left;
}

function scriptedNote({ teacher }: RunSummary): string {
  return teacher === "scripted"
    ? `<p class="note">The teacher was scripted: this data is for trying the machine, not for training.</p>`
    : "";
}

function card(name: string, count: number, total: number): string {
  return `<div class="card ${name}"><b>${count}</b><span>${name}</span><small>of ${total}</small></div>`;
}

function stageTable({ stages }: RunSummary): string {
  const rows = stages.map(({ stage, done, passed, means }) => {
    const width = done === 0 ? 0 : (100 * passed) / done;
    const bar = `<div class="bar"><i style="width:${width.toFixed(1)}%"></i></div>`;
    const share = done === 0 ? "–" : `${width.toFixed(1)}&nbsp;%`;
    return [escapeHtml(stage), String(done), String(passed), share, `${escapeHtml(means)}${bar}`];
  });
  return table(["stage", "done", "went on", "yield", "those that went on"], rows);
}

function reasonTable({ reasons, callFailures, exits }: RunSummary): string {
  const rows = [
    ...reasons.map(({ reason, count }) => [escapeHtml(reason), String(count)]),
    ...Object.entries(callFailures).map(([code, count]) => [escapeHtml(`model call without a reply: ${code}`), String(count)]),
    ...Object.entries(exits).map(([exit, count]) => [escapeHtml(`rollout ended: ${exit}`), String(count)]),
  ];
  return rows.length === 0 ? "<p>None.</p>" : table(["reason", "count"], rows);
}

function recallTable({ recallBands: bands }: RunSummary): string {
  const rows = [
    ["0", bands.zero],
    ["above 0, below 0.5", bands.belowHalf],
    ["0.5 or more, below 1", bands.fromHalf],
    ["1", bands.one],
    ["none: the first patch has no lines to find again", bands.undefined],
  ] as const;
  const note = "Recall: the share of the first patch's changed lines that the second patch has too. A lineage is kept whatever it is.";
  return `<p>${note}</p>${table(
    ["recall", "lineages"],
    rows.map(([name, count]) => [name, String(count)]),
  )}`;
}

function recallChart({ recallTenths, meanRecall }: RunSummary): string {
  const most = Math.max(1, ...recallTenths);
  const bars = recallTenths.map((count, index) => {
    const height = (120 * count) / most;
    const x = 8 + index * 52;
    const label = index === 10 ? "1" : `0.${index}`;
    return `<rect x="${x}" y="${(140 - height).toFixed(1)}" width="44" height="${height.toFixed(1)}"/><text x="${x + 22}" y="156">${label}</text><text x="${x + 22}" y="${(134 - height).toFixed(1)}">${count}</text>`;
  });
  const mean = meanRecall === null ? "unknown" : meanRecall.toFixed(3);
  return `<svg viewBox="0 0 588 164" role="img" aria-label="Lineages by recall">${bars.join("")}</svg><p>Mean ${mean}. Each bar counts lineages from its recall up to the next.</p>`;
}

function costTable({ spending, steps, rollouts }: RunSummary): string {
  const { usage, costUsd } = spending;
  const known = (value: number | null): string => (value === null ? "unknown" : value.toLocaleString("en-US"));
  const rows: [string, string][] = [
    ["input tokens", known(usage.input)],
    ["of them cached", known(usage.cached)],
    ["output tokens", known(usage.output)],
    ["cost", costUsd === null ? "unknown" : `$${costUsd.toFixed(4)}`],
    ["requests", known(spending.calls)],
    ["complete replies", known(spending.replies)],
    ["broken calls of unknown cost", known(spending.unknownCostCalls)],
    ["possibly paid (in flight at a kill)", known(spending.possiblyPaid)],
    ["rollouts", known(rollouts)],
    ["steps", known(steps)],
  ];
  return table(["", ""], rows);
}

/** Cells are markup already. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string => `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  const top = head.some((cell) => cell !== "") ? `<thead>${cells(head, "th")}</thead>` : "";
  return `<div class="wide"><table>${top}<tbody>${rows.map((row) => cells(row, "td")).join("")}</tbody></table></div>`;
}

const style = `
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5c6b7a; --line: #d9e0e7; --paper: #fff; --kept: #2e7d5b; --rejected: #b7791f; --failed: #b23b3b; --unfinished: #5c6b7a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9aa8b5; --line: #33404d; --paper: #151b21; --kept: #58b58a; --rejected: #d9a441; --failed: #e07a7a; --unfinished: #9aa8b5; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin: 0; font-size: 1.6rem; } h2 { font-size: 1.1rem; margin-top: 2rem; } header p, small { color: var(--soft); }
.note { border-left: 4px solid var(--rejected); padding: .4rem .8rem; }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; } .card { border: 1px solid var(--line); border-radius: 8px; padding: .6rem 1rem; min-width: 7rem; display: grid; }
.card b { font-size: 1.8rem; } .card.kept b { color: var(--kept); } .card.rejected b { color: var(--rejected); } .card.failed b { color: var(--failed); } .card.unfinished b { color: var(--unfinished); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); } td { font-variant-numeric: tabular-nums; vertical-align: top; } h1, p { overflow-wrap: anywhere; }
.bar { background: var(--line); border-radius: 4px; height: .6rem; min-width: 8rem; } .bar i { display: block; height: 100%; background: var(--kept); border-radius: 4px; }
svg { width: 100%; margin-top: 1.2rem; } svg rect { fill: var(--kept); } svg text { fill: var(--soft); font-size: 12px; text-anchor: middle; }
details { margin: .3rem 0; } details details { margin-left: .8rem; } summary { cursor: pointer; overflow-wrap: anywhere; } .lineage { border-bottom: 1px solid var(--line); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 12.5px/1.45 ui-monospace, monospace; border-left: 3px solid var(--line); padding-left: .6rem; margin: .4rem 0; }
h3 { font-size: 1rem; margin: .8rem 0 .2rem; } h4 { font-size: .85rem; color: var(--soft); margin: .8rem 0 .2rem; } code { overflow-wrap: anywhere; }
.thought { color: var(--soft); font-style: italic; } .thought, .said { white-space: pre-wrap; margin: .3rem 0; } .call { border-color: var(--kept); }
ins { color: var(--kept); text-decoration: none; } del { color: var(--failed); text-decoration: none; } .kept .state { color: var(--kept); } .rejected .state { color: var(--rejected); } .failed .state { color: var(--failed); }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --line: #bbb; } body { margin: 0; max-width: none; } tr, summary, .card { break-inside: avoid; } h2, h3, h4 { break-after: avoid; } }
@media (max-width: 34rem) { th, td { padding: .3rem .4rem .3rem 0; } .bar { display: none; } svg text { font-size: 18px; } }
`;
