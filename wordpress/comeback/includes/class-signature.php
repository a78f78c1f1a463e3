<?php
/**
 * The signature over what this store tells Comeback.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * HMAC-SHA256 over topic, delivery, time and the raw body, so that none of them can be changed or sent again later. Pure.
 */
final class Signature {

	/**
	 * Sign a delivery.
	 *
	 * @param string $secret    Connection secret, used as its bytes.
	 * @param string $topic     For example `cart.updated`.
	 * @param string $delivery  UUID of this delivery.
	 * @param int    $timestamp Unix seconds of signing.
	 * @param string $body      Raw body.
	 * @return string `v1=` and 64 hex digits: the value of X-Comeback-Signature.
	 */
	public static function of( string $secret, string $topic, string $delivery, int $timestamp, string $body ): string {
		$signed = "v1\n" . $topic . "\n" . $delivery . "\n" . $timestamp . "\n" . $body;
		return 'v1=' . hash_hmac( 'sha256', $signed, $secret );
	}

	/**
	 * A UUID (version 8 of RFC 9562: a hash of our own) for one revision of one cart: the same whenever it is tried again.
	 *
	 * @param string $topic    Topic.
	 * @param string $cart_id  Cart.
	 * @param int    $revision Revision.
	 * @return string
	 */
	public static function delivery( string $topic, string $cart_id, int $revision ): string {
		$hex = substr( hash( 'sha256', $topic . "\n" . $cart_id . "\n" . $revision ), 0, 32 );

		$hex[12] = '8';
		$hex[16] = dechex( hexdec( $hex[16] ) & 3 | 8 );
		return implode( '-', array( substr( $hex, 0, 8 ), substr( $hex, 8, 4 ), substr( $hex, 12, 4 ), substr( $hex, 16, 4 ), substr( $hex, 20 ) ) );
	}
}
