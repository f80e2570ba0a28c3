// The rows of an access list, independent of the page: which machine can read which secret, before and after the
// changes that a person is about to save.

/** @typedef {"all" | "some" | "none"} Level How much of something a machine can read. */
/**
 * The smallest unit of access: a field, or a whole secret.
 * @typedef {{ name: string, machine: string, secret: string, had: Level, now: Level }} Part
 */
/**
 * One line: a secret or a machine. If `byField`, its parts are the fields of one secret. If `closed`, it can't be changed.
 * @typedef {{ id: string, name: string, note: string, words: string, group: string, attached: boolean, closed: boolean, byField: boolean, parts: Part[] }} Row
 */
/** @typedef {{ access: number, changes: number, more: number, less: number, other: number, attaching: number }} Sums */
/** @typedef {{ machineId: string, secretId: string, access: "all" | "none" | string[] }} Change One change, as the API takes it. */

/**
 * Returns how much of a line the machine can read, now or before the changes.
 * @param {Row} row
 * @param {"now" | "had"} when
 * @returns {Level}
 */
export function levelOf({ parts }, when = "now") {
  if (parts.every((part) => part[when] === "all")) return "all";
  return parts.every((part) => part[when] === "none") ? "none" : "some";
}

/** @param {Row} row */
export const isChanged = ({ parts }) => parts.some((part) => part.now !== part.had);

/**
 * Grants or removes access to all parts of a line.
 * @param {Row} row
 * @param {boolean} given
 */
export function set(row, given) {
  if (row.closed) return;
  for (const part of row.parts) part.now = given ? "all" : "none";
}

/** @param {Row} row */
export function discard(row) {
  for (const part of row.parts) part.now = part.had;
}

/**
 * Grants and removes access so that exactly the secrets in `granted` can be read. It maps IDs of secrets to fields, or
 * to null for all fields.
 * @param {Row[]} rows
 * @param {Map<string, string[] | null>} granted
 */
export function setSame(rows, granted) {
  for (const { parts, closed } of rows) {
    for (const part of closed ? [] : parts) {
      const fields = granted.get(part.secret);
      part.now = fields === undefined || (fields !== null && !fields.includes(part.name)) ? "none" : "all";
    }
  }
}

/**
 * Returns how many lines would change on saving, and in what way.
 * @param {Row[]} rows
 * @returns {Sums}
 */
export function sumsOf(rows) {
  const sums = { access: 0, changes: 0, more: 0, less: 0, other: 0, attaching: 0 };
  for (const row of rows) {
    const now = levelOf(row);
    const had = levelOf(row, "had");
    if (now !== "none") sums.access += 1;
    if (!isChanged(row)) continue;
    sums.changes += 1;
    if (had === "none" || now === "all") sums.more += 1;
    else if (now === "none") sums.less += 1;
    else sums.other += 1;
    if (!row.attached && now !== "none") sums.attaching += 1;
  }
  return sums;
}

/**
 * Returns the changes to send.
 * @param {Row[]} rows
 * @returns {Change[]}
 */
export function changesOf(rows) {
  return rows.filter(isChanged).flatMap(({ parts, byField }) => {
    const [first] = parts;
    if (!byField || !first) {
      return parts.filter((part) => part.now !== part.had && part.now !== "some")
        .map(({ machine, secret, now }) => ({ machineId: machine, secretId: secret, access: now === "all" ? "all" : "none" }));
    }
    const fields = parts.filter((part) => part.now === "all").map((part) => part.name);
    const access = fields.length === parts.length ? "all" : fields.length ? fields : "none";
    return [{ machineId: first.machine, secretId: first.secret, access }];
  });
}

/** @param {number} number */
export const said = (number) => number.toLocaleString("en");

/**
 * Returns a number with its noun: 1 machine, 1,200 machines.
 * @param {number} number
 * @param {string} one
 */
export const several = (number, one) => `${said(number)} ${number === 1 ? one : `${one}s`}`;

/** @param {(string | 0)[]} parts */
function joined(parts) {
  const texts = parts.filter((part) => part !== 0);
  return texts.length > 1 ? `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}` : (texts[0] ?? "");
}

/**
 * Returns a sentence about what saving changes for a machine. Its lines are secrets.
 * @param {string} machine
 * @param {Sums} sums
 */
export function saysForMachine(machine, { changes, more, less, other }) {
  if (!changes) return "";
  return `${machine} will ${joined([
    more && `gain access to ${several(more, "secret")}`,
    less && `lose access to ${several(less, "secret")}`,
    other && `read other fields of ${several(other, "secret")}`,
  ])}.`;
}

/**
 * Returns a sentence about what saving changes for secrets. Their lines are machines.
 * @param {string} project
 * @param {Sums} sums
 */
export function saysForSecrets(project, { changes, more, less, other, attaching }) {
  if (!changes) return "";
  const text = joined([
    more && `${several(more, "machine")} ${more === 1 ? "gets" : "get"} access`,
    less && `${several(less, "machine")} ${less === 1 ? "loses" : "lose"} access`,
    other && `${several(other, "machine")} ${other === 1 ? "keeps" : "keep"} partial access`,
  ]);
  if (!attaching) return `${text}.`;
  return `${text}. ${several(attaching, "machine")} will also be attached to ${project}.`;
}
