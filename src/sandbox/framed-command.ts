import { shellQuote } from "./shell-quote.ts";

/**
 * What a shell is fed for one command. Both markers are printed from two halves, so that no trace of the shell's own (`set -x`,
 * `set -v`) shows one whole. `command` passes over functions of the names it runs, and keeps a syntax error from ending the shell; the
 * last line ends the frame even where the agent replaced `command` (bash has `builtin` for that, other shells give its
 * name back). The group takes the shell's fd 9 away from what runs inside, and undoes afterwards what `exec` did to descriptors.
 *
 * Where a part of a command that runs in a copy of the shell fails, as for want of processes, shells of ash's family come out of `eval` in
 * that copy too, with status 2: it ends there, before it reads what is meant for the shell.
 *
 * `priorExitCode`: what `$?` shall be at the start (not under `set -e`, where setting it would end the shell).
 */
export function framedCommand(parts: { readonly command: string; readonly nonce: string; readonly priorExitCode: number }): string {
  const halves = `${parts.nonce.slice(0, 16)} ${parts.nonce.slice(16)}`;
  const prior = parts.priorExitCode === 0 ? "" : `case $- in *e*) ;; *) (exit ${parts.priorExitCode}) ;; esac\n`;
  const command = parts.command.replaceAll("\0", "");
  const check = mayEndEarly(command) ? checkFirst(command, parts.nonce) : null;
  const rest = check === null ? prior + command : `${check.before}\\command eval ${shellQuote(prior + command)}${check.after}`;
  const body = `{ \\command printf '\\n%s%s<\\n' ${halves}; } 2>&-\n${rest}`;
  return `{ \\command eval ${shellQuote(body)}; } </dev/null >&9 2>&1 9>&-
{ case $? in 2) ${endCopy}; \\command printf '\\n%s%s>2\\n' ${halves} ;; *) \\command printf '\\n%s%s>%s\\n' ${halves} "$?" ;; esac; } >&9 2>&-
! { \\builtin printf '\\n%s%s>0\\n' ${halves} || { \\unset -f command; \\command printf '\\n%s%s>0\\n' ${halves}; }; } >&9 2>&-
`;
}

/** `$$` stays that of the shell in its copies, `/proc/self` does not. */
const endCopy = "\\command [ /proc/self/ -ef /proc/$$/ ] || \\command exit 2";

/** A quote or parenthesis may lack its other half: bash ends on that, where any other syntax error is only said. */
function mayEndEarly(command: string): boolean {
  const counts = new Map<string, number>();
  for (const [mark] of command.matchAll(/['"`(){}]/g)) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  const count = (mark: string): number => counts.get(mark) ?? 0;
  const odd = ["'", '"', "`"].some((mark) => count(mark) % 2 === 1);
  return odd || count("(") !== count(")") || count("{") !== count("}");
}

/** Another shell of its kind reads the command first, without running it. */
function checkFirst(command: string, nonce: string): { readonly before: string; readonly after: string } {
  return { before: `\\command "\${BASH_VERSION:+ba}sh" -n <<'${nonce}' && `, after: `\n${command}\n${nonce}` };
}

/** Takes a new shell to a folder, silently; where that is gone it stays. */
export function enterFolder(folder: string): string {
  return `{ \\command cd -- ${shellQuote(folder)}; } </dev/null >/dev/null 2>&1\n`;
}
