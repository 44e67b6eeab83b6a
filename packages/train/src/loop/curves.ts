import type { MetricsLine } from "./metrics.ts";

const width = 720;
const height = 220;
const margin = { left: 64, right: 16, top: 28, bottom: 28 };
const colours = ["#1f6fb4", "#d9622b"];

/**
 * Curves of metrics over steps as an SVG picture: one panel per metric, training and validation (`validation/…`)
 * together, the vertical axis logarithmic where all values are above zero.
 */
export function curvesSvg(lines: readonly MetricsLine[]): string {
  const names = new Set(lines.flatMap((line) => Object.keys(line)));
  for (const name of ["step", "rate", "samplesPerSecond"]) names.delete(name);
  const panels = [...names].filter((name) => !name.startsWith("validation/") || !names.has(name.slice(11)));
  const parts = panels.map((name, i) => panel(name, lines, i * height));
  const total = Math.max(1, panels.length) * height;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" font-family="sans-serif" font-size="11">`;
  return `${head}\n<rect width="100%" height="100%" fill="white"/>\n${parts.join("\n")}\n</svg>\n`;
}

function panel(name: string, lines: readonly MetricsLine[], top: number): string {
  const series = [name, `validation/${name}`]
    .map((key) => lines.filter((line) => Number.isFinite(line[key])).map((line) => [line.step, line[key]] as const))
    .filter((points) => points.length > 0);
  const values = series.flat().map(([, value]) => value);
  const logarithmic = values.every((value) => value > 0);
  const scale = logarithmic ? Math.log10 : (value: number) => value;
  const [low, high] = range(values.map(scale));
  const [first, last] = range(series.flat().map(([step]) => step));
  const x = (step: number) => margin.left + ((step - first) / (last - first)) * (width - margin.left - margin.right);
  const y = (value: number) =>
    top + margin.top + (1 - (scale(value) - low) / (high - low)) * (height - margin.top - margin.bottom);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = low + share * (high - low);
    const value = logarithmic ? 10 ** at : at;
    const line = `<line x1="${margin.left}" x2="${width - margin.right}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="#ddd"/>`;
    return `${line}<text x="${margin.left - 6}" y="${round(y(value) + 4)}" text-anchor="end">${label(value)}</text>`;
  });
  const steps = [first, (first + last) / 2, last].map(
    (step) => `<text x="${round(x(step))}" y="${top + height - 8}" text-anchor="middle">${Math.round(step)}</text>`,
  );
  const curves = series.map((points, i) => {
    const path = points.map(([step, value]) => `${round(x(step))},${round(y(value))}`).join(" ");
    const dots =
      points.length === 1
        ? `<circle cx="${round(x(points[0][0]))}" cy="${round(y(points[0][1]))}" r="2" fill="${colours[i]}"/>`
        : "";
    return `<polyline points="${path}" fill="none" stroke="${colours[i]}" stroke-width="1.5"/>${dots}`;
  });
  const legend = series.length > 1 ? `<tspan fill="${colours[1]}"> and validation</tspan>` : "";
  const title = `<text x="${margin.left}" y="${top + 18}" font-size="13" fill="${colours[0]}">${name}${legend}</text>`;
  return [title, ...ticks, ...steps, ...curves].join("\n");
}

function range(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

const round = (value: number): number => Math.round(value * 10) / 10;
const label = (value: number): string => Number(value.toPrecision(3)).toString();
