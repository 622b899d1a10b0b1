import { Op } from "../../../codec/op.ts";
import type { ReportKind, ReportPort } from "../../contract/launcher.ts";
import type { Message } from "../../contract/message.ts";
import { PortablePort } from "./port.ts";

export class PortableReportChannel extends PortablePort implements ReportPort {
  async report(kind: ReportKind, message: Message): Promise<void> {
    await this.access.client.call({ op: Op.report, object: this.object, meta: kind, message }).reply;
  }
}
