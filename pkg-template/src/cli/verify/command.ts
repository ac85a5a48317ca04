import type { Register } from "../command.js";
import { registerVerifyCall } from "./call.js";
import { registerVerifyHttp } from "./http.js";
import { registerVerifyWebhook } from "./webhook.js";

export const registerVerify: Register = (program, act) => {
  const verify = program.command("verify").description("shows each check of a signature, the first that fails, and the bytes that must have been signed").helpCommand(false);
  registerVerifyCall(verify, act);
  registerVerifyHttp(verify, act);
  registerVerifyWebhook(verify, act);
};
