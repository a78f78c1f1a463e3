/**
 * The classic checkout sends its form when an address changes, not when a phone, an e-mail address or the box does.
 * Nothing is sent for a shopper who has not ticked the box.
 */
( function ( $ ) {
	'use strict';

	var box = '#comeback_sms_consent';
	var hadFocus = false;

	function update() {
		$( document.body ).trigger( 'update_checkout' );
	}

	$( document.body ).on( 'change', box, function () {
		hadFocus = this === document.activeElement;
		update();
	} );
	$( document.body ).on( 'change', '#billing_phone, #billing_email', function () {
		if ( $( box ).is( ':checked' ) ) {
			update();
		}
	} );
	// The answer replaces the box: whoever goes through the form by keyboard or ear must not fall back to the top of the page.
	$( document.body ).on( 'updated_checkout', function () {
		if ( hadFocus && ( ! document.activeElement || document.activeElement === document.body ) ) {
			$( box ).trigger( 'focus' );
		}
		hadFocus = false;
	} );
}( jQuery ) );
