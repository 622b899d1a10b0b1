import type { Wait } from "../../../util/wait-options.ts";
import type { Grant } from "../../contract/lock.ts";
import type { SemaphorePort } from "../../contract/semaphore.ts";
import { PortablePort } from "./port.ts";

export class PortableSemaphore extends PortablePort implements SemaphorePort {
  async acquire(wait: Wait): Promise<Grant> {
    return ((await this.perform("acquire", undefined, wait, ["release"])) ?? "refused") as Grant;
  }

  async post(): Promise<void> {
    await this.perform("release");
  }

  async value(): Promise<number> {
    return (await this.perform("value")) as number;
  }
}
