// Loaded before the suite's server, which would otherwise listen on every interface of the machine.
import net from 'node:net';

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (port, ...rest) {
  return listen.call(
    this,
    typeof port === 'object' ? port : { port: Number(port), host: '127.0.0.1' },
    ...rest,
  );
};
