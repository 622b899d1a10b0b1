// A subclass of Process whose run() is a small server: it replies to each text with the text in upper case.
import { type Connection, isMain, Pipe, Process } from "../mod.ts";

export class Upper extends Process {
  readonly conn: Connection<string>;

  constructor(conn: Connection<string>) {
    super();
    this.conn = conn;
  }

  override async run(): Promise<string> {
    let count = 0;
    for await (const text of this.conn) {
      await this.conn.send(text.toUpperCase());
      count++;
    }
    return `${this.name} replied ${count} times`;
  }
}

if (isMain(import.meta)) {
  const [mine, theirs] = Pipe<string>();
  const server = new Upper(theirs);
  await server.start();
  theirs.close();
  for (const text of ["hello", "straße"]) {
    await mine.send(text);
    console.log(await mine.recv());
  }
  mine.close();
  console.log(await server.result());
  await server.join();
}
