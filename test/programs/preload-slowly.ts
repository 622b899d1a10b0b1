// Still being imported ahead of the job when the job comes.
await new Promise((resolve) => setTimeout(resolve, 300));

export {};
