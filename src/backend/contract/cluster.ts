/**
 * The proof of who this process is: a `.creds` file, a user and a password, a token, or the seed of an nkey. Give it from a file or a secret
 * store: command lines and environment variables are seen by others.
 */
export type ClusterCredentials =
  | { readonly file: string }
  | { readonly user: string; readonly password: string }
  | { readonly token: string }
  | { readonly seed: string };

/** Paths of PEM files for an encrypted connection. */
export interface ClusterTls {
  /** The authority that signed the certificates of the servers. */
  readonly ca?: string | undefined;
  /** The certificate of this client, for servers that ask for one. */
  readonly cert?: string | undefined;
  /** The private key of that certificate. */
  readonly key?: string | undefined;
}

/** How to connect to a cluster: options that were checked. */
export interface ClusterSettings {
  readonly servers: readonly string[];
  readonly namespace: string;
  readonly credentials: ClusterCredentials | undefined;
  readonly tls: ClusterTls | undefined;
  /** In milliseconds. `undefined`: the one that the namespace has. */
  readonly lease: number | undefined;
}
