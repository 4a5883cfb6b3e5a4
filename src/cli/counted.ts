/** A number as people read it; null: nobody knows it. */
export function count(number: number | null): string {
  return number === null ? "unknown" : number.toLocaleString("en-US");
}

/** A number with its noun, which is in the singular for one only. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Which of a repository's commits are held out, as a clause. */
export function heldOutText(heldOut: number, total: number): string {
  if (heldOut === 0) return "nothing is held out";
  return `the newest ${heldOut === 1 ? "" : `${heldOut} `}of ${counted(total, "commit")} ${heldOut === 1 ? "is" : "are"} held out`;
}
