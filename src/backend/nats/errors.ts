// The errors of NATS, and ours in their place.
import {
  AuthenticationError,
  ClosedError,
  OwnerDiedError,
  ProcessError,
  StateError,
  TimeoutError,
  UnsupportedError,
} from "../../errors/errors.ts";

/** Error codes of JetStream's API. */
const FULL = 10077;
const WRONG_SEQUENCE: readonly number[] = [10071, 10164];
const EXISTS_OTHERWISE = 10058;
const NOT_FOUND: readonly number[] = [10059, 10014, 10037];
const NOT_DELETED = 10057;
/** The store of a server is full, or an account has as much as it may have. */
const NO_ROOM: readonly number[] = [10047, 10023, 10002];
const FEW_SERVERS: readonly number[] = [10005, 10074];
/** The servers elect a leader, of a stream, of a consumer or of them all. Nothing was done. */
const NO_LEADER: readonly number[] = [10007, 10008, 10009, 10118, 10119];

function codeOf(error: unknown): number {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === "number" ? code : 0;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** Whether a stream refused a message because it has as many as it may have. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === FULL;
}

/** Whether a record has changed since it was read. */
export function isConflict(error: unknown): boolean {
  return WRONG_SEQUENCE.includes(codeOf(error));
}

/** Whether a stream exists with other settings. */
export function existsOtherwise(error: unknown): boolean {
  return codeOf(error) === EXISTS_OTHERWISE;
}

/** Whether a stream, a consumer or a message does not exist. */
export function isMissing(error: unknown): boolean {
  const isGone = codeOf(error) === NOT_DELETED && /no message found/.test((error as Error).message);
  return isGone || NOT_FOUND.includes(codeOf(error)) || ["StreamNotFoundError", "ConsumerNotFoundError"].includes(nameOf(error));
}

/** Whether there are not enough servers for as many copies. */
export function hasFewServers(error: unknown): boolean {
  return FEW_SERVERS.includes(codeOf(error));
}

/** Whether no server handled a request: no stream has the subject, or there is no leader at the moment. */
export function isUnanswered(error: unknown): boolean {
  if (NO_LEADER.includes(codeOf(error))) return true;
  return ["NoResponders", "JetStreamNotEnabled"].includes(nameOf(error)) || isCausedBy(error, "NoResponders");
}

/** Whether it is not known if a request was handled: no reply came, or the connection broke. */
export function isUndecided(error: unknown): boolean {
  const names = ["TimeoutError", "RequestError", "ConnectionError", "DisconnectedError"];
  return names.includes(nameOf(error)) && !isUnanswered(error) && refusalIn(error) === undefined;
}

// What the servers say when this process has no permission.
function refusalIn(error: unknown): Error | undefined {
  const found = [error, error instanceof Error ? error.cause : undefined].find((each) => nameOf(each) === "PermissionViolationError");
  return found as Error | undefined;
}

function isCausedBy(error: unknown, name: string): boolean {
  return error instanceof Error && nameOf(error.cause) === name;
}

/** Returns our error in place of one of NATS. An error that is ours already stays. */
export function ourError(error: unknown): unknown {
  if (error instanceof ProcessError) return error;
  const refusal = refusalIn(error);
  const cause = { cause: error };
  if (refusal !== undefined)
    return new AuthenticationError(
      `The servers do not allow this process to do that: ${refusal.message}. docs/cluster.md names what it needs.`,
      cause,
    );
  if (NO_ROOM.includes(codeOf(error)))
    return new UnsupportedError(`The servers of the cluster have no room left for this: ${(error as Error).message}.`, cause);
  if (["ClosedConnectionError", "DrainingConnectionError"].includes(nameOf(error))) return closedConnection(cause);
  return isUnanswered(error) || isUndecided(error) ? noReply(cause) : error;
}

export function closedConnection(options?: ConstructorParameters<typeof ProcessError>[1]): ClosedError {
  return new ClosedError("The connection to the cluster is closed: call connectCluster() again.", options);
}

/** No server of the cluster replied in time. */
export function noReply(options?: ConstructorParameters<typeof ProcessError>[1]): TimeoutError {
  return new TimeoutError(
    "No server of the cluster replied in time: it can't be reached, or it has no leader at the moment. Try again.",
    options,
  );
}

/** The record of an object was removed. */
export function objectGone(label: string): OwnerDiedError {
  return new OwnerDiedError(`This ${label} is gone: the process that made it has closed its connection. Give it a name if it is to stay.`);
}

/** The servers have given a lock or permit of this process to another one, or may do so. */
export function leaseLost(what: "lock" | "permit"): StateError {
  return new StateError(
    `The lease of this ${what} was lost: this process could not renew it in time, so another process may have the ${what} now. Stop what it guards.`,
  );
}
