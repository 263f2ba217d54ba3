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
        default: return '';
        }
    };

    const send = (event, more = {}) => window.parent.postMessage({ tijori: 'component', group, type, event, ...more }, frame);
    const state = () => ({ complete: input.type === 'checkbox' || (!wrong() && input.value !== ''),
        empty: input.type !== 'checkbox' && input.value === '', checked: input.checked === true });

    const tell = (sentence) => {
        const at = document.getElementById('wrong');
        if (sentence)
            input.setAttribute('aria-invalid', 'true');
        else
            input.removeAttribute('aria-invalid');
        if (at.textContent !== sentence)
            at.textContent = sentence;
    };

    const pay = async ({ session, id, save }) => {
        const form = new URLSearchParams({
            way: 'card', card_number: input.value, card_expiry: valueOf('cardExpiry'), card_cvv: valueOf('cardCvv'),
            card_holder: valueOf('cardHolder'),
        });
        if (save ?? sibling('savePaymentInstrument')?.checked)
            form.set('consent', '1');
        let answer;
        try {
            const got = await fetch(`/checkout/${encodeURIComponent(session)}/pay?o=${encodeURIComponent(frame)}`, {
                method: 'POST', body: form, headers: { 'X-Checkout': 'component' }, cache: 'no-store', redirect: 'error',
            });
            const body = got.headers.get('Content-Type')?.startsWith('application/json') ? await got.json() : null;
            answer = body ?? { error: got.status === 404 ? 'There is no such payment session.' : 'The payment could not begin.' };
        } catch {
            answer = { error: 'This order cannot be paid now.' };
        }
        window.parent.postMessage({ tijori: 'paid', group, id, ...answer }, frame);
    };

    addEventListener('message', (event) => {
        if (event.source !== window.parent || event.origin !== frame || event.data?.group !== group)
            return;
        if (event.data.tijori === 'pay' && type === 'cardNumber')
            pay(event.data);
        if (event.data.tijori === 'style' && input.type !== 'checkbox')
            for (const [name, value] of Object.entries(event.data.style ?? {}))
                if (['color', 'fontSize', 'fontWeight', 'letterSpacing'].includes(name))
                    input.style[name] = String(value);
        if (event.data.tijori === 'focus')
            input.focus();
        if (event.data.tijori === 'clear')
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
            const scheme = schemeOf(digitsOf(input.value));
            document.querySelector('[data-logo]').src = `/checkout/assets/${scheme ? scheme.name : 'card'}.svg`;
            send('change', { ...state(), cardBrand: scheme?.name ?? null });
        } else {
            if (type === 'cardExpiry' && event.inputType?.startsWith('insert') && /^\d{2}$/.test(input.value))
                input.value += '/';
            send('change', state());
        }
        if (input.getAttribute('aria-invalid') && !wrong())
            tell('');
        if (state().complete)
            send('complete', state());
    });
    document.querySelector('form').addEventListener('submit', (event) => event.preventDefault());
    send('ready', { ...state(), height: document.querySelector('main').offsetHeight });
})();
