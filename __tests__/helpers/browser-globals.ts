/** As much of jsdom as is used here: its own types would bring a browser's globals into every file. */
interface Jsdom {
  readonly JSDOM: new (
    html: string,
    options: { url: string },
  ) => {
    readonly window: Readonly<Record<string, unknown>> & { close(): void };
  };
}

const { JSDOM } = jest.requireActual<Jsdom>('jsdom');

/** What a browser has and axios looks for, as globals of the test; axios must be loaded after this. */
const NAMES = ['XMLHttpRequest', 'DOMParser', 'Document', 'Blob', 'FileReader', 'ProgressEvent'] as const;

/** Opens a page at a URL, whose objects are then the globals. */
export function openPage(url: string): { readonly close: () => void } {
  const { window } = new JSDOM('', { url });
  for (const name of NAMES) {
    Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
  }
  return { close: () => window.close() };
}

openPage('http://localhost/').close();
