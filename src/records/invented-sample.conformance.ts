import type { Message } from "./message.ts";
import type { Sample } from "./sample.ts";

/** A sample of a run that never was, for tests; what is not said is plain. */
export function inventedSample(messages: readonly Message[], more: Partial<Sample> = {}): Sample {
  return {
    version: 3,
    id: "s1",
    lineage: "l1",
    kind: "t2",
    provenance: {
      origin: "apprentice",
      rollout: "r1",
      repository: "library",
      commit: "c0ffee",
      path: "src/m.py",
      qualifiedName: "A.work",
      language: "python",
      licence: null,
      hint: null,
      teacher: "some-model",
      sampling: {},
      termsAllowTraining: null,
      attempt: 1,
      tool: "apprentice 0",
    },
    exit: "submitted",
    patchSize: { files: 1, added: 1, removed: 1 },
    scores: { recall: 1, precision: 1, f1: 1, sizeRatio: 1 },
    toolset: "sera",
    tools: [],
    flags: [],
    failedSteps: [],
    messages: [...messages],
    ...more,
  };
}
