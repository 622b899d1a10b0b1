import { MANAGED, type ManagedPort } from "../backend/contract/managed.ts";
import { malformedReference } from "../errors/messages.ts";
import type { ReceivedParts } from "../objects/kinds.ts";
import { adopt, SharedObject, setTravel } from "../objects/shared-object.ts";

/** The server of a manager, as its proxies know it. */
export interface ServerName {
  /** A random name, which no other server has. */
  readonly id: string;
  readonly pid: number;
  readonly name: string;
  readonly runtime: string;
}

/** What travels with a proxy besides its port. */
export interface ProxyDetails {
  /** Which class of proxies it has. */
  readonly type: string;
  readonly server: ServerName;
  /** The methods of an instance of a user's class. */
  readonly methods?: readonly string[] | undefined;
}

/** The library's access to the details of a proxy. */
export let detailsOf: (object: ManagedObject) => ProxyDetails;

/**
 * The base class of all proxies: each stands for an object in the server of a manager. The object lives as long as any process holds a proxy
 * of it.
 *
 * @ignore
 */
export class ManagedObject extends SharedObject<ManagedPort> {
  readonly #details: ProxyDetails;

  /** @ignore Managers make proxies. */
  constructor(details: ProxyDetails, make: () => ManagedPort) {
    super(MANAGED.label, () => {
      if (typeof make === "function") return make();
      throw new TypeError("Such an object lives in the server of a manager, which makes it: await manager.dict(), for example.");
    });
    this.#details = details;
    setTravel(this, { parts: () => ({ details }) });
  }

  static {
    detailsOf = (object) => object.#details;
  }
}

/** A class of proxies. */
type ProxyClass = new (details: ProxyDetails, make: () => ManagedPort) => ManagedObject;

// The class of the object that makes the others has no name of its own.
const classes = new Map<string, ProxyClass>([["factory", ManagedObject]]);

/** Registers the class of the proxies of a type. */
export function registerProxy(type: string, Class: ProxyClass): void {
  classes.set(type, Class);
}

/** Makes a proxy of the class that its details name. */
export function makeProxy(port: ManagedPort, details: ProxyDetails): ManagedObject {
  const Class = classes.get(details.type);
  if (Class === undefined) throw malformedReference();
  return adopt(port, () => new Class(details, () => port));
}

/** Makes a proxy from what came in a message. Throws `SerializationError` for parts that are not valid. */
export function adoptProxy(port: ManagedPort, { details }: ReceivedParts): ManagedObject {
  return makeProxy(port, checkDetails(details));
}

// More methods than any class has, so that a hostile process can't fill the memory.
const MOST_METHODS = 10_000;

/** Checks the details of a proxy, which came from another process. */
export function checkDetails(details: unknown): ProxyDetails {
  if (typeof details !== "object" || details === null) throw malformedReference();
  const { type, server, methods } = details as Record<string, unknown>;
  if (typeof type !== "string" || typeof server !== "object" || server === null) throw malformedReference();
  const { id, pid, name, runtime } = server as Record<string, unknown>;
  if (typeof id !== "string" || typeof pid !== "number" || typeof name !== "string" || typeof runtime !== "string")
    throw malformedReference();
  if (methods !== undefined && !isList(methods)) throw malformedReference();
  return { type, server: { id, pid, name, runtime }, methods };
}

function isList(methods: unknown): methods is readonly string[] {
  return Array.isArray(methods) && methods.length <= MOST_METHODS && methods.every((each) => typeof each === "string");
}
