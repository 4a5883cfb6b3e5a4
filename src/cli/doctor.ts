import { TeacherConfig } from "../model/model-config.ts";
import type { CommandModule, Terminal } from "./command.ts";
import { destinationsOf, refusalMend, setupNetwork } from "./destinations.ts";
import type { DoctorCheck } from "./doctor/check.ts";
import { checkDatabase } from "./doctor/database.ts";
import { checkMachine } from "./doctor/machine.ts";
import { checkRepository } from "./doctor/repository.ts";
import { checkSandboxes } from "./doctor/sandbox.ts";
import { checkTeacher } from "./doctor/teacher.ts";
import { resolveSettings, type Settings } from "./resolve-config.ts";
import { addDoctorFlags, type RunFlags } from "./run-flags.ts";

export const register: CommandModule["register"] = (program, terminal) => {
  addDoctorFlags(
    program
      .command("doctor")
      .description(
        "Checks what a run needs and says how to mend what is missing: git, disk and the sandbox; the repository and the teacher where flags or a config name them. The teacher is asked two short questions, a few hundred tokens.",
      ),
  )
    .addHelpText("after", "\nExit status: 0 all that is needed works, 1 something does not, 2 usage.")
    .action(async (flags: RunFlags) => {
      const settings = await resolveSettings(flags);
      let broken = 0;
      for await (const check of checks(settings)) {
        if (!check.ok) broken++;
        tell(check, flags.json ?? false, terminal);
      }
      if (broken > 0) terminal.exit(1);
    });
};

function tell(check: DoctorCheck, json: boolean, terminal: Terminal): void {
  if (json) return terminal.print(JSON.stringify({ ...check, mend: check.ok ? null : check.mend }));
  const mark = check.needed === false ? "info" : check.ok ? "ok  " : "BAD ";
  terminal.print(`${mark} ${check.check}: ${check.detail}`);
  if (!check.ok && check.mend !== null) terminal.print(`     mend: ${check.mend}`);
}

async function* checks({ draft, missing }: Settings): AsyncGenerator<DoctorCheck> {
  yield* checkMachine();
  yield* checkSandboxes(draft.sandbox);
  if (draft.database !== null) yield await checkDatabase(draft.database);
  for (const repository of draft.repositories) yield* checkRepository(repository);
  for (const { what, sentence } of missing) yield { check: what, ok: true, detail: sentence, mend: null, needed: false };
  const destinations = await destinationsOf(draft);
  for (const { host, place, text, refusal } of destinations) {
    const check = `text to ${host}`;
    if (refusal === null) yield { check, ok: true, detail: `${place}: ${text}`, mend: null, needed: false };
    else yield { check, ok: false, detail: refusal, mend: refusalMend };
  }
  const setup = setupNetwork(draft);
  if (setup !== null) yield { check: "network of set-up commands", ok: true, detail: setup, mend: null, needed: false };
  if (destinations.some(({ refusal }) => refusal !== null)) return;
  // The teacher is asked also where only the repository is still to be named.
  if (missing.some(({ what }) => what === "teacher")) return;
  yield* checkTeacher({ ...draft, teachers: draft.teachers.map((teacher) => TeacherConfig.parse(teacher)) });
}
