/** A moment as a query or a command line names it: RFC 3339 with a zone. */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/i;

/** The first moment that needs a fifth digit for its year, which would no longer be compared as text. */
export const YEAR_10000 = Date.UTC(10_000, 0, 1);

/** In milliseconds since 1970; or why there is no such moment, after its name. Undefined if it has another form. */
export function givenMoment(text: string): { readonly ms: number } | { readonly fault: string } | undefined {
  const found = RFC3339.exec(text);
  if (!found) return undefined;
  const fault = faultOf(found.slice(1).map(Number));
  if (fault !== undefined) return { fault: `does not exist: ${fault}` };
  const ms = Date.parse(text.toUpperCase());
  return ms < YEAR_10000 ? { ms } : { fault: 'must be before the year 10000' };
}

/** Date.parse takes the 30th of February as the 2nd of March, and 24:00 as 00:00 of the next day. */
function faultOf([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ...zone]: readonly number[]):
  | string
  | undefined {
  if (month < 1 || month > 12) return 'its month must be 01 to 12';
  const days = daysOf(year, month);
  if (day < 1 || day > days) return `its day must be 01 to ${days}`;
  if (hour > 23) return 'its hour must be 00 to 23';
  if (minute > 59) return 'its minute must be 00 to 59';
  if (second > 59) return 'its second must be 00 to 59';
  const [hours = 0, minutes = 0] = zone;
  return hours > 23 || minutes > 59 ? 'its zone must be within 23:59' : undefined;
}

/** Of a year with the same calendar: Date.UTC takes years below 100 as those of the 20th century. */
const daysOf = (year: number, month: number): number => new Date(Date.UTC(2_000 + (year % 400), month, 0)).getUTCDate();
