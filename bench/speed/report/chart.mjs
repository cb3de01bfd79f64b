// The chart of hits: how long each contestant takes, relative to the least that axios can do, by size of the body.
import { installRival } from '../../../__tests__/http-tests/install.mjs';
import { importInstalled } from '../../../__tests__/http-tests/rivals/installed.mjs';
import { sizeName } from '../bodies.mjs';
import { COMMAND } from './results.mjs';
import { dateOf, machineOf, versionsOf } from './wording.mjs';

const WIDTH = 960;
const ROW_HEIGHT = 58;
const MARGIN = { top: 138, bottom: 118, left: 232, right: 64 };
const COLOURS = ['#9ecae1', '#4292c6', '#2171b5', '#08306b'];
const TEXT = '#24292f';
const MUTED = '#57606a';
const LINES = '#d8dee4';
const FONT = 'Helvetica, Arial, sans-serif';
/** Of the logarithmic axis. What is less is drawn as long as this, with its number beside it. */
const LEAST = 0.1;

/** @returns {Promise<string>} an SVG with a background of its own, since GitHub shows it on white and on black */
export async function chartOf(results) {
  await installRival('echarts');
  const loaded = await importInstalled('echarts', 'echarts');
  const { init } = loaded.default ?? loaded;
  const figures = chartedFigures(results);
  const subjects = [...new Map(figures.map((figure) => [figure.subject, labelOf(figure)])).entries()];
  const height = MARGIN.top + MARGIN.bottom + subjects.length * ROW_HEIGHT;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption(optionsOf(results, figures, subjects, height));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return `${svg}\n`;
}

/** Times on an emulator are not those of what it emulates: they are in the tables, and not here. */
function chartedFigures({ figures, servers }) {
  const left = servers.filter(({ isEmulator }) => isEmulator).map(({ backend }) => backend);
  return figures.filter(
    ({ part, subject }) => part === 'hits' && subject !== 'floor' && !left.includes(subject),
  );
}

/** What is after a comma goes to a line of its own, lest it be cut off. */
function labelOf({ name, isShared }) {
  const whole = name.replace(/^this, /, 'axios-persistent-cache, ');
  return `${whole.replace(/^(.{20,}?), /, '$1,\n')}${isShared ? ' *' : ''}`;
}

function optionsOf(results, figures, subjects, height) {
  const most = Math.max(...figures.map(({ ratio }) => ratio));
  const sizes = [...new Set(figures.map(({ bytes }) => bytes))];
  return {
    animation: false,
    backgroundColor: '#ffffff',
    color: COLOURS,
    textStyle: { fontFamily: FONT, color: TEXT },
    title: titlesOf(results, height),
    legend: {
      top: 96,
      left: MARGIN.left,
      itemGap: 18,
      itemWidth: 14,
      selectedMode: false,
      textStyle: { color: TEXT, fontSize: 13 },
      data: sizes.map(sizeName),
    },
    grid: { ...MARGIN, containLabel: false },
    xAxis: {
      type: 'log',
      min: LEAST,
      max: 10 ** Math.ceil(Math.log10(most * 1.2)),
      // Bars begin at the floor: what is quicker goes to the left of it.
      startValue: 1,
      name: 'time of a hit ÷ time of an axios that is answered at once (logarithmic)',
      nameLocation: 'middle',
      nameGap: 30,
      nameTextStyle: { color: MUTED, fontSize: 12 },
      axisLabel: { color: MUTED, fontSize: 12, formatter: (value) => `${value} ×` },
      splitLine: { lineStyle: { color: LINES } },
      axisLine: { show: false },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: subjects.map(([, label]) => label),
      axisLine: { onZero: false, show: false },
      axisTick: { show: false },
      splitLine: { show: true, lineStyle: { color: LINES } },
      axisLabel: { color: TEXT, fontSize: 13, lineHeight: 16 },
    },
    series: sizes.map((bytes, index) => seriesOf(figures, subjects, bytes, index === 0)),
  };
}

function titlesOf(results, height) {
  const small = { fontSize: 12, fontWeight: 'normal', color: MUTED, lineHeight: 16 };
  return [
    {
      left: 16,
      top: 14,
      text: 'A hit, compared with an axios that is answered at once',
      textStyle: { fontSize: 19, color: TEXT },
    },
    {
      left: 16,
      top: 44,
      text: [
        'Time from the call to parsed JSON: medians of ratios within one run, by size of the body. Shorter is better; 1 × is the least',
        'that axios can do. * hands everybody the same object, so that nothing is parsed or copied; such bars may go on to the left.',
      ].join('\n'),
      textStyle: small,
    },
    {
      left: 16,
      top: height - 62,
      text: [`${dateOf(results)}, ${COMMAND}, ${machineOf(results)}`, ...inLines(versionsOf(results))].join(
        '\n',
      ),
      textStyle: { ...small, fontSize: 11 },
    },
  ];
}

function seriesOf(figures, subjects, bytes, isFirst) {
  const data = subjects.map(([id]) => {
    const figure = figures.find((one) => one.subject === id && one.bytes === bytes);
    if (figure === undefined) return null;
    const { ratio } = figure;
    return { value: Math.max(ratio, LEAST), label: { formatter: numberText(ratio) } };
  });
  return {
    name: sizeName(bytes),
    type: 'bar',
    barCategoryGap: '18%',
    barGap: '10%',
    data,
    label: { show: true, position: 'right', color: TEXT, fontSize: 10 },
    ...(isFirst ? { markLine: floorLine() } : {}),
  };
}

function floorLine() {
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: TEXT, type: 'solid', width: 1 },
    label: { show: false },
    data: [{ xAxis: 1 }],
  };
}

/** So that no line is wider than the chart, whatever the font. */
function inLines(text) {
  return text.match(/.{1,120}(,|$) ?/g).map((line) => line.trim());
}

function numberText(ratio) {
  if (ratio >= 10) return ratio.toFixed(0);
  return ratio >= 0.1 ? ratio.toFixed(2) : ratio.toPrecision(1);
}
