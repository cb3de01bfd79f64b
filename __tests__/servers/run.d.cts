/** Begins a run in this process: it ends with the process, or by {@link endRun}. */
export declare function beginRun(): void;
/** The folder of the run that this process belongs to; where there is none, a run begins. */
export declare function runFolder(): string;
/** Ends all servers of the run that this process has begun, and waits until they are gone. */
export declare function endRun(): Promise<void>;
