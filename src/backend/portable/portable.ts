import { UnsupportedError } from "../../errors/errors.ts";
import { malformedReference } from "../../errors/messages.ts";
import type { Tree } from "../../tree/tree.ts";
import { randomName } from "../../util/random.ts";
import type { Backend, BackendFeatures, MakeOptions } from "../contract/backend.ts";
import type { Kind } from "../contract/kind.ts";
import type { Launcher } from "../contract/launcher.ts";
import type { Port } from "../contract/port.ts";
import type { Ref } from "../contract/ref.ts";
import { allEnded, type Call } from "./client/call.ts";
import { Client } from "./client/client.ts";
import { Clients } from "./client/clients.ts";
import type { ObjectAccess } from "./client/port.ts";
import { Hub } from "./hub/hub.ts";
import type { Participant } from "./hub/participant.ts";
import type { HubObject } from "./hub/request.ts";
import { portableKinds, type Reach } from "./kinds.ts";
import { PortableLauncher } from "./launch/launcher.ts";
import { checkLocation, NAME } from "./location.ts";

/**
 * The backend whose objects live in the process that made them. Other processes reach them over local sockets. It works on every platform.
 */
export class Portable implements Backend {
  readonly name: string = NAME;
  readonly features: BackendFeatures = { fileno: false, sync: false, sharedMemory: false, limits: false, library: null, abi: null };
  readonly launcher: Launcher;
  readonly #hub: Hub;
  readonly #own: Client;
  readonly #clients: Clients;
  readonly #unsent = new Set<Call>();

  constructor(tree: Tree) {
    this.#hub = new Hub(tree, (ref) => this.attach(ref));
    const participant: Participant = this.#hub.participate((frame) => this.#own.receive(frame));
    this.#own = new Client((frame) => participant.receive(frame), true);
    this.#clients = new Clients(tree, this.#own);
    this.launcher = new PortableLauncher(this, this.#hub, tree);
  }

  make<P extends Port, S, M>(kind: Kind<P, S, M>, settings: S, options: MakeOptions = {}): M {
    const known = portableKinds.get(kind.name);
    if (known === undefined)
      throw new UnsupportedError(`The portable backend has no ${kind.label}: capabilities() says why the native backend is not used.`);
    return known.make((object, traits) => this.#host(kind.name, object, traits), settings as never, options) as M;
  }

  attach(ref: Ref): Port {
    const known = portableKinds.get(ref.kind);
    if (known === undefined) throw malformedReference();
    const location = checkLocation(ref.location);
    const reach: Reach = (traits) => {
      const client = this.#clients.at(location.hub);
      if (known.announcesExit === true) this.#clients.announceExit(client);
      // The details and companions of a reference belong to the message in which it came. So they are not part of a new reference.
      const share = (): Ref => ({ kind: ref.kind, backend: NAME, location });
      return { client, id: location.id, traits, share, unsent: this.#unsent };
    };
    return known.attach(reach, location);
  }

  flushed(): Promise<void> {
    return allEnded(this.#unsent);
  }

  #host<Traits extends object | undefined>(kind: string, object: HubObject, traits: Traits): ObjectAccess<Traits> {
    const id = randomName(12);
    this.#hub.add(id, object);
    const share = (): Ref => ({ kind, backend: NAME, location: { hub: this.#hub.listen(), id, ...traits } });
    return { client: this.#own, id, traits, share, unsent: this.#unsent };
  }
}
