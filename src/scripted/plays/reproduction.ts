import { shellWord } from "../shell-word.ts";
import { nameSegments } from "../subject.ts";
import type { Subject } from "../subject.ts";

/** A script that runs with nothing but a POSIX shell and grep, and prints the same every time. */
export interface Reproduction {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
  readonly command: string;
  readonly removal: string;
}

/** Paths inside the script are relative, because a script's text is not mapped where `/testbed` is another folder. */
export function reproduction(subject: Subject): Reproduction {
  const name = nameSegments(subject.name).at(-1) ?? subject.name;
  const text = [
    "#!/bin/sh",
    "# Counts the lines that name the function, to see that the file is the one the report means.",
    `found=$(grep -cF -e ${shellWord(name)} -- ${shellWord(subject.path)})`,
    `test "$found" -gt 0 && echo "the file names it" || echo "the file does not name it"`,
    "",
  ].join("\n");
  const file = "reproduce_issue.sh";
  return { path: file, text, command: `sh ${file}`, removal: `rm -f ${file}` };
}
