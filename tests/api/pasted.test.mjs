// The commands that the sandbox prints, run as they stand.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startServer, temporaryFolder, until } from './harness.mjs';

/** The printed commands: what stands between "1. Title:" and the next empty line. */
const commandsIn = (text) => [...text.matchAll(/^\d\. [^\n]*:\n\n(.+?)\n\n/gms)].map(([, command]) => command);

async function paste(command) {
    const { stdout } = await promisify(execFile)('bash', ['-c', command], { timeout: 30_000 });
    return JSON.parse(stdout);
}

/** Run all of them; gives the order. */
async function pasteAll(server, printed) {
    const commands = commandsIn(printed);
    assert.equal(commands.length, 5, printed);
    const { juspay, paytm } = server.credentials;
    for (const secret of [server.clientSecret, juspay.api_key, paytm.merchant_key])
        assert.ok(!printed.includes(secret), 'no secret is shown on the terminal');

    const token = await paste(commands[0]);
    assert.equal(token.status, 'OK');
    assert.ok(token.cftoken.length > 32, token.cftoken);
    const created = await paste(commands[1]);
    assert.match(created.order_id, /^order-\d+$/);
    assert.equal(created.order_status, 'ACTIVE');
    assert.equal(created.order_amount, 10.15);
    const fetched = await paste(commands[2]);
    assert.deepEqual(fetched, created);

    const saved = await paste(commands[3]);
    assert.equal(saved.tokenStatus, 'ACTIVE');
    assert.match(saved.token, /^\d{16}$/, 'the token number, as was asked for');
    const paid = await paste(commands[4]);
    assert.equal(paid.body.resultInfo.resultCode, '00', JSON.stringify(paid));
    assert.equal(paid.body.cardToken, saved.token, 'saved through one API, used through the other');
    assert.equal(`token_${paid.body.tokenIndexNumber}`, saved.cardReference);
    assert.equal(Buffer.from(paid.body.tavv, 'base64').length, 20);
    return created;
}

test('the commands of the sandbox work as printed, at the first start and the next', async (t) => {
    const parent = await temporaryFolder();
    t.after(() => rm(parent, { recursive: true, force: true }));
    const server = await startServer({ data: path.join(parent, 'a folder with spaces') });
    t.after(() => server.close());

    for (const name of ['curl.conf', 'juspay.conf']) {
        const { mode } = await stat(path.join(server.data, name));
        assert.equal((mode & 0o777).toString(8), '600', 'the secret in it is for its owner alone');
    }
    await until('the whole text', () => server.output.includes('Ctrl-C'));
    const first = await pasteAll(server, server.output);

    await until('another moment, for another order id', () => Date.now() > Number(first.order_id.slice(6)));
    const before = server.output.length;
    await server.restart();
    await until('the whole text', () => server.output.slice(before).includes('Ctrl-C'));
    const second = await pasteAll(server, server.output.slice(before));
    assert.notEqual(second.order_id, first.order_id);
    assert.equal((await server.fetchOrder(first.order_id)).json.cf_order_id, first.cf_order_id);
});
