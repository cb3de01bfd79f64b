import { type AxiosRequestConfig } from 'axios';
import { type Labels } from './labels.js';

/** One sending of one request: what its callbacks saw, and objects that are new for each sending. */
export class Run {
  readonly log: string[] = [];
  readonly controller = new AbortController();
  readonly labels: Labels;
  /** What is done as soon as the origin holds its answer back. */
  whenHeld: (() => void) | undefined;
  readonly downloads: object[] = [];
  readonly uploads: object[] = [];

  constructor(labels: Labels) {
    this.labels = labels.child();
    this.labels.name(this.controller.signal, 'signal of this run');
  }

  /** Names something that is made anew for each run, so that it counts as the same in all of them. */
  own<T extends object>(value: T, name: string): T {
    this.labels.name(value, `${name} of this run`);
    return value;
  }

  note(text: string): void {
    this.log.push(text);
  }
}

/** What a run sends. */
export interface Surroundings {
  readonly run: Run;
  /** `http://host:port` of the origin, and of the other origin. */
  readonly origin: string;
  readonly other: string;
  /** The path of the case's first URL. */
  readonly path: string;
}

/** A config is built anew for each run, as callers do. */
export type MutableConfig = AxiosRequestConfig & Record<string, unknown>;
