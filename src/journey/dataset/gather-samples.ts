import type { CollectedSample, RunReader, SampleRef, Wanted } from "./run-reader.ts";

/**
 * Runs in; canonical samples out, in order of lineage key whatever run they are of, T1 before T2, imported ones under their own keys. A pure
 * function of the ledgers. Nothing is left out but what is not `wanted`.
 */
export async function* gatherSamples(readers: readonly RunReader[], wanted: Wanted): AsyncGenerator<CollectedSample> {
  for await (const ref of merged(readers.map((reader) => reader.refs(wanted)))) {
    const reader = readers[ref.source];
    if (reader === undefined) throw new Error("a reference names a run that was not given");
    yield await reader.read(ref);
  }
}

/** Several streams in order of key as one; equal keys in the order of the runs. */
async function* merged(streams: readonly AsyncGenerator<SampleRef>[]): AsyncGenerator<SampleRef> {
  try {
    const heads = await Promise.all(streams.map(async (stream) => await stream.next()));
    for (let least = leastOf(heads); least !== null; least = leastOf(heads)) {
      yield least.ref;
      const next = await streams[least.index]?.next();
      if (next !== undefined) heads[least.index] = next;
    }
  } finally {
    for (const stream of streams) await stream.return(undefined);
  }
}

function leastOf(heads: readonly IteratorResult<SampleRef, void>[]): { readonly index: number; readonly ref: SampleRef } | null {
  let least: { readonly index: number; readonly ref: SampleRef } | null = null;
  for (const [index, head] of heads.entries()) {
    if (head.done !== true && (least === null || head.value.key < least.ref.key)) least = { index, ref: head.value };
  }
  return least;
}
