import type { LineageDetail, ReportedLineage, RolloutDetail, TurnDetail } from "../journey/analysis/lineage-details.ts";
import type { LineageOutcome } from "../records/lineage.ts";
import type { SafetyFlag } from "../records/safety-flag.ts";
import { escapeHtml } from "./escape-html.ts";

/** What a page may hold of a run's lineages. `characters`: of the markup of those that are shown whole; `names`: of others. */
export interface PageBounds {
  readonly characters: number;
  readonly names: number;
}

export interface LineagePart {
  readonly lineages: AsyncIterable<ReportedLineage>;
  readonly bounds: PageBounds;
  /** The command line that shows an id of the run. */
  readonly lineOf: (id: string) => string;
}

/**
 * Each lineage with its rollouts, pull request, patches and score, folded up; when the page is full the others by name, each with the line that
 * shows it in a terminal, and then their number alone.
 */
export async function lineageSections({ lineages, bounds, lineOf }: LineagePart): Promise<string> {
  const whole: string[] = [];
  const named: string[] = [];
  let [left, unnamed] = [bounds.characters, 0];
  for await (const lineage of lineages) {
    const section = left > 0 ? lineageSection(lineage, await lineage.detail(), lineOf) : null;
    if (section !== null && section.length <= left) whole.push(section);
    else if (named.length < bounds.names) named.push(nameRow(lineage, lineOf));
    else unnamed++;
    // The first that finds no room ends it, so that those shown are the first ones.
    left = section !== null && section.length <= left ? left - section.length : 0;
  }
  if (whole.length + named.length + unnamed === 0) return "<p>None was drawn.</p>";
  const head = `<p>${whole.length} of ${whole.length + named.length + unnamed} are here to read; long texts are cut.</p>`;
  return `${head}${whole.join("")}${othersPart(named, unnamed, lineOf)}`;
}

function othersPart(named: readonly string[], unnamed: number, lineOf: (id: string) => string): string {
  if (named.length === 0) return "";
  const rows = `<div class="wide"><table><tbody>${named.join("")}</tbody></table></div>`;
  const more = unnamed === 0 ? "" : `<p>${unnamed} more are not named here: <code>${escapeHtml(lineOf(""))}</code> lists all.</p>`;
  return `<details><summary>${named.length + unnamed} more, to read in a terminal</summary>${rows}${more}</details>`;
}

function siteText({ site: { path, startLine, qualifiedName } }: ReportedLineage): string {
  return escapeHtml(cutName(`${path}:${startLine} ${qualifiedName}`));
}

const longestName = 300;

function cutName(name: string): string {
  return name.length <= longestName ? name : `${name.slice(0, longestName)}…`;
}

function nameRow(lineage: ReportedLineage, lineOf: (id: string) => string): string {
  return `<tr><td>${lineage.state}</td><td>${siteText(lineage)}</td><td><code>${escapeHtml(lineOf(lineage.key.slice(0, 12)))}</code></td></tr>`;
}

function lineageSection(lineage: ReportedLineage, detail: LineageDetail, lineOf: (id: string) => string): string {
  const { score, repository, commit, outcome, attempts, second, pullRequest } = detail;
  const recall = score === null ? "" : ` · recall ${ratio(score.recall)}`;
  const flagged = [...attempts.slice(-1).map(({ rollout }) => rollout), ...(second === null ? [] : [second])].some(
    ({ flags }) => flags.length > 0,
  );
  const parts = [
    `<p>${escapeHtml(cutName(repository ?? "unknown"))} at ${escapeHtml(commit?.slice(0, 12) ?? "unknown")} · <code>${escapeHtml(lineOf(lineage.key.slice(0, 12)))}</code></p>`,
    ...attempts.map(({ rollout, verdict }) =>
      [
        rolloutPart(`First rollout T1${attempts.length > 1 ? `, attempt ${rollout.attempt}` : ""}`, rollout, "P1"),
        verdict === null ? "" : `<p>Self-check: ${escapeHtml(verdict)}.</p>`,
      ].join(""),
    ),
    pullRequest === null ? "" : `<h3>Pull request</h3><pre>${escapeHtml(pullRequest)}</pre>`,
    second === null ? "" : rolloutPart("Second rollout T2", second, "P2"),
    score === null
      ? ""
      : `<h3>Score</h3><p>Recall ${ratio(score.recall)}, precision ${ratio(score.precision)}, F1 ${ratio(score.f1)}: ${score.matched} of ${score.firstLines} changed lines of P1 found among ${score.secondLines} of P2.</p>`,
    `<p>${escapeHtml(outcomeText(outcome))}</p>`,
  ];
  const head = `<b class="state">${lineage.state}</b> ${siteText(lineage)}<small>${recall}${flagged ? " · flagged" : ""}</small>`;
  return `<details class="lineage ${lineage.state}"><summary>${head}</summary>${parts.join("")}</details>`;
}

