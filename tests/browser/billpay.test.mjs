// The order-token flow: a shop's form with tokenData or a signature, the page, and the signed result back to the shop.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { accessible, Bed, CARDS, freshId, giveOtp, leave, press, Shop, typeCard, until } from './browser.mjs';

const bed = new Bed(), shop = new Shop();
before(async () => { await shop.open(); await bed.open(); });
after(async () => { await bed.close(); await shop.close(); });

const hmac = (text) => createHmac('sha256', bed.server.clientSecret).update(text).digest('base64');

const fieldsOf = (changes = {}) => ({
    appId: bed.server.clientId, orderId: freshId(), orderAmount: '256.00', orderCurrency: 'INR', orderNote: 'A lamp',
    customerName: 'Asha', customerPhone: '9908734801', customerEmail: 'asha@shop.example',
    returnUrl: `${shop.base}/back`, notifyUrl: `${shop.base}/notify`, ...changes,
});

async function withToken(fields) {
    const { json } = await bed.server.orderToken({ orderId: fields.orderId, orderAmount: Number(fields.orderAmount),
        orderCurrency: fields.orderCurrency });
    return { ...fields, tokenData: json.cftoken };
}

function signed(fields) {
    const data = Object.keys(fields).sort().map((name) => name + fields[name]).join('');
    return { ...fields, signature: hmac(data) };
}

/** Shows the shop's page with the form, and presses its button. */
async function submit(page, fields) {
    const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
    shop.pages.set('/cart', `<!DOCTYPE html><html lang="en"><title>Cart</title><form method="post"
        action="${bed.base}/billpay/checkout/post/submit">${inputs.join('')}<button>Pay</button></form>`);
    await page.goto(`${shop.base}/cart`);
    await page.click('button');
}

/** The plain request, as a browser would send it. */
const post = (fields) => bed.server.request({ method: 'POST', path: '/billpay/checkout/post/submit',
    headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString() });

const ORDER = ['orderId', 'orderAmount', 'referenceId', 'txStatus', 'paymentMode', 'txMsg', 'txTime'];

