/**
 * Parts of an observation that differ between two executions of the same command without meaning anything: times, dates,
 * memory addresses, free ports, temporary names, process numbers, hashes of commits and stashes made in between (design §3).
 */
const noise: readonly RegExp[] = [
  /\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?/g,
  /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b[^\n]{0,40}\b\d{2}:\d{2}:\d{2}\b[^\n]{0,20}/g,
  /\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+\d{1,2}\s+(\d{2}:\d{2}|\d{4})\b/g,
  /\b\d{2}:\d{2}:\d{2}([.,]\d+)?\b/g,
  /\b\d+m\d+(\.\d+)?s\b/g,
  /\b\d+(\.\d+)?\s?(ns|µs|us|ms|s|sec|secs|seconds?)\b/g,
  /\b(127\.0\.0\.1|localhost):\d{4,5}\b/g,
  /^commit [0-9a-f]{40}\b/gm,
  /^\[[^\]\n]{1,80} [0-9a-f]{7,40}\]/gm,
  /\([0-9a-f]{40}\)/g,
  /\b0x[0-9a-fA-F]{6,16}\b/g,
  /\/tmp\/[A-Za-z0-9._-]*/g,
  /\btmp[a-z0-9_]{6,10}\b/g,
  /\bpid[ =:]+\d+/gi,
  /\[\d+\] \d+\b/g,
];

function withoutNoise(text: string): string {
  return noise.reduce((rest, pattern) => rest.replace(pattern, "~"), text);
}

/** Did a command that ran again say the same? */
export function sameObservation(first: string, second: string): boolean {
  return first === second || withoutNoise(first) === withoutNoise(second);
}
