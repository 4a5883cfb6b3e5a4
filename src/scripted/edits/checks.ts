import type { CheckedParameter } from "./first-parameter.ts";
import type { EditLanguage } from "./source-language.ts";

/** Lines of a check of a parameter, without indentation, for each faithfulness; `{unit}` stands for one level more. */
export interface Check {
  readonly full: readonly string[];
  readonly partial: readonly string[];
  readonly wrong: readonly string[];
}

interface Checked extends CheckedParameter {
  /** The function's own name. */
  readonly owner: string;
}

/** Null where the language or the type allows none. */
export function checkOf(checked: Checked, language: EditLanguage): Check | null {
  return makers[language](checked);
}

const makers: Readonly<Record<EditLanguage, (checked: Checked) => Check | null>> = {
  python: ({ owner, name }) => ({
    full: [`if ${name} is None:`, `{unit}raise ValueError("${owner}: ${name} must not be None")`],
    partial: [`if ${name} is None:`, `{unit}raise ValueError("${name} is missing")`],
    wrong: [`if not ${name}:`, `{unit}raise TypeError("unexpected value")`],
  }),
  script: ({ owner, name }) =>
    inBraces(`if (${name} === undefined || ${name} === null) {`, {
      full: `throw new TypeError("${owner}: ${name} is required");`,
      partial: `throw new TypeError("${name} is missing");`,
      wrong: `if (!${name}) throw new Error("unexpected value");`,
    }),
  go: ({ owner, name, type }) =>
    inBraces(
      openedBy(goCondition(name, type), (condition) => `if ${condition} {`),
      {
        full: `panic("${owner}: ${name} is required")`,
        partial: `panic("${name} is missing")`,
        wrong: `// ${owner} is also called while the program starts.`,
      },
    ),
  java: ({ owner, name, type }) =>
    inBraces(
      openedBy(nullCondition(name, type), (condition) => `if (${condition}) {`),
      {
        full: `throw new IllegalArgumentException("${owner}: ${name} is required");`,
        partial: `throw new IllegalArgumentException("${name} is missing");`,
        wrong: `assert ${nullCondition(name, "Object") ?? ""} : "unexpected value";`,
      },
    ),
  csharp: ({ owner, name, type }) =>
    inBraces(
      openedBy(nullCondition(name, type), (condition) => `if (${condition}) {`),
      {
        full: `throw new ArgumentException("${owner}: ${name} is required", nameof(${name}));`,
        partial: `throw new ArgumentException("${name} is missing");`,
        wrong: `// ${owner} is also called while the program starts.`,
      },
    ),
  php: ({ owner, name, type }) =>
    inBraces(
      openedBy(phpCondition(name, type), (condition) => `if (${condition}) {`),
      {
        full: `throw new \\InvalidArgumentException('${owner}: ${name.slice(1)} is required');`,
        partial: `throw new \\InvalidArgumentException('${name.slice(1)} is missing');`,
        wrong: `assert(isset(${name}));`,
      },
    ),
  ruby: ({ owner, name }) => ({
    full: [`raise ArgumentError, "${owner}: ${name} is required" if ${name}.nil?`],
    partial: [`raise ArgumentError, "${name} is missing" if ${name}.nil?`],
    wrong: [`raise TypeError, "unexpected value" unless ${name}`],
  }),
  lua: ({ owner, name }) => ({
    full: [`if ${name} == nil then`, `{unit}error("${owner}: ${name} is required")`, "end"],
    partial: [`if ${name} == nil then`, `{unit}error("${name} is missing")`, "end"],
    wrong: [`assert(${name}, "unexpected value")`],
  }),
  kotlin: ({ owner, name, type }) =>
    required(kotlinCondition(name, type), (condition, text) => `require(${condition}) { "${text}" }`, { owner, name }),
  swift: ({ owner, name, type }) =>
    required(swiftCondition(name, type), (condition, text) => `precondition(${condition}, "${text}")`, { owner, name }),
  scala: ({ owner, name, type }) =>
    required(scalaCondition(name, type), (condition, text) => `require(${condition}, "${text}")`, { owner, name }),
  rust: ({ owner, name, type }) =>
    required(rustCondition(name, type), (condition, text) => `assert!(${condition}, "${text}");`, { owner, name }),
  bash: () => null,
  other: () => null,
};

function openedBy(condition: string | null, line: (condition: string) => string): string | null {
  return condition === null ? null : line(condition);
}

function inBraces(
  opening: string | null,
  inner: { readonly full: string; readonly partial: string; readonly wrong: string },
): Check | null {
  if (opening === null) return null;
  return { full: [opening, `{unit}${inner.full}`, "}"], partial: [opening, `{unit}${inner.partial}`, "}"], wrong: [inner.wrong] };
}

function required(
  condition: string | null,
  line: (condition: string, text: string) => string,
  { owner, name }: { readonly owner: string; readonly name: string },
): Check | null {
  if (condition === null) return null;
  return {
    full: [line(condition, `${owner}: ${name} is not valid`)],
    partial: [line(condition, `${name} is not valid`)],
    wrong: [line(condition, "unexpected value")],
  };
}

function goCondition(name: string, type: string): string | null {
  if (/^(\*|\[\]|map\[|chan\b|<-chan|func\b|interface\b|any$|error$|context\.Context$|\.\.\.|io\.\w+$)/.test(type)) return `${name} == nil`;
  if (type === "string") return `${name} == ""`;
  return /^(int\d*|float\d+)$/.test(type) ? `${name} < 0` : null;
}

/** Of Java and C#, whose types that are not numbers are compared with null, where they do not say that it may be. */
function nullCondition(name: string, type: string): string | null {
  if (/^(?:int|long|short|double|float|decimal)$/.test(type)) return `${name} < 0`;
  return /^(?:boolean|bool|u?byte|sbyte|char|u\w+|n?u?int)$|\?$|^\s*$/.test(type) ? null : `${name} == null`;
}

function phpCondition(name: string, type: string): string | null {
  if (type === "string") return `${name} === ''`;
  if (/^(?:int|float)$/.test(type)) return `${name} < 0`;
  if (type === "array") return `${name} === []`;
  return type === "" ? `${name} === null` : null;
}

function kotlinCondition(name: string, type: string): string | null {
  if (/^(?:String|CharSequence|ByteArray|(?:Mutable)?(?:List|Set|Map|Collection)<.*>)$/.test(type)) return `${name}.isNotEmpty()`;
  return /^(?:Int|Long|Double|Float)$/.test(type) ? `${name} >= 0` : null;
}

function swiftCondition(name: string, type: string): string | null {
  if (/^(?:String|Data|\[[^?]*\])$/.test(type)) return `!${name}.isEmpty`;
  return /^(?:Int|Int64|Double|Float|TimeInterval)$/.test(type) ? `${name} >= 0` : null;
}

function scalaCondition(name: string, type: string): string | null {
  if (/^(?:String|(?:List|Seq|Vector|Set|Map)\[.*\])$/.test(type)) return `${name}.nonEmpty`;
  return /^(?:Int|Long|Double|Float)$/.test(type) ? `${name} >= 0` : null;
}

function rustCondition(name: string, type: string): string | null {
  if (/^(?:&(?:'\w+ )?(?:mut )?)?(?:str|String|OsStr|\[.*\]|Vec<.*>)$/.test(type)) return `!${name}.is_empty()`;
  if (/^f(?:32|64)$/.test(type)) return `!${name}.is_nan()`;
  return /^i(?:8|16|32|64|size)$/.test(type) ? `${name} >= 0` : null;
}
