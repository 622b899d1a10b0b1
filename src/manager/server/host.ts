import { MANAGED } from "../../backend/contract/managed.ts";
import { chooseBackend } from "../../backend/registry.ts";
import { StateError } from "../../errors/errors.ts";
import { loadInChild } from "../../launch/load-in-child.ts";
import type { Callable, TargetRef } from "../../target/target.ts";
import { describe } from "../../util/describe.ts";
import { ManagedObject, type ServerName } from "../managed-object.ts";
import { Special, Status } from "../outcome.ts";
import { LOAD } from "../targets.ts";
import type { Servant } from "./servant.ts";
import { serve } from "./serve.ts";
import { noteObjects } from "./told.ts";

/** The server's process: it makes managed objects, and knows the targets that were imported. */
export class Host {
  readonly #server: ServerName;
  readonly #backend: string | undefined;
  readonly #loaded = new Map<string, Callable>();

  /** @param backend the name of the backend in which the objects live; default: the process's own */
  constructor(server: ServerName, backend: string | undefined) {
    this.#server = server;
    this.#backend = backend;
  }

  /** Makes a proxy of a new object. */
  make(type: string, servant: Servant, methods?: readonly string[]): ManagedObject {
    const withLoad: Servant = {
      call: (method, args) => (method === LOAD ? this.#load(args[0] as TargetRef) : servant.call(method, args)),
      discard: () => {
        noteObjects(-1);
        servant.discard?.();
      },
    };
    noteObjects(1);
    const details = { type, server: this.#server, methods };
    return new ManagedObject(details, () => chooseBackend(this.#backend).make(MANAGED, serve(withLoad)));
  }

  /** Makes the result of a call that has made a new object. The caller alone holds it then. */
  handOver(object: ManagedObject, status: number = Status.result): Special {
    return new Special(status, object, () => object.close());
  }

  /** Returns a target that was imported. */
  target(ref: unknown): Callable {
    const found = this.#loaded.get(keyOf(ref as TargetRef));
    if (found === undefined) throw new StateError(`The manager's server has not imported ${describe((ref as TargetRef)?.name)}.`);
    return found;
  }

  // Imports the module of a target, so that a later call can use it in one step, and have instances of the module's classes as arguments.
  async #load(ref: TargetRef): Promise<void> {
    this.#loaded.set(keyOf(ref), await loadInChild(ref));
  }
}

function keyOf(ref: TargetRef): string {
  return `${ref?.module} ${ref?.name}`;
}
