import { afterAll, beforeAll, describe } from "vitest";
import { skippedIf } from "../base/skipped-if.conformance.ts";
import { Bench } from "./conformance/bench.conformance.ts";
import { commandCases, gitCases } from "./conformance/command-cases.conformance.ts";
import { deadlineCases } from "./conformance/deadline-cases.conformance.ts";
import { exportCases } from "./conformance/export-cases.conformance.ts";
import { fileCases } from "./conformance/file-cases.conformance.ts";
import { isolationCases, namespaceCases } from "./conformance/isolation-cases.conformance.ts";
import { lifeCases } from "./conformance/life-cases.conformance.ts";
import { diskCases, limitCases, memoryCases } from "./conformance/limit-cases.conformance.ts";
import { shellCases } from "./conformance/shell-cases.conformance.ts";
import { SnapshotPlace } from "./conformance/snapshot-place.conformance.ts";
import type { SandboxBackend } from "./sandbox.ts";

export interface ConformanceSetup {
  readonly backend: SandboxBackend;
  /** Why nothing can be run here; null: it can. */
  readonly unable: string | null;
  /** Why commands are not kept from this host: all that would do it harm is skipped. null: they are kept from it. */
  readonly notIsolated: string | null;
  /** Why programs may make user namespaces, with the rights over what is in them alone; left out: they may not. */
  readonly nestsUsers?: string;
  /** Why memory is not bounded here; null: it is. */
  readonly memoryUnbounded: string | null;
  /** Why what is written to the workspace is not bounded as a whole here; null: it is. */
  readonly diskUnbounded: string | null;
  /** What every sandbox is opened with. */
  readonly image: string | null;
  /** Why there is no git among the commands; null: there is. */
  readonly noGit: string | null;
}

/** What every backend must do. A group that a backend is excepted from is skipped under its reason. */
export function sandboxConformance(name: string, setup: ConformanceSetup): void {
  const { notIsolated } = setup;
  const noMemory = notIsolated ?? setup.memoryUnbounded;
  describe(`the sandbox ${name}`, skippedIf(setup.unable), () => {
    const place = new SnapshotPlace(setup.backend);
    beforeAll(() => place.make());
    afterAll(() => place.remove());
    const bench = new Bench(setup, place);
    commandCases(bench);
    describe("git", skippedIf(setup.noGit), () => {
      gitCases(bench);
    });
    shellCases(bench);
    deadlineCases(bench);
    fileCases(bench);
    exportCases(bench);
    lifeCases(bench);
    describe("isolation", skippedIf(notIsolated), () => {
      isolationCases(bench);
      describe("user namespaces", skippedIf(setup.nestsUsers ?? null), () => {
        namespaceCases(bench);
      });
      limitCases(bench);
      describe("disk", skippedIf(setup.diskUnbounded), () => {
        diskCases(bench);
      });
    });
    describe("memory", skippedIf(noMemory), () => {
      memoryCases(bench);
    });
  });
}
