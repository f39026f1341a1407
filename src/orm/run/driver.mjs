// @ts-check
// What takes the place of a database's driver while an application's models are imported.

/** Whatever is asked of it, called or made: itself. @returns {unknown} */
export function standIn() {
  return new Proxy(function driver() {}, {
    get: (target, key) => (key === 'then' || typeof key === 'symbol' ? Reflect.get(target, key) : standIn()),
    apply: standIn,
    construct: () => /** @type {object} */ (standIn()),
  });
}
