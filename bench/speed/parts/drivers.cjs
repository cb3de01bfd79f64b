// Which drivers are among files or URLs: none is to be loaded before it is used.
const DRIVERS = ['better-sqlite3', 'redis', '@redis', 'mongodb', '@aws-sdk', 'bson', 'superjson', 'yaml'];

exports.driversIn = (files) =>
  DRIVERS.filter((name) =>
    files.some((file) => file.replaceAll('\\', '/').includes(`/node_modules/${name}/`)),
  );
