<?php
/**
 * The token of a restore link: minted and checked, nothing else.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * `<cart id>.<expires>.<mac>`: the mac binds the cart, the day it ends and the store's address. No clock, no database.
 */
final class Restore_Link {

	/**
	 * How long a link is good for, in seconds: 14 days.
	 */
	const LIFETIME = 1209600;

	/**
	 * Mint a token.
	 *
	 * @param string $key     Restore key of this store: 64 hex digits.
	 * @param string $home    The store's address, without a slash at its end.
	 * @param string $cart_id 32 hex digits.
	 * @param int    $now     Unix seconds.
	 * @return string The token.
	 */
	public static function mint( string $key, string $home, string $cart_id, int $now ): string {
		$expires = $now + self::LIFETIME;
		return $cart_id . '.' . $expires . '.' . self::mac( $key, $home, $cart_id, (string) $expires );
	}

	/**
	 * Check a token.
	 *
	 * @param string $key   Restore key of this store. An empty one fits no token.
	 * @param string $home  The store's address, without a slash at its end.
	 * @param string $token What came in the address.
	 * @param int    $now   Unix seconds.
	 * @return array{cart_id: string, refused: string} The cart's id, or '' and why: `forged` (also of another store), `expired`.
	 */
	public static function check( string $key, string $home, string $token, int $now ): array {
		$parts = array();
		if ( '' === $key || ! preg_match( '/\A([0-9a-f]{32})\.([1-9][0-9]{0,11})\.([0-9a-f]{32})\z/', $token, $parts ) ) {
			return self::refused( 'forged' );
		}
		if ( ! hash_equals( self::mac( $key, $home, $parts[1], $parts[2] ), $parts[3] ) ) {
			return self::refused( 'forged' );
		}
		if ( $now >= (int) $parts[2] ) {
			return self::refused( 'expired' );
		}
		return array(
			'cart_id' => $parts[1],
			'refused' => '',
		);
	}

	/**
	 * The mac: 128 bits are kept, so that a link stays short.
	 *
	 * @param string $key     Restore key.
	 * @param string $home    The store's address.
	 * @param string $cart_id Cart id.
	 * @param string $expires Unix seconds, as text.
	 * @return string 32 hex digits.
	 */
	private static function mac( string $key, string $home, string $cart_id, string $expires ): string {
		$text = implode( "\n", array( 'restore/1', $home, $cart_id, $expires ) );
		return substr( hash_hmac( 'sha256', $text, $key ), 0, 32 );
	}

	/**
	 * A refusal.
	 *
	 * @param string $why One word.
	 * @return array{cart_id: string, refused: string}
	 */
	private static function refused( string $why ): array {
		return array(
			'cart_id' => '',
			'refused' => $why,
		);
	}
}
