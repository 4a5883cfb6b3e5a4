import { posix } from "node:path";
import { workspacePath } from "../../../records/workspace-path.ts";
import * as rules from "./misuse-rules.ts";
import { hostReach, pathReach, placeOf, type Reach } from "./place-reach.ts";
import { shellCommands, type ShellCommand, type ShellWord } from "./shell-commands.ts";

/** What the shell of a rollout remembers from one command to the next. `folder` null: only the shell knows it. */
export interface ShellMemory {
  folder: string | null;
  readonly assigned: Set<string>;
}

export function newShellMemory(): ShellMemory {
  return { folder: workspacePath, assigned: new Set() };
}

const scriptsInScripts = 4;

/** Everything that a shell script would reach for beyond the agent's own ground, in the order of its commands. */
export function commandReach(script: string, memory: ShellMemory, depth = 0): Reach[] {
  const commands = shellCommands(script);
  return commands.flatMap((command, index) => {
    const before = command.piped ? (commands[index - 1] ?? null) : null;
    return new CommandReader({ command, before, memory, depth }).reaches();
  });
}

interface CommandPlace {
  readonly command: ShellCommand;
  /** Whose output it reads. */
  readonly before: ShellCommand | null;
  readonly memory: ShellMemory;
  readonly depth: number;
}

class CommandReader {
  readonly #place: CommandPlace;
  readonly #program: string;
  readonly #arguments: readonly ShellWord[];

  constructor(place: CommandPlace) {
    this.#place = place;
    const { words, assigned } = ownWords(place.command);
    for (const name of assigned) place.memory.assigned.add(name);
    this.#program = posix.basename(words[0]?.text ?? "");
    this.#arguments = words.slice(1);
  }

  reaches(): Reach[] {
    const found = [...this.#redirects(), ...this.#network(), ...this.#keys(), ...this.#paths(), ...this.#code()];
    this.#follow();
    return found;
  }

  get #texts(): string[] {
    return this.#arguments.map(({ text }) => text);
  }

