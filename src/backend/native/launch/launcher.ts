import type { Command, Exit, OsProcess } from "../../../runtime/contract.ts";
import { runtime } from "../../../runtime/current.ts";
import { os, util } from "../../../util/lazy-modules.ts";
import type { ChildChannel, ChildSettings, Launched, Launcher, LaunchTarget, StartOptions } from "../../contract/launcher.ts";
import type { Handles } from "../core/handles.ts";
import type { CheckedLibrary } from "../library/check.ts";
import { check, isExhausted } from "../library/result.ts";
import { takeChannel } from "./child-channel.ts";
import { ChildDescriptors } from "./descriptors.ts";
import { readOutput } from "./output.ts";
import { NativeParentChannel } from "./parent-channel.ts";
import { checkStrings, spawnArguments } from "./spawn-settings.ts";

// The native library adds this number to that of the signal that killed a child.
const SIGNALLED = 256;

/** Starts children through the native library. A child gets a stdin, a stdout and a stderr, and its stdin is a socket: the channel. */
export class NativeLauncher implements Launcher {
  readonly #handles: Handles;
  readonly #library: CheckedLibrary;

  constructor(handles: Handles, library: CheckedLibrary) {
    this.#handles = handles;
    this.#library = library;
  }

  // The child must load the library too. And some permissions to run programs cover only children that the runtime itself starts.
  canStart({ file, env, loadsLibrary }: LaunchTarget): boolean {
    return loadsLibrary && env.POLYPROC_BACKEND !== "portable" && runtime.mayRun(file);
  }

  async start(command: Command, options: StartOptions): Promise<Launched> {
    checkStrings(command);
    const descriptors = new ChildDescriptors(this.#handles.thread, command.stdout, command.stderr);
    try {
      return this.#spawn(command, options, descriptors);
    } catch (error) {
      descriptors.closeAll();
      throw error;
    }
  }

  connect(settings: ChildSettings): ChildChannel {
    return takeChannel(this.#handles.thread, settings);
  }

  #spawn(command: Command, options: StartOptions, descriptors: ChildDescriptors): Launched {
    const { thread } = this.#handles;
    const { shim } = thread.inbox;
    const ended = Promise.withResolvers<Exit>();
    let hasEnded = false;
    const id = thread.inbox.add((status) => {
      thread.inbox.remove(id);
      hasEnded = true;
      const exit = exitOf(status);
      channel.childEnded(exit);
      ended.resolve(exit);
    });
    const pid = new Int32Array(1);
    const { settings, strings } = spawnArguments(command, options, descriptors.childFds);
    const pidfd = shim.pp_spawn(thread.inbox.id, id, settings, strings, pid);
    if (pidfd < 0) thread.inbox.remove(id);
    if (pidfd < 0 && !isExhausted(pidfd)) throw new Error(`spawn ${util().getSystemErrorName(pidfd)}`);
    check(pidfd, "The process could not be started");
    descriptors.closeChildEnds();
    const { stdout, stderr } = descriptors;
    const process: OsProcess = {
      pid: pid[0] ?? -1,
      stdout: stdout === undefined ? null : readOutput(thread, stdout),
      stderr: stderr === undefined ? null : readOutput(thread, stderr),
      exited: ended.promise.finally(() => shim.pp_close(pidfd)),
      kill: (signal) => {
        if (!hasEnded) shim.pp_signal(pidfd, os().constants.signals[signal]);
      },
    };
    const channel = new NativeParentChannel(this.#handles, descriptors.channel);
    return { process, started: Promise.resolve(), channel, forChild: this.#library };
  }
}

function exitOf(status: number): Exit {
  // The system does not tell how the child ended.
  if (status < 0) return { code: null, signal: null };
  if (status < SIGNALLED) return { code: status, signal: null };
  const number = status - SIGNALLED;
  const [name] = Object.entries(os().constants.signals).find(([, known]) => known === number) ?? [`SIG${number}`];
  return { code: null, signal: name };
}
