import type { Wait } from "../../../util/wait-options.ts";
import type { Grant, LockPort } from "../../contract/lock.ts";
import { PortablePort } from "./port.ts";

export class PortableLock extends PortablePort implements LockPort {
  async acquire(wait: Wait, depth = 1): Promise<Grant> {
    return ((await this.perform("acquire", depth, wait, ["release", depth])) ?? "refused") as Grant;
  }

  async unlock(all = false): Promise<number> {
    return (await this.perform("release", all)) as number;
  }

  async held(): Promise<number> {
    return (await this.perform("held")) as number;
  }
}
