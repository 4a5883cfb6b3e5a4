import * as fc from "fast-check";
import { Sample } from "../records/sample.ts";
import { SafetyReason } from "../records/safety-flag.ts";

const text = fc.string({ unit: "binary" });
const call = fc.record({ id: text, name: text, arguments: text });
const plainCall = fc.record({
  id: text,
  name: fc.constantFrom("bash", "submit"),
  arguments: fc.json().map((json) => `{"command": ${json}}`),
});
const words = fc.oneof(text, fc.constantFrom("", "\n", "a\n\n", "<think>\nx\n</think>\n\ny", "</think>", "<tool_call>", "# Tools\n"));
const message = fc.oneof(
  fc.record({ role: fc.constantFrom("system" as const, "user" as const), content: words }),
  fc.record({
    role: fc.constant("assistant" as const),
    content: words,
    reasoning: fc.option(words),
    toolCalls: fc.array(fc.oneof(call, plainCall), { maxLength: 3 }),
  }),
  fc.record({ role: fc.constant("tool" as const), content: words, toolCallId: text }),
);
const tool = fc.record({ name: text, description: text, parameters: fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()) });
const ratio = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)));
const provenance = fc.record({
  origin: fc.constantFrom("apprentice" as const, "openhands" as const),
  rollout: text,
  repository: fc.option(text),
  commit: fc.option(text),
  path: fc.option(text),
  qualifiedName: fc.option(text),
  language: fc.option(text),
  licence: fc.option(text),
  hint: fc.option(text),
  teacher: fc.option(text),
  sampling: fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))),
  termsAllowTraining: fc.option(fc.boolean()),
  attempt: fc.option(fc.integer({ min: 1, max: 3 })),
  tool: text,
});

/** Any sample at all, most of which no program ever made. */
export const anySample: fc.Arbitrary<Sample> = fc
  .record({
    version: fc.constant(3 as const),
    id: text,
    lineage: text,
    kind: fc.constantFrom("t1" as const, "t2" as const, null),
    provenance,
    exit: fc.option(text),
    patchSize: fc.option(fc.record({ files: fc.nat(), added: fc.nat(), removed: fc.nat() })),
    scores: fc.option(fc.record({ recall: ratio, precision: ratio, f1: ratio, sizeRatio: ratio })),
    toolset: fc.option(text),
    tools: fc.array(tool, { maxLength: 3 }),
    flags: fc.subarray([...SafetyReason.options]),
    failedSteps: fc.array(fc.nat({ max: 5 }), { maxLength: 2 }),
    messages: fc.array(message, { maxLength: 6 }),
  })
  .map((sample) => JSON.parse(JSON.stringify(Sample.parse(sample))) as Sample);

/** A sample whose calls and results fit, so that most formats have a row for it. */
export const soundSample: fc.Arbitrary<Sample> = fc
  .tuple(anySample, fc.array(fc.tuple(words, fc.option(words), plainCall, words), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([sample, turns, hasSystem]) => ({
    ...sample,
    messages: [
      ...(hasSystem ? [{ role: "system" as const, content: "You fix." }] : []),
      { role: "user" as const, content: "Fix." },
      ...turns.flatMap(([content, reasoning, made, result]) => [
        { role: "assistant" as const, content, reasoning, toolCalls: [made] },
        { role: "tool" as const, content: result, toolCallId: made.id },
      ]),
    ],
  }))
  .map((sample) => JSON.parse(JSON.stringify(sample)) as Sample);
