import { callRows } from "./calls.mjs";
import { hostRows } from "./hosts.mjs";
import { macRows } from "./macs.mjs";
import { messageRows } from "./messages.mjs";
import { secretRows } from "./secrets.mjs";
import { webhookRows } from "./webhooks.mjs";

/** Everything that users can do, at least one row for each function. */
export const rows = [...secretRows, ...macRows, ...callRows, ...hostRows, ...messageRows, ...webhookRows];
