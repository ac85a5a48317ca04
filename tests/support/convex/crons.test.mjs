// When cron jobs run.
import { describe, expect, test } from "vitest";
import { parseSchedule, readCrons } from "./crons.mjs";

const at = (/** @type {string} */ time) => Date.parse(`${time}Z`);
/** The next three runs after a moment. @param {import("./crons.mjs").Schedule} schedule @param {string} from */
function runs(schedule, from) {
  const next = parseSchedule(schedule);
  const first = next(null, at(from));
  const second = next(first, first);
  return [first, second, next(second, second)].map((time) => new Date(time).toISOString().slice(0, 16));
}

test.for(
  /** @type {[import("./crons.mjs").Schedule, string, string[]][]} */ ([
    [{ type: "interval", minutes: 90 }, "2026-11-21T10:00:00", ["2026-11-21T10:00", "2026-11-21T11:30", "2026-11-21T13:00"]],
    [{ type: "hourly", minuteUTC: 5 }, "2023-03-01T08:35:00", ["2023-03-01T09:05", "2023-03-01T10:05", "2023-03-01T11:05"]],
    [{ type: "hourly", minuteUTC: 5 }, "2023-03-01T08:05:00", ["2023-03-01T09:05", "2023-03-01T10:05", "2023-03-01T11:05"]],
    [{ type: "hourly" }, "2023-03-01T23:35:00", ["2023-03-02T00:00", "2023-03-02T01:00", "2023-03-02T02:00"]],
    [{ type: "daily", hourUTC: 8, minuteUTC: 30 }, "2023-02-28T08:35:00", ["2023-03-01T08:30", "2023-03-02T08:30", "2023-03-03T08:30"]],
    [{ type: "weekly", dayOfWeek: "tuesday", hourUTC: 12, minuteUTC: 30 }, "2023-02-28T08:35:00", ["2023-02-28T12:30", "2023-03-07T12:30", "2023-03-14T12:30"]],
    [{ type: "monthly", day: 31, hourUTC: 12, minuteUTC: 30 }, "2023-01-31T12:30:00", ["2023-03-31T12:30", "2023-05-31T12:30", "2023-07-31T12:30"]],
    [{ type: "cron", cron: "0 12 * * 1,5" }, "2023-02-28T08:35:00", ["2023-03-03T12:00", "2023-03-06T12:00", "2023-03-10T12:00"]],
    [{ type: "cron", cron: "*/20 6-7 * * *" }, "2023-02-28T06:50:00", ["2023-02-28T07:00", "2023-02-28T07:20", "2023-02-28T07:40"]],
    [{ type: "cron", cron: "0 0 13 * 5" }, "2023-10-01T00:00:00", ["2023-10-06T00:00", "2023-10-13T00:00", "2023-10-20T00:00"]],
    [{ type: "cron", cron: "0 0 29 2 *" }, "2096-03-01T00:00:00", ["2104-02-29T00:00", "2108-02-29T00:00", "2112-02-29T00:00"]],
  ]),
)("%j after %s", ([schedule, from, expected]) => {
  expect(runs(schedule, from)).toEqual(expected);
});

test("an interval keeps its beat, and leaves out what a slow run or a sleeping machine missed", () => {
  const next = parseSchedule({ type: "interval", seconds: 60 });
  const start = at("2026-11-21T10:00:00");
  expect(next(start, start + 1)).toBe(start + 60_000);
  expect(next(start, start + 59_999)).toBe(start + 60_000);
  expect(next(start, start + 60_001)).toBe(start + 120_000);
  expect(next(start, start + 3_600_500)).toBe(start + 3_660_000);
});

describe("a schedule that cannot be", () => {
  test.for([
    ["0 12 * * 7", '"7" is no weekday: those go from 0 to 6'],
    ["0 12 * *", '"0 12 * *" has 4 fields instead of five'],
    ["0 12 L * *", 'cannot read "L" as its day'],
    ["5-1 * * * *", '"5-1" is no minute'],
    ["*/0 * * * *", '"*/0" is no minute'],
    ["0 0 30 2 *", "it names a date that never comes"],
  ])("%s is refused by name", ([cron, reason]) => {
    const crons = { isCrons: true, crons: { odd: { name: "a:b", args: [{}], schedule: { type: "cron", cron } } } };
    expect(() => readCrons(crons, "", () => ({ type: "mutation" }))).toThrow(`The cron job "odd" in crons.ts cannot run: `);
    expect(() => readCrons(crons, "", () => ({ type: "mutation" }))).toThrow(reason);
  });

  test("of a query is refused too", () => {
    const crons = { isCrons: true, crons: { odd: { name: "a:b", args: [{}], schedule: { type: "interval", hours: 1 } } } };
    expect(() => readCrons(crons, "", () => ({ type: "query" }))).toThrow("a:b is a query, and only mutations and actions can be scheduled");
  });
});
