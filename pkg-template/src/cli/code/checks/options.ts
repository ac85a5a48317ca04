import type { FileContext } from "../report.js";
import { calleeOf, property, unwrap } from "../trace.js";

/** How countersign itself is set up. */
export function findOptions(context: FileContext): void {
  const { source, tracer } = context;
  for (const node of source.ofType("CallExpression")) {
    if (node.callee.type !== "Identifier") continue;
    const from = tracer.binding(node.callee)?.from;
    if (from === undefined || !/^countersign(?:\/|$)/.test(from.module)) continue;
    for (const argument of node.arguments) {
      const options = tracer.valueOf(argument);
      const explain = property(options, "explain");
      const value = explain && unwrap(explain);
      if (value?.type === "BooleanLiteral" && value.value) context.report(value, "code_explain_on", `\`${from.name}\` tells every caller why it was refused.`);
    }
    if (from.module !== "countersign/convex" || !/^(?:countersign|gateway)$/.test(from.name)) continue;
    const options = node.arguments[0] && tracer.valueOf(node.arguments[0]);
    if (options?.type !== "ObjectExpression") continue;
    const replay = property(options, "replay");
    const value = replay && unwrap(replay);
    if (value?.type === "BooleanLiteral" && !value.value) context.report(value, "code_replay_off", `\`${calleeOf(node)}\` is told not to remember calls: a recorded mutation can be sent again.`);
    if (value === undefined && !options.properties.some((each) => each.type === "SpreadElement")) context.report(node, "code_replay_missing", `\`${calleeOf(node)}\` is not told what remembers used calls.`);
  }
}
