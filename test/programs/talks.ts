import type { Connection } from "../../mod.ts";

export async function talk(conn: Connection<string>): Promise<void> {
  await conn.send("hello");
}
