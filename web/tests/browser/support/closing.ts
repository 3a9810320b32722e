import type { FullConfig, Reporter, Suite, TestCase, TestResult } from '@playwright/test/reporter';

/** Ends the report with one line in plain words. */
export default class Closing implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  onBegin(_config: FullConfig, suite: Suite): void {
    console.log(`${suite.allTests().length} browser tests`);
  }

  onTestEnd(_test: TestCase, result: TestResult): void {
    if (result.status === 'passed') this.#passed += 1;
    else if (result.status === 'skipped') this.#skipped += 1;
    else this.#failed += 1;
  }

  onEnd(): void {
    console.log(`browser: ${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`);
  }
}
