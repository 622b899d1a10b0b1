/** How long a peer may take to prove that it knows the key, in milliseconds. Only tests change it, so that they need not wait for so long. */
export const handshakeLimit: { ms: number } = { ms: 5_000 };
