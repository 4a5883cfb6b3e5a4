import type { Result } from "../base/result.ts";
import { err } from "../base/result.ts";
import type { LedgerRecords, RecordKind } from "../ledger/ledger.ts";
import type { Failure } from "../records/failure.ts";
import type { JourneyContext } from "./journey-context.ts";

/** What a stage is given to work with. `key` is the identity of its result. */
export interface StageWork<Input> {
  readonly key: string;
  readonly input: Input;
  readonly context: JourneyContext;
}

/**
 * One step of the journey of one lineage: from an input to one record in the ledger. `keyOf` is a pure function of the
 * input, so the same input under the same settings is never worked on twice. A stage never imports a stage.
 */
export interface Stage<Kind extends RecordKind, Input> {
  readonly name: string;
  readonly kind: Kind;
  keyOf(input: Input): string;
  run(work: StageWork<Input>, signal: AbortSignal): Promise<Result<LedgerRecords[Kind], Failure>>;
}

/** A failure and the stage it happened in. */
export interface StageFailure {
  readonly stage: string;
  readonly failure: Failure;
}

/** Performs stages of one lineage: a finished key is read from the ledger, anything else is done and written. */
export interface Performer {
  readonly perform: <Kind extends RecordKind, Input>(
    stage: Stage<Kind, Input>,
    input: Input,
  ) => Promise<Result<LedgerRecords[Kind], StageFailure>>;
}

export function createPerformer(context: JourneyContext, signal: AbortSignal): Performer {
  return {
    async perform(stage, input) {
      const key = stage.keyOf(input);
      const finished = await context.ledger.get(stage.kind, key);
      if (finished !== null) return { ok: true, value: finished };
      context.onStage?.(stage.name, 1);
      const result = await stage.run({ key, input, context }, signal).finally(() => context.onStage?.(stage.name, -1));
      if (!result.ok) return err({ stage: stage.name, failure: result.error });
      await context.ledger.put(stage.kind, key, result.value);
      return result;
    },
  };
}
