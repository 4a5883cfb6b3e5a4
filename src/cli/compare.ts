import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { plainText } from "../base/plain-text.ts";
import { comparePatches, type PatchComparison } from "../patch/compare-patches.ts";
import { compareSera, type SeraComparison } from "../patch/compare-sera.ts";
import { usageError, type CommandModule, type Terminal } from "./command.ts";
import { fraction } from "./flag-number.ts";

interface CompareFlags {
  readonly as: string;
  readonly ignoreWhitespace?: boolean;
  readonly threshold?: number;
  readonly json?: boolean;
}

export const register: CommandModule["register"] = (program, terminal) => {
  program
    .command("compare")
    .description("Scores how far the changed lines of the first patch are found again in the second.")
    .argument("<first>", "the patch that sets the lines to be found")
    .argument("<second>", "the patch they are looked for in")
    .option("--as <rules>", "apprentice (by file and hunk) or sera (the authors' counting, with its faults)", "apprentice")
    .option("--ignore-whitespace", "compare lines without regard to white space (apprentice only)")
    .option("--threshold <r>", "status 1 when the recall is below R", fraction)
    .option("--json", "print one JSON object")
    .addHelpText("after", "\nOne of the two may be -, which is standard input.")
    .action(async (first: string, second: string, flags: CompareFlags) => {
      if (first === "-" && second === "-")
        throw usageError("Only one of the two patches can come from standard input: name a file for the other.");
      const patches = { first: await read(first), second: await read(second) };
      const score = compareAs(patches, { first, second }, flags);
      if (flags.json === true) terminal.print(JSON.stringify(score));
      else printScore(score, terminal);
      if (score.recall === null || score.recall < (flags.threshold ?? 0)) terminal.exit(1);
    });
};

/** Name of a patch in a sentence. */
function nameOf(path: string): string {
  return path === "-" ? "standard input" : path;
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return path === "-" ? await buffer(process.stdin) : await readFile(path);
  } catch {
    throw usageError(`${nameOf(path)} cannot be read: give the paths of two patch files, or - for standard input.`);
  }
}

interface Pair<Value> {
  readonly first: Value;
  readonly second: Value;
}

function compareAs(patches: Pair<Uint8Array>, names: Pair<string>, flags: CompareFlags): PatchComparison | SeraComparison {
  if (flags.as !== "apprentice" && flags.as !== "sera") throw usageError(`--as takes apprentice or sera, not "${flags.as}".`);
  if (flags.as === "sera" && flags.ignoreWhitespace === true)
    throw usageError("--ignore-whitespace is no part of the authors' counting: leave out --as sera.");
  if (flags.as === "sera") return compareSera(patches.first, patches.second);
  const compared = comparePatches(patches.first, patches.second, { ignoreWhitespace: flags.ignoreWhitespace ?? false });
  if (compared.ok) return compared.value;
  const { patch, line, message } = compared.error;
  throw usageError(`${nameOf(names[patch])}:${line}: ${message}`);
}

function printScore(score: PatchComparison | SeraComparison, terminal: Terminal): void {
  const ratio = (value: number | null): string => (value === null ? "undefined" : value.toFixed(4));
  const size = ratio(score.sizeRatio ?? null);
  terminal.print(`recall ${ratio(score.recall)}  precision ${ratio(score.precision)}  F1 ${ratio(score.f1)}  size ratio ${size}`);
  terminal.print(`${score.matched} of ${score.firstLines} lines of the first patch are among ${score.secondLines} of the second`);
  if (score.reason !== null) terminal.print(`why undefined: ${score.reason.replaceAll("-", " ")}`);
  if (!("matchedLines" in score)) return;
  const { ignoringWhitespace, anywhere } = score;
  terminal.print(`recall without white space ${ratio(ignoringWhitespace.recall)}, in any file ${ratio(anywhere.recall)}`);
  for (const { file, sign, text, lineInFirst, lineInSecond } of score.matchedLines) {
    terminal.print(`  ${plainText(file)}:${lineInFirst} = ${lineInSecond}  ${sign}${plainText(text)}`);
  }
  for (const { fileInFirst, fileInSecond, sign, text, lineInFirst, lineInSecond } of score.movedLines) {
    terminal.print(`  ${plainText(fileInFirst)}:${lineInFirst} → ${plainText(fileInSecond)}:${lineInSecond}  ${sign}${plainText(text)}`);
  }
}
