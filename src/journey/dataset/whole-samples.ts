import type { Sample, SelectedSample } from "../../records/sample.ts";

/** Samples as a selection takes them that neither counts tokens nor cuts nor redacts. */
export async function* wholeSamples(samples: AsyncIterable<Sample>): AsyncGenerator<SelectedSample> {
  for await (const sample of samples) yield { sample, tokens: null, ratios: null, redactions: 0 };
}
