import { readImported } from "../../journey/import/list-imported.ts";
import type { RunStore } from "../../ledger/run-store.ts";
import type { Imported } from "../../records/imported.ts";
import type { Message } from "../../records/message.ts";
import type { Sample } from "../../records/sample.ts";
import { counted } from "../counted.ts";
import { cutText, fields, heading, patchLines, plain, prose, sizeText, type PageLine, type PageView } from "./page.ts";
import type { ShownRecord } from "./record.ts";
import { callLines } from "./rollout.ts";

/** An imported sample: all that its file said of where it comes from, then its conversation and its patch. */
export async function readShownImport(run: RunStore, { key, patch, firstPatch }: Imported): Promise<ShownRecord> {
  const sample = await (await readImported(run, key)).sample();
  const { messages: _, ...about } = sample;
  return {
    record: { ...about, patch, firstPatch },
    page: async (view) => [
      ...aboutLines(sample),
      ...sample.messages.flatMap((message, position) => messageLines(message, position, view)),
      ...(patch === null ? [] : [...heading("Its patch", view), ...patchLines(await run.artifacts.get(patch), view)]),
      ...(firstPatch === null
        ? []
        : [...heading("The patch it is compared with", view), ...patchLines(await run.artifacts.get(firstPatch), view)]),
    ],
  };
}

function aboutLines({ id, kind, lineage, provenance, exit, patchSize, scores, flags, messages }: Sample): PageLine[] {
  const { origin, tool, rollout, repository, commit, path, qualifiedName, teacher } = provenance;
  const known = (value: string | null): string => value ?? "unknown";
  const steps = messages.filter(({ role }) => role === "assistant").length;
  return [
    plain(`Sample ${id} · ${kind === null ? "" : `${kind.toUpperCase()}, `}imported from ${origin}`, "heading"),
    ...fields([
      ["rollout", `${rollout}, made with ${tool}`],
      ["lineage", lineage],
      ["function", `${known(qualifiedName)} in ${known(path)}`],
      ["repository", `${known(repository)} at ${known(commit)}`],
      ["teacher", known(teacher)],
      [
        "ended",
        `${known(exit)} after ${counted(steps, "step")} with ${patchSize === null ? "a patch that is not known" : sizeText(patchSize)}`,
      ],
      ["recall", scores === null ? "nothing to compare with" : (scores.recall?.toFixed(4) ?? "undefined")],
      ...(flags.length === 0 ? [] : [["flagged", flags.join(", ")] as const]),
    ]),
  ];
}

function messageLines(message: Message, position: number, view: PageView): PageLine[] {
  const head = heading(`${position} · ${message.role}`, view);
  if (message.role === "tool") return [...head, ...cutText(message.content, { ...view, mostLines: 18, prefix: "  │ " })];
  if (message.role !== "assistant") return [...head, ...cutText(message.content, { ...view, mostLines: 18, prefix: "  " })];
  const { reasoning, content, toolCalls } = message;
  return [
    ...head,
    ...(reasoning === null || reasoning.trim() === "" ? [] : prose(`(${reasoning.trim()})`, view, "dim")),
    ...(content.trim() === "" ? [] : prose(content, view)),
    ...toolCalls.flatMap((call) => callLines(call, view)),
  ];
}
