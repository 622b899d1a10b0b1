import type { ManagedPort } from "../backend/contract/managed.ts";
import { OwnerDiedError, TimeoutError } from "../errors/errors.ts";
import { type Packed, pack, packLent } from "../objects/message.ts";
import { openPort } from "../objects/shared-object.ts";
import type { Wait } from "../util/wait-options.ts";
import { isServerClosed, managerClosed } from "./closed-servers.ts";
import type { ForeignPort } from "./foreign.ts";
import { detailsOf, ManagedObject } from "./managed-object.ts";
import { type Outcome, openReply, Status } from "./outcome.ts";

/**
 * Calls a method of a managed object in its server, and returns the outcome. The arguments travel as they are now.
 *
 * @throws what the method throws, with the server and the method as `remote`
 * @throws {SerializationError} if an argument can't travel; {@link TimeoutError} if the time ran out
 * @throws {OwnerDiedError} if the server is gone; {@link ClosedError} if the proxy or the manager was closed here
 */
export async function request(object: ManagedObject, method: string, args: readonly unknown[], wait: Wait): Promise<Outcome> {
  return call(object, method, packLent([...args, method], "args"), wait);
}

async function call(object: ManagedObject, method: string, packed: Packed, wait: Wait): Promise<Outcome> {
  const { server } = detailsOf(object);
  let port: ManagedPort;
  try {
    port = openPort(object, `${method}()`);
    if (isServerClosed(server.id)) throw managerClosed();
  } catch (error) {
    packed.release(false);
    throw error;
  }
  let outcome: Outcome | undefined;
  try {
    outcome = await send(port, packed, wait);
  } catch (error) {
    if (error instanceof OwnerDiedError) throw isServerClosed(server.id) ? managerClosed() : serverGone(server.pid, error);
    throw error;
  }
  if (outcome === undefined) throw tooLate(method);
  const { status, value } = outcome;
  const opened = value instanceof Promise ? await value : value;
  if (status === Status.error) throw named(opened, object, method);
  if (status === Status.iterator && !(opened instanceof ManagedObject)) return { status, value: (port as ForeignPort).proxy(opened) };
  return { status, value: opened };
}

/** Like {@link ask}, for an object that is not there yet. The arguments travel as they are now. */
export async function askLater(
  object: () => Promise<ManagedObject>,
  method: string,
  args: readonly unknown[],
  left: () => Wait,
): Promise<unknown> {
  const packed = pack([...args, method], "args");
  let found: ManagedObject;
  try {
    found = await object();
  } catch (error) {
    packed.release(false);
    throw error;
  }
  return (await call(found, method, packed, left())).value;
}

/** Calls a method whose outcome is a plain result. */
export async function ask(object: ManagedObject, method: string, args: readonly unknown[], wait: Wait): Promise<unknown> {
  return (await request(object, method, args, wait)).value;
}

async function send(port: ManagedPort, packed: Packed, wait: Wait): Promise<Outcome | undefined> {
  if (packed.refs.length === 0) return port.call(packed, wait, openReply);
  let replied = false;
  try {
    const outcome = await port.call(packed, wait, openReply);
    replied = outcome !== undefined;
    return outcome;
  } finally {
    packed.release(replied);
  }
}

function named(error: unknown, object: ManagedObject, method: string): unknown {
  if (!(error instanceof Error) || !Object.isExtensible(error)) return error;
  const { pid, name, runtime } = detailsOf(object).server;
  return Object.defineProperty(error, "remote", { value: { pid, name, runtime, method }, configurable: true, writable: true });
}

function serverGone(pid: number, cause: unknown): OwnerDiedError {
  return new OwnerDiedError(
    `The server of this manager (pid ${pid}) is gone, and its objects with it: make a new manager, and fill it again.`,
    { cause, fields: { pid } },
  );
}

function tooLate(method: string): TimeoutError {
  return new TimeoutError(
    `The manager's server did not reply to ${method}() in time: it may compute, or be stopped, and may still carry the call out.`,
    { fields: { mayHaveHappened: true } },
  );
}
