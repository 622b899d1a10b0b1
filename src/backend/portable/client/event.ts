import type { Wait } from "../../../util/wait-options.ts";
import type { EventPort } from "../../contract/event.ts";
import { PortablePort } from "./port.ts";

export class PortableEvent extends PortablePort implements EventPort {
  async set(): Promise<void> {
    await this.perform("set");
  }

  async clear(): Promise<void> {
    await this.perform("clear");
  }

  async isSet(): Promise<boolean> {
    return (await this.perform("isSet")) === true;
  }

  async wait(wait: Wait): Promise<boolean> {
    return (await this.perform("wait", undefined, wait)) === true;
  }
}
