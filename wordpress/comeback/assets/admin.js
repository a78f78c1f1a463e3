/**
 * Opens Comeback in its frame with a token of one minute, and gives it another when it asks.
 *
 * Told by the page: comebackAdmin.address (Comeback's), page (what the frame shows), tokens and nonces (where to ask), nonce.
 */
( function ( told ) {
	'use strict';

	var frame = document.getElementById( 'comeback-frame' );
	if ( ! frame || ! told ) {
		return;
	}
	var origin = new URL( told.address ).origin;

	function ask() {
		return fetch( told.tokens, {
			method: 'POST',
			credentials: 'same-origin',
			cache: 'no-store',
			headers: { 'X-WP-Nonce': told.nonce },
		} );
	}

	// A page that stays open for a day outlives its nonce; WordPress gives another one to a user who is still logged in.
	function renewNonce() {
		return fetch( told.nonces, { credentials: 'same-origin', cache: 'no-store' } ).then( function ( answer ) {
			if ( ! answer.ok ) {
				throw new Error( 'no nonce: ' + answer.status );
			}
			return answer.text().then( function ( nonce ) {
				told.nonce = nonce;
			} );
		} );
	}

	function token() {
		return ask()
			.then( function ( answer ) {
				return answer.status === 403 ? renewNonce().then( ask ) : answer;
			} )
			.then( function ( answer ) {
				if ( ! answer.ok ) {
					throw new Error( 'no token: ' + answer.status );
				}
				return answer.json();
			} )
			.then( function ( made ) {
				return made.token;
			} );
	}

	function fail() {
		document.getElementById( 'comeback-failed' ).hidden = false;
	}

	function open() {
		token().then( function ( made ) {
			frame.src = told.page + '?token=' + encodeURIComponent( made );
		} ).catch( fail );
	}

	window.addEventListener( 'message', function ( event ) {
		if ( event.origin !== origin || event.source !== frame.contentWindow ) {
			return;
		}
		if ( ! event.data || event.data.type !== 'comeback:token?' ) {
			return;
		}
		token().then( function ( made ) {
			frame.contentWindow.postMessage( { type: 'comeback:token', token: made }, origin );
		} ).catch( fail );
	} );

	window.addEventListener( 'pageshow', function ( event ) {
		if ( event.persisted ) {
			open();
		}
	} );

	open();
}( window.comebackAdmin ) );
