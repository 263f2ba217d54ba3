// The payment page: cards new and saved, the code from the bank, the other ways to pay, by mouse and by keyboard.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, Bed, CARDS, freshId, giveOtp, leave, payByCard, press, typeCard, until } from './browser.mjs';

const bed = new Bed();
before(() => bed.open());
after(() => bed.close());

test('a new card is paid with and saved only when the box was ticked', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(order.page);
    assert.equal(await page.isChecked('#consent'), false);
    assert.match(await page.textContent('.consent'), /last four digits/);
    assert.match(await page.textContent('.amount'), /₹1,499\.00/);
    await accessible(page, 'the card form');
    await typeCard(page, { save: true });
    assert.match(await page.getAttribute('[data-logo]', 'src'), /visa\.svg/);
    assert.equal(await page.inputValue('#card_number'), '4706 1312 1121 2123');
    await press(page, /^Pay/);
    await page.waitForURL(/\/otp\//);
    await accessible(page, 'the code');
    assert.deepEqual(await bed.instruments(order.customer), [], 'nothing is saved before the code was given');
    await giveOtp(page);
    await page.waitForURL(/\/result\//);
    await accessible(page, 'the result');
    assert.match(await page.textContent('h1'), /Payment successful/);
    assert.equal(await bed.status(order), 'PAID');
    const [saved] = await until('the card is saved', async () => {
        const all = await bed.instruments(order.customer);
        return all.length === 1 && all[0].instrument_status === 'ACTIVE' && all;
    });
    assert.equal(saved.instrument_display, 'XXXXXXXXXXXX2123');
    await leave(page);
});

test('without the tick nothing is saved', async () => {
    const page = await bed.page(), order = await bed.order();
    await payByCard(page, order, { number: CARDS.mastercard });
    assert.equal(await bed.status(order), 'PAID');
    assert.deepEqual(await bed.instruments(order.customer), []);
    await leave(page);
});

test('a saved card pays the next order, and can be removed', async () => {
    const page = await bed.page(), customer = freshId('shopper');
    await payByCard(page, await bed.order({ customer }), { save: true });
    await until('the card is saved', async () => (await bed.instruments(customer))[0]?.instrument_status === 'ACTIVE');
    const second = await bed.order({ customer, amount: 649.5 });
    await page.goto(second.page);
    assert.match(await page.textContent('.choice'), /Visa ending in 2123/);
    await accessible(page, 'the saved cards');
    await press(page, /^Pay/);
    await giveOtp(page);
    await page.waitForURL(/\/result\//);
    assert.equal(await bed.status(second), 'PAID');

    const third = await bed.order({ customer });
    await page.goto(third.page);
    page.on('dialog', (dialog) => dialog.accept());
    await page.click('summary');
    await accessible(page, 'the saved cards to be removed');
    await press(page, /^Remove/);
    await page.waitForURL(/e=deleted/);
    assert.match(await page.textContent('.alert'), /was removed/);
    assert.deepEqual(await bed.instruments(customer), []);
    await leave(page);
});

test('what is typed wrongly is said at its field, before anything is sent', async () => {
    const page = await bed.page(), order = await bed.order();
    const sent = [];
    page.on('request', (request) => { if (request.method() === 'POST') sent.push(request.url()); });
    await page.goto(order.page);
    await typeCard(page, { number: '4706131211212124', expiry: '01/20', code: '12' });
    await press(page, /^Pay/);
    assert.match(await page.textContent('#number_wrong'), /digit is wrong/);
    assert.match(await page.textContent('#expiry_wrong'), /expired/);
    assert.match(await page.textContent('#cvv_wrong'), /3 digits/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'card_number');
    await accessible(page, 'a form with mistakes');
    assert.deepEqual(sent, []);
    await page.fill('#card_number', '378282246310005');
    assert.match(await page.textContent('#cvv_wrong'), /4 digits/);
    await leave(page);
});

test('without a script the same is said by the server, and the payment works', async () => {
    const page = await bed.page({ javaScriptEnabled: false }), order = await bed.order();
    await page.goto(order.page);
    await typeCard(page, { number: '4706131211212124' });
    await press(page, /^Pay/);
    await page.waitForURL(/e=number/);
    assert.match(await page.textContent('#number_wrong'), /wrong digit/);
    assert.equal(await page.inputValue('#card_number'), '', 'no number comes back');
    await typeCard(page);
    await press(page, /^Pay/);
    await giveOtp(page);
    await page.waitForURL(/\/result\//);
    assert.equal(await bed.status(order), 'PAID');
    await leave(page);
});

test('a wrong code is told with the attempts left, and the third ends the payment', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(order.page);
    await typeCard(page, { save: true });
    await press(page, /^Pay/);
    await giveOtp(page, '999999');
    await page.waitForURL(/e=otp/);
    assert.match(await page.textContent('#otp_wrong'), /not right/);
    assert.match(await page.textContent('#otp_hint'), /left: 2/);
    await accessible(page, 'a wrong code');
    await page.fill('#otp', '999998');
    await press(page, /^Confirm/);
    await page.getByText('Attempts left: 1').waitFor();
    await page.fill('#otp', '999997');
    await press(page, /^Confirm/);
    await page.waitForURL(/\/result\//);
    assert.match(await page.textContent('h1'), /Payment failed/);
    await accessible(page, 'a failure');
    assert.equal(await bed.status(order), 'ACTIVE');
    assert.deepEqual(await bed.instruments(order.customer), [], 'a failed payment saves nothing');
    await payByCard(page, order);
    assert.equal(await bed.status(order), 'PAID');
    await leave(page);
});

test('a new code can be had after 30 seconds, which the button counts down', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(order.page);
    await typeCard(page);
    await press(page, /^Pay/);
    await page.waitForURL(/\/otp\//);
    const button = page.locator('[data-wait]');
    assert.match(await button.textContent(), /in \d+ s/);
    assert.equal(await button.isDisabled(), true);
    await bed.server.admin('POST', '/sandbox/clock', { advance_seconds: 31 });
    await page.reload();
    assert.equal(await button.isDisabled(), false);
    await button.click();
    await page.waitForURL(/e=resent/);
    assert.match(await page.textContent('.alert'), /on its way/);
    await giveOtp(page);
    await page.waitForURL(/\/result\//);
    assert.equal(await bed.status(order), 'PAID');
    await leave(page);
});

test('a cancelled payment charges nothing, and the order can still be paid', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(order.page);
    await typeCard(page);
    await press(page, /^Pay/);
    await page.waitForURL(/\/otp\//);
    await press(page, /^Cancel/);
    await page.waitForURL(/\/result\//);
    assert.match(await page.textContent('h1'), /cancelled/);
    assert.equal(await bed.status(order), 'ACTIVE');
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.waitForURL((url) => url.pathname.startsWith('/checkout/session_') && !url.pathname.includes('/result/'));
    await leave(page);
});

test('net banking goes over the bank\'s page, which decides each outcome', async () => {
    for (const [choice, title, status] of [['Success', /successful/, 'PAID'], ['Failure', /failed/, 'ACTIVE'],
        ['Held for review', /under review/, 'ACTIVE'], ['Go away', /cancelled/, 'ACTIVE']]) {
        const page = await bed.page(), order = await bed.order();
        await page.goto(`${order.page}?m=bank`);
        await accessible(page, 'net banking');
        await press(page, /^Pay/);
        await page.waitForURL(/\/pg\/view\/gateway\//);
        await accessible(page, 'the bank\'s page');
        await press(page, choice);
        await page.waitForURL(/\/result\//);
        assert.match(await page.textContent('h1'), title);
        assert.equal(await bed.status(order), status);
        await leave(page);
    }
});

test('UPI waits for the payer, and the page goes on by itself', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(`${order.page}?m=upi`);
    await accessible(page, 'UPI');
    await page.fill('#upi_id', 'testsuccess@gocash');
    await press(page, /^Pay/);
    await page.waitForURL(/\/(result|wait)\//);
    if (/\/wait\//.test(page.url()))
        await accessible(page, 'waiting');
    await page.waitForURL(/\/result\//);
    assert.equal(await bed.status(order), 'PAID');
    const other = await bed.order();
    await page.goto(`${other.page}?m=upi`);
    await page.fill('#upi_id', 'testfailure@gocash');
    await press(page, /^Pay/);
    await page.waitForURL(/\/result\//);
    assert.match(await page.textContent('h1'), /failed/);
    await leave(page);
});

test('a wallet and a lender are asked on their own page', async () => {
    for (const way of ['wallet', 'later']) {
        const page = await bed.page(), order = await bed.order();
        await page.goto(`${order.page}?m=${way}`);
        await accessible(page, way);
        await page.fill('#phone', '8714268343');
        await press(page, /^Pay/);
        await page.waitForURL(/\/pg\/view\/gateway\//);
        await accessible(page, `the page of ${way}`);
        if (way === 'later')
            await page.fill('#otp', '777777');
        await press(page, way === 'later' ? 'Approve' : 'Success');
        await page.waitForURL(/\/result\//);
        assert.equal(await bed.status(order), 'PAID');
        await leave(page);
    }
});

test('on a phone nothing is wider than the screen and every target is large enough', async () => {
    const page = await bed.page({ phone: true }), order = await bed.order();
    for (const way of ['card', 'upi', 'bank', 'wallet', 'later']) {
        await page.goto(`${order.page}?m=${way}`);
        await accessible(page, `${way} on a phone`);
        const small = await page.evaluate(() => [...document.querySelectorAll('a, button, select, input:not([type=hidden], [type=checkbox], [type=radio])')]
            .filter((e) => e.getClientRects().length && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML));
        assert.deepEqual(small, []);
    }
    await payByCard(page, order, { save: true });
    await accessible(page, 'the result on a phone');
    await leave(page);
});

test('in the dark, the contrast holds', async () => {
    const page = await bed.page({ colorScheme: 'dark' }), order = await bed.order();
    await page.goto(order.page);
    await accessible(page, 'the card form in the dark');
    await page.goto(`${order.page}?m=card&e=number`);
    await accessible(page, 'a mistake in the dark');
    await page.goto(`${bed.base}/demo`);
    await accessible(page, 'the shop in the dark');
    await leave(page);
});

test('by keyboard alone, from the first field to the result', async () => {
    const page = await bed.page(), order = await bed.order();
    await page.goto(`${order.page}?m=card`);
    await page.focus('#card_number');
    await page.keyboard.type(CARDS.visa);
    for (const text of ['0328', '123', 'Asha Rao']) {
        await page.keyboard.press('Tab');
        await page.keyboard.type(text);
    }
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    assert.equal(await page.isChecked('#consent'), true);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, 'none');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/otp\//);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'otp');
    await page.keyboard.type('111000');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/result\//);
    assert.equal(await bed.status(order), 'PAID');
    await leave(page);
});

test('the payer comes back to the shop, with the order\'s id in the address', async () => {
    const page = await bed.page();
    const order = await bed.order({ meta: { return_url: `${bed.base}/demo?order={order_id}` } });
    await payByCard(page, order);
    await page.waitForURL((url) => url.pathname === '/demo' && url.searchParams.get('order') === order.order_id);
    await leave(page);
});

test('an order that is over says so, and cannot be paid', async () => {
    const page = await bed.page(), paid = await bed.order(), ended = await bed.order();
    await payByCard(page, paid);
    assert.equal((await page.goto(paid.page)).status(), 409);
    assert.match(await page.textContent('h1'), /Already paid/);
    await accessible(page, 'an order that was paid');
    await bed.server.pg('PATCH', `/orders/${ended.order_id}`, { order_status: 'TERMINATED' });
    assert.equal((await page.goto(ended.page)).status(), 409);
    assert.match(await page.textContent('h1'), /Withdrawn/);
    assert.equal((await page.goto(`${bed.base}/checkout/session_nobody`)).status(), 404);
    await accessible(page, 'an unknown session');
    await leave(page);
});

test('an order offers only what it was made for', async () => {
    const page = await bed.page(), order = await bed.order({ meta: { payment_methods: 'upi,nb' } });
    await page.goto(order.page);
    assert.deepEqual(await page.locator('.ways a').allTextContents(), ['UPI', 'Net banking']);
    await page.goto(`${order.page}?m=card`);
    assert.equal(await page.locator('#card_number').count(), 0);
    await leave(page);
});
