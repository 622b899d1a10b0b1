import type { Command } from "../../../runtime/contract.ts";
import { runtime } from "../../../runtime/current.ts";
import type { Backend } from "../../contract/backend.ts";
import type { ChildChannel, ChildSettings, Launched, Launcher } from "../../contract/launcher.ts";
import type { Hub } from "../hub/hub.ts";
import { connectToParent } from "./child-channel.ts";
import { PortableParentChannel } from "./parent-channel.ts";

/** Starts children through the runtime. A child gets its frames on stdin, and reports through a shared object in the parent's hub. */
export class PortableLauncher implements Launcher {
  readonly #backend: Backend;
  readonly #hub: Hub;

  constructor(backend: Backend, hub: Hub) {
    this.#backend = backend;
    this.#hub = hub;
  }

  canStart(): boolean {
    return true;
  }

  async start(command: Command): Promise<Launched> {
    // The hub must listen first, because a child may use objects of this process as soon as it runs.
    await this.#hub.ready();
    const program = runtime.run(command);
    const channel = new PortableParentChannel(this.#backend, program);
    return { process: program.process, started: program.started, channel, forChild: undefined };
  }

  connect(settings: ChildSettings): Promise<ChildChannel> {
    return connectToParent(settings, this.#backend, this.#hub);
  }
}
