export interface CsvOptions {
  readonly separator: string;
  /** Cells that look like formulas get a leading apostrophe, for spreadsheets that would run them. */
  readonly guardFormulas: boolean;
}

const usual: CsvOptions = { separator: ",", guardFormulas: true };

export class CsvError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

type State = "plain" | "quoted" | "after-quote";

/** Reads CSV with quoted cells, which may hold separators, quotes and line breaks. */
export class CsvReader {
  readonly #separator: string;
  #state: State = "plain";
  #cell = "";
  #row: string[] = [];
  #rows: string[][] = [];
  #line = 1;

  constructor(separator: string = usual.separator) {
    this.#separator = separator;
  }

  /** Takes the next part of a text, cut anywhere. */
  push(text: string): this {
    for (const character of text) {
      if (character === "\n") this.#line++;
      if (this.#state === "quoted") this.#inQuotes(character);
      else this.#outside(character);
    }
    return this;
  }

  /** All rows; the reader must not be used afterwards. */
  end(): string[][] {
    if (this.#state === "quoted") throw new CsvError("a quoted cell is not closed", this.#line);
    if (this.#cell !== "" || this.#row.length > 0) this.#endRow();
    return this.#rows;
  }

  #inQuotes(character: string): void {
    if (character === '"') this.#state = "after-quote";
    else this.#cell += character;
  }

  #outside(character: string): void {
    if (character === '"') {
      if (this.#state === "after-quote") this.#cell += '"';
      else if (this.#cell !== "") throw new CsvError("a quote inside a plain cell", this.#line);
      this.#state = "quoted";
      return;
    }
    if (character === "\n") this.#endRow();
    else if (character === this.#separator) this.#endCell();
    else if (character !== "\r") this.#cell += character;
  }

  #endCell(): void {
    this.#row.push(this.#cell);
    this.#cell = "";
    this.#state = "plain";
  }

  #endRow(): void {
    this.#endCell();
    this.#rows.push(this.#row);
    this.#row = [];
  }
}

export function parseCsv(text: string, separator?: string): string[][] {
  return new CsvReader(separator).push(text).end();
}

/** Rows as objects, by the names in the first row; short rows have empty cells. */
export function records(rows: readonly (readonly string[])[]): Record<string, string>[] {
  const [header, ...body] = rows;
  if (header === undefined) return [];
  return body.map((row) => Object.fromEntries(header.map((name, index) => [name, row[index] ?? ""])));
}

export function formatCell(value: unknown, { separator, guardFormulas }: CsvOptions = usual): string {
  const text = value === null || value === undefined ? "" : String(value);
  const guarded = guardFormulas && /^[=+@\t-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  const needsQuotes = guarded.includes(separator) || /["\n\r]/.test(guarded);
  return needsQuotes ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function formatCsv(rows: readonly (readonly unknown[])[], options: Partial<CsvOptions> = {}): string {
  const settings = { ...usual, ...options };
  const line = (row: readonly unknown[]): string => row.map((value) => formatCell(value, settings)).join(settings.separator);
  return rows.map((row) => `${line(row)}\n`).join("");
}
