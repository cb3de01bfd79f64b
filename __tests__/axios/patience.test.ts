import { getEventListeners } from 'node:events';
import axios, { type InternalAxiosRequestConfig } from 'axios';
import { ownCopyOf } from '../../lib/axios/own-copy.js';
import { Patience } from '../../lib/axios/patience.js';

const never = new Promise<never>(() => undefined);

const patienceOf = (config: Partial<InternalAxiosRequestConfig>): Patience =>
  new Patience(ownCopyOf(axios.create()), config as InternalAxiosRequestConfig);

describe('who waits for what never settles', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('leaves no timer when it gives up', async () => {
    const controller = new AbortController();
    const waiting = patienceOf({ timeout: 1000, signal: controller.signal }).wait(never);
    expect(jest.getTimerCount()).toBe(1);
    controller.abort();
    await expect(waiting).rejects.toThrow();
    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('leaves no listener when its time is up', async () => {
    const { signal } = new AbortController();
    const source = axios.CancelToken.source();
    const unsubscribe = jest.spyOn(source.token, 'unsubscribe' as never);
    const waiting = patienceOf({ timeout: 1000, signal, cancelToken: source.token }).wait(never);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    jest.advanceTimersByTime(1000);
    await expect(waiting).rejects.toThrow('timeout of 1000ms exceeded');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(unsubscribe).toHaveBeenCalledTimes(1);
  });

  it('leaves neither when it has given up already', async () => {
    const signal = AbortSignal.abort();
    await expect(patienceOf({ timeout: 1000, signal }).wait(never)).rejects.toThrow();
    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
