/** @file Round numbers for the axes of a chart. */

const STEPS = [1, 2, 2.5, 5, 10] as const;

/** Round numbers within a range, about `count` of them. */
export function ticks(from: number, to: number, count: number): number[] {
  if (!(to > from) || count < 1) return [from];
  const raw = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * (STEPS.find((one) => one * power >= raw) ?? 10);
  const found: number[] = [];
  for (
    let i = Math.ceil(from / step - 1e-9);
    i * step <= to + step * 1e-9;
    i++
  ) {
    // Not 0.30000000000000004.
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

/** Powers of ten within a range, for a logarithmic axis; round numbers where there are few. */
export function logTicks(from: number, to: number, count: number): number[] {
  const [first, last] = [
    Math.ceil(Math.log10(from) - 1e-9),
    Math.floor(Math.log10(to) + 1e-9),
  ];
  if (last - first < 1) return ticks(from, to, count).filter((x) => x > 0);
  const every = Math.ceil((last - first + 1) / count);
  const found: number[] = [];
  for (let power = first; power <= last; power += every) {
    found.push(10 ** power);
  }
  return found;
}

/** A number for a person: as short as it can be told from its neighbours. */
export function label(value: number): string {
  if (!Number.isFinite(value)) return "no number";
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (size >= 1e6) {
    return size >= 1e9 ? value.toExponential(1) : `${short(value / 1e6)}M`;
  }
  if (size >= 1e4) return `${short(value / 1e3)}k`;
  if (size < 1e-3) return value.toExponential(1).replace(".0e", "e");
  return short(value);
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
