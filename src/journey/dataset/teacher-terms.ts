/**
 * What is publicly said of training on a model's output: the licence of open weights, or the terms of the service. No legal advice: a
 * row is what its source said on its date. A host of open weights may have narrower terms of its own, which
 * `teachers[].termsAllowTraining` then says. `pattern` is of the name in lower case, without the owner before its last "/".
 */
interface TermsRow {
  readonly pattern: RegExp;
  readonly allowed: boolean;
  readonly asOf: string;
  readonly source: string;
}

const rows: readonly TermsRow[] = [
  { pattern: /^scripted$/, allowed: true, asOf: "2026-11", source: "built in: no model" },
  { pattern: /^glm-4\.[5-7](?!v)/, allowed: true, asOf: "2026-11", source: "GLM-4.5 to 4.7 weights: MIT licence" },
  { pattern: /^qwen3(?:-coder|-next)?-\d+(?:\.\d+)?b/, allowed: true, asOf: "2026-11", source: "Qwen3 open weights: Apache-2.0" },
  { pattern: /^qwen2\.5-coder-(?:0\.5|1\.5|7|14|32)b/, allowed: true, asOf: "2026-11", source: "Qwen2.5-Coder but 3B: Apache-2.0" },
  { pattern: /^gpt-oss-/, allowed: true, asOf: "2026-11", source: "gpt-oss weights: Apache-2.0" },
  {
    pattern: /^deepseek-(?:r1|v3-0324|v3\.[12])/,
    allowed: true,
    asOf: "2026-11",
    source: "DeepSeek R1 and V3 of March 2025 and later: MIT licence",
  },
  { pattern: /^claude-/, allowed: false, asOf: "2026-11", source: "Anthropic's commercial terms: no training of competing models" },
  {
    pattern: /^(?:gpt-|chatgpt-|o[1-9](?:-|$)|codex-)/,
    allowed: false,
    asOf: "2026-11",
    source: "OpenAI's terms: no development of competing models",
  },
  { pattern: /^gemini-/, allowed: false, asOf: "2026-11", source: "Gemini API's terms: no development of competing models" },
];

/** Whether the terms of a teacher let its output train another model, as far as its name tells; null: not known. */
export function termsAllowTraining(teacher: string): boolean | null {
  const name = teacher.toLowerCase().replace(/^.*\//, "");
  return rows.find(({ pattern }) => pattern.test(name))?.allowed ?? null;
}
