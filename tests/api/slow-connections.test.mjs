// A thousand connections that trickle their requests keep nobody else from being served.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import { test } from 'node:test';
import { startServer, until } from './harness.mjs';

const SLOW = 1000, REQUESTS = 300, FILES = 2 * SLOW + 500;

/** The 99th percentile, in milliseconds, of orders that are asked for one after the other; every one is answered. */
async function percentile(server) {
    const times = [];
    for (let i = 0; i < REQUESTS; i++) {
        const begin = performance.now();
        assert.equal((await server.fetchOrder('nobody')).status, 404);
        times.push(performance.now() - begin);
    }
    return times.sort((a, b) => a - b)[Math.floor(REQUESTS * 0.99)];
}

/** Connections whose head never ends; `closed` counts those that were closed on us. */
function trickle(server) {
    const { hostname, port } = new URL(server.base);
    const all = { open: 0, closed: 0, sockets: [] };
    for (let i = 0; i < SLOW; i++) {
        const socket = net.connect(Number(port), hostname, () => {
            all.open++;
            socket.write('POST /pg/orders HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
        });
        socket.on('error', () => {});
        socket.on('close', () => { all.closed++; });
        all.sockets.push(socket);
    }
    const bytes = setInterval(() => all.sockets.forEach((socket) => socket.writable && socket.write('a')), 2000);
    all.end = () => { clearInterval(bytes); all.sockets.forEach((socket) => socket.destroy()); };
    return all;
}

test('beside a thousand slow connections an ordinary client is served as before', async (t) => {
    if (Number(execFileSync('sh', ['-c', 'ulimit -n'])) < FILES)
        return t.skip(`it needs ulimit -n ${FILES}`);
    const server = await startServer();
    t.after(() => server.close());
    const alone = await percentile(server);
    const slow = trickle(server);
    t.after(() => slow.end());
    await until('all of them', () => slow.open === SLOW, 20_000);
    await until('the server has them', async () =>
        Number(/^tijori_connections (\d+)/m.exec(await server.metrics())?.[1]) >= SLOW, 20_000);
    const beside = await percentile(server);
    assert.equal(slow.closed, 0, 'they are there all the while');
    // How it compares is a matter of the machine and its load, so it is told and not judged; bench/slow.py does that.
    t.diagnostic(`p99 alone ${alone.toFixed(1)} ms, beside ${SLOW} slow connections ${beside.toFixed(1)} ms, `
        + `${(beside / alone).toFixed(2)} times`);
    assert.equal((await server.admin('GET', '/readyz')).status, 200);
    slow.end();
    await until('the server is rid of them', async () =>
        Number(/^tijori_connections (\d+)/m.exec(await server.metrics())?.[1]) < SLOW, 20_000);
});
