import type { Sample } from "../records/sample.ts";

export interface Redactor {
  readonly count: number;
  redact(text: string): string;
  restore(text: string): string;
}

/** Stand-in: branch redact has the real one. */
export function redactSample(sample: Sample, _redactor: Redactor): { sample: Sample; redactions: number } {
  return { sample, redactions: 0 };
}
