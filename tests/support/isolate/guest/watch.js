// Evaluated inside the fresh context, not imported: the value of this script is the function below. It notes when WebAssembly is
// made; what the host lends to the context notes its own use.
(function watch(note) {
  "use strict";
  for (const name of ["Module", "Instance", "Memory", "Table", "Global"]) {
    WebAssembly[name] = new Proxy(WebAssembly[name], {
      construct(target, args, newTarget) {
        note(`WebAssembly.${name}`);
        return Reflect.construct(target, args, newTarget);
      },
    });
  }
  for (const name of ["compile", "instantiate", "validate"]) {
    WebAssembly[name] = new Proxy(WebAssembly[name], {
      apply(target, self, args) {
        note(`WebAssembly.${name}`);
        return Reflect.apply(target, self, args);
      },
    });
  }
});
