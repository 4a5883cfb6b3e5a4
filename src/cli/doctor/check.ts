/** One thing looked at: does it hold, what was seen, and how to mend it. `needed: false`: told for information, never a failure. */
export interface DoctorCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly mend: string | null;
  readonly needed?: false;
}