  #redirects(): Reach[] {
    return this.#place.command.redirects.flatMap(({ writes, target }) => {
      const device = /^\/dev\/(?:tcp|udp)\/([^/]+)/.exec(target.text)?.[1];
      return present(device === undefined ? pathReach(target.text, writes, this.#place.memory.folder) : hostReach(device));
    });
  }

  #network(): Reach[] {
    const texts = this.#texts;
    const program = this.#program;
    if (rules.fetchers.has(program)) return fetched(texts).flatMap((address) => present(hostReach(address)));
    if (rules.connectors.has(program)) return connected(texts).flatMap((address) => present(hostReach(address)));
    if (program === "openssl" && texts[0] === "s_client")
      return texts
        .slice(1)
        .filter(isHost)
        .flatMap((host) => present(hostReach(host)));
    if (rules.remoteCopiers.has(program)) {
      const remote = texts.filter((text) => /^(?:[\w.-]+@)?[\w.-]+:(?!\/\/)|^rsync:\/\//.test(text));
      return remote.flatMap((address) => present(hostReach(address)));
    }
    if (program === "git") return gitReach(texts);
    if (rules.cloudClients.has(program) && texts.some((text) => !text.startsWith("-")))
      return [{ reason: "network", rule: "service-client", what: [program, ...texts].join(" ") }];
    if (rules.installers.has(program) || (program.startsWith("python") && texts[1] === "pip"))
      return texts
        .filter((text) => /:\/\//.test(text))
        .flatMap((address) => present(hostReach(address.replace(/^.*?(?=[\w+]+:\/\/)/, ""))));
    return [];
  }

  /** Variables that hold keys, named where the agent gave them no value itself, or looked for in the environment. */
  #keys(): Reach[] {
    const { before, memory } = this.#place;
    const named = this.#arguments.flatMap(({ text, expands }) =>
      expands ? [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = ""]) => name) : [],
    );
    if (this.#program === "printenv") named.push(...this.#texts);
    const listed = before === null ? "" : (ownWords(before).words[0]?.text ?? before.words[0]?.text ?? "");
    if (/^(?:env|printenv|set|export)$/.test(listed) && rules.patternPrograms.has(this.#program))
      named.push(...this.#texts.flatMap((text) => (text.startsWith("-") ? [] : text.toUpperCase().split(/\W+/))));
    return named
      .filter((name) => rules.credentialNames.test(name) && !memory.assigned.has(name))
      .map((name) => ({ reason: "credentials", rule: "key-variable", what: name }));
  }

  #paths(): Reach[] {
    const program = this.#program;
    const changes =
      rules.changers.has(program) || (program === "sed" && this.#texts.some((text) => /^(?:-[a-zA-Z]*i|--in-place)/.test(text)));
    const copies = rules.copiers.has(program);
    if (!changes && !copies && !rules.readers.has(program)) return [];
    const paths = this.#pathArguments();
    return paths.flatMap((path, index) => {
      const writes = changes || (copies && index === paths.length - 1) || (program === "dd" && path.startsWith("of="));
      return present(pathReach(path.replace(/^(?:if|of)=/, ""), writes, this.#place.memory.folder));
    });
  }

  /** Arguments that are no options, patterns or scripts. */
  #pathArguments(): string[] {
    const texts = this.#texts;
    const takesPattern = rules.patternPrograms.has(this.#program);
    const givenByOption = texts.some((text) => /^(?:-[a-zA-Z]*[ef]|--regexp|--expression|--file)/.test(text));
    let patterns = takesPattern && !givenByOption ? 1 : 0;
    return texts.filter((text, index) => {
      if (text.startsWith("-") && text.length > 1) return false;
      if (index > 0 && rules.patternOptions.test(texts[index - 1] ?? "") && (takesPattern || this.#program === "find")) return false;
      return patterns-- <= 0;
    });
  }

  /** Scripts and code on the command line, or in a here-document. */
  #code(): Reach[] {
    const { command, before, memory, depth } = this.#place;
    const texts = this.#texts;
    const isShell = rules.shells.has(this.#program);
    if (depth >= scriptsInScripts || (!isShell && !rules.interpreters.test(this.#program))) return [];
    const option = texts.findIndex((text) => (isShell ? /^-[a-z]*c$/ : rules.codeOptions).test(text));
    const given = option === -1 ? [] : [texts[option + 1] ?? ""];
    const readsInput = texts.every((text) => text.startsWith("-"));
    if (option === -1 && readsInput) given.push(command.input, before?.input ?? "");
    return given.flatMap((code) =>
      isShell ? commandReach(code, { folder: memory.folder, assigned: memory.assigned }, depth + 1) : codeReach(code),
    );
  }

  /** A folder that is entered stays, as far as one can tell. */
  #follow(): void {
    if (this.#program !== "cd" && this.#program !== "pushd") return;
    const { memory } = this.#place;
    const to = this.#texts.find((text) => !text.startsWith("-") || text === "-") ?? "~";
    const place = placeOf(to, memory.folder);
    if (place !== null) memory.folder = place;
    else if (to === "-" || this.#arguments.some(({ expands }) => expands) || memory.folder === null) memory.folder = null;
    else memory.folder = posix.join(memory.folder, to);
  }
}

function present(reach: Reach | null): Reach[] {
  return reach === null ? [] : [reach];
}

/** The words of a command without what stands before its program: words of the shell, assignments, programs that run others. */
function ownWords({ words }: ShellCommand): { words: readonly ShellWord[]; assigned: string[] } {
  const assigned: string[] = [];
  let wrapped = false;
  for (const [index, { text }] of words.entries()) {
    const assignment = /^([A-Za-z_]\w*)\+?=/.exec(text)?.[1];
    if (assignment !== undefined) assigned.push(assignment);
    else if (/^(?:export|local|declare|readonly|read)$/.test(text)) assigned.push(...namesAfter(words.slice(index + 1)));
    const isOption = wrapped && (text.startsWith("-") || /^\d+(?:\.\d+)?[smhd]?$/.test(text));
    if (assignment !== undefined || rules.reservedWords.has(text) || isOption) continue;
    if (!rules.wrappers.has(posix.basename(text))) return { words: words.slice(index), assigned };
    wrapped = true;
  }
  return { words: [], assigned };
}

function namesAfter(words: readonly ShellWord[]): string[] {
  return words.flatMap(({ text }) => /^([A-Za-z_]\w*)(?:=|$)/.exec(text)?.[1] ?? []);
}

function isHost(text: string): boolean {
  return /^(?:[\w-]+\.)+[a-z]{2,}(?:[:/?]|$)|^\d{1,3}(?:\.\d{1,3}){3}(?:[:/]|$)/i.test(text);
}

/** Addresses among the arguments of a fetcher; with a scheme where there are such. */
function fetched(texts: readonly string[]): string[] {
  const addresses = texts.filter((text) => /^(?:https?|ftps?|s3):\/\//i.test(text));
  if (addresses.length > 0) return addresses;
  return texts.filter((text, index) => isHost(text) && !rules.valueOptions.test(texts[index - 1] ?? ""));
}

/** Hosts among the arguments of a program that connects: what is no option, number or its own listening. */
function connected(texts: readonly string[]): string[] {
  const words = texts.filter((text) => !text.startsWith("-") && !/^[\d-]+$/.test(text) && text !== "");
  const hosts = words.map((text) => text.replace(/^(?:TCP|UDP|SSL|OPENSSL)[46]?(?:-CONNECT)?:/i, ""));
  return hosts.filter((text) => !/^[/.]|^(?:stdio|pty|exec|system|[\w-]*listen):?/i.test(text)).slice(0, 1);
}

function gitReach(texts: readonly string[]): Reach[] {
  const [command = "", ...others] = texts.filter((text, index) => !text.startsWith("-") && !/^-[cC]$/.test(texts[index - 1] ?? ""));
  const talks = rules.remoteGit.has(command) || (command === "submodule" && others[0] === "update");
  if (!talks || texts.includes("--help")) return [];
  const [remote] = others;
  if (remote !== undefined && (/^(?:\.|\/|~|file:)/.test(remote) || (command === "clone" && !/:/.test(remote)))) return [];
  return [{ reason: "network", rule: "git-remote", what: ["git", ...texts].join(" ") }];
}

/** What code of an interpreter reaches for in so many words. */
function codeReach(code: string): Reach[] {
  const hosts = [rules.callsAddress, rules.callsHost].flatMap((calls) => [...code.matchAll(calls)].map(([, address = ""]) => address));
  const paths = [...code.matchAll(rules.callsFile)].map(([, path = ""]) => path).filter((path) => /^[/~]/.test(path));
  return [...hosts.flatMap((host) => present(hostReach(host))), ...paths.flatMap((path) => present(pathReach(path, false)))];
}
