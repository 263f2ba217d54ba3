/* One field of a card in a frame. The frames of a page are of one origin, ours, so that the number's frame can read the
 * others; the page around them hears only whether a field is complete, and where to go once the payment has begun. */
'use strict';

(() => {
    const { type, group, frame } = document.body.dataset;
    const input = document.getElementById('it');
    const { wrongNumber, wrongExpiry, wrongCode, schemeOf, digitsOf, regroup } = window.tijoriChecks;

    const sibling = (wanted) => {
        for (let i = 0; i < window.parent.frames.length; i++) {
            try {
                const other = window.parent.frames[i].document;
                if (other.body.dataset.type === wanted && other.body.dataset.group === group)
                    return other.getElementById('it');
            } catch { /* not ours */ }
        }
        return null;
    };
    const valueOf = (wanted) => sibling(wanted)?.value ?? '';

    const wrong = () => {
        switch (type) {
        case 'cardNumber': return wrongNumber(input.value);
        case 'cardExpiry': return wrongExpiry(input.value);
        case 'cardCvv': return wrongCode(input.value, valueOf('cardNumber'));
        case 'upiCollect': return /^[^@\s]+@[^@\s]+$/.test(input.value) ? '' : 'Please give your UPI address, such as name@bank.';
        default: return '';
        }
    };

    const send = (event, more = {}) => window.parent.postMessage({ tijori: 'component', group, type, event, ...more }, frame);
    const typed = !['checkbox', 'button'].includes(input.type);
    const brandOf = () => schemeOf(digitsOf(input.value));
    /* Of a card the scheme and how long its code is, nothing that was typed. */
    const shown = () => {
        switch (type) {
        case 'cardNumber': return { brand: brandOf()?.name ?? null, cardBrand: brandOf()?.name ?? null, cvvLength: brandOf()?.code ?? 3 };
        case 'upiCollect': return { upiId: input.value };
        case 'savePaymentInstrument': return { checked: input.checked };
        default: return {};
        }
    };
    const state = () => ({ complete: !typed || (!wrong() && input.value !== ''), empty: typed && input.value === '',
        invalid: typed && input.value !== '' && wrong() !== '', checked: input.checked === true, value: shown() });

    const tell = (sentence) => {
        const at = document.getElementById('wrong');
        if (sentence)
            input.setAttribute('aria-invalid', 'true');
        else
            input.removeAttribute('aria-invalid');
        if (at.textContent !== sentence)
            at.textContent = sentence;
    };

    const formOf = (values) => {
        switch (type) {
        case 'upiCollect': return { way: 'upi', upi_id: input.value };
        case 'netbanking': return { way: 'bank', bank: String(values.netbankingBankName ?? '') };
        case 'wallet': return { way: 'wallet', wallet: String(values.provider ?? ''), phone: String(values.phone ?? '') };
        case 'paylater': return { way: 'later', lender: String(values.provider ?? ''), phone: String(values.phone ?? '') };
        default: return { way: 'card', card_number: input.value, card_expiry: valueOf('cardExpiry'),
            card_cvv: valueOf('cardCvv'), card_holder: valueOf('cardHolder') };
        }
    };

    const refusals = { 404: ['payment_session_id_invalid', 'There is no such payment session.'],
        0: ['order_inactive', 'This order cannot be paid now.'] };

    const pay = async ({ session, id, save, values }) => {
        const form = new URLSearchParams(formOf(values ?? {}));
        if (type === 'cardNumber' && (save ?? sibling('savePaymentInstrument')?.checked))
            form.set('consent', '1');
        let answer;
        try {
            const got = await fetch(`/checkout/${encodeURIComponent(session)}/pay?o=${encodeURIComponent(frame)}`, {
                method: 'POST', body: form, headers: { 'X-Checkout': 'component' }, cache: 'no-store', redirect: 'manual',
            });
            const [code, error] = refusals[got.status] ?? ['payment_failed', 'The payment could not begin.'];
            const body = got.headers.get('Content-Type')?.startsWith('application/json') ? await got.json() : null;
            answer = body ?? { code, error };
        } catch {
            answer = { error: 'The payment page could not be reached.' };
        }
        window.parent.postMessage({ tijori: 'paid', group, id, ...answer }, frame);
    };

    addEventListener('message', (event) => {
        if (event.source !== window.parent || event.origin !== frame || event.data?.group !== group)
            return;
        if (event.data.tijori === 'pay')
            pay(event.data);
        if (event.data.tijori === 'style')
            input.disabled = event.data.disabled === true;
        if (event.data.tijori === 'style' && type === 'upiCollect' && !input.value && event.data.values?.upiId)
            input.value = String(event.data.values.upiId);
        if (event.data.tijori === 'style' && typed && event.data.values?.placeholder)
            input.placeholder = String(event.data.values.placeholder);
        if (event.data.tijori === 'style' && typed)
            for (const [name, value] of Object.entries(event.data.style ?? {}))
                if (['color', 'fontSize', 'fontWeight', 'letterSpacing'].includes(name))
                    input.style[name] = String(value);
        if (event.data.tijori === 'focus')
            input.focus();
        if (event.data.tijori === 'clear' && typed)
            input.value = '';
    });

    input.addEventListener('focus', () => send('focus', state()));
    input.addEventListener('blur', () => {
        tell(input.value ? wrong() : '');
        send('blur', state());
        if (input.value && wrong())
            send('invalid', state());
    });
    input.addEventListener('input', (event) => {
        if (type === 'cardNumber') {
            regroup(input);
            document.querySelector('[data-logo]').src = `/checkout/assets/${brandOf()?.name ?? 'card'}.svg`;
        }
        if (type === 'cardExpiry' && event.inputType?.startsWith('insert') && /^\d{2}$/.test(input.value))
            input.value += '/';
        send('change', state());
        if (state().empty)
            send('empty', state());
        if (input.getAttribute('aria-invalid') && !wrong())
            tell('');
        if (state().complete)
            send('complete', state());
    });
    if (input.type === 'button')
        input.addEventListener('click', () => send('click', state()));
    document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
    send('ready', { ...state(), height: document.querySelector('main').offsetHeight });
})();
