// Notes what is imported in `globalThis.importedUrls`, by a hook of Node's loader.
import { register } from 'node:module';
import { MessageChannel } from 'node:worker_threads';

const { port1, port2 } = new MessageChannel();
globalThis.importedUrls = [];
port1.on('message', (url) => globalThis.importedUrls.push(url));
port1.unref();

const hook = `
  let port;
  export function initialize(data) { port = data.port; }
  export async function load(url, context, next) {
    port.postMessage(url);
    return next(url, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hook)}`, {
  data: { port: port2 },
  transferList: [port2],
});
