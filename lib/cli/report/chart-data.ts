/** A chart of the report: what its canvas shows, and the table below it says. */
export interface ChartData {
  /** Of the canvas. */
  readonly id: string;
  readonly title: string;
  readonly kind: 'bars' | 'columns' | 'ring';
  /** What is drawn of the two; the table has both. */
  readonly shows: 'responses' | 'bytes';
  readonly labels: readonly string[];
  readonly responses: readonly number[];
  readonly bytes: readonly number[];
}

/** Where the page keeps {@link ChartData} for its script. */
export const DATA_ID = 'chart-data';
