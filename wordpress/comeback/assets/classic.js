/**
 * The classic checkout sends its form when an address changes, not when a phone, an e-mail address or the box does.
 * Nothing is sent for a shopper who has not ticked the box.
 */
( function ( $ ) {
	'use strict';

	var box = '#comeback_sms_consent';

	function update() {
		$( document.body ).trigger( 'update_checkout' );
	}

	$( document.body ).on( 'change', box, update );
	$( document.body ).on( 'change', '#billing_phone, #billing_email', function () {
		if ( $( box ).is( ':checked' ) ) {
			update();
		}
	} );
}( jQuery ) );
