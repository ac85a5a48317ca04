import { cronJobs, makeFunctionReference } from "convex/server";

const crons = cronJobs();
crons.interval("tidy", { hours: 1 }, makeFunctionReference<"mutation">("entries:tidy"), {});
crons.daily("fail once a day", { hourUTC: 3, minuteUTC: 30 }, makeFunctionReference<"mutation">("entries:tidyThenFail"), {});
export default crons;
