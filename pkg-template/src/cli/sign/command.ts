import type { Register } from "../command.js";
import { registerSignCall } from "./call.js";
import { registerSignHttp } from "./http.js";
import { registerSignWebhook } from "./webhook.js";

export const registerSign: Register = (program, act) => {
  const sign = program.command("sign").description("signs a call, an HTTP request or a webhook by hand, for one try at a terminal").helpCommand(false);
  registerSignCall(sign, act);
  registerSignHttp(sign, act);
  registerSignWebhook(sign, act);
};
