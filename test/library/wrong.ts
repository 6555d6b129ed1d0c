/** An argument that the types do not allow, as a program in JavaScript may give it. */
export const wrong = (value?: unknown): never => value as never;
