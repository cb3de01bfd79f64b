import {
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  DoughnutController,
  Legend,
  LinearScale,
  Tooltip,
} from 'chart.js';
import { type ChartData, DATA_ID } from './chart-data.js';

/*
 * The script of the report, which runs in a browser. The build puts it, with those parts of Chart.js that it uses, into a text
 * (see tsdown.config.ts), and the report into its page.
 */

/** What is used of a browser. The rest of the project is for Node and knows nothing of one. */
interface Page {
  getElementById(id: string): { readonly textContent: string | null } | null;
  readonly documentElement: object;
}
interface Browser {
  readonly document: Page;
  getComputedStyle(element: object): { getPropertyValue(name: string): string };
  matchMedia(query: string): {
    readonly matches: boolean;
    addEventListener(type: 'change', listener: () => void): void;
  };
}
const browser = globalThis as unknown as Browser;

Chart.register(
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  DoughnutController,
  Legend,
  LinearScale,
  Tooltip,
);

type BarOrRing = ChartConfiguration<'bar' | 'doughnut', number[], string>;

function colour(name: string): string {
  return browser.getComputedStyle(browser.document.documentElement).getPropertyValue(name).trim();
}

function roughBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit > 0 && amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${units[unit] ?? 'B'}`;
}

function configurationOf(data: ChartData): BarOrRing {
  const isRing = data.kind === 'ring';
  const ringColours = ['--good', '--doubtful', '--accent'].map(colour);
  const ink = colour('--ink');
  const grid = { color: colour('--line') };
  const labels = { grid: { display: false }, ticks: { color: ink } };
  const amounts = {
    grid,
    beginAtZero: true,
    ticks: {
      color: ink,
      precision: 0,
      maxTicksLimit: 7,
      callback: (value: number | string) =>
        data.shows === 'bytes' ? roughBytes(Number(value)) : Number(value).toLocaleString('en-US'),
    },
  };
  return {
    type: isRing ? 'doughnut' : 'bar',
    data: {
      labels: [...data.labels],
      datasets: [
        {
          data: [...data[data.shows]],
          backgroundColor: isRing ? ringColours : colour('--accent'),
          borderColor: colour('--paper'),
          borderWidth: isRing ? 2 : 0,
          borderRadius: isRing ? 0 : 3,
          maxBarThickness: 36,
        },
      ],
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: data.kind === 'bars' ? 'y' : 'x',
      scales: isRing
        ? {}
        : {
            x: data.kind === 'bars' ? amounts : labels,
            y: data.kind === 'bars' ? labels : amounts,
          },
      plugins: {
        legend: { display: isRing, position: 'right', labels: { color: ink, boxWidth: 12 } },
        tooltip: {
          callbacks: {
            label: ({ dataIndex }) =>
              ` ${(data.responses[dataIndex] ?? 0).toLocaleString('en-US')} (${roughBytes(data.bytes[dataIndex] ?? 0)})`,
          },
        },
      },
    },
  };
}

function draw(all: readonly ChartData[]): readonly Chart<'bar' | 'doughnut', number[], string>[] {
  const font = { family: colour('--font'), size: 12 };
  Object.assign(Chart.defaults.font, font);
  return all.flatMap((data) => {
    const canvas = browser.document.getElementById(data.id);
    return canvas === null ? [] : [new Chart(canvas, configurationOf(data))];
  });
}

const all = JSON.parse(browser.document.getElementById(DATA_ID)?.textContent ?? '[]') as ChartData[];
let charts = draw(all);
// Their colours are drawn: who changes to dark must see them anew.
browser.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const chart of charts) chart.destroy();
  charts = draw(all);
});
