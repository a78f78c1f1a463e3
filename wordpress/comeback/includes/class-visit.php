<?php
/**
 * What is remembered in a shopper's own WooCommerce session.
 *
 * @package Comeback
 */

namespace Comeback;

defined( 'ABSPATH' ) || exit;

/**
 * One key of the session, which WooCommerce reads and writes anyway: nothing changed costs no query. It holds consent (see
 * Consent::record()), cart (its id), hash (of the content last kept), order (the order it became), shopper (of the classic
 * form alone: the block checkout keeps its own in WC()->customer) and who.
 */
final class Visit {

	const KEY = 'comeback';

	/**
	 * What is kept of this visitor.
	 *
	 * @return array Empty if nothing.
	 */
	public static function kept(): array {
		$session = self::session();
		$kept    = $session ? $session->get( self::KEY ) : null;
		if ( ! is_array( $kept ) ) {
			return array();
		}
		if ( ( $kept['who'] ?? '' ) !== self::who() && ! self::has_logged_in( $session, $kept ) ) {
			$session->set( self::KEY, null ); // It would go on into the next copy.
			return array();
		}
		return $kept;
	}

	/**
	 * Whether a session got another key because its shopper logged in. The other way is a copy, made by a link with a cart token
	 * (WooCommerce 10.0 and later): that is another visitor, and the tick is not theirs.
	 *
	 * @param \WC_Session $session Session.
	 * @param array       $kept    What was kept under the other key.
	 * @return bool
	 */
	private static function has_logged_in( $session, array $kept ): bool {
		$is_account = get_current_user_id() > 0 && (string) get_current_user_id() === (string) $session->get_customer_id();
		return $is_account && self::hash( (string) $session->get( 'previous_customer_id', '' ) ) !== ( $kept['who'] ?? '' );
	}

	/**
	 * Keep it.
	 *
	 * @param array $kept Empty to forget.
	 */
	public static function keep( array $kept ): void {
		$session = self::session();
		if ( ! $session ) {
			return;
		}
		if ( $kept ) {
			$kept['who'] = self::who();
		}
		$session->set( self::KEY, $kept ? $kept : null );
	}

	/**
	 * Fingerprint of this visitor's session.
	 *
	 * @return string 32 hex digits; '' without a session.
	 */
	public static function who(): string {
		$session = self::session();
		return $session ? self::hash( (string) $session->get_customer_id() ) : '';
	}

	/**
	 * Fingerprint of a session's key: the key itself would open that session.
	 *
	 * @param string $key Session key.
	 * @return string
	 */
	public static function hash( string $key ): string {
		return '' === $key ? '' : substr( hash_hmac( 'sha256', $key, wp_salt() ), 0, 32 );
	}

	/**
	 * WooCommerce's session of this request.
	 *
	 * @return \WC_Session|null None in wp-admin and in background jobs.
	 */
	private static function session() {
		return function_exists( 'WC' ) && WC()->session ? WC()->session : null;
	}
}
