export default function never(): void {}

await new Promise(() => setInterval(() => {}, 1000));
