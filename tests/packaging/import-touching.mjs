// What no module of ours does. It proves that import-watch.mjs sees it.
export const touched = [typeof WebAssembly.Module, process.env["COUNTERSIGN_SECRET"], Date.now(), crypto.randomUUID(), setTimeout(() => undefined, 0)];
