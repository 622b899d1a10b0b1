import type { Wait } from "../../../util/wait-options.ts";
import type { ConditionPort } from "../../contract/condition.ts";
import { PortablePort } from "./port.ts";

export class PortableCondition extends PortablePort implements ConditionPort {
  async enter(): Promise<number> {
    return (await this.perform("enter")) as number;
  }

  async notified(waiter: number, wait: Wait): Promise<boolean> {
    try {
      await this.perform("notified", waiter, wait);
    } catch (error) {
      // If a notification has come since, this wait does not use it. It is passed on, because another waiter may need it. If the hub can't
      // be reached, it does the same once it sees that this process is gone.
      const notified = await this.tidy("leave", waiter).catch(() => false);
      if (notified === true) await this.tidy("notify", 1);
      throw error;
    }
    return (await this.perform("leave", waiter)) === true;
  }

  async notify(count: number): Promise<void> {
    await this.perform("notify", count);
  }
}
