import type { Command } from "../../../runtime/contract.ts";
import { runtime } from "../../../runtime/current.ts";
import type { Tree } from "../../../tree/tree.ts";
import type { Backend } from "../../contract/backend.ts";
import type { ChildChannel, ChildSettings, Launched, Launcher } from "../../contract/launcher.ts";
import type { Hub } from "../hub/hub.ts";
import { connectToParent } from "./child-channel.ts";
import { checkMark, newMark } from "./end-mark.ts";
import { PortableParentChannel } from "./parent-channel.ts";

/** Starts children through the runtime. A child gets its frames on stdin, and reports through a shared object in the parent's hub. */
export class PortableLauncher implements Launcher {
  readonly #backend: Backend;
  readonly #hub: Hub;
  readonly #tree: Tree;

  constructor(backend: Backend, hub: Hub, tree: Tree) {
    this.#backend = backend;
    this.#tree = tree;
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
    const mark = newMark(this.#tree.membership.folder);
    const { exited } = program.process;
    const process = mark === undefined ? program.process : { ...program.process, exited: exited.then((exit) => checkMark(exit, mark)) };
    return { process, started: program.started, channel, forChild: mark };
  }

  connect(settings: ChildSettings): Promise<ChildChannel> {
    return connectToParent(settings, this.#backend, this.#hub);
  }
}
