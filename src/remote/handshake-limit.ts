/** The time in milliseconds in which a peer must prove that it knows the key. Tests shorten it, so that they need not wait that long. */
export const handshakeLimit: { ms: number } = { ms: 5_000 };
