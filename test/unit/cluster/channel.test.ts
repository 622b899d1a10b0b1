import { afterEach, describe, expect, it, vi } from "vitest";
import { Channel, type ChannelEvents, GONE } from "../../../src/cluster/channel.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Two channels, and the frames between them, which may be lost, doubled or late. */
class Line {
  readonly came: string[] = [];
  readonly gone: string[] = [];
  readonly frames: Uint8Array[] = [];
  readonly from: Channel;
  readonly to: Channel;
  isCut = false;

  constructor(deliver: (frame: Uint8Array, pass: (frame: Uint8Array) => void) => void, mostBytes = 1000) {
    const events: ChannelEvents = { message: (message) => this.came.push(text(message)), gone: (why) => this.gone.push(why) };
    this.from = new Channel((frame) => this.#pass(frame, deliver, () => this.to), mostBytes, events);
    this.to = new Channel((frame) => this.#pass(frame, deliver, () => this.from), mostBytes, events);
    this.from.connect("to");
    this.to.connect("from");
  }

  #pass(frame: Uint8Array, deliver: (frame: Uint8Array, pass: (frame: Uint8Array) => void) => void, other: () => Channel): void {
    this.frames.push(frame);
    if (!this.isCut) deliver(frame, (each) => void Promise.resolve().then(() => other()?.receive(each)));
  }
}

const channels: Channel[] = [];
afterEach(() => {
  for (const channel of channels.splice(0)) channel.close();
});

function line(...args: ConstructorParameters<typeof Line>): Line {
  const made = new Line(...args);
  channels.push(made.from, made.to);
  return made;
}

describe("a channel", () => {
  it("brings messages in their order, also empty ones and those that are larger than a frame", async () => {
    const between = line((frame, pass) => pass(frame), 20);
    const messages = ["a", "", "b".repeat(100), "c"];
    for (const message of messages) between.from.send(bytes(message));
    await between.from.sent();
    expect(between.came).toEqual(messages);
    expect(Math.max(...between.frames.map((frame) => frame.length))).toBe(20);
  });

  it("brings each message once, although frames are lost, and come twice", async () => {
    let frames = 0;
    const between = line((frame, pass) => {
      frames++;
      if (frames % 11 === 0) return;
      pass(frame);
      if (frames % 4 === 0) pass(frame);
    });
    const messages = Array.from({ length: 20 }, (_, i) => String(i));
    for (const message of messages) between.from.send(bytes(message));
    await between.from.sent();
    expect(between.came).toEqual(messages);
  });

  it("sends what could not be sent once the line is there again", async () => {
    const between = line((frame, pass) => pass(frame));
    between.isCut = true;
    between.from.send(bytes("late"));
    between.isCut = false;
    await between.from.sent();
    expect(between.came).toEqual(["late"]);
  });

  it("counts the other side as dead after four silent beats, and not before", () => {
    const between = line((frame, pass) => pass(frame));
    between.isCut = true;
    for (let i = 0; i < 3; i++) between.from.beat();
    expect(between.gone).toEqual([]);
    between.from.beat();
    expect(between.gone).toEqual([expect.stringContaining("silent")]);
    expect(between.from.isOver).toBe(true);
  });

  it("goes on as long as beats come", async () => {
    const between = line((frame, pass) => pass(frame));
    for (let i = 0; i < 20; i++) {
      between.from.beat();
      between.to.beat();
      await Promise.resolve();
    }
    expect(between.gone).toEqual([]);
  });

  it("ends when the other side says that it is gone, and ignores what is no frame", async () => {
    const between = line((frame, pass) => pass(frame));
    between.from.receive(Uint8Array.of(1, 2));
    between.from.receive(new Uint8Array(9).fill(77));
    expect(between.gone).toEqual([]);
    between.from.send(bytes("x"));
    between.from.receive(GONE);
    await between.from.sent();
    expect(between.gone.length).toBe(1);
  });

  it("holds large amounts back until the other side has confirmed some", async () => {
    const between = line((frame, pass) => pass(frame), 1 << 20);
    between.isCut = true;
    for (let i = 0; i < 100; i++) between.from.send(new Uint8Array(200_000));
    const onWay = between.frames.reduce((sum, frame) => sum + frame.length, 0);
    expect(onWay).toBeLessThan(5 << 20);
    const room = vi.fn();
    void between.from.room().then(room);
    await Promise.resolve();
    expect(room).not.toHaveBeenCalled();
    between.isCut = false;
    await between.from.room();
    await between.from.sent();
    expect(between.came.length).toBe(100);
  });
});
