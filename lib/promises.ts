/** Under jest a native promise belongs to another realm, so `instanceof` would not do. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value;
}
