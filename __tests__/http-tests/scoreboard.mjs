// The table of all clients of a run. Pure.

const HEADINGS = ['client', 'version', 'required', 'optimal', 'neutral: yes'];

/**
 * @typedef {{ name: string, version: string, options?: string, scores?: { required: string, optimal: string, neutral: string } }} Row
 *   Without `scores`: the client broke down.
 * @param {readonly Row[]} rows
 */
function cellsOf({ name, version, scores }) {
  if (scores === undefined) return [name, version, 'broke down', '', ''];
  return [name, version, scores.required, scores.optimal, scores.neutral];
}

/** @param {{ suiteVersion: string, nodeVersion: string, date: string }} run */
function describeRun({ suiteVersion, nodeVersion, date }) {
  return `http-cache-tests ${suiteVersion}, private-cache mode, dependencies honoured; Node ${nodeVersion}; ${date}`;
}

/** @returns {string} for a terminal */
export function formatPlain(rows, run) {
  const lines = [HEADINGS, ...rows.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const table = lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
  const options = rows.filter((row) => row.options).map((row) => `${row.name}: ${row.options}`);
  return [describeRun(run), '', ...table, ...(options.length > 0 ? ['', ...options] : [])].join('\n');
}

/** @returns {string} */
export function formatMarkdown(rows, run) {
  const escape = (text) => text.replaceAll('|', '\\|');
  const line = (cells) => `| ${cells.map(escape).join(' | ')} |`;
  const heading = [...HEADINGS, 'configuration'];
  const table = rows.map((row) => line([...cellsOf(row), row.options ? `\`${row.options}\`` : '']));
  return [line(heading), line(heading.map(() => '---')), ...table, '', describeRun(run)].join('\n');
}
