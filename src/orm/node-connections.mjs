// @ts-check
// What takes the place of drivers and connections while an application's models are imported: nothing is ever connected to.

/** Whatever is asked of it, called or made: itself. @returns {unknown} */
export function standIn() {
  return new Proxy(function driver() {}, {
    get: (target, key) => (key === 'then' || typeof key === 'symbol' ? Reflect.get(target, key) : standIn()),
    apply: standIn,
    construct: () => /** @type {object} */ (standIn()),
  });
}

/** What an application that connects while it is imported gets to see. */
export function connections() {
  const state = { imported: false };
  return {
    imported: () => {
      state.imported = true;
    },
    /** Ends for an import that waits for it; whatever else would follow a connection never runs. */
    connecting: async () => {
      await new Promise((go) => setImmediate(go));
      if (state.imported) await new Promise(() => undefined);
    },
  };
}
