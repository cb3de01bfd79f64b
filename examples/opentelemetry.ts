/**
 * Opens a span for each request that comes to a cache, by the channels of node:diagnostics_channel, and counts hits and misses
 * by events: what an OpenTelemetry instrumentation does. No request is made differently for it.
 *
 *     npm run example -- opentelemetry
 */
import diagnostics from 'node:diagnostics_channel';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import axios from 'axios';
import {
  type HitEvent,
  type MissEvent,
  type ResponseCacheInfo,
  type TracedRequest,
  withCache,
} from 'axios-persistent-cache';

/** A span for each request, whichever instance in the process has sent it. Its answer tells what the cache did. */
function instrument(): () => void {
  const tracer = trace.getTracer('axios-persistent-cache');
  const spans = new WeakMap<TracedRequest, Span>();
  const subscribers = {
    start(request: TracedRequest): void {
      const { method = 'get', url } = request.config;
      // The URL may have credentials in it: `cache` events have it without.
      const name = `cache ${method.toUpperCase()} ${new URL(url ?? '', request.config.baseURL).pathname}`;
      spans.set(request, tracer.startSpan(name, { kind: SpanKind.INTERNAL }));
    },
    asyncEnd(request: TracedRequest): void {
      const span = spans.get(request);
      const failed = request.error as { response?: { cache?: ResponseCacheInfo } } | undefined;
      const cache = request.result?.cache ?? failed?.response?.cache;
      if (cache !== undefined) {
        span?.setAttributes({
          'cache.hit': cache.hit,
          'cache.rule': cache.rule,
          'cache.stored': cache.stored,
        });
      }
      span?.end();
    },
    error(request: TracedRequest): void {
      spans.get(request)?.setStatus({ code: SpanStatusCode.ERROR, message: String(request.error) });
    },
    end: () => undefined,
    asyncStart: () => undefined,
  };
  const channel = diagnostics.tracingChannel<object, TracedRequest>('axios-persistent-cache:request');
  channel.subscribe(subscribers);
  return () => channel.unsubscribe(subscribers);
}

async function main(): Promise<void> {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const stop = instrument();

  const counted = { hits: 0, misses: 0 };
  const onHit = (event: unknown): void => {
    counted.hits += (event as HitEvent).cache.hit ? 1 : 0;
  };
  const onMiss = (event: unknown): void => {
    counted.misses += (event as MissEvent).cache.fwd === undefined ? 0 : 1;
  };
  diagnostics.subscribe('axios-persistent-cache:hit', onHit);
  diagnostics.subscribe('axios-persistent-cache:miss', onMiss);

  const origin = await startOrigin();
  const http = withCache(axios.create({ baseURL: origin.url }), { backend: 'memory', expireAfter: '1m' });
  try {
    const tracer = trace.getTracer('example');
    await tracer.startActiveSpan('a page', async (page) => {
      await http.get('/users');
      await http.get('/users');
      await http.get('/missing').catch(() => undefined);
      page.end();
    });
    for (const span of exporter.getFinishedSpans()) console.log(lineOf(span));
    console.log(`hits: ${counted.hits}, misses: ${counted.misses}`);
  } finally {
    stop();
    diagnostics.unsubscribe('axios-persistent-cache:hit', onHit);
    diagnostics.unsubscribe('axios-persistent-cache:miss', onMiss);
    await http.cache.close();
    origin.server.close();
  }
}

function lineOf({ name, attributes, parentSpanContext, status }: ReadableSpan): string {
  const facts = Object.entries(attributes).map(([key, value]) => `${key}=${String(value)}`);
  const parent = parentSpanContext === undefined ? 'no parent' : 'has a parent';
  return [name, parent, ...facts, ...(status.code === SpanStatusCode.ERROR ? ['failed'] : [])].join('  ');
}

async function startOrigin(): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/users' ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end('[]');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

void main();
