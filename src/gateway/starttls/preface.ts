/**
 * The server's side of what is said in the clear up to where TLS begins, for one connection: what came goes in, what to
 * answer comes out. No I/O, and it never throws.
 */
export interface Preface {
  /** What is said before the client says anything. */
  readonly greeting?: string | Uint8Array;
  /** Reads what stands first in the bytes, which are at least one; undefined when there is more to come of it. */
  read(bytes: Buffer): PrefaceStep | undefined;
}

/** What becomes of one message of a client. */
export type PrefaceStep =
  | {
      readonly next: "read-on" | "begin-tls";
      /** How many bytes the message has. */
      readonly length: number;
      readonly answer: string | Uint8Array;
    }
  /** The client began TLS without asking, as it may: the bytes are TLS's. */
  | { readonly next: "leave-to-tls" }
  | {
      readonly next: "end";
      readonly answer?: string | Uint8Array;
      /** What the client did, as the end of a sentence; undefined when that was its good right. */
      readonly problem?: string;
    };
