/** Two people change one thing: what each changed since the version both read, and where they clash. Pure. */

export interface Merged<T> {
  /** Theirs, with mine over what only I changed; where we clash, mine. */
  readonly values: T;
  /** Members that both changed, to different values. */
  readonly clashes: readonly (keyof T)[];
  /** Members that only they changed. */
  readonly taken: readonly (keyof T)[];
}

export function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

export function changed<T extends object>(base: T, values: T): Partial<T> {
  const found: Partial<T> = {};
  for (const name of Object.keys(values) as (keyof T)[]) if (!isSame(base[name], values[name])) found[name] = values[name];
  return found;
}

export function merge<T extends object>(base: T, mine: T, theirs: T): Merged<T> {
  const my = changed(base, mine);
  const their = changed(base, theirs);
  const both = (Object.keys(their) as (keyof T)[]).filter((name) => name in my);
  return {
    values: { ...theirs, ...my },
    clashes: both.filter((name) => !isSame(mine[name], theirs[name])),
    taken: (Object.keys(their) as (keyof T)[]).filter((name) => !(name in my)),
  };
}
