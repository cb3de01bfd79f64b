// Loaded before the suite's server, which would otherwise listen on every interface of the machine, and before the
// clients, none of which has business elsewhere.
import net from 'node:net';

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(
    this,
    typeof port === 'object' ? port : { port: Number(port), host: '127.0.0.1' },
    ...rest,
  );
};

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  // Node passes the arguments of `net.connect` on as one array.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const host = typeof first === 'object' ? first.host : second;
  if (typeof host === 'string' && !LOOPBACK.has(host)) {
    return this.destroy(new Error(`Only the loopback interface is used here, not ${host}`));
  }
  return connect.apply(this, args);
};
