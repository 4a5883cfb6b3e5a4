/** A word of a command, quotes removed. `expands`: the shell puts a variable's value or a command's output into it. */
export interface ShellWord {
  readonly text: string;
  readonly expands: boolean;
}

/** One simple command of a script. `piped`: it reads what the command before it writes; `input`: text of a here-document or here-string. */
export interface ShellCommand {
  readonly words: ShellWord[];
  readonly redirects: { readonly writes: boolean; readonly target: ShellWord }[];
  readonly piped: boolean;
  input: string;
}

/** Scripts in scripts are read this deep. */
const deepest = 6;

/**
 * The simple commands of a shell script, those of `$(…)` and backticks included, as far as they can be told without running it. A script
 * that no shell would take gives what could be read of it.
 */
export function shellCommands(script: string, depth = 0): ShellCommand[] {
  return depth > deepest ? [] : new ScriptReader(script, depth).read();
}

interface HereDocument {
  readonly command: ShellCommand;
  readonly end: string;
  readonly stripsTabs: boolean;
}

class ScriptReader {
  readonly #script: string;
  readonly #depth: number;
  readonly #commands: ShellCommand[] = [];
  readonly #nested: ShellCommand[] = [];
  #at = 0;
  #current = newCommand(false);
  #word: { text: string; expands: boolean } | null = null;
  /** What the next word is: one of the command's own, or what an operator takes. */
  #operator: "<" | ">" | "<<" | "<<-" | "<<<" | null = null;
  #hereDocuments: HereDocument[] = [];

  constructor(script: string, depth: number) {
    this.#script = script;
    this.#depth = depth;
  }

  read(): ShellCommand[] {
    while (this.#at < this.#script.length) this.#step(this.#script[this.#at] ?? "");
    this.#endCommand(false);
    return [...this.#commands, ...this.#nested];
  }

  #step(character: string): void {
    if (character === "'" || character === '"') return this.#quoted(character);
    if (character === "\\") return this.#escaped();
    if (character === "$") return this.#dollar();
    if (character === "`") return this.#backticks();
    if (character === "<" || character === ">") return this.#redirect();
    if (character === "#" && this.#word === null) return this.#comment();
    this.#at++;
    if (character === " " || character === "\t") return this.#endWord();
    if (character === "\n") return this.#endLine();
    if (/[;&|()]/.test(character)) return this.#separator(character);
    this.#append(character);
  }

  #append(text: string, expands = false): void {
    this.#word = { text: (this.#word?.text ?? "") + text, expands: expands || (this.#word?.expands ?? false) };
  }

  #quoted(quote: string): void {
    const from = ++this.#at;
    this.#append("");
    if (quote === "'") {
      this.#at = indexOrEnd(this.#script, "'", from) + 1;
      return this.#append(this.#script.slice(from, this.#at - 1));
    }
    while (this.#at < this.#script.length && this.#script[this.#at] !== '"') {
      const character = this.#script[this.#at] ?? "";
      if (character === "\\") this.#escaped();
      else if (character === "$") this.#dollar();
      else if (character === "`") this.#backticks();
      else {
        this.#append(character);
        this.#at++;
      }
    }
    this.#at++;
  }

  #escaped(): void {
    const next = this.#script[this.#at + 1] ?? "";
    if (next !== "\n") this.#append(next);
    this.#at += 2;
  }

  #dollar(): void {
    if (this.#script[this.#at + 1] !== "(") {
      this.#append("$", true);
      this.#at++;
      return;
    }
    const end = closing(this.#script, this.#at + 1);
    const inner = this.#script.slice(this.#at + 2, end);
    if (!inner.startsWith("(")) this.#nested.push(...shellCommands(inner, this.#depth + 1));
    this.#append("$(…)", true);
    this.#at = end + 1;
  }

  #backticks(): void {
    const end = indexOrEnd(this.#script, "`", this.#at + 1);
    this.#nested.push(...shellCommands(this.#script.slice(this.#at + 1, end), this.#depth + 1));
    this.#append("$(…)", true);
    this.#at = end + 1;
  }

  #redirect(): void {
    if (this.#word !== null && /^\d$/.test(this.#word.text)) this.#word = null;
    this.#endWord();
    const written = /^(?:<<<|<<-|<<|<>|<|>>|>\||>)/.exec(this.#script.slice(this.#at, this.#at + 3))?.[0] ?? "<";
    this.#at += written.length;
    if (written === "<<<" || written === "<<-" || written === "<<") this.#operator = written;
    else this.#operator = written.startsWith(">") ? ">" : "<";
    if (this.#script[this.#at] === "&") this.#at++;
    // A process substitution is a script of its own.
    if (this.#script[this.#at] === "(") this.#operator = null;
  }

  #comment(): void {
    this.#at = indexOrEnd(this.#script, "\n", this.#at);
  }

  #endWord(): void {
    const word = this.#word;
    if (word === null) return;
    this.#word = null;
    const operator = this.#operator;
    this.#operator = null;
    if (operator === null) this.#current.words.push(word);
    else if (operator === "<<<") this.#current.input += word.text;
    else if (operator === "<" || operator === ">") this.#current.redirects.push({ writes: operator === ">", target: word });
    else this.#hereDocuments.push({ command: this.#current, end: word.text, stripsTabs: operator === "<<-" });
  }

  #separator(character: string): void {
    // `&>` redirects; what comes next says where.
    if (character === "&" && this.#script[this.#at] === ">") return this.#endWord();
    this.#endCommand(character === "|" && this.#script[this.#at] !== "|" && this.#script[this.#at - 2] !== "|");
  }

  #endLine(): void {
    this.#endCommand(false);
    for (const { command, end, stripsTabs } of this.#hereDocuments) {
      while (this.#at < this.#script.length) {
        const lineEnd = indexOrEnd(this.#script, "\n", this.#at);
        const line = this.#script.slice(this.#at, lineEnd);
        this.#at = lineEnd + 1;
        if ((stripsTabs ? line.replace(/^\t+/, "") : line) === end) break;
        command.input += `${line}\n`;
      }
    }
    this.#hereDocuments = [];
  }

  #endCommand(pipes: boolean): void {
    this.#endWord();
    this.#operator = null;
    const { words, redirects } = this.#current;
    if (words.length + redirects.length > 0) this.#commands.push(this.#current);
    this.#current = newCommand(pipes);
  }
}

function newCommand(piped: boolean): ShellCommand {
  return { words: [], redirects: [], piped, input: "" };
}

function indexOrEnd(text: string, mark: string, from: number): number {
  const index = text.indexOf(mark, from);
  return index === -1 ? text.length : index;
}

/** Where the parenthesis that opens at `from` closes; quotes are passed over. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === "'" || character === '"') at = indexOrEnd(text, character, at + 1);
    else if (character === "(") depth++;
    else if (character === ")" && --depth === 0) return at;
  }
  return text.length;
}
