// When cron jobs run: `cronJobs()` of the app's crons.ts and of each component's.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The rarest date that a cron expression can name comes once in eight years: 29 February, across 2100. */
const HORIZON = 9 * 366 * DAY;
/** What a timer of Node's can wait at most. */
const MAX_DELAY = 2 ** 31 - 1;

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** @typedef {{ type: string, [key: string]: any }} Schedule as `cronJobs()` keeps it */
/** @typedef {{ minute: Set<number>, hour: Set<number>, day: Set<number>, month: Set<number>, weekday: Set<number> }} Fields */
/** Given the last run, null before the first, and the present: the time of the next. @typedef {(previous: number | null, now: number) => number} Timetable */

const LIMITS = /** @type {const} */ ({ minute: [0, 59], hour: [0, 23], day: [1, 31], month: [1, 12], weekday: [0, 6] });

/** @param {keyof typeof LIMITS} name @param {string} text one field of a cron expression @returns {Set<number>} */
function parseField(name, text) {
  const [first, last] = LIMITS[name];
  const values = new Set();
  for (const part of text.split(",")) {
    const [, star, from, to, step] = /^(?:(\*)|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (star === undefined && from === undefined) throw new Error(`the embedded Convex cannot read "${part}" as its ${name}: it knows numbers, ranges, lists, steps and *`);
    const low = star === undefined ? Number(from) : first;
    const high = star !== undefined || (to === undefined && step !== undefined) ? last : Number(to ?? from);
    const every = Number(step ?? 1);
    if (low < first || high > last || low > high || every < 1) throw new Error(`"${part}" is no ${name}: those go from ${first} to ${last}`);
    for (let value = low; value <= high; value += every) values.add(value);
  }
  return values;
}

/** @param {string} expression @returns {Fields} */
function parseExpression(expression) {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== 5) throw new Error(`"${expression}" has ${texts.length} fields instead of five`);
  const names = /** @type {(keyof typeof LIMITS)[]} */ (Object.keys(LIMITS));
  return /** @type {Fields} */ (Object.fromEntries(names.map((name, index) => [name, parseField(name, /** @type {string} */ (texts[index]))])));
}

/** @param {Fields} fields @param {Date} date */
function matchesDay({ day, month, weekday }, date) {
  if (!month.has(date.getUTCMonth() + 1)) return false;
  const byDay = day.has(date.getUTCDate());
  const byWeekday = weekday.has(date.getUTCDay());
  // As in any cron: with both restricted, either will do.
  return day.size < 31 && weekday.size < 7 ? byDay || byWeekday : byDay && byWeekday;
}

/** The first whole minute after `time` that the fields name. @param {Fields} fields @param {number} time */
function nextMatch(fields, time) {
  let candidate = Math.floor(time / MINUTE) * MINUTE + MINUTE;
  const end = candidate + HORIZON;
  while (candidate < end) {
    const date = new Date(candidate);
    if (!matchesDay(fields, date)) candidate = Math.floor(candidate / DAY) * DAY + DAY;
    else if (!fields.hour.has(date.getUTCHours())) candidate = Math.floor(candidate / HOUR) * HOUR + HOUR;
    else if (!fields.minute.has(date.getUTCMinutes())) candidate += MINUTE;
    else return candidate;
  }
  throw new Error("it names a date that never comes");
}

/** @param {Schedule} schedule @returns {Timetable} */
export function parseSchedule(schedule) {
  if (schedule.type === "interval") {
    const period = (schedule.seconds ?? 0) * SECOND + (schedule.minutes ?? 0) * MINUTE + (schedule.hours ?? 0) * HOUR;
    if (!(period >= SECOND)) throw new Error("its interval is shorter than a second");
    // The first run is at once; a run that took longer than the interval costs those that it overlaps.
    return (previous, now) => (previous === null ? now : previous + Math.max(1, Math.ceil((now - previous) / period)) * period);
  }
  const fields = parseExpression(expressionOf(schedule));
  nextMatch(fields, Date.now());
  return (previous, now) => nextMatch(fields, Math.max(previous ?? 0, now));
}

/** A minute left out is Convex's to choose. @param {Schedule} schedule @returns {string} */
function expressionOf({ type, minuteUTC = 0, hourUTC, day, dayOfWeek, cron }) {
  switch (type) {
    case "hourly":
      return `${minuteUTC} * * * *`;
    case "daily":
      return `${minuteUTC} ${hourUTC} * * *`;
    case "weekly":
      return `${minuteUTC} ${hourUTC} * * ${DAYS.indexOf(dayOfWeek)}`;
    case "monthly":
      return `${minuteUTC} ${hourUTC} ${day} * *`;
    case "cron":
      return cron;
    default:
      throw new Error(`the embedded Convex does not know schedules of type "${type}"`);
  }
}

/**
 * @typedef {object} CronJob
 * @property {string} componentPath
 * @property {string} name
 * @property {string} functionName in the job's own component
 * @property {unknown} args in Convex's JSON encoding
 * @property {Timetable} next
 */

/**
 * The jobs that a crons.ts exports. A job that could never run ends the deployment's start.
 * @param {unknown} crons the module's default export
 * @param {string} componentPath
 * @param {(name: string) => { type: string } | undefined} findFunction
 * @returns {CronJob[]}
 */
export function readCrons(crons, componentPath, findFunction) {
  const where = componentPath === "" ? "crons.ts" : `crons.ts of the component "${componentPath}"`;
  if (typeof crons !== "object" || crons === null || !("isCrons" in crons) || !("crons" in crons)) throw new Error(`The default export of ${where} is not what cronJobs() returns.`);
  const entries = Object.entries(/** @type {Record<string, { name: string, args: unknown[], schedule: Schedule }>} */ (crons.crons));
  return entries.map(([name, { name: functionName, args, schedule }]) => {
    const refuse = (/** @type {string} */ reason) => new Error(`The cron job "${name}" in ${where} cannot run: ${reason}.`);
    const type = findFunction(functionName)?.type;
    if (type === undefined) throw refuse(`there is no function ${functionName}`);
    if (type === "query") throw refuse(`${functionName} is a query, and only mutations and actions can be scheduled`);
    try {
      return { componentPath, name, functionName, args: args[0] ?? {}, next: parseSchedule(schedule) };
    } catch (error) {
      throw refuse(/** @type {Error} */ (error).message);
    }
  });
}

/**
 * Runs a job whenever its time has come, never twice at once, until the thread ends.
 * @param {CronJob} job
 * @param {() => Promise<unknown>} run
 */
export function startCron(job, run) {
  const arm = (/** @type {number | null} */ previous) => {
    const time = job.next(previous, Date.now());
    const wait = async () => {
      const remaining = time - Date.now();
      if (remaining > 0) {
        setTimeout(wait, Math.min(remaining, MAX_DELAY));
        return;
      }
      await run();
      arm(time);
    };
    setTimeout(wait, 0);
  };
  arm(null);
}
