// Ends a test run with a plain line for each skipped test and one of totals, which any reader of a log understands.
export default class TotalsReporter {
  #filtered = false;

  onInit({ config }) {
    this.#filtered = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    const lines = [];
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        counts[state]++;
        tests++;
        const reason = note ?? test.meta().skipReason;
        if (state === "skipped" && (reason !== undefined || !this.#filtered)) {
          lines.push(`skipped: ${module.relativeModuleId}: ${test.fullName}: ${reason ?? "no reason is given"}\n`);
        }
      }
      if (tests === 0 && module.state() === "failed") counts.failed++;
    }
    const totals = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
    process.on("exit", () => process.stdout.write(lines.join("") + totals));
  }
}
