import { checkOf } from "./checks.ts";
import type { CheckedParameter } from "./first-parameter.ts";
import { commentLine } from "./source-language.ts";
import type { EditLanguage } from "./source-language.ts";

/** Lines to put in, without the indentation of the place, for each faithfulness; `{unit}` stands for one level more. */
export interface Change {
  readonly full: readonly string[];
  readonly partial: readonly string[];
  readonly wrong: readonly string[];
}

export interface ChangeSubject {
  readonly name: string;
  readonly path: string;
  /** 0 or 1, drawn: which of two wordings. */
  readonly wording: number;
}

/** A check of the first parameter; null where the language or the type allows none. */
export function guardChange(subject: ChangeSubject, parameter: CheckedParameter, language: EditLanguage): Change | null {
  const { name } = parameter;
  const note = commentLine(subject.path, notes[subject.wording]?.replace("{parameter}", () => name) ?? "");
  const check = checkOf({ owner: subject.name, ...parameter }, language);
  return check === null ? null : { ...check, full: [note, ...check.full] };
}

const notes = [
  "Say so here: a missing {parameter} would only show up far away.",
  "Callers are expected to pass {parameter}; anything else stops here.",
];

/** Comments only: valid wherever a line may begin. */
export function commentChange({ name, path, wording }: ChangeSubject): Change {
  const lines = (texts: readonly string[]): string[] =>
    texts.map((text) =>
      commentLine(
        path,
        text.replaceAll("{name}", () => name),
      ),
    );
  const second =
    wording === 0
      ? "The order of the steps below matters to those who call {name}."
      : "What {name} hands back is used as it is, so it has to be complete.";
  return {
    full: lines(["Contract of {name}: the same input always gives the same outcome.", second]),
    partial: lines(["Contract of {name}: the same input always gives the same outcome."]),
    wrong: lines(["{name} is kept apart so that it can be replaced."]),
  };
}

/** Takes a one-line return apart; `expression` is what it returned. */
export function returnChange(subject: ChangeSubject, expression: string, language: EditLanguage): Change {
  const note = commentLine(
    subject.path,
    subject.wording === 0
      ? "Named, so that it can be looked at before it leaves."
      : `The outcome of ${subject.name}, complete from here on.`,
  );
  const body =
    language === "python" ? [`outcome = ${expression}`, "return outcome"] : [`const outcome = ${expression};`, "return outcome;"];
  const plain = language === "python" ? [`return (${expression})`] : [`return (${expression});`];
  return { full: [note, ...body], partial: body, wrong: plain };
}
