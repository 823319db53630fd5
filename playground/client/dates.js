/** Times in the reader's own zone, and Slack's date tokens. */
import { now, world } from "./world.js";

const formats = new Map();

function format(options) {
  const zone = world.me?.tz || "UTC";
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, makeFormat(zone, options));
  return formats.get(key);
}

function makeFormat(timeZone, options) {
  try {
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" });
  }
}

const at = (seconds, options) => format(options).format(new Date(seconds * 1000));

export const clockTime = (seconds) => at(seconds, { hour: "numeric", minute: "2-digit" });
export const fullTime = (seconds) =>
  at(seconds, { weekday: "long", month: "long", day: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
export const shortDateTime = (seconds) => at(seconds, { weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });

/** A key that is the same for two moments of one day in the reader's zone. */
export const dayKey = (seconds) => at(seconds, { year: "numeric", month: "2-digit", day: "2-digit" });

const ordinal = (day) => day + (["th", "st", "nd", "rd"][day % 100 > 10 && day % 100 < 14 ? 0 : day % 10] ?? "th");
const sameYear = (seconds) => at(seconds, { year: "numeric" }) === at(now(), { year: "numeric" });

function relativeDay(seconds) {
  const key = dayKey(seconds);
  if (key === dayKey(now())) return "today";
  if (key === dayKey(now() - 86400)) return "yesterday";
  if (key === dayKey(now() + 86400)) return "tomorrow";
  return null;
}

const longDate = (seconds, month) => {
  const day = ordinal(Number(at(seconds, { day: "numeric" })));
  const year = sameYear(seconds) ? "" : `, ${at(seconds, { year: "numeric" })}`;
  return `${at(seconds, { month })} ${day}${year}`;
};
const withWeekday = (seconds) => `${at(seconds, { weekday: "long" })}, ${longDate(seconds, "long")}`;
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The label of the line between two days. */
export const dayLabel = (seconds) => capital(relativeDay(seconds) ?? withWeekday(seconds));

/** "5 minutes ago", "in 2 hours". */
export function ago(seconds) {
  const delta = seconds - now();
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, length]) => Math.abs(delta) >= 0.98 * length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(delta / size), unit);
}

const TOKENS = {
  date_num: (s) => ["year", "month", "day"].map((part) => at(s, { [part]: part === "year" ? "numeric" : "2-digit" })).join("-"),
  date_slash: (s) => at(s, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date: (s) => longDate(s, "long"),
  date_short: (s) => at(s, { month: "short", day: "numeric", year: "numeric" }),
  date_long: (s) => withWeekday(s),
  date_long_full: (s) => withWeekday(s),
  date_pretty: (s) => relativeDay(s) ?? longDate(s, "long"),
  date_short_pretty: (s) => relativeDay(s) ?? at(s, { month: "short", day: "numeric", year: "numeric" }),
  date_long_pretty: (s) => relativeDay(s) ?? withWeekday(s),
  day_divider_pretty: (s) => dayLabel(s),
  time: (s) => clockTime(s),
  time_secs: (s) => at(s, { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago: (s) => ago(s),
};

/** Fill Slack's date tokens in `pattern`; null when the pattern has none that is known. */
export function slackDate(seconds, pattern) {
  if (!Number.isFinite(seconds)) return null;
  let known = false;
  const text = pattern.replace(/\{(\w+)\}/g, (whole, name) => {
    if (!Object.hasOwn(TOKENS, name)) return whole;
    known = true;
    return TOKENS[name](seconds);
  });
  return known ? text : null;
}

/** Seconds since the epoch of a wall-clock time ("2026-03-29T14:30") in the reader's zone. */
export function fromLocalInput(text) {
  const wall = Date.parse(`${text}:00Z`);
  if (Number.isNaN(wall)) return null;
  const once = wall - offsetAt(wall);
  return Math.round((wall - offsetAt(once)) / 1000);
}

function offsetAt(milliseconds) {
  const wall = Date.parse(`${toLocalInput(milliseconds / 1000)}:00Z`);
  return wall - Math.floor(milliseconds / 60000) * 60000;
}

/** The wall-clock time in the reader's zone, as an input of type datetime-local takes it. */
export function toLocalInput(seconds) {
  const time = at(seconds, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return `${TOKENS.date_num(seconds)}T${time}`;
}
