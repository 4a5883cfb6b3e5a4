import { InvalidArgumentError } from "commander";

/** A number as the user wrote it; what is none stays a text, which the schema refuses with what it allows. */
export type Amount = number | string;

/** Parses a flag's value that must be a whole number in a range; `most` null: as large as it may be exact. */
export function wholeNumber(least: number, most: number | null = null): (text: string) => number {
  return (text) => {
    const value = amount(text);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= (most ?? value)) return value;
    throw new InvalidArgumentError(`Write a whole number ${most === null ? `of at least ${least}` : `from ${least} to ${most}`}.`);
  };
}

/** Parses a flag's value that must be a count or the word none. */
export function numberOrNone(text: string): number | "none" {
  const value = text === "none" ? text : amount(text);
  if (value === "none" || (typeof value === "number" && Number.isSafeInteger(value) && value >= 0)) return value;
  throw new InvalidArgumentError("Write a whole number of at least 0, or none.");
}

/** Parses a flag's value that is a part of one, such as a recall. */
export function fraction(text: string): number {
  const value = amount(text);
  if (typeof value === "number" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("Write a number from 0 to 1.");
}

/** Parses a flag's value that the config's schema judges. */
export function amount(text: string): Amount {
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? text : value;
}
