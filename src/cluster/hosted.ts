/** What an agent runs on its host for a program on another one. It takes one slot. */
export interface Hosted {
  readonly name: string;
  /** Resolves when it is gone, and the program knows or is gone, too. */
  readonly over: Promise<void>;
  /** The program says something. */
  handle(message: Uint8Array): void;
  /** The agent leaves: it takes no more work. */
  leave(): void;
  /** Ends it at once. */
  kill(): void;
  /** The program is gone. */
  abandon(): void;
}
