import { cronJobs, makeFunctionReference } from "convex/server";

const crons = cronJobs();
crons.interval("note the second", { seconds: 1 }, makeFunctionReference<"mutation", { text: string }>("notes:write"), { text: "a second" });
crons.monthly("fail once a month", { day: 1, hourUTC: 0 }, makeFunctionReference<"mutation">("notes:writeThenFail"), {});
export default crons;
