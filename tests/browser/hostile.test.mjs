// What must not work: forged forms and returns, frames of strangers, guessed ids, doubled submits, traces of a card.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Bed, CARDS, freshId, giveOtp, leave, payByCard, press, Shop, typeCard } from './browser.mjs';

const bed = new Bed(), shop = new Shop();
before(async () => { await shop.open(); await bed.open(); });
after(async () => { await bed.close(); await shop.close(); });

const form = (path, fields, headers = {}) => bed.server.request({ method: 'POST', path, body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });

const CARD = { way: 'card', card_number: CARDS.visa, card_expiry: '03/28', card_cvv: '123' };

/** Cookie and guard of a browser at this order. */
async function guardOf(order) {
    const answer = await bed.server.request({ path: new URL(order.page).pathname });
    return { cookie: answer.headers['set-cookie'][0].split(';')[0], guard: /name="guard" value="([0-9a-f]{64})"/.exec(answer.text)[1] };
}

test('a form without our guard, with a stranger\'s, or from another site moves nothing', async () => {
    const order = await bed.order(), other = await bed.order(), path = `${new URL(order.page).pathname}/pay`;
    const mine = await guardOf(order), stranger = await guardOf(order), elsewhere = await guardOf(other);
    const tries = [
        [{}, {}], [{ guard: mine.guard }, {}], [{}, { cookie: mine.cookie }],
        [{ guard: stranger.guard }, { cookie: mine.cookie }], [{ guard: elsewhere.guard }, { cookie: elsewhere.cookie }],
        [{ guard: mine.guard }, { cookie: mine.cookie, 'sec-fetch-site': 'cross-site' }],
        [{ guard: mine.guard }, { cookie: mine.cookie, origin: 'https://evil.example' }],
        [{}, { 'x-checkout': 'component' }], [{}, { 'x-checkout': 'component', 'sec-fetch-site': 'same-origin' }],
    ];
    for (const [fields, headers] of tries)
        assert.equal((await form(path, { ...CARD, ...fields }, headers)).status, 403, JSON.stringify([fields, headers]));
    assert.deepEqual((await bed.server.pg('GET', `/orders/${order.order_id}/payments`)).json, []);
    assert.equal((await form(path, { ...CARD, guard: mine.guard }, { cookie: mine.cookie })).status, 303);
});

test('strangers may not frame the page; this machine may in the sandbox', async () => {
    const order = await bed.order(), path = new URL(order.page).pathname;
    const policy = async (query) => (await bed.server.request({ path: path + query })).headers;
    for (const query of ['', '?o=https%3A%2F%2Fevil.example', '?o=%27self%27', '?o=http%3A%2F%2F127.0.0.1.evil.example']) {
        const headers = await policy(query);
        assert.match(headers['content-security-policy'], /frame-ancestors 'none'/, query);
        assert.equal(headers['x-frame-options'], 'DENY');
    }
    const allowed = await policy(`?o=${encodeURIComponent(shop.base)}`);
    assert.ok(allowed['content-security-policy'].endsWith(`frame-ancestors ${shop.base}`));
    const registered = 'https://shop.example', query = `?o=${encodeURIComponent(registered)}`;
    assert.match((await policy(query))['content-security-policy'], /frame-ancestors 'none'/);
    const told = await bed.server.merchant('origin', '1', '--origin', registered);
    assert.match(told.stdout, /may frame checkout https:\/\/shop\.example/, told.stderr);
    assert.match((await policy(query))['content-security-policy'], /frame-ancestors https:\/\/shop\.example$/);
    await bed.server.merchant('origin', '1', '--origin', registered, '--remove');
    assert.match((await policy(query))['content-security-policy'], /frame-ancestors 'none'/);
});

