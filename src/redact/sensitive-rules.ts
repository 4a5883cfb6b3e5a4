/**
 * One shape of text that should not leave the house. `pattern` has the flag `g`, bounded repetitions and no two ways to match the same
 * text, so that time stays linear; where it has a group, that group alone is replaced. `accepts` looks at what was found.
 */
export interface SensitiveRule {
  readonly kind: "SECRET" | "EMAIL" | "PHONE" | "CARD" | "IBAN";
  readonly pattern: RegExp;
  /** One of these stands in every text that the pattern can match; it is looked for first, because that is fast. */
  readonly hints: readonly string[];
  readonly accepts?: (found: string) => boolean;
}

/** Keys as their issuers shape them, and values that are called a secret beside an assignment. */
export const secretRules: readonly SensitiveRule[] = [
  { kind: "SECRET", pattern: /\b(?:AKIA|ASIA|AROA|AIDA|AGPA)[A-Z0-9]{16}\b/g, hints: ["AKIA", "ASIA", "AROA", "AIDA", "AGPA"] },
  { kind: "SECRET", pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g, hints: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"] },
  { kind: "SECRET", pattern: /\bgithub_pat_[A-Za-z0-9_]{22,255}\b/g, hints: ["github_pat_"] },
  { kind: "SECRET", pattern: /(?<![\w-])glpat-[\w-]{20,100}/g, hints: ["glpat-"] },
  { kind: "SECRET", pattern: /(?<![\w-])xox[abeoprs]-[A-Za-z0-9-]{10,250}/g, hints: ["xox"] },
  { kind: "SECRET", pattern: /hooks\.slack\.com\/services\/([A-Za-z0-9/_-]{20,100})/g, hints: ["hooks.slack.com"] },
  { kind: "SECRET", pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,250}\b/g, hints: ["k_live_", "k_test_"] },
  { kind: "SECRET", pattern: /(?<![\w-])sk-(?:ant-|proj-|or-|svcacct-|live-)?[\w-]{20,250}/g, hints: ["sk-"], accepts: hasDigitAndLetter },
  { kind: "SECRET", pattern: /(?<![\w-])AIza[\w-]{35}(?![\w-])/g, hints: ["AIza"] },
  { kind: "SECRET", pattern: /\bnpm_[A-Za-z0-9]{36}\b/g, hints: ["npm_"] },
  { kind: "SECRET", pattern: /(?<![\w-])pypi-[\w-]{50,300}/g, hints: ["pypi-"] },
  { kind: "SECRET", pattern: /\bhf_[A-Za-z0-9]{30,100}\b/g, hints: ["hf_"] },
  { kind: "SECRET", pattern: /(?<![\w-])SG\.[\w-]{16,32}\.[\w-]{32,64}(?![\w-])/g, hints: ["SG."] },
  { kind: "SECRET", pattern: /(?<![\w-])eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000}/g, hints: ["eyJ"] },
  {
    kind: "SECRET",
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>]{1,100}:([^\s/@"'<>]{3,200})@/g,
    hints: ["://"],
    accepts: isNoPlace,
  },
  { kind: "SECRET", pattern: /\bBearer {1,3}([A-Za-z0-9._~+/=-]{16,2000})/gi, hints: ["earer "], accepts: hasDigitAndLetter },
  {
    kind: "SECRET",
    pattern:
      /(?:passw(?:or)?d|secret|token|api_?key|access_?key|private_?key|credential)s?["']?\s{0,4}(?:=>|[=:])\s{0,4}["']([^"'\s]{8,200})["']/gi,
    hints: [],
    accepts: isRandom,
  },
];

/** What tells of people. Addresses of networks are left: they cannot be told from versions. */
export const personalRules: readonly SensitiveRule[] = [
  {
    kind: "EMAIL",
    pattern: /(?<![\w.+-])[A-Za-z0-9_][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/g,
    hints: ["@"],
    accepts: isAddress,
  },
  {
    kind: "PHONE",
    pattern: /(?<![\w.+-])\+[1-9]\d{0,2}[ -](?:\(\d{1,4}\)[ -]?)?\d{2,4}(?:[ -]\d{2,4}){1,4}(?![\w.])/g,
    hints: ["+"],
    accepts: isPhone,
  },
  { kind: "CARD", pattern: /(?<![\w.-])(?:\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|\d{15,16})(?![\w.-])/g, hints: [], accepts: isCard },
  { kind: "IBAN", pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b/g, hints: [], accepts: isIban },
];

function hasDigitAndLetter(text: string): boolean {
  return /\d/.test(text) && /[A-Za-z]/.test(text);
}

/** A place for a value, as in `${PASSWORD}`, `<password>` or `%(password)s`. */
function isNoPlace(text: string): boolean {
  return !/^[${<%*[]|^(?:pass(?:word)?|pwd|secret|token|x+)$/i.test(text);
}

/** Letters and digits as a generator mixes them: at least 3 bits a character, and nothing that a person would write as an example. */
function isRandom(text: string): boolean {
  if (!hasDigitAndLetter(text) || !isNoPlace(text) || /example|changeme|dummy|placeholder|[({]/i.test(text)) return false;
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const bits = [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
  return bits >= 3;
}

const endings = new Set(
  "com org net edu gov mil int info biz io dev app ai co me name pro xyz cloud tech online site email museum eu de at ch fr uk ie nl be lu it es pt dk se no fi pl cz sk hu ro bg gr tr ru ua us ca mx br ar cl au nz jp cn hk tw kr in sg za il ae".split(
    " ",
  ),
);

/** Not those of machines and of examples (RFC 2606), nor what only looks so in code. */
function isAddress(text: string): boolean {
  const [local = "", host = ""] = text.toLowerCase().split("@");
  if (local === "git" || /(?:^|\.)(?:example|invalid|test|localhost)(?:\.|$)/.test(host)) return false;
  return endings.has(host.split(".").at(-1) ?? "");
}

function isPhone(text: string): boolean {
  const digits = text.replaceAll(/\D/g, "").length;
  return digits >= 8 && digits <= 15;
}

/** By the first digits of the large issuers and the check digit of Luhn. */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, "");
  if (!/^(?:4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6011\d{12}|65\d{14})$/.test(digits) || /^(\d)\1+$/.test(digits)) return false;
  const sum = Array.from(digits)
    .toReversed()
    .reduce((total, digit, index) => total + luhn(Number(digit), index % 2 === 1), 0);
  return sum % 10 === 0;
}

function luhn(digit: number, isDoubled: boolean): number {
  const value = isDoubled ? digit * 2 : digit;
  return value > 9 ? value - 9 : value;
}

/** By the remainder of ISO 13616. */
function isIban(text: string): boolean {
  const plain = text.replaceAll(" ", "");
  if (plain.length < 15 || plain.length > 34) return false;
  let remainder = 0;
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
