import type { RunningProgram } from "../../../runtime/contract.ts";
import type { Backend } from "../../contract/backend.ts";
import type { ParentChannel, ReportListener } from "../../contract/launcher.ts";
import type { Ref } from "../../contract/ref.ts";
import { type ParentReportChannel, REPORT_CHANNEL } from "../kinds.ts";

/** The parent's side of the channel to a child: the child's stdin, and an object in this process's hub for the child's reports. */
export class PortableParentChannel implements ParentChannel {
  readonly #backend: Backend;
  readonly #program: RunningProgram;
  #reports: ParentReportChannel | undefined;

  constructor(backend: Backend, program: RunningProgram) {
    this.#backend = backend;
    this.#program = program;
  }

  write(bytes: Uint8Array): void {
    this.#program.write(bytes);
  }

  listen(listener: ReportListener): Ref {
    this.#reports = this.#backend.make(REPORT_CHANNEL, listener);
    return this.#reports.port.share();
  }

  async closed(): Promise<void> {
    await this.#reports?.state.closed();
  }

  release(): void {
    this.#reports?.port.release();
  }
}