function ratio(value: number | null): string {
  return value === null ? "undefined" : value.toFixed(3);
}

function outcomeText(outcome: LineageOutcome | null): string {
  if (outcome === null) return "Unfinished.";
  if (outcome.state === "kept") return "Kept.";
  if (outcome.state === "rejected") return `Rejected by the rule ${outcome.rule} (${outcome.detail}).`;
  const { stage, tries, failure } = outcome;
  return `Failed in ${stage}, try ${tries}: ${failure.boundary}/${failure.code}: ${cutName(failure.message)}`;
}

function rolloutPart(title: string, rollout: RolloutDetail, patchName: string): string {
  const { exit, steps, problem, patchSize, patch, turns, flags } = rollout;
  const { files, added, removed } = patchSize;
  return [
    `<h3>${title}</h3>`,
    ...flags.slice(0, mostFlags).map(flagPart),
    folded("What it was given", `<pre>${escapeHtml(problem)}</pre>`),
    turns === null ? "" : folded(`${steps} ${steps === 1 ? "turn" : "turns"}, ended ${exit}`, turnsPart(turns)),
    files === 0 ? `<p>${patchName} is empty.</p>` : folded(`Patch ${patchName}: files ${files}, +${added} −${removed}`, patchPart(patch)),
  ].join("");
}

const mostFlags = 8;

function flagPart({ reason, where, turn, rule, excerpt }: SafetyFlag): string {
  const place = `${where}${turn === null ? "" : ` of turn ${turn}`}`;
  return `<p class="note">Flagged for ${reason}: the ${place} (${escapeHtml(rule)}): <q>${escapeHtml(excerpt)}</q></p>`;
}

function folded(summary: string, inner: string): string {
  return `<details><summary>${summary}</summary>${inner}</details>`;
}

function turnsPart({ first, leftOut, last }: NonNullable<RolloutDetail["turns"]>): string {
  const gap = leftOut === 0 ? "" : `<p>[… ${leftOut} turns left out …]</p>`;
  return `${first.map(turnPart).join("")}${gap}${last.map(turnPart).join("")}`;
}

function turnPart({ turn, kind, exitCode, reasoning, said, calls, observation }: TurnDetail): string {
  const how = [...(kind === "requery" ? ["no valid call"] : []), ...(exitCode === null ? [] : [`exit status ${exitCode}`])];
  return [
    `<h4>${[`Turn ${turn}`, ...how].join(" · ")}</h4>`,
    reasoning === "" ? "" : `<p class="thought">${escapeHtml(reasoning)}</p>`,
    said === "" ? "" : `<p class="said">${escapeHtml(said)}</p>`,
    ...calls.map(({ name, text }) => `<pre class="call"><b>${escapeHtml(name)}</b> ${escapeHtml(text)}</pre>`),
    observation === "" ? "" : `<pre>${escapeHtml(observation)}</pre>`,
  ].join("");
}

function patchPart(patch: string): string {
  const lines = escapeHtml(patch)
    .split("\n")
    .map((line) => {
      if (/^(?:\+\+\+|---) /.test(line)) return line;
      if (line.startsWith("+")) return `<ins>${line}</ins>`;
      return line.startsWith("-") ? `<del>${line}</del>` : line;
    });
  return `<pre class="patch">${lines.join("\n")}</pre>`;
}
