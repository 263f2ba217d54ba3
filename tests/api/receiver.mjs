// A merchant's server that hears webhooks.

import http from 'node:http';

/** A merchant's own server. `answer` gives a status for each request; 0: it never answers. */
export async function receiver(answer = () => 200) {
    const got = [], held = [];
    const listening = http.createServer((request, response) => {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => {
            const raw = Buffer.concat(parts).toString('utf8');
            const one = { headers: request.headers, raw, url: request.url };
            try { one.json = JSON.parse(raw); } catch { one.json = undefined; }
            got.push(one);
            const status = answer(one, got.length);
            if (status)
                response.writeHead(status).end();
            else
                held.push(response);
        });
    });
    await new Promise((done) => listening.listen(0, '127.0.0.1', done));
    return {
        got,
        set answer(next) { answer = next; },
        url: `http://127.0.0.1:${listening.address().port}/hook`,
        close() {
            for (const response of held)
                response.destroy();
            listening.closeAllConnections();
            return new Promise((done) => listening.close(done));
        },
    };
}
