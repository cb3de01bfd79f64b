/** The script of client.ts as one text, with what it needs of Chart.js: made by the build. */
declare module 'virtual:report-client' {
  const script: string;
  export default script;
}
