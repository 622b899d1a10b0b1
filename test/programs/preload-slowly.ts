// A spare process is still importing this module when its job comes.
await new Promise((resolve) => setTimeout(resolve, 300));

export {};
