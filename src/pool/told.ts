import { page } from "../tree/page.ts";
import { date } from "../util/clock.ts";
import type { Reported } from "./reports.ts";

/** A pool, as it is told to `polyproc ps`. */
export interface Told extends Reported {
  readonly name: string;
  readonly since: number;
}

/** The tasks of more workers are not told. */
const MOST = 500;

const pools = new Set<Told>();
// When this process first saw that a worker runs a task.
const begun = new WeakMap<object, { readonly task: number; readonly since: number }>();

page.tell("pools", () => [...pools].map(factsOf));

/** Tells `polyproc ps` of a pool, until the returned function is called. */
export function tellOf(pool: Told): () => void {
  pools.add(pool);
  page.changed();
  return () => {
    pools.delete(pool);
    page.changed();
  };
}

function factsOf({ name, since, dispatcher, receiver, crew }: Told): object {
  const tasks: object[] = [];
  let [workers, running] = [0, 0];
  for (const member of crew) {
    workers++;
    const post = dispatcher.post(member.worker);
    running += post?.size ?? 0;
    const first = post?.at(post.first);
    if (first === undefined || tasks.length === MOST) continue;
    const task = first.work.task + first.index;
    const seen = begun.get(member);
    const now = seen?.task === task ? seen : { task, since: date() };
    begun.set(member, now);
    tasks.push({ ...now, pid: member.link?.pid, target: first.work.call.target.ref?.name });
  }
  const { done, failed, retried, died } = receiver;
  return { name, since, workers, queued: dispatcher.waiting, running, done, failed, retried, died, tasks };
}
