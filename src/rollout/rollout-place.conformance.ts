import { createModelPool } from "../model/pool/model-pool.ts";
import { chmodSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { systemClock } from "../base/clock.ts";
import { unwrap, type Result } from "../base/result.ts";
import { createScrubber } from "../base/secret.ts";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { openLocalArtifacts } from "../ledger/local/local-artifacts.ts";
import { openLocalJournal } from "../ledger/local/local-journal.ts";
import { createBudget } from "../model/budget.ts";
import { createOpenAiChat } from "../model/openai-chat/openai-chat.ts";
import { costUsd, priceOf, worstCaseUsd } from "../model/prices.ts";
import type { Failure } from "../records/failure.ts";
import { Transcript, type Rollout } from "../records/rollout.ts";
import { diffTree } from "../repository/diff-tree.ts";
import { snapshotOf, TestFolder, UserRepository } from "../repository/temporary-repository.conformance.ts";
import type { UnpackedSnapshot } from "../repository/unpack-snapshot.ts";
import { createBubblewrap } from "../sandbox/bubblewrap/bubblewrap.ts";
import { createPlainProcesses } from "../sandbox/none/none.ts";
import type { SandboxBackend } from "../sandbox/sandbox.ts";
import { whyUnable } from "../sandbox/why-unable.conformance.ts";
import type { Toolset } from "../toolsets/toolset.ts";
import { toolsetByName } from "../toolsets/toolsets.ts";
import type { RolloutLimits } from "./limits.ts";
import { inOrder, startReplyServer, type Answer, type ReplyServer, type ScriptedReply } from "./reply-server.conformance.ts";
import { runRollout, type RolloutContext, type RolloutTask } from "./rollout.ts";

/** What a test changes of a rollout. `stores`: folder of its journal and artifacts; the same name is the same run. */
export interface Roll {
  readonly limits?: Partial<RolloutLimits>;
  readonly context?: Partial<RolloutContext>;
  readonly task?: Partial<RolloutTask>;
  readonly signal?: AbortSignal;
  readonly stores?: string;
}

export interface Rolled {
  readonly result: Result<Rollout, Failure>;
  readonly transcript: () => Promise<Transcript>;
  readonly transcriptText: () => Promise<string>;
  readonly patch: () => Promise<string>;
}

/** A tiny repository's snapshot, a model whose replies are given, and rollouts between them in one sandbox. */
export interface RolloutPlace extends AsyncDisposable {
  readonly server: ReplyServer;
  readonly folder: TestFolder;
  /** What follows is another run, and no request has been made. */
  renew(): void;
  roll(answer: Answer | readonly ScriptedReply[], options?: Roll): Promise<Rolled>;
}

/** The same tests in the sandboxes of every backend, each in a run of its own; skipped where a backend does not work. */
export async function inEverySandbox(name: string, tests: (kind: string, place: () => RolloutPlace) => void): Promise<void> {
  for (const backend of [createPlainProcesses(), createBubblewrap()]) {
    describe(`${name} in the sandbox ${backend.kind}`, skippedIf(await whyUnable(backend)), () => {
      let opened: RolloutPlace;
      beforeAll(async () => {
        opened = await openRolloutPlace(backend);
      });
      afterAll(async () => await opened[Symbol.asyncDispose]());
      beforeEach(() => opened.renew());
      tests(backend.kind, () => opened);
    });
  }
}

export function sera(texts: Partial<Toolset["texts"]> = {}): Toolset {
  const toolset = toolsetByName("sera", texts);
  if (toolset === null) throw new Error("no toolset");
  return toolset;
}

/** A key and an address as a repository should not hold them. */
export const planted = { key: `ghp_${"a1B2c3D4e5".repeat(4)}`, address: "jane@corp-mail.com" };
export const settings = `KEY = "${planted.key}"  # ask ${planted.address}\nTIMEOUT = 1\n`;

const never = new AbortController().signal;
/** 100 tokens in and 10 out, as a reply counts where a test does not say otherwise, cost 0.2 dollars. */
const price = priceOf("m", { inputPerMtok: 1000, cachedPerMtok: 1000, outputPerMtok: 10_000 });
const scrubber = createScrubber([]);

const generous: RolloutLimits = {
  maxSteps: 50,
  maxTokens: null,
  contextTokens: 100_000,
  maxCostUsd: null,
  formatErrors: 3,
  repeatedActions: 4,
  commandTimeouts: 2,
  commandMs: 20_000,
  commandTotalMs: 60_000,
  rolloutMs: 60_000,
};

async function openRolloutPlace(backend: SandboxBackend): Promise<RolloutPlace> {
  const folder = new TestFolder();
  // The sandbox's own account has to reach the snapshot.
  chmodSync(folder.path, 0o755);
  const user = new UserRepository(folder.at("user"));
  user.write("a.py", "def add(x, y):\n    return x - y\n").write("b.txt", "one\ntwo\n").write("settings.py", settings).commit();
  const snapshot = await snapshotOf(folder, user, backend.snapshotOwner);
  const server = await startReplyServer(inOrder([]));
  let run = 0;
  return {
    server,
    folder,
    renew() {
      run++;
      server.forget();
    },
    roll: (answer, options = {}) => {
      server.answerWith(typeof answer === "function" ? answer : inOrder(answer));
      return rollOnce({ folder, snapshot, server, backend, run: `run-${run}` }, options);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

interface Ground {
  readonly folder: TestFolder;
  readonly snapshot: UnpackedSnapshot;
  readonly server: ReplyServer;
  readonly backend: SandboxBackend;
  readonly run: string;
}

async function rollOnce({ folder, snapshot, server, backend, run }: Ground, options: Roll): Promise<Rolled> {
  const { limits, context, task, signal = never, stores = "stores" } = options;
  const place = folder.at(run, stores);
  await using journal = await openLocalJournal({ folder: `${place}/journal`, scrubber, write: true });
  const artifacts = await openLocalArtifacts({ folder: `${place}/artifacts`, scrubber, write: true });
  await using model = createOpenAiChat({ baseUrl: server.baseUrl, model: "m", apiKey: null, firstByteMs: 20_000, stallMs: 20_000 });
  const result = await runRollout(
    { ...usualTask(snapshot), limits: { ...generous, ...limits }, ...task },
    {
      teacher: {
        pool: createModelPool({ models: [model], clock: systemClock, most: Infinity }),
        costUsd: (usage) => costUsd(usage, price),
        worstCaseUsd: (request) => worstCaseUsd(request, price),
      },
      budget: createBudget(null, 0),
      clock: systemClock,
      tries: 2,
      pause: async () => true,
      sandboxes: backend,
      journal,
      artifacts,
      makeDiff: (tree, stop) => diffTree({ gitDir: snapshot.gitDir, commit: snapshot.commit, tree, scratch: folder.scratch }, stop),
      redactor: null,
      onStep: () => undefined,
      ...context,
    },
    signal,
  );
  const text = async (name: "transcript" | "patch"): Promise<string> =>
    Buffer.from((await artifacts.get(unwrap(result)[name])) ?? []).toString("utf8");
  return {
    result,
    transcriptText: () => text("transcript"),
    transcript: async () => Transcript.parse(JSON.parse(await text("transcript"))),
    patch: () => text("patch"),
  };
}

function usualTask(snapshot: UnpackedSnapshot): Omit<RolloutTask, "limits"> {
  return {
    key: "rollout-1",
    lineage: "lineage-1",
    kind: "t1",
    attempt: 1,
    problem: "add subtracts",
    toolset: sera(),
    snapshot: { id: snapshot.commit, path: snapshot.folder },
    image: null,
    setup: null,
    sandboxLimits: { memoryMiB: null, processes: null, workspaceMiB: 64 },
    openMs: 60_000,
    temperature: 0.6,
    maxOutputTokens: null,
  };
}
