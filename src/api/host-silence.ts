import type { WaitingPort } from "../backend/contract/port.ts";
import { after, watchWait } from "../util/deadline.ts";
import { FOREVER, type Wait } from "../util/wait-options.ts";

// A process that hosts an object must reply to a question within this number of milliseconds.
const ANSWER_LIMIT = 250;
// The time between two questions, in milliseconds.
const INTERVAL = 1000;

/**
 * Waits for a call that makes several requests, of which some have no limit of their own. Once the wait's time is over, or its signal is
 * aborted, a call may go on only while the processes that host its objects reply. If one does not, `silent` decides: it throws, or returns
 * the result of the call. The call itself then ends unheard.
 */
export function unlessSilent<T>(call: Promise<T>, wait: Wait, ports: readonly WaitingPort[], silent: (reason: unknown) => T): Promise<T> {
  const hosted = ports.filter(({ responds }) => responds !== undefined);
  if (wait === FOREVER || hosted.length === 0) return call;
  return new Promise((resolve, reject) => {
    let isOver = false;
    let cancel = (): void => {};
    const ask = async (reason: unknown): Promise<void> => {
      const answers = await Promise.all(hosted.map((port) => port.responds?.(ANSWER_LIMIT)));
      if (isOver) return;
      if (answers.includes(false)) finish(() => resolve(silent(reason)));
      else cancel = after(INTERVAL, () => void ask(reason));
    };
    const finish = (settle: () => void): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      try {
        settle();
      } catch (error) {
        reject(error);
      }
    };
    cancel = watchWait(
      wait,
      () => void ask(undefined),
      (reason) => void ask(reason),
    );
    call.then(
      (value) => finish(() => resolve(value)),
      (error) => finish(() => reject(error)),
    );
  });
}
