// A bank: processes on Node, Deno and Bun transfer money between accounts, which are shared numbers under one lock. Meanwhile they are
// killed in the middle of transfers. The next holder of the lock learns that the last one died, and finishes its transfer from a journal.
// So the sum stays right.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { capabilities, cpuCount, isMain, Lock, Process, type RuntimeName, SharedArray, SharedValue } from "../mod.ts";

const ACCOUNTS = 64;
const OPENING = 1000;
const KILLS = 12;

// The journal follows the accounts in the array: whether a transfer is under way, from which account, to which, how much, and both balances
// before it.
const STATE = ACCOUNTS;
const JOURNAL = 6;
const UNDER_WAY = 1;

interface Bank {
  readonly numbers: SharedArray<"f64">;
  readonly lock: Lock;
  readonly transfers: SharedValue<"i32">;
  readonly repairs: SharedValue<"i32">;
}

/** Makes one transfer. Its process may die between any two steps. */
async function transfer(numbers: SharedArray<"f64">, from: number, to: number, amount: number): Promise<void> {
  const [paying, getting] = [await numbers.get(from), await numbers.get(to)];
  await numbers.set(STATE + 1, [from, to, amount, paying, getting]);
  await numbers.set(STATE, UNDER_WAY);
  await finish(numbers);
}

/** Finishes the transfer in the journal. It is safe to do this twice. */
async function finish(numbers: SharedArray<"f64">): Promise<void> {
  const [from = 0, to = 0, amount = 0, paying = 0, getting = 0] = await numbers.slice(STATE + 1, STATE + JOURNAL);
  await numbers.set(from, paying - amount);
  // The money has left one account and not reached the other: the worst time to be killed.
  await delay(1);
  await numbers.set(to, getting + amount);
  await numbers.set(STATE, 0);
}

export async function clerk({ numbers, lock, transfers, repairs }: Bank): Promise<void> {
  for (;;) {
    await using held = await lock.hold();
    if (held.abandoned && (await numbers.get(STATE)) === UNDER_WAY) {
      await finish(numbers);
      await repairs.add(1);
    }
    const from = Math.floor(Math.random() * ACCOUNTS);
    const to = (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS;
    await transfer(numbers, from, to, Math.ceil(Math.random() * 100));
    await transfers.add(1);
  }
}

/** This runtime, and the other ones that are on PATH. */
function runtimes(): RuntimeName[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const isInstalled = (name: string): boolean => folders.some((folder) => existsSync(join(folder, name)));
  return (["node", "deno", "bun"] as const).filter((name) => name === capabilities().runtime || isInstalled(name));
}

if (isMain(import.meta)) {
  const bank: Bank = {
    numbers: new SharedArray("f64", [...Array(ACCOUNTS).fill(OPENING), ...Array(JOURNAL).fill(0)]),
    lock: new Lock(),
    transfers: new SharedValue("i32", 0),
    repairs: new SharedValue("i32", 0),
  };
  const kinds = runtimes();
  const hire = async (i: number): Promise<Process<[Bank], void>> => {
    const child = new Process({ target: clerk, args: [bank], runtime: kinds[i % kinds.length] });
    await child.start();
    return child;
  };
  const dismiss = async (child: Process<[Bank], void> | undefined): Promise<void> => {
    child?.kill();
    await child?.join();
  };
  const clerks = await Promise.all(Array.from({ length: Math.max(kinds.length, cpuCount()) }, (_, i) => hire(i)));
  for (let i = 0; i < KILLS; i++) {
    const before = await bank.transfers.get();
    while ((await bank.transfers.get()) < before + 20) await delay(5);
    const [victim] = clerks.splice(Math.floor(Math.random() * clerks.length), 1);
    await dismiss(victim);
    clerks.push(await hire(i));
  }
  for (const each of clerks) await dismiss(each);
  const { numbers, lock, transfers, repairs } = bank;
  await using held = await lock.hold();
  if (held.abandoned && (await numbers.get(STATE)) === UNDER_WAY) await finish(numbers);
  const sum = (await numbers.slice(0, ACCOUNTS)).reduce((total, each) => total + each, 0);
  console.log(`${kinds.length} runtimes, ${clerks.length} clerks at a time, ${KILLS + clerks.length} clerks killed`);
  console.log(`${await transfers.get()} transfers, ${await repairs.get()} of them finished by the next holder`);
  console.log(`the sum is ${sum}; it is right: ${sum === ACCOUNTS * OPENING}`);
  if (sum !== ACCOUNTS * OPENING) process.exitCode = 1;
}
