/* The demo shop's own script: what a merchant's page would do with /js/v3/cashfree.js. */
'use strict';

(() => {
    const shop = window.Cashfree({ mode: 'sandbox' }), said = document.querySelector('[data-outcome]');
    const modal = document.querySelector('[data-modal]'), fields = document.querySelector('[data-fields]');

    const show = (outcome) => {
        if (outcome.paymentDetails)
            location.reload();
        else if (outcome.error)
            said.textContent = outcome.error.message;
    };

    if (modal) {
        modal.hidden = false;
        modal.addEventListener('click', async () => {
            show(await shop.checkout({ paymentSessionId: modal.dataset.modal, redirectTarget: '_modal' }));
        });
    }
    if (fields) {
        const make = (kind, id, placeholder) => shop.create(kind, { values: { placeholder } }).mount(`#${id}`);
        const number = make('cardNumber', 'number', 'Card number'), save = make('savePaymentInstrument', 'save', '');
        make('cardExpiry', 'expiry', 'MM/YY');
        make('cardCvv', 'cvv', 'CVV');
        fields.hidden = false;
        fields.querySelector('button').addEventListener('click', async () => {
            show(await shop.pay({ paymentMethod: number, paymentSessionId: fields.dataset.fields,
                savePaymentInstrument: save, redirectTarget: '_modal' }));
        });
    }
})();
