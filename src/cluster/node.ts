/** A node that holds a lease. */
export interface Node {
  /** Its incarnation: random, made when it joined, never used again. It is the first part of the ids of its sessions. */
  readonly id: string;
  /** The base URL of its inner listener. */
  readonly address: string;
  /** Whether it takes new sessions. A node that drains does not. */
  readonly isDraining: boolean;
}
