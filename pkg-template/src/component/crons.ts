import { cronJobs } from "convex/server";
import { internal } from "./_generated/api.js";

const crons = cronJobs();
crons.interval("sweep", { minutes: 1 }, internal.sweep.run, {});

export default crons;
