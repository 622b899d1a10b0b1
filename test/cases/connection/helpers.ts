import type { Connection } from "../../../mod.ts";

export async function echo(conn: Connection): Promise<void> {
  for (;;) {
    const bytes = await conn.recvBytes();
    if (bytes.length === 0) break;
    await conn.sendBytes(bytes);
  }
  conn.close();
}
