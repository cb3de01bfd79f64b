import { type AxiosProgressEvent, type InternalAxiosRequestConfig } from 'axios';

/** Tells the caller's progress bar that a body from storage is there whole, as an adapter does at the end of a download. */
export function reportDownload(config: InternalAxiosRequestConfig, bytes: number): void {
  const { onDownloadProgress } = config;
  if (typeof onDownloadProgress !== 'function' || bytes === 0) return;
  const event: AxiosProgressEvent = {
    loaded: bytes,
    total: bytes,
    progress: 1,
    bytes,
    lengthComputable: true,
    download: true,
  };
  // Like axios, not within the request: what the callback throws is no answer to it.
  queueMicrotask(() => onDownloadProgress(event));
}
