import { segmentLines } from "./journal-segment.ts";

/** What a look through a segment found besides its good lines. */
export interface SegmentSurvey {
  /** Where the last good line ends; what lies behind it is a torn tail. */
  readonly goodBytes: number;
  readonly totalBytes: number;
  /** Offsets of bad lines that stand before a good one: damage, as no kill makes it. */
  readonly damaged: readonly number[];
}

export interface GoodLine {
  readonly offset: number;
  readonly length: number;
  readonly json: Buffer;
}

/** Visits every good line of a segment's first `end` bytes in order. */
export async function surveySegment(path: string, end: number, visit: (line: GoodLine) => void): Promise<SegmentSurvey> {
  const damaged: number[] = [];
  let bad: number[] = [];
  let goodBytes = 0;
  for await (const lines of segmentLines(path, end)) {
    for (const { offset, length, json } of lines) {
      if (json === null) {
        bad.push(offset);
        continue;
      }
      damaged.push(...bad);
      bad = [];
      goodBytes = offset + length;
      visit({ offset, length, json });
    }
  }
  return { goodBytes, totalBytes: end, damaged };
}
