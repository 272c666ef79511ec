/** The line of a small diagram, as SVG path data. Pure arithmetic. */

export interface Drawn {
  readonly line: string;
  readonly area: string;
  /** What the upper edge stands for. */
  readonly top: number;
}

const NICE = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];

/** `values`, oldest first, over `width` by `height`; the scale ends at a round number, so that two looks can be compared. */
export function draw(values: readonly number[], width: number, height: number): Drawn {
  const most = Math.max(0, ...values);
  const top = NICE.find((one) => one >= most) ?? most;
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const points = values.map((value, at) => `${(at * step).toFixed(1)} ${(height - (value / top) * height).toFixed(1)}`);
  if (points.length === 0) return { line: "", area: "", top };
  return { line: `M${points.join("L")}`, area: `M0 ${height}L${points.join("L")}L${width} ${height}Z`, top };
}
