/** Shapes that many answers share. */

/** A page of a list; `total` counts all of it. */
export interface Listed<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

/** Which part of a list; the server's own default is its first 100. */
export interface Part {
  readonly offset?: number;
  readonly limit?: number;
}

export interface Named {
  readonly id: string;
  readonly name: string;
}