function check(form, fields, status) {
    assert.equal(form.get('orderId'), fields.orderId);
    assert.equal(form.get('orderAmount'), '256.00');
    assert.equal(form.get('txStatus'), status);
    assert.match(form.get('txTime'), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.equal(form.get('signature'), hmac(ORDER.map((name) => form.get(name)).join('')));
}

const posted = (path, fields) => until(`the result at ${path}`, () =>
    shop.posted.find((one) => one.path === path && one.form.get('orderId') === fields.orderId)?.form);

test('with a token: the card page, and SUCCESS to returnUrl and notifyUrl with its signature', async () => {
    const page = await bed.page(), fields = await withToken(fieldsOf({ paymentModes: 'cc,dc' }));
    await submit(page, fields);
    await page.waitForURL(/\/checkout\/session_/);
    assert.deepEqual(await page.locator('.ways a').allTextContents(), ['New card']);
    await typeCard(page);
    await press(page, /^Pay/);
    await giveOtp(page);
    const back = await posted('/back', fields);
    check(back, fields, 'SUCCESS');
    assert.equal(back.get('paymentMode'), 'DEBIT_CARD');
    assert.match(back.get('referenceId'), /^\d+$/);
    check(await posted('/notify', fields), fields, 'SUCCESS');
    await leave(page);
});

test('with a signature: FAILED, FLAGGED and CANCELLED come back as such', async () => {
    for (const [choice, status] of [['Failure', 'FAILED'], ['Held for review', 'FLAGGED'], ['Go away', 'CANCELLED']]) {
        const page = await bed.page(), fields = signed(fieldsOf({ paymentModes: 'nb' }));
        await submit(page, fields);
        await page.waitForURL(/\/checkout\/session_/);
        await press(page, /^Pay/);
        await page.waitForURL(/gateway/);
        await press(page, choice);
        await page.waitForURL(/\/result\//);
        if (status !== 'FLAGGED')
            await press(page, /^Go back/);
        const back = await posted('/back', fields);
        check(back, fields, status);
        assert.equal(back.get('paymentMode'), 'NET_BANKING');
        await leave(page);
    }
});

test('who goes back while the bank decides brings PENDING', async () => {
    const page = await bed.page(), fields = signed(fieldsOf({ paymentModes: 'nb' }));
    await submit(page, fields);
    await page.waitForURL(/\/checkout\/session_/);
    await press(page, /^Pay/);
    await page.waitForURL(/gateway/);
    await press(page, 'Leave it pending');
    await page.waitForURL(/\/wait\//);
    await accessible(page, 'waiting for the bank');
    await page.getByRole('link', { name: /without waiting/ }).click();
    await page.waitForURL(/\/leave\//);
    check(await posted('/back', fields), fields, 'PENDING');
    await leave(page);
});

test('who goes back before paying brings CANCELLED', async () => {
    const page = await bed.page(), fields = await withToken(fieldsOf());
    await submit(page, fields);
    await page.waitForURL(/\/checkout\/session_/);
    await page.getByRole('link', { name: /^Cancel/ }).click();
    await page.waitForURL(/\/leave/);
    await press(page, /^Go back/);
    check(await posted('/back', fields), fields, 'CANCELLED');
    await leave(page);
});

test('the token must be one of these fields, and the signature too', async () => {
    const good = await withToken(fieldsOf());
    assert.equal((await post(good)).status, 303);
    for (const change of [{ orderAmount: '1.00' }, { orderId: freshId() }, { orderCurrency: 'USD' },
        { appId: 'TEST0000' }, { tokenData: `${good.tokenData}x` }]) {
        const answer = await post({ ...good, ...change });
        assert.ok([400, 403].includes(answer.status), `${JSON.stringify(change)}: ${answer.status}`);
        assert.equal(answer.headers.location, undefined);
    }
    const form = signed(fieldsOf());
    assert.equal((await post({ ...form, orderNote: 'Another lamp' })).status, 403);
    assert.equal((await post({ ...form, signature: '' })).status, 400);
    assert.equal((await post(form)).status, 303);
});

test('the same order again is the same order; of another amount it is refused', async () => {
    const fields = await withToken(fieldsOf());
    const one = await post(fields), two = await post(fields);
    assert.equal(one.headers.location, two.headers.location);
    const other = signed({ ...fieldsOf(), orderId: fields.orderId, orderAmount: '257.00' });
    const answer = await post(other);
    assert.equal(answer.status, 409);
    assert.match(answer.text, /another amount/);
});

test('what is malformed is said in a sentence', async () => {
    for (const [change, said] of [[{ paymentModes: 'cc,gold' }, /paymentModes/], [{ orderAmount: '0.5' }, /orderAmount/],
        [{ customerPhone: 'none' }, /customerPhone/], [{ returnUrl: 'javascript:alert(1)' }, /returnUrl/],
        [{ orderNote: '4706131211212123' }, /card number/]]) {
        const answer = await post(signed(fieldsOf(change)));
        assert.equal(answer.status, 400, answer.text);
        assert.match(answer.text, said);
    }
});

test('payment_link of an old API version opens the same page', async () => {
    const page = await bed.page(), order = await bed.order({ version: '2022-01-01',
        meta: { return_url: `${shop.base}/back?order_id={order_id}&order_token={order_token}` } });
    assert.ok(order.payment_link, 'this version prints a link');
    await page.goto(order.payment_link);
    await page.waitForURL(/\/checkout\/session_/);
    assert.match(await page.textContent('.amount'), /1,499/);
    await leave(page);
});

const CARD = { paymentOption: 'card', card_number: CARDS.visa, card_holder: 'Asha', card_expiryMonth: '03', card_expiryYear: '2039',
    card_cvv: '123' };

test('with the card in the shop\'s form the code is asked for at once, and the result comes as always', async () => {
    const page = await bed.page(), fields = await withToken(fieldsOf());
    await submit(page, { ...fields, ...CARD });
    await giveOtp(page);
    check(await posted('/back', fields), fields, 'SUCCESS');
    check(await posted('/notify', fields), fields, 'SUCCESS');
    assert.ok(!page.url().includes('470613'));
    await leave(page);
});

test('the signature may cover the means of payment or only the order, and nothing else', async () => {
    const all = signed({ ...fieldsOf(), ...CARD });
    assert.match((await post(all)).headers.location, /\/otp\//);
    const order = { ...signed(fieldsOf()), paymentOption: 'nb', paymentCode: '3333' };
    assert.match((await post(order)).headers.location, /gateway/);
    assert.equal((await post({ ...signed(fieldsOf()), ...CARD, notifyUrl: 'https://evil.example/' })).status, 403);
});

test('a page that frames the checkout hears the signed result, if it is who it was said to be', async () => {
    for (const [origin, hears] of [[shop.base, true], ['https://evil.example', false]]) {
        const page = await bed.page(), fields = await withToken(fieldsOf());
        const inputs = Object.entries({ ...fields, paymentOption: 'nb', paymentCode: '3333' })
            .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
        shop.pages.set('/framing', `<!DOCTYPE html><html lang="en"><title>Cart</title><iframe name="pay"></iframe>
            <form method="post" target="pay" action="${bed.base}/billpay/checkout/post/submit?o=${encodeURIComponent(origin)}">
            ${inputs.join('')}<button>Pay</button></form><script>window.heard = [];
            addEventListener('message', (event) => { if (event.data.result) window.heard.push([event.origin, event.data.result]); });
            </script>`);
        await page.goto(`${shop.base}/framing`);
        await page.click('button');
        if (!hears) {
            await until('the browser shows nothing of it', () => page.complaints.some((text) => /frame/i.test(text)));
            assert.deepEqual(await page.evaluate(() => window.heard), []);
            await page.context().close();
            continue;
        }
        await page.frameLocator('iframe').getByRole('button', { name: 'Success' }).click();
        const [from, result] = await until('it hears', () => page.evaluate(() => window.heard[0]));
        assert.equal(from, bed.base);
        check(new Map(Object.entries(result)), fields, 'SUCCESS');
        await leave(page);
    }
});
