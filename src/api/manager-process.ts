import { bindLaunch } from "../launch/bound.ts";
import type { ProcessSettings } from "../launch/options.ts";
import type { StartMethod } from "../launch/start-method.ts";
import { isServerClosed, managerClosed, noteServerClosed } from "../manager/closed-servers.ts";
import type { ManagedObject } from "../manager/managed-object.ts";
import { bindBackend } from "../objects/backend-binding.ts";
import { OWN_MODULES } from "../target/provided.ts";
import { unheld } from "../util/event-loop.ts";
import { randomName } from "../util/random.ts";
import type { ServerArguments, ServerGreeting } from "./manager-server.ts";
import { makePipe } from "./pipe.ts";
import { Process } from "./process.ts";

/** The settings of a manager's server. */
export interface ServerSettings {
  readonly process: ProcessSettings;
  readonly door: ServerArguments["door"];
  readonly backend: string | undefined;
  readonly method: StartMethod | undefined;
}

/** The server of a manager. It starts when it is needed first. */
export class ServerProcess {
  readonly #settings: ServerSettings;
  readonly #id: string = randomName(16);
  #process: Process<[ServerArguments], never> | undefined;
  #greeting: Promise<ServerGreeting> | undefined;

  constructor(settings: ServerSettings) {
    this.#settings = settings;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Returns what the server has sent at its start. If the start fails, this rejects, and the next call tries again. */
  greeting(): Promise<ServerGreeting> {
    if (isServerClosed(this.#id)) return Promise.reject(managerClosed());
    if (this.#greeting === undefined) {
      this.#greeting = this.#start();
      this.#greeting.catch(() => {
        this.#greeting = undefined;
      });
    }
    return this.#greeting;
  }

  /** Returns the object that makes the others. */
  async factory(): Promise<ManagedObject> {
    return (await this.greeting()).factory;
  }

  /** Ends the server. */
  close(): void {
    noteServerClosed(this.#id);
    const process = this.#process;
    if (process?.pid != null && process.isAlive()) process.terminate({ grace: this.#settings.process.grace });
  }

  /** Resolves when the server has ended. */
  async ended(): Promise<void> {
    await this.#greeting?.catch(() => {});
    if (this.#process?.pid != null) await this.#process.join();
  }

  async #start(): Promise<ServerGreeting> {
    const { backend, door, method } = this.#settings;
    const Class = class extends Process<[ServerArguments], never> {};
    bindLaunch(Class, { method });
    if (backend !== undefined) bindBackend(Class, backend);
    const [mine, theirs] = makePipe<ServerGreeting>({ duplex: true }, backend);
    const args: ServerArguments = { id: this.#id, backend, door, link: theirs };
    const process = new Class({
      ...this.#settings.process,
      target: { module: OWN_MODULES.manager, name: "serveManager" },
      args: [args],
      transfer: [theirs],
      daemon: true,
    });
    this.#process = process;
    try {
      await process.start();
      // Nobody reads what the server prints into pipes. The last lines of stderr are kept.
      for (const output of [process.stdout, process.stderr]) void output?.cancel().catch(() => {});
      // It rejects if the server fails, and must not keep this program alive.
      const failed = unheld(() => process.result());
      failed.catch(() => {});
      // If the connection ends, the end of the process says why.
      const greeting = await Promise.race([mine.recv().catch(() => failed), failed]);
      // The manager was closed meanwhile, when there was no process yet that could be ended.
      if (isServerClosed(this.#id)) throw managerClosed();
      return greeting;
    } catch (error) {
      if (isServerClosed(this.#id)) {
        this.close();
        throw managerClosed();
      }
      throw error;
    } finally {
      mine.close();
    }
  }
}
