// What happens in the process behind everybody's back: timers that are left, errors that nobody caught, warnings.
const path = require('node:path');

/** Call before the library is loaded. @param directory that of the library */
exports.watchProcess = (directory) => {
  const library = path.join(directory, 'lib') + path.sep;
  const timers = new Map();
  const incidents = [];
  const { setTimeout: set, clearTimeout: clear } = global;

  global.setTimeout = Object.assign((callback, delay, ...args) => {
    const { stack } = new Error();
    const timer = set(
      (...given) => {
        timers.delete(timer);
        callback(...given);
      },
      delay,
      ...args,
    );
    if (stack.split('\n')[2].includes(library)) timers.set(timer, stack);
    return timer;
  }, set);
  global.clearTimeout = (timer) => {
    timers.delete(timer);
    clear(timer);
  };
  for (const name of ['unhandledRejection', 'uncaughtException', 'warning'])
    process.on(name, (error) => {
      if (error?.name !== 'ExperimentalWarning') incidents.push(`${name}: ${error?.stack ?? error}`);
    });
  return {
    /** Where the timers were set that the library still has running. */
    timers: () => [...timers.values()],
    /** What nobody was there for, since it was asked last. */
    incidents: () => incidents.splice(0),
  };
};