test('pages are strict about what they load and keep', async () => {
    const order = await bed.order(), path = new URL(order.page).pathname;
    const { headers, text } = await bed.server.request({ path });
    assert.match(headers['content-security-policy'], /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.match(headers['content-security-policy'], /base-uri 'none'; form-action 'self'/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(headers['set-cookie'][0], /HttpOnly/);
    assert.doesNotMatch(text, /<script(?![^>]* src=)|<style|\son[a-z]+=|\sstyle=/);
    assert.deepEqual([...text.matchAll(/(?:src|href)="(https?:)?\/\//g)], []);
    const file = await bed.server.request({ path: '/checkout/assets/checkout.css' });
    assert.match(file.headers.etag, /^"[0-9a-f]{20}"$/);
    const again = await bed.server.request({ path: '/checkout/assets/checkout.css', headers: { 'if-none-match': file.headers.etag } });
    assert.equal(again.status, 304);
    assert.equal((await bed.server.request({ path: '/checkout/assets/pay.html' })).status, 404);
});

test('names that hold markup are shown as text', async () => {
    const page = await bed.page();
    const merchant = await bed.server.addMerchant('INR', `<script>alert(1)</script>${freshId('m')}`);
    const made = await bed.server.createOrder({ order_id: freshId(), order_amount: 10, order_currency: 'INR',
        order_note: '"><img src=x onerror=alert(1)>', customer_details: { customer_id: 'c_1', customer_phone: '9908734801' } },
    { clientId: merchant.clientId, clientSecret: merchant.clientSecret });
    await page.goto(`${bed.base}/checkout/${made.json.payment_session_id}?m=%22%3E%3Cscript%3E&e=%3Cb%3E`);
    assert.match(await page.textContent('.brand'), /<script>/);
    assert.equal(await page.locator('img[src="x"]').count(), 0);
    await leave(page);
});

test('a forged return moves nothing: the payment\'s own state decides', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(`${order.page}?m=bank`);
    await press(page, /^Pay/);
    await page.waitForURL(/gateway/);
    const ref = new URL(page.url()).pathname.split('/').pop();
    await page.goto(`${bed.base}/checkout/return/${ref}?txStatus=SUCCESS&status=SUCCESS`);
    await page.waitForURL(/\/wait\//);
    const id = /\/wait\/(\d+)/.exec(page.url())[1];
    await page.goto(`${order.page}/result/${id}?status=SUCCESS`);
    await page.waitForURL(/\/wait\//);
    assert.equal(await bed.status(order), 'ACTIVE');
    assert.equal((await page.goto(`${bed.base}/checkout/return/${'0'.repeat(32)}`)).status(), 404);
    await leave(page);
});

test('a payment of another order, or a guessed one, is not there', async () => {
    const page = await bed.page(), mine = await bed.order(), other = await bed.order();
    await page.goto(mine.page);
    await typeCard(page);
    await press(page, /^Pay/);
    await page.waitForURL(/\/otp\//);
    const id = /\/otp\/(\d+)/.exec(page.url())[1];
    for (const path of [`${other.page}/otp/${id}`, `${other.page}/result/${id}`, `${mine.page}/otp/${BigInt(id) + 1n}`,
        `${mine.page}/otp/none`])
        assert.equal((await page.goto(path)).status(), 404, path);
    await leave(page);
});

test('two tabs cannot pay one order twice', async () => {
    const context = await bed.browser.newContext();
    const one = await context.newPage(), two = await context.newPage(), order = await bed.order();
    for (const tab of [one, two]) {
        await tab.goto(order.page);
        await typeCard(tab);
    }
    await press(one, /^Pay/);
    await press(two, /^Pay/);
    await giveOtp(one);
    await one.waitForURL(/\/result\//);
    if (/\/otp\//.test(two.url())) {
        await two.fill('#otp', '111000').catch(() => {});
        await press(two, /^Confirm/).catch(() => {});
        await two.waitForLoadState();
    }
    assert.equal(await bed.status(order), 'PAID');
    const payments = (await bed.server.pg('GET', `/orders/${order.order_id}/payments`)).json;
    assert.equal(payments.filter((p) => p.payment_status === 'SUCCESS').length, 1);
    await context.close();
});

test('a code that was used is of no use again', async () => {
    const page = await bed.page(), order = await bed.order();
    await payByCard(page, order);
    const id = /\/result\/(\d+)/.exec(page.url())[1];
    await page.goto(`${order.page}/otp/${id}`);
    await page.waitForURL(/\/result\//);
    const page2 = await bed.order(), { cookie, guard } = await guardOf(page2);
    assert.equal((await form(`${new URL(order.page).pathname}/otp/${id}`, { otp: '111000', guard }, { cookie })).status, 403);
    const payments = (await bed.server.pg('GET', `/orders/${order.order_id}/payments`)).json;
    assert.equal(payments.length, 1);
    await leave(page);
});

test('a customer\'s card is nobody else\'s to pay with or to remove', async () => {
    const page = await bed.page(), owner = freshId('shopper');
    await payByCard(page, await bed.order({ customer: owner }), { save: true });
    let saved;
    do
        [saved] = await bed.instruments(owner);
    while (saved?.instrument_status !== 'ACTIVE');
    const order = await bed.order(), { cookie, guard } = await guardOf(order), path = new URL(order.page).pathname;
    const paid = await form(`${path}/pay`, { way: 'saved', saved: saved.instrument_id, guard }, { cookie });
    assert.equal(paid.status, 303);
    assert.match(paid.headers.location, /e=token/);
    await form(`${path}/cards/${saved.instrument_id}/delete`, { guard }, { cookie });
    assert.equal((await bed.instruments(owner)).length, 1);
    await leave(page);
});

test('of a card nothing stays in an address, in a page, or in the journal', async () => {
    const page = await bed.page(), order = await bed.order(), seen = [];
    page.on('request', (request) => seen.push(request.url()));
    await payByCard(page, order, { number: CARDS.mastercard, save: true });
    seen.push(await page.content(), bed.server.log());
    for (const text of seen)
        assert.ok(!text.includes(CARDS.mastercard) && !text.includes('5409 1626'), 'a card number');
    await leave(page);
});

test('the sandbox\'s receiver answers as its address asks, and says whose signature is wrong', async () => {
    const send = (manner, headers = {}) => bed.server.request({ method: 'POST', path: `/demo/webhooks/${manner}`,
        body: `{"type":"<b>${manner}</b>"}`, headers });
    assert.equal((await send('ok')).status, 200);
    assert.equal((await send('fail')).status, 500);
    assert.equal((await send('gone')).status, 410);
    assert.equal((await send('sideways')).status, 404);
    await send('ok', { 'x-webhook-timestamp': '1', 'x-webhook-signature': 'AAAA' });
    const page = await bed.page();
    await page.goto(`${bed.base}/demo`);
    const rows = await page.locator('#webhooks tbody tr').allTextContents();
    assert.equal(rows.length, 4);
    assert.match(rows[0], /signature: wrong/);
    assert.match(rows[1], /410[^]*signature: absent[^]*<b>gone<\/b>/);
    await leave(page);
});
